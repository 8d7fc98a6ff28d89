//! Hostile checkouts: links that lead outside, pipes, and foreign files with the names of outputs.
//! Nothing outside of a checkout is read, written or removed, and no command blocks.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests need the rest")]
mod sandbox;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use sandbox::{Files, Sandbox, collect};

/// The contents of a file outside the checkout, in a form that no parser accepts.
const SECRET: &str = "TOP-SECRET: [\n";

const WEB: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {main: {image: nginx:1}}
";

const REDIS: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {main: {image: nginx:1, variables: {A: \"${resources.db.password}\"}}}
resources: {db: {type: redis}}
";

const PROJECT: &str = "apiVersion: score-rs/v1\nkind: Project\n";

/// The time limit for a command with a small input, on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// A folder with a checkout `project`, and a folder `victim` beside it.
struct Place(Sandbox);

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self(Sandbox::new("project"));
        place.write("../victim/secret.yaml", SECRET);
        place.write("../victim/docs/deep/a", "a");
        place.write("../victim/.ssh/id", "k");
        place.write(".git/config", "TOP-SECRET\n");
        for (path, text) in files {
            place.write(path, text);
        }
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.folder().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn link(&self, target: &str, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn pipe(&self, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    /// Runs a command in a folder, and returns its exit code and all of its output.
    fn run_in(&self, folder: &str, words: &str) -> (i32, String) {
        let mut command = self.0.command();
        command
            .current_dir(self.path(folder))
            .args(words.split_whitespace());
        let mut child = command.spawn().unwrap();
        drop(child.stdin.take());
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > LONGEST {
                child.kill().unwrap();
                panic!("`{words}` does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        (output.status.code().unwrap_or(-1), said)
    }

    fn run(&self, words: &str) -> (i32, String) {
        self.run_in("", words)
    }

    fn succeed(&self, words: &str) -> String {
        let (exit, said) = self.run(words);
        assert_eq!(exit, 0, "{words}\n{said}");
        said
    }

    fn victim(&self) -> Files {
        let mut files = Files::new();
        collect(&self.path("../victim"), "", &mut files);
        files
    }
}

/// A project file with these provisioners.
fn naming(provisioners: &str) -> String {
    format!("{PROJECT}provisioners: [{provisioners}]\n")
}

#[test]
fn nothing_outside_is_read() {
    type Prepare = fn(&Place);
    let cases: [(&str, Prepare); 14] = [
        ("a Score file", |it| {
            fs::remove_file(it.path("score.yaml")).unwrap();
            it.link("../victim/secret.yaml", "score.yaml");
        }),
        ("a Score file that is the key", |it| {
            fs::remove_file(it.path("score.yaml")).unwrap();
            it.write(".score-rs/key", "TOP-SECRET: [");
            it.link(".score-rs/key", "score.yaml");
        }),
        ("a folder of Score files", |it| {
            fs::remove_file(it.path("score.yaml")).unwrap();
            it.write("../victim/score.yaml", SECRET);
            it.link("../victim", "web");
        }),
        ("a project file", |it| {
            it.link("../victim/secret.yaml", "score-rs.yaml");
        }),
        ("a lock file", |it| {
            it.link("../victim/secret.yaml", "score-rs.lock");
        }),
        ("a relative path", |it| {
            it.write("score-rs.yaml", &naming("../victim/secret.yaml"));
        }),
        ("an absolute path", |it| {
            let path = it.path("../victim/secret.yaml").canonicalize().unwrap();
            it.write("score-rs.yaml", &naming(path.to_str().unwrap()));
        }),
        ("the environment", |it| {
            it.write("score-rs.yaml", &naming("/proc/self/environ"));
        }),
        ("the key", |it| {
            it.write(".score-rs/key", "TOP-SECRET: [");
            it.write("score-rs.yaml", &naming(".score-rs/key"));
        }),
        ("the key by a link", |it| {
            it.write(".score-rs/key.yaml", "TOP-SECRET: [");
            it.link("../.score-rs/key.yaml", "platform/a.yaml");
            it.write("score-rs.yaml", &naming("platform/"));
        }),
        ("the folder of Git", |it| {
            it.write("score-rs.yaml", &naming(".git/config"));
        }),
        ("a link in a folder", |it| {
            it.link("../../victim/secret.yaml", "platform/a.yaml");
            it.write("score-rs.yaml", &naming("platform/"));
        }),
        ("a folder that is a link", |it| {
            it.link("../victim", "platform");
            it.write("score-rs.yaml", &naming("platform/"));
        }),
        ("a file of Git in a container", |it| {
            let files = "image: nginx:1, files: {/a: {source: .git/config}}";
            it.write("score.yaml", &WEB.replace("image: nginx:1", files));
        }),
    ];
    for (what, prepare) in cases {
        let place = Place::new(&[("score.yaml", WEB)]);
        prepare(&place);
        for words in [
            "validate",
            "validate --format json",
            "generate",
            "generate -t kubernetes -o -",
            "provisioners list",
            "resources list",
        ] {
            let (exit, said) = place.run(words);
            let is_about_provisioners = words.starts_with("provisioners");
            assert!(
                exit != 0 || is_about_provisioners,
                "{what}: {words}\n{said}"
            );
            for secret in ["TOP-SECRET", "000102030405"] {
                assert!(!said.contains(secret), "{what}: {words}\n{said}");
            }
        }
        assert!(!place.path("compose.yaml").exists(), "{what}");
    }
}

#[test]
fn a_link_inside_is_followed() {
    let place = Place::new(&[
        ("score-rs.yaml", PROJECT),
        ("specs/web.yaml", WEB),
        ("platform/real/none.yaml", PROJECT),
        ("data/a", "content of a file"),
    ]);
    place.link("specs/web.yaml", "score.yaml");
    place.succeed("validate");
    let files = "image: nginx:1, files: {/a: {source: ../linked/a}}";
    place.write("specs/web.yaml", &WEB.replace("image: nginx:1", files));
    let target = place.path("data").canonicalize().unwrap();
    symlink(target, place.path("linked")).unwrap();
    place.succeed("generate specs/web.yaml");
    let path = ".score-rs/compose/web-main/a";
    assert_eq!(place.read(path), "content of a file");
}

#[test]
fn pipes_and_devices_are_not_waited_for() {
    let run =
        "apiVersion: score-rs/v1\nkind: Provisioner\ntype: thing\nrun: {command: [\"true\"]}\n";
    for (path, words) in [
        ("score.yaml", "validate"),
        ("score.yaml", "generate score.yaml"),
        ("score-rs.yaml", "validate"),
        ("score-rs.lock", "validate"),
        ("score-rs.lock", "provisioners install"),
        (".score-rs/key", "generate"),
        (".score-rs/.gitignore", "generate"),
        (".score-rs/state.json", "generate"),
        (".score-rs/state.json.lock", "generate"),
        (".score-rs/.state.json.0123456789abcdef.tmp", "generate"),
        (".score-rs/.score-rs-0123456789abcdef.tmp", "generate"),
        (".score-rs/compose/web-main.env", "generate"),
        (".score-rs-0123456789abcdef.tmp", "generate"),
        ("compose.yaml", "generate"),
        ("compose.yaml", "generate --diff"),
        ("manifests.yaml", "generate -t kubernetes --force"),
        ("secrets.yaml", "generate -t kubernetes --secrets separate"),
        (
            "k8s/kustomization.yaml",
            "generate -t kubernetes --output-dir k8s",
        ),
        ("chart/Chart.yaml", "generate -t helm"),
        ("chart/templates/a.yaml", "generate -t helm"),
        (
            "thing.tests/a-b/compose/parts.yaml",
            "provisioners test thing.yaml",
        ),
        ("platform/a.yaml", "validate --provisioners platform"),
        ("platform/a.yaml", "validate --provisioners platform/a.yaml"),
        ("env", "generate -t kubernetes --env-file env"),
    ] {
        let place = Place::new(&[("thing.yaml", run)]);
        if path != "score.yaml" {
            place.write("score.yaml", REDIS);
        }
        if path != "score-rs.yaml" {
            place.write("score-rs.yaml", &naming("thing.yaml"));
        }
        place.pipe(path);
        let mut environment = vec![("SCORE_RS_KEY".to_owned(), String::new())];
        environment.retain(|_| path == ".score-rs/key");
        let place = Place(place.0.with_environment(&environment));
        let (exit, said) = place.run(words);
        assert!((0..=2).contains(&exit), "{path}: {words}\n{said}");
        assert!(!said.contains("panicked"), "{path}: {words}\n{said}");
    }
}

#[test]
fn links_lead_no_output_outside() {
    let typo = WEB.replace("image:", "imge:");
    for (target, path, words) in [
        ("../victim/secret.yaml", "compose.yaml", "generate"),
        ("../victim/new", "compose.yaml", "generate"),
        (".git/config", "compose.yaml", "generate --force"),
        (".git/hooks/pre-commit", "compose.yaml", "generate"),
        ("../victim/secret.yaml", "compose.yaml", "generate --force"),
        ("../victim/secret.yaml", "compose.yaml", "generate --diff"),
        (
            "../victim/secret.yaml",
            "manifests.yaml",
            "generate -t kubernetes --force",
        ),
        (
            "../victim/secret.yaml",
            "secrets.yaml",
            "generate -t kubernetes --secrets separate --force",
        ),
        ("../victim", "chart", "generate -t helm --force"),
        (
            "../victim",
            "k8s",
            "generate -t kubernetes --output-dir k8s --force",
        ),
        ("../victim", "out", "generate -o out/compose.yaml --force"),
        ("../victim", ".score-rs", "generate"),
        ("../victim/secret.yaml", ".env", "generate --env-file .env"),
        (
            "../victim/secret.yaml",
            "score-rs.yaml",
            "generate -p 8080:web:80 --save",
        ),
        ("../victim/web.yaml", "score.yaml", "validate --fix"),
        ("../victim/new.yaml", "web.yaml", "init -f web.yaml"),
        (
            "../victim/new.yaml",
            "provisioners/mail.yaml",
            "provisioners new mail",
        ),
        ("../victim", "provisioners", "provisioners new mail"),
        (
            "../victim/state.json",
            "state.json",
            "generate --state state.json",
        ),
    ] {
        let place = Place::new(&[("../victim/web.yaml", &typo)]);
        if path != "score.yaml" {
            let environment =
                REDIS.replace("type: redis}", "type: redis}, env: {type: environment}");
            place.write("score.yaml", &environment);
        }
        if words.contains("state") {
            let run = "apiVersion: score-rs/v1\nkind: Provisioner\ntype: redis\noutputs: {properties: {password: {}}}\nvalues: {password: \"{{ run.a }}\"}\nrun: {command: [echo, '{\"values\": {\"a\": \"b\"}, \"state\": {\"a\": \"b\"}}']}\n";
            place.write("run.yaml", run);
            place.write("score-rs.yaml", &naming("run.yaml"));
        }
        place.link(target, path);
        let before = (place.victim(), place.read(".git/config"));
        let (exit, said) = place.run(words);
        assert_eq!(exit, 2, "{path} -> {target}: {words}\n{said}");
        assert!(!said.contains("TOP-SECRET"), "{path}: {words}\n{said}");
        let after = (place.victim(), place.read(".git/config"));
        assert!(after == before, "{path} -> {target}: {words}\n{said}");
        assert!(!place.path(".git/hooks").exists(), "{path}: {words}");
    }
}

#[test]
fn what_is_removed_is_not_behind_a_link() {
    let lock = "version: 1\npackages: []\n";
    let place = Place::new(&[("score.yaml", WEB), ("score-rs.lock", lock)]);
    place.link("../../victim", ".score-rs/provisioners");
    let before = place.victim();
    let (_, said) = place.run("provisioners install");
    assert!(place.victim() == before, "{said}");
    place.run("validate");
    assert!(place.victim() == before);

    let test = "apiVersion: score-rs/v1
kind: Provisioner
type: mail
outputs: {properties: {host: {}}}
values: {host: x}
tests: [{name: defaults}]
";
    let place = Place::new(&[("platform/mail.yaml", test)]);
    place.succeed("provisioners test --update platform/mail.yaml");
    let golden = place.path("platform/mail.tests/mail-defaults/compose/parts.yaml");
    assert!(golden.is_file());
    let link = |target: &str, path: &Path| {
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        symlink(target, path).unwrap();
    };
    for (target, inner) in [
        ("/proc/self/environ", "mail-defaults/compose/parts.yaml"),
        (
            "../../../../../victim/secret.yaml",
            "mail-defaults/compose/parts.yaml",
        ),
        ("../../../victim", "mail-defaults"),
        ("../../victim", ""),
        ("/", ""),
    ] {
        fs::remove_dir_all(place.path("platform/mail.tests")).unwrap_or_else(|_| {
            fs::remove_file(place.path("platform/mail.tests")).unwrap();
        });
        place.succeed("provisioners test --update platform/mail.yaml");
        let path = place.path("platform/mail.tests").join(inner);
        let path: PathBuf = path.components().collect();
        link(target, &path);
        for words in [
            "provisioners test platform/mail.yaml",
            "provisioners test --update platform/mail.yaml",
        ] {
            let (exit, said) = place.run(words);
            assert_eq!(exit, 2, "{inner} -> {target}: {words}\n{said}");
            assert!(!said.contains("TOP-SECRET") && !said.contains("SCORE_RS_KEY"));
            assert!(place.victim() == before, "{inner}: {words}\n{said}");
        }
    }
}

#[test]
fn outputs_replace_no_input() {
    let start = [
        ("score.yaml", WEB),
        (
            "score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [own.yaml]\n\
             patchTemplates: {compose: [listed.tpl]}\n",
        ),
        (
            "own.yaml",
            "apiVersion: score-rs/v1\nkind: Provisioner\ntype: own\n",
        ),
        ("listed.tpl", "# Written by score-rs\n"),
        ("named.tpl", "# Written by score-rs\n"),
        ("more.yaml", "metadata: {annotations: {aa: b}}\n"),
        ("score-rs.lock", "version: 1\npackages: []\n"),
        (".score-rs/key", "x"),
        ("Dockerfile", "FROM scratch\n"),
        ("env", "A=1\n"),
    ];
    for (words, is_input) in [
        ("generate -o score.yaml", true),
        ("generate -o score-rs.yaml", true),
        ("generate -o score-rs.lock", true),
        ("generate -o sub/score-rs.yaml", true),
        ("generate -o own.yaml", true),
        ("generate --overrides-file more.yaml -o more.yaml", true),
        ("generate -o listed.tpl", true),
        ("generate --patch-templates named.tpl -o named.tpl", true),
        ("generate -o hard.yaml", true),
        ("generate -o .score-rs/key", true),
        ("generate -o .git/config", true),
        ("generate -o .GIT/config", true),
        ("generate -t kubernetes --output-dir .git", true),
        ("generate -t helm -o .score-rs/chart", true),
        ("generate --env-file score.yaml", true),
        ("generate --env-file own.yaml", true),
        ("generate --env-file .score-rs/key", true),
        ("generate --env-file env -o env", true),
        ("generate -o Dockerfile", false),
        ("generate -t kubernetes -o Dockerfile", false),
    ] {
        let place = Place::new(&start);
        place.write("sub/a", "");
        place.write(".GIT/config", "x");
        fs::hard_link(place.path("score.yaml"), place.path("hard.yaml")).unwrap();
        place.write(
            "score.yaml",
            &format!("{WEB}resources: {{env: {{type: environment}}}}\n").replace(
                "image: nginx:1",
                "image: nginx:1, variables: {A: \"${resources.env.NAME}\"}",
            ),
        );
        let words = format!(
            "{words} {}",
            if words.contains("kubernetes") {
                "--overrides-file none.yaml"
            } else {
                ""
            }
        );
        place.write("none.yaml", "containers: {main: {variables: null}}\n");
        let before = place.0.files();
        for force in ["", " --force"] {
            let (exit, said) = place.run(&format!("{words}{force}"));
            if !is_input && !force.is_empty() {
                assert_eq!(exit, 0, "{words}\n{said}");
                assert!(
                    place
                        .read("Dockerfile")
                        .starts_with("# Written by score-rs")
                );
                continue;
            }
            assert_eq!(exit, 2, "{words}{force}\n{said}");
            assert!(place.0.files() == before, "{words}{force}\n{said}");
        }
    }
}

#[test]
fn outputs_beside_each_other_keep_their_files() {
    let with_file = |name: &str| {
        REDIS
            .replace("name: web", &format!("name: {name}"))
            .replace(
                "image: nginx:1",
                &format!("image: nginx:1, files: {{/x: {{content: {name}}}}}"),
            )
    };
    let place = Place::new(&[
        ("aa.score.yaml", &with_file("aa")),
        ("bb.score.yaml", &with_file("bb")),
    ]);
    place.succeed("generate aa.score.yaml -o aa.yaml");
    place.succeed("generate bb.score.yaml -o bb.yaml");
    place.succeed("generate");
    for words in [
        "generate aa.score.yaml -o aa.yaml --check",
        "generate bb.score.yaml -o bb.yaml --check",
        "generate --check",
    ] {
        place.succeed(words);
    }
    // Only files of the removed output are cleaned up.
    place.write("aa.score.yaml", &WEB.replace("web", "aa"));
    place.succeed("generate aa.score.yaml -o aa.yaml");
    assert!(!place.path(".score-rs/compose-aa.yaml").exists());
    place.succeed("generate bb.score.yaml -o bb.yaml --check");
    assert!(place.path(".score-rs/compose/aa-main/x").is_file());
}

/// Compose files are text, and cannot refer to a folder with such a name.
#[test]
fn an_output_whose_name_is_no_text_takes_no_folder() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new(&[("score.yaml", REDIS)]);
    place.succeed("generate -o compose.yaml");
    let before = place.0.files();
    for name in [&b"\xff.yaml"[..], b"./\xff.yaml"] {
        place.write("score.yaml", WEB);
        let output = place
            .0
            .command()
            .args(["generate", "-o"])
            .arg(std::ffi::OsStr::from_bytes(name))
            .output()
            .unwrap();
        place.write("score.yaml", REDIS);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("is not UTF-8"), "{said}");
        assert!(place.0.files() == before, "{said}");
    }
}

#[test]
fn a_project_is_where_its_score_files_are() {
    let place = Place::new(&[("score.yaml", REDIS)]);
    let environment = [("SCORE_RS_KEY".to_owned(), String::new())];
    let place = Place(place.0.with_environment(&environment));
    place.succeed("generate");
    let before = place.0.files();
    fs::create_dir_all(place.path("../elsewhere/deep")).unwrap();
    fs::create_dir_all(place.path("sub")).unwrap();
    for (folder, words) in [
        (
            "../elsewhere",
            "generate ../project/score.yaml -o ../project/compose.yaml",
        ),
        (
            "../elsewhere/deep",
            "generate ../../project/score.yaml -o ../../project/compose.yaml",
        ),
        ("../elsewhere", "generate -C ../project"),
        ("sub", "generate ../score.yaml -o ../compose.yaml"),
        ("..", "generate project -o project/compose.yaml"),
        ("/", "generate -C [DIR]"),
    ] {
        let words = words.replace("[DIR]", place.0.folder().to_str().unwrap());
        let (exit, said) = place.run_in(folder, &words);
        assert_eq!(exit, 0, "{folder}: {words}\n{said}");
        assert!(said.starts_with("unchanged "), "{folder}: {words}\n{said}");
        assert!(place.0.files() == before, "{folder}: {words}");
        assert!(!place.path(folder).join(".score-rs/key").exists() || folder == "/");
    }
    let (_, said) = place.run_in("../elsewhere", "validate -v ../project/score.yaml");
    assert!(
        said.contains(
            "project folder `../project`, project file none, lock file none, key `../project/.score-rs/key`"
        ),
        "{said}"
    );
    // Two project files apply, which is ambiguous.
    place.write("score-rs.yaml", PROJECT);
    place.write("../elsewhere/score-rs.yaml", PROJECT);
    let (exit, said) = place.run_in("../elsewhere", "validate ../project/score.yaml");
    assert_eq!(exit, 2, "{said}");
    assert!(
        said.contains("`-C ../project`") && said.contains("`-C .`"),
        "{said}"
    );
    for choice in ["-C ../project score.yaml", "-C . ../project/score.yaml"] {
        let (exit, said) = place.run_in("../elsewhere", &format!("validate {choice}"));
        assert_eq!(exit, 0, "{said}");
    }
}

/// The working folder is a checkout, although the project is a subfolder.
#[test]
fn links_around_the_project_lead_nowhere() {
    let place = Place::new(&[
        ("app/score.yaml", REDIS),
        (
            "app/env.score.yaml",
            "apiVersion: score.dev/v1b1\nmetadata: {name: env}\ncontainers: {main: {image: 'a:1', variables: {A: '${resources.ee.NAME}'}}}\nresources: {ee: {type: environment}}\n",
        ),
    ]);
    let before = place.victim();
    for (link, target, words) in [
        ("compose.yaml", "../victim/new", "generate app/score.yaml"),
        (
            "compose.yaml",
            ".git/config",
            "generate --force app/score.yaml",
        ),
        (
            "manifests.yaml",
            "../victim/new",
            "generate -t kubernetes app/score.yaml",
        ),
        (
            "secrets.yaml",
            "../victim/new",
            "generate -t kubernetes --secrets separate -o m.yaml app/score.yaml",
        ),
        ("chart", "../victim", "generate -t helm app/score.yaml"),
        (
            "out",
            "../victim/docs",
            "generate -t kubernetes --output-dir out app/score.yaml",
        ),
        (
            ".env",
            "../victim/.ssh/id",
            "generate --env-file .env -o c.yaml app/env.score.yaml",
        ),
        (
            "more.yaml",
            "../victim/secret.yaml",
            "validate --overrides-file more.yaml app/score.yaml",
        ),
        (
            "link/score.yaml",
            "../../victim/secret.yaml",
            "validate link/score.yaml",
        ),
        ("web", "../victim", "validate web"),
        ("web", "..", "generate web -o c.yaml"),
        (
            "platform.yaml",
            "../victim/secret.yaml",
            "validate app/score.yaml --provisioners platform.yaml",
        ),
        (
            "platform",
            "../victim",
            "validate app/score.yaml --provisioners platform",
        ),
    ] {
        place.link(target, link);
        let (exit, said) = place.run(words);
        assert!(exit == 1 || exit == 2, "{link}: {words}\n{said}");
        assert!(!said.contains("TOP-SECRET"), "{link}: {words}\n{said}");
        assert!(place.victim() == before, "{link}: {words}\n{said}");
        assert_eq!(place.read(".git/config"), "TOP-SECRET\n", "{words}");
        fs::remove_file(place.path(link)).unwrap();
    }
    // The same from outside the repository.
    place.link("../victim", "web");
    let (exit, said) = place.run_in("..", "validate project/web");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("through a link"), "{said}");
    place.pipe(".env");
    let (exit, said) = place.run("generate --env-file .env -o c.yaml app/env.score.yaml");
    assert_eq!(exit, 2, "{said}");
}

/// Otherwise the common parent folder would be the project, and each repository could read the
/// other one.
#[test]
fn two_repositories_make_no_project() {
    let place = Place::new(&[
        ("score.yaml", WEB),
        ("../other/.git/config", ""),
        ("../other/score.yaml", WEB),
    ]);
    let (exit, said) = place.run("validate score.yaml ../other/score.yaml");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("different repositories"), "{said}");
}

/// Files in a repository do not belong to a project above it.
#[test]
fn a_project_ends_with_its_repository() {
    let place = Place::new(&[
        (
            "score.yaml",
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: 'a:1', files: {/x: {source: ../victim/.ssh/id}}}}\n",
        ),
        ("../score-rs.yaml", PROJECT),
    ]);
    let (exit, said) = place.run("generate -v");
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("project folder `.`"), "{said}");
    // Without a repository, they do.
    fs::remove_dir_all(place.path(".git")).unwrap();
    let said = place.succeed("generate -v");
    assert!(said.contains("project folder `..`"), "{said}");
}

