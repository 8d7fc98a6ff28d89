//! The output in the settings of a project: a path that a checkout names.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use score_compiler::Settings;
use score_spec::{Code, Diagnostic, Node};

use crate::host::is_private;
use crate::input::environments::FOLDER;
use crate::input::project_policies::WAIVERS;
use crate::input::templates::FOLDER as TEMPLATES;

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
    } else if is_input(path, settings) {
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

/// Whether runs read a file at this path in the project folder, or files in this folder: environments, templates,
/// waivers, listed policies and provisioners, Score files and files beside them. Nothing needs to exist there yet.
fn is_input(path: &Path, settings: &Settings) -> bool {
    let path = lower(&path.to_string_lossy());
    let top = path.iter().next().and_then(OsStr::to_str);
    let is_of_folder = top.is_some_and(|top| [FOLDER, TEMPLATES].contains(&top));
    let name = path.file_name().and_then(OsStr::to_str);
    let is_yaml = path.extension().is_some_and(|it| it == "yaml");
    let is_score = |name: &str| name.starts_with("score.") || name.contains(".score.");
    is_of_folder
        || path == Path::new(WAIVERS)
        || is_yaml && name.is_some_and(is_score)
        || policies(settings).any(|it| path.starts_with(it))
        || provisioners(settings).any(|it| it == path || path.parent() == Some(&*it))
}

/// The listed files and folders of policies. Other folders in them are errors.
fn policies(settings: &Settings) -> impl Iterator<Item = PathBuf> {
    let section = settings.section("policies");
    let listed = section.map_or(&[][..], |section| section.items_at("from"));
    own(listed.iter().filter_map(Node::text))
}

/// The listed files and folders of provisioners. The folder of the project file is not one of them: an output in it is
/// marked, so that a run that reads it reports it.
fn provisioners(settings: &Settings) -> impl Iterator<Item = PathBuf> {
    let listed = settings.provisioners.iter();
    own(listed.map(|it| it.from.value.as_str()))
}

/// Those of the paths that are not in packages.
fn own<'a>(listed: impl Iterator<Item = &'a str>) -> impl Iterator<Item = PathBuf> {
    let own = listed.filter(|it| !it.starts_with("package:")).map(lower);
    own.filter(|it| !it.as_os_str().is_empty())
}

/// A path in lower case, as some file systems compare them, without `.` and a `/` at its end.
fn lower(path: &str) -> PathBuf {
    let path = path.to_lowercase();
    let parts = Path::new(&path).components();
    let parts = parts.filter(|part| !matches!(part, Component::CurDir));
    parts.collect()
}

#[cfg(test)]
mod tests {
    use score_compiler::Settings;
    use score_spec::{Sources, Span, Spanned};

    use super::check;

    #[test]
    fn outputs_stay_in_the_project() {
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
            ("waivers.yaml", false),
            ("./Waivers.yaml", false),
            ("deploy/waivers.yaml", true),
            ("templates/web/template.yaml", false),
            ("templates/", false),
            ("chart/templates/", true),
            ("policies/x.yaml", false),
            ("Policies/", false),
            ("policies/deploy/x.yaml", false),
            ("provisioners/deploy/x.yaml", true),
            ("rules.yaml", false),
            ("provisioners/x.yaml", false),
            ("lists/own.yaml", false),
            ("lists/compose.yaml", true),
        ] {
            let project = "apiVersion: score-rs/v1\nkind: Project\npolicies: {from: [./policies/, rules.yaml, \"package:a\"]}\n\
                           provisioners: [provisioners/, lists/own.yaml]\n";
            let mut sources = Sources::new();
            let id = sources.add("score-rs.yaml", project);
            let mut settings = Settings::read(&sources, id, &mut Vec::new());
            settings.output = Some(Spanned::new(output.to_owned(), Span::new(id, 0, 0)));
            let mut found = Vec::new();
            check(&settings, &mut found);
            assert_eq!(found.is_empty(), is_allowed, "{output:?}");
        }
    }
}
