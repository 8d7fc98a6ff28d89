//! What a single run says about workloads: images, builds and published ports. Each is a text of
//! its own among the sources, so that a diagnostic can point into it.

use score_spec::{Code, Diagnostic, Kind, SourceId, Sources, Span, Spanned, Value, parse_value};

use crate::{Text, Tree};

/// Which containers an option is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    /// Where it was written.
    pub(crate) span: Span,
    /// The workload's name; any where none is given.
    pub(crate) workload: Option<String>,
    /// The container's name; any where none is given.
    pub(crate) container: Option<String>,
}

/// `[[WORKLOAD/]CONTAINER=]IMAGE`: the image of containers. Without a container it is for those
/// whose image is left open as `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageOption {
    pub(crate) selector: Selector,
    pub(crate) image: String,
}

/// `[WORKLOAD/]CONTAINER=FOLDER`, or a JSON object in the words of Compose's `build`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BuildOption {
    pub(crate) selector: Selector,
    pub(crate) build: Tree,
}

/// `HOST:WORKLOAD:CONTAINER` or `HOST:UID.OUTPUT:CONTAINER`, with ports for `HOST` and
/// `CONTAINER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishOption {
    pub(crate) span: Span,
    pub(crate) host: u16,
    pub(crate) of: Spanned<String>,
    pub(crate) container: u16,
}

fn selector(text: &str, span: Span) -> Selector {
    let (workload, container) = match text.split_once('/') {
        Some((workload, container)) => (Some(workload.to_owned()), container),
        None => (None, text),
    };
    Selector {
        span,
        workload,
        container: Some(container.to_owned()),
    }
}

impl ImageOption {
    pub(crate) fn read(sources: &Sources, id: SourceId) -> Self {
        let text = &sources.get(id).text;
        match text.split_once('=') {
            Some((of, image)) => Self {
                selector: selector(of, Span::new(id, 0, of.len())),
                image: image.to_owned(),
            },
            None => Self {
                selector: Selector {
                    span: Span::new(id, 0, text.len()),
                    workload: None,
                    container: None,
                },
                image: text.clone(),
            },
        }
    }
}

impl BuildOption {
    pub(crate) fn read(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = &sources.get(id).text;
        let Some((of, build)) = text.split_once('=') else {
            diagnostics.push(
                Diagnostic::new(Code::OverrideInvalid, "the build has no `=`")
                    .at(Span::new(id, 0, text.len()), "")
                    .help("write `web/main=./folder`, or `web/main={\"context\": \"./folder\"}`"),
            );
            return None;
        };
        let selector = selector(of, Span::new(id, 0, of.len()));
        let start = of.len() + 1;
        let build = if build.trim_start().starts_with('{') {
            let (node, problems) = parse_value(sources, Span::new(id, start, text.len()));
            diagnostics.extend(problems);
            let node = node.filter(|node| matches!(node.kind, Kind::Map(_)))?;
            node.to_value_with(&mut |text, _| Text::from(text))
        } else {
            let context = Tree::Text(build.into());
            Value::Map([("context".to_owned(), context)].into_iter().collect())
        };
        Some(Self { selector, build })
    }
}

impl PublishOption {
    pub(crate) fn read(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = &sources.get(id).text;
        let span = Span::new(id, 0, text.len());
        let parts = text.split_once(':').and_then(|(host, rest)| {
            let (of, container) = rest.rsplit_once(':')?;
            let port = |text: &str| text.parse().ok().filter(|port| *port > 0);
            let start = host.len() + 1;
            Some(Self {
                span,
                host: port(host)?,
                of: Spanned::new(of.to_owned(), Span::new(id, start, start + of.len())),
                container: port(container)?,
            })
        });
        if parts.is_none() {
            diagnostics.push(
                Diagnostic::new(Code::ProjectPublish, "the published port cannot be read")
                    .at(span, "")
                    .help("write `8080:web:80` for port 80 of the workload `web`, or `5432:postgres.default#web.db.host:5432` for that of a resource whose output `host` names the server"),
            );
        }
        parts
    }
}
