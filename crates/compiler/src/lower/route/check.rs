//! The hosts and paths that routes can have on all targets. One proxy or gateway serves the routes of all workloads,
//! so none of them may keep it from starting or take requests of others.

use score_spec::{Code, Diagnostic};

use super::pattern::is_pattern;
use crate::ir::Route;

/// The maximum length of a host name in bytes.
const LONGEST_HOST: usize = 253;

/// The maximum length of a path in bytes. A path of the Gateway API has up to 1024 bytes, with the rest of the
/// expression for it; a word of the configuration of nginx has up to 4096, in which a backslash takes two.
const LONGEST_PATH: usize = 1000;

/// The first problem of a route.
pub(super) fn problem(route: &Route) -> Option<Diagnostic> {
    let uid = &route.resource;
    let (place, problem, help) = if let Some(host) = route.hosts.iter().find(|host| !is_host(host))
    {
        let shown = host.escape_debug();
        let problem = format!("the host `{shown}` of the route `{uid}` is not a host name");
        let help = "use up to 253 lower-case letters, digits, `-` and `_`, in parts that are separated by `.`";
        (route.host_span, problem, help)
    } else if route.path.len() > LONGEST_PATH {
        let length = route.path.len();
        let problem =
            format!("the path of the route `{uid}` has {length} bytes, more than {LONGEST_PATH}");
        (route.path_span, problem, "shorten it")
    } else if !route.path.starts_with('/') || !is_pattern(&route.path) {
        let shown = route.path.escape_debug();
        let problem = format!(
            "the path `{shown}` of the route `{uid}` is not an expression that all targets support"
        );
        let help = "start it with `/`; it is a regular expression, in which `\\` makes the next character \
                    literal, and repetitions are limited";
        (route.path_span, problem, help)
    } else if route
        .path_rewrite
        .as_deref()
        .is_some_and(|path| !is_path(path))
    {
        let problem =
            format!("the path that replaces that of the route `{uid}` is not the path of a URL");
        let help = "start it with `/`, and use letters, digits, `/`, `-`, `.`, `_` and `~`, without `//` and `..`";
        (route.rewrite_span, problem, help)
    } else {
        return None;
    };
    let found = Diagnostic::new(Code::ResourceParams, problem);
    Some(found.at(place, "").help(help))
}

/// Whether it is a host name. A name with an empty part can mean other hosts: nginx takes `.example.com` for all
/// subdomains. Kubernetes does not support `_` either, which its target reports.
fn is_host(host: &str) -> bool {
    let byte =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(byte);
    host.len() <= LONGEST_HOST && host.split('.').all(is_label)
}

/// Whether the path that replaces the prefix can be part of every target.
fn is_path(path: &str) -> bool {
    let byte = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let mut segments = path.split('/');
    // Only the ends can be empty.
    let mut inner = path.trim_matches('/').split('/');
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.ends_with("//")
        && path.len() <= LONGEST_PATH
        && path.bytes().all(byte)
        && !segments.any(|segment| matches!(segment, "." | ".."))
        && (path == "/" || inner.all(|segment| !segment.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts() {
        let longest = [&"a".repeat(63); 3].map(String::as_str).join(".");
        for host in [
            "a",
            "a.example.com",
            "1.2.3.4",
            "my_app.localhost",
            &longest,
        ] {
            assert!(is_host(host), "{host}");
        }
        let long = "a.".repeat(127) + "a";
        for host in [
            "", ".", "..", "a..b", ".a", "a.", "A", "*.a", "a;", "é", &long,
        ] {
            assert!(!is_host(host), "{host}");
        }
    }
}
