//! The entries of the sections of a Compose file that services use, as objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_spec::Diagnostic;

use super::{Compose, SECTIONS, ServiceForm, contents, group, label, patched_project, whole};
use crate::ir::{App, Sealed, Tree};
use crate::targets::OutputObject;

/// The entries of the sections that services use.
pub(super) fn entries(
    app: &App,
    options: &Compose,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputObject> {
    let mut project = project(app, options, diagnostics);
    let mut objects = Vec::new();
    let used = SECTIONS.into_iter();
    let used = used.filter(|(_, kind)| !["service", "model"].contains(kind));
    for (section, kind) in used {
        let Some(Tree::Map(entries)) = project.remove(section) else {
            continue;
        };
        for (name, tree) in *entries {
            let volume = app.volumes.get(&name).filter(|_| kind == "volume");
            let resource = volume.map(|it| it.resource.as_str()).or(label(&tree));
            let resource = resource.map(str::to_owned);
            objects.push(OutputObject {
                api_version: String::new(),
                kind: kind.to_owned(),
                namespace: None,
                name,
                workload: None,
                resource,
                component: None,
                container: None,
                place: None,
                tree: Arc::new(tree),
            });
        }
    }
    objects
}

/// The sections of the Compose file.
fn project(
    app: &App,
    options: &Compose,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Tree<Sealed>> {
    let groups = group::groups(app, diagnostics);
    let contents = contents(app, options, &groups, ServiceForm::Tree, diagnostics);
    let mut project = whole(contents.sections, contents.services);
    if let Some(templates) = &app.patch_templates {
        project = patched_project::patched(project, templates, diagnostics);
    }
    match project {
        Tree::Map(sections) => sections.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}
