//! The command-line reference `docs/cli.md` is generated from the help texts, and the reference of file formats
//! `docs/fields.md` from the JSON Schemas. `UPDATE=1` rewrites them.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test runs the command and reads files"
)]

#[path = "sandbox/binary.rs"]
mod binary;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use binary::binary;
use serde_json::Value as Json;

/// Every command with a separate help text.
const COMMANDS: &[&str] = &[
    "",
    "generate",
    "validate",
    "plan",
    "explain",
    "schema",
    "init",
    "resources",
    "resources list",
    "resources get-outputs",
    "graph",
    "why",
    "env",
    "env list",
    "env show",
    "env diff",
    "state",
    "state list",
    "state show",
    "state remove",
    "state move",
    "provisioners",
    "provisioners list",
    "provisioners show",
    "provisioners explain",
    "provisioners new",
    "provisioners convert",
    "provisioners add",
    "provisioners install",
    "provisioners update",
    "provisioners remove",
    "provisioners test",
    "packages",
    "packages list",
    "packages add",
    "packages install",
    "packages update",
    "packages remove",
    "export",
    "policy",
    "policy list",
    "policy test",
    "test",
    "migrate",
    "completions",
    "man",
    "version",
    "check-version",
];

fn help(command: &str) -> String {
    output(&format!("{command} --help"))
}

fn output(command: &str) -> String {
    let output = Command::new(binary())
        .args(command.split_whitespace())
        .env_clear()
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Compares a page with its file, or writes it.
fn check(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(known, page, "docs/{name} differs; UPDATE=1 rewrites it");
}

#[test]
fn the_reference_is_up_to_date() {
    let mut page = String::from(
        "# Command-line reference\n\nThis page is generated from the `--help` output of each command.\n",
    );
    for command in COMMANDS {
        let title = format!("score-rs {command}");
        let lines: Vec<String> = help(command)
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        let _ = write!(
            page,
            "\n## `{}`\n\n```text\n{}\n```\n",
            title.trim(),
            lines.join("\n")
        );
    }
    check("cli.md", &page);
}

/// `-h` is for a quick look, and `--help` for the rest. Only lists of values can be longer.
#[test]
fn short_help_has_a_line_for_each_option() {
    let mut problems = String::new();
    for command in COMMANDS {
        let text = output(&format!("{command} -h"));
        let lines: Vec<&str> = text.lines().collect();
        // Whether a list of values continues.
        let mut is_in_list = false;
        for pair in lines.windows(2) {
            let [before, line] = pair else { continue };
            let indent = line.len() - line.trim_start().len();
            // A long name has a line of its own.
            let is_name = before.trim_start().starts_with('-') && !before.trim().contains("  ");
            let lists_values =
                before.contains(" [possible values:") || before.contains(" [default:");
            is_in_list = (is_in_list || lists_values) && !before.ends_with(']');
            let fits = indent < 10 || (indent == 10 && is_name) || lists_values || is_in_list;
            if !fits {
                let _ = writeln!(problems, "score-rs {command} -h:\n{before}\n{line}");
            }
        }
    }
    assert_eq!(problems, "");
}

/// Otherwise a command that is missing in the reference would go unnoticed.
#[test]
fn every_command_is_in_the_reference() {
    for parent in [
        "",
        "resources",
        "env",
        "state",
        "provisioners",
        "packages",
        "policy",
    ] {
        let text = help(parent);
        let below = text.split("Commands:\n").nth(1).unwrap();
        for line in below.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap();
            let command = format!("{parent} {name}");
            let known = name == "help" || COMMANDS.contains(&command.trim());
            assert!(known, "{command}");
        }
    }
}

/// The title of each schema on the page, and what comes before its fields.
const FORMATS: [(&str, &str, &str); 3] = [
    (
        "score",
        "Score file",
        "A workload in `score.yaml` or `*.score.yaml`.",
    ),
    (
        "project",
        "Project file",
        "`score-rs.yaml`; [The project file](project.md) has an example.",
    ),
    (
        "provisioner",
        "Provisioner",
        "Any YAML file that the project lists; [Provisioners](provisioners.md) explains how to write one.",
    ),
];

