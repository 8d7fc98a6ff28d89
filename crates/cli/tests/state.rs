//! State with concurrent processes, and with processes that are killed at any moment. The contents
//! of the state are tested by `tests/cases/run`.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use sandbox::{Files, Sandbox};

/// The number of runs to kill.
const KILLS: usize = 100;

/// The number of containers of the workload, each with an env file and a file beside
/// `compose.yaml`.
const CONTAINERS: usize = 12;

const PROJECT: &str = "{apiVersion: score-rs/v1, kind: Project, provisioners: [bucket.yaml]}";

const PROVISIONER: &str = "
apiVersion: score-rs/v1
kind: Provisioner
type: bucket
params: {properties: {version: {type: integer}}}
outputs: {properties: {url: {type: string}, key: {type: string, secret: true}}}
run: {command: [sh, bucket.sh, '{{ params.version }}'], environment: [PATH]}
values: {url: '{{ run.url }}', key: '{{ run.key }}'}
";

/// A command that returns the values of a version.
const SCRIPT: &str = r#"
printf '{"version": "score-rs/run/v1", "values": {"url": "https://b%s"},
    "secrets": {"key": "key \\"%s\\""}, "state": {"version": %s}}' "$1" "$1" "$1"
"#;

/// A project with everything that a run writes: state, a main file, env files, files.
fn project() -> Sandbox {
    let sandbox = Sandbox::new("project");
    put(&sandbox, "score-rs.yaml", PROJECT);
    put(&sandbox, "bucket.yaml", PROVISIONER);
    put(&sandbox, "bucket.sh", SCRIPT);
    set_version(&sandbox, 0);
    sandbox
}

fn put(sandbox: &Sandbox, name: &str, text: &str) {
    fs::write(sandbox.folder().join(name), text).unwrap();
}

fn set_version(sandbox: &Sandbox, version: usize) {
    let mut text = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n".to_owned();
    for number in 0..CONTAINERS {
        let key = "${resources.files.key}";
        writeln!(
            text,
            "  c{number}:\n    image: busybox:1\n    variables: {{URL: '${{resources.files.url}}', KEY: '{key}'}}\n    \
             files: {{/etc/key: {{content: 'of {version} {number}: {key}'}}}}"
        )
        .unwrap();
    }
    writeln!(
        text,
        "resources:\n  files: {{type: bucket, params: {{version: {version}}}}}"
    )
    .unwrap();
    put(sandbox, "score.yaml", &text);
}

fn generate(sandbox: &Sandbox) {
    let outcome = sandbox.run(&["generate".to_owned()], b"");
    assert_eq!(
        outcome.exit,
        0,
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
}

/// The files written by a run, without inputs and temporary files of killed runs.
fn written(sandbox: &Sandbox) -> Files {
    let mut files = sandbox.files();
    let inputs = ["score-rs.yaml", "bucket.yaml", "bucket.sh", "score.yaml"];
    files.retain(|path, _| !inputs.contains(&path.as_str()) && !is_remnant(path));
    files
}

/// Whether it is a temporary file.
fn is_remnant(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    name.starts_with(".score-rs-")
        || name.starts_with(".staged-")
        || name.starts_with(".state.json.")
}

fn remnants(sandbox: &Sandbox) -> Vec<String> {
    let files = sandbox.files();
    files.into_keys().filter(|path| is_remnant(path)).collect()
}

/// Reproducible pseudorandom numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Starts `generate` and kills it after some time, unless it has ended before.
fn kill_after(sandbox: &Sandbox, time: Duration) {
    let mut child = sandbox
        .command()
        .arg("generate")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(time);
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn a_killed_run_leaves_each_file_old_or_new() {
    let versions = [0, 1].map(|version| {
        let sandbox = project();
        set_version(&sandbox, version);
        generate(&sandbox);
        written(&sandbox)
    });
    let sandbox = project();
    let start = Instant::now();
    generate(&sandbox);
    let whole = u64::try_from(start.elapsed().as_micros()).unwrap();
    let mut numbers = Numbers(0x0005_c04e_0005_c04e);
    let mut between = 0;
    for kill in 0..KILLS {
        let version = (kill + 1) % 2;
        set_version(&sandbox, version);
        kill_after(
            &sandbox,
            Duration::from_micros(numbers.below(whole * 5 / 4)),
        );
        between += usize::from(check(&written(&sandbox), &versions, version));

        generate(&sandbox);
        assert!(written(&sandbox) == versions[version], "after kill {kill}");
        let own: Vec<_> = remnants(&sandbox);
        let own = own.iter().filter(|path| path.starts_with(".score-rs/"));
        assert_eq!(own.count(), 0, "after kill {kill}");
    }
    // Otherwise nothing was tested.
    assert!(between > 0, "no run was killed while it wrote");

    // Temporary files beside the output are removed as well.
    set_version(&sandbox, 1);
    generate(&sandbox);
    assert_eq!(remnants(&sandbox), Vec::<String>::new());
}

/// Checks the files that a killed run has left, and returns whether it had written some but not all
/// of them.
fn check(found: &Files, versions: &[Files; 2], version: usize) -> bool {
    let (new, old) = (&versions[version], &versions[1 - version]);
    let mut replaced = 0;
    for (path, file) in found {
        let is = |files: &Files| files.get(path) == Some(file);
        assert!(is(old) || is(new), "{path} is neither old nor new");
        replaced += usize::from(is(new) && !is(old));
    }
    assert_eq!(found.len(), new.len(), "a file is missing");
    let state = ".score-rs/state.json";
    if replaced > 0 {
        assert!(
            found.get(state) == new.get(state),
            "outputs before the state"
        );
    }
    replaced > 0 && found != new
}

#[test]
fn the_second_of_two_runs_waits_and_says_so() {
    let sandbox = project();
    // The command records its input, and the first run waits for the test.
    let script =
        format!("cat >>asked; touch started; until test -e go; do sleep 0.01; done{SCRIPT}");
    put(&sandbox, "bucket.sh", &script);
    let mut first = sandbox.command().arg("generate").spawn().unwrap();
    wait_for(&sandbox.folder().join("started"));
    let mut second = sandbox.command().arg("generate").spawn().unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(second.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert_eq!(
        line,
        "note: waiting for another run that uses `.score-rs/state.json`\n"
    );
    assert!(second.try_wait().unwrap().is_none());

    put(&sandbox, "go", "");
    assert!(first.wait().unwrap().success());
    assert!(second.wait().unwrap().success());
    let asked = fs::read_to_string(sandbox.folder().join("asked")).unwrap();
    let states: Vec<_> = asked
        .lines()
        .map(|line| line.rsplit_once("\"state\":").unwrap().1)
        .collect();
    assert_eq!(states, ["{}}", "{\"version\":0}}"]);
}

#[test]
fn a_lock_goes_with_its_process() {
    let sandbox = project();
    put(&sandbox, "bucket.sh", "touch started; sleep 1");
    let mut first = sandbox.command().arg("generate").spawn().unwrap();
    wait_for(&sandbox.folder().join("started"));
    first.kill().unwrap();
    first.wait().unwrap();
    put(&sandbox, "bucket.sh", SCRIPT);
    let outcome = sandbox.run(&["generate".to_owned()], b"");
    assert_eq!(outcome.exit, 0);
    assert!(
        !String::from_utf8(outcome.stderr)
            .unwrap()
            .contains("waiting")
    );
}

fn wait_for(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !path.exists() {
        assert!(
            Instant::now() < deadline,
            "{} does not come",
            path.display()
        );
        thread::sleep(Duration::from_millis(5));
    }
}
