//! The settings that `score-rs init` writes to the project file. Settings that it already has are kept.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use score_spec::Value;

use super::patch_templates;
use super::provisioners::{self, Provisioners};
use crate::args::Init;
use crate::commands::Outcome;
use crate::host::{Gates, PROJECT_FILE, name};
use crate::input::project_patches::with_patch_templates;
use crate::input::project_text::{edited, not_editable, section, with, with_first};
use crate::input::root;
use crate::output::file::Permission;
use crate::output::write::Changes;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Whether an option asks for a setting.
pub(super) fn are_given(args: &Init) -> bool {
    args.project.is_some()
        || args.no_default_provisioners
        || !args.provisioners.is_empty()
        || !args.patch_templates.is_empty()
}

/// Adds the settings to the project file in the working folder, and installs packages.
pub(super) fn write(args: &Init, gates: &Gates, console: &Console) -> Result<Outcome, Failure> {
    let path = Path::new(PROJECT_FILE);
    let before = project_file(gates)?;
    let is_new = before.is_none();
    let before = before.unwrap_or_default();
    let Some(provisioners) = provisioners::of(&args.provisioners, gates, console)? else {
        return Ok(Outcome::Errors);
    };
    let mut text = before.clone();
    if let Some(name) = &args.project {
        text = named(text, name, console)?;
    }
    if args.no_default_provisioners {
        text = without_builtins(text, console)?;
    }
    text = listing(text, &provisioners, console)?;
    let mut templates: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut outputs = Vec::new();
    for template in patch_templates::of(&args.patch_templates, gates, console)? {
        let (platform, path) = (template.platform, template.path);
        console.note(&format!("`{path}` changes the output for {platform}"));
        templates.entry(platform).or_default().push(path);
        outputs.extend(template.output);
    }
    for (platform, templates) in templates {
        text = with_patch_templates(&text, platform, templates, Path::new(""))?;
    }
    let fetched: Vec<String> = outputs.iter().map(|it| name(&it.shown())).collect();
    let output = edited(gates, Path::new(""), &before, text)?;
    let is_current = output.is_none();
    outputs.extend(output);
    // A lock file makes the folder a project as well.
    let above = is_new.then(|| root::find(&[], None)).and_then(Result::ok);
    if provisioners.install(&gates.project, console)? == Outcome::Errors {
        return Ok(Outcome::Errors);
    }
    Changes::from(outputs).apply(&Permission::default())?;
    for path in fetched {
        console.done(&format!("wrote {path}"));
    }
    if is_current {
        console.done(&format!("{PROJECT_FILE} is up to date"));
        return Ok(Outcome::Fine);
    }
    let done = if is_new { "wrote" } else { "changed" };
    console.done(&format!("{done} {PROJECT_FILE}"));
    if let Some(above) = above.map(|folder| folder.join(PROJECT_FILE))
        && above != path
        && above.is_file()
    {
        let above = above.display();
        console.note(&format!(
            "`{above}` does not apply to this folder any more: it is a project of its own now"
        ));
    }
    Ok(Outcome::Fine)
}

/// The contents of the project file, if it exists.
fn project_file(gates: &Gates) -> Result<Option<String>, Failure> {
    let path = Path::new(PROJECT_FILE);
    let bytes = match gates.project.read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::read(path, &error)),
    };
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Failure::new(format!("`{PROJECT_FILE}` is not UTF-8")))?;
    Ok(Some(text))
}

/// The text with a name of the project.
fn named(text: String, name: &str, console: &Console) -> Result<String, Failure> {
    let value = Value::Text(name.to_owned());
    match section(&text, "name") {
        None => added(&text, "name", &value),
        Some(known) => {
            if known != value {
                let known = known.to_json();
                console.note(&format!(
                    "{PROJECT_FILE} keeps `name: {known}`, on which names of volumes depend; edit it to \
                     change the name"
                ));
            }
            Ok(text)
        }
    }
}

/// The text with an empty list of built-in types.
fn without_builtins(text: String, console: &Console) -> Result<String, Failure> {
    let none = Value::List(Vec::new());
    match section(&text, "builtins") {
        None => added(&text, "builtins", &none),
        Some(known) => {
            if known != none {
                let known = known.to_json();
                console.note(&format!(
                    "{PROJECT_FILE} keeps `builtins: {known}`, the types that built-in provisioners handle; \
                     edit it to change the list"
                ));
            }
            Ok(text)
        }
    }
}

/// The text with the provisioners that it does not list yet, the last ones first.
fn listing(
    mut text: String,
    provisioners: &Provisioners,
    console: &Console,
) -> Result<String, Failure> {
    let list = "provisioners";
    let mut in_place = false;
    for entry in provisioners.entries() {
        let known = section(&text, list);
        if known.is_some_and(|known| lists(&known, &entry)) {
            continue;
        }
        in_place |= provisioners::package_in(&entry).is_none();
        text = with_first(&text, list, &entry).ok_or_else(|| {
            let entry = Value::List(vec![Value::Text(entry.clone())]);
            not_editable(Path::new(""), list, &entry)
        })?;
    }
    if in_place {
        console.note("provisioners of the project are read in place: their files are not copied");
    }
    Ok(text)
}

/// Whether a list of provisioners has an entry, for all workloads or for some.
fn lists(list: &Value, entry: &str) -> bool {
    let Value::List(items) = list else {
        return false;
    };
    let plain = |path: &str| {
        path.trim_start_matches("./")
            .trim_end_matches('/')
            .to_owned()
    };
    items.iter().any(|item| {
        let from = item.get("from").unwrap_or(item);
        matches!(from, Value::Text(from) if plain(from) == plain(entry))
    })
}

fn added(text: &str, section: &str, value: &Value) -> Result<String, Failure> {
    with(text, section, value).ok_or_else(|| not_editable(Path::new(""), section, value))
}
