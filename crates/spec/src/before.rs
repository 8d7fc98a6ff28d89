//! The rules for `before`: it refers to other containers of the workload, and no container waits
//! for itself, directly or indirectly.

use crate::{
    Code, Diagnostic, Map, Ready,
    diagnostic::{MOST_NAMED, MOST_PROPOSALS, circle, listed, nearest},
    graph,
    workload::Container,
};

/// The problems of the containers of a workload or component: each `before` entry without a
/// container, and each cycle.
pub(crate) fn check<T>(containers: &Map<Container<T>>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let names = || containers.keys().map(String::as_str);
    for (name, container) in containers {
        for (later, before) in &container.before {
            if later == name {
                diagnostics.push(
                    Diagnostic::new(
                        Code::SpecBeforeCycle,
                        format!("container `{name}` cannot start before itself"),
                    )
                    .at(before.span, "")
                    .help("name another container of the workload"),
                );
            } else if !containers.contains_key(later) {
                let mut found = Diagnostic::new(
                    Code::SpecUnknownContainer,
                    format!("unknown container `{later}`"),
                )
                .at(before.span, "");
                if diagnostics.len() < MOST_PROPOSALS {
                    found = found.help(
                        match nearest(later, names().filter(|other| other != name)) {
                            Some(meant) => format!("did you mean `{meant}`?"),
                            None => format!("the workload has {}", listed(names())),
                        },
                    );
                }
                diagnostics.push(found);
            }
            if before.ready == Ready::Healthy
                && container.liveness_probe.is_none()
                && container.readiness_probe.is_none()
            {
                let message =
                    format!("`{later}` waits until `{name}` is healthy, but `{name}` has no probe");
                diagnostics.push(
                    Diagnostic::new(Code::SpecBeforeWithoutProbe, message)
                        .at(before.span, "")
                        .help(format!(
                            "give `{name}` a `readinessProbe`, or wait until it is `started`"
                        )),
                );
            }
        }
    }
    diagnostics.extend(cycle(containers));
    diagnostics
}

/// A cycle of two or more containers.
fn cycle<T>(containers: &Map<Container<T>>) -> Option<Diagnostic> {
    let edges: Vec<(usize, usize)> = containers
        .values()
        .enumerate()
        .flat_map(|(at, container)| {
            let later = container.before.keys();
            later.filter_map(move |name| Some((at, containers.get_index_of(name)?)))
        })
        .filter(|(a, b)| a != b)
        .collect();
    let members = graph::order(containers.len(), &edges).err()?;
    let names: Vec<&str> = members
        .iter()
        .filter_map(|&at| Some(containers.get_index(at)?.0.as_str()))
        .collect();
    report(containers, &names)
}

fn report<T>(containers: &Map<Container<T>>, members: &[&str]) -> Option<Diagnostic> {
    let mut diagnostic = Diagnostic::new(
        Code::SpecBeforeCycle,
        format!("containers wait for each other: {}", circle(members)),
    );
    for (at, name) in members.iter().enumerate().take(MOST_NAMED) {
        let next = members[(at + 1) % members.len()];
        let before = containers.get(*name)?.before.get(next)?;
        diagnostic = diagnostic.at(before.span, format!("`{name}` must start before `{next}`"));
    }
    Some(diagnostic.help("remove one of these `before` entries"))
}
