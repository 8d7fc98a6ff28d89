//! `init --template`: built-in templates, packages, and templates that try to leave their folder.
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
use std::path::Path;
use std::process::{Command, Output};

use sandbox::binary;
use score_compiler::templates::{Template, TemplateFile};
use score_spec::Sources;
use score_templates::BUILTIN;

/// Runs the binary in a folder.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).env_clear();
    command.output().unwrap()
}

/// The standard error of a successful run.
fn fine(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    stderr
}

/// The standard error of a run that fails and writes nothing.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let before = names(folder);
    let output = run(folder, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?}: {stderr}");
    assert_eq!(names(folder), before, "{arguments:?}");
    stderr
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A template that writes a Score file.
fn web(folder: &Path) {
    let about = "{apiVersion: score-rs/v1, kind: Template, description: A,
      params: {properties: {name: {type: string, default: '{{ folder }}'}}}}";
    write(folder, "template.yaml", about);
    let text = "apiVersion: score.dev/v1b1\nmetadata: {name: {{ params.name }}}\n\
                containers: {main: {image: 'nginx:1.27'}}\n";
    write(folder, "score.yaml.jinja", text);
}

/// The sets of params of a built-in template, as options.
fn passes(name: &str, files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let mut sources = Sources::new();
    let (_, about) = files
        .iter()
        .find(|(path, _)| *path == "template.yaml")
        .unwrap();
    let about = sources.add("template.yaml", *about);
    let template = Template::read(&sources, about, Vec::<TemplateFile>::new(), &mut Vec::new());
    let template = template.unwrap();
    let passes = (0..template.passes().len()).map(|index| {
        let mut found = Vec::new();
        let values = template.values_of_pass(index, name, &sources, &mut found);
        let values = values.unwrap();
        let params = template.params().into_iter();
        let options = params.filter_map(|param| {
            let value = values.text(&param.name)?;
            Some(format!("--param={}={value}", param.name))
        });
        options.collect()
    });
    passes.collect()
}

#[test]
fn built_in_templates_are_valid_and_silent() {
    for (name, files) in BUILTIN {
        let passes = passes(name, files);
        assert!(passes.len() > 1, "{name}");
        for params in passes {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            let text = "{apiVersion: score-rs/v1, kind: Project, policies: {preset: baseline}}";
            write(folder, "score-rs.yaml", text);
            let mut arguments = vec!["init", "--template", name];
            arguments.extend(params.iter().map(String::as_str));
            let stderr = fine(folder, &arguments);
            assert!(stderr.starts_with("wrote score.yaml\n"), "{name}: {stderr}");
            let text = fs::read_to_string(folder.join("score.yaml")).unwrap();
            assert!(
                text.starts_with("# yaml-language-server: $schema="),
                "{text}"
            );
            for target in ["compose", "kubernetes", "helm"] {
                let stderr = fine(folder, &["validate", "-t", target]);
                assert_eq!(stderr, "1 file, no errors\n", "{name} {params:?} {target}");
                let out = format!("out-{target}");
                fine(folder, &["generate", "-t", target, "-o", &out]);
            }
        }
    }
}

#[test]
fn built_in_templates_take_annotations() {
    let settings = "{apiVersion: score-rs/v1, kind: Project, policies: {preset: baseline, \
                    levels: {metadata/owner: deny}, params: {metadata/owner: {annotation: acme.example/owner}}}}";
    for (name, _) in BUILTIN {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, "score-rs.yaml", settings);
        let init = [
            "init",
            "-t",
            name,
            "--param=name=app",
            "--param=image=registry.example/app:1.0",
        ];
        let stderr = refused(folder, &init);
        assert!(stderr.contains("metadata/owner"), "{name}: {stderr}");
        let annotations =
            "--param=annotations={acme.example/owner: team-shop, acme.example/tier: '1'}";
        fine(folder, &[&init[..], &[annotations]].concat());
    }
}

