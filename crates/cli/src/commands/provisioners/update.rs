//! `score-rs packages update`.

use crate::args::{
    Against, AllEnvironments, EnvironmentOptions, Generate, Inputs, LevelOptions, Plan, PlanFormat,
    PlanOutput, Update,
};
use crate::commands::{Outcome, generate, plan};
use crate::host::{LOCK_FILE, tidy};
use crate::input::environments::has_any;
use crate::input::project::Project;
use crate::packages::{Change, NamedBy, Package, Updates, check, choose, fetch, is_intact, open};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Fetches the packages again, and pins the fetched files.
pub(crate) fn update(args: &Update, console: &Console) -> Result<Outcome, Failure> {
    let (_, project) = Project::here()?;
    let Some(lock) = open(&project, console)? else {
        return Ok(Outcome::Errors);
    };
    let shows = args.diff || args.plan;
    let is_look = args.check || shows;
    require_use(args)?;
    let (mut change, mut after) = (Change::new(&project, &lock), lock.clone());
    let (mut changed, mut pending) = (false, false);
    let mut updates = Updates::default();
    for old in lock.named(&args.names)? {
        let name = &old.name;
        let about = |failure: Failure| failure.about(format!("the package `{name}`"));
        let mut fetched = fetch(&old.source, None, &project).map_err(about)?;
        let files = choose(&mut fetched, &old.source, console).map_err(about)?;
        let named_by = if old.source.is_inside(&project) {
            NamedBy::LockInside
        } else {
            NamedBy::LockOutside
        };
        if check(name, &files, named_by, console).is_none() {
            return Ok(Outcome::Errors);
        }
        let new = Package::new(name, old.source.clone(), fetched.resolved.take(), &files);
        let differences = differences(old, &new);
        let stays = differences.is_empty();
        console.done(&match (stays, is_look) {
            (true, _) => format!("{name} is up to date"),
            (false, true) => format!("{name} would change: {differences}"),
            (false, false) => format!("updated {name}: {differences}"),
        });
        changed |= !stays;
        if shows {
            let is_outside = named_by == NamedBy::LockOutside && old.source.is_local();
            require_name(args, old, is_outside && !stays)?;
            updates.add(&new, files.clone(), named_by == NamedBy::LockOutside);
        }
        if !stays || !is_intact(&project, old) {
            change = change.with_files(name, files);
            pending = true;
        }
        after = after.with(new);
    }
    if is_look {
        if shows && changed && show(args, updates, console)? == Outcome::Errors {
            return Ok(Outcome::Errors);
        }
        return Ok(Outcome::errors_if(changed && args.check));
    }
    if pending {
        change.with_lock(after).apply()?;
    } else {
        tidy(project.root())?;
    }
    if changed {
        console.done(&format!("commit {LOCK_FILE}"));
    }
    Ok(Outcome::Fine)
}

/// Rejects a difference of a package whose files are elsewhere on this machine, unless the user has named it: the lock
/// file of a checkout must not decide that a log shows their contents.
fn require_name(args: &Update, package: &Package, is_outside: bool) -> Result<(), Failure> {
    let Package { name, source, .. } = package;
    if !is_outside || args.names.contains(name) {
        return Ok(());
    }
    let problem = format!(
        "the differences that `{name}` makes are shown only if you name it, because `{source}` is outside the project"
    );
    let option = if args.plan { "--plan" } else { "--diff" };
    Err(Failure::new(problem).help(format!(
        "use `score-rs packages update {option} {name}` if the output may show its contents"
    )))
}

/// Rejects options that have no effect.
fn require_use(args: &Update) -> Result<(), Failure> {
    let EnvironmentOptions { env, param } = &args.environment;
    if args.diff || args.plan || (env.is_empty() && param.is_empty() && !args.all.all_envs) {
        return Ok(());
    }
    let problem =
        "`--env`, `--all-envs` and `--param` select the output that `--diff` and `--plan` show";
    Err(Failure::new(problem).help("add `--diff` or `--plan`, or omit them"))
}

/// Shows how the output would change, or the effect of that.
fn show(args: &Update, updates: Updates, console: &Console) -> Result<Outcome, Failure> {
    let inputs = Inputs {
        environment: args.environment.clone(),
        updates,
        ..Inputs::default()
    };
    if args.plan {
        let look = Plan {
            inputs,
            all: args.all.clone(),
            output: PlanOutput::default(),
            against: Some(Against::Installed),
            format: PlanFormat::Human,
            levels: LevelOptions::default(),
        };
        return plan::run(&look, console);
    }
    let is_all = args.environment.env.is_empty() && has_any(&inputs)?;
    let look = Generate {
        inputs,
        all: AllEnvironments { all_envs: is_all },
        diff: true,
        ..Generate::default()
    };
    generate::run(&look, console)
}

/// A summary of the differences between two versions of a package; empty if they are equal.
fn differences(old: &Package, new: &Package) -> String {
    let mut words = Vec::new();
    if old.resolved != new.resolved {
        let short = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or("nothing");
            let text = text.strip_prefix("sha256:").unwrap_or(text);
            text.chars().take(12).collect::<String>()
        };
        words.push(format!(
            "from {} to {}",
            short(&old.resolved),
            short(&new.resolved)
        ));
    }
    for (file, pin) in &new.files {
        match old.files.get(file) {
            None => words.push(format!("{file} is new")),
            Some(known) if known != pin => words.push(format!("{file} has changed")),
            Some(_) => {}
        }
    }
    let gone = old
        .files
        .keys()
        .filter(|file| !new.files.contains_key(*file));
    words.extend(gone.map(|file| format!("{file} was removed")));
    words.join(", ")
}
