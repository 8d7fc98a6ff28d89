//! The source of a package, as written on the command line and in the lock file.

use std::fmt;

use super::files::is_document;
use super::url::{Url, WITH_PASSWORD, without_secrets};
use crate::host::Gate;
use crate::report::failure::Failure;

/// The forms of a source, for messages.
const FORMS: &str = "a source is a file or folder, `https://HOST/FILE.yaml` or `….tar.gz`, `git+https://HOST/REPO.git//FOLDER?ref=REF`, `git+ssh://…`, or `oci://REGISTRY/REPO:TAG`";

/// The forms of the source of a single file, for messages.
const FILE_FORMS: &str = "use a file, `https://HOST/FILE`, `git-https://HOST/REPO.git/FILE`, \
 `git+https://HOST/REPO.git//FILE?ref=REF`, `git+ssh://…`, or `oci://REGISTRY/REPO:TAG#FILE`";

/// The advice for a source with credentials.
const CREDENTIALS: &str = "remove it; Git uses its own credential helpers and SSH keys, and \
 `oci://` uses the `auths` in Docker's `config.json`";

/// The problem of a source with a user name, which could be a token.
const WITH_USER: &str = "it contains a user name";

/// The problem of a source without the prefix `git+`.
const IS_REPOSITORY: &str = "it names a Git repository";

/// The maximum length of a package name.
const LONGEST_NAME: usize = 64;

/// The source of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A local file or folder. Its path has `/` as separator. A relative path is relative to the
    /// project folder.
    Path(String),
    /// A file or archive on a web server.
    Http {
        /// Its URL.
        url: Url,
        /// The file or folder in an archive; empty for the top-level folder.
        inner: String,
    },
    /// A file or folder in a Git repository.
    Git {
        /// The URL of the repository.
        url: Url,
        /// The file or folder; empty for the root folder.
        inner: String,
        /// A branch, tag or commit; by default `HEAD` of the repository.
        reference: Option<String>,
    },
    /// An artifact in an OCI registry.
    Oci {
        /// The host name of the registry, with the port.
        registry: String,
        /// The repository.
        repository: String,
        /// The version of the artifact.
        version: Version,
    },
}

/// The version of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Version {
    /// The current artifact with a tag.
    Tag(String),
    /// The artifact whose manifest has a digest.
    Digest(String),
}

impl Source {
    /// Whether it is a file or folder in the project.
    pub(crate) fn is_inside(&self, project: &Gate) -> bool {
        match self {
            Self::Path(path) => project.inner(&project.root().path().join(path)).is_some(),
            _ => false,
        }
    }

    /// Whether it is on this machine: a path, or a Git repository with a path.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Path(_) => true,
            Self::Git { url, .. } => url.scheme == "file",
            Self::Http { .. } | Self::Oci { .. } => false,
        }
    }

    /// Parses the source of a package.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        Self::read(text, is_document)
            .map_err(|problem| failed(text, "a package source", problem, FORMS))
    }

    /// Parses the source of a single file with any name.
    pub(crate) fn parse_file(text: &str) -> Result<Self, Failure> {
        Self::read(text, |name| !name.is_empty())
            .map_err(|problem| failed(text, "the source of a file", problem, FILE_FORMS))
    }

    /// Parses a source. `fits` tells which files of web servers it may be, by their names.
    fn read(text: &str, fits: fn(&str) -> bool) -> Result<Self, &'static str> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return match text {
                "" => Err("it is empty"),
                _ if text.chars().any(char::is_control) => Err("it contains a control character"),
                _ => Ok(Self::Path(text.to_owned())),
            };
        };
        match scheme {
            "https" | "http" => http(text, fits),
            "oci" => oci(rest),
            _ => match text.strip_prefix("git+") {
                Some(text) => git(text),
                None => Err("its scheme is not supported"),
            },
        }
    }

    /// The source without its version.
    pub(crate) fn origin(&self) -> String {
        let mut origin = self.clone();
        match &mut origin {
            Self::Git { reference, .. } => *reference = None,
            Self::Oci { version, .. } => *version = Version::Tag(String::new()),
            Self::Path(_) | Self::Http { .. } => {}
        }
        origin.to_string()
    }

    /// The package name derived from the last part of the source that is specific enough.
    pub(crate) fn name(&self) -> Option<String> {
        let parts: Vec<&str> = match self {
            Self::Path(path) => path.split('/').collect(),
            Self::Http { url, inner } | Self::Git { url, inner, .. } => {
                url.path.split('/').chain(inner.split('/')).collect()
            }
            Self::Oci { repository, .. } => repository.split('/').collect(),
        };
        let mut names = parts
            .iter()
            .rev()
            .map(|part| stem(part).to_ascii_lowercase());
        names
            .find(|name| !["", GENERIC].contains(&name.as_str()))
            .filter(|name| is_name(name))
    }
}

