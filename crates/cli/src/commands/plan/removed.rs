//! Environments that a revision has, and the project does not have any more.

use std::sync::Arc;

use score_compiler::ir::Tree;
use score_impact::{Object, ObjectId, Owner, Rendering, compare};
use score_spec::{Diagnostic, Sources};

use super::before::Other;
use super::judge::Judge;
use super::section::{Entry, Section, hazard, object_name, selection};
use super::side::SETTINGS;
use crate::args::Inputs;
use crate::input::environments::EnvironmentChoice;
use crate::input::project::Project;
use crate::report::failure::Failure;
use crate::report::levels::Levels;

/// The plans of these environments, their hazards, and the problems of waivers.
pub(super) fn plans(
    other: &Other<'_>,
    selected: &[EnvironmentChoice],
) -> Result<(Vec<Section>, Vec<Diagnostic>), Failure> {
    let is_selected = |name: &String| {
        let mut names = selected.iter().filter_map(|it| it.name.as_ref());
        names.any(|it| it == name)
    };
    let all = other.environments().into_iter();
    let (mut sections, mut found) = (Vec::new(), Vec::new());
    for name in all.filter(|name| !is_selected(name)) {
        let judges = judges(other, &name)?;
        let (section, hazards) = plan(other, name, judges);
        sections.push(section);
        found.extend(hazards);
    }
    Ok((sections, found))
}

/// The levels and waivers of the project without an environment, and those that the environment had at the revision.
fn judges(other: &Other<'_>, name: &str) -> Result<(Judge, Option<Judge>), Failure> {
    let read = |inputs: &Inputs, choice: &EnvironmentChoice| {
        let mut sources = Sources::new();
        let project = Project::find(&mut sources, inputs, choice)?;
        let levels = Levels {
            options: other.levels(),
            project: project.levels.clone(),
            keeps_errors: false,
        };
        Ok(Judge::new(levels, &project, &sources))
    };
    let now = read(other.inputs(), &EnvironmentChoice::default())?;
    let Some(revision) = other.revision() else {
        return Ok((now, None));
    };
    let inputs = Inputs {
        updates: revision.updates.clone(),
        ..other.inputs().clone()
    };
    let choice = EnvironmentChoice {
        name: Some(name.to_owned()),
        all: vec![name.to_owned()],
        uses_examples: true,
        root: Some(revision.root().to_owned()),
        ..EnvironmentChoice::default()
    };
    let old = read(&inputs, &choice).map_err(|failure: Failure| Failure {
        message: revision.shown(&failure.message),
        help: failure.help.map(|help| revision.shown(&help)),
        file: None,
    })?;
    Ok((now, Some(old)))
}

fn plan(
    other: &Other<'_>,
    name: String,
    (judge, base): (Judge, Option<Judge>),
) -> (Section, Vec<Diagnostic>) {
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
    let (mut entries, mut all) = (Vec::new(), Vec::new());
    if let Some(change) = changes.changes.first() {
        let object = object_name(change);
        let selection = selection(change, Some(&name), object.as_deref());
        let hazard = hazard(change, None).map(|hazard| (hazard, selection));
        let (judged, problems) = judge.judge(base, hazard.into_iter().collect());
        let mut entry = Entry::default();
        all.extend(problems);
        for judged in judged {
            entry.is_lowered = judged.is_lowered;
            if let Some(found) = judged.found {
                entry.level = Some(found.severity).filter(|_| found.waiver.is_none());
                entry.waiver.clone_from(&found.waiver);
                all.push(found);
            }
        }
        entries.push(entry);
    }
    for found in &mut all {
        // The files of the run have other numbers.
        found.labels.clear();
        found.environments.push(name.clone());
    }
    let section = Section {
        environment: Some(name),
        target: "-".to_owned(),
        against: other.given().unwrap_or_default(),
        is_new: None,
        changes,
        entries,
        gaps: Vec::new(),
    };
    (section, all)
}