#[test]
fn what_another_user_put_beside_the_score_files_is_refused() {
    let place = Place::new(&[("score.yaml", REDIS), ("score-rs.yaml", PROJECT)]);
    let environment = [("SCORE_RS_KEY".to_owned(), String::new())];
    let place = Place(place.0.with_environment(&environment));
    let owner = |user: &str, path: &str| {
        let path = place.path(path);
        let changed = Command::new("chown").arg(user).arg(path).output();
        changed.unwrap().status.success()
    };
    if !owner("65534", "score-rs.yaml") {
        // Only root can create files of other users.
        return;
    }
    let (exit, said) = place.run("generate");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("belongs to another user"), "{said}");
    // The files came with the folder, or the user selects the folder.
    assert!(owner("65534", ""));
    place.succeed("generate");
    assert!(owner("0", "") && owner("0", "score-rs.yaml"));
    assert!(owner("65534", ".score-rs/key"));
    let (exit, said) = place.run("generate");
    assert_eq!(exit, 2, "{said}");
    place.succeed("generate -C .");
}

#[test]
fn a_project_of_another_user_above_is_refused() {
    let place = Place::new(&[("score-rs.yaml", PROJECT), ("mine/score.yaml", WEB)]);
    let owner = |path: &str| {
        let path = place.path(path);
        let changed = Command::new("chown").arg("65534").arg(path).output();
        changed.unwrap().status.success()
    };
    if !owner("score-rs.yaml") {
        // Only root can create files of other users.
        return;
    }
    let (exit, said) = place.run_in("mine", "validate");
    assert_eq!(exit, 2, "{said}");
    assert!(
        said.contains("belongs to another user") && said.contains("`-C "),
        "{said}"
    );
    let (exit, said) = place.run_in("mine", "validate -C .. mine/score.yaml");
    assert_eq!(exit, 0, "{said}");
    // The same for the files that mark a project without a project file.
    fs::remove_file(place.path("score-rs.yaml")).unwrap();
    place.write(".score-rs/key", "x");
    assert!(owner(".score-rs"));
    let (exit, said) = place.run_in("mine", "generate");
    assert_eq!(exit, 2, "{said}");
    fs::remove_dir_all(place.path(".score-rs")).unwrap();
    place.write(".score-k8s/state.yaml", "");
    place.succeed("validate mine/score.yaml");
    assert!(owner(".score-k8s"));
    let (exit, said) = place.run_in("mine", "validate");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("belongs to another user"), "{said}");
}

