//! The syntax of published ports in options and project files. The referenced component is resolved
//! elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use score_spec::{Code, Diagnostic, Kind, Node, Protocol, SourceId, Sources, Span, Spanned};

use crate::ir::Asker;

/// `[ADDRESS:]HOST:WORKLOAD:CONTAINER[/PROTOCOL]`, or `UID.OUTPUT` instead of `WORKLOAD`. `HOST` is a port
/// of the host, `CONTAINER` a port of a container or the name of a service port. IPv6 addresses are in
/// brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishOption {
    pub(crate) address: Option<IpAddr>,
    pub(crate) host: u16,
    pub(crate) of: Spanned<String>,
    pub(crate) container: Spanned<ContainerPort>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) asked_by: Asker,
}

/// A port of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContainerPort {
    /// The number of the port on which the container listens.
    Number(u16),
    /// The name of a service port.
    Name(String),
}

/// The description of the syntax for help texts.
const HELP: &str = "write `8080:web:80` for port 80 of the workload `web`, `8080:web:http` for its \
 service port `http`, or `5432:postgres.default#web.db.host:5432` for the server in the output \
 `host` of a resource; the optional prefix `127.0.0.1:` or `[::1]:` is an address of this machine, \
 the optional suffix `/udp` a protocol";

impl PublishOption {
    pub(crate) fn read(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = &sources.get(id).text;
        let option = Self::parse(text, Asker::Option, |start, end| Span::new(id, start, end));
        if option.is_none() {
            diagnostics.push(unreadable(text, Span::new(id, 0, text.len())));
        }
        option
    }

    /// An item of `publish` in a project file that has been validated.
    pub(crate) fn of_project(item: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let option = match item.text() {
            Some(text) => Self::parse(text, Asker::Project, |_, _| item.span),
            None => Self::of_map(item),
        };
        if option.is_none() {
            diagnostics.push(unreadable(item.text().unwrap_or_default(), item.span));
        }
        option
    }

    fn of_map(item: &Node) -> Option<Self> {
        let of = item.get("of")?;
        let container = item.get("container")?;
        let address = item.get("address").and_then(Node::text);
        let protocol = item.get("protocol").and_then(Node::text);
        Some(Self {
            address: match address {
                Some(address) => Some(address.parse().ok()?),
                None => None,
            },
            host: number(item.get("host")?)?,
            of: Spanned::new(of.text()?.to_owned(), of.span),
            container: Spanned::new(
                match container.text() {
                    Some(text) => ContainerPort::read(text)?,
                    None => ContainerPort::Number(number(container)?),
                },
                container.span,
            ),
            protocol: match protocol {
                Some(protocol) => Some(self::protocol(protocol)?),
                None => None,
            },
            asked_by: Asker::Project,
        })
    }

    fn parse(text: &str, asked_by: Asker, place: impl Fn(usize, usize) -> Span) -> Option<Self> {
        let (address, rest) = address(text)?;
        let (host, rest) = rest.split_once(':')?;
        let (of, rest) = rest.rsplit_once(':')?;
        let (container, protocol) = match rest.split_once('/') {
            Some((container, protocol)) => (container, Some(self::protocol(protocol)?)),
            None => (rest, None),
        };
        let end = text.len() - rest.len();
        let start = end - 1 - of.len();
        Some(Self {
            address,
            host: port(host)?,
            of: Spanned::new(of.to_owned(), place(start, end - 1)),
            container: Spanned::new(
                ContainerPort::read(container)?,
                place(end, end + container.len()),
            ),
            protocol,
            asked_by,
        })
    }
}

impl ContainerPort {
    /// Parses a number or a name. A string that starts with a digit and contains no letter must be
    /// a number.
    fn read(text: &str) -> Option<Self> {
        if text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return Some(Self::Name(text.to_owned()));
        }
        port(text).map(Self::Number)
    }
}

/// The address at the start of a string, if any, and the remaining string.
fn address(text: &str) -> Option<(Option<IpAddr>, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once("]:")?;
        let address: Ipv6Addr = address.parse().ok()?;
        return Some((Some(address.into()), rest));
    }
    let (first, rest) = text.split_once(':')?;
    let address: Option<Ipv4Addr> = first.parse().ok();
    Some(match address {
        Some(address) => (Some(address.into()), rest),
        None => (None, text),
    })
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

fn number(node: &Node) -> Option<u16> {
    match &node.kind {
        Kind::Number(number) => u16::try_from(number.as_u64()?)
            .ok()
            .filter(|port| *port > 0),
        _ => None,
    }
}

fn protocol(text: &str) -> Option<Protocol> {
    match text {
        "tcp" | "TCP" => Some(Protocol::Tcp),
        "udp" | "UDP" => Some(Protocol::Udp),
        _ => None,
    }
}

fn unreadable(text: &str, span: Span) -> Diagnostic {
    let parts = text
        .rsplit(']')
        .next()
        .unwrap_or_default()
        .split([':', '/']);
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let mut numbers = parts.filter(is_number);
    let (message, help) = match numbers.find(|part| port(part).is_none()) {
        Some(number) => {
            let message = format!("`{number}` is not a port number");
            (message, "use an integer from 1 to 65535")
        }
        None => ("the published port has a syntax error".to_owned(), HELP),
    };
    Diagnostic::new(Code::ProjectPublish, message)
        .at(span, "")
        .help(help)
}
