//! The results do not depend on the number of threads: files, diagnostics, and the choice of what
//! is rejected if a limit is exceeded.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write as _;
use std::fs;

use sandbox::{Files, Sandbox};
use score_compiler::targets;

/// More than the number for which threads are started.
const WORKLOADS: usize = 60;

/// An odd number: environments with a known key are compiled two at a time.
const ENVIRONMENTS: [&str; 3] = ["a", "b", "c"];

const WORKLOAD: &str = "
apiVersion: score.dev/v1b1
metadata: {name: NAME}
service: {ports: {www: {port: 80}}}
containers:
  main:
    image: nginx:1
    variables: {DB: \"${resources.db.host}:${resources.db.password}\", UP: \"${resources.up.hostname}\"}
    files: {/etc/a: {content: \"${resources.up.hostname}\"}}
resources:
  db: {type: postgres}
  cache: {type: redis, id: shared}
  dns: {type: dns}
  route: {type: route, params: {host: \"${resources.dns.host}\", path: /, port: 80}}
  up: {type: service-port, params: {workload: OTHER, port: www}}
";

/// The output and files of a run with this number of threads.
fn run(
    threads: usize,
    command: &[&str],
    texts: &[String],
    others: &[(&str, &str)],
) -> (String, i32, Files) {
    let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let keys = ENVIRONMENTS.map(|name| (format!("SCORE_RS_KEY_{}", name.to_uppercase()), key));
    let mut variables: Vec<(String, String)> =
        vec![("RAYON_NUM_THREADS".to_owned(), threads.to_string())];
    variables.extend(keys.map(|(name, key)| (name, key.to_owned())));
    let sandbox = Sandbox::new("project").with_environment(&variables);
    for (number, text) in texts.iter().enumerate() {
        let path = sandbox.folder().join(format!("{number}.score.yaml"));
        fs::write(path, text).unwrap();
    }
    for (name, text) in others {
        let path = sandbox.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    let outcome = sandbox.run(&command, b"");
    let mut printed = String::new();
    write!(
        printed,
        "{}{}",
        String::from_utf8_lossy(&outcome.stdout),
        String::from_utf8_lossy(&outcome.stderr)
    )
    .unwrap();
    (printed, outcome.exit, sandbox.files())
}

/// Checks that the number of threads is not visible, and returns the output.
fn check(command: &[&str], texts: &[String], exit: i32) -> String {
    check_with(command, texts, &[], exit)
}

/// The same with other files beside the Score files.
fn check_with(command: &[&str], texts: &[String], others: &[(&str, &str)], exit: i32) -> String {
    let (printed, code, files) = run(1, command, texts, others);
    assert_eq!(code, exit, "{printed}");
    for threads in [2, 7] {
        let (other, code, found) = run(threads, command, texts, others);
        assert_eq!((&printed, exit), (&other, code), "{threads} threads");
        assert!(files == found, "{command:?} with {threads} threads");
    }
    printed
}

fn project(workload: &str) -> Vec<String> {
    let text = |number: usize| {
        let other = (number + 7) % WORKLOADS;
        let text = workload.replace("NAME", &format!("web-{number:02}"));
        text.replace("OTHER", &format!("web-{other:02}"))
    };
    (0..WORKLOADS).map(text).collect()
}

#[test]
fn files_are_the_same() {
    let texts = project(WORKLOAD);
    for target in targets() {
        check(&["generate", "--target", target.name()], &texts, 0);
    }
}

#[test]
fn files_and_findings_of_environments_are_the_same() {
    let environment = "apiVersion: score-rs/v1\nkind: Environment\ntarget: kubernetes\n";
    let paths = ENVIRONMENTS.map(|name| format!("environments/{name}.yaml"));
    let mut others: Vec<(&str, &str)> = paths
        .iter()
        .map(|path| (path.as_str(), environment))
        .collect();
    others.push(("score-rs.yaml", "apiVersion: score-rs/v1\nkind: Project\n"));
    let mut texts = project(WORKLOAD);
    check_with(&["-vv", "generate", "--all-envs"], &texts, &others, 0);
    texts[30] = texts[30].replace("path: /,", "path: a/,");
    let printed = check_with(&["generate", "--all-envs"], &texts, &others, 1);
    assert!(printed.contains("a, b, c"), "{printed}");
}

#[test]
fn findings_are_the_same() {
    let mut texts = project(WORKLOAD);
    for (number, text) in texts.iter_mut().enumerate() {
        *text = match number % 4 {
            0 => text.replace("db.password", "db.pasword"),
            1 => text.replace("port: www}", "port: wwww}"),
            2 => text.replace("image:", "imge:"),
            _ => text.replace("path: /,", "path: a/,"),
        };
    }
    for format in ["human", "json"] {
        let printed = check(&["validate", "--format", format], &texts, 1);
        assert!(printed.contains("pasword"));
    }
}

/// A particular workload exceeds the limit first, regardless of which thread is faster.
#[test]
fn who_is_refused_is_the_same() {
    let long = "x".repeat(100_000);
    let all = "${metadata.long}".repeat(40);
    let workload = format!(
        "
apiVersion: score.dev/v1b1
metadata: {{name: NAME, long: {long}}}
containers: {{main: {{image: nginx:1}}}}
resources:
  route: {{type: route, params: {{host: \"{all}\", path: /, port: 80}}}}
"
    );
    let printed = check(&["validate", "--format", "json"], &project(&workload), 1);
    assert!(printed.contains("placeholders expand to more than"));
}

/// The same for the limit on the work of expressions.
#[test]
fn whose_expressions_do_too_much_is_the_same() {
    let workload = "
apiVersion: score.dev/v1b1
metadata: {name: NAME}
containers: {main: {image: nginx:1, variables: {A: \"${resources.own.out}\"}}}
resources:
  own: {type: own}
";
    let items: Vec<String> = (0..30_000).map(|at| format!("v{at}")).collect();
    let sorts: Vec<String> = (0..12)
        .map(|at| format!("  v{at}: \"{{{{ list | sort | length }}}}\"\n"))
        .collect();
    let provisioner = format!(
        "apiVersion: score-rs/v1\nkind: Provisioner\ntype: own\noutputs: {{properties: {{out: {{}}}}}}\nvalues:\n  out: x\n  list: [{}]\n{}",
        items.join(", "),
        sorts.concat()
    );
    let settings = "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [own.yaml]\n";
    let others = [
        ("own.yaml", provisioner.as_str()),
        ("score-rs.yaml", settings),
    ];
    let command = ["validate", "--format", "json"];
    let printed = check_with(&command, &project(workload), &others, 1);
    assert!(printed.contains("process more than"));
}
