//! Environments that a revision has, and the project does not have any more.

use std::sync::Arc;

use score_compiler::ir::Tree;
use score_impact::{Changes, Object, ObjectId, Owner, Rendering, removal};
use score_spec::Diagnostic;

use super::before::Other;
use super::judge::Judge;
use super::pairs::Deployed;
use super::section::Section;
use super::side::{SETTINGS, SideInputs};
use crate::args::{EnvironmentOptions, Inputs};
use crate::input::environments::EnvironmentChoice;
use crate::input::revision::Revision;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The plans of these environments, their hazards, and the problems of waivers.
pub(super) fn plans(
    other: &Other<'_>,
    console: &Console,
) -> Result<(Vec<Section>, Vec<Diagnostic>), Failure> {
    let (mut sections, mut found) = (Vec::new(), Vec::new());
    let Some((revision, pairs)) = other.revision().zip(other.pairs()) else {
        return Ok((sections, found));
    };
    for (name, environment) in pairs.gone() {
        let (mut section, hazards) = plan(other, revision, (name, environment), console)?;
        section.former = pairs.note(Some(name));
        sections.push(section);
        found.extend(hazards);
    }
    Ok((sections, found))
}

fn plan(
    other: &Other<'_>,
    revision: &Revision,
    (name, environment): (&str, &Deployed),
    console: &Console,
) -> Result<(Section, Vec<Diagnostic>), Failure> {
    let (args, console) = (other.args(), &console.quiet());
    let none = EnvironmentChoice::default();
    let of_project = Inputs {
        environment: EnvironmentOptions::default(),
        ..args.inputs.clone()
    };
    let now = SideInputs::read(&of_project, &args.output, (&none, None), console)?;
    let inputs = Inputs {
        updates: revision.updates.clone(),
        ..environment.inputs(&args.inputs)
    };
    let choice = EnvironmentChoice {
        name: Some(name.to_owned()),
        all: vec![name.to_owned()],
        uses_examples: true,
        root: Some(revision.root().to_owned()),
        ..none
    };
    let target = args.output.target.target.as_deref();
    let old = now.at_revision(&inputs, (&choice, target), console);
    let mut old = old.map_err(|failure| revision.hidden(failure))?;
    let judge = |side: &SideInputs| {
        let prepared = &side.prepared;
        let levels = prepared.levels(other.levels());
        Judge::new(
            levels,
            &prepared.project,
            prepared.request.compiler.sources(),
        )
    };
    let (judge, base) = (judge(&now), judge(&old));
    let (changes, gap) = changes(name, &mut old);
    let places = vec![None; changes.changes.len()];
    let (entries, mut found) = judge.entries(Some(base), &changes, (places, Some(name), false));
    for found in &mut found {
        // The files of the run have other numbers.
        found.labels.clear();
        found.environments.push(name.to_owned());
    }
    let section = Section {
        environment: Some(name.to_owned()),
        target: "-".to_owned(),
        against: other.given().unwrap_or_default(),
        former: None,
        is_new: None,
        changes,
        entries,
        gaps: gap.into_iter().collect(),
    };
    Ok((section, found))
}

/// The removal of an environment and of everything with data in it, and what is not known about that, as a clause.
fn changes(name: &str, side: &mut SideInputs) -> (Changes, Option<String>) {
    let environment = Object {
        id: ObjectId {
            group: SETTINGS.to_owned(),
            kind: "Environment".to_owned(),
            namespace: None,
            name: name.to_owned(),
        },
        api_version: format!("{SETTINGS}/v1"),
        owner: Owner::default(),
        tree: Arc::new(Tree::Null),
    };
    let broken = || "its data is not known, because it has errors at the revision".to_owned();
    if side.prepared.is_broken() {
        return (removal(&Rendering::new([environment])), Some(broken()));
    }
    let output = side.output();
    let has_errors = output.errors().next().is_some();
    let mut objects = if has_errors {
        Vec::new()
    } else {
        output.parts(true)
    };
    objects.push(environment);
    let gap = has_errors.then(broken);
    (removal(&output.rendering(objects)), gap)
}
