//! The output in the settings of a project: a path that a checkout names.

use std::ffi::OsStr;
use std::path::{Component, Path};

use score_compiler::Settings;
use score_spec::{Code, Diagnostic};

use crate::host::is_private;
use crate::input::environments::FOLDER;

/// Reports an output outside of the project folder, or in a folder whose files are never replaced.
pub(super) fn check(settings: &Settings, diagnostics: &mut Vec<Diagnostic>) {
    let Some(output) = &settings.output else {
        return;
    };
    let path = Path::new(&output.value);
    let stays = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    let names = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)));
    let is_strange = output.value.chars().any(char::is_control) || output.value == "-";
    let help = if !path.components().all(stays) {
        "use a path relative to the folder of the project file, without `..`"
    } else if is_private(path) {
        "use another folder"
    } else if is_input(path) {
        "use another path, because the next run would read this one as an input"
    } else if is_strange || names.count() == 0 {
        "use the path of a file, or of a folder with a `/` at the end"
    } else if !output.value.ends_with('/') && path.extension().is_none() {
        "add a `/` to the path of a folder, or an extension to that of a file"
    } else {
        return;
    };
    let message = format!("`{}` cannot be the output", output.value.escape_debug());
    let found = Diagnostic::new(Code::ProjectInvalid, message);
    diagnostics.push(found.at(output.span, "").help(help));
}

/// Whether a file at this path, or in this folder, is an environment file, a Score file or a file beside one.
fn is_input(path: &Path) -> bool {
    let lower = path.to_string_lossy().to_lowercase();
    let lower = Path::new(&lower);
    let mut names = lower.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let is_of_environment = names.next() == Some(FOLDER);
    let name = lower.file_name().and_then(OsStr::to_str);
    let is_yaml = lower.extension().is_some_and(|it| it == "yaml");
    let is_score = |name: &str| name.starts_with("score.") || name.contains(".score.");
    is_of_environment || is_yaml && name.is_some_and(is_score)
}

#[cfg(test)]
mod tests {
    use score_compiler::Settings;
    use score_spec::{Sources, Span, Spanned};

    use super::check;

    #[test]
    fn outputs_stay_in_the_project() {
        let id = Sources::new().add("score-rs.yaml", "");
        for (output, is_allowed) in [
            ("compose.yaml", true),
            ("deploy/prod/", true),
            ("./deploy/prod", false),
            ("./deploy/prod.yaml", true),
            ("deploy/..data/", true),
            ("../compose.yaml", false),
            ("deploy/../../x", false),
            ("/etc/passwd", false),
            (".git/hooks/", false),
            ("a/.Git/b", false),
            (".g\u{200c}it/hooks/", false),
            (".score-rs/key", false),
            ("-", false),
            (".", false),
            ("a\nb", false),
            ("environments/", false),
            ("Environments/new.yaml", false),
            ("./environments/prod.images.yaml", false),
            ("deploy/environments/", true),
            ("services/web/score.yaml", false),
            ("score.prod.yaml", false),
            ("deploy/web.score.yaml", false),
            ("scores.yaml", true),
        ] {
            let mut settings = Settings::default();
            settings.output = Some(Spanned::new(output.to_owned(), Span::new(id, 0, 0)));
            let mut found = Vec::new();
            check(&settings, &mut found);
            assert_eq!(found.is_empty(), is_allowed, "{output:?}");
        }
    }
}