#[test]
fn the_own_folder_is_private_whatever_was_there() {
    let text = REDIS.replace(
        "image: nginx:1",
        "image: nginx:1, files: {/etc/p: {content: \"${resources.db.password}\"}}",
    );
    let place = Place::new(&[
        ("score.yaml", &text),
        (".score-rs/.gitignore", "!*\n"),
        (".score-rs/compose/web-main/etc/keep", ""),
    ]);
    let modes = |path: &str| fs::metadata(place.path(path)).unwrap().permissions().mode() & 0o777;
    fs::remove_dir_all(place.path(".git")).unwrap();
    let git = |words: &str| {
        let mut command = Command::new("git");
        command.current_dir(place.0.folder()).args(words.split(' '));
        command.output().unwrap()
    };
    assert!(git("init -q").status.success());
    place.succeed("generate");
    assert_eq!(place.read(".score-rs/.gitignore"), "*\n");
    for folder in ["", "/compose", "/compose/web-main", "/compose/web-main/etc"] {
        assert_eq!(modes(&format!(".score-rs{folder}")), 0o700, "{folder}");
    }
    assert_eq!(modes(".score-rs/compose/web-main.env"), 0o600);
    assert!(git("add -A").status.success());
    let staged = String::from_utf8(git("ls-files").stdout).unwrap();
    assert_eq!(staged, "compose.yaml\nscore.yaml\n");
    // A link in its place is not followed.
    fs::remove_file(place.path(".score-rs/.gitignore")).unwrap();
    place.link("../../victim/new", ".score-rs/.gitignore");
    place.succeed("generate");
    assert_eq!(place.read(".score-rs/.gitignore"), "*\n");
    assert!(!place.path("../victim/new").exists());
}

