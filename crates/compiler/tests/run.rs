//! Provisioner commands: their input, the conditions under which they run, and their answers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Mutex;

use score_compiler::world::{Call, FileError, RunError};
use score_compiler::{
    Commands, Compiler, Compose, Inputs, Kubernetes, Memory, OutputContent, Rendered, State,
    Target, World,
};
use score_spec::{
    Sources,
    diagnostic::any_error,
    parse,
    schema::{Codes, Schema},
};
use serde_json::{Value, json};

const SPEC: &str = "
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main: {image: 'busybox:1', variables: {URL: '${resources.files.url}', KEY: '${resources.files.key}'}}
resources:
  files: {type: bucket, params: {size: 3}}
";

const PROVISIONER: &str = "
apiVersion: score-rs/v1
kind: Provisioner
type: bucket
params: {properties: {size: {type: integer}}}
outputs: {properties: {url: {type: string}, key: {type: string, secret: true}}}
resources: {cache: {type: redis}}
run: {command: [bucket, '{{ params.size }}'], environment: [TOKEN], timeout: 7}
values: {url: '{{ run.url }}', key: 'key {{ run.key }}'}
";

const ANSWER: &str = r#"{"version": "score-rs/run/v1",
    "values": {"url": "https://b"}, "secrets": {"key": "s3cret"}, "state": {"n": 1}}"#;

/// A world that returns a constant answer, and records calls.
struct Noted {
    answer: &'static str,
    calls: Mutex<Vec<Call>>,
}

impl World for Noted {
    fn file(&self, _: &str, _: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::NotFound)
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn environment(&self, _: &str) -> Option<String> {
        None
    }

    fn run(&self, call: &Call) -> Result<Vec<u8>, RunError> {
        self.calls.lock().unwrap().push(call.clone());
        Ok(self.answer.into())
    }
}

/// Compiles a Score file with this answer, and also returns the calls.
fn run(spec: &str, answer: &'static str, (compiler, state): Request) -> (Rendered, Vec<Call>) {
    let world = Noted {
        answer,
        calls: Mutex::default(),
    };
    let inputs = Inputs::new().with_spec("score.yaml", spec);
    let rendered = compiler
        .compile(&world, inputs.with_state(state))
        .render(&Compose::default());
    (rendered, world.calls.into_inner().unwrap())
}

/// A compiler, and the state of commands.
type Request = (Compiler, State);

fn request(commands: Commands, state: State) -> Request {
    let compiler = Compiler::new().with_provisioners("platform/bucket.yaml", PROVISIONER);
    (compiler.with_commands(commands), state)
}

fn codes(compiled: &Rendered) -> Vec<&'static str> {
    compiled
        .diagnostics
        .iter()
        .map(|it| it.code.name())
        .collect()
}

#[test]
fn a_command_is_asked_and_its_answer_used() {
    let request = request(Commands::Run, State::new());
    assert!(request.0.has_commands());
    let (compiled, calls) = run(SPEC, ANSWER, request.clone());
    assert_eq!(compiled.diagnostics, []);
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(call.provisioner, "platform/bucket.yaml");
    assert_eq!(call.resource, "bucket.default#web.files");
    assert_eq!(call.command, ["bucket", "3"]);
    assert_eq!(call.environment, ["TOKEN"]);
    assert_eq!(call.timeout.as_secs(), 7);

    let texts: Vec<_> = compiled
        .files
        .iter()
        .filter_map(|file| match &file.content {
            OutputContent::Text(text) => Some((text.redact(), text.reveal(None))),
            OutputContent::Binary(_) => None,
        })
        .collect();
    assert!(texts[0].1.contains("URL: https://b\n"));
    assert!(
        texts
            .iter()
            .all(|(redacted, _)| !redacted.contains("s3cret"))
    );
    assert!(
        texts
            .iter()
            .any(|(_, revealed)| revealed == "KEY=key s3cret\n")
    );
    assert!(!format!("{compiled:?}").contains("s3cret"));

    // The second time, the command receives its state, and the result is the same.
    let (again, calls) = run(SPEC, ANSWER, (request.0, compiled.state.clone()));
    assert_eq!(again.files, compiled.files);
    assert_eq!(again.state, compiled.state);
    assert_eq!(asked(&calls)["state"], json!({"n": 1}));
}

