//! Provisioner packages from local folders and Git: installed files, the lock file, and rejected
//! sources. Packages from servers are tested in `fetch.rs`.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;
use std::path::Path;
use std::process::Command;

use sandbox::{Outcome, Sandbox};

/// A provisioner of this type.
fn provisioner(kind: &str, answer: &str) -> String {
    format!(
        "apiVersion: score-rs/v1\nkind: Provisioner\ntype: {kind}\noutputs:\n  properties:\n    \
         answer: {{}}\nvalues:\n  answer: {answer}\n"
    )
}

/// A workload that uses the output of a resource of this type.
fn workload(kind: &str) -> String {
    format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: web}}\ncontainers:\n  main:\n    image: web:1\n    \
         variables:\n      ANSWER: ${{resources.it.answer}}\nresources:\n  it: {{type: {kind}}}\n"
    )
}

/// A project, with other folders of a test beside it.
struct Project(Sandbox);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(Sandbox::new("project"));
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.folder().join(path)).unwrap()
    }

    fn set_mode(&self, path: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.folder().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The installed files, with the folders of their packages.
    fn installed(&self) -> Vec<String> {
        let files = self.0.files().into_keys();
        let files =
            files.filter_map(|path| Some(path.strip_prefix(".score-rs/provisioners/")?.to_owned()));
        files.collect()
    }

    #[track_caller]
    fn run(&self, line: &str, exit: i32) -> String {
        let arguments = shell_words::split(line).unwrap();
        let Outcome {
            stderr,
            exit: found,
            ..
        } = self.0.run(&arguments, b"");
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(found, exit, "{line}: {stderr}");
        stderr
    }

    /// Runs a command, and returns its standard output and standard error.
    #[track_caller]
    fn output(&self, line: &str, exit: i32) -> (String, String) {
        let outcome = self.0.run(&shell_words::split(line).unwrap(), b"");
        let [stdout, stderr] =
            [outcome.stdout, outcome.stderr].map(|it| String::from_utf8(it).unwrap());
        assert_eq!(outcome.exit, exit, "{line}: {stderr}");
        (stdout, stderr)
    }

    /// Runs Git in a repository beside the project.
    fn git(&self, arguments: &[&str]) -> String {
        let folder = self.0.folder().parent().unwrap().join("repo");
        fs::create_dir_all(&folder).unwrap();
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(["-c", "core.hooksPath=/dev/null"])
            .args(arguments)
            .current_dir(&folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The source for the repository beside the project.
    fn repository(&self, rest: &str) -> String {
        let folder = self.0.folder().parent().unwrap().join("repo");
        format!("'git+file://{}{rest}'", folder.display())
    }
}

#[track_caller]
fn says(text: &str, part: &str) {
    let flat = text
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect::<Vec<_>>()
        .join(" ");
    assert!(flat.contains(part), "{part:?} not in:\n{text}");
}

fn has_git() -> bool {
    Command::new("git").arg("--version").output().is_ok()
}

#[test]
fn what_is_installed_is_what_was_locked() {
    let project = Project::new(&[
        ("score.yaml", &workload("oracle")),
        ("../platform/oracle.yaml", &provisioner("oracle", "42")),
        ("../platform/notes.txt", "no provisioner"),
    ]);
    says(
        &project.run("provisioners add ../platform", 0),
        "added platform, which handles oracle",
    );
    project.run("generate --locked", 0);
    assert!(project.read("compose.yaml").contains("ANSWER: \"42\""));

    // A fresh checkout has a lock file, but no installed packages.
    fs::remove_dir_all(project.0.folder().join(".score-rs")).unwrap();
    let compose = project.read("compose.yaml");
    says(
        &project.run("generate", 1),
        "the package `platform` is not installed",
    );
    assert_eq!(project.read("compose.yaml"), compose);
    project.run("provisioners install", 0);
    project.run("generate", 0);

    project.write(
        ".score-rs/provisioners/platform/oracle.yaml",
        &provisioner("oracle", "43"),
    );
    for command in [
        "generate",
        "validate",
        "resources list",
        "schema --project",
        "provisioners list",
    ] {
        says(
            &project.run(command, 1),
            "`.score-rs/provisioners/platform/oracle.yaml` differs from the lock file",
        );
    }
    assert_eq!(project.read("compose.yaml"), compose);
    project.run("provisioners install", 0);
    project.run("generate", 0);
}

#[test]
fn a_source_that_has_changed_is_refused_until_it_is_accepted() {
    let project = Project::new(&[("../platform/oracle.yaml", &provisioner("oracle", "42"))]);
    project.run("provisioners add ../platform", 0);
    let lock = project.read("score-rs.lock");
    project.write("../platform/oracle.yaml", &provisioner("oracle", "43"));
    project.write("../platform/new.yaml", &provisioner("new", "1"));
    says(&project.run("provisioners install", 0), "nothing to do");
    let checked = project.run("provisioners update --check", 1);
    says(
        &checked,
        "platform would change: new.yaml is new, oracle.yaml has changed",
    );
    fs::remove_dir_all(project.0.folder().join(".score-rs")).unwrap();
    says(
        &project.run("provisioners install", 2),
        "`oracle.yaml` in `../platform` differs from the locked version",
    );
    assert_eq!(project.read("score-rs.lock"), lock);
    project.run("provisioners update platform", 0);
    assert_ne!(project.read("score-rs.lock"), lock);
    says(
        &project.run("provisioners update --check", 0),
        "platform is up to date",
    );
    project.run("provisioners remove platform", 0);
    assert!(
        !project
            .0
            .folder()
            .join(".score-rs/provisioners/platform")
            .exists()
    );
    says(
        &project.run("provisioners update platform", 2),
        "unknown package `platform`",
    );
}

/// A broken package changes nothing.
#[test]
fn what_is_wrong_is_not_installed() {
    let project = Project::new(&[
        (
            "../wrong/oracle.yaml",
            "apiVersion: score-rs/v1\nkind: Provisioner\ntyp: oracle\n",
        ),
        ("../empty/values.yaml", "a: b"),
        ("../odd/ä.yaml", &provisioner("oracle", "42")),
    ]);
    says(
        &project.run("provisioners add ../wrong", 1),
        "did you mean `type`?",
    );
    says(
        &project.run("provisioners add ../empty", 2),
        "none of its YAML files contains `kind: Provisioner`",
    );
    says(
        &project.run("provisioners add ../odd", 2),
        "the file `ä.yaml` cannot be part of a package",
    );
    says(
        &project.run("provisioners add ../none", 2),
        "it does not exist",
    );
    says(
        &project.run("provisioners add https://me:secret@example.com/a.yaml", 2),
        "it contains a password",
    );
    assert!(!project.0.folder().join("score-rs.lock").exists());
    assert!(!project.0.folder().join(".score-rs").exists());
}

/// The files of all templates count together, and no path differs from another one only in case.
#[test]
fn files_of_templates_have_limits() {
    let project = Project::new(&[("../many/oracle.yaml", &provisioner("oracle", "42"))]);
    for number in 0..300 {
        let path = format!("../many/templates/t{number}/template.yaml");
        project.write(
            &path,
            "{apiVersion: score-rs/v1, kind: Template, description: A}",
        );
    }
    says(
        &project.run("provisioners add ../many", 2),
        "the package has more than 256 files",
    );
    project.write("../alike/oracle.yaml", &provisioner("oracle", "42"));
    for name in ["template.yaml", "README.md", "readme.md"] {
        project.write(
            &format!("../alike/templates/web/{name}"),
            "{apiVersion: score-rs/v1, kind: Template, description: A}",
        );
    }
    says(
        &project.run("provisioners add ../alike", 2),
        "`templates/web/README.md` and `templates/web/readme.md`",
    );
    assert!(!project.0.folder().join("score-rs.lock").exists());
}

/// A change that fails at its last step, the lock file, undoes the others.
#[test]
fn nothing_is_left_half_done() {
    let project = Project::new(&[("../platform/oracle.yaml", &provisioner("oracle", "42"))]);
    // A file left by a killed run.
    project.write(
        ".score-rs/.score-rs-0123456789abcdef.tmp/new/platform/oracle.yaml",
        "",
    );
    project.run("provisioners add ../platform", 0);
    let installed = project.read(".score-rs/provisioners/platform/oracle.yaml");
    project.write("../platform/oracle.yaml", &provisioner("oracle", "43"));
    let lock = project.0.folder().join("score-rs.lock");
    // The target of this link does not exist, and cannot be created.
    let text = project.read("score-rs.lock");
    fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink("nowhere/score-rs.lock", &lock).unwrap();
    project.run("provisioners add ../platform", 2);
    fs::remove_file(&lock).unwrap();
    project.write("score-rs.lock", &text);
    assert_eq!(
        project.read(".score-rs/provisioners/platform/oracle.yaml"),
        installed
    );
    let left = fs::read_dir(project.0.folder().join(".score-rs")).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".gitignore", "provisioners"]);
}