#[test]
fn folders_in_the_places_of_private_files_give_way() {
    let place = Place::new(&[("score.yaml", REDIS)]);
    place.succeed("generate");
    let before = place.0.files();
    let mut replaced = 0;
    for entry in fs::read_dir(place.path(".score-rs/compose")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            replaced += 1;
        }
    }
    assert!(replaced > 1);
    place.succeed("generate");
    assert!(place.0.files() == before);
}

/// Many systems let a process open at most 1,024 files.
#[test]
fn many_folders_are_not_open_at_once() {
    let place = Place::new(&[]);
    for number in 0..100 {
        let spec = format!(
            "apiVersion: score.dev/v1b1\nmetadata: {{name: web-{number}}}\ncontainers: {{main: {{image: 'a:1', files: {{/x: {{content: hello}}}}}}}}\n"
        );
        place.write(&format!("web-{number}.score.yaml"), &spec);
    }
    let words = "generate -q -o compose.yaml";
    let limited = || {
        let program = place.0.command().get_program().to_owned();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "ulimit -n 48; exec \"$@\"", "sh"])
            .arg(program);
        shell.args(words.split(' ')).current_dir(place.path(""));
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
    };
    limited();
    let before = place.0.files();
    for number in 0..100 {
        let folder = format!(".score-rs/compose/web-{number}-main");
        fs::write(place.path(&folder).join("x"), "other").unwrap();
    }
    limited();
    assert!(place.0.files() == before);
}

