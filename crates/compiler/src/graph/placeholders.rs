//! The placeholders of a workload.

use score_spec::{
    Value, Workload,
    template::{Placeholder, Template},
    workload::{Container, FileContent},
};

/// Calls `f` for each placeholder in a workload's containers.
pub(super) fn each_placeholder(workload: &Workload, f: &mut impl FnMut(&Placeholder)) {
    let mut each = |template: &Template| template.placeholders().for_each(&mut *f);
    for container in workload.containers.values() {
        each_in_container(container, &mut each);
        let volumes = container.volumes.values();
        volumes.for_each(|volume| each(&volume.source));
    }
}

/// Calls `f` for each placeholder in the params of a workload's resources.
pub(super) fn each_in_params(workload: &Workload, f: &mut impl FnMut(&Placeholder)) {
    for resource in workload.resources.values() {
        if let Some(params) = &resource.params {
            each_in_value(&params.value, f);
        }
    }
}

/// Calls `f` for each placeholder in params.
pub(super) fn each_in_value(params: &Value<Template>, f: &mut impl FnMut(&Placeholder)) {
    params.each_text(&mut |template: &Template| template.placeholders().for_each(&mut *f));
}

/// Calls `f` for each string of a workload in which placeholders are expanded.
pub(crate) fn each_template(workload: &Workload, f: &mut impl FnMut(&Template)) {
    for container in workload.containers.values() {
        each_in_container(container, f);
    }
    for resource in workload.resources.values() {
        if let Some(params) = &resource.params {
            params.value.each_text(&mut *f);
        }
    }
}

/// Calls `f` for each variable and file of a container.
fn each_in_container(container: &Container, f: &mut impl FnMut(&Template)) {
    container.variables.values().for_each(&mut *f);
    for file in container.files.values() {
        if let FileContent::Text(template) = &file.content {
            f(template);
        }
    }
}