/// The error for a string that is not a source.
fn failed(text: &str, what: &str, problem: &str, forms: &str) -> Failure {
    let shown = without_secrets(text);
    let failure = Failure::new(format!("`{shown}` is not {what}: {problem}"));
    failure.help(match problem {
        WITH_PASSWORD | WITH_USER => CREDENTIALS,
        IS_REPOSITORY => "add the prefix `git+`",
        _ => forms,
    })
}

/// A name that is not specific enough for a package.
const GENERIC: &str = "provisioners";

/// A name without its extensions.
fn stem(name: &str) -> &str {
    let ends = [".yaml", ".yml", ".tar.gz", ".tgz", ".git", ".provisioners"];
    let strip = |name, end: &&str| str::strip_suffix(name, *end).unwrap_or(name);
    ends.iter().fold(name, strip)
}

/// Whether a string is a valid name for a package and its folder.
pub(crate) fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let first = |c: char| inner(c) && c.is_ascii_alphanumeric();
    text.len() <= LONGEST_NAME && text.starts_with(first) && text.chars().all(inner)
}

/// Whether a URL refers to an archive.
pub(super) fn is_archive(url: &Url) -> bool {
    is_archive_name(&url.path)
}

/// Whether a file is an archive, by its name or path.
pub(super) fn is_archive_name(name: &str) -> bool {
    [".tar.gz", ".tgz"].iter().any(|end| name.ends_with(end))
}

fn http(text: &str, fits: fn(&str) -> bool) -> Result<Source, &'static str> {
    let mut url = remote(text)?;
    if url.user.is_some() {
        return Err(WITH_USER);
    }
    if !url.is_safe() {
        return Err("`http` is allowed only for this machine, use `https`");
    }
    let inner = split(&mut url)?;
    match () {
        () if url.last().strip_suffix(".git").is_some() => Err(IS_REPOSITORY),
        () if is_archive(&url) || (fits(url.last()) && inner.is_empty()) => {
            Ok(Source::Http { url, inner })
        }
        () => Err("it does not end with `.yaml`, `.yml`, `.tar.gz` or `.tgz`"),
    }
}

fn git(text: &str) -> Result<Source, &'static str> {
    let mut url = Url::parse(text)?;
    match url.scheme.as_str() {
        "https" | "ssh" if url.host.is_empty() => return Err("it has no host"),
        "https" if url.user.is_some() => return Err(WITH_USER),
        "https" | "ssh" | "file" => {}
        _ => return Err("Git repositories are fetched with `git+https`, `git+ssh` and `git+file`"),
    }
    let inner = split(&mut url)?;
    if url.path.is_empty() {
        return Err("it has no path");
    }
    let reference = match url.query.take() {
        None => None,
        Some(query) => match query.strip_prefix("ref=") {
            Some(reference) if is_reference(reference) => Some(reference.to_owned()),
            _ => return Err("`?` is not followed by `ref=` with a branch, a tag or a commit"),
        },
    };
    Ok(Source::Git {
        url,
        inner,
        reference,
    })
}

fn oci(text: &str) -> Result<Source, &'static str> {
    let (registry, rest) = text.split_once('/').ok_or("it has no repository")?;
    if registry.contains('@') {
        return Err(WITH_USER);
    }
    let host = remote(&format!("https://{registry}"))?.host;
    let (repository, version) = match (rest.split_once('@'), rest.split_once(':')) {
        (Some((_, digest)), _) if !is_digest(digest) => {
            return Err("`@` is not followed by `sha256:` with 64 hexadecimal digits");
        }
        (Some((repository, digest)), _) => (repository, Version::Digest(digest.to_owned())),
        (None, Some((_, tag))) if !is_tag(tag) => return Err("`:` is not followed by a tag"),
        (None, Some((repository, tag))) => (repository, Version::Tag(tag.to_owned())),
        (None, None) => (rest, Version::Tag("latest".to_owned())),
    };
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(inner)
    };
    if !repository.split('/').all(is_part) {
        return Err(
            "a repository name consists of lower-case letters, digits, `.`, `_`, `-` and `/`",
        );
    }
    Ok(Source::Oci {
        registry: host,
        repository: repository.to_owned(),
        version,
    })
}

/// Parses a URL with a host.
fn remote(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text)?;
    if url.host.is_empty() {
        return Err("it has no host");
    }
    Ok(url)
}

/// Removes `//` and the part after it from the path of a URL, and returns that part.
fn split(url: &mut Url) -> Result<String, &'static str> {
    let Some((path, inner)) = url.path.split_once("//") else {
        return Ok(String::new());
    };
    let inner = inner.trim_end_matches('/').to_owned();
    let is_part = |part: &str| !["", ".", ".."].contains(&part) && !part.starts_with('-');
    if !inner.is_empty() && !inner.split('/').all(is_part) {
        return Err("`//` is not followed by a plain path");
    }
    url.path = path.to_owned();
    Ok(inner)
}

