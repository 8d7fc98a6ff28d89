//! Environments that a revision has, and the project does not have any more.

use std::sync::Arc;

use score_compiler::ir::Tree;
use score_impact::{Object, ObjectId, Owner, Rendering, compare};
use score_spec::Diagnostic;

use super::before::Other;
use super::section::{Entry, Section, hazard, levels};
use super::side::SETTINGS;
use crate::input::environments::EnvironmentChoice;
use crate::report::levels::Levels;

/// The plans of these environments, and their hazards.
pub(super) fn plans(
    other: &Other<'_>,
    selected: &[EnvironmentChoice],
) -> (Vec<Section>, Vec<Diagnostic>) {
    let is_selected = |name: &String| {
        let mut names = selected.iter().filter_map(|it| it.name.as_ref());
        names.any(|it| it == name)
    };
    let gone = other
        .environments()
        .into_iter()
        .filter(|name| !is_selected(name));
    let plans = gone.map(|name| plan(other, name));
    let (sections, hazards): (Vec<_>, Vec<_>) = plans.unzip();
    (sections, hazards.into_iter().flatten().collect())
}

fn plan(other: &Other<'_>, name: String) -> (Section, Option<Diagnostic>) {
    let environment = Object {
        id: ObjectId {
            group: SETTINGS.to_owned(),
            kind: "Environment".to_owned(),
            namespace: None,
            name: name.clone(),
        },
        api_version: format!("{SETTINGS}/v1"),
        owner: Owner::default(),
        tree: Arc::new(Tree::Null),
    };
    let changes = compare(&Rendering::new([environment]), &Rendering::default());
    let found = changes
        .changes
        .first()
        .and_then(|change| hazard(change, None));
    // Its file is gone, so that nothing in the project can set the level.
    let levels = levels(Levels {
        options: other.levels(),
        ..Levels::default()
    });
    let found = found.and_then(|found| levels.apply(vec![found]).pop());
    let entry = Entry {
        level: found.as_ref().map(|found| found.severity),
        ..Entry::default()
    };
    let section = Section {
        environment: Some(name.clone()),
        target: "-".to_owned(),
        against: other.given().unwrap_or_default(),
        is_new: None,
        changes,
        entries: vec![entry],
        gaps: Vec::new(),
    };
    let found = found.map(|mut found| {
        found.environments.push(name);
        found
    });
    (section, found)
}