/// A run that cannot write a file, here because of its size, leaves the list of the earlier files.
#[test]
fn a_list_is_restored_if_its_files_cannot_be_written() {
    let place = Place::new(&[("score.yaml", REDIS)]);
    let words = "generate -t kubernetes --output-dir k8s --secrets separate";
    let limited = || {
        let command = place.0.command();
        let variables = command.get_envs();
        let variables = variables.filter_map(|(name, value)| Some((name, value?)));
        let mut shell = Command::new("sh");
        let limit = "trap '' 25; ulimit -f 128; exec \"$@\"";
        shell.args(["-c", limit, "sh"]).arg(command.get_program());
        shell.env_clear().envs(variables);
        shell.args(words.split(' ')).current_dir(place.path(""));
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("too large"), "{said}");
    };
    let long = "x".repeat(200_000);
    let large = format!(
        "{REDIS}---\napiVersion: score.dev/v1b1\nmetadata: {{name: large}}\ncontainers: {{main: {{image: 'a:1', files: {{/x: {{content: {long}}}}}}}}}\n"
    );
    place.succeed(words);
    let before = place.0.files();
    place.write("score.yaml", &large);
    limited();
    place.write("score.yaml", REDIS);
    assert!(place.0.files() == before);
    place.succeed(&format!("{words} --check"));
    // Nor does it leave a list in a folder without one.
    fs::remove_dir_all(place.path("k8s")).unwrap();
    fs::create_dir(place.path("k8s")).unwrap();
    let before = place.0.files();
    place.write("score.yaml", &large);
    limited();
    place.write("score.yaml", REDIS);
    assert!(place.0.files() == before);
    // After the limit, the folder is complete.
    place.write("score.yaml", &large);
    place.succeed(words);
    assert!(
        place
            .read("k8s/kustomization.yaml")
            .contains("large-deployment.yaml")
    );
}