#[test]
fn templates_of_equal_names_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    web(&folder.join("templates/web"));
    write(
        folder,
        "score-rs.yaml",
        "{apiVersion: score-rs/v1, kind: Project}",
    );
    let output = run(folder, &["init", "--list", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = rows.as_array().unwrap().iter();
    let names: Vec<&str> = rows.map(|row| row["template"].as_str().unwrap()).collect();
    assert_eq!(names, ["web", "api", "cron", "built-in/web", "worker"]);
    let stderr = refused(folder, &["init", "-t", "webb"]);
    assert!(stderr.contains("did you mean `web`?"), "{stderr}");
    fs::create_dir(folder.join("own")).unwrap();
    fs::create_dir(folder.join("built-in")).unwrap();
    fine(
        &folder.join("own"),
        &["init", "-t", "web", "--param=name=own"],
    );
    fine(
        &folder.join("built-in"),
        &["init", "-t", "built-in/web", "--param=name=other"],
    );
    let own = fs::read_to_string(folder.join("own/score.yaml")).unwrap();
    assert!(own.contains("nginx:1.27"), "{own}");
}

#[test]
fn a_package_carries_templates() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    web(&folder.join("acme/templates/web"));
    write(folder, "acme/templates/web/bin/start.sh", "#!/bin/sh\n");
    #[cfg(unix)]
    set_mode(&folder.join("acme/templates/web/bin/start.sh"), 0o755);
    let project = folder.join("shop");
    write(
        &project,
        "score-rs.yaml",
        "{apiVersion: score-rs/v1, kind: Project}",
    );
    fine(&project, &["packages", "add", "../acme"]);
    let list = run(&project, &["packages", "list"]);
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(
        list.ends_with("acme  yes        3      ../acme\n"),
        "{list}"
    );
    let list = run(&project, &["init", "--list"]);
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("\nacme/web "), "{list}");
    let reviews = project.join("reviews-api");
    fs::create_dir(&reviews).unwrap();
    fine(&reviews, &["init", "--template", "acme/web"]);
    assert_eq!(names(&reviews), ["bin", "score.yaml"]);
    let text = fs::read_to_string(reviews.join("score.yaml")).unwrap();
    assert!(text.contains("name: reviews-api"), "{text}");
    #[cfg(unix)]
    assert_eq!(mode(&reviews.join("bin/start.sh")), 0o755);
    // A template with a mistake is not installed.
    write(
        folder,
        "broken/templates/web/template.yaml",
        "{kind: Template}",
    );
    let stderr = refused(&project, &["packages", "add", "../broken"]);
    assert!(
        stderr.contains("broken/templates/web/template.yaml:1:2"),
        "{stderr}"
    );
    // A changed file of the package is not used.
    let other = project.join("other");
    fs::create_dir(&other).unwrap();
    let installed = ".score-rs/provisioners/acme/templates/web/score.yaml.jinja";
    write(&project, installed, "changed");
    let stderr = refused(&other, &["init", "--template", "acme/web"]);
    assert!(stderr.contains("package/changed"), "{stderr}");
}

#[test]
fn nothing_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    web(&folder.join("template"));
    write(folder, "template/b/c.txt", "c");
    let init = ["init", "--template", "../template"];
    for (number, existing) in ["score.yaml", "b/c.txt", "b"].into_iter().enumerate() {
        let here = folder.join(number.to_string());
        write(&here, existing, "mine");
        refused(&here, &init);
        assert_eq!(fs::read_to_string(here.join(existing)).unwrap(), "mine");
    }
    // A folder that exists is used.
    let here = folder.join("fine");
    write(&here, "b/d.txt", "mine");
    fine(&here, &init);
    assert_eq!(names(&here.join("b")), ["c.txt", "d.txt"]);
}

