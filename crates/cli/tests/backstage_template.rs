//! `export backstage-template`: its skeleton, filled in, is what `init` writes, and its folder is kept up to date.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sandbox::binary;
use serde_json::{Value, json};

/// The example of a platform team.
const EXAMPLE: &str = "../../examples/golden-paths";
/// A template whose files contain tags of other engines.
const HOSTILE: &str = "../../tests/cases/export/backstage-template";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).env_clear();
    command.output().unwrap()
}

fn fine(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    stderr
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The files below a folder by their paths, with whether they are executable.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, bool)> {
    let mut found = BTreeMap::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(folder.join(&inner)).unwrap() {
            let entry = entry.unwrap();
            let path = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else {
                let known = entry.metadata().unwrap();
                let file = (fs::read(entry.path()).unwrap(), is_executable(&known));
                found.insert(path.to_str().unwrap().replace('\\', "/"), file);
            }
        }
    }
    found
}

#[cfg(unix)]
fn is_executable(known: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    known.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// A string of the skeleton with values. It knows no more of Nunjucks than the export uses.
fn filled(text: &str, values: &Value) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${{ ") {
        let (expression, after) = behind.split_once(" }}").unwrap();
        out.push_str(before);
        if let Some(literal) = expression.strip_prefix('"') {
            out.push_str(literal.strip_suffix('"').unwrap());
        } else {
            let name = expression.strip_prefix("values.").unwrap();
            let json = name.strip_suffix(" | dump");
            let value = &values[json.unwrap_or(name)];
            match value {
                Value::Null => panic!("no value for {name}"),
                Value::String(text) if json.is_none() => out.push_str(text),
                value => out.push_str(&value.to_string()),
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The files of a skeleton with values.
fn rendered(skeleton: &Path, values: &Value) -> BTreeMap<String, (Vec<u8>, bool)> {
    let files = files(skeleton).into_iter().map(|(path, (bytes, mode))| {
        let path = filled(&path, values);
        match path.strip_suffix(".jinja") {
            None => (path, (bytes, mode)),
            Some(path) => {
                let text = filled(std::str::from_utf8(&bytes).unwrap(), values);
                (path.to_owned(), (text.into_bytes(), mode))
            }
        }
    });
    files.collect()
}

/// Compares the files of `init` with the skeleton, for sets of params.
fn compare(project: &Path, template: &str, sets: &[Value]) {
    fine(
        project,
        &["export", "backstage-template", template, "-o", "../portal"],
    );
    for (index, values) in sets.iter().enumerate() {
        let folder = project.join(format!("services/s{index}"));
        fs::create_dir_all(&folder).unwrap();
        let mut arguments = vec![
            "init".to_owned(),
            "--template".to_owned(),
            template.to_owned(),
        ];
        for (name, value) in values.as_object().unwrap() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            arguments.push(format!("--param={name}={text}"));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        fine(&folder, &arguments);
        let expected = files(&folder);
        assert!(expected.len() > 1, "{expected:?}");
        let filled = rendered(&project.join("../portal/skeleton"), values);
        for (path, (bytes, _)) in &expected {
            let found = filled
                .get(path)
                .map(|(bytes, _)| String::from_utf8_lossy(bytes));
            assert_eq!(found, Some(String::from_utf8_lossy(bytes)), "{path}");
        }
        assert_eq!(filled, expected);
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn the_skeleton_is_what_init_writes() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("shop");
    copy(Path::new(HOSTILE), &project);
    compare(
        &project,
        "web",
        &[
            json!({"name": "s0", "owner": "team-shop", "title": "A", "port": 8080, "debug": false, "tags": ["a"]}),
            json!({"name": "no", "owner": "team-payments", "title": "\"\\é ${{ values.name }} {% if %} {# {{ x }}",
                   "port": 1, "debug": true, "tags": []}),
            json!({"name": "a-b", "owner": "team-shop", "title": "", "port": 65535, "debug": true,
                   "tags": ["}}", "its", "#}", "\u{1f600}"]}),
        ],
    );
}

#[test]
fn the_example_is_a_package() {
    let example = Path::new(EXAMPLE);
    if !example.is_dir() {
        // A published package has no examples.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    copy(example, &folder.path().join("golden-paths"));
    let stderr = fine(&folder.path().join("golden-paths"), &["test"]);
    assert!(stderr.ends_with("4 template tests passed\n"), "{stderr}");
    assert!(
        !stderr.contains("template/") && !stderr.contains(": warning"),
        "{stderr}"
    );

    let project = folder.path().join("shop");
    fs::create_dir_all(project.join("environments")).unwrap();
    let settings = "{apiVersion: score-rs/v1, kind: Project, name: shop, policies: {from: ['package:acme'], preset: restricted}}";
    fs::write(project.join("score-rs.yaml"), settings).unwrap();
    for name in ["staging", "prod"] {
        let text = "{apiVersion: score-rs/v1, kind: Environment, extends: 'package:acme/cluster'}";
        fs::write(project.join(format!("environments/{name}.yaml")), text).unwrap();
    }
    let dev = "{apiVersion: score-rs/v1, kind: Environment, target: compose}";
    fs::write(project.join("environments/dev.yaml"), dev).unwrap();
    fine(
        &project,
        &["packages", "add", "../golden-paths", "--name", "acme"],
    );
    let new = project.join("services/reviews-api");
    fs::create_dir_all(&new).unwrap();
    let init = ["init", "--template", "acme/web", "--param"];
    let stderr = fine(&new, &[&init[..], &["owner=team-shop"]].concat());
    let expected = "wrote README.md, catalog-info.yaml, score.prod.yaml, score.yaml\n";
    assert!(stderr.starts_with(expected), "{stderr}");
    assert_eq!(
        fine(&project, &["validate", "--all-envs"]),
        "1 file, no errors\n"
    );
    fine(&project, &["generate", "--all-envs"]);
    fs::remove_dir_all(&new).unwrap();

    compare(
        &project,
        "acme/web",
        &[
            json!({"name": "s0", "owner": "team-shop", "version": "1.0.0", "port": 8080, "size": "1Gi"}),
            json!({"name": "other", "owner": "team-payments", "version": "12.0.1", "port": 1024, "size": "10Gi"}),
        ],
    );
    let refused = run(
        &project,
        &[
            "export",
            "backstage-template",
            "acme/worker",
            "-o",
            "../worker",
        ],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(!folder.path().join("worker").exists());
}

#[test]
fn obsolete_files_are_found_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let about = "{apiVersion: score-rs/v1, kind: Template, description: A}\n";
    fs::create_dir_all(folder.join("web/docs/deep")).unwrap();
    fs::write(folder.join("web/template.yaml"), about).unwrap();
    fs::write(folder.join("web/docs/deep/a.txt"), "a\n").unwrap();
    fs::write(folder.join("web/b.txt"), "b\n").unwrap();
    let export = ["export", "backstage-template", "./web", "-o", "out"];
    let check = [&export[..], &["--check"]].concat();
    let output = run(folder, &check);
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.join("out").exists());
    assert_eq!(fine(folder, &export), "wrote out/\n");
    assert_eq!(fine(folder, &export), "unchanged out/\n");
    assert_eq!(fine(folder, &check), "out is up to date\n");

    // A file of the user survives, in a folder of the export, too.
    fs::write(folder.join("out/skeleton/docs/mine.txt"), "mine\n").unwrap();
    fs::remove_dir_all(folder.join("web/docs")).unwrap();
    fs::write(folder.join("web/c.txt"), "c\n").unwrap();
    let output = run(folder, &check);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    for line in [
        "out/template.yaml differs\n",
        "out/skeleton/c.txt is missing\n",
        "out/skeleton/docs/deep/a.txt is left over\n",
    ] {
        assert!(stderr.contains(line), "{stderr}");
    }
    assert_eq!(fine(folder, &export), "wrote out/\n");
    assert!(!folder.join("out/skeleton/docs/deep").exists());
    let kept: Vec<String> = files(&folder.join("out")).into_keys().collect();
    let expected = [
        "skeleton/b.txt",
        "skeleton/c.txt",
        "skeleton/docs/mine.txt",
        "template.yaml",
    ];
    assert_eq!(kept, expected);
    assert_eq!(fine(folder, &check), "out is up to date\n");

    // A file of the user is not replaced by a new file of the template.
    fs::write(folder.join("web/d.txt"), "d\n").unwrap();
    fs::write(folder.join("out/skeleton/d.txt"), "mine\n").unwrap();
    let before = files(&folder.join("out"));
    assert_eq!(run(folder, &export).status.code(), Some(2));
    assert_eq!(files(&folder.join("out")), before);
}

#[test]
fn lists_of_others_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let about = "{apiVersion: score-rs/v1, kind: Template, description: A}\n";
    fs::create_dir_all(folder.join("web")).unwrap();
    fs::create_dir_all(folder.join("out/skeleton")).unwrap();
    fs::write(folder.join("web/template.yaml"), about).unwrap();
    fs::write(folder.join("web/a.txt"), "a\n").unwrap();
    fs::write(folder.join("precious.txt"), "p\n").unwrap();
    fs::write(folder.join("out/README.md"), "r\n").unwrap();
    let list = "# Written by score-rs from a template: x\n# - skeleton/../../precious.txt\n# - ../precious.txt\n\
                # - README.md\n# - /etc/hostname\n# - skeleton/none/../../README.md\n# - own/key\n\
                # - skeleton/.git/HEAD\n# - skeleton/.score-rs/key\n";
    fs::write(folder.join("out/template.yaml"), list).unwrap();
    let others = ["own/key", "skeleton/.git/HEAD", "skeleton/.score-rs/key"];
    let others = others.map(|path| folder.join("out").join(path));
    for other in &others {
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        fs::write(other, "o\n").unwrap();
    }
    fine(
        folder,
        &["export", "backstage-template", "./web", "-o", "out"],
    );
    assert!(folder.join("precious.txt").exists());
    assert!(folder.join("out/README.md").exists());
    assert!(others.iter().all(|other| other.exists()));
}