#[test]
fn only_what_is_pinned_counts_where_that_is_asked() {
    let project = Project::new(&[
        ("score.yaml", &workload("oracle")),
        (
            "score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [own/]\n",
        ),
        ("own/oracle.yaml", &provisioner("oracle", "42")),
        ("../elsewhere.yaml", &provisioner("oracle", "43")),
        ("inner/extra.yaml", &provisioner("extra", "1")),
    ]);
    project.run("validate --locked", 0);
    project.run("validate --locked --provisioners inner", 0);
    project.run("validate --provisioners ../elsewhere.yaml", 0);
    let said = project.run("validate --locked --provisioners ../elsewhere.yaml", 1);
    says(
        &said,
        "the provisioners `../elsewhere.yaml` are neither in the project folder nor in the lock file",
    );
    std::os::unix::fs::symlink(
        "../../elsewhere.yaml",
        project.0.folder().join("own/link.yaml"),
    )
    .unwrap();
    says(
        &project.run("validate", 1),
        "it leads out of the project folder",
    );
    fs::remove_file(project.0.folder().join("own/link.yaml")).unwrap();
    project.write(
        ".score-rs/provisioners/dropped.yaml",
        &provisioner("oracle", "44"),
    );
    says(
        &project.run("validate", 0),
        "does not belong to a package in the lock file and has no effect",
    );
    project.run("validate --locked", 1);
    says(
        &project.run("provisioners install", 0),
        "removed `.score-rs/provisioners/dropped.yaml`",
    );
    project.run("validate --locked", 0);
}

