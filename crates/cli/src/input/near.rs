//! Files whose names or places are almost those of a Score file or a project file. Only advice depends on
//! them.

use std::fs;
use std::path::{Path, PathBuf};

use score_spec::diagnostic::{listed, nearest};

use crate::host::{
    Folder, Gates, Kind, Located, PROJECT_FILE, folder_of, or_here, relative, repository,
};
use crate::input::root;

/// The advice about entries of a folder without Score files that were probably meant as Score files.
pub(crate) fn near_spec(open: &Folder, folder: &Path, gates: &Gates) -> Option<String> {
    let entries = names(open);
    let is_near = |(name, kind): &&(String, Kind)| *kind != Kind::Other && is_near_spec(name);
    let near: Vec<_> = entries.iter().filter(is_near).collect();
    let shown = |name: &str| folder.join(name).display().to_string();
    let (first, kind) = near.first()?;
    let name = shown(first);
    Some(match kind {
        Kind::Folder => format!("`{name}` is a folder, but a Score file is a file"),
        Kind::Link => match gates.locate(&folder.join(first)) {
            Ok(Located { kind: Some(_), .. }) => {
                format!("links are not followed; pass the file, as in `score-rs generate {name}`")
            }
            _ => format!(
                "`{name}` is a link, but its target does not exist or is not in the project"
            ),
        },
        Kind::File | Kind::Other => {
            let files = near.iter().filter(|(_, kind)| *kind == Kind::File);
            let files: Vec<String> = files.map(|(name, _)| shown(name)).collect();
            format!(
                "did you mean {}? Name a Score file `score.yaml` or `NAME.score.yaml`, or pass it, as in \
                 `score-rs generate {name}`",
                listed(files.iter().map(String::as_str))
            )
        }
    })
}

/// The nearest folder above the working folder that has Score files, as a relative path. The search ends at
/// the root of the repository, and leaves out files of other users.
pub(crate) fn folder_above() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let top = repository(&here);
    let above = here.ancestors().skip(1);
    let mut above = above.take_while(|folder| top.is_none_or(|top| folder.starts_with(top)));
    let folder = above.find(|folder| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let is_spec = |name: &str| name == "score.yaml" || name.ends_with(".score.yaml");
        let mut specs = entries.filter(|entry| {
            let name = entry.file_name();
            let name = name
                .to_str()
                .filter(|name| is_spec(name) && !name.starts_with('.'));
            name.is_some() && entry.file_type().is_ok_and(|kind| kind.is_file())
        });
        specs.any(|entry| root::is_trusted(&entry.path(), None))
    })?;
    Some(relative(&here, folder))
}

/// The file of a folder that was probably meant as the project file.
pub(crate) fn near_project(folder: &Folder) -> Option<String> {
    let mut entries = names(folder).into_iter();
    let found = entries.find(|(name, kind)| *kind == Kind::File && is_near_project(name));
    found.map(|(name, _)| name)
}

/// The YAML file beside a path that does not exist whose name is the most similar one.
pub(crate) fn near_path(path: &Path, gates: &Gates) -> Option<PathBuf> {
    let wanted = stem(path.file_name()?.to_str()?)?;
    let folder = folder_of(path);
    let open = gates.locate(or_here(folder)).and_then(Located::into_folder);
    let open = open.ok()?;
    let files = names(&open).into_iter();
    let files: Vec<String> = files
        .filter(|(_, kind)| *kind == Kind::File)
        .map(|(name, _)| name)
        .collect();
    let stems = files.iter().filter_map(|name| stem(name));
    let near = nearest(wanted, stems)?;
    let near = files.iter().find(|name| stem(name) == Some(near))?;
    Some(folder.join(near))
}

/// The name of a YAML file without its extension.
fn stem(name: &str) -> Option<&str> {
    name.strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
}

/// The entries of a folder whose names are UTF-8, sorted. None if the folder cannot be read.
fn names(folder: &Folder) -> Vec<(String, Kind)> {
    let entries = folder.entries().unwrap_or_default().into_iter();
    let names = entries.filter_map(|(name, kind)| Some((name.into_string().ok()?, kind)));
    let mut names: Vec<_> = names.collect();
    names.sort_by(|(a, _), (b, _)| a.cmp(b));
    names
}

/// Whether a Score file could have this name by mistake.
fn is_near_spec(name: &str) -> bool {
    let lower = name.to_lowercase();
    let mut words = stem(&lower).unwrap_or_default().split(['.', '-', '_', ' ']);
    words.any(|word| word == "score") && !is_near_project(&lower) && lower != PROJECT_FILE
}

/// Whether a project file could have this name by mistake.
fn is_near_project(name: &str) -> bool {
    let plain = name.to_lowercase().replace('_', "-");
    let plain = plain.trim_start_matches('.');
    stem(plain) == stem(PROJECT_FILE) && name != PROJECT_FILE
}

#[cfg(test)]
mod tests {
    use super::{is_near_project, is_near_spec};

    #[test]
    fn near_misses_are_those_of_score_files() {
        for (name, expected) in [
            ("score.yml", true),
            ("Score.yaml", true),
            ("web.score.yml", true),
            ("score-frontend.yaml", true),
            ("frontend_score.yaml", true),
            ("scoreboard.yaml", false),
            ("score-rs.yaml", false),
            ("score-rs.yml", false),
            ("score.json", false),
        ] {
            assert_eq!(is_near_spec(name), expected, "{name}");
        }
        assert!(is_near_project("score-rs.yml"));
        assert!(is_near_project("Score_rs.yaml"));
        assert!(is_near_project(".score-rs.yaml"));
        assert!(!is_near_project("score-rs.yaml"));
        assert!(!is_near_project("score.yaml"));
    }
}
