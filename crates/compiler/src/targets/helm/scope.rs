//! The names, ports, secrets and parameters that objects of a chart can refer to. `references`
//! finds the references of each object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use indexmap::IndexSet;
use score_spec::{Map, Value};

use super::common::fixed;
use super::component::Part;
use super::values::Plain;
use crate::ir::{Parameter, Route, Text};
use crate::targets::Helm;
use crate::targets::kubernetes::{Head, ObjectSet, SecretsMode};

/// The kind of custom objects, which can represent objects of any kind with the same name.
const ANY: &str = "";

/// Names of components and objects, with the kinds of objects. A component has no kind.
struct Names<'a>(BTreeSet<(&'a str, Option<&'a str>)>);

impl<'a> Names<'a> {
    /// The names of objects and of their components.
    fn of(heads: impl Iterator<Item = &'a Head>) -> Self {
        let names = heads.flat_map(|head| {
            let component = head.owner.component.as_deref().map(|name| (name, None));
            let kind = if head.is_custom { ANY } else { &head.kind };
            [(&*head.name, Some(kind))].into_iter().chain(component)
        });
        Self(names.collect())
    }

    /// Whether a component or an object has the name.
    fn has(&self, name: &str) -> bool {
        let mut from = self.0.range((name, None)..);
        from.next().is_some_and(|(known, _)| *known == name)
    }

    /// The kinds of the objects with the name.
    fn kinds<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        let from = self.0.range((name, None)..);
        let same = from.take_while(move |(known, _)| *known == name);
        same.filter_map(|(_, kind)| *kind)
    }

    /// Whether an object of the kind has the name.
    fn has_kind(&self, name: &str, kind: &str) -> bool {
        self.0.contains(&(name, Some(kind)))
    }
}

/// The data that all charts of a project share.
pub(super) struct Project<'a> {
    /// The name of the only chart, or the prefix of the name of the chart with shared objects.
    pub(super) name: String,
    /// The options of the charts.
    pub(super) options: &'a Helm,
    pub(super) object_set: &'a ObjectSet<'a>,
    /// Names of components and objects of all charts.
    names: Names<'a>,
    /// Names of `Secret`s that charts contain, or would contain if secrets were not external.
    secrets: BTreeSet<&'a str>,
    /// The workloads that have objects; `None` for shared objects.
    homes: BTreeSet<Option<&'a str>>,
    routes: BTreeMap<&'a str, &'a Route>,
    /// The labels of all objects, if they are a value.
    pub(super) common_labels: Option<Map<String>>,
    /// The labels that the value `commonLabels` cannot contain.
    pub(super) fixed_labels: Vec<String>,
}

impl<'a> Project<'a> {
    /// A project with these objects.
    pub(super) fn new(
        name: String,
        options: &'a Helm,
        object_set: &'a ObjectSet<'a>,
        heads: &'a [Head],
    ) -> Self {
        let secrets = heads.iter().filter(|head| head.is_secret);
        let routes = object_set.app().routes.iter();
        let labels = object_set.common_labels();
        let (common_labels, fixed_labels) = if options.for_environments {
            (Some(labels), fixed([]))
        } else {
            (None, fixed(labels.keys()))
        };
        Self {
            name,
            options,
            object_set,
            names: Names::of(heads.iter()),
            secrets: secrets.map(|head| &*head.name).collect(),
            homes: heads
                .iter()
                .map(|head| head.owner.workload.as_deref())
                .collect(),
            routes: routes.map(|route| (route.name.as_str(), route)).collect(),
            common_labels,
            fixed_labels,
        }
    }