#[test]
#[cfg(unix)]
fn links_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    web(&folder.join("template"));
    write(folder, "template/b/c.txt", "c");
    write(folder, "outside/secret", "secret");
    // In the working folder.
    for (number, name) in ["b", "score.yaml"].into_iter().enumerate() {
        let here = folder.join(number.to_string());
        fs::create_dir(&here).unwrap();
        symlink("../outside", here.join(name)).unwrap();
        refused(&here, &["init", "--template", "../template"]);
        assert_eq!(names(&folder.join("outside")), ["secret"]);
    }
    // In the template.
    let here = folder.join("here");
    fs::create_dir(&here).unwrap();
    for (number, target) in ["../outside/secret", "../outside", "missing", "."]
        .into_iter()
        .enumerate()
    {
        let template = folder.join(format!("linked-{number}"));
        web(&template);
        symlink(target, template.join("link")).unwrap();
        let argument = format!("../linked-{number}");
        let stderr = refused(&here, &["init", "--template", &argument]);
        assert!(stderr.contains("it is a symbolic link"), "{stderr}");
    }
    // Another template of the project does not matter.
    let linked = here.join("templates/linked");
    web(&linked);
    symlink("missing", linked.join("link")).unwrap();
    refused(&here, &["init", "--template", "linked"]);
    fine(&here, &["init", "--template", "web"]);
}

#[test]
fn large_templates_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let here = folder.join("here");
    fs::create_dir(&here).unwrap();
    let large = folder.join("large");
    web(&large);
    write(&large, "a.bin", &"x".repeat((1 << 20) + 1));
    let stderr = refused(&here, &["init", "--template", "../large"]);
    assert!(stderr.contains("larger than 1 MiB"), "{stderr}");
    let many = folder.join("many");
    web(&many);
    for number in 0..256 {
        write(&many, &format!("{number}.txt"), "x");
    }
    let stderr = refused(&here, &["init", "--template", "../many"]);
    assert!(stderr.contains("more than 256 files"), "{stderr}");
    let deep = folder.join("deep");
    web(&deep);
    write(&deep, &("a/".repeat(20) + "x"), "x");
    let stderr = refused(&here, &["init", "--template", "../deep"]);
    assert!(stderr.contains("too many folders"), "{stderr}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    web(&folder.join("template"));
    write(folder, "template/{{ params.name }}.txt", "x");
    let here = folder.join("here");
    fs::create_dir(&here).unwrap();
    for value in ["a\u{1b}[31mb", "a\nwrote: b", "a\u{202e}b", "\u{7}"] {
        let param = format!("--param=name={value}");
        let stderr = refused(&here, &["init", "--template", "../template", &param]);
        let is_clean = !stderr.contains('\u{1b}') && !stderr.contains("\nwrote");
        assert!(is_clean && !stderr.contains('\u{202e}'), "{stderr:?}");
    }
}

#[test]
fn a_project_with_errors_is_not_extended() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "score-rs.yaml",
        "{apiVersion: score-rs/v1, kind: Project}",
    );
    write(
        folder,
        "environments/dev.yaml",
        "{apiVersion: score-rs/v1, kind: Environment}",
    );
    let prod = "{apiVersion: score-rs/v1, kind: Environment, target: kubernetes, policies: {levels: {probe/readiness: deny}}}";
    write(folder, "environments/prod.yaml", prod);
    web(&folder.join("templates/bare"));
    let here = folder.join("reviews");
    fs::create_dir(&here).unwrap();
    let stderr = refused(&here, &["init", "--template", "web", "--param=name=X"]);
    assert!(stderr.contains("template/params"), "{stderr}");
    let other = folder.join("templates/web-like");
    web(&other);
    let service = "service: {ports: {web: {port: 80}}}\n";
    let path = other.join("score.yaml.jinja");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text + service).unwrap();
    let stderr = refused(&here, &["init", "--template", "web-like"]);
    assert!(stderr.contains("probe/readiness"), "{stderr}");
    fine(&here, &["init", "--template", "web"]);
    fine(folder, &["validate", "--all-envs"]);
    fine(folder, &["generate", "--all-envs"]);
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
