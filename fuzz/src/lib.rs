//! What must hold for any text at all, as functions of some bytes that panic if it does not. The
//! fuzzer calls them with bytes that it makes up, `replay` with those of the corpus, and a test of
//! `score-spec` has the same rules for texts that are changed at random.

use score_compiler::{Commands, Compiler, Inputs, Memory, Rendered, Target as Output, World, targets};
use score_compiler::world::{Call, FileError, RunError};
use score_spec::{
    Diagnostic, Grammar, Node, Overlay, Part, SourceId, Sources, Span, Template, check, load,
    parse, parse_value,
};

/// A target: its name, and what it does with some bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS_BY_NAME: [Target; 5] = [
    ("parse", parse_any),
    ("placeholder", placeholder),
    ("overlay", overlay),
    ("compile", compile_any),
    ("project", project),
];

/// A Score file that asks for what a provisioner file gives.
const SCORE: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 80}}}
containers:
  main:
    image: nginx:1
    variables: {HOST: '${resources.thing.host}', PASSWORD: '${resources.thing.password}'}
    files: {/etc/thing: {content: 'at ${resources.thing.host}'}}
resources:
  thing: {type: thing, params: {size: 2, name: a}}
";

/// Reading never fails, and every place lies in the text.
pub fn parse_any(bytes: &[u8]) {
    let mut sources = Sources::new();
    let id = sources.add("score.yaml", bytes);
    let parsed = parse(&sources, id);
    for document in &parsed.documents {
        places(document, &sources, id);
    }
    diagnostics(&parsed.diagnostics, &sources);
    let length = sources.get(id).text.len();
    let (value, found) = parse_value(&sources, Span::new(id, length / 2, length));
    if let Some(value) = value {
        places(&value, &sources, id);
    }
    diagnostics(&found, &sources);
    let mut found = Vec::new();
    load(&sources, id, &[], &mut found);
    diagnostics(&found, &sources);
}

/// The parts of a template are what its grammar says, and a text without `$` is one literal.
pub fn placeholder(bytes: &[u8]) {
    let mut sources = Sources::new();
    let id = sources.add("text", bytes);
    let text = sources.get(id).text.clone();
    let span = Span::new(id, 0, text.len());
    for grammar in [Grammar::Placeholders, Grammar::Escapes] {
        let mut found = Vec::new();
        let template = Template::parse(&text, span, grammar, &sources, &mut found);
        diagnostics(&found, &sources);
        let mut after_literal = false;
        for part in &template.parts {
            let is_literal = matches!(part, Part::Literal(_));
            match part {
                Part::Literal(literal) => assert!(!literal.is_empty() && !after_literal),
                Part::Variable(_) => assert!(grammar == Grammar::Escapes),
                Part::Placeholder(placeholder) => {
                    assert!(grammar == Grammar::Placeholders);
                    let written = sources.slice(placeholder.span);
                    assert!(written.starts_with("${") && written.ends_with('}'));
                }
            }
            after_literal = is_literal;
        }
        if !text.contains('$') {
            assert_eq!(template.as_literal(), Some(text.as_str()));
        }
    }
}

/// No override brings a document into a state that a check cannot take. The bytes are a document,
/// an overrides file and properties, separated by lines of `===`.
pub fn overlay(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut pieces = text.split("\n===\n");
    let mut sources = Sources::new();
    let id = sources.add("score.yaml", pieces.next().unwrap_or_default());
    let mut found = Vec::new();
    let mut overlays = Vec::new();
    if let Some(file) = pieces.next() {
        let file = sources.add("overrides.yaml", file);
        overlays.extend(Overlay::file(None, &sources, file, &mut found));
    }
    for property in pieces.take(20) {
        let property = sources.add("--override-property", property);
        overlays.extend(Overlay::property(&sources, property, &mut found));
    }
    for mut document in parse(&sources, id).documents {
        for overlay in &overlays {
            overlay.apply(&mut document, &mut found);
        }
        let _ = check(document, &sources, &mut found);
    }
    diagnostics(&found, &sources);
}

/// Compiling never fails, for any target. If nothing is wrong, there is an output.
pub fn compile_any(bytes: &[u8]) {
    for target in targets() {
        let world = Memory::new()
            .with_file("config.txt", "a ${metadata.name} $$ ${resources.db.host}")
            .with_variable("HOME", "/root");
        let inputs = Inputs::new().with_spec("score.yaml", bytes);
        compiled(&world, &Compiler::new(), inputs, target);
    }
}

/// No provisioner file and no project file lets compiling fail, for any target, and neither do the
/// tests in it. The bytes are a provisioner file, a project file, a Score file and the answer of a
/// command, separated by lines of `===`.
pub fn project(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut pieces = text.split("\n===\n");
    let mut next = || pieces.next().unwrap_or_default();
    let (provisioners, settings, spec, answer) = (next(), next(), next(), next());
    let world = Commanded(answer.as_bytes());
    for target in targets() {
        let mut compiler = Compiler::new().with_commands(Commands::Run);
        if !settings.is_empty() {
            compiler = compiler.with_project("score-rs.yaml", settings);
        }
        let compiler = compiler.with_provisioners("platform/thing.yaml", provisioners);
        let spec = if spec.is_empty() { SCORE } else { spec };
        let inputs = Inputs::new().with_spec("score.yaml", spec);
        let compiled = compiled(&world, &compiler, inputs, target);
        for provisioner in compiled.catalogue.provisioners() {
            for trial in &provisioner.tests {
                let answer = trial.answer().unwrap_or_default();
                let inputs = Inputs::new().with_test(provisioner, trial);
                self::compiled(&Commanded(&answer), &compiler, inputs, target);
            }
        }
    }
}

/// A world without files, in which all variables are set and each command gives this answer.
struct Commanded<'a>(&'a [u8]);

impl World for Commanded<'_> {
    fn file(&self, _spec: &str, _path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::NotFound)
    }

    fn variable(&self, _name: &str) -> Option<String> {
        None
    }

    fn environment(&self, name: &str) -> Option<String> {
        Some(format!("[{name}]"))
    }

    fn run(&self, _call: &Call) -> Result<Vec<u8>, RunError> {
        Ok(self.0.to_vec())
    }
}

/// Compiles and renders. If nothing is wrong, there is an output.
fn compiled(world: &dyn World, compiler: &Compiler, inputs: Inputs, target: &dyn Output) -> Rendered {
    let rendered = compiler.compile(world, inputs).render(target);
    diagnostics(&rendered.diagnostics, &rendered.sources);
    let failed = score_spec::diagnostic::any_error(&rendered.diagnostics);
    assert_eq!(failed, rendered.files.is_empty());
    rendered
}

fn diagnostics(found: &[Diagnostic], sources: &Sources) {
    for diagnostic in found {
        assert!(!diagnostic.message.is_empty());
        for label in &diagnostic.labels {
            place(label.span, sources);
        }
        if let Some(fix) = &diagnostic.fix {
            place(fix.span, sources);
        }
        if let Some(about) = diagnostic.about {
            place(about, sources);
        }
    }
}

fn place(span: Span, sources: &Sources) {
    let text = &sources.get(span.source).text;
    assert!(text.get(span.range()).is_some(), "{span:?} is no place");
}

fn places(node: &Node, sources: &Sources, id: SourceId) {
    assert!(node.span.source == id);
    place(node.span, sources);
    for entry in node.entries() {
        place(entry.key_span, sources);
        places(&entry.value, sources, id);
    }
    for item in node.items() {
        places(item, sources, id);
    }
}
