//! Every code is shown by a case, and the output of `validate --format json` in cases matches its
//! schema, with consistent ranges.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;
use std::path::{Path, PathBuf};

use sandbox::entries;
use score_spec::Code;
use serde_json::{Deserializer, Value};

/// Codes of features that `validate` does not have, such as starting commands, reading variables and templates, so that they are
/// never printed as JSON.
const ONLY_IN_GENERATE: [Code; 15] = [
    Code::EnvironmentMissing,
    Code::ExportIncomplete,
    Code::ExportLossy,
    Code::PackageMissingProgram,
    Code::ProjectMissingImage,
    Code::ProjectPublish,
    Code::ProjectPublishUnheard,
    Code::ProvisionerCommandRefused,
    Code::ProvisionerCommandFailed,
    Code::ProvisionerCommandAnswer,
    Code::StateNotDeleted,
    Code::StateProvisionerChanged,
    Code::StateUnknownAnswer,
    Code::TemplateInvalid,
    Code::TemplateParams,
];

#[test]
fn every_code_has_a_case_of_its_own() {
    let Some(cases) = cases() else { return };
    for code in Code::ALL.iter().copied() {
        let name = code.name();
        let folder = cases.join("codes").join(name.replace('/', "-"));
        let stderr = fs::read_to_string(folder.join("expected/stderr"));
        let is_plan = name.starts_with("plan/");
        let stderr = if is_plan { Ok(String::new()) } else { stderr };
        let stderr = stderr.unwrap_or_else(|error| panic!("no case for `{name}`: {error}"));
        // The failure of a command has no code on a terminal, and a violated rule has its own name.
        let has_own_name = [Code::RunFailed, Code::PolicyViolated].contains(&code);
        let is_shown = has_own_name || stderr.lines().any(|line| line == name);
        if let Some(class) = name.strip_prefix("plan/") {
            let stdout = fs::read_to_string(folder.join("expected/stdout")).unwrap();
            let mark = format!("  ! {class} ");
            assert!(
                stdout.lines().any(|line| line.starts_with(&mark)),
                "{name}: {stdout}"
            );
            let codes: Vec<_> = plans(&folder)
                .iter()
                .flat_map(|plan| list(&plan["diagnostics"]))
                .map(|found| text(&found["code"]).to_owned())
                .collect();
            assert_eq!(codes, [name], "the findings of {}", folder.display());
            continue;
        }
        assert!(is_shown, "{name}: {stderr}");
        if !ONLY_IN_GENERATE.contains(&code) {
            let reports = reports(&folder);
            let findings = reports
                .iter()
                .flat_map(|report| list(&report["diagnostics"]));
            let codes = findings.map(|found| text(&found["code"]));
            // A waiver is about a violation.
            let is_waiver = name.starts_with("policy/waiver");
            let codes = codes.filter(|it| !(is_waiver && *it == Code::PolicyViolated.name()));
            let codes: Vec<_> = codes.collect();
            assert_eq!(codes, [name], "the findings of {}", folder.display());
        }
    }
}

#[test]
fn reports_are_what_the_schema_says() {
    let Some(cases) = cases() else { return };
    let schema = serde_json::from_str(score_schemas::DIAGNOSTICS).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut count = 0;
    for folder in folders(&cases) {
        for report in reports(&folder) {
            let problems = schema.iter_errors(&report);
            let problems = problems.map(|it| format!("{}: {it}", it.instance_path()));
            let problems: Vec<_> = problems.collect();
            assert!(problems.is_empty(), "{}: {problems:#?}", folder.display());
            Place { folder: &folder }.check(&report);
            count += 1;
        }
    }
    assert!(count > 50, "only {count} reports were found");
}

