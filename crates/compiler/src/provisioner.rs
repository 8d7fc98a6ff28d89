//! Provisioners, with which a platform team provides resources. Selecting the one for a resource is
//! part of the catalogue, evaluating it is part of `resolve`.

pub(crate) mod catalogue;
pub(crate) mod command;
mod drafts;
mod editor;
pub(crate) mod expression;
mod interface;
pub(crate) mod listed;
pub(crate) mod native;
pub(crate) mod ranking;
mod read;
mod synonyms;
pub(crate) mod test;
pub(crate) mod uses;

pub use catalogue::{Catalogue, CatalogueEntry, Conditions};
pub use command::CommandFile;
pub use interface::{Output, Params};
pub use native::{Answer, Provision, Query, ServerComponent};
pub use ranking::{Candidate, Verdict, Wanted};
pub use test::ProvisionerTest;

use std::sync::Arc;

use score_spec::{Map, Node, SourceId, Span, Spanned};

use crate::input::{Audience, EnvironmentId, NameList};
use crate::provisioner::command::Command;
use crate::provisioner::expression::{Item, Key, Pattern, Patterns};
use crate::provisioner::uses::WorkloadValues;

/// A document of a provisioner file that has been validated against `schemas/provisioner.json`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Provisioner {
    /// The name of its file.
    pub file: String,
    /// The number of the entry that contains the file. Provisioners of one entry have the same
    /// precedence, those of a lower one take precedence.
    pub entry: usize,
    /// The location of its `type`.
    pub span: Span,
    /// The same of the provisioners from which it inherits, nearest first. Inherited parts have their locations there.
    pub bases: Vec<Span>,
    /// The resource type that it handles.
    pub kind: String,
    /// The class that it handles; any class if absent.
    pub class: Option<String>,
    /// The id that it handles; any id if absent.
    pub id: Option<String>,
    /// Who may use it: the `for` of its entry and its own. All must apply; anyone may use it if there are none.
    pub audiences: Vec<Arc<Audience>>,
    /// The supported platforms; all if empty.
    pub platforms: Vec<String>,
    /// The resources that it handles and only provisioners may require.
    pub internal: Internal,
    /// Its purpose, in one sentence.
    pub description: String,
    /// Its params.
    pub params: Params,
    /// Its outputs, by name.
    pub outputs: Map<Output>,
    /// The declaration of all other outputs, which the value `*` provides.
    pub any_output: Option<Output>,
    /// For outputs that are useless alone, the other outputs that they require, by name.
    pub companions: Map<Vec<String>>,
    /// The file of the built-in catalogue that contains it, or from which it inherits.
    pub(crate) built_in: Option<SourceId>,
    /// The implementation in Rust, if it has one, which is called first.
    pub(crate) native: Option<Arc<dyn Provision>>,
    /// The item of a list in the form of score-compose and score-k8s, if it is one. Nothing below is part of it.
    pub(crate) listed: Option<Arc<score_compat::list::Provisioner>>,
    /// The command that runs before anything below has a value.
    pub(crate) run: Option<Command>,
    /// Its tests.
    pub tests: Vec<ProvisionerTest>,
    /// Its document, with the locations of all parts; without parts if it is an item of a list.
    pub(crate) document: Arc<Node>,
    pub(crate) values: Map<Patterns>,
    /// The chart values.
    pub(crate) chart: Map<ChartValue>,
    pub(crate) resources: Map<Requirement>,
    pub(crate) components: Map<ComponentPatterns>,
    pub(crate) volume: Option<Patterns>,
    pub(crate) routes: Vec<Patterns>,
    pub(crate) publish: Vec<Patterns>,
    /// Objects in the syntax of a platform.
    pub(crate) objects: Vec<RawPatterns>,
    /// Patches of workloads in the syntax of a platform.
    pub(crate) patches: Vec<RawPatterns>,
    /// Annotations for workloads.
    pub(crate) annotations: Vec<AnnotationPattern>,
    pub(crate) notes: Option<Pattern>,
    /// The values that depend on the workload that uses a resource.
    pub(crate) of_workloads: WorkloadValues,
}

impl Provisioner {
    /// Whether it supports a platform; any platform if absent.
    pub fn is_for(&self, platform: Option<&str>) -> bool {
        let wanted = |platform| self.platforms.iter().any(|known| known == platform);
        self.platforms.is_empty() || platform.is_none_or(wanted)
    }

    /// Whether a workload may use it.
    pub fn is_for_workload(&self, name: &str) -> bool {
        self.audiences.iter().all(|it| it.has_workload(name))
    }

    /// Whether it may be used in the environment of a run, or in a run without one.
    pub fn is_for_environment(&self, environment: Option<&EnvironmentId>) -> bool {
        let mut audiences = self.audiences.iter();
        audiences.all(|it| it.has_environment(environment))
    }

    /// Whether only some workloads may use it.
    pub(crate) fn is_limited(&self) -> bool {
        self.audiences.iter().any(|it| it.workloads.is_some())
    }

