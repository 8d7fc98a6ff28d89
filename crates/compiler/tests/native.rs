//! Provisioners in Rust: their rank, and the validation of their answers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use score_compiler::ir::Tree;
use score_compiler::{
    Answer, Compiler, Compose, Helm, Inputs, Kubernetes, Memory, Provision, Query, Rendered,
    ServerComponent, Target,
};
use score_spec::{Diagnostic, Value};
use serde_json::json;

/// A provisioner with a declaration and a function that returns the answer.
struct Native<F>(&'static str, F);

impl<F: Fn(&Query<'_>) -> Result<Answer, Box<Diagnostic>> + Send + Sync> Provision for Native<F> {
    fn name(&self) -> &'static str {
        "in Rust"
    }

    fn declaration(&self) -> &str {
        self.0
    }

    fn answer(&self, query: &Query<'_>) -> Result<Answer, Box<Diagnostic>> {
        (self.1)(query)
    }
}

const DECLARATION: &str = "{apiVersion: score-rs/v1, kind: Provisioner, type: thing, \
    outputs: {properties: {said: {type: string}, pin: {type: string, secret: true, optional: true}}}}";

const SPEC: &str = "{apiVersion: score.dev/v1b1, metadata: {name: web}, resources: {it: {type: thing}}, \
    containers: {main: {image: 'nginx:1', variables: {SAID: '${resources.it.said}'}}}}";

fn said(text: &str) -> Answer {
    Answer::new().with_output("said", text)
}

fn render(compiler: &Compiler, spec: &str, target: &dyn Target) -> Rendered {
    let world = Memory::new().with_variable("REGION", "eu");
    let inputs = Inputs::new().with_spec("score.yaml", spec);
    compiler.compile(&world, inputs).render(target)
}

fn main_file(rendered: &Rendered) -> String {
    assert_eq!(rendered.report().to_string(), "");
    rendered.files[0].redact().unwrap()
}

/// The codes and messages of the diagnostics.
fn findings(answer: Answer) -> Vec<String> {
    let native = Native(DECLARATION, move |_: &Query| Ok(answer.clone()));
    let compiler = Compiler::new().with_native(native);
    let rendered = render(&compiler, SPEC, &Compose::default());
    assert!(rendered.files.is_empty());
    let found = rendered.diagnostics.iter();
    found
        .map(|found| format!("{}: {}", found.code, found.message))
        .collect()
}

#[test]
fn they_rank_like_files() {
    let yaml = |class: &str, text: &str| {
        format!(
            "{{apiVersion: score-rs/v1, kind: Provisioner, type: thing{class}, \
             outputs: {{properties: {{said: {{}}}}}}, values: {{said: {text}}}}}"
        )
    };
    let native = || Native(DECLARATION, |_: &Query| Ok(said("in Rust")));
    let compose = Compose::default();
    for (compiler, expected) in [
        (
            Compiler::new()
                .with_native(native())
                .with_provisioners("a.yaml", yaml("", "file")),
            "in Rust",
        ),
        (
            Compiler::new()
                .with_provisioners("a.yaml", yaml("", "file"))
                .with_native(native()),
            "file",
        ),
        (
            Compiler::new()
                .with_native(native())
                .with_provisioners("a.yaml", yaml(", class: default", "class")),
            "class",
        ),
        (
            Compiler::new()
                .with_native(native())
                .with_provisioners("a.yaml", yaml(", platforms: [kubernetes]", "elsewhere")),
            "in Rust",
        ),
        (
            Compiler::new()
                .with_native(native())
                .with_provisioners("a.yaml", yaml(", platforms: [compose]", "here")),
            "here",
        ),
    ] {
        let file = main_file(&render(&compiler, SPEC, &compose));
        assert!(file.contains(&format!("SAID: {expected}")), "{file}");
    }
}

#[test]
fn answers_run_for_every_target() {
    let native = Native(DECLARATION, |query: &Query| {
        let pin = query.secret("pin")?;
        let mut url = query.host("server");
        url.push_str(":");
        url.append(query.port("server", "http"));
        url.push_str(" in ");
        url.append(query.environment("REGION"));
        let server = ServerComponent::new("thing:1")
            .with_port("http", 9000)
            .with_volume("/data", "data", "1Gi")
            .with_variable("PIN", pin.clone());
        Ok(Answer::new()
            .with_output("said", url)
            .with_output("pin", pin)
            .with_component("server", server))
    });
    let compiler = Compiler::new().with_native(native);
    let compose = main_file(&render(&compiler, SPEC, &Compose::default()));
    assert!(compose.contains("SAID: thing-web--it-server:9000 in ${REGION"));
    assert!(compose.contains("image: thing:1") && !compose.contains("PIN:"));
    let kubernetes = main_file(&render(&compiler, SPEC, &Kubernetes::default()));
    assert!(kubernetes.contains("value: thing-web--it-server:9000 in eu"));
    assert!(kubernetes.contains("pin: \"[redacted]\"") && kubernetes.contains("StatefulSet"));
    assert!(!render(&compiler, SPEC, &Helm::default()).files.is_empty());
}

#[test]
fn requirements_and_params_are_part_of_the_query() {
    let declaration = "{apiVersion: score-rs/v1, kind: Provisioner, type: thing, \
        params: {properties: {size: {type: integer, default: 3}}}, resources: {cache: {type: redis}}, \
        outputs: {properties: {said: {}, twice: {}}}, values: {twice: '{{ said }} {{ said }}'}}";
    let native = Native(declaration, |query: &Query| {
        assert_eq!(query.uid, "thing.default#web.it");
        assert_eq!(query.workload, "web");
        assert_eq!(query.param("size"), Some(&Value::Number(3.into())));
        let cache = query.resources.get("cache").unwrap();
        assert!(matches!(cache.get("password"), Some(Value::Text(_))));
        Ok(said("hello"))
    });
    let compiler = Compiler::new().with_native(native);
    let spec = SPEC.replace("it.said", "it.twice");
    let file = main_file(&render(&compiler, &spec, &Compose::default()));
    assert!(file.contains("SAID: hello hello"), "{file}");
}

#[test]
fn answers_of_the_wrong_shape_are_reported() {
    let tree = |json| -> Tree { Value::from_json(json).map_text(&mut |text| text.as_str().into()) };
    let invalid = "provisioner/invalid";
    for (answer, expected) in [
        (said("a").with_output("other", "b"), invalid),
        (Answer::new(), "provisioner/missing-output"),
        (
            said("a").with_component("x", tree(json!({"containers": {"main": {"imgae": "x"}}}))),
            invalid,
        ),
        (said("a").with_component("x", tree(json!([]))), invalid),
        (said("a").with_volume(tree(json!({"sise": "1Gi"}))), invalid),
    ] {
        let found = findings(answer);
        assert!(
            found.iter().any(|it| it.starts_with(expected)),
            "{found:?}, not {expected}"
        );
    }
    let refused = Native(DECLARATION, |query: &Query| {
        query
            .secret("a b")
            .map(|pin| said("a").with_output("pin", pin))
    });
    let compiler = Compiler::new().with_native(refused);
    let rendered = render(&compiler, SPEC, &Compose::default());
    assert!(
        rendered
            .report()
            .to_string()
            .contains("`a b` cannot be the name of a secret")
    );
}
