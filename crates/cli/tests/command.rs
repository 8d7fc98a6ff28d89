//! The command in a shell: exit codes, streams, and files. The contents of the output are tested by
//! the cases.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests are about the outside world, where anything can fail"
)]

#[path = "sandbox/binary.rs"]
mod binary;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use binary::binary;
use tempfile::TempDir;

const WEB: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
";

/// A workload with a secret and an environment variable.
const SHOP: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: shop}
containers:
  main:
    image: nginx:1
    variables:
      PASSWORD: ${resources.cache.password}
      GREETING: Hello ${resources.env.NAME}
resources:
  cache: {type: redis}
  env: {type: environment}
";

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A temporary folder in which the command runs.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// All files in the folder.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(self.0.path(), self.0.path(), &mut found);
        found.sort();
        found
    }

    /// Runs the command with only these environment variables.
    fn run_with(&self, args: &[&str], input: &str, variables: &[(&str, &str)]) -> Run {
        let mut child = Command::new(binary())
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Run::new(&child.wait_with_output().unwrap())
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, "", &[])
    }
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(root, &path, found);
        } else {
            let path = path.strip_prefix(root).unwrap();
            found.push(path.to_string_lossy().into_owned());
        }
    }
}

#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn new(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "{text:?} not in:\n{}", self.err);
        self
    }
}

#[test]
fn exit_codes() {
    let folder = Folder::new(&[
        ("score.yaml", WEB),
        ("warning.yaml", &WEB.replace("nginx:1", "nginx")),
        ("error.yaml", &WEB.replace("image", "imge")),
    ]);
    folder
        .run(&["generate"])
        .code(0)
        .says("wrote compose.yaml: 1 workload, 0 resources");
    folder
        .run(&["validate", "warning.yaml"])
        .code(0)
        .says("1 file, 1 warning");
    folder.run(&["validate", "-q", "warning.yaml"]).code(0);
    folder
        .run(&["validate", "error.yaml"])
        .code(1)
        .says("error.yaml:5:5");
    folder
        .run(&["generate", "error.yaml"])
        .code(1)
        .says("spec/unknown-field");
    folder
        .run(&["generate", "nope.yaml"])
        .code(2)
        .says("cannot read `nope.yaml`");
    folder
        .run(&["generate", "-t", "compos"])
        .code(2)
        .says("compose");
    folder
        .run(&["generate", "-o", "nope/x.yaml"])
        .code(2)
        .says("the folder `nope` does not exist");
    folder.run(&["generate", "--generate-namespace"]).code(2);
    folder.run(&["generate", "--project-name", "Shop"]).code(2);
    folder
        .run(&["resources", "get-outputs", "x", "score.yaml"])
        .code(2);
    folder.run(&["--version"]).code(0);
    folder.run(&[]).code(2);
}