/// Files of the project take precedence over packages, and packages over those after them in the
/// lock file.
#[test]
fn packages_have_an_order() {
    let project = Project::new(&[
        ("score.yaml", &workload("redis")),
        ("../b/redis.yaml", &provisioner("redis", "from-b")),
        ("../a/redis.yaml", &provisioner("redis", "from-a")),
        ("own.yaml", &provisioner("redis", "from-the-project")),
    ]);
    let answer = |option: &str, expected: &str| {
        project.run(&format!("generate {option}"), 0);
        let compose = project.read("compose.yaml");
        assert!(compose.contains(expected), "{compose}");
    };
    project.run("provisioners add ../b", 0);
    project.run("provisioners add ../a", 0);
    answer("", "from-b");
    answer("--provisioners own.yaml", "from-the-project");
    project.run("provisioners remove b", 0);
    answer("", "from-a");
}

#[test]
fn git_repositories_are_pinned_to_commits() {
    if !has_git() {
        return;
    }
    let project = Project::new(&[
        ("../repo/aws/oracle.yaml", &provisioner("oracle", "42")),
        ("../repo/aws/values.yaml", "a: b"),
        ("../repo/README.md", "hello"),
    ]);
    project.git(&["init", "-q", "-b", "main"]);
    let commit = || {
        project.git(&["add", "."]);
        project.git(&["commit", "-q", "-m", "change"]);
        project.git(&["rev-parse", "HEAD"])
    };
    let first = commit();
    project.git(&["tag", "v1"]);
    let add = |rest: &str, exit| {
        project.run(
            &format!("provisioners add {}", project.repository(rest)),
            exit,
        )
    };
    add("//aws?ref=main", 0);
    assert!(project.read("score-rs.lock").contains(&first));

    project.write("../repo/aws/oracle.yaml", &provisioner("oracle", "43"));
    let second = commit();
    // The branch has changed, but the locked commit is still available.
    fs::remove_dir_all(project.0.folder().join(".score-rs")).unwrap();
    project.run("provisioners install", 0);
    assert!(
        project
            .read(".score-rs/provisioners/aws/oracle.yaml")
            .contains("42")
    );
    says(
        &project.run("provisioners update", 0),
        "oracle.yaml has changed",
    );
    assert!(project.read("score-rs.lock").contains(&second));
    // Another ref of the same package replaces it.
    add("//aws?ref=v1", 0);
    assert!(project.read("score-rs.lock").contains(&first));
    assert_eq!(project.read("score-rs.lock").matches("name:").count(), 1);
    add(&format!("//aws/oracle.yaml?ref={second}"), 0);
    assert!(
        project
            .read(".score-rs/provisioners/oracle/oracle.yaml")
            .contains("43")
    );

    says(&add("//aws?ref=v2", 2), "works and lists `v2`");
    says(&add("//gcp", 2), "the repository has no `gcp`");
    says(&add("", 2), "it has no YAML files");
    says(&add("-none//other", 2), "`git fetch` failed");
}