    pub(super) fn route(&self, name: &str) -> Option<&'a Route> {
        self.routes.get(name).copied()
    }

    /// The default of the value for an environment variable; null if the value must be set.
    pub(super) fn variable(&self, name: &str, required: bool) -> Plain {
        match self.options.variables.get(name) {
            Some(value) => Plain::Text(value.as_str().into()),
            None if required => Plain::Null,
            None => Plain::Text(Text::new()),
        }
    }

    /// Whether the charts contain such objects: everything except external secrets.
    pub(super) fn makes(&self, is_secret: bool) -> bool {
        !is_secret || !self.has_external_secrets()
    }

    pub(super) fn has_several_charts(&self) -> bool {
        self.options.per_workload && self.homes.len() > 1
    }

    /// Whether there is a chart with shared objects.
    pub(super) fn has_shared_chart(&self) -> bool {
        self.options.per_workload && self.homes.contains(&None)
    }

    /// Whether objects of the charts create the external secrets.
    pub(super) fn has_secret_store(&self) -> bool {
        self.options.objects.secret_store().is_some()
    }

    /// Whether secrets are external and no object of the charts creates them.
    pub(super) fn has_external_secrets(&self) -> bool {
        let is_external = self.options.objects.secrets_mode() == SecretsMode::External;
        is_external && !self.has_secret_store()
    }
}

/// The view of a chart on the project.
pub(super) struct Scope<'a> {
    /// The name of the chart, which is the prefix of its named templates.
    pub(super) chart: &'a str,
    pub(super) project: &'a Project<'a>,
    /// The names of components and objects of the chart.
    own: Names<'a>,
    /// The groups of values of the components of the chart: `workloads` or `resources`.
    components: BTreeMap<&'a str, &'static str>,
    /// Names of objects of the chart that belong to a resource, not to one of its components, and
    /// whether all objects with the name are `Secret`s.
    of_resources: BTreeMap<&'a str, bool>,
    /// The parameters that provisioners declare, by the names of their objects.
    settings: BTreeMap<&'a str, IndexSet<&'a Arc<Parameter>>>,
}

/// The chart that contains an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// This chart.
    Here,
    /// Another chart of the project.
    Peer,
}

impl<'a> Scope<'a> {
    /// The scope of a chart with these objects.
    pub(super) fn new(chart: &'a str, project: &'a Project<'a>, heads: &[&'a Head]) -> Self {
        let app = project.object_set.app();
        let mut components = BTreeMap::new();
        let mut of_resources = BTreeMap::new();
        let mut settings: BTreeMap<&str, IndexSet<_>> = BTreeMap::new();
        for head in heads {
            let owner = &head.owner;
            let component = owner.component.as_ref();
            if let Some(component) = component.and_then(|name| app.components.get(name)) {
                components.insert(component.name.as_str(), Part::of(component).group);
            } else if owner.component.is_none() && owner.route.is_none() {
                *of_resources.entry(&*head.name).or_insert(true) &= head.is_secret;
            }
            for setting in head
                .settings
                .iter()
                .filter(|_| project.makes(head.is_secret))
            {
                let of_object = settings.entry(&setting.object).or_default();
                of_object.insert(setting);
            }
        }
        Self {
            chart,
            project,
            own: Names::of(heads.iter().copied()),
            components,
            of_resources,
            settings,
        }
    }

    pub(super) fn workloads(&self) -> impl Iterator<Item = &str> {
        let components = self.components.iter();
        let workloads = components.filter(|(_, group)| **group == Part::WORKLOADS);
        workloads.map(|(name, _)| *name)
    }

    /// The chart that contains the component with this name or an object of it, if any does.
    pub(super) fn place(&self, name: &str) -> Option<Place> {
        self.place_where(|names| names.has(name))
    }

    /// The chart that contains an object of this kind and name, or a custom object that can
    /// represent it.
    pub(super) fn place_of(&self, kind: &str, name: &str) -> Option<Place> {
        self.place_where(|names| names.has_kind(name, kind) || names.has_kind(name, ANY))
    }

    /// The kind of an object of the project with this name whose plural is in the list.
    pub(super) fn kind_of<'b>(
        &'b self,
        name: &'b str,
        plurals: impl Iterator<Item = &'b str>,
    ) -> Option<&'b str> {
        let plurals: Vec<String> = plurals.map(str::to_ascii_lowercase).collect();
        let mut kinds = self.project.names.kinds(name);
        kinds.find(|kind| plurals.contains(&plural(kind)))
    }

    fn place_where(&self, has: impl Fn(&Names) -> bool) -> Option<Place> {
        if has(&self.own) {
            return Some(Place::Here);
        }
        has(&self.project.names).then_some(Place::Peer)
    }

    /// The name of the custom object of the chart from which an operator derives an object with
    /// this name.
    pub(super) fn origin<'b>(&self, name: &'b str) -> Option<&'b str> {
        let ends = name.rmatch_indices('-').map(|(end, _)| end);
        let mut starts = ends.map(|end| &name[..end]);
        starts.find(|start| self.own.has_kind(start, ANY))
    }

    /// Whether a chart of the project contains, or would contain, a `Secret` with this name.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.project.secrets.contains(name)
    }

    /// Whether all objects with this name are `Secret`s, if the name belongs to a resource and not
    /// to one of its components.
    pub(super) fn of_resource(&self, name: &str) -> Option<bool> {
        self.of_resources.get(name).copied()
    }

    /// The parameters of the resource whose objects have this name.
    pub(super) fn settings(&self, object: &str) -> impl Iterator<Item = &'a Arc<Parameter>> {
        self.settings.get(object).into_iter().flatten().copied()
    }

    /// The names of the objects of resources with parameters that have no component in the chart.
    pub(super) fn settings_alone(&self) -> impl Iterator<Item = &'a str> {
        let objects = self.settings.keys().copied();
        objects.filter(|object| self.components.get(object) != Some(&Part::RESOURCES))
    }

    /// An expression for the number of a port; `None` for a port of another chart, whose number is
    /// fixed.
    pub(super) fn port(&self, component: &str, port: &str) -> Option<String> {
        let group = self.components.get(component)?;
        let path = access("$.Values", &[group, component, "service", "ports", port]);
        Some(path)
    }
}

