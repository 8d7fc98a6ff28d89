//! The other side of the comparison.

use std::path::{Path, PathBuf};

use score_impact::{Changes, Object, Rendering, compare};
use score_spec::{Code, Diagnostic, Severity, Sources};

use super::compiled;
use super::compose;
use super::existing::{self, Existing};
use super::hide;
use super::pairs::{Deployed, Former, Pairs, inputs_for};
use super::side::{Output, SideInputs};
use crate::args::{Against, Inputs, Plan};
use crate::host::{Gates, name};
use crate::input::environments::{self, EnvironmentChoice};
use crate::input::revision::Revision;
use crate::output::destination::Destination;
use crate::packages::Updates;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::human::count;
use crate::report::levels::Rules;

/// The other sides of all environments of a run.
pub(super) struct Other<'a> {
    args: &'a Plan,
    past: Past,
}

/// The project at the revision of a run.
#[derive(Debug)]
enum Past {
    /// It has not been read.
    Unread,
    /// Its folder did not exist.
    Absent,
    /// It has been read.
    Read(Box<Then>),
}

/// The project at a revision, with its environments that belong to those now.
#[derive(Debug)]
struct Then {
    revision: Revision,
    pairs: Pairs,
}

/// The other side for one environment.
#[derive(Debug)]
pub(super) struct Before {
    /// The inputs, if it is compiled.
    pub(super) side: Option<SideInputs>,
    /// The path on disk, unless it is compiled or the output of the project.
    path: Option<PathBuf>,
    /// The reason why there is nothing on this side.
    is_new: Option<String>,
    /// Whether it is another environment, and not what the same one was before.
    is_elsewhere: bool,
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) changes: Changes,
    /// The reason why everything is new.
    pub(super) is_new: Option<String>,
    /// The parts that are not compared, as clauses.
    pub(super) gaps: Vec<String>,
}

impl<'a> Other<'a> {
    pub(super) fn new(args: &'a Plan) -> Self {
        Self {
            args,
            past: Past::Unread,
        }
    }

    fn then(&self) -> Option<&Then> {
        match &self.past {
            Past::Read(then) => Some(then),
            Past::Unread | Past::Absent => None,
        }
    }

    /// The project at the revision, if it existed.
    pub(super) fn revision(&self) -> Option<&Revision> {
        self.then().map(|then| &then.revision)
    }

    /// The environments at the revision that belong to those now.
    pub(super) fn pairs(&self) -> Option<&Pairs> {
        self.then().map(|then| &then.pairs)
    }

    /// Whether it is an earlier revision of the project.
    pub(super) fn is_revision(&self) -> bool {
        matches!(self.args.against, Some(Against::Revision(_)))
    }

    /// The options of the run.
    pub(super) fn args(&self) -> &Plan {
        self.args
    }

    /// The levels that the options of the run set.
    pub(super) fn levels(&self) -> Rules {
        self.args.levels.rules()
    }

    /// Its name in messages, such as `git:main`.
    pub(super) fn name(&self, destination: &Destination) -> String {
        self.given().unwrap_or_else(|| name(destination.path()))
    }

    /// The name that the user has given.
    pub(super) fn given(&self) -> Option<String> {
        self.args.against.as_ref().map(|against| match against {
            Against::Revision(reference) => format!("git:{reference}"),
            Against::Environment(environment) => format!("env:{environment}"),
            Against::Path(path) => name(path),
            Against::Installed => "the installed packages".to_owned(),
        })
    }

    /// Reads what the comparison needs before compiling.
    pub(super) fn read(
        &mut self,
        side: &SideInputs,
        environment: &EnvironmentChoice,
        console: &Console,
    ) -> Result<Before, Failure> {
        let is_compiled = !matches!(self.args.against, None | Some(Against::Path(_)));
        if is_compiled && side.prepared.has_stdin() {
            let problem = "standard input cannot be compared with a revision or an environment";
            return Err(Failure::new(problem).help("pass files, or omit them"));
        }
        let mut before = Before {
            side: None,
            path: None,
            is_new: None,
            is_elsewhere: false,
        };
        match &self.args.against {
            None => {}
            Some(Against::Path(path)) => before.path = Some(path.clone()),
            Some(Against::Environment(name)) => {
                before.side = Some(self.environment(name, (side, environment), console)?);
                before.is_elsewhere = environment.name.as_ref() != Some(name);
            }
            Some(Against::Installed) => {
                let inputs = Inputs {
                    updates: Updates::default(),
                    ..self.args.inputs.clone()
                };
                let (target, console) = (&self.args.output, &console.quiet());
                before.side = Some(SideInputs::read(
                    &inputs,
                    target,
                    (environment, None),
                    console,
                )?);
            }
            Some(Against::Revision(reference)) => {
                if matches!(self.past, Past::Unread) {
                    self.past = self.past(side, reference)?;
                }
                match self.at_revision(side, environment, console)? {
                    Ok(old) => before.side = Some(old),
                    Err(reason) => before.is_new = Some(reason),
                }
            }
        }
        if let Some(old) = &before.side
            && old.prepared.is_broken()
        {
            let sources = old.prepared.request.compiler.sources();
            return Err(self.broken(sources, &old.prepared.project.diagnostics));
        }
        Ok(before)
    }