/// Nothing in a repository is executed, and links in it are not followed.
#[test]
fn git_repositories_are_only_read() {
    if !has_git() {
        return;
    }
    let project = Project::new(&[
        ("../repo/oracle.yaml", &provisioner("oracle", "42")),
        ("../repo/.gitattributes", "* filter=evil text eol=crlf\n"),
    ]);
    project.git(&["init", "-q"]);
    let link = project.0.folder().parent().unwrap().join("repo/link.yaml");
    std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
    project.git(&["add", "."]);
    project.git(&["commit", "-q", "-m", "first"]);
    project.run(&format!("provisioners add {}", project.repository("")), 0);
    assert_eq!(
        project.read(".score-rs/provisioners/repo/oracle.yaml"),
        provisioner("oracle", "42")
    );
    assert!(
        !project
            .0
            .folder()
            .join(".score-rs/provisioners/repo/link.yaml")
            .exists()
    );
    says(
        &project.run(
            &format!("provisioners add {}", project.repository("//link.yaml")),
            2,
        ),
        "is a link",
    );
}

/// A provisioner of this type whose output `answer` is that of its command.
fn commanded(kind: &str, command: &str) -> String {
    format!(
        "apiVersion: score-rs/v1\nkind: Provisioner\ntype: {kind}\noutputs:\n  properties:\n    answer: {{}}\n\
         run:\n  command: {command}\n  environment: [PATH]\nvalues:\n  answer: \"{{{{ run.answer }}}}\"\n"
    )
}

/// A script that answers with the contents of a file beside the provisioner.
const SCRIPT: &str = "#!/bin/sh\nprintf '{\"version\": \"score-rs/run/v1\", \"values\": {\"answer\": %s}}' \"$(cat \"$1\")\"\n";

/// A package whose provisioner needs a script and a file.
fn with_script() -> Project {
    let project = Project::new(&[
        ("score.yaml", &workload("oracle")),
        (
            "../platform/oracle.yaml",
            &commanded("oracle", "[./bin/ask.sh, ./data/answer.json]"),
        ),
        ("../platform/bin/ask.sh", SCRIPT),
        ("../platform/bin/other.sh", SCRIPT),
        ("../platform/data/answer.json", "42"),
    ]);
    project.set_mode("../platform/bin/ask.sh", 0o755);
    project
}

