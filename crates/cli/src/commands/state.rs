//! `score-rs state`: inspects and repairs the state of provisioner commands.

pub(crate) mod external;

use score_compiler::State;
use score_spec::diagnostic::nearest;
use serde_json::{Value, json};

use crate::args::{ListFormat, StateList, StateMove, StatePath, StateRemove, StateShow};
use crate::commands::Outcome;
use crate::host::Gates;
use crate::host::state_file::StateFile;
use crate::input::environments;
use crate::input::project::Project;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Lists the resources that have state.
pub(crate) fn list(args: &StateList, console: &Console) -> Result<Outcome, Failure> {
    let file = find(&args.path, console)?;
    let state = file.map(|file| file.state().clone()).unwrap_or_default();
    match args.format {
        ListFormat::Json => console::json(&format!("{:#}\n", json(&state)))?,
        ListFormat::Table if state.entries().next().is_none() => {
            console.note("no resource has state");
        }
        ListFormat::Table => console::lines(&columns(&state, console))?,
    }
    Ok(Outcome::Fine)
}

fn columns(state: &State, console: &Console) -> String {
    let any = || "*".to_owned();
    let rows: Vec<Vec<String>> = state
        .entries()
        .map(|(uid, entry)| {
            let by = &entry.provisioner;
            [
                uid.to_owned(),
                by.kind.clone(),
                by.class.clone().unwrap_or_else(any),
                by.id.clone().unwrap_or_else(any),
            ]
            .to_vec()
        })
        .collect();
    console.table(&["UID", "TYPE", "CLASS", "ID"], &rows)
}

fn json(state: &State) -> Value {
    let entries = state.entries();
    entries
        .map(|(uid, entry)| json!({"uid": uid, "provisioner": entry.provisioner.to_json()}))
        .collect()
}

/// Prints the state of a resource.
pub(crate) fn show(args: &StateShow, console: &Console) -> Result<Outcome, Failure> {
    let file = find(&args.path, console)?;
    let state = file.map(|file| file.state().clone()).unwrap_or_default();
    let entry = state
        .get(&args.uid)
        .ok_or_else(|| unknown(&args.uid, &state))?;
    let text = format!("{:#}\n", Value::from(entry.value.clone()));
    console::json(&text)?;
    Ok(Outcome::Fine)
}

/// Removes the state of resources. If one of them has no state, nothing is removed.
pub(crate) fn remove(args: &StateRemove, console: &Console) -> Result<Outcome, Failure> {
    change(&args.path, console, |mut state| {
        for uid in &args.uids {
            if state.get(uid).is_none() {
                return Err(unknown(uid, &state));
            }
        }
        for uid in &args.uids {
            state = state.without(uid);
        }
        Ok(state)
    })?;
    for uid in &args.uids {
        console.done(&format!("removed the state of `{uid}`"));
    }
    Ok(Outcome::Fine)
}

/// Moves the state of a resource to another uid.
pub(crate) fn rename(args: &StateMove, console: &Console) -> Result<Outcome, Failure> {
    let StateMove { old, new, .. } = args;
    change(&args.path, console, |state| {
        let entry = state
            .get(old)
            .cloned()
            .ok_or_else(|| unknown(old, &state))?;
        let kind = new.split_once('#').and_then(|(of, _)| of.split_once('.'));
        if kind.is_none_or(|(kind, class)| kind.is_empty() || class.is_empty()) {
            return Err(Failure::new(format!("`{new}` does not name a resource"))
                .help("write `type.class#id`, as printed by `score-rs resources list`"));
        }
        if state.get(new).is_some() {
            return Err(Failure::new(format!("`{new}` already has state"))
                .help(format!("remove it first: `score-rs state remove '{new}'`")));
        }
        Ok(state.without(old).with(new, entry))
    })?;
    console.done(&format!("moved the state of `{old}` to `{new}`"));
    Ok(Outcome::Fine)
}

/// Replaces the state with the result of `f`.
fn change(
    path: &StatePath,
    console: &Console,
    f: impl FnOnce(State) -> Result<State, Failure>,
) -> Result<(), Failure> {
    let Some(file) = find(path, console)? else {
        return f(State::new()).map(|_| ());
    };
    let state = f(file.state().clone())?;
    file.save(&state)?;
    console.detail(&format!("wrote {}", file.path().display()));
    Ok(())
}

/// The state file given by the options, or that of the project around the working folder.
fn find(path: &StatePath, console: &Console) -> Result<Option<StateFile>, Failure> {
    let (_, project) = Project::here()?;
    let mut gates = Gates::new(project);
    if let Some(name) = &path.env {
        gates.vault = environments::vault(name)?;
    }
    StateFile::find(path.state.as_deref(), &gates, console)
}

fn unknown(uid: &str, state: &State) -> Failure {
    let known = || state.entries().map(|(uid, _)| uid);
    Failure::new(format!("there is no state of `{uid}`")).help(match nearest(uid, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if state.is_empty() => "the state is empty".to_owned(),
        None => "`score-rs state list` prints all resources with state".to_owned(),
    })
}
