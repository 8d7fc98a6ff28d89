//! The objects of Argo CD and Flux that apply the output from a repository to a cluster. They delete what is gone from
//! their part of the output, so an object that moves from one part to another can be deleted.

use score_compiler::kubernetes::Layout;
use score_compiler::model::Model;

use crate::deployment::{deployment_name, is_shared};
use crate::flux;
use crate::settings::{Argocd, Delivery, Flux};
use crate::tree::object_name;

/// An object of Argo CD or Flux that applies others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Applier {
    /// The API group.
    pub group: &'static str,
    /// `Application`, `Kustomization` or `HelmRelease`.
    pub kind: &'static str,
    /// The namespace; absent if it is that in which the file is applied.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// The appliers of an environment, as the exports for Argo CD and Flux write them.
#[derive(Debug)]
pub struct Appliers<'a> {
    model: &'a Model,
    /// That of all objects, or of those that belong to no workload.
    whole: Applier,
    layout: Layout,
}

impl<'a> Appliers<'a> {
    /// The appliers of an environment; absent if the settings name no repository from which the output is applied. With
    /// settings of both systems, they are those of Argo CD.
    pub fn of(model: &'a Model, delivery: &Delivery) -> Option<Self> {
        let installation = model.installation.as_ref()?;
        installation.secrets?;
        delivery.repository.as_ref()?;
        let project = object_name(model.project.as_deref()?);
        let environment = model.environment.as_ref().map(|it| it.name.as_str());
        let name = deployment_name(&project, environment);
        let has_argocd = delivery.argocd != Argocd::default();
        let is_flux = delivery.flux != Flux::default() && !has_argocd;
        let (group, kind) = match (is_flux, &installation.chart) {
            (false, _) => ("argoproj.io", "Application"),
            (true, None) => ("kustomize.toolkit.fluxcd.io", "Kustomization"),
            (true, Some(_)) => ("helm.toolkit.fluxcd.io", "HelmRelease"),
        };
        Some(Self {
            model,
            whole: Applier {
                group,
                kind,
                namespace: if is_flux {
                    Some(flux::namespace(delivery).to_owned())
                } else {
                    delivery.argocd.namespace.clone()
                },
                name,
            },
            // Flux applies all folders of an environment together.
            layout: if is_flux {
                Layout::Flat
            } else {
                installation.layout
            },
        })
    }

    /// The applier of an object of a workload or resource.
    pub fn of_object(&self, workload: Option<&str>, resource: Option<&str>) -> Applier {
        let workload = workload.filter(|it| !is_shared(self.model, resource, it));
        let workload = workload.filter(|_| self.layout == Layout::PerWorkload);
        Applier {
            name: application_name(&self.whole.name, workload),
            ..self.whole.clone()
        }
    }
}

/// The name of an application: that of the environment, and of the workload to which its part belongs.
pub(crate) fn application_name(environment: &str, workload: Option<&str>) -> String {
    match workload {
        Some(workload) => format!("{environment}-{workload}"),
        None => environment.to_owned(),
    }
}