    /// The workloads and environments that may use it, as part of a sentence, such as ``for the workload `web` ``;
    /// `None` if all may.
    pub fn audience_in_words(&self) -> Option<String> {
        let workloads = self.lists(|audience| audience.workloads.as_ref());
        let word = match workloads.as_slice() {
            [list] if list.is_single() => "workload",
            _ => "workloads",
        };
        let workloads = in_words(&format!("for the {word}"), &workloads);
        let names = self.lists(|audience| audience.environments.as_ref());
        let types = self.lists(|audience| audience.environment_types.as_ref());
        let environments = match (in_words("named", &names), in_words("of type", &types)) {
            (None, None) => None,
            (names, types) => {
                let place = Some("in environments".to_owned());
                let parts: Vec<String> = place.into_iter().chain(names).chain(types).collect();
                Some(parts.join(" "))
            }
        };
        let parts: Vec<String> = workloads.into_iter().chain(environments).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The lists in a field of its audiences.
    fn lists(&self, list: fn(&Audience) -> Option<&NameList>) -> Vec<&NameList> {
        self.audiences.iter().filter_map(|it| list(it)).collect()
    }

    /// Whether it can add objects or servers to the output, or change those of workloads.
    pub fn adds_to_output(&self) -> bool {
        let is_code = self.native.is_some() || self.listed.is_some() || self.run.is_some();
        let has_parts = !self.components.is_empty() || !self.routes.is_empty();
        is_code || has_parts || !self.objects.is_empty() || !self.patches.is_empty()
    }

    /// Whether it starts a command.
    pub fn has_command(&self) -> bool {
        self.run.is_some()
            || self
                .listed
                .as_ref()
                .is_some_and(|it| listed::is_command(it))
    }

    /// Whether it is an item of a list, in the form of score-compose and score-k8s.
    pub fn is_listed(&self) -> bool {
        self.listed.is_some()
    }

    /// The parts of its command that are file paths relative to the folder of its file: the program, and
    /// arguments that start with `./` or `../`.
    pub fn files_of_command(&self) -> &[CommandFile] {
        self.run.as_ref().map_or(&[], |run| &run.files)
    }

    /// Whether it is part of the built-in catalogue, which is validated by a test, not at run time.
    pub(crate) fn is_built_in(&self) -> bool {
        self.built_in == Some(self.span.source)
    }

    /// Whether it does more than provide outputs and start servers for its users.
    pub(crate) fn acts(&self) -> bool {
        !self.routes.is_empty()
            || !self.objects.is_empty()
            || !self.patches.is_empty()
            || !self.annotations.is_empty()
            || self.run.is_some()
            || self.native.is_some()
            || self.listed.as_ref().is_some_and(|it| listed::acts(it))
    }

    /// Whether an output is that of a required resource, unchanged. It is secret and deferred if that one is, which its
    /// declaration does not say.
    pub(crate) fn takes_over(&self, output: &str) -> bool {
        let value = self.values.get(output).or_else(|| self.values.get("*"));
        value.is_some_and(Patterns::is_output_of_resource)
    }

    /// Whether one of its values refers to another workload, so that declaring such a resource
    /// connects the workloads.
    pub(crate) fn names_workloads(&self) -> bool {
        let mut found = false;
        for patterns in self.values.values() {
            patterns.each_pattern(&mut |pattern| found |= pattern.calls("workload"));
        }
        found
    }
}

/// Lists that all apply, as part of a sentence that starts with `before`; `None` without any.
fn in_words(before: &str, lists: &[&NameList]) -> Option<String> {
    let lists: Vec<String> = lists.iter().map(ToString::to_string).collect();
    (!lists.is_empty()).then(|| format!("{before} {}", lists.join(" that also match ")))
}

/// The resources of a provisioner that workloads cannot declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Internal {
    /// Those with one of these ids.
    Ids(Vec<String>),
    /// All.
    All,
}

impl Internal {
    /// Whether the resource with this id is one of them.
    pub fn contains(&self, id: &str) -> bool {
        match self {
            Self::Ids(ids) => ids.iter().any(|known| known == id),
            Self::All => true,
        }
    }
}

/// The platform-specific part of a provisioner.
#[derive(Debug)]
pub(crate) struct RawPatterns {
    pub(crate) platform: &'static str,
    pub(crate) item: Item,
    /// Whether it uses `workload`, and is evaluated for each workload that uses a resource.
    pub(crate) is_per_workload: bool,
    /// Whether it is a condition on `workload_name`, and must have a value for each such workload.
    pub(crate) is_condition: bool,
}

/// An annotation for workloads.
#[derive(Debug)]
pub(crate) struct AnnotationPattern {
    pub(crate) key: Key,
    pub(crate) value: Pattern,
    /// Whether it uses `workload`, and is evaluated for each workload that uses a resource.
    pub(crate) is_per_workload: bool,
    /// Whether it is a condition on `workload_name`, and must have a value for each such workload.
    pub(crate) is_condition: bool,
}

/// A chart value as declared by a provisioner.
#[derive(Debug)]
pub(crate) struct ChartValue {
    pub(crate) description: String,
    pub(crate) span: Span,
    pub(crate) default: Patterns,
}

/// A required resource.
#[derive(Debug)]
pub(crate) struct Requirement {
    pub(crate) span: Span,
    pub(crate) kind: String,
    pub(crate) class: Option<Spanned<String>>,
    pub(crate) id: Option<Pattern>,
    pub(crate) params: Option<Patterns>,
    /// Whether workloads may declare the same resource.
    pub(crate) is_shared: bool,
}

/// A component as declared by a provisioner.
#[derive(Debug)]
pub(crate) struct ComponentPatterns {
    pub(crate) span: Span,
    pub(crate) name: Option<Pattern>,
    /// The tree with its locations.
    pub(crate) places: Arc<Node>,
    pub(crate) body: Patterns,
}