#[test]
fn the_fields_are_up_to_date() {
    let mut page = String::from(
        "# Fields of files\n\nThis page is generated from the JSON Schemas, which `score-rs schema` prints for editors. `*` is any name, and \
         `[]` each item\nof a list. Fields in **bold** are required where the map around them is present.\n",
    );
    for (schema, title, about) in FORMATS {
        let schema: Json = serde_json::from_str(&output(&format!("schema {schema}"))).unwrap();
        let _ = write!(
            page,
            "\n## {title}\n{about}\n\n| field | type | description |\n|---|---|---|\n"
        );
        Fields {
            schema: &schema,
            page: &mut page,
        }
        .of(&schema, "");
    }
    check("fields.md", &page);
}

/// The rows of a schema.
struct Fields<'a> {
    schema: &'a Json,
    page: &'a mut String,
}

impl Fields<'_> {
    /// Writes the fields of a map, and those below them.
    fn of(&mut self, map: &Json, path: &str) {
        let properties = map["properties"].as_object().into_iter().flatten();
        // Directives are the same in all maps, and not fields of them.
        let properties = properties.filter(|(name, _)| !name.starts_with('$'));
        for (name, field) in properties {
            let required = map["required"].as_array();
            let is_required = required.is_some_and(|all| all.iter().any(|it| it == name));
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{name}");
            let shown = if is_required {
                format!("**`{path}`**")
            } else {
                format!("`{path}`")
            };
            let field = self.resolved(field);
            if field == false || field["deprecated"] == true {
                continue;
            }
            let about = field["description"].as_str().unwrap_or_default();
            let about = about.replace('|', "\\|").replace('\n', " ");
            let _ = writeln!(self.page, "| {shown} | {} | {about} |", types(&field));
            if !about.ends_with("as in a Score file.") {
                self.below(&field, &path);
            }
        }
    }

    /// Writes the fields below a value.
    fn below(&mut self, value: &Json, path: &str) {
        self.of(value, path);
        // If a value can be a list or a map with the same content, the list is the deprecated form.
        let inner = [("additionalProperties", ".*"), ("items", "[]")];
        let inner = inner.into_iter().find(|(key, _)| value[*key].is_object());
        if let Some((key, step)) = inner {
            let inner = self.resolved(&value[key]);
            self.below(&inner, &format!("{path}{step}"));
        }
    }

    /// A part of the schema with the target of its reference, which it can add to.
    fn resolved(&self, part: &Json) -> Json {
        let Some(reference) = part["$ref"].as_str() else {
            return part.clone();
        };
        let target = self.schema.pointer(reference.trim_start_matches('#'));
        let mut resolved = self.resolved(target.unwrap());
        for (key, rule) in part.as_object().unwrap() {
            match (
                resolved.get_mut(key).and_then(Json::as_object_mut),
                rule.as_object(),
            ) {
                (Some(known), Some(rule)) => known.extend(rule.clone()),
                _ => resolved[key] = rule.clone(),
            }
        }
        resolved
    }
}

/// The types of a value, or the values that are allowed.
fn types(field: &Json) -> String {
    let forms = ["oneOf", "anyOf"]
        .iter()
        .find_map(|key| field[key].as_array());
    let of_value = |value: &Json| match value {
        Json::Null => "null".to_owned(),
        Json::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    let name = |value: &Json| match value.as_str().unwrap_or_default() {
        "object" => "map".to_owned(),
        "array" => "list".to_owned(),
        other => other.to_owned(),
    };
    let all: Vec<String> = match (&field["const"], &field["enum"], &field["type"], forms) {
        (Json::Null, Json::Null, Json::Null, Some(forms)) => forms.iter().map(types).collect(),
        (Json::Null, Json::Null, Json::Array(types), _) => types.iter().map(name).collect(),
        (Json::Null, Json::Null, of_type, _) => vec![name(of_type)],
        (Json::Null, Json::Array(values), ..) => values.iter().map(of_value).collect(),
        (value, ..) => vec![of_value(value)],
    };
    let all: Vec<String> = all.into_iter().filter(|it| !it.is_empty()).collect();
    if all.is_empty() {
        return "any".to_owned();
    }
    all.join(" or ")
}
