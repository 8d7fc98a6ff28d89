//! Validates the files of a package before they are installed.

use score_compiler::catalogue::{Catalogue, Conditions, Provisioner};
use score_spec::{
    Code, Diagnostic, Sources, Spanned,
    diagnostic::{any_error, sort},
};

use super::files::Files;
use crate::report::console::Console;

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

/// The resource types that the provisioners of a package handle, without duplicates. Errors are
/// reported, and the result is `None`.
pub(crate) fn check(
    package: &str,
    files: &Files,
    named_by: NamedBy,
    console: &Console,
) -> Option<Vec<String>> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let ids = files.iter();
    let ids: Vec<_> = ids
        .map(|(name, bytes)| sources.add(format!("{package}/{name}"), bytes))
        .collect();
    if named_by == NamedBy::LockOutside {
        for id in &ids {
            sources.hide(*id);
        }
    }
    let catalogue = Catalogue::new(
        &sources,
        &[ids.into()],
        Conditions::default(),
        &mut diagnostics,
    );
    for provisioner in catalogue.provisioners() {
        let files = provisioner.files_of_command().iter();
        diagnostics.extend(files.map(|file| missing(package, provisioner, file)));
    }
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return None;
    }
    let mut types = Vec::new();
    for provisioner in catalogue.provisioners() {
        if !types.contains(&provisioner.kind) {
            types.push(provisioner.kind.clone());
        }
    }
    Some(types)
}

/// The diagnostic for a file that a command needs and that is not part of the package.
fn missing(package: &str, provisioner: &Provisioner, file: &Spanned<String>) -> Diagnostic {
    let kind = &provisioner.kind;
    let message = format!(
        "the command for resources of type `{kind}` needs the file `{file}`, which is not part of the package `{package}`"
    );
    Diagnostic::new(Code::PackageMissingProgram, message)
        .at(file.span, "")
        .help(
            "a package consists of YAML files; use a program that is installed on each machine \
         that compiles the project, or keep the provisioner in the project",
        )
}