    /// Reads the project at a revision.
    fn past(&self, side: &SideInputs, reference: &str) -> Result<Past, Failure> {
        let project = &side.prepared.project;
        let Some(revision) = Revision::read(&project.gates.project, reference)? else {
            return Ok(Past::Absent);
        };
        let all = |root: &Path, updates| Deployed::all(root, self.args, updates);
        let before = all(revision.root(), &revision.updates).map_err(|it| revision.hidden(it))?;
        let after = all(&project.root, &self.args.inputs.updates)?;
        let pairs = Pairs::of(after, before);
        Ok(Past::Read(Box::new(Then { revision, pairs })))
    }

    fn environment(
        &self,
        other: &str,
        (side, environment): (&SideInputs, &EnvironmentChoice),
        console: &Console,
    ) -> Result<SideInputs, Failure> {
        // Notes about the files of a project are printed once.
        let console = &console.quiet();
        let (mut sources, mut found) = (Sources::new(), Vec::new());
        let (known, _) = environments::read(&self.args.inputs, &mut sources, &mut found)?;
        known
            .get(other)
            .ok_or_else(|| environments::unknown(other, &known))?;
        let declared = known.params_of(other);
        let inputs = inputs_for((Some(other), &declared), &self.args.inputs);
        let choice = EnvironmentChoice {
            name: Some(other.to_owned()),
            all: vec![other.to_owned()],
            uses_examples: true,
            shares_chart: false,
            root: environment.root.clone(),
        };
        let old = SideInputs::read(&inputs, &self.args.output, (&choice, None), console)?;
        let target = |side: &SideInputs| side.prepared.request.target.name();
        let (before, after) = (target(&old), target(side));
        if before != after && !old.prepared.is_broken() {
            let problem = format!(
                "the output of `env:{other}` is for `{before}`, and cannot be compared with that for `{after}`"
            );
            let help = format!("choose a target for both sides, such as `--target {after}`");
            return Err(Failure::new(problem).help(help));
        }
        Ok(old)
    }

    /// The project at the revision, or the reason why everything is new.
    fn at_revision(
        &self,
        side: &SideInputs,
        environment: &EnvironmentChoice,
        console: &Console,
    ) -> Result<Result<SideInputs, String>, Failure> {
        let console = &console.quiet();
        let Some(Then { revision, pairs }) = self.then() else {
            return Ok(Err("the project folder did not exist".to_owned()));
        };
        let project = &side.prepared.project;
        let (inputs, name) = match (pairs.former(environment.name.as_deref()), &environment.name) {
            (Former::Same, name) => (self.args.inputs.clone(), name.clone()),
            (Former::Renamed(old), _) => (old.inputs(&self.args.inputs), old.name.clone()),
            (Former::Unknown, name) => {
                let name = name.as_deref().unwrap_or_default();
                return Ok(Err(format!("there was no environment `{name}`")));
            }
        };
        let files = self.files_at(revision, &project.gates, name.is_some())?;
        if files.is_empty() {
            return Ok(Err("there were no Score files".to_owned()));
        }
        let inputs = Inputs {
            // With an environment, the files are those of the project folder.
            files: if name.is_some() && self.args.inputs.files.is_empty() {
                Vec::new()
            } else {
                files
            },
            updates: revision.updates.clone(),
            ..inputs
        };
        let choice = EnvironmentChoice {
            name,
            root: Some(revision.root().to_owned()),
            ..environment.clone()
        };
        let target = Some(side.prepared.request.target.name());
        let old = side.at_revision(&inputs, (&choice, target), console);
        let old = old.map_err(|failure| {
            let failure = revision.hidden(failure);
            let name = self.name(&side.destination);
            Failure {
                message: format!("cannot read `{name}`: {}", failure.message),
                ..failure
            }
        })?;
        Ok(Ok(old))
    }

    /// The files of the run, or the folder of the run, at the revision; without those that did not exist.
    fn files_at(
        &self,
        revision: &Revision,
        gates: &Gates,
        is_whole: bool,
    ) -> Result<Vec<PathBuf>, Failure> {
        let given = &self.args.inputs.files;
        let here = [PathBuf::from(".")];
        let paths: &[PathBuf] = if given.is_empty() { &here } else { given };
        let mut files = Vec::new();
        for path in paths {
            let inner = match gates.project.inner(path) {
                _ if is_whole && given.is_empty() => PathBuf::new(),
                Some(inner) => inner,
                None => {
                    let problem = format!("`{}` is not in the project folder", name(path));
                    return Err(Failure::new(problem)
                        .help("compare only Score files of the project with a revision"));
                }
            };
            let text = name(&inner);
            if revision.has_spec(text.trim_end_matches('/')) {
                files.push(revision.root().join(inner));
            }
        }
        Ok(files)
    }

