//! Reads containers and service ports: those of Score files, and those of the components that
//! provisioners run.
//!
//! The trees have been validated against a schema. Missing values and values of the wrong type are
//! skipped, because the schema reports them.

use base64::{Engine, engine::general_purpose::STANDARD};
use indexmap::IndexMap;

use crate::{
    Code, Diagnostic, Entry, HttpGet, Kind, Map, Node, Port, Protocol, Quantities, Ready, Span,
    Spanned, before, rules,
    template::Grammar,
    workload::{Before, Container, File, FileContent, Probe, Volume},
};

/// The meaning of the strings of a tree. Everything in which the trees of Score files and of
/// provisioners differ is part of its implementations.
pub trait Leaves {
    /// A string of the tree.
    type Written;
    /// A string of a container, such as the value of a variable.
    type Text;

    /// The string of a value, in which these parts of the grammar are expanded.
    fn text(&mut self, node: &Node<Self::Written>, grammar: Grammar) -> Option<Self::Text>;

    /// The string of a value in which nothing is expanded.
    fn plain(&mut self, node: &Node<Self::Written>) -> Option<String>;

    /// The string of a value for which the schema has a pattern or a list of choices.
    fn word(&mut self, node: &Node<Self::Written>) -> Option<String>;

    /// The port number in a string, if strings can contain one.
    fn number(&mut self, _node: &Node<Self::Written>) -> Option<u16> {
        None
    }

    /// Reports a problem.
    fn report(&mut self, problem: Diagnostic);
}

/// The containers of a map, by name.
pub fn containers<L: Leaves>(
    node: Option<&Node<L::Written>>,
    leaves: &mut L,
) -> Map<Container<L::Text>> {
    let containers = map(node, |entry| Some(container(entry, leaves)));
    for problem in before::check(&containers) {
        leaves.report(problem);
    }
    containers
}

/// The service ports of a map, by name.
pub fn ports<L: Leaves>(node: Option<&Node<L::Written>>, leaves: &mut L) -> Map<Port> {
    let mut seen: IndexMap<(u16, Protocol), Span> = IndexMap::new();
    map(node, |entry| {
        let number = entry.value.get("port")?;
        let port = port(entry, leaves)?;
        if let Some(first) = seen.get(&(port.port, port.protocol)) {
            let message = format!("two service ports have the number {}", port.port);
            leaves.report(
                Diagnostic::new(Code::SpecDuplicatePort, message)
                    .at(number.span, "second here")
                    .at(*first, "first here")
                    .help("change the `port` of one of them; both may have the same `targetPort`"),
            );
        } else {
            seen.insert((port.port, port.protocol), number.span);
        }
        Some(port)
    })
}

fn port<L: Leaves>(entry: &Entry<L::Written>, leaves: &mut L) -> Option<Port> {
    let node = &entry.value;
    let port = number(node.get("port")?, leaves)?;
    Some(Port {
        span: entry.key_span,
        port,
        target: match node.get("targetPort") {
            Some(target) => number(target, leaves)?,
            None => port,
        },
        protocol: match node.get("protocol").and_then(|it| leaves.word(it)) {
            Some(name) if name == "UDP" => Protocol::Udp,
            _ => Protocol::Tcp,
        },
    })
}

/// The state that the name stands for.
pub fn ready<L: Leaves>(node: &Node<L::Written>, leaves: &mut L) -> Option<Ready> {
    match leaves.word(node)?.as_str() {
        "started" => Some(Ready::Started),
        "healthy" => Some(Ready::Healthy),
        "complete" => Some(Ready::Complete),
        _ => None,
    }
}

fn container<L: Leaves>(entry: &Entry<L::Written>, leaves: &mut L) -> Container<L::Text> {
    let node = &entry.value;
    let resources = node.get("resources");
    let [limits, requests] = ["limits", "requests"].map(|name| {
        let node = resources.and_then(|node| node.get(name));
        Quantities::read_with(node, |node| leaves.word(node))
    });
    for problem in rules::check(node, &limits, &requests) {
        leaves.report(problem);
    }
    Container {
        span: entry.key_span,
        image: required(node.get("image"), entry, leaves),
        command: words(node.get("command"), leaves),
        args: words(node.get("args"), leaves),
        variables: map(node.get("variables"), |entry| {
            leaves.text(&entry.value, Grammar::Placeholders)
        }),
        files: map(node.get("files"), |entry| file(entry, leaves)),
        volumes: map(node.get("volumes"), |entry| volume(entry, leaves)),
        before: map(node.get("before"), |entry| {
            Some(Before {
                span: entry.key_span,
                ready: ready(entry.value.get("ready")?, leaves)?,
            })
        }),
        limits,
        requests,
        liveness_probe: node.entry("livenessProbe").and_then(|it| probe(it, leaves)),
        readiness_probe: node
            .entry("readinessProbe")
            .and_then(|it| probe(it, leaves)),
    }
}

/// The entries of a map that can be converted.
pub(crate) fn map<W, T>(
    node: Option<&Node<W>>,
    mut f: impl FnMut(&Entry<W>) -> Option<T>,
) -> Map<T> {
    let entries = node.map_or(&[][..], Node::entries);
    let mut map = Map::default();
    map.reserve_exact(entries.len());
    for entry in entries {
        if let Some(value) = f(entry) {
            map.insert(entry.key.clone(), value);
        }
    }
    map
}

