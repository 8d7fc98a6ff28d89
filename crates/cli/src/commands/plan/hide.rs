//! Hides values of changes that may be secret, or that come from the environment of the run.

use std::collections::BTreeSet;

use score_impact::{Change, Changes, SECRET, Subject};
use score_spec::Sources;

use super::compose;
use super::side::Output;

/// Fields that never have a secret.
const PUBLIC: [&str; 7] = [
    "image",
    "replicas",
    "storage",
    "port",
    "containerPort",
    "nodePort",
    "type",
];

/// The value in place of one that may come from the environment.
const EXTERNAL: &str = "(hidden)";

/// Hides the old values of output on disk that are secret or may be. They are not sealed there, so that only those
/// beside a new value without a secret are known to be none. `variables` are those of services that come from env files.
pub(super) fn existing(changes: &mut Changes, variables: &BTreeSet<(String, String)>) {
    for change in &mut changes.changes {
        let Subject::Object(id) = &change.subject else {
            continue;
        };
        let path = change.path.steps();
        let is_variable = match path.as_slice() {
            ["environment", name, ..] => variables.contains(&(id.name.clone(), (*name).to_owned())),
            _ => false,
        };
        let is_public = path.last().is_some_and(|last| PUBLIC.contains(last));
        if compose::is_file(id) || is_variable || change.after.as_deref() == Some(SECRET) {
            replace(&mut change.before, SECRET);
            replace(&mut change.after, SECRET);
        } else if change.after.is_none() && !is_public {
            change.before = None;
        }
    }
}

/// Hides values that may come from environment variables: all that are not written in a source. A provisioner can
/// transform a value, so that it cannot be recognized.
pub(super) fn external(changes: &mut Changes, sources: &[&Sources]) {
    let is_written = |text: &str| {
        let text = text.trim_end_matches('…');
        let mut all = sources.iter().flat_map(|sources| sources.iter());
        all.any(|(_, source)| source.text.contains(text))
    };
    for change in &mut changes.changes {
        for value in [&mut change.before, &mut change.after] {
            let is_known = |text: &str| text == SECRET || is_written(text);
            if value.as_deref().is_some_and(|text| !is_known(text)) {
                replace(value, EXTERNAL);
            }
        }
        if !is_reason_written(change, &is_written) {
            change.class.meaning().clone_into(&mut change.reason);
            change.advice = None;
        }
    }
}

/// Whether all names and values that are quoted in the reason and the advice of a change are in a source.
fn is_reason_written(change: &Change, is_written: &dyn Fn(&str) -> bool) -> bool {
    let texts = [Some(change.reason.as_str()), change.advice.as_deref()];
    let quoted = texts
        .into_iter()
        .flatten()
        .flat_map(|text| text.split('`').skip(1).step_by(2));
    let mut quoted = quoted;
    quoted.all(is_written)
}

fn replace(value: &mut Option<String>, text: &str) {
    if value.is_some() {
        *value = Some(text.to_owned());
    }
}

/// Hides values that may come from the environment of the run, if any side has such values.
pub(super) fn external_of(changes: &mut Changes, outputs: &[&Output<'_>]) {
    if outputs.iter().any(|it| it.rendered.has_external_values) {
        let sources: Vec<&Sources> = outputs.iter().map(|it| &it.rendered.sources).collect();
        external(changes, &sources);
    }
}