#[test]
fn a_folder_of_objects_keeps_its_secrets_out_of_git() {
    let place = Place::new(&[("score.yaml", REDIS)]);
    fs::remove_dir_all(place.path(".git")).unwrap();
    let git = |words: &str| {
        let mut command = Command::new("git");
        command.current_dir(place.0.folder()).args(words.split(' '));
        command.output().unwrap()
    };
    assert!(git("init -q").status.success());
    let words = "generate -t kubernetes --output-dir k8s --secrets separate";
    place.succeed(words);
    assert!(git("add -A").status.success());
    let staged = String::from_utf8(git("ls-files").stdout).unwrap();
    assert!(staged.contains("k8s/kustomization.yaml"), "{staged}");
    assert!(!staged.contains("secrets.yaml"), "{staged}");
    place.succeed(&format!("{words} --check"));
    // A temporary file of a killed run can contain secrets too.
    place.write("k8s/.score-rs-0123456789abcdef.tmp", "secret");
    assert!(git("add -A").status.success());
    let staged = String::from_utf8(git("ls-files").stdout).unwrap();
    assert!(!staged.contains(".tmp"), "{staged}");
    // A `.gitignore` of the user is kept.
    place.write("k8s/.gitignore", "mine\n");
    place.succeed(words);
    assert_eq!(place.read("k8s/.gitignore"), "mine\n");
}

#[test]
fn a_gitignore_of_the_user_stays_and_is_looked_at() {
    let place = Place::new(&[("score.yaml", REDIS)]);
    let words = "generate -t kubernetes --output-dir k8s --secrets separate";
    place.succeed(words);
    let ours = place.read("k8s/.gitignore");
    place.write("k8s/.gitignore", &format!("{ours}.env\n"));
    let said = place.succeed(words);
    assert!(!said.contains("from version control"), "{said}");
    assert_eq!(place.read("k8s/.gitignore"), format!("{ours}.env\n"));
    place.succeed("generate -t kubernetes --output-dir k8s");
    assert_eq!(place.read("k8s/.gitignore"), format!("{ours}.env\n"));
    place.write("k8s/.gitignore", "other\n");
    let said = place.succeed(words);
    let expected = "`k8s/.gitignore` does not exclude it from version control";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn files_that_score_files_name_are_no_outputs() {
    let place = Place::new(&[
        (
            "score.yaml",
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: 'a:1', files: {/x: {source: conf.yaml}}}}\n",
        ),
        ("conf.yaml", "mine\n"),
        ("secrets.score.yaml", REDIS),
    ]);
    let (exit, said) = place.run("generate score.yaml -o conf.yaml --force");
    assert_eq!(exit, 2, "{said}");
    assert_eq!(place.read("conf.yaml"), "mine\n");
    // Two outputs that are the same file because of a link.
    place.link("m.yaml", "secrets.yaml");
    let (exit, said) =
        place.run("generate secrets.score.yaml -t kubernetes --secrets separate -o m.yaml");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("would be the same file"), "{said}");
    assert!(!place.path("m.yaml").exists());
    // An obsolete file is kept if it is an input.
    let marked = format!("# Written by score-rs, and then by me\n{WEB}");
    place.write("chart/templates/x.yaml", &marked);
    place.run("generate chart/templates/x.yaml -t helm -o chart");
    assert_eq!(place.read("chart/templates/x.yaml"), marked);
}