/// The input of the command.
fn asked(calls: &[Call]) -> Value {
    let input = calls.first().map_or(&[][..], |call| &call.input);
    serde_json::from_slice(input).unwrap_or_default()
}

#[test]
fn what_it_is_asked_is_what_the_schema_says() {
    let (_, calls) = run(SPEC, ANSWER, request(Commands::Run, State::new()));
    let expected = json!({
        "version": "score-rs/run/v1",
        "mode": "apply",
        "uid": "bucket.default#web.files",
        "type": "bucket",
        "class": "default",
        "id": "web.files",
        "workload": "web",
        "target": "compose",
        "workloads": [{"name": "web", "ports": {}}],
        "params": {"size": 3},
        "metadata": {},
        // The outputs of `redis` are references, and its password is a secret.
        "resources": {"cache": {"username": "default"}},
        "state": {},
    });
    assert_eq!(asked(&calls), expected);
    let mut sources = Sources::new();
    let id = sources.add("request", calls[0].input.clone());
    let parsed = parse(&sources, id);
    let schema = Schema::built_in(score_schemas::RUN_REQUEST);
    let codes = Codes::all(score_spec::Code::ProvisionerCommandAnswer);
    assert_eq!(schema.check(&parsed.documents[0], &sources, &codes), []);
}

#[test]
fn nothing_runs_that_may_not_or_that_would_be_in_vain() {
    let wrong = SPEC.replace("files.key", "files.kye");
    let image = SPEC.replace("image: 'busybox:1'", "imgae: x");
    for (spec, commands, expected, ran) in [
        (SPEC, Commands::Skip, vec![], 0),
        (&wrong, Commands::Skip, vec!["resource/unknown-output"], 0),
        (
            SPEC,
            Commands::Refuse,
            vec!["provisioner/command-refused"],
            0,
        ),
        (&image, Commands::Run, vec!["spec/unknown-field"], 0),
        (&wrong, Commands::Run, vec!["resource/unknown-output"], 0),
    ] {
        let (compiled, calls) = run(spec, ANSWER, request(commands, State::new()));
        assert_eq!(codes(&compiled), expected, "{commands:?} {spec}");
        assert_eq!(calls.len(), ran, "{commands:?} {spec}");
    }
    let none = Compiler::new().with_provisioners("p.yaml", PROVISIONER.replace("run: {", "x: {"));
    assert!(!none.has_commands());
}

#[test]
fn a_command_runs_once_for_all_targets_that_ask_the_same() {
    let world = Noted {
        answer: ANSWER,
        calls: Mutex::default(),
    };
    let (compiler, _) = request(Commands::Run, State::new());
    let inputs = Inputs::new().with_spec("score.yaml", SPEC);
    let project = compiler.compile(&world, inputs);
    assert_eq!(project.diagnostics().to_string(), "");
    assert_eq!(world.calls.lock().unwrap().len(), 0);
    let kubernetes = project.render(&Kubernetes::default());
    let again = project.render(&Kubernetes::default());
    assert_eq!(world.calls.lock().unwrap().len(), 1);
    assert_eq!(kubernetes.state, again.state);
    assert_eq!(kubernetes.diagnostics, []);
    // The target is part of the request, and the state has the answer for each.
    let compose = project.render(&Compose::default());
    assert_eq!(world.calls.lock().unwrap().len(), 2);
    assert!(!kubernetes.files.is_empty() && !compose.files.is_empty());
    let (compiler, _) = request(Commands::Recall, State::new());
    let inputs = Inputs::new()
        .with_spec("score.yaml", SPEC)
        .with_state(compose.state);
    let recalled = compiler.compile(&world, inputs);
    for target in [&Kubernetes::default() as &dyn Target, &Compose::default()] {
        assert_eq!(recalled.render(target).diagnostics, []);
    }
    assert_eq!(world.calls.lock().unwrap().len(), 2);
}

