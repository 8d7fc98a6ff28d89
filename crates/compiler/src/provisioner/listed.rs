//! Provisioners in lists, as score-compose and score-k8s read them. Reading a list is part of `score-compat`,
//! evaluating a provisioner is part of `resolve`.

use std::sync::Arc;

use score_compat::list::{self, Implementation, Part, Tool};
use score_spec::{Diagnostic, Kind, Map, Node, SourceId, Sources};

use super::interface::{Output, Params};
use super::read::{COMPOSE, KUBERNETES};
use super::uses::WorkloadValues;
use super::{Internal, Provisioner};
use crate::input::Audience;
use crate::provisioner::expression::Patterns;

/// The type that provisioners for environment variables have.
const VARIABLE: &str = "{{ env(output) }}";

/// The function that only templates of score-k8s have.
const ONLY_KUBERNETES: &str = "encodeSecretRef";

/// The provisioners of a file, in order. Those with mistakes are reported and left out.
pub(super) fn read(
    sources: &Sources,
    (entry, file): (usize, SourceId),
    audience: Option<&Arc<Audience>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Provisioner> {
    let list = list::read(sources, file, diagnostics);
    let platforms = platforms(&list);
    let name = &sources.get(file).name;
    let provisioners = list.into_iter().map(|listed| {
        let mut provisioner = provisioner(Arc::new(listed), (entry, name));
        provisioner.platforms.clone_from(&platforms);
        provisioner.audiences.extend(audience.cloned());
        provisioner
    });
    provisioners.collect()
}

/// The platforms of the tool that can read the file: one with parts that only one of the tools has is for that one.
fn platforms(list: &[list::Provisioner]) -> Vec<String> {
    let is_for = |tool: Tool| list.iter().any(|it| tool_of(it) == Some(tool));
    let platforms = [(Tool::Compose, COMPOSE), (Tool::Kubernetes, KUBERNETES)];
    let platforms = platforms.into_iter().filter(|(tool, _)| is_for(*tool));
    platforms.map(|(_, platform)| platform.to_owned()).collect()
}

/// The tool for which a provisioner is, if it is for one only.
fn tool_of(provisioner: &list::Provisioner) -> Option<Tool> {
    match &provisioner.implementation {
        Implementation::Templates(templates) => templates.iter().find_map(|(part, template)| {
            let is_only = template.text.contains(ONLY_KUBERNETES);
            part.tool().or(is_only.then_some(Tool::Kubernetes))
        }),
        Implementation::Environment => Some(Tool::Compose),
        Implementation::Command { .. } => None,
    }
}

fn provisioner(listed: Arc<list::Provisioner>, (entry, file): (usize, &str)) -> Provisioner {
    let mut values = Map::default();
    let is_environment = matches!(listed.implementation, Implementation::Environment);
    if is_environment {
        let node = Node {
            span: listed.uri.span,
            kind: Kind::Text(VARIABLE.to_owned()),
        };
        let patterns = Patterns::parse(&node, &mut Vec::new());
        values.insert("*".to_owned(), patterns);
    }
    let outputs = listed.outputs.iter();
    Provisioner {
        file: file.to_owned(),
        entry,
        span: listed.span,
        bases: Vec::new(),
        kind: listed.kind.clone(),
        class: listed.class.clone(),
        id: listed.id.clone(),
        audiences: Vec::new(),
        platforms: Vec::new(),
        internal: Internal::Ids(Vec::new()),
        description: listed.description.clone(),
        params: Params::named(&listed.params),
        outputs: outputs.map(|name| (name.clone(), Output::open())).collect(),
        any_output: Some(Output::open()),
        companions: Map::default(),
        built_in: None,
        native: None,
        document: Arc::new(Node {
            span: listed.whole,
            kind: Kind::Null,
        }),
        listed: (!is_environment).then_some(listed),
        run: None,
        tests: Vec::new(),
        values,
        chart: Map::default(),
        resources: Map::default(),
        components: Map::default(),
        volume: None,
        routes: Vec::new(),
        publish: Vec::new(),
        objects: Vec::new(),
        patches: Vec::new(),
        annotations: Vec::new(),
        notes: None,
        of_workloads: WorkloadValues::default(),
    }
}

/// Whether a provisioner in a list is a command.
pub(crate) fn is_command(listed: &list::Provisioner) -> bool {
    matches!(listed.implementation, Implementation::Command { .. })
}

/// Whether it makes parts of the platform in addition to outputs.
pub(crate) fn acts(listed: &list::Provisioner) -> bool {
    match &listed.implementation {
        Implementation::Templates(templates) => templates.iter().any(|(part, _)| {
            !matches!(
                part,
                Part::Init | Part::State | Part::Shared | Part::Outputs
            )
        }),
        Implementation::Command { .. } => true,
        Implementation::Environment => false,
    }
}
