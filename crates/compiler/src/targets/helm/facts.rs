//! The facts about a chart that its metadata, notes and README depend on.

use std::collections::BTreeSet;

use super::scope::Scope;
use crate::targets::Helm;

/// The facts about a chart, besides its templates and values.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) name: String,
    /// The folder relative to the output folder: empty, or with a `/` at the end.
    pub(super) folder: String,
    /// The namespace in instructions.
    pub(super) namespace: String,
    pub(super) options: Helm,
    /// The workloads in the chart.
    pub(super) workloads: BTreeSet<String>,
    /// The named templates that its templates use.
    pub(super) named_templates: BTreeSet<&'static str>,
    features: BTreeSet<Feature>,
}

/// A feature that requires a part of the notes or the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Feature {
    /// HTTP routes.
    Routes,
    /// Routes with several hosts.
    Hosts,
    /// Certificates that an issuer creates.
    IssuedCertificates,
    /// The namespace that the chart is installed into.
    Namespace,
    /// Pods that test the chart.
    Tests,
    /// References to `Secret`s that must already exist.
    ExternalSecrets,
    /// References to `Secret`s that charts of the project contain.
    OwnSecrets,
    /// References to `Secret`s that objects of charts of the project create from a store.
    StoredSecrets,
    /// Other charts of the project.
    OtherCharts,
    /// A chart of the project with the shared objects.
    SharedChart,
}

impl Facts {
    /// The facts about a chart without objects.
    pub(super) fn of(scope: &Scope, folder: String) -> Self {
        let project = scope.project;
        let namespace = project.options.objects.namespace.as_ref();
        let mut facts = Self {
            name: scope.chart.to_owned(),
            folder,
            namespace: namespace.unwrap_or(&project.name).clone(),
            options: project.options.clone(),
            workloads: scope.workloads().map(str::to_owned).collect(),
            named_templates: BTreeSet::new(),
            features: BTreeSet::new(),
        };
        facts.add(Feature::OtherCharts, project.has_several_charts());
        facts.add(Feature::SharedChart, project.has_shared_chart());
        facts
    }

    /// Adds a feature if it is there.
    pub(super) fn add(&mut self, feature: Feature, is_there: bool) {
        self.features.extend(is_there.then_some(feature));
    }

    /// Whether the chart has a feature.
    pub(super) fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Adds the facts about the same chart of another environment.
    pub(super) fn unite(&mut self, other: Self) {
        self.workloads.extend(other.workloads);
        self.named_templates.extend(other.named_templates);
        self.features.extend(other.features);
    }

    /// The description of the chart, in one sentence.
    pub(super) fn description(&self) -> String {
        if let Some(description) = &self.options.description {
            return description.clone();
        }
        let workloads: Vec<&str> = self.workloads.iter().map(String::as_str).collect();
        match workloads.as_slice() {
            [] => "Shared objects of the workloads".to_owned(),
            [only] => format!("The workload {only}"),
            [first, second] => format!("The workloads {first} and {second}"),
            [first, second, others @ ..] => {
                let others = others.len();
                format!("The workloads {first}, {second} and {others} more")
            }
        }
    }
}