#[test]
fn a_package_carries_what_its_provisioners_need() {
    let project = with_script();
    for (path, text) in [
        (
            "rules.yaml",
            "apiVersion: score-rs/v1\nkind: Policy\nname: acme\n",
        ),
        (
            "base.yaml",
            "apiVersion: score-rs/v1\nkind: Environment\nabstract: true\n",
        ),
        ("waivers.yaml", "apiVersion: score-rs/v1\nkind: Waivers\n"),
        ("values.yaml", "a: b\n"),
        (
            "templates/web/template.yaml",
            "apiVersion: score-rs/v1\nkind: Template\ndescription: A\n",
        ),
        (
            "templates/web/{{ params.name }}/score.yaml.jinja",
            "{{ params.name }}",
        ),
        ("templates/web/.gitignore", "*.log"),
        ("templates/notes/README.md", "no template"),
    ] {
        project.write(&format!("../platform/{path}"), text);
    }
    let said = project.run("provisioners add ../platform", 0);
    says(
        &said,
        "added platform, which handles oracle and contains 1 environment, 1 policy file, 1 template",
    );
    let expected = [
        "base.yaml",
        "bin/ask.sh",
        "data/answer.json",
        "oracle.yaml",
        "rules.yaml",
        "templates/web/.gitignore",
        "templates/web/template.yaml",
        "templates/web/{{ params.name }}/score.yaml.jinja",
    ];
    assert_eq!(
        project.installed(),
        expected.map(|file| format!("platform/{file}"))
    );
    let lock = project.read("score-rs.lock");
    assert_eq!(lock.matches("sha256:").count(), expected.len());
    assert_eq!(lock.matches("executable: true").count(), 1);
    project.run("generate --locked", 0);
    assert!(project.read("compose.yaml").contains("ANSWER: \"42\""));

    // The mode is restored with the contents.
    fs::remove_dir_all(project.0.folder().join(".score-rs")).unwrap();
    project.run("provisioners install", 0);
    project.run("generate --locked", 0);
    assert_eq!(project.installed().len(), expected.len());
}

#[test]
fn a_script_that_differs_is_not_executed() {
    let project = with_script();
    project.run("provisioners add ../platform", 0);
    let script = ".score-rs/provisioners/platform/bin/ask.sh";
    project.write(script, &SCRIPT.replace("cat", "echo"));
    says(
        &project.run("generate", 1),
        "`.score-rs/provisioners/platform/bin/ask.sh` differs from the lock file",
    );
    project.run("provisioners install", 0);
    project.set_mode(script, 0o644);
    says(&project.run("generate", 1), "differs from the lock file");
    project.run("provisioners install", 0);
    project.write(".score-rs/provisioners/platform/bin/added.sh", SCRIPT);
    says(&project.run("generate", 0), "does not belong to a package");
    project.run("provisioners install", 0);
    project.run("generate --locked", 0);

    // The source changes only the mode.
    project.set_mode("../platform/data/answer.json", 0o755);
    fs::remove_dir_all(project.0.folder().join(".score-rs")).unwrap();
    says(
        &project.run("provisioners install", 2),
        "`data/answer.json` in `../platform` differs",
    );
    says(
        &project.run("provisioners update", 0),
        "data/answer.json has changed",
    );
}

/// A command can change files, but not what another command executes.
#[test]
fn a_script_is_verified_when_it_is_executed() {
    let project = with_script();
    project.write("../evil/a.yaml", &commanded("evil", "[sh, ./change.sh]"));
    project.write(
        "../evil/change.sh",
        &format!(
            "echo '# changed' >>../platform/bin/ask.sh\n{}",
            SCRIPT.replace("$(cat \"$1\")", "1")
        ),
    );
    project.run("provisioners add ../evil", 0);
    project.run("provisioners add ../platform", 0);
    let both = workload("evil") + "  second: {type: oracle}\n";
    project.write("score.yaml", &both);
    let said = project.run("generate", 1);
    says(
        &said,
        "the command `./bin/ask.sh` is not started: `.score-rs/provisioners/platform/bin/ask.sh` differs from the lock file",
    );
}