#[test]
fn what_another_provisioner_remembers_is_kept_and_found_again() {
    let first = request(Commands::Run, State::new());
    let (compiled, _) = run(SPEC, ANSWER, first.clone());
    let second = Compiler::new()
        .with_commands(Commands::Run)
        .with_provisioners(
            "other.yaml",
            PROVISIONER.replace("type: bucket\n", "type: bucket\nclass: default\n"),
        );
    let (changed, calls) = run(SPEC, ANSWER, (second, compiled.state.clone()));
    assert_eq!(codes(&changed), ["state/provisioner-changed"]);
    assert_eq!(asked(&calls)["state"], json!({}));
    let kept = "bucket.default#web.files of bucket.*#*";
    assert_eq!(changed.vanished, [kept]);
    assert!(changed.state.get(kept).is_some());

    let nothing =
        r#"{"version": "score-rs/run/v1", "values": {"url": ""}, "secrets": {"key": ""}}"#;
    let (back, calls) = run(SPEC, nothing, (first.0, changed.state));
    assert_eq!(asked(&calls)["state"], json!({"n": 1}));
    let left: Vec<_> = back.state.entries().map(|(uid, _)| uid).collect();
    let uid = "bucket.default#web.files";
    assert_eq!(left, [uid, &format!("{uid} of bucket.default#*")]);
}

/// The files without whether their paths are hidden: recalled answers are not available when
/// compiling with placeholder values.
fn contents(compiled: &Rendered) -> Vec<(Option<&str>, &OutputContent)> {
    let files = compiled.files.iter();
    let files = files.map(|file| (file.path.as_deref(), &file.content));
    files.collect()
}

#[test]
fn an_answer_is_recalled_as_long_as_the_question_is_the_same() {
    let first = request(Commands::Run, State::new());
    let (compiled, _) = run(SPEC, ANSWER, first.clone());
    let recall = |spec: &str, state: &State| {
        let request = (
            first.0.clone().with_commands(Commands::Recall),
            state.clone(),
        );
        let (found, calls) = run(spec, ANSWER, request);
        assert!(calls.is_empty());
        found
    };
    let known = recall(SPEC, &compiled.state);
    assert_eq!(known.diagnostics, []);
    assert_eq!(contents(&known), contents(&compiled));
    assert_eq!(known.state, compiled.state);

    let key = score_compiler::ProjectKey::new([1; 32]);
    let sealed = compiled.state.clone().sealed(&key);
    let unknown = ["state/unknown-answer"];
    for (spec, state) in [
        (SPEC, &State::new()),
        (SPEC, &sealed),
        (&SPEC.replace("size: 3", "size: 4"), &compiled.state),
    ] {
        assert_eq!(codes(&recall(spec, state)), unknown, "{spec}");
    }
    let opened = recall(SPEC, &sealed.opened(&key));
    assert_eq!(contents(&opened), contents(&compiled));
}

#[test]
fn a_world_in_memory_has_the_commands_that_it_was_given() {
    let world = Memory::new().with_command(&["bucket", "3"], ANSWER);
    let (compiler, _) = request(Commands::Run, State::new());
    let inputs = Inputs::new().with_spec("score.yaml", SPEC);
    let compose = Compose::default();
    let found = compiler.compile(&world, inputs.clone()).render(&compose);
    assert!(!any_error(&found.diagnostics));
    let world = Memory::new();
    let found = compiler.compile(&world, inputs).render(&compose);
    assert_eq!(codes(&found), ["provisioner/command-failed"]);
    assert!(found.state.is_empty() && found.files.is_empty());
}
