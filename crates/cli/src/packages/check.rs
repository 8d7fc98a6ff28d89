//! Validates the files of a package before they are installed.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::Environments;
use score_compiler::catalogue::{Catalogue, CommandFile, Conditions, Provisioner};
use score_compiler::templates::{Template, TemplateFile};
use score_spec::{
    Code, Diagnostic, SourceId, Sources, Span,
    diagnostic::{any_error, sort},
    parse,
};

use super::choose::{Contents, environment_name, script};
use super::files::{Files, is_document, template_file};
use crate::report::console::Console;
use crate::report::human::count;

/// The origin of a package source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The user, on the command line.
    User,
    /// The lock file of the checkout, with a source inside the project.
    LockInside,
    /// The lock file of the checkout, with a source outside the project. Messages do not show the
    /// contents of its files.
    LockOutside,
}

/// The contents of a package, as the rest of a sentence: "handles mail". Errors are reported, and the result is `None`.
pub(crate) fn check(
    package: &str,
    files: &Files,
    named_by: NamedBy,
    console: &Console,
) -> Option<String> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let (mut provisioners, mut others) = (Vec::new(), Vec::new());
    let mut environments = Vec::new();
    let mut counts = Counts::default();
    for (path, file) in files.iter() {
        let contents = Contents::of(path, &file.bytes);
        counts.add(path, contents);
        if !is_document(path) {
            continue;
        }
        let id = sources.add(format!("{package}/{path}"), file.bytes.as_slice());
        if named_by == NamedBy::LockOutside {
            sources.hide(id);
        }
        match contents {
            Some(Contents::Environment) => match environment_name(package, path, &file.bytes) {
                Some(name) => environments.push((name, id)),
                None => diagnostics.push(unnamed(path, id)),
            },
            Some(Contents::Policies) => others.push(id),
            Some(Contents::Provisioners) | None => provisioners.push(id),
        }
    }
    let catalogue = Catalogue::new(
        &mut sources,
        &[provisioners.into()],
        Conditions::default(),
        &mut diagnostics,
    );
    Environments::read(&sources, None, &environments, &[], &mut diagnostics);
    check_templates(package, files, named_by, (&mut sources, &mut diagnostics));
    for id in others {
        diagnostics.extend(parse(&sources, id).diagnostics);
    }
    for provisioner in catalogue.provisioners() {
        let named = provisioner.files_of_command().iter();
        diagnostics.extend(named.filter_map(|file| unusable(package, provisioner, file, files)));
    }
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return None;
    }
    let mut types: Vec<&str> = Vec::new();
    for provisioner in catalogue.provisioners() {
        if !types.contains(&provisioner.kind.as_str()) {
            types.push(&provisioner.kind);
        }
    }
    Some(counts.in_words(&types))
}

/// Reports mistakes in templates.
fn check_templates(
    package: &str,
    files: &Files,
    named_by: NamedBy,
    (sources, diagnostics): (&mut Sources, &mut Vec<Diagnostic>),
) {
    let mut templates: BTreeMap<&str, (Option<SourceId>, Vec<TemplateFile>)> = BTreeMap::new();
    for (path, file) in files.iter() {
        let Some((template, inner)) = template_file(path) else {
            continue;
        };
        let (about, others) = templates.entry(template).or_default();
        let is_about = inner == TemplateFile::ABOUT;
        if !is_about && !TemplateFile::is_rendered(inner) {
            others.push(TemplateFile::copied(inner, file.bytes.clone()));
            continue;
        }
        let id = sources.add(format!("{package}/{path}"), file.bytes.as_slice());
        if named_by == NamedBy::LockOutside {
            sources.hide(id);
        }
        if is_about {
            *about = Some(id);
        } else {
            others.push(TemplateFile::new(inner, id));
        }
    }
    for (about, files) in templates.into_values() {
        if let Some(about) = about {
            Template::read(sources, about, files, diagnostics);
        }
    }
}

/// Reports a file with an environment that nothing can extend.
fn unnamed(path: &str, id: SourceId) -> Diagnostic {
    let message = "the file has an environment, but its name does not end with `.yaml`";
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let found = Diagnostic::new(Code::EnvironmentInvalid, message).at(Span::new(id, 0, 0), "");
    found.help(format!("name it `{stem}.yaml`"))
}

/// The numbers of things in a package other than provisioners.
#[derive(Debug, Default)]
struct Counts {
    environments: usize,
    policies: usize,
    templates: BTreeSet<String>,
}

impl Counts {
    fn add(&mut self, path: &str, contents: Option<Contents>) {
        match contents {
            Some(Contents::Environment) => self.environments += 1,
            Some(Contents::Policies) => self.policies += 1,
            Some(Contents::Provisioners) | None => {}
        }
        if let Some((name, _)) = template_file(path) {
            self.templates.insert(name.to_owned());
        }
    }

    /// The end of a sentence about a package that handles these types.
    fn in_words(&self, types: &[&str]) -> String {
        let counts = [
            (self.environments, "environment"),
            (self.policies, "policy file"),
            (self.templates.len(), "template"),
        ];
        let counts = counts.into_iter().filter(|(number, _)| *number > 0);
        let counts: Vec<String> = counts.map(|(number, noun)| count(number, noun)).collect();
        let handles = (!types.is_empty()).then(|| format!("handles {}", types.join(", ")));
        let contains = (!counts.is_empty()).then(|| format!("contains {}", counts.join(", ")));
        let parts: Vec<String> = handles.into_iter().chain(contains).collect();
        parts.join(" and ")
    }
}

/// The diagnostic for a file that a command names and cannot use; `None` if it can.
fn unusable(
    package: &str,
    provisioner: &Provisioner,
    file: &CommandFile,
    files: &Files,
) -> Option<Diagnostic> {
    let CommandFile { path, is_program } = file;
    let carried = script(&path.value).and_then(|path| files.get(&path));
    let (problem, help) = match carried {
        None => (
            format!("which is not part of the package `{package}`"),
            "put a file with this path, relative to the provisioner file, into the folder of the package; links are \
             not followed",
        ),
        Some(script) if *is_program && !script.executable && cfg!(unix) => (
            "which is not executable".to_owned(),
            "make it executable (`chmod +x`) in the source of the package, or start it with its interpreter, as in \
             `[sh, ./FILE]`",
        ),
        Some(_) => return None,
    };
    let kind = &provisioner.kind;
    let message =
        format!("the command for resources of type `{kind}` needs the file `{path}`, {problem}");
    let diagnostic = Diagnostic::new(Code::PackageMissingProgram, message);
    Some(diagnostic.at(path.span, "").help(help))
}
