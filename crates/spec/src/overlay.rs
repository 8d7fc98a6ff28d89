//! Changes of a document before validation: the layers of the project and its environments, and overrides files
//! and `path=value` properties, which are compatible with the reference implementations. Out of scope: which files
//! are layers, and their order.

mod apply;
mod changes;
mod effects;
mod glob;
mod layer;
mod lock;
mod locks;
mod merge;
mod set;

use std::collections::BTreeMap;

pub(crate) use self::apply::{Applier, name};
pub use self::changes::Defaults;
pub use self::effects::Effects;
pub use self::glob::Glob;
pub use self::layer::Layer;
pub use self::lock::Lock;
pub use self::locks::Locks;
use self::{merge::merge, set::set};
use crate::{
    Code, Diagnostic, Kind, Node, SourceId, Sources, Span, parse, parse_value, template::split_path,
};

/// The maximum number of elements in the path of a property, which is also the maximum depth of
/// documents.
const MAX_PATH: usize = 100;

/// All changes of a run. They apply in the order of the fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overlays {
    /// The layers of the project and its environments. Later ones take precedence.
    pub layers: Vec<Layer>,
    /// The overrides of the documents of one Score file, from files beside it.
    pub beside: BTreeMap<SourceId, Vec<Overlay>>,
    /// The overrides from options.
    pub overrides: Vec<Overlay>,
    /// The paths at which the layers decide, so that Score files and overrides must not say anything else.
    pub locks: Locks,
    /// The values of paths that nothing else sets, in the form of a layer. They are not added to documents, but a
    /// locked path has them.
    pub defaults: Option<Node>,
    /// Annotations that exclude each other.
    pub slots: Slots,
}

/// Groups of annotations of which a workload can have one. A layer that sets one of a group removes the others.
pub type Slots = &'static [&'static [&'static str]];

/// An override of documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// The name of the workload to change; all workloads if absent.
    pub workload: Option<String>,
    /// The location of the override.
    pub span: Span,
    /// The change.
    pub change: Change,
}

/// The change of an [`Overlay`].
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Merges a document: maps are merged deeply, `null` removes a key, anything else is replaced.
    Merge(Node),
    /// Sets the value at a path, or removes it.
    Set {
        /// Keys of maps and indices of lists; `-1` appends.
        path: Vec<String>,
        /// The new value; removes the value if absent.
        value: Option<Node>,
    },
}

impl Overlay {
    /// The overlay of an overrides file, which contains a single document.
    pub fn file(
        workload: Option<String>,
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let parsed = parse(sources, id);
        diagnostics.extend(parsed.diagnostics);
        let mut documents = parsed.documents.into_iter();
        let whole = Span::new(id, 0, sources.get(id).text.len());
        match (documents.next(), documents.next()) {
            (Some(node), None) if matches!(node.kind, Kind::Map(_)) => Some(Self {
                workload,
                span: node.span,
                change: Change::Merge(node),
            }),
            (Some(node), None) => {
                let found = node.kind_name();
                diagnostics.push(
                    Diagnostic::new(
                        Code::OverrideInvalid,
                        format!("expected a map, found {found}"),
                    )
                    .at(node.span, "")
                    .help("an overrides file has the format of a Score file and contains only the differences"),
                );
                None
            }
            (Some(_), Some(second)) => {
                diagnostics.push(
                    Diagnostic::new(
                        Code::OverrideInvalid,
                        "an overrides file must contain a single document",
                    )
                    .at(second.span, "second document here")
                    .help("put it into a separate file"),
                );
                None
            }
            // An empty file changes nothing.
            (None, _) => Some(Self {
                workload,
                span: whole,
                change: Change::Merge(Node {
                    span: whole,
                    kind: Kind::Map(Vec::new()),
                }),
            }),
        }
    }

    /// The overlay of an overrides file beside a Score file, for [`Overlays::beside`]. It has the form of any
    /// overrides file. If the Score file has several documents, `metadata.name` selects the one to change.
    pub fn beside(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let overlay = Self::file(None, sources, id, diagnostics)?;
        let Change::Merge(node) = &overlay.change else {
            return None;
        };
        let stars = changes::stars(node);
        diagnostics.extend(stars.iter().map(|star| {
            Diagnostic::new(Code::OverrideInvalid, "an overrides file cannot use `*`")
                .at(*star, "")
                .help("name each entry; only the project file and environments can use `*`")
        }));
        stars.is_empty().then_some(overlay)
    }

    /// The overlay of a property of the form `[WORKLOAD:]PATH=VALUE`. An empty value, or `null`, removes what
    /// is at the path.
    pub fn property(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = &sources.get(id).text;
        let whole = Span::new(id, 0, text.len());
        let Some((target, value)) = text.split_once('=') else {
            diagnostics.push(
                Diagnostic::new(Code::OverrideInvalid, "the override has no `=`")
                    .at(whole, "")
                    .help(
                        "write `containers.main.image=nginx:1`, with the prefix `web:` to change \
                     only the workload `web`",
                    ),
            );
            return None;
        };
        let (workload, path) = match target.split_once(':') {
            Some((workload, path)) => (Some(workload.to_owned()), path),
            None => (None, target),
        };
        let path = split_path(path);
        if path.len() > MAX_PATH || path.iter().any(String::is_empty) {
            diagnostics.push(
                Diagnostic::new(
                    Code::OverrideInvalid,
                    "the path of the override has an empty element, or too many elements",
                )
                .at(Span::new(id, 0, target.len()), "")
                .help("separate keys with a single dot; `\\.` is a dot inside a key"),
            );
            return None;
        }
        let value = if value.is_empty() {
            None
        } else {
            let place = Span::new(id, text.len() - value.len(), text.len());
            let (node, problems) = parse_value(sources, place);
            let failed = crate::diagnostic::any_error(&problems);
            diagnostics.extend(problems);
            match node {
                Some(node) if !failed => Some(node).filter(|node| node.kind != Kind::Null),
                _ => return None,
            }
        };
        Some(Self {
            workload,
            span: whole,
            change: Change::Set { path, value },
        })
    }

    /// Applies the change to a document.
    pub fn apply(&self, document: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
        match &self.change {
            Change::Merge(node) => merge(document, node),
            Change::Set { path, value } => {
                if let Err((problem, help)) = set(document, path, value.as_ref(), self.span) {
                    diagnostics.push(
                        Diagnostic::new(Code::OverridePath, problem)
                            .at(self.span, "")
                            .help(help),
                    );
                }
            }
        }
    }
}