fn is_reference(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._/+@-".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().all(inner)
        && !text.contains("..")
        && !text.contains("@{")
}

fn is_tag(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().all(inner)
        && text.len() <= 128
}

/// Whether a string is a digest in the format of the lock file.
pub(super) fn is_digest(text: &str) -> bool {
    let digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    text.strip_prefix("sha256:")
        .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(digit))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_inner = |url: &Url, inner: &str| {
            let mut url = url.clone();
            if !inner.is_empty() {
                url.path = format!("{}//{inner}", url.path);
            }
            url
        };
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Http { url, inner } => with_inner(url, inner).fmt(f),
            Self::Git {
                url,
                inner,
                reference,
            } => {
                write!(f, "git+{}", with_inner(url, inner))?;
                match reference {
                    Some(reference) => write!(f, "?ref={reference}"),
                    None => Ok(()),
                }
            }
            Self::Oci {
                registry,
                repository,
                version,
            } => {
                write!(f, "oci://{registry}/{repository}")?;
                match version {
                    Version::Tag(tag) => write!(f, ":{tag}"),
                    Version::Digest(digest) => write!(f, "@{digest}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn sources_are_read_written_and_named() {
        let digest = format!("oci://ghcr.io/acme/provisioners@{DIGEST}");
        for (text, name) in [
            ("platform", "platform"),
            ("../platform/", "platform"),
            ("rds.provisioners.yaml", "rds"),
            ("https://example.com/a/RDS.yaml", "rds"),
            ("https://example.com/platform-1.2.tar.gz", "platform-1.2"),
            ("https://example.com/x.tgz//a/rds", "rds"),
            ("http://127.0.0.1:8080/rds.yml?a=b", "rds"),
            ("git+https://example.com/acme/platform.git", "platform"),
            (
                "git+https://example.com/acme/platform//aws/rds?ref=v1.2",
                "rds",
            ),
            (
                "git+ssh://git@example.com/acme/platform.git?ref=main",
                "platform",
            ),
            ("git+file:///srv/platform.git//rds.yaml", "rds"),
            ("oci://ghcr.io/acme/provisioners:1.2", "acme"),
            (
                "git+https://example.com/platform.git//provisioners",
                "platform",
            ),
            ("oci://localhost:5000/rds:latest", "rds"),
            (digest.as_str(), "acme"),
        ] {
            let source = Source::parse(text).unwrap();
            assert_eq!(source.to_string(), text);
            assert_eq!(source.name().as_deref(), Some(name), "{text}");
        }
        let without_tag = Source::parse("oci://ghcr.io/acme/rds").unwrap();
        assert_eq!(without_tag.to_string(), "oci://ghcr.io/acme/rds:latest");
        assert_eq!(Source::parse("..").unwrap().name(), None);
    }

    #[test]
    fn what_is_no_source_is_refused() {
        for text in [
            "",
            "ftp://example.com/a.yaml",
            "https://example.com/",
            "https://example.com/a.zip",
            "https://example.com/acme/platform.git",
            "https://me:secret@example.com/a.yaml",
            "https://secret@example.com/a.yaml",
            "http://example.com/a.yaml",
            "https:///a.yaml",
            "https://example.com/a.tgz//../b",
            "https://example.com/a.yaml//b",
            "git+http://example.com/a.git",
            "git+ext://sh -c x",
            "git+ssh://-oProxyCommand=x/a.git",
            "git+https://example.com/a.git?ref=--upload-pack=x",
            "git+https://example.com/a.git?ref=a:b",
            "git+https://example.com/a.git?depth=1",
            "git+https://example.com/a.git//-x",
            "git+https://secret@example.com/a.git",
            "oci://ghcr.io",
            "oci://me:secret@ghcr.io/a",
            "oci://ghcr.io/A",
            "oci://ghcr.io/a/../b",
            "oci://ghcr.io/a@sha512:0",
            "oci://ghcr.io/a:-x",
        ] {
            let failure = Source::parse(text).unwrap_err();
            assert!(!failure.message.contains("secret"), "{}", failure.message);
            assert!(failure.help.is_some(), "{text}");
        }
    }

    #[test]
    fn versions_of_a_package_have_one_origin() {
        for (one, other, same) in [
            ("git+https://h/a.git?ref=v1", "git+https://h/a.git", true),
            ("git+https://h/a.git//x", "git+https://h/a.git//y", false),
            ("oci://h/a:1", "oci://h/a:2", true),
            ("oci://h/a:1", "oci://h/b:1", false),
            ("a", "b", false),
        ] {
            let [one, other] = [one, other].map(|text| Source::parse(text).unwrap().origin());
            assert_eq!(one == other, same, "{one} {other}");
        }
    }
}
