//! Git revisions: what is read, what is not there, and what a checkout of a stranger cannot do.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::{PROJECT, Project, WEB};

const LOCK: &str = "apiVersion: score-rs/v1
kind: Provisioner
type: lock
params: {properties: {size: {}}}
outputs: {properties: {url: {}}}
run: {command: [./answer], timeout: 60}
values: {url: \"{{ run.url }}\"}
";

/// A command that counts its calls in a file.
const ANSWER: &str = "#!/bin/sh
echo >>calls
echo '{\"version\": \"score-rs/run/v1\", \"values\": {\"url\": \"https://a\"}}'
";

fn web() -> Project {
    Project::new(&[("score.yaml", WEB), ("score-rs.yaml", PROJECT)])
}

#[test]
fn a_revision_is_compared_without_touching_the_checkout() {
    let project = web();
    project.edit("score.yaml", "nginx:1", "nginx:2");
    project.write("staged.txt", "a");
    project.git(&["add", "staged.txt"]);
    let before = (project.git(&["status", "--porcelain"]), project.0.files());
    let changes = project.changes("--against git:main", 0);
    assert_eq!(
        changes,
        ["restart Deployment/web spec.template.spec.containers[main].image score.yaml:5"]
    );
    let after = (project.git(&["status", "--porcelain"]), project.0.files());
    assert!(before == after);
    // From another folder, and with names of files.
    fs::create_dir(project.0.folder().join("sub")).unwrap();
    let same = project.changes("-C sub --against git:HEAD ../score.yaml", 0);
    assert_eq!(same.len(), 1, "{same:?}");
    project.git(&["checkout", "--quiet", "score.yaml"]);
    let printed = project.plan("--against git:HEAD", 0);
    assert_eq!(printed.stdout, "nothing changes\n");
}

#[test]
fn revisions_that_do_not_exist_are_explained() {
    let project = web();
    for (reference, expected) in [
        (
            "nowhere",
            "the repository has no revision `nowhere` help: `git fetch` the branch first",
        ),
        ("main~5", "the repository has no revision `main~5`"),
        ("main..HEAD", "the repository has no revision `main..HEAD`"),
        (
            "HEAD:score.yaml",
            "the repository has no revision `HEAD:score.yaml`",
        ),
        ("-h", "`-h` is not a Git revision"),
        ("--output=/tmp/x", "`--output=/tmp/x` is not a Git revision"),
    ] {
        let printed = project
            .plan(&format!("--against git:{reference}"), 2)
            .words();
        assert!(printed.contains(expected), "{printed}");
    }
    let shallow = Project(crate::sandbox::Sandbox::new("project"));
    project.edit("score.yaml", "nginx:1", "nginx:2");
    project.commit();
    let origin = format!("file://{}", project.0.folder().display());
    shallow.git(&["clone", "--quiet", "--depth=1", &origin, "."]);
    let printed = shallow.plan("--against git:HEAD~1", 2).words();
    assert!(printed.contains("the clone is shallow"), "{printed}");
    fs::remove_dir_all(shallow.0.folder().join(".git")).unwrap();
    let printed = shallow.plan("--against git:HEAD", 2).words();
    assert!(
        printed.contains("the project is not in a Git repository"),
        "{printed}"
    );
    // A folder that is not a repository does not lead to one further up.
    project.write("inner/score-rs.yaml", PROJECT);
    project.write("inner/score.yaml", WEB);
    fs::create_dir(project.0.folder().join("inner/.git")).unwrap();
    let printed = project.plan("-C inner --against git:HEAD", 2).words();
    assert!(printed.contains("not a git repository"), "{printed}");
}

#[test]
fn standard_input_has_no_revision() {
    let project = web();
    let printed = project.plan("--against git:HEAD -", 2).words();
    assert!(
        printed.contains("standard input cannot be compared"),
        "{printed}"
    );
    let printed = project
        .plan("--against git:HEAD ../elsewhere.yaml", 2)
        .words();
    assert!(printed.contains("elsewhere.yaml"), "{printed}");
}

#[test]
fn git_must_be_installed() {
    let project = web();
    let mut command = project.0.command();
    let empty = tempfile::tempdir().unwrap();
    command.env("PATH", empty.path());
    let output = command
        .args(["plan", "--against", "git:HEAD"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("cannot run `git`: it is not installed"),
        "{stderr}"
    );
}

#[test]
fn what_did_not_exist_is_new() {
    let project = Project::new(&[("README.md", "a")]);
    project.write("score.yaml", WEB);
    let printed = project.plan("-t kubernetes --against git:HEAD", 0).words();
    assert!(
        printed.contains("everything is new: there were no Score files"),
        "{printed}"
    );
    project.write("score-rs.yaml", PROJECT);
    let printed = project.plan("--against git:HEAD", 0).words();
    assert!(
        printed.contains("everything is new: there were no Score files"),
        "{printed}"
    );
    project.commit();
    project.write(
        "environments/prod.yaml",
        "apiVersion: score-rs/v1\nkind: Environment\nkubernetes: {namespace: prod}\n",
    );
    let printed = project.plan("--env prod --against git:HEAD", 0).words();
    assert!(
        printed.contains("everything is new: there was no environment `prod`"),
        "{printed}"
    );
    project.write("new/score-rs.yaml", PROJECT);
    project.write("new/score.yaml", WEB);
    let printed = project.plan("-C new --against git:HEAD", 0).words();
    assert!(
        printed.contains("everything is new: the project folder did not exist"),
        "{printed}"
    );
}

#[test]
fn a_revision_that_does_not_compile_is_a_failure() {
    let broken = WEB.replace("image:", "imag:");
    let project = Project::new(&[("score.yaml", &broken), ("score-rs.yaml", PROJECT)]);
    project.write("score.yaml", WEB);
    let printed = project.plan("--against git:HEAD", 2).words();
    assert!(
        printed.contains("`git:HEAD` cannot be compiled: "),
        "{printed}"
    );
    assert!(
        printed.contains("score.yaml:5") && printed.contains("[spec/"),
        "{printed}"
    );
    assert!(!printed.contains("/tmp"), "{printed}");
    project.write(
        "score-rs.yaml",
        "apiVersion: score-rs/v1\nkind: Project\nname: [\n",
    );
    project.commit();
    project.write("score-rs.yaml", PROJECT);
    let printed = project.plan("--against git:HEAD", 2).words();
    assert!(printed.contains("score-rs.yaml:"), "{printed}");
    // Errors now are reported like those of `validate`.
    project.write("score.yaml", &broken);
    let printed = project.plan("--against git:HEAD~1", 1).words();
    assert!(printed.contains("spec/unknown-field"), "{printed}");
}

#[test]
fn no_command_is_started() {
    let spec = WEB.replace("red", "'${resources.lock.url}'")
        + "resources: {lock: {type: lock, params: {size: 1}}}\n";
    let text = format!("{PROJECT}provisioners: [lock.yaml]\n");
    let project = Project::new(&[
        ("score.yaml", &spec),
        ("score-rs.yaml", &text),
        ("lock.yaml", LOCK),
        ("answer", ANSWER),
        (".gitignore", ".score-rs\ncalls\n"),
    ]);
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.0.folder().join("answer"), mode).unwrap();
    project.commit();
    let calls = || {
        let text = fs::read_to_string(project.0.folder().join("calls"));
        text.unwrap_or_default().lines().count()
    };
    let unknown = project.plan("--against git:HEAD", 0).words();
    assert!(unknown.contains("unknown"), "{unknown}");
    assert_eq!(calls(), 0);
    let outcome = crate::sandbox::run(&project.0, "generate");
    assert_eq!((outcome.exit, calls()), (0, 1));
    for words in ["", "--against git:HEAD", "--against manifests.yaml"] {
        let printed = project.plan(words, 0).words();
        assert_eq!(
            (printed.as_str(), calls()),
            ("nothing changes", 1),
            "{words}"
        );
    }
    // Another request, now or then, has no answer.
    project.edit("score.yaml", "size: 1", "size: 2");
    for words in ["", "--against git:HEAD", "-f json", "-f markdown"] {
        let printed = project.plan(words, 0).words();
        assert!(printed.contains("unknown"), "{words}: {printed}");
        assert!(!printed.contains("nothing changes"), "{words}: {printed}");
    }
    assert_eq!(calls(), 1);
}

#[test]
fn programs_that_a_checkout_names_are_not_started() {
    let project = web();
    let mark = project.0.folder().join("started");
    let program = project.0.folder().join("program");
    fs::write(
        &program,
        format!("#!/bin/sh\ntouch {}\nexec cat\n", mark.display()),
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    project.write(".gitattributes", "* filter=evil diff=evil merge=evil\n");
    for (name, value) in [
        ("filter.evil.smudge", program),
        ("filter.evil.clean", program),
        ("filter.evil.process", program),
        ("filter.evil.required", "true"),
        ("diff.evil.textconv", program),
        ("diff.evil.command", program),
        ("core.fsmonitor", program),
        ("core.pager", program),
        ("core.editor", program),
        ("core.sshCommand", program),
        ("core.gitProxy", program),
        ("core.askPass", program),
        ("core.hooksPath", "hooks"),
        ("credential.helper", program),
        ("alias.ls-tree", &format!("!{program}")),
        ("alias.cat-file", &format!("!{program}")),
        ("pager.cat-file", program),
        ("gpg.program", program),
        ("uploadpack.packObjectsHook", program),
        ("remote.origin.url", &format!("ext::{program} x")),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialCloneFilter", "blob:none"),
        ("protocol.ext.allow", "always"),
    ] {
        project.git(&["config", name, value]);
    }
    project.edit("score.yaml", "nginx:1", "nginx:2");
    let changes = project.changes("--against git:HEAD", 0);
    assert_eq!(changes.len(), 1, "{changes:?}");
    // A missing object is not fetched.
    let object = project.git(&["rev-parse", "HEAD:score.yaml"]);
    let (folder, file) = object.trim().split_at(2);
    let path = project
        .0
        .folder()
        .join(format!(".git/objects/{folder}/{file}"));
    fs::remove_file(path).unwrap();
    project.plan("--against git:HEAD", 2);
    assert!(!mark.exists());
}

#[test]
fn links_do_not_leave_the_project() {
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("file"), "TOPSECRET").unwrap();
    let source = WEB.replace(
        "    variables",
        "    files: {/etc/a: {source: link/file}}\n    variables",
    );
    let project = Project::new(&[("score-rs.yaml", PROJECT)]);
    symlink(secret.path(), project.0.folder().join("link")).unwrap();
    project.write("score.yaml", &source);
    project.commit();
    fs::remove_file(project.0.folder().join("link")).unwrap();
    project.write("link/file", "open");
    let printed = project.plan("--against git:HEAD", 2).words();
    assert!(printed.contains("outside"), "{printed}");
    assert!(!printed.contains("TOPSECRET"), "{printed}");
    // Links that stay inside are followed, as in the working tree.
    fs::remove_dir_all(project.0.folder().join("link")).unwrap();
    project.write("real/file", "open");
    symlink("real", project.0.folder().join("link")).unwrap();
    project.commit();
    let printed = project.plan("--against git:HEAD", 0).words();
    assert_eq!(printed, "nothing changes");
}

#[test]
fn submodules_are_named() {
    let inner = Project::new(&[("score.yaml", WEB)]);
    let project = Project::new(&[("score-rs.yaml", PROJECT), ("a/score.yaml", WEB)]);
    project.edit("a/score.yaml", "name: web", "name: api");
    let origin = inner.0.folder().to_str().unwrap().to_owned();
    project.git(&["submodule", "--quiet", "add", &origin, "b"]);
    project.commit();
    let printed = project.plan("--against git:HEAD", 0).words();
    assert!(
        printed.contains("the files of the submodule `b` are not known"),
        "{printed}"
    );
    assert!(!printed.starts_with("nothing changes"), "{printed}");
}

#[test]
fn contents_in_large_file_storage_are_named() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let source = WEB.replace(
        "    variables",
        "    files: {/etc/a: {source: data.txt}}\n    variables",
    );
    let files = [
        ("score-rs.yaml", PROJECT),
        ("score.yaml", &source),
        ("data.txt", pointer),
        ("unused.bin", pointer),
    ];
    let project = Project::new(&files);
    project.write("data.txt", "real");
    let printed = project.plan("--against git:HEAD", 0).words();
    assert!(printed.contains("`data.txt` is in Git LFS"), "{printed}");
    assert!(!printed.contains("unused.bin"), "{printed}");
}