/// A string that the schema requires. The entry without it is kept, so that references to the entry
/// are not reported as well.
pub(crate) fn required<L: Leaves>(
    node: Option<&Node<L::Written>>,
    entry: &Entry<L::Written>,
    leaves: &mut L,
) -> Spanned<String> {
    node.and_then(|node| spanned(node, leaves))
        .unwrap_or_else(|| Spanned::new(String::new(), entry.key_span))
}

/// A string with its location.
pub(crate) fn spanned<L: Leaves>(
    node: &Node<L::Written>,
    leaves: &mut L,
) -> Option<Spanned<String>> {
    Some(Spanned::new(leaves.plain(node)?, node.span))
}

fn words<L: Leaves>(node: Option<&Node<L::Written>>, leaves: &mut L) -> Option<Vec<L::Text>> {
    let words = node?.items().iter();
    let words = words.filter_map(|word| leaves.text(word, Grammar::Escapes));
    Some(words.collect())
}

fn file<L: Leaves>(entry: &Entry<L::Written>, leaves: &mut L) -> Option<File<L::Text>> {
    let node = &entry.value;
    check_target(entry, leaves);
    let expand = !node.is_true("noExpand");
    let content = if let Some(source) = node.get("source") {
        FileContent::Source {
            path: spanned(source, leaves)?,
            expand,
        }
    } else if let Some(content) = node.get("content") {
        let grammar = if expand {
            Grammar::Placeholders
        } else {
            Grammar::Literal
        };
        FileContent::Text(leaves.text(content, grammar)?)
    } else {
        FileContent::Binary(binary(node.get("binaryContent")?, leaves)?)
    };
    Some(File {
        span: entry.key_span,
        content,
        mode: node.get("mode").and_then(|mode| self::mode(mode, leaves)),
    })
}

fn binary<L: Leaves>(node: &Node<L::Written>, leaves: &mut L) -> Option<Vec<u8>> {
    let text = leaves.word(node)?;
    let compact: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(compact).ok();
    if bytes.is_none() {
        leaves.report(
            Diagnostic::new(Code::SpecInvalidValue, "`binaryContent` is not base64")
                .at(node.span, "")
                .help("encode the bytes as standard base64 with padding (RFC 4648, section 4), or use `content` for text"),
        );
    }
    bytes
}

/// Permission bits in octal. The owner must have read permission.
fn mode<L: Leaves>(node: &Node<L::Written>, leaves: &mut L) -> Option<u16> {
    let mode = u16::from_str_radix(&leaves.word(node)?, 8)
        .ok()
        .filter(|mode| *mode <= 0o777)?;
    if mode < 0o400 {
        leaves.report(
            Diagnostic::new(
                Code::SpecInvalidValue,
                "the mode does not let the owner read the file",
            )
            .at(node.span, "")
            .help("use a mode from `0400` to `0777`, such as `0644`"),
        );
        return None;
    }
    Some(mode)
}

fn volume<L: Leaves>(entry: &Entry<L::Written>, leaves: &mut L) -> Option<Volume<L::Text>> {
    let node = &entry.value;
    check_target(entry, leaves);
    let path = match node.get("path") {
        Some(path) => Some(leaves.plain(path)?),
        None => None,
    };
    Some(Volume {
        span: entry.key_span,
        source: leaves.text(node.get("source")?, Grammar::Placeholders)?,
        path,
        read_only: node.is_true("readOnly"),
    })
}

/// Reports the target of a file or volume that no container can have.
fn check_target<L: Leaves>(entry: &Entry<L::Written>, leaves: &mut L) {
    if let Some(problem) = rules::target_problem(&entry.key, entry.key_span) {
        leaves.report(problem);
    }
}

fn probe<L: Leaves>(entry: &Entry<L::Written>, leaves: &mut L) -> Option<Probe<L::Text>> {
    let node = &entry.value;
    Some(Probe {
        span: entry.key_span,
        http_get: match node.get("httpGet") {
            Some(http) => Some(http_get(http, leaves)?),
            None => None,
        },
        exec: match node.get("exec") {
            Some(exec) => Some(words(exec.get("command"), leaves)?),
            None => None,
        },
    })
}

fn http_get<L: Leaves>(node: &Node<L::Written>, leaves: &mut L) -> Option<HttpGet> {
    let mut plain = |node: &Node<_>, name| node.get(name).and_then(|it| leaves.plain(it));
    let [host, scheme, path] = ["host", "scheme", "path"].map(|name| plain(node, name));
    let headers = node.items_at("httpHeaders").iter();
    let headers = headers.filter_map(|it| Some((plain(it, "name")?, plain(it, "value")?)));
    let headers = headers.collect();
    Some(HttpGet {
        host,
        scheme,
        path: path?,
        port: number(node.get("port")?, leaves)?,
        headers,
    })
}

fn number<L: Leaves>(node: &Node<L::Written>, leaves: &mut L) -> Option<u16> {
    match &node.kind {
        Kind::Text(_) => leaves.number(node),
        Kind::Number(number) => number
            .as_u64()
            .or_else(|| whole(number.as_f64()?))
            .and_then(|number| u16::try_from(number).ok())
            .filter(|number| *number > 0),
        _ => None,
    }
}

/// JSON Schema accepts `80.0` as an integer.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0)
        .then(|| format!("{number:.0}").parse().ok())
        .flatten()
}
