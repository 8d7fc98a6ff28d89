//! Findings that a run reports only if they hold in all environments.

use std::path::Path;

use score_spec::{Code, Diagnostic, Sources};

use super::environments::FOLDER;

/// Removes findings about variables that other environments may use: a variable of an environment that others extend
/// is unused only if no environment of the run that has it uses it. A run of a single environment decides only about
/// its own file. Likewise, a waiver has no effect only if it has none in all of several environments. `chains` are the
/// names of the environments of the run, each with those that it extends.
pub(crate) fn retain_unused(
    diagnostics: &mut Vec<Diagnostic>,
    sources: &Sources,
    chains: &[Vec<String>],
) {
    let is_known_typo = |found: &Diagnostic| {
        let help = found.help.as_ref().map(ToString::to_string);
        help.is_some_and(|help| help.starts_with("did you mean"))
    };
    diagnostics.retain(|found| {
        if found.code == Code::PolicyWaiverUnused {
            let mut names = chains.iter().filter_map(|chain| chain.last());
            return chains.len() != 1 && names.all(|name| found.environments.contains(name));
        }
        let (Code::EnvironmentUnusedVariable, Some(span)) = (found.code, found.span()) else {
            return true;
        };
        let path = Path::new(&sources.get(span.source).name);
        // Other projects can use a variable of a package.
        let folder = path.parent().and_then(Path::parent);
        if folder.is_some_and(|it| it.ends_with(crate::packages::folder())) {
            return is_known_typo(found);
        }
        let is_of_environment = path.parent().is_some_and(|it| it.ends_with(FOLDER));
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let layer = stem.filter(|_| is_of_environment);
        let mut heirs = chains
            .iter()
            .filter(|chain| layer.is_none_or(|layer| chain.iter().any(|name| name == layer)));
        let is_reported = |chain: &Vec<String>| {
            chain
                .last()
                .is_some_and(|it| found.environments.contains(it))
        };
        match chains {
            [] => true,
            [only] => is_known_typo(found) || only.last().map(String::as_str) == layer,
            _ => is_known_typo(found) || heirs.all(is_reported),
        }
    });
}
