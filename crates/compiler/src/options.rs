//! What a run and its project file say about workloads: images, builds and published ports. Each
//! option is a text of its own among the sources, so that a diagnostic can point into it.

use score_spec::{
    Code, Diagnostic, Entry, Kind, Node, SourceId, Sources, Span, Spanned, parse_value,
};

use crate::{Asker, Build, Text, Tree};

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
    pub(crate) build: Build,
}

/// `HOST:WORKLOAD:CONTAINER` or `HOST:UID.OUTPUT:CONTAINER`, with ports for `HOST` and
/// `CONTAINER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishOption {
    pub(crate) host: u16,
    pub(crate) of: Spanned<String>,
    pub(crate) container: u16,
    pub(crate) asked_by: Asker,
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
        let tree = if build.trim_start().starts_with('{') {
            let (node, problems) = parse_value(sources, Span::new(id, start, text.len()));
            diagnostics.extend(problems);
            build_tree(&node.filter(|node| matches!(node.kind, Kind::Map(_)))?)
        } else {
            folder(build)
        };
        let asked_by = Asker::Option;
        let build = Build { tree, asked_by };
        Some(Self { selector, build })
    }

    /// An entry of `builds` in a project file.
    pub(crate) fn of_project(entry: &Entry) -> Self {
        let build = Build {
            tree: build_tree(&entry.value),
            asked_by: Asker::Project,
        };
        let selector = selector(&entry.key, entry.key_span);
        Self { selector, build }
    }

    /// The same build, whose folder was relative to another folder than the working folder.
    pub(crate) fn moved(mut self, way: &str) -> Self {
        self.build = self.build.seen_from(way);
        self
    }
}

fn build_tree(node: &Node) -> Tree {
    match node.text() {
        Some(text) => folder(text),
        None => node.to_value_with(&mut |text, _| Text::from(text)),
    }
}

fn folder(context: &str) -> Tree {
    let context = Tree::Text(context.into());
    Tree::from_iter([("context".to_owned(), context)])
}

impl PublishOption {
    pub(crate) fn read(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = &sources.get(id).text;
        let span = Span::new(id, 0, text.len());
        let option = Self::parse(text, Asker::Option, |start, end| Span::new(id, start, end));
        if option.is_none() {
            diagnostics.push(
                Diagnostic::new(Code::ProjectPublish, "the published port cannot be read")
                    .at(span, "")
                    .help("write `8080:web:80` for port 80 of the workload `web`, or `5432:postgres.default#web.db.host:5432` for that of a resource whose output `host` names the server"),
            );
        }
        option
    }

    /// An item of `publish` in a project file, which the schema has checked.
    pub(crate) fn of_project(item: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let number = |name: &str| match &item.get(name)?.kind {
            Kind::Number(number) => u16::try_from(number.as_u64()?).ok(),
            _ => None,
        };
        let option = match item.text() {
            Some(text) => Self::parse(text, Asker::Project, |_, _| item.span),
            None => item.get("of").and_then(|of| {
                Some(Self {
                    host: number("host")?,
                    of: Spanned::new(of.text()?.to_owned(), of.span),
                    container: number("container")?,
                    asked_by: Asker::Project,
                })
            }),
        };
        if option.is_none() {
            diagnostics.push(
                Diagnostic::new(Code::ProjectPublish, "the published port cannot be read")
                    .at(item.span, "")
                    .help("write `HOST:WORKLOAD:CONTAINER` with ports from 1 to 65535, such as `8080:web:80`"),
            );
        }
        option
    }

    fn parse(text: &str, asked_by: Asker, place: impl Fn(usize, usize) -> Span) -> Option<Self> {
        let (host, rest) = text.split_once(':')?;
        let (of, container) = rest.rsplit_once(':')?;
        let port = |text: &str| text.parse().ok().filter(|port| *port > 0);
        let start = host.len() + 1;
        Some(Self {
            host: port(host)?,
            of: Spanned::new(of.to_owned(), place(start, start + of.len())),
            container: port(container)?,
            asked_by,
        })
    }
}
