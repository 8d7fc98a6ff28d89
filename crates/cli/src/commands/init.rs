//! `score-rs init`.

mod ask;
mod from_template;
mod gate;
mod list;
mod located;
mod patch_templates;
mod provisioners;
mod settings;
mod template_tests;
mod uri;

use std::io;
use std::path::Path;

use score_spec::Value;

use crate::args::Init;
use crate::commands::Outcome;
use crate::host::{Gate, Gates, Kind, canonical, folder_of, word};
use crate::input::root::{chosen, from_start};
use crate::output::{file, folder};
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};
use crate::report::output_text::yaml;

pub(super) use template_tests::test_all;

/// The sample Score file, without its first line, and with [`NAME`] as a placeholder. It is valid
/// without other changes.
const SAMPLE: &str = include_str!("sample.yaml");

/// The placeholder for the name of the workload.
const NAME: &str = "WORKLOAD-NAME";

/// The default name of the Score file, which `generate` finds.
const SCORE_FILE: &str = "score.yaml";

/// The schema of Score files for editors.
pub(super) const SCHEMA: &str =
    "https://raw.githubusercontent.com/score-spec/spec/main/score-v1b1.json";

/// The start of the comment that names the schema.
pub(super) const SCHEMA_COMMENT: &str = "# yaml-language-server: $schema=";

/// The schema with the resource types of the project, as documented for `score-rs schema`.
const PROJECT_SCHEMA: &str = "score.schema.json";

/// Writes settings to the project file if options ask for them, and a sample Score file.
pub(crate) fn run(args: &Init, console: &Console) -> Result<Outcome, Failure> {
    if args.list {
        return list::run(args.format, console);
    }
    if let Some(wanted) = &args.template {
        return from_template::run(wanted, &args.param, console);
    }
    let gates = Gates::new(Gate::open(Path::new("")).reading(Path::new("."))?);
    let has_settings = settings::are_given(args);
    if has_settings && settings::write(args, &gates, console)? == Outcome::Errors {
        return Ok(Outcome::Errors);
    }
    if args.no_sample {
        if !has_settings {
            console.note("there is nothing to write: score-rs needs no files but Score files");
        }
        return Ok(Outcome::Fine);
    }
    let path = &args.file;
    let workload = named(path)?;
    let text = sample(&gates, folder_of(path), &workload);
    if path.as_os_str() == "-" {
        console::result(text.as_bytes())?;
        return Ok(Outcome::Fine);
    }
    folder::create(&gates, folder_of(path))?;
    if create(&gates, path, &text, console)? {
        let file = path.display();
        console.done(&format!("wrote {file}"));
        let folder = chosen().map(|folder| format!(" -C {}", word(folder)));
        let folder = folder.unwrap_or_default();
        let argument = if path == Path::new(SCORE_FILE) {
            String::new()
        } else {
            format!(" {}", word(path))
        };
        let next = format!("score-rs{folder} generate{argument} -p 8080:{workload}:web");
        let file = from_start(path);
        let file = file.display();
        console.done(&format!("next: edit {file}, then run `{next}`"));
    }
    Ok(Outcome::Fine)
}

/// The sample for a Score file in a folder.
fn sample(gates: &Gates, folder: &Path, workload: &str) -> String {
    // A name such as `true` would not be a string.
    let field = yaml(&Value::Text(workload.to_owned()));
    let text = SAMPLE.replacen(NAME, field.trim_end(), 1);
    let text = text.replace(NAME, workload);
    format!("{}\n\n{text}", first_line(gates, folder))
}

/// The first line of a Score file in a folder, which names its schema for editors.
fn first_line(gates: &Gates, folder: &Path) -> String {
    let schema = gates.locate(&folder.join(PROJECT_SCHEMA));
    let is_file = schema.is_ok_and(|it| it.kind == Some(Kind::File));
    let schema = if is_file { PROJECT_SCHEMA } else { SCHEMA };
    format!("{SCHEMA_COMMENT}{schema}")
}

/// The name of the workload: that of the file `NAME.score.yaml`, or else that of its folder. A name of which nothing can
/// become the name of a workload is returned as it is.
fn workload_name(path: &Path) -> Result<String, String> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = canonical(folder_of(path));
    let folder = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = file.strip_suffix(".score.yaml").unwrap_or(&folder);
    valid(name).ok_or_else(|| name.to_owned())
}

/// The name of the workload, or the advice to choose one.
fn named(path: &Path) -> Result<String, Failure> {
    workload_name(path).map_err(|name| {
        let problem = format!("`{name}` does not suggest a name for the workload");
        Failure::new(problem).help(
            "a name has at least two letters or digits; name the file, as in `--file NAME.score.yaml`",
        )
    })
}

/// The most similar name of a workload, if there is one: lower-case letters and digits, separated by
/// single `-`. It begins with a letter, which Services of Kubernetes require.
fn valid(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "app-");
    }
    let name = name.get(..63).unwrap_or(&name).trim_end_matches('-');
    (name.len() >= 2).then(|| name.to_owned())
}

/// Creates a file and returns true, or reports that it exists and returns false.
fn create(gates: &Gates, path: &Path, text: &str, console: &Console) -> Result<bool, Failure> {
    match file::create(gates, path, text.as_bytes()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            console.done(&format!("{} already exists", path.display()));
            Ok(false)
        }
        Err(error) => Err(Failure::write(path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::valid;

    #[test]
    fn names_of_folders_become_names_of_workloads() {
        for (folder, expected) in [
            ("shop", Some("shop")),
            ("My Shop_2", Some("my-shop-2")),
            ("--a--b--", Some("a-b")),
            ("2048", Some("app-2048")),
            ("a", None),
            ("", None),
            ("日本", None),
            (&"a-".repeat(40), Some(&"a-".repeat(32)[..63])),
        ] {
            assert_eq!(valid(folder).as_deref(), expected, "{folder}");
        }
    }
}
