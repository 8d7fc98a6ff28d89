//! URIs of score-compose and score-k8s as sources of score-rs.

use crate::report::failure::Failure;

/// The source for a URI, and the file of an OCI artifact after `#`. `what` is what comes from there, in the plural.
pub(super) fn source<'a>(uri: &'a str, what: &str) -> Result<(String, Option<&'a str>), Failure> {
    if uri == "-" {
        return Err(
            Failure::new(format!("{what} cannot be read from standard input"))
                .help("write them to a file of the project, and use that"),
        );
    }
    if let Some(path) = uri.strip_prefix("file://") {
        return Ok((path.to_owned(), None));
    }
    if uri.starts_with("oci://")
        && let Some((artifact, file)) = uri.split_once('#')
    {
        return Ok((artifact.to_owned(), Some(file)));
    }
    for scheme in ["https", "ssh"] {
        let prefix = format!("git-{scheme}://");
        if let Some(rest) = uri.strip_prefix(&prefix) {
            let source = match rest.split_once(".git/") {
                Some((repository, path)) => {
                    let path = path.trim_start_matches('/');
                    format!("git+{scheme}://{repository}.git//{path}")
                }
                None => format!("git+{scheme}://{rest}"),
            };
            return Ok((source, None));
        }
    }
    Ok((uri.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn uris_of_the_go_tools_are_translated() {
        for (uri, expected) in [
            (
                "git-https://h/o/r.git/a/b.yaml",
                "git+https://h/o/r.git//a/b.yaml",
            ),
            ("git-ssh://git@h/o/r.git/a", "git+ssh://git@h/o/r.git//a"),
            ("git-https://h/o/r.git", "git+https://h/o/r.git"),
            ("file:///srv/a.yaml", "/srv/a.yaml"),
            ("file://a/b.yaml", "a/b.yaml"),
            ("https://h/a.yaml", "https://h/a.yaml"),
            ("a/b#c.yaml", "a/b#c.yaml"),
        ] {
            assert_eq!(
                source(uri, "").unwrap(),
                (expected.to_owned(), None),
                "{uri}"
            );
        }
        let file = source("oci://h/a:1#x.yaml", "").unwrap();
        assert_eq!(file, ("oci://h/a:1".to_owned(), Some("x.yaml")));
        assert!(source("-", "files").is_err());
    }
}