#[test]
fn a_folder_that_looks_like_a_repository_is_not_used() {
    let project = web();
    let bare = Path::new("fake");
    let path = project.0.folder().join(bare);
    project.git(&["init", "--quiet", "--bare", "fake"]);
    project.write("fake/score-rs.yaml", PROJECT);
    project.write("fake/score.yaml", &WEB.replace("nginx:1", "nginx:3"));
    assert!(path.join("HEAD").exists());
    let printed = project.plan("-C fake --against git:HEAD", 0).words();
    assert!(
        printed.contains("the project folder did not exist"),
        "{printed}"
    );
}

#[test]
fn packages_that_are_not_installed_come_first() {
    const ENVIRONMENT: &str = "apiVersion: score-rs/v1\nkind: Environment\n";
    let project = Project::new(&[
        ("score.yaml", WEB),
        ("score-rs.yaml", PROJECT),
        (".gitignore", ".score-rs/\n"),
        ("acme/base.yaml", ENVIRONMENT),
    ]);
    let add = crate::sandbox::run(&project.0, "provisioners add acme");
    assert_eq!(add.exit, 0, "{}", String::from_utf8_lossy(&add.stderr));
    let prod = format!("{ENVIRONMENT}extends: package:acme/base\n");
    project.write("environments/prod.yaml", &prod);
    project.commit();
    let words = "--env prod --against git:HEAD";
    assert_eq!(project.plan(words, 0).stdout, "nothing changes\n");
    // Another version of the package is installed.
    let other =
        format!("{ENVIRONMENT}workloads: {{'*': {{metadata: {{annotations: {{a: b}}}}}}}}\n");
    project.write("acme/base.yaml", &other);
    let update = crate::sandbox::run(&project.0, "provisioners update acme");
    assert_eq!(
        update.exit,
        0,
        "{}",
        String::from_utf8_lossy(&update.stderr)
    );
    let printed = project.plan(words, 2).words();
    for part in ["the cause is", "[package/", "`score-rs packages install`"] {
        assert!(printed.contains(part), "{printed}");
    }
}

#[test]
fn files_that_cannot_be_read_at_a_revision_are_named_without_a_temporary_folder() {
    let project = web();
    let lock = project.0.folder().join("score-rs.lock");
    symlink("/etc/hostname", &lock).unwrap();
    project.commit();
    fs::remove_file(&lock).unwrap();
    let printed = project.plan("--against git:HEAD", 2).words();
    let expected = "`git:HEAD`: cannot read `score-rs.lock`";
    assert!(printed.contains(expected), "{printed}");
    assert!(!printed.contains(".tmp"), "{printed}");
}