#[test]
fn what_git_tracks_in_the_own_folder_gets_no_secret() {
    let place = Place::new(&[("score.yaml", REDIS)]);
    let environment = [("SCORE_RS_KEY".to_owned(), String::new())];
    let place = Place(place.0.with_environment(&environment));
    fs::remove_dir_all(place.path(".git")).unwrap();
    let git = |words: &str| {
        let mut command = Command::new("git");
        command.current_dir(place.0.folder()).args(words.split(' '));
        assert!(command.output().unwrap().status.success(), "{words}");
    };
    git("init -q");
    place.succeed("generate");
    // A clone of a commit with a umask of 077 has private files.
    git("add -f .score-rs/key");
    let (exit, said) = place.run("generate");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("Git tracks `.score-rs/key`"), "{said}");
    git("rm -q -r --cached .score-rs");
    place.succeed("generate");
    let file = ".score-rs/compose/web-main.env";
    assert!(place.path(file).exists());
    git(&format!("add -f {file}"));
    let place = Place(
        place
            .0
            .with_environment(&[("SCORE_RS_KEY".to_owned(), sandbox::KEY.to_owned())]),
    );
    let (exit, said) = place.run("generate");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains(file), "{said}");
}

#[test]
fn a_key_that_is_not_the_users_alone_is_refused() {
    let place = Place::new(&[("score.yaml", REDIS)]);
    let environment = [("SCORE_RS_KEY".to_owned(), String::new())];
    let place = Place(place.0.with_environment(&environment));
    place.succeed("generate");
    let key = place.path(".score-rs/key");
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let (exit, said) = place.run("generate");
        assert_eq!(exit, 2, "{said}");
        assert!(said.contains("`chmod 600 .score-rs/key`"), "{said}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    place.succeed("generate");
    let mut command = place.0.command();
    let output = command
        .env("SCORE_RS_KEY", "")
        .arg("generate")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`SCORE_RS_KEY` is empty"), "{said}");
}

/// A command with state.
const THING: &str = "apiVersion: score-rs/v1
kind: Provisioner
type: thing
run: {command: [sh, thing.sh], environment: [PATH]}
";
const ANSWER: &str = "printf '{\"version\": \"score-rs/run/v1\", \"state\": {\"a\": 1}}'\n";
const THINGS: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {main: {image: nginx:1}}
resources: {it: {type: thing}}
";

/// A project with state to save.
fn with_state() -> Place {
    Place::new(&[
        ("score.yaml", THINGS),
        ("score-rs.yaml", &naming("thing.yaml")),
        ("thing.yaml", THING),
        ("thing.sh", ANSWER),
    ])
}

/// Edits of the project file during a run are kept.
#[test]
fn no_edit_of_the_project_file_is_lost() {
    let place = with_state();
    let answer = format!("{ANSWER}\necho '# mine' >> score-rs.yaml\n");
    place.write("thing.sh", &answer);
    let (exit, said) = place.run("generate -i nginx:1 -p 8003:web:80 --save");
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("was changed in the meantime"), "{said}");
    assert!(place.read("score-rs.yaml").ends_with("# mine\n"));
    assert!(!place.path("compose.yaml").exists(), "{said}");
}

#[test]
fn a_project_file_that_is_a_link_is_not_edited() {
    let place = Place::new(&[("score.yaml", WEB), ("LICENSE", "# a licence\n")]);
    for target in ["LICENSE", "score-rs.lock"] {
        let _ = fs::remove_file(place.path("score-rs.yaml"));
        place.link(target, "score-rs.yaml");
        let (exit, said) = place.run("generate -p 8003:web:80 --save");
        assert_eq!(exit, 2, "{said}");
    }
    assert_eq!(place.read("LICENSE"), "# a licence\n");
    assert!(!place.path("score-rs.lock").exists());
}

/// `..` is the parent folder, not the project.
#[test]
fn the_folder_above_is_another_one() {
    let place = Place::new(&[("score.yaml", WEB)]);
    place.succeed("generate -t kubernetes --output-dir ..");
    assert!(place.path("../kustomization.yaml").exists());
    assert!(!place.path("kustomization.yaml").exists());
}

/// Files of the user with names similar to temporary files are kept.
#[test]
fn only_own_temporary_files_are_swept() {
    let place = with_state();
    let mine = [
        ".score-rs-mine.tmp",
        ".score-rs-folder.tmp/a",
        ".score-rs-0123456789ABCDEF.tmp",
        ".score-rs/.score-rs-mine.tmp",
        ".st.json.mine.tmp",
    ];
    let own = [
        ".score-rs-0123456789abcdef.tmp",
        ".score-rs/.score-rs-0123456789abcdef.tmp/a",
        ".st.json.0123456789abcdef.tmp",
    ];
    for path in mine.iter().chain(&own) {
        place.write(path, "x");
    }
    place.succeed("generate --state st.json -o compose.yaml");
    for path in mine {
        assert_eq!(place.read(path), "x", "{path}");
    }
    for path in own {
        assert!(!place.path(path).exists(), "{path}");
    }
}