/// The output after an update is shown before the update, and nothing changes.
#[test]
fn the_effect_of_an_update_is_visible_before() {
    let project = Project::new(&[
        ("score.yaml", &workload("oracle")),
        ("../platform/oracle.yaml", &provisioner("oracle", "42")),
    ]);
    project.run("provisioners add ../platform", 0);
    project.run("generate", 0);
    says(
        &project.run("provisioners update --diff", 0),
        "platform is up to date",
    );
    project.write("../platform/oracle.yaml", &provisioner("oracle", "43"));
    let files = project.0.files();
    for (options, exit) in [("--diff", 0), ("--diff --check", 1)] {
        // The lock file of a checkout does not decide that a log shows files outside the project.
        let (shown, said) = project.output(&format!("provisioners update {options}"), 2);
        says(
            &said,
            "shown only if you name it, because `../platform` is outside the project",
        );
        assert!(!shown.contains("43"), "{shown}");
        let (shown, said) =
            project.output(&format!("provisioners update {options} platform"), exit);
        says(&said, "platform would change: oracle.yaml has changed");
        says(&shown, "- ANSWER: \"42\" + ANSWER: \"43\"");
        assert!(files == project.0.files());
    }
    // An update with which the project does not compile is an error.
    project.write("../platform/oracle.yaml", &provisioner("seer", "43"));
    says(
        &project.run("provisioners update --diff platform", 1),
        "oracle",
    );
    assert!(files == project.0.files());
    says(
        &project.run("provisioners update --env prod", 2),
        "add `--diff` or `--plan`",
    );

    // With environments, all of them are compared.
    let environment = "apiVersion: score-rs/v1\nkind: Environment\ntarget: compose\noutput: ";
    for name in ["prod", "test"] {
        let text = format!("{environment}deploy/{name}.yaml\n");
        project.write(&format!("environments/{name}.yaml"), &text);
    }
    project.write("score-rs.yaml", "apiVersion: score-rs/v1\nkind: Project\n");
    project.run("generate --all-envs", 0);
    project.write("../platform/oracle.yaml", &provisioner("oracle", "44"));
    let (shown, _) = project.output("provisioners update --diff platform", 0);
    assert_eq!(shown.matches("44").count(), 2, "{shown}");
    let (shown, _) = project.output("provisioners update platform --diff --env test", 0);
    assert_eq!(shown.matches("44").count(), 1, "{shown}");
    project.run("provisioners update", 0);
    project.run("generate --all-envs --check", 1);
}

/// The effect of an update on what is running is shown before the update, and nothing changes.
#[test]
fn an_update_can_be_planned() {
    let project = Project::new(&[
        ("score.yaml", &workload("oracle")),
        ("../platform/oracle.yaml", &provisioner("oracle", "42")),
        (
            "score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\nenvironment: test\n",
        ),
        (
            "environments/test.yaml",
            "apiVersion: score-rs/v1\nkind: Environment\ntarget: kubernetes\n",
        ),
        (
            "environments/prod.yaml",
            "apiVersion: score-rs/v1\nkind: Environment\ntarget: kubernetes\n",
        ),
    ]);
    project.run("packages add ../platform", 0);
    says(
        &project.run("packages update --plan", 0),
        "platform is up to date",
    );
    project.write("../platform/oracle.yaml", &provisioner("oracle", "43"));
    let files = project.0.files();
    for (options, exit) in [("--plan", 0), ("--plan --check", 1)] {
        // The lock file of a checkout does not decide that a log shows files outside the project.
        let (shown, said) = project.output(&format!("packages update {options}"), 2);
        says(&said, "use `score-rs packages update --plan platform`");
        assert!(!shown.contains("43"), "{shown}");
        let (shown, said) = project.output(&format!("packages update {options} platform"), exit);
        says(&said, "platform would change: oracle.yaml has changed");
        says(&shown, "ANSWER");
        assert_eq!(shown.matches("restart").count(), 2, "{shown}");
        assert!(files == project.0.files());
    }
    let (shown, _) = project.output("packages update --plan platform --all-envs", 0);
    assert_eq!(shown.matches("ANSWER").count(), 2, "{shown}");
    let (shown, _) = project.output("packages update --plan platform --env prod", 0);
    assert_eq!(shown.matches("ANSWER").count(), 1, "{shown}");
    says(
        &project.run("packages update --all-envs", 2),
        "add `--diff` or `--plan`",
    );
    says(
        &project.run("packages update --plan --diff", 2),
        "cannot be used with",
    );

    // An update with which the project does not compile is an error.
    project.write("../platform/oracle.yaml", &provisioner("seer", "43"));
    says(&project.run("packages update --plan platform", 1), "oracle");
    assert!(project.0.files().get("score-rs.lock") == files.get("score-rs.lock"));
}

