//! Warnings about objects that a cluster accepts, but that do not work as intended. They are based
//! on the finished controller, because patches of provisioners can have solved the problem. `check`
//! reports what a cluster rejects.

use std::collections::BTreeSet;

use score_spec::{Code, Diagnostic};

use super::annotations::{DISRUPTION_BUDGET, KIND, REPLICAS};
use super::naming::Naming;
use super::objects::Object;
use super::patch::template;
use super::reference::OpenTree;
use super::volumes::local_name;
use super::workload_options::{Budget, WorkloadOptions};
use crate::ir::field::Field;
use crate::ir::{Component, Origin, Storage, Tree};

/// Adds warnings about the controller of a workload.
pub(super) fn advise(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
    controller: &Object,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !matches!(component.origin, Origin::Workload(_)) {
        return;
    }
    let mut path = template(controller).iter().copied().chain(["spec"]);
    let pod = path.try_fold(&controller.tree, |at, step| at.get(step));
    if let Some(pod) = pod {
        lost_volumes(naming, component, (controller, pod), diagnostics);
        if options.autoscaling.is_some() {
            unmeasured(component, pod, diagnostics);
        }
    }
    diagnostics.extend(no_room(component, options));
}

/// Warns about volumes whose data is lost with the pod although no annotation allows it.
fn lost_volumes(
    naming: &Naming,
    component: &Component,
    (controller, pod): (&Object, &OpenTree),
    diagnostics: &mut Vec<Diagnostic>,
) {
    let empty = items(pod, "volumes").filter(|volume| volume.get("emptyDir").is_some());
    let empty: BTreeSet<&str> = empty.filter_map(|volume| text(volume, "name")).collect();
    let mut seen = BTreeSet::new();
    for (name, container) in &component.containers {
        for (target, mount) in &container.mounts {
            let Some(volume) = naming.app.volumes.get(&mount.volume) else {
                continue;
            };
            let is_lost = volume.storage == Storage::Managed
                && volume.owner.is_none()
                && empty.contains(local_name(naming, &volume.name));
            if !is_lost || !seen.insert(&volume.name) {
                continue;
            }
            let (kind, uid) = (&controller.kind, &volume.resource);
            let message = format!(
                "the data of resource `{uid}` is lost with each pod of a {kind}: its volume is an \
                 empty directory"
            );
            let elsewhere = "set `existing` in the `params` of the resource to a claim, or \
             `ephemeral: true` if the data may be lost";
            let help = match kind.as_str() {
                "Deployment" => {
                    format!("set `{KIND}` to `StatefulSet` to keep it in a claim, {elsewhere}")
                }
                _ => elsewhere.to_owned(),
            };
            let field = Field::Volume(name, target);
            let found = component.finding(Code::TargetEphemeralVolume, field, message);
            diagnostics.push(found.help(help));
        }
    }
}

/// Warns about containers without a CPU request, which prevent an autoscaler from computing the CPU
/// usage of a pod. A limit without a request implies a request.
fn unmeasured(component: &Component, pod: &OpenTree, diagnostics: &mut Vec<Diagnostic>) {
    let sidecars = items(pod, "initContainers");
    let sidecars = sidecars.filter(|it| text(it, "restartPolicy") == Some("Always"));
    for container in sidecars.chain(items(pod, "containers")) {
        let resources = container.get("resources");
        let amount = |of| resources.and_then(|it| it.get(of)?.get("cpu"));
        if amount("requests").or(amount("limits")).is_some() {
            continue;
        }
        let name = text(container, "name").unwrap_or_default();
        let message = format!(
            "`{}` cannot be scaled: container `{name}` has no CPU request to compare its usage with",
            component.name
        );
        let found = component.finding(Code::TargetScaling, Field::Container(name), message);
        diagnostics.push(found.help(format!(
            "set `resources.requests.cpu` of container `{name}`; until then the autoscaler does nothing"
        )));
    }
}

/// Warns about a disruption budget that allows no disruption, so that nodes with such pods cannot
/// be drained.
fn no_room(component: &Component, options: &WorkloadOptions) -> Option<Diagnostic> {
    let said = options.replicas.or(options.autoscaling.map(|it| it.min));
    let pods = said.unwrap_or(1);
    // Kubernetes rounds percentages up.
    let amount = |tree: &OpenTree| match tree {
        Tree::Number(number) => number.to_string().parse::<u32>().ok(),
        Tree::Text(share) => {
            let share: u32 = share.as_plain()?.strip_suffix('%')?.parse().ok()?;
            Some(share.saturating_mul(pods).div_ceil(100))
        }
        _ => None,
    };
    let is_stuck = match options.budget.as_ref()? {
        Budget::Stay(stay) => amount(stay)? >= pods,
        Budget::Go(go) => amount(go)? == 0,
    };
    // Without pods, there are no disruptions.
    if !is_stuck || pods == 0 {
        return None;
    }
    let name = &component.name;
    let count = match (said, pods) {
        (None, _) => format!("1 pod, unless `{REPLICAS}` is set"),
        (Some(_), 1) => "1 pod".to_owned(),
        (Some(_), pods) => format!("{pods} pods"),
    };
    let message = format!(
        "the disruption budget of `{name}` does not allow any pod to be evicted: \
     it has {count}"
    );
    let field = Field::AnnotationValue(DISRUPTION_BUDGET);
    let found = component.finding(Code::TargetScaling, field, message);
    Some(found.help(
        "its nodes cannot be drained; increase the number of pods, or write `maxUnavailable: 1`",
    ))
}

fn items<'t>(tree: &'t OpenTree, key: &str) -> impl Iterator<Item = &'t OpenTree> {
    match tree.get(key) {
        Some(Tree::List(items)) => items.as_slice(),
        _ => &[],
    }
    .iter()
}

fn text<'t>(tree: &'t OpenTree, key: &str) -> Option<&'t str> {
    match tree.get(key)? {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    }
}