#[test]
fn plans_are_what_the_schema_says() {
    let Some(cases) = cases() else { return };
    let schema = serde_json::from_str(score_schemas::PLAN).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let plans = folders(&cases)
        .into_iter()
        .flat_map(|folder| plans(&folder));
    let plans: Vec<Value> = plans.collect();
    for plan in &plans {
        let problems = schema.iter_errors(plan);
        let problems: Vec<_> = problems
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{plan:#}: {problems:#?}");
        let findings = list(&plan["diagnostics"]).iter();
        let errors = findings.filter(|it| it["severity"] == "error" && it["waiver"].is_null());
        assert_eq!(plan["summary"]["errors"], errors.count());
    }
    assert!(plans.len() > 8, "only {} plans were found", plans.len());
}

/// The output of `plan -f json` of a case, which follows that of its other commands.
fn plans(folder: &Path) -> Vec<Value> {
    let commands = fs::read_to_string(folder.join("cmd")).unwrap();
    let is_plan = |command: &str| command.starts_with("plan ") && command.ends_with("-f json");
    let stdout = fs::read_to_string(folder.join("expected/stdout")).unwrap_or_default();
    let Some(start) = stdout.find("{\n").filter(|_| commands.lines().any(is_plan)) else {
        return Vec::new();
    };
    let values = Deserializer::from_str(&stdout[start..]).into_iter();
    values.collect::<Result<_, _>>().unwrap()
}

/// The folder of all cases; a published package has none.
fn cases() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    root.is_dir().then_some(root)
}

fn folders(cases: &Path) -> Vec<PathBuf> {
    let areas = entries(cases).into_iter();
    let folders = areas.flat_map(|(_, area)| entries(&area));
    folders.map(|(_, folder)| folder).collect()
}

/// The output of the commands of a case with `--format json`.
fn reports(folder: &Path) -> Vec<Value> {
    let commands = fs::read_to_string(folder.join("cmd")).unwrap();
    let prints_reports = |command: &str| {
        let words = shell_words::split(command).unwrap();
        words.first().is_some_and(|word| word == "validate")
            && words.windows(2).any(|pair| pair == ["--format", "json"])
    };
    if !commands.lines().any(prints_reports) {
        return Vec::new();
    }
    // A command that fails prints no report.
    let stdout = fs::read(folder.join("expected/stdout")).unwrap_or_default();
    let values = Deserializer::from_slice(&stdout).into_iter();
    let values = values.collect::<Result<_, _>>();
    values.unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A case whose reports are checked.
struct Place<'a> {
    folder: &'a Path,
}

impl Place<'_> {
    fn check(&self, report: &Value) {
        let case = self.folder.display();
        let findings = list(&report["diagnostics"]);
        // The file of a failure could not be read.
        let is_failure = |found: &&Value| found["code"] == Code::RunFailed.name();
        for found in findings.iter().filter(|found| !is_failure(found)) {
            for label in list(&found["labels"]) {
                self.lies_in_its_file(label);
            }
            if !found["fix"].is_null() {
                self.lies_in_its_file(&found["fix"]);
            }
            let first = &found["labels"][0];
            assert_eq!(first["file"], found["file"], "{case}: {found:#}");
            assert_eq!(first["range"], found["range"], "{case}: {found:#}");
        }
        for (severity, total) in [("error", "errors"), ("warning", "warnings")] {
            let of = findings
                .iter()
                .filter(|found| found["severity"] == severity && found["waiver"].is_null());
            assert_eq!(report["summary"][total], of.count(), "{case}: {total}");
        }
    }

    /// Checks that line, column and offset of a value with `file` and `range` agree.
    fn lies_in_its_file(&self, value: &Value) {
        let file = text(&value["file"]);
        if file.starts_with("--") {
            // An option is not a file.
            return;
        }
        let input = self.input(file);
        let mut before = 0;
        for end in ["start", "end"] {
            let at = &value["range"][end];
            let offset = usize::try_from(at["offset"].as_u64().unwrap()).unwrap();
            assert!(before <= offset, "{}: {value:#}", self.folder.display());
            before = offset;
            let Some(above) = input.get(..offset) else {
                panic!("{}: not in {file}: {value:#}", self.folder.display());
            };
            let line = above.matches('\n').count() + 1;
            let column = above.chars().rev().take_while(|c| *c != '\n').count() + 1;
            assert_eq!(at["line"], line, "{}: {value:#}", self.folder.display());
            assert_eq!(at["column"], column, "{}: {value:#}", self.folder.display());
        }
    }

    /// The contents of a file after the last command of the case. Invalid UTF-8 is replaced like in
    /// the command.
    fn input(&self, file: &str) -> String {
        let changed = self.folder.join("expected/files").join(file);
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provisioners");
        let path = match (file, file.strip_prefix("builtin:")) {
            ("<stdin>", _) => self.folder.join("stdin"),
            (_, Some(name)) => built_in.join(name),
            _ if changed.exists() => changed,
            _ => self.folder.join(file),
        };
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let chunks = bytes.utf8_chunks();
        chunks
            .map(|chunk| chunk.valid().to_owned() + &"?".repeat(chunk.invalid().len()))
            .collect()
    }
}
