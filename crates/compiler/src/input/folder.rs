//! Conversion of relative folders. It does not access any folder.

use crate::ir::{Build, Tree};

impl Build {
    /// The build relative to another folder; `way`, such as `../..`, is the relative path from
    /// there to the folder that it was relative to. Absolute paths are not changed.
    #[must_use]
    pub fn seen_from(&self, way: &str) -> Self {
        let mut build = self.clone();
        if let Tree::Map(entries) = &mut build.tree
            && let Some(Tree::Text(context)) = entries.get_mut("context")
            && let Some(path) = context.as_plain()
            && !path.starts_with(['/', '~'])
            && !path.contains(':')
        {
            *context = path_from(path, way).into();
        }
        build
    }
}

/// A relative path as seen from another folder; `way` is the relative path from there to the folder
/// that it was relative to. Redundant `..` segments are removed.
pub(crate) fn path_from(path: &str, way: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let (mut way, mut path) = (way, if path == "." { "" } else { path });
    while let Some(rest) = path.strip_prefix("../") {
        let (before, last) = way.rsplit_once('/').unwrap_or(("", way));
        if last.is_empty() || last == ".." {
            break;
        }
        (way, path) = (before, rest);
    }
    match (way, path) {
        ("", "") => ".".to_owned(),
        ("", path) => visible(path),
        (way, "") => visible(way),
        (way, path) => visible(&format!("{way}/{path}")),
    }
}

/// A path with a leading dot, so that it cannot be confused with a name.
fn visible(path: &str) -> String {
    if path.starts_with("../") || path == ".." {
        path.to_owned()
    } else {
        format!("./{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::path_from;

    #[test]
    fn paths_from_elsewhere() {
        for (path, way, expected) in [
            ("web", "", "./web"),
            ("web", "..", "../web"),
            ("./web", "../..", "../../web"),
            (".", "..", ".."),
            (".", "", "."),
            (".", "sub", "./sub"),
            ("web", "sub", "./sub/web"),
            ("../web", "sub", "./web"),
            ("../web", "a/b", "./a/web"),
            ("../web", "..", "../../web"),
            ("../../web", "sub", "../web"),
            ("..", "..", "../.."),
        ] {
            assert_eq!(path_from(path, way), expected, "{path} by {way}");
        }
    }
}
