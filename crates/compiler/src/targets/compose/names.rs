//! The names of services in the network: their own, and those of components.

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic};

use super::group::Groups;
use crate::ir::field::{Field, at};
use crate::ir::{Component, Origin};

/// Reports each name that two services would have.
pub(super) fn check(groups: &Groups, diagnostics: &mut Vec<Diagnostic>) {
    let mut owners: BTreeMap<&str, (&Component, String)> = BTreeMap::new();
    for group in groups.values() {
        let component = group.component;
        let members = group.members.iter();
        let services = members.map(|member| (member.service.as_str(), member.describe()));
        let own = (component.name.as_str(), describe(component));
        // The only service of a resource has the name of the component.
        let own =
            Some(own).filter(|(name, _)| services.clone().all(|(service, _)| service != *name));
        for (name, description) in own.into_iter().chain(services) {
            if let Some((other, first)) = owners.get(name) {
                let message = format!("{first} and {description} would both be named `{name}`");
                let diagnostic =
                    component.finding(Code::ProjectNameCollision, Field::Name, message);
                let diagnostic = at(other.place(Field::Name), diagnostic);
                diagnostics.push(diagnostic.help("rename one of them"));
            } else {
                owners.insert(name, (component, description));
            }
        }
    }
}

fn describe(component: &Component) -> String {
    match &component.origin {
        Origin::Workload(_) => format!("workload `{}`", component.name),
        Origin::Resource { uid, .. } => format!("the resource `{uid}`"),
    }
}