#[test]
fn quiet_hides_all_but_errors() {
    let folder = Folder::new(&[("score.yaml", &WEB.replace("nginx:1", "nginx"))]);
    let run = folder.run(&["generate", "-q"]).code(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
}

#[test]
fn standard_input_to_standard_output_touches_no_disk() {
    let folder = Folder::new(&[("a.txt", "content of a")]);
    let spec = format!("{WEB}    files:\n      /a: {{source: a.txt}}\n");
    let run = folder
        .run_with(&["generate", "-o", "-", "-", "-"], &spec, &[])
        .code(0);
    assert!(run.out.contains("image: nginx:1"), "{}", run.out);
    let run = run.says("note: 1 file that the output refers to is written only with `-o FILE`");
    assert!(!run.out.contains("note"), "{}", run.out);
    assert_eq!(folder.files(), ["a.txt"]);
    let run = folder.run_with(&["validate", "-"], "x: [", &[]).code(1);
    run.says("<stdin>:1:");
}

#[test]
fn an_error_leaves_outputs_as_they_were() {
    let folder = Folder::new(&[("score.yaml", SHOP)]);
    folder.run(&["generate"]).code(0);
    let before = (folder.files(), folder.read("compose.yaml"));
    folder.write("score.yaml", &SHOP.replace("type: redis", "type: redi"));
    folder
        .run(&["generate"])
        .code(1)
        .says("did you mean `redis`?");
    assert_eq!((folder.files(), folder.read("compose.yaml")), before);
}

#[test]
#[cfg(unix)]
fn what_cannot_be_written_leaves_outputs_as_they_were() {
    let folder = Folder::new(&[("score.yaml", SHOP)]);
    folder.run(&["generate"]).code(0);
    fs::remove_dir_all(folder.path(".score-rs/compose")).unwrap();
    let before = folder.read("compose.yaml");
    fs::rename(folder.path(".score-rs"), folder.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.path(".score-rs")).unwrap();
    folder.write("score.yaml", &SHOP.replace("shop", "shop-2"));
    folder
        .run(&["generate"])
        .code(2)
        .says("`.score-rs` is not a folder");
    assert_eq!(folder.read("compose.yaml"), before);
    assert!(!folder.path("elsewhere/compose").exists());
}

#[test]
#[cfg(unix)]
fn the_key_is_made_once_and_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new(&[("score.yaml", SHOP), ("score-rs.yaml", PROJECT)]);
    fs::create_dir(folder.path("out")).unwrap();
    folder
        .run(&["generate", "-o", "out/compose.yaml"])
        .code(0)
        .says("created the project key");
    let mode = |path| {
        fs::metadata(folder.path(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(".score-rs"), 0o700);
    assert_eq!(mode(".score-rs/key"), 0o600);
    assert_eq!(mode("out/.score-rs"), 0o700);
    assert_eq!(mode("out/.score-rs/compose/shop-main.env"), 0o600);
    assert_eq!(mode("out/compose.yaml"), 0o644);
    for ignore in [".score-rs/.gitignore", "out/.score-rs/.gitignore"] {
        assert_eq!(folder.read(ignore), "*\n");
    }
    let key = folder.read(".score-rs/key");
    assert_eq!((key.len(), key.ends_with('\n')), (65, true));

    let path = folder.path("out/.score-rs/compose/shop-main.env");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    folder
        .run(&["generate", "-o", "out/compose.yaml"])
        .code(0)
        .says("unchanged");
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
    assert_eq!(folder.read(".score-rs/key"), key);
    // A subfolder uses the project above it, with its key.
    folder.write("sub/score.yaml", SHOP);
    let run = Command::new(binary())
        .args(["generate", "-t", "kubernetes", "-o", "-"])
        .args(["--allow-env", "NAME"])
        .current_dir(folder.path("sub"))
        .env_clear()
        .env("NAME", "you")
        .output()
        .unwrap();
    Run::new(&run).code(0);
}

const PROJECT: &str = "apiVersion: score-rs/v1\nkind: Project\nname: shop\n";

#[test]
fn a_secret_on_standard_output_needs_a_key() {
    let folder = Folder::new(&[("score.yaml", SHOP)]);
    let args = [
        "generate",
        "-t",
        "kubernetes",
        "-o",
        "-",
        "--allow-env",
        "NAME",
    ];
    let name = ("NAME", "you");
    folder
        .run_with(&args, "", &[name])
        .code(2)
        .says("a secret is required, but there is no project key");
    let run = folder
        .run_with(&args, "", &[name, ("SCORE_RS_KEY", "0123")])
        .code(2);
    assert!(!run.err.contains("0123"), "{}", run.err);
    let first = folder
        .run_with(&args, "", &[name, ("SCORE_RS_KEY", KEY)])
        .code(0);
    let second = folder
        .run_with(&args, "", &[name, ("SCORE_RS_KEY", KEY)])
        .code(0);
    assert_eq!(first.out, second.out);
    // The output for Compose contains no secrets.
    folder.run(&["generate", "-o", "-"]).code(0);
    assert_eq!(folder.files(), ["score.yaml"]);

    let args = ["resources", "get-outputs", "redis.default#shop.cache"];
    let run = folder.run(&args).code(0);
    assert!(run.out.contains("\"port\": 6379"), "{}", run.out);
    assert!(
        run.out.contains("\"password\": \"[redacted]\""),
        "{}",
        run.out
    );
    let args = [&args[..], &["--show-secrets"]].concat();
    folder.run(&args).code(2).says("no project key");
    let run = folder.run_with(&args, "", &[("SCORE_RS_KEY", KEY)]).code(0);
    assert!(!run.out.contains("[redacted]"), "{}", run.out);
}

#[test]
fn env_files() {
    let folder = Folder::new(&[("score.yaml", SHOP), (".env", "# mine\nB=2")]);
    folder.run(&["generate", "--env-file", ".env"]).code(0);
    assert_eq!(folder.read(".env"), "# mine\nB=2\nNAME=\n");
    folder.run(&["generate", "--env-file", ".env"]).code(0);
    assert_eq!(folder.read(".env"), "# mine\nB=2\nNAME=\n");
    folder.run(&["generate", "--env-file", "new.env"]).code(0);
    assert_eq!(folder.read("new.env"), "NAME=\n");

    folder.write(".env", "export NAME='from the file'");
    let args = [
        "generate",
        "-t",
        "kubernetes",
        "-o",
        "-",
        "--env-file",
        ".env",
    ];
    let variables = [("SCORE_RS_KEY", KEY), ("NAME", "from the environment")];
    let run = folder.run_with(&args, "", &variables).code(0);
    assert!(
        run.out.contains("value: Hello from the file"),
        "{}",
        run.out
    );
    let run = folder.run_with(&args[..5], "", &variables).code(1);
    run.says("access to the environment variable `NAME` is not allowed");
    let allowed = [&args[..5], &["--allow-env", "N*"]].concat();
    let run = folder.run_with(&allowed, "", &variables).code(0);
    assert!(
        run.out.contains("value: Hello from the environment"),
        "{}",
        run.out
    );
    folder
        .run(&allowed)
        .code(1)
        .says("the environment variable `NAME` is not set");
}

#[test]
fn the_sample_generates_for_every_target() {
    let folder = Folder::new(&[]);
    folder
        .run(&["init", "--project-name", "shop"])
        .code(0)
        .says("wrote score.yaml");
    folder.run(&["validate"]).code(0).says("1 file, no errors");
    for (target, output) in [
        ("compose", "compose.yaml"),
        ("kubernetes", "manifests.yaml"),
    ] {
        folder
            .run(&["generate", "-t", target])
            .code(0)
            .says(&format!("wrote {output}"));
        assert!(folder.path(output).is_file());
    }
    folder.write("score.yaml", "mine");
    folder
        .run(&["init"])
        .code(0)
        .says("score.yaml already exists");
    assert_eq!(folder.read("score.yaml"), "mine");
}

#[test]
fn the_next_command_installs_each_chart() {
    let folder = Folder::new(&[
        (
            "web.score.yaml",
            &WEB.replace("name: web", "name: a-shared"),
        ),
        (
            "cache.score.yaml",
            "\
apiVersion: score.dev/v1b1
metadata: {name: shop}
containers: {main: {image: 'nginx:1', variables: {CACHE: '${resources.cache.host}'}}}
resources:
  cache: {type: redis, id: shared}
",
        ),
    ]);
    for (options, next) in [
        (
            &["-n", "a"][..],
            "next: helm upgrade --install app chart --namespace a --create-namespace\n",
        ),
        (
            &[
                "-n",
                "a",
                "--generate-namespace",
                "--chart-name",
                "shop",
                "-o",
                "out/b",
            ],
            "next: helm upgrade --install shop out/b --namespace a --create-namespace --take-ownership\n",
        ),
        (
            &["--package", "-o", "dist"],
            "next: helm upgrade --install app dist/app-0.1.0.tgz\n",
        ),
        (
            &["--secrets", "external"],
            "\
next: create any Secrets that the objects require, then run
      helm upgrade --install app chart
",
        ),
        (
            &[
                "--chart-per-workload",
                "--chart-name",
                "shop",
                "-o",
                "charts",
            ],
            "\
next: helm upgrade --install shop-shared charts/shop-shared
      helm upgrade --install a-shared charts/a-shared
      helm upgrade --install shop charts/shop
",
        ),
    ] {
        let args = [&["generate", "-t", "helm"], options].concat();
        folder.run(&args).code(0).says(next);
        let quiet = folder.run(&[&args[..], &["-q"]].concat()).code(0);
        assert_eq!(quiet.err, "");
        let in_ci = folder.run_with(&args, "", &[("CI", "true")]).code(0);
        assert!(!in_ci.err.contains("next:"), "{in_ci:?}");
    }
}

#[test]
fn the_next_command_applies_secrets_too() {
    let folder = Folder::new(&[("score.yaml", SHOP)]);
    let args = [
        "generate",
        "-t",
        "k8s",
        "--env-file",
        ".env",
        "--secrets",
        "separate",
    ];
    folder.write(".env", "NAME=x\n");
    let args = [&args[..], &["--output-dir", "k8s"]].concat();
    folder.run(&args).code(0).says(
        "\
next: kubectl apply -f k8s/secrets.yaml
      kubectl apply -k k8s
",
    );
}

#[test]
fn options_of_the_go_tools_are_accepted_or_answered() {
    let folder = Folder::new(&[
        ("score.yaml", WEB),
        ("more.yaml", "containers: {main: {image: nginx:2}}"),
    ]);
    let all = [
        "generate",
        "-t",
        "k8s",
        "--project",
        "shop",
        "--override-file",
        "more.yaml",
        "-o",
        "-",
    ];
    let manifests = folder.run(&all).code(0);
    assert!(manifests.out.contains("kind: Deployment"), "{manifests:?}");
    assert!(manifests.out.contains("nginx:2"), "{manifests:?}");
    for (args, advice) in [
        ("generate -f score.yaml", "score-rs generate FILE"),
        ("generate --file=score.yaml", "score-rs generate FILE"),
        ("generate --patch-manifests x", "use `--patch-templates`"),
        ("validate --file score.yaml", "score-rs validate FILE"),
        ("validate -f score.yaml", "arguments, without `-f`"),
        ("resources list --file=score.yaml", "resources list FILE"),
        ("resources list -f score.yaml", "arguments, without `-f`"),
        ("resources get-outputs x --file y", "get-outputs UID FILE"),
        (
            "resources get-outputs x -f score.yml",
            "arguments, without `-f`",
        ),
        ("provisioners explain x --file y", "explain UID FILE"),
        ("generate --overide-file x", "'--overrides-file'"),
        ("generate --projct x", "'--project'"),
        ("up", "docker compose up"),
        ("down", "docker compose down"),
        ("build", "docker compose build"),
        ("apply", "kubectl apply"),
        ("-q up", "docker compose up"),
        ("-qC . --color never up", "docker compose up"),
        ("-C resources generate --file x", "score-rs generate FILE"),
        (
            "--directory=. resources -q list --file x",
            "resources list FILE",
        ),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let run = folder.run(&args).code(2).says(advice);
        // One tip, and no usage of another option.
        assert_eq!(run.err.matches("tip:").count(), 1, "{}", run.err);
        assert!(!run.err.contains("--fix"), "{}", run.err);
    }
    let other = folder.run(&["provisioners", "up"]).code(2);
    assert!(!other.err.contains("docker compose"), "{}", other.err);
    let other = folder.run(&["explain", "--file", "x"]).code(2);
    assert!(!other.err.contains("Score files"), "{}", other.err);
    let json = folder.run(&["validate", "--format", "a.yaml"]).code(2);
    assert!(!json.err.contains("without `-f`"), "{}", json.err);
}

#[test]
fn versions_are_printed_and_checked() {
    let folder = Folder::new(&[]);
    let version = folder.run(&["version"]).code(0).out.clone();
    assert_eq!(version, folder.run(&["--version"]).out);
    folder.run(&["check-version", ">=0.0.1"]).code(0);
    folder
        .run(&["check-version", ">1000"])
        .code(1)
        .says("does not match `>1000`");
    folder
        .run(&["check-version", "0.1"])
        .code(1)
        .says("without an operator never matches");
    folder.run(&["check-version", "<2"]).code(2).says(">=0.1");
    let scripts = ["version", "--no-logo", "--no-updates-check"];
    assert_eq!(folder.run(&scripts).code(0).out, version);
    let completions = folder.run(&["completions", "bash"]).code(0).out.clone();
    let scripts = ["--quiet", "completion", "bash", "--no-descriptions"];
    assert_eq!(folder.run(&scripts).code(0).out, completions);
}

#[test]
fn outputs_are_inserted_into_a_template() {
    let folder = Folder::new(&[("score.yaml", SHOP)]);
    let run = |template: &str| {
        let uid = "redis.default#shop.cache";
        folder.run(&["resources", "get-outputs", uid, "--format", template])
    };
    for (template, expected) in [
        ("{{ .host }}:{{ .port }}", "redis-shop--cache:6379"),
        ("{{ .password }}", "[redacted]"),
        (
            "{{ len .password }} {{ .password | b64enc }}",
            "10 W3JlZGFjdGVkXQ==",
        ),
        (
            "{{ .host | upper | trunc 5 }}{{ add .port 1 }}",
            "REDIS6380",
        ),
        (
            r#"{{ index . "host" }}{{ .nothing | default "-" }}"#,
            "redis-shop--cache-",
        ),
        (
            "{{ range $name, $_ := . }}{{ $name }} {{ end }}",
            "host password port username ",
        ),
        ("<no value>{{ .port }}", "<no value>6379"),
    ] {
        assert_eq!(
            run(template).code(0).out,
            format!("{expected}\n"),
            "{template}"
        );
    }
    let drawn = || run("{{ randAlphaNum 30 }}").code(0).out.clone();
    assert_ne!(drawn(), drawn());
    run("a {{ .nothing }}")
        .code(2)
        .says("line 1, column 6: the value does not exist or is null")
        .says("the outputs are `host`, `port`, `username`");
    run("{{ .host | uper }}").code(2).says("line 1, column 12");
    let lines = "a\n{{ index .port 1 }}";
    run(lines).code(2).says("fails in line 2, column 4");
    run("{{ now }}").code(2).says("now");
    run("{{ .password | fail }}").code(2).says("[redacted]");
    run("{{ range until 1000000000 }}{{ end }}")
        .code(2)
        .says("more than");
    run("toml").code(2).says("a template such as");
}

#[test]
fn score_files_are_found() {
    let folder = Folder::new(&[
        ("b.score.yaml", &WEB.replace("web", "bb")),
        ("deep/er/a.score.yaml", &WEB.replace("web", "aa")),
        ("deep/score.yaml", &WEB.replace("web", "cc")),
        (".hidden/x.score.yaml", "x"),
        ("node_modules/x.score.yaml", "x"),
        ("target/x.score.yaml", "x"),
        ("other.yaml", "x"),
    ]);
    let run = folder.run(&["validate", "-v"]).code(0);
    let names: Vec<&str> = run
        .err
        .lines()
        .filter_map(|line| line.strip_prefix("reading "))
        .collect();
    assert_eq!(
        names,
        ["b.score.yaml", "deep/er/a.score.yaml", "deep/score.yaml"]
    );
    folder
        .run(&["validate", "deep", "./deep/score.yaml"])
        .code(0)
        .says("1 file, no errors");
    folder.write("score.yaml", WEB);
    folder.run(&["validate"]).code(0).says("1 file, no errors");
    folder
        .run(&["validate", ".", "other.yaml"])
        .code(1)
        .says("2 files");
    let empty = Folder::new(&[]);
    empty.run(&["generate"]).code(2).says("score-rs init");
}

#[test]
fn stale_files_go() {
    let with = format!("{WEB}    files:\n      /etc/a: {{content: one}}\n");
    let folder = Folder::new(&[("score.yaml", &with), (".score-rs/mine", "x")]);
    folder.run(&["generate"]).code(0);
    assert!(folder.path(".score-rs/compose/web-main/etc/a").is_file());
    // A file becomes a folder.
    folder.write("score.yaml", &with.replace("/etc/a:", "/etc/a/b:"));
    folder.run(&["generate"]).code(0);
    assert_eq!(folder.read(".score-rs/compose/web-main/etc/a/b"), "one");
    // Another target does not remove them.
    folder.run(&["generate", "-t", "kubernetes"]).code(0);
    assert!(folder.path(".score-rs/compose/web-main/etc/a/b").is_file());
    folder.write("score.yaml", WEB);
    folder.run(&["generate"]).code(0);
    let files = folder.files();
    assert!(!folder.path(".score-rs/compose").exists(), "{files:?}");
    assert_eq!(folder.read(".score-rs/mine"), "x");
}

#[test]
#[cfg(unix)]
fn an_output_that_is_a_link_stays_one() {
    let folder = Folder::new(&[
        ("score.yaml", WEB),
        ("real/x.yaml", "# Written by score-rs before\n"),
    ]);
    std::os::unix::fs::symlink("real/x.yaml", folder.path("compose.yaml")).unwrap();
    folder.run(&["generate"]).code(0);
    assert!(
        fs::symlink_metadata(folder.path("compose.yaml"))
            .unwrap()
            .is_symlink()
    );
    assert!(folder.read("real/x.yaml").contains("nginx:1"));
    folder
        .run(&["generate", "-o", "/dev/null"])
        .code(2)
        .says("not a regular file");
    folder
        .run(&["generate", "-o", "real"])
        .code(2)
        .says("it is a folder");
}

#[test]
fn the_project_file_is_checked() {
    let folder = Folder::new(&[
        ("score.yaml", WEB),
        (
            "score-rs.yaml",
            &format!("{PROJECT}target: kubernets\nprovisioners: [nope]\n"),
        ),
    ]);
    let run = folder.run(&["generate"]).code(1);
    run.says("did you mean `kubernetes`?")
        .says("score-rs.yaml:5:16");
    assert!(!folder.path("compose.yaml").exists());
}

#[test]
fn options_of_other_targets_are_named() {
    let folder = Folder::new(&[("score.yaml", WEB)]);
    let run = folder.run(&["generate", "-n", "shop"]).code(0);
    run.says("target/unsupported")
        .says("`--namespace shop` has no effect");
    let run = folder
        .run(&["generate", "-t", "kubernetes", "-p", "80:web:80"])
        .code(0);
    run.says("target/unsupported");
}

#[test]
fn schemas_are_printed_as_they_are_kept() {
    let folder = Folder::new(&[]);
    for (name, schema) in [
        ("score", score_schemas::SCORE_V1B1),
        ("provisioner", score_schemas::PROVISIONER),
        ("project", score_schemas::PROJECT),
        ("diagnostics", score_schemas::DIAGNOSTICS),
    ] {
        let run = folder.run(&["schema", name]);
        assert_eq!((run.code, run.out.as_str()), (Some(0), schema), "{name}");
    }
    let unnamed = folder.run(&["schema"]);
    assert_eq!(unnamed.out, score_schemas::SCORE_V1B1);
}

/// With another binary, a test could use one that is not installed (see `binary`).
#[test]
fn all_tests_run_the_same_binary() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = Vec::new();
    list(&tests, &tests, &mut found);
    let name = ["CARGO", "BIN", "EXE"].join("_");
    found.retain(|path| {
        let text = fs::read_to_string(tests.join(path)).unwrap_or_default();
        text.contains(&name)
    });
    assert_eq!(found, ["sandbox/binary.rs"]);
}
