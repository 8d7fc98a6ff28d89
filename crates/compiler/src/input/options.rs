//! Settings for workloads in the options of a run and in the project file: images, builds and
//! published ports. Each option is a separate source, so that diagnostics can refer to it.

mod publish;

use score_spec::{Code, Diagnostic, Entry, Kind, Node, SourceId, Sources, Span, parse_value};

pub(crate) use self::publish::{ContainerPort, PublishOption};
use crate::ir::{Asker, Build, Text, Tree};

/// The containers to which an option applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    /// The location.
    pub(crate) span: Span,
    /// The name of the workload; any workload if absent.
    pub(crate) workload: Option<String>,
    /// The name of the container; any container if absent.
    pub(crate) container: Option<String>,
}

impl Selector {
    /// Whether the option applies to this container.
    pub(crate) fn fits(&self, workload: &str, container: &str) -> bool {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == name)
        };
        is(&self.workload, workload) && is(&self.container, container)
    }
}

/// `[[WORKLOAD/]CONTAINER=]IMAGE`: the image of containers. Without a container it applies to those
/// with the image `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageOption {
    pub(crate) selector: Selector,
    pub(crate) image: String,
    /// Whether it is an option of the run, not a setting, which can belong to another part of the
    /// project.
    pub(crate) of_run: bool,
}

/// `[WORKLOAD/]CONTAINER=FOLDER`, or a JSON object with the syntax of Compose's `build`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BuildOption {
    pub(crate) selector: Selector,
    pub(crate) build: Build,
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
                of_run: true,
            },
            None => Self {
                selector: Selector {
                    span: Span::new(id, 0, text.len()),
                    workload: None,
                    container: None,
                },
                image: text.clone(),
                of_run: true,
            },
        }
    }

    /// The entries of `images` in a settings file.
    pub(crate) fn of_settings(entries: &[Entry]) -> Vec<Self> {
        let options = entries.iter().filter_map(|entry| {
            Some(Self {
                selector: selector(&entry.key, entry.key_span),
                image: entry.value.text()?.to_owned(),
                of_run: false,
            })
        });
        options.collect()
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

    /// The same build relative to another folder.
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