/// Files that are too large for the memory are not read. They are sparse, so they occupy no space.
#[test]
fn huge_files_are_not_read() {
    for (path, words) in [
        (".score-rs/key", "generate -o compose.yaml"),
        (".score-rs/state.json", "generate -o compose.yaml"),
        (
            "thing.tests/thing-a/compose/parts.yaml",
            "provisioners test thing.yaml",
        ),
    ] {
        let place = with_state();
        place.write(
            "thing.yaml",
            &format!("{THING}tests: [{{name: a, run: {{}}}}]\n"),
        );
        if path.ends_with("key") {
            place.write("score.yaml", REDIS);
        }
        place.write(path, "");
        let file = fs::File::options()
            .write(true)
            .open(place.path(path))
            .unwrap();
        file.set_len(3 << 30).unwrap();
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .unwrap();
        // The key comes from the file.
        let place = Place(
            place
                .0
                .with_environment(&[("SCORE_RS_KEY".to_owned(), String::new())]),
        );
        let (exit, said) = place.run(words);
        assert_eq!(exit, 2, "{words}\n{said}");
        assert!(
            said.contains(&format!("cannot read `{path}`: it is larger than ")),
            "{words}\n{said}"
        );
    }
}

/// The state and its lock file replace no other files, and no output replaces them.
#[test]
fn the_state_has_a_place_of_its_own() {
    for words in [
        "--state st.json -o compose.yaml",
        "--state hook.json -o compose.yaml",
        "--state .git/hookx -o compose.yaml",
        "--state .GIT/hookx -o compose.yaml",
        "--state sub/../.git/index -o compose.yaml",
        "--state .score-rs/key -o compose.yaml",
        "--state .score-rs/st.json -o compose.yaml",
        "--state .score-rs/compose/.score-rs/state.json -o compose.yaml",
        "--state score-rs -o compose.yaml",
        "--state sub/score-rs -o compose.yaml",
        "--state Score-RS -o compose.yaml",
        "--state score-rs.yaml -o compose.yaml",
        "--state score-rs.lock -o compose.yaml",
        "--state sub/score-rs.lock -o compose.yaml",
        "--state c.yaml -o c.yaml --force",
        "--state c.yaml -o sub/../c.yaml --force",
        "--state link.json -o c.yaml --force",
        "--state c.yaml -o c.yaml.lock --force",
        "--state c.yaml --env-file c.yaml -o compose.yaml",
    ] {
        let place = with_state();
        place.write(".git/index", "x");
        place.write("sub/a", "");
        place.write(".score-rs/compose/.score-rs/a", "");
        place.write(".score-rs/.gitignore", "*\n");
        place.link(".git/index", "st.json");
        place.link(".git/hookx", "hook.json");
        place.link("c.yaml", "link.json");
        let before = place.0.files();
        let (exit, said) = place.run(&format!("generate {words}"));
        assert_eq!(exit, 2, "{words}\n{said}");
        assert!(place.0.files() == before, "{words}\n{said}");
    }
    // The files beside the output are known only at the end. At that time, the state is a new file.
    let place = with_state();
    place.write(
        "score.yaml",
        &THINGS
            .replace("resources: {", "resources: {db: {type: redis}, ")
            .replace(
                "image: nginx:1",
                "image: nginx:1, variables: {A: \"${resources.db.password}\"}",
            ),
    );
    let words =
        "generate -t kubernetes --secrets separate -o out.yaml --force --state secrets.yaml";
    for _ in 0..2 {
        let (exit, said) = place.run(words);
        assert_eq!(exit, 2, "{said}");
        assert!(
            said.contains("`secrets.yaml` is the state and cannot be an output"),
            "{said}"
        );
        assert!(place.read("secrets.yaml").contains("score-rs/state/v"));
        assert!(!place.path("out.yaml").exists());
        place.write("thing.sh", &ANSWER.replace("1}}", "2}}"));
    }
    // The state of a project can be given explicitly, also for another project.
    for words in [
        "--state .score-rs/state.json",
        "--state ../other/.score-rs/state.json",
    ] {
        let place = with_state();
        place.write("../other/.score-rs/a", "");
        place.write(".score-rs/a", "");
        place.succeed(&format!("generate -o compose.yaml {words}"));
    }
}

/// Files of a container could form a repository whose configuration runs commands.
#[test]
fn files_of_containers_make_no_repository() {
    let config = "[core]\n  bare = false\n  worktree = .\n  fsmonitor = touch ../../../stolen\n";
    for folder in ["/.git", "/.GIT", "/a/.git", ""] {
        let file = |path: &str, content: &str| {
            format!("      {folder}/{path}: {{content: {content:?}}}\n")
        };
        let files: String = [
            file("HEAD", "ref: refs/heads/main\n"),
            file("config", config),
            file("objects/x", ""),
            file("refs/x", ""),
        ]
        .concat();
        let place = Place::new(&[(
            "score.yaml",
            &format!(
                "apiVersion: score.dev/v1b1\nmetadata: {{name: web}}\ncontainers:\n  main:\n    image: nginx:1\n    files:\n{files}"
            ),
        )]);
        place.succeed("generate -o compose.yaml");
        // The test folder is not in a repository.
        fs::remove_dir_all(place.path(".git")).unwrap();
        let mut folders = vec![place.path(".score-rs/compose/web-main")];
        let mut seen = 0;
        while let Some(inside) = folders.pop() {
            let git = Command::new("git")
                .args(["rev-parse", "--git-dir"])
                .current_dir(&inside)
                .env("GIT_CEILING_DIRECTORIES", place.path(".."))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&git.stdout);
            assert!(!git.status.success(), "{}: {said}", inside.display());
            let entries = fs::read_dir(&inside).unwrap().map(|it| it.unwrap().path());
            folders.extend(entries.filter(|path| path.is_dir()));
            seen += 1;
        }
        assert!(seen > 2, "{folder}");
    }
}
