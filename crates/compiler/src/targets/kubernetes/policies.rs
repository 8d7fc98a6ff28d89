//! Objects that annotations of a workload request beside its controller: service account,
//! autoscaler, disruption budget. `network` creates network policies.

use super::naming::{Controller, Naming, annotations};
use super::objects::{
    AutoscalerSpec, BudgetSpec, HorizontalPodAutoscaler, Metric, MetricTarget, Object,
    PodDisruptionBudget, ResourceMetric, ScaleTarget, Selector, ServiceAccount,
};
use super::provenance::Owner;
use super::workload_options::{Account, Autoscaling, Budget, WorkloadOptions};
use crate::ir::Component;

/// The generated service account of a component.
pub(super) fn account(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
) -> Option<Object> {
    has_account(options).then(|| {
        let body = ServiceAccount {
            automount_service_account_token: false,
        };
        Object::new(
            metadata(naming, component),
            body,
            Owner::component(component),
        )
    })
}

/// Whether a component has a generated service account.
pub(super) fn has_account(options: &WorkloadOptions) -> bool {
    options.service_account == Some(Account::Own)
}

/// The autoscaler and the disruption budget of a component.
pub(super) fn scaling(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
) -> impl Iterator<Item = Object> {
    let autoscaler = options
        .autoscaling
        .map(|autoscaling| autoscaler_object(naming, component, autoscaling));
    let budget = options.budget.as_ref();
    let budget = budget.map(|budget| budget_object(naming, component, Some(budget)));
    autoscaler.into_iter().chain(budget)
}

/// The disruption budget of a component, or one without limits.
pub(super) fn budget_object(
    naming: &Naming,
    component: &Component,
    budget: Option<&Budget>,
) -> Object {
    let (stay, go) = match budget {
        Some(Budget::Stay(amount)) => (Some(amount.clone()), None),
        Some(Budget::Go(amount)) => (None, Some(amount.clone())),
        None => (None, None),
    };
    let spec = BudgetSpec {
        min_available: stay,
        max_unavailable: go,
        selector: Selector {
            match_labels: naming.selector(&component.name),
        },
    };
    let body = PodDisruptionBudget { spec };
    Object::new(
        metadata(naming, component),
        body,
        Owner::component(component),
    )
}

/// The autoscaler of a component with these settings.
pub(super) fn autoscaler_object(
    naming: &Naming,
    component: &Component,
    autoscaling: Autoscaling,
) -> Object {
    let spec = autoscaler(component, naming.controller(component), autoscaling);
    let body = HorizontalPodAutoscaler { spec };
    Object::new(
        metadata(naming, component),
        body,
        Owner::component(component),
    )
}

fn autoscaler(
    component: &Component,
    controller: Controller,
    Autoscaling { min, max, cpu }: Autoscaling,
) -> AutoscalerSpec {
    AutoscalerSpec {
        scale_target_ref: ScaleTarget {
            api_version: "apps/v1",
            kind: controller.name(),
            name: component.name.clone(),
        },
        min_replicas: min,
        max_replicas: max,
        metrics: vec![Metric {
            kind: "Resource",
            resource: ResourceMetric {
                name: "cpu",
                target: MetricTarget {
                    kind: "Utilization",
                    average_utilization: cpu,
                },
            },
        }],
    }
}

fn metadata(naming: &Naming, component: &Component) -> super::objects::Metadata {
    let name = &component.name;
    naming.metadata(
        name,
        naming.labels(name),
        annotations(component),
        component.belongs_to().0,
    )
}