/// A file that cannot be carried is an error at its place, when the package is added.
#[test]
fn the_command_of_a_package_is_complete() {
    let project = with_script();
    project.set_mode("../platform/bin/ask.sh", 0o644);
    let said = project.run("provisioners add ../platform", 1);
    says(
        &said,
        "needs the file `./bin/ask.sh`, which is not executable",
    );
    says(&said, "platform/oracle.yaml:8:13");
    let folder = project.0.folder().parent().unwrap().join("platform");
    for (file, target) in [
        ("bin/ask.sh", "/bin/sh"),
        ("bin/ask.sh", "../../outside.sh"),
        ("bin/ask.sh", "other.sh"),
    ] {
        let file = folder.join(file);
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(target, &file).unwrap();
        let said = project.run("provisioners add ../platform", 2);
        says(&said, "it is a symbolic link");
    }
    fs::remove_dir_all(folder.join("bin")).unwrap();
    std::os::unix::fs::symlink("/bin", folder.join("bin")).unwrap();
    project.run("provisioners add ../platform", 1);
    fs::remove_file(folder.join("bin")).unwrap();
    says(
        &project.run("provisioners add ../platform", 1),
        "which is not part of the package `platform`",
    );
    for command in [
        "[../bin/ask.sh]",
        "['./bin/{{ id }}.sh']",
        "[bin/../../ask.sh]",
    ] {
        project.write("../platform/oracle.yaml", &commanded("oracle", command));
        says(
            &project.run("provisioners add ../platform", 1),
            "which is not part of the package",
        );
    }
    assert!(!project.0.folder().join("score-rs.lock").exists());
}

/// Links in a template are not followed, and what is not a file does not block.
#[test]
fn templates_contain_only_files() {
    let project = Project::new(&[
        (
            "../platform/templates/web/template.yaml",
            "{apiVersion: score-rs/v1, kind: Template, description: A}",
        ),
        ("../outside/secret", "secret"),
    ]);
    let folder = project
        .0
        .folder()
        .parent()
        .unwrap()
        .join("platform/templates/web");
    for (name, target) in [
        ("a", "../../../outside/secret"),
        ("b", "../../../outside"),
        ("c", "."),
    ] {
        std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
    }
    let fifo = Command::new("mkfifo")
        .arg(folder.join("d"))
        .status()
        .unwrap();
    assert!(fifo.success());
    says(
        &project.run("provisioners add ../platform", 0),
        "added platform, which contains 1 template",
    );
    assert_eq!(
        project.installed(),
        ["platform/templates/web/template.yaml"]
    );
    project.write("../platform/templates/web/.git/hooks/post-checkout", "evil");
    says(
        &project.run("provisioners update", 2),
        "cannot be part of a package",
    );
    fs::remove_dir_all(folder.join(".git")).unwrap();
    project.write(
        &format!("../platform/templates/web/{}x", "deep/".repeat(9)),
        "deep",
    );
    says(&project.run("provisioners update", 2), "levels of folders");
}

/// A lock file comes with the checkout, and names only files of its packages.
#[test]
fn a_lock_file_leads_nowhere() {
    let project = with_script();
    project.run("provisioners add ../platform", 0);
    let lock = project.read("score-rs.lock");
    for path in [
        "bin/../../ask.sh",
        "bin/.git/x",
        "bin//ask.sh",
        "templates/a/../../x",
    ] {
        project.write("score-rs.lock", &lock.replace("bin/ask.sh", path));
        says(
            &project.run("generate", 1),
            "cannot be the path of a file of a package",
        );
    }
    project.write(
        "score-rs.lock",
        &lock.replace("executable: true", "executable: yes"),
    );
    says(&project.run("generate", 1), "package/lock");
}

