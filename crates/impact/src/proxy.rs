//! Routes of a Compose project: those in the configuration of its proxy, as score-rs writes it.

use score_compiler::ir::{Segment, Tree};

use crate::object::Object;
use crate::tree::at;

/// A path of a host with the workload to which it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProxyRoute<'a> {
    pub(crate) host: &'a str,
    /// A regular expression.
    pub(crate) path: &'a str,
    /// The workload.
    pub(crate) workload: &'a str,
    /// The port of the workload.
    pub(crate) port: &'a str,
}

/// The routes of a proxy; none of other objects.
pub(crate) fn routes(config: &Object) -> Vec<ProxyRoute<'_>> {
    let content = at(&config.tree, &["content"]).filter(|_| config.id.is_proxy());
    let Some(Tree::Text(content)) = content else {
        return Vec::new();
    };
    let plain = content.segments().iter().filter_map(|it| match it {
        Segment::Plain(text) => Some(text),
        Segment::Ref(_) => None,
    });
    let (mut host, mut path, mut found) = ("", "", Vec::new());
    for line in plain.flat_map(|text| text.lines()).map(str::trim) {
        if let Some(name) = between(line, "server_name ", ";") {
            host = name;
        } else if let Some(pattern) = between(line, "location ~ \"", "\" {") {
            path = path_of(pattern);
        } else if let Some(upstream) = between(line, "set $upstream \"", "\";") {
            let (workload, port) = upstream.rsplit_once(':').unwrap_or((upstream, ""));
            found.push(ProxyRoute {
                host,
                path,
                workload,
                port,
            });
        }
    }
    found
}

fn between<'a>(line: &'a str, start: &str, end: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix(end)
}

/// The path that an expression matches, and those below it.
fn path_of(pattern: &str) -> &str {
    let inner = pattern.strip_prefix("^(?:");
    let path = inner.and_then(|it| it.strip_suffix(")(?:/|$)").or(it.strip_suffix(")$")));
    match pattern {
        "^/" => "/",
        _ => path.unwrap_or(pattern),
    }
}