    /// The parts that are not compared because of the revision, as clauses. `old` is the output of its project.
    pub(super) fn gaps(&self, old: Option<&Output<'_>>) -> Vec<String> {
        let revision = self.revision();
        match (revision, old) {
            (Some(revision), Some(old)) => revision.gaps(old.disk),
            _ => Vec::new(),
        }
    }

    /// The failure for a side that does not compile.
    pub(super) fn broken(&self, sources: &Sources, diagnostics: &[Diagnostic]) -> Failure {
        let revision = self.revision();
        let shown = |text: &str| revision.map_or(text.to_owned(), |it| it.shown(text));
        let errors = diagnostics.iter();
        let errors = errors.filter(|it| it.severity == Severity::Error && it.waiver.is_none());
        let errors: Vec<&Diagnostic> = errors.collect();
        let what = match &self.args.against {
            Some(Against::Revision(reference)) => format!("git:{reference}"),
            Some(Against::Environment(name)) => format!("env:{name}"),
            Some(Against::Installed) => "the project with the installed packages".to_owned(),
            _ => "the other side".to_owned(),
        };
        let number = count(errors.len(), "error");
        // A package that is missing causes other errors, which can come before it.
        let is_package = |it: &Diagnostic| {
            revision.is_some() && [Code::PackageMissing, Code::PackageChanged].contains(&it.code)
        };
        let cause = errors.iter().find(|it| is_package(it));
        let Some(first) = cause.or(errors.first()) else {
            return Failure::new(format!("`{what}` cannot be compiled"));
        };
        let place = first.span().map_or(String::new(), |span| {
            let line = sources.position(span.source, span.range().start).line;
            format!("{}:{line}: ", shown(&sources.get(span.source).name))
        });
        let message = shown(&first.message);
        let role = if cause.is_some() { "cause" } else { "first" };
        let problem = format!(
            "`{what}` cannot be compiled: {number}, the {role} is {place}{message} [{}]",
            first.id()
        );
        let missing = revision.map_or(&[][..], |it| &it.missing_packages);
        Failure::new(problem).help(match missing {
            [package, ..] if cause.is_some() => format!(
                "the package `{package}` is not installed as it was locked there; run `score-rs packages \
                 install` and `score-rs generate` in another working tree of that revision, and use its output \
                 with `--against PATH`"
            ),
            _ => "compare with one that compiles, or with the last output".to_owned(),
        })
    }
}

impl Before {
    /// Compares it with the new output. `old` is the output of its side, if that is compiled.
    pub(super) fn compare(
        self,
        old: Option<&Output<'_>>,
        new: &Output<'_>,
        (destination, gates): (&Destination, &Gates),
    ) -> Result<Compared, Failure> {
        if let Some(old) = old {
            let (changes, gaps) = if self.is_elsewhere {
                compiled::with_another(old, new)
            } else {
                compiled::with_former(old, new)
            };
            return Ok(Compared {
                changes,
                gaps,
                ..Compared::default()
            });
        }
        let parts = new.parts(true);
        let existing = match (&self.path, &self.is_new) {
            (_, Some(_)) => None,
            (Some(path), None) => {
                let existing = existing::of_path(path, gates, &parts);
                Some(existing.map_err(|failure| hinted(failure, path))?)
            }
            (None, None) => existing::of_output(destination, gates, &parts)?,
        };
        if let Some(existing) = existing {
            return Ok(with_existing(existing, new, parts));
        }
        let missing = || format!("`{}` does not exist", name(destination.path()));
        let mut changes = compare(&Rendering::default(), &new.rendering(parts));
        hide::external_of(&mut changes, &[new]);
        Ok(Compared {
            changes,
            is_new: Some(self.is_new.unwrap_or_else(missing)),
            gaps: Vec::new(),
        })
    }
}

/// The failure for a path that does not exist, which can be meant as a revision.
fn hinted(failure: Failure, path: &Path) -> Failure {
    let path = name(path);
    if failure.help.is_some() || Path::new(&path).exists() {
        return failure;
    }
    failure.help(format!(
        "a revision of Git is written as `--against git:{path}`, and an environment as `--against env:{path}`"
    ))
}

/// Compares output on disk with the parts of the new output.
fn with_existing(existing: Existing, new: &Output<'_>, mut parts: Vec<Object>) -> Compared {
    let Existing {
        objects: old,
        mut gaps,
        has_secrets,
        hidden,
    } = existing;
    if !has_secrets && new.is_compose() {
        parts = new.parts(false);
    } else if !has_secrets && new.separates_secrets {
        let is_there = |it: &Object| old.iter().any(|old| old.id == it.id);
        parts.retain(|it| it.id.kind != "Secret" || is_there(it));
        gaps.push("the file with secrets does not exist, so that they are not compared".to_owned());
    }
    let mut changes = compare(&Rendering::new(old), &new.rendering(parts));
    compose::settle_files(&mut changes);
    hide::existing(&mut changes, &hidden);
    hide::external_of(&mut changes, &[new]);
    Compared {
        changes,
        is_new: None,
        gaps,
    }
}