/// The files of a commit, with their modes; its links are not files.
#[test]
fn git_repositories_have_modes() {
    if !has_git() {
        return;
    }
    let project = with_script();
    for path in ["oracle.yaml", "bin/ask.sh", "data/answer.json"] {
        let text = project.read(&format!("../platform/{path}"));
        project.write(&format!("../repo/{path}"), &text);
    }
    project.write(
        "../repo/templates/web/template.yaml",
        "{apiVersion: score-rs/v1, kind: Template, description: A}",
    );
    project.write("../repo/templates/web/deep/[id].tsx", "a");
    project.set_mode("../repo/bin/ask.sh", 0o755);
    let link = project
        .0
        .folder()
        .parent()
        .unwrap()
        .join("repo/templates/web/link");
    std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
    project.git(&["init", "-q"]);
    project.git(&["add", "."]);
    project.git(&["commit", "-q", "-m", "first"]);
    project.run(&format!("provisioners add {}", project.repository("")), 0);
    assert_eq!(
        project.installed(),
        [
            "repo/bin/ask.sh",
            "repo/data/answer.json",
            "repo/oracle.yaml",
            "repo/templates/web/deep/[id].tsx",
            "repo/templates/web/template.yaml",
        ]
    );
    project.run("generate --locked", 0);
    assert!(project.read("compose.yaml").contains("ANSWER: \"42\""));
    fs::remove_dir_all(project.0.folder().join(".score-rs")).unwrap();
    project.run("provisioners install", 0);
    project.run("generate --locked", 0);
}

#[test]
fn a_scaffold_compiles_for_every_target() {
    let project = Project::new(&[
        (
            "score.yaml",
            &workload("smtp").replace("it.answer", "it.host"),
        ),
        (
            "score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [provisioners/]\n",
        ),
        ("provisioners/none.txt", ""),
    ]);
    says(
        &project.run("provisioners new smtp", 0),
        "wrote provisioners/smtp.yaml",
    );
    for target in score_compiler::targets() {
        let said = project.run(&format!("generate -t {}", target.name()), 0);
        assert!(
            !said.contains("warning") && !said.contains("error"),
            "{said}"
        );
    }
    says(
        &project.run("provisioners new smtp", 2),
        "`provisioners/smtp.yaml` already exists",
    );
    assert!(Path::new(&project.0.folder().join("compose.yaml")).is_file());
}

/// Their authors test them.
#[test]
fn packages_are_not_tested() {
    let tested = provisioner("oracle", "42") + "tests:\n  - name: one\n    outputs: {answer: 43}\n";
    let project = Project::new(&[("../platform/oracle.yaml", &tested)]);
    project.run("provisioners add ../platform", 0);
    says(
        &project.run("provisioners test", 2),
        "there are no provisioners to test",
    );
    says(&project.run("provisioners test ../platform", 1), "43");
}

/// A checkout determines the sources in a lock file, and its log may be public, so the contents of
/// files outside the project are not shown.
#[test]
fn an_update_shows_nothing_of_files_outside() {
    let wrong = format!("{}hidden-field: hidden-value\n", provisioner("mail", "one"));
    for (source, shown) in [("../elsewhere", false), ("inside", true)] {
        let project = Project::new(&[]);
        let file = format!("{source}/mail.yaml");
        project.write(&file, &provisioner("mail", "one"));
        project.run(&format!("provisioners add {source} --name mail"), 0);
        project.write(&file, &wrong);
        let said = project.run("provisioners update", 1);
        assert!(said.contains("mail/mail.yaml:9:1"), "{said}");
        assert_eq!(said.contains("hidden-value"), shown, "{said}");
        // The user may see the contents of a source given on the command line.
        let said = project.run(&format!("provisioners add {source} --name other"), 1);
        assert!(said.contains("hidden-value"), "{said}");
    }
}

/// Temporary files of a killed run are removed by the next package command, even if it has nothing
/// to do, and by the next run that writes.
#[test]
fn nothing_of_a_killed_run_stays() {
    let project = Project::new(&[
        ("platform/mail.yaml", &provisioner("mail", "one")),
        ("score.yaml", &workload("mail")),
    ]);
    project.run("provisioners add platform", 0);
    let left = ".score-rs/.score-rs-0123456789abcdef.tmp";
    for command in [
        "provisioners install",
        "provisioners update",
        "generate -o compose.yaml",
    ] {
        project.write(&format!("{left}/new/platform/mail.yaml"), "half");
        project.run(command, 0);
        assert!(!project.0.folder().join(left).exists(), "{command}");
    }
}