/// The plural of a kind in the URLs of the API, such as `networkpolicies`.
fn plural(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if kind.ends_with(['s', 'x', 'z']) => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// An expression for the value of a parameter.
pub(super) fn setting_code(setting: &Parameter) -> String {
    let path = ["resources", &setting.object, "settings", &setting.name];
    access("$.Values", &path)
}

/// The largest number up to which floating-point numbers represent all whole numbers.
const MOST_EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// The default of a parameter in `values.yaml`. Helm reads all numbers as floating-point numbers, and writes very large
/// and very small ones differently. Such a number is a string.
pub(super) fn setting_default(setting: &Parameter) -> Value {
    let Value::Number(number) = &setting.default else {
        return setting.default.clone();
    };
    let is_exact = match (number.as_i64(), number.as_u64()) {
        (Some(number), _) => number.unsigned_abs() <= MOST_EXACT,
        (None, Some(number)) => number <= MOST_EXACT,
        (None, None) => !number.to_string().contains('e'),
    };
    if is_exact {
        setting.default.clone()
    } else {
        Value::Text(number.to_string())
    }
}

/// An expression for the value at a path below another value.
pub(super) fn access(base: &str, path: &[&str]) -> String {
    // The steps with their delimiters.
    let length = path
        .iter()
        .map(|step| step.len() + ".".len())
        .sum::<usize>();
    let mut code = String::with_capacity(base.len() + length + "(index  \"\")".len());
    code.push_str(base);
    let mut open = false;
    for step in path {
        if is_identifier(step) {
            if open {
                code.push(')');
            }
            open = false;
            code.push('.');
            code.push_str(step);
        } else {
            if !open {
                code.insert_str(0, "(index ");
            }
            open = true;
            // Writing to a string does not fail.
            let _ = write!(code, " {step:?}");
        }
    }
    if open {
        code.push(')');
    }
    code
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_')
}
