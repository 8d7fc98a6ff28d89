//! Judging as data: each folder of `tests/cases` has policy files, subjects, choices, waivers, and what is expected.
//!
//! `UPDATE=1 cargo test -p score-policy --test cases` writes the expected results.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "cases are files on the disk, and a test that cannot go on fails"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use score_policy::{
    Choice, Data, Date, Judge, On, Place, Policy, RuleSet, Selection, Step, Subject, Variable,
    Verdict, Waivers, test,
};
use score_spec::{Diagnostic, Node, Sources, parse};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// All variables that a subject can set.
const VARIABLES: [Variable; 10] = [
    Variable::Name,
    Variable::Image,
    Variable::Provisioner,
    Variable::Workload,
    Variable::Scale,
    Variable::Owner,
    Variable::Objects,
    Variable::Selects,
    Variable::SelectedBy,
    Variable::Environment,
];

#[test]
fn cases_have_the_expected_results() {
    let mut folders: Vec<_> = fs::read_dir(CASES)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 5);
    let mut wrong = String::new();
    for folder in folders {
        let found = Case::new(&folder).run();
        let expected = folder.join("expected.txt");
        if std::env::var("UPDATE").is_ok() {
            fs::write(&expected, &found).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != found {
            let _ = writeln!(wrong, "{}:\n{found}", folder.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A case, with its output.
struct Case<'p> {
    folder: &'p Path,
    sources: Sources,
    output: String,
}

impl<'p> Case<'p> {
    fn new(folder: &'p Path) -> Self {
        Self {
            folder,
            sources: Sources::new(),
            output: String::new(),
        }
    }

    fn run(mut self) -> String {
        let mut diagnostics = Vec::new();
        let mut policies = Vec::new();
        for name in ["policy.yaml", "other.yaml"] {
            if let Ok(text) = fs::read(self.folder.join(name)) {
                let id = self.sources.add(name, text);
                policies.extend(Policy::read_all(&self.sources, id, &mut diagnostics));
            }
        }
        let problems = policies.iter().flat_map(|policy| &policy.rules);
        let problems = problems.flat_map(|rule| test(rule, &self.sources));
        let (mut count, mut failed) = (0, Vec::new());
        for outcome in problems {
            count += 1;
            failed.extend(outcome.problem);
        }
        let choice = self.document("choice.yaml");
        let choice = choice.as_ref().map(Choice::read).unwrap_or_default();
        let set = RuleSet::new(policies, &choice, &self.sources, &mut diagnostics);
        self.report("policies", diagnostics);
        if count > 0 {
            let _ = writeln!(self.output, "tests: {count}, failed: {}", failed.len());
            self.report("tests", failed);
        }
        for (rule, state) in set.rules() {
            let _ = writeln!(self.output, "{} on {}: {state:?}", rule.id, rule.on.name());
        }
        self.judge(&set);
        self.output
    }

    fn document(&mut self, name: &str) -> Option<Node> {
        let text = fs::read(self.folder.join(name)).ok()?;
        let id = self.sources.add(name, text);
        let parsed = parse(&self.sources, id);
        assert!(parsed.diagnostics.is_empty(), "{name}");
        parsed.documents.into_iter().next()
    }

    fn judge(&mut self, set: &RuleSet) {
        let mut waivers = Waivers::default();
        let mut diagnostics = Vec::new();
        if let Ok(text) = fs::read(self.folder.join("waivers.yaml")) {
            let id = self.sources.add("waivers.yaml", text);
            waivers.read_all(&self.sources, id, &mut diagnostics);
        }
        let mut application = waivers.at(Date::parse("2027-03-20").unwrap());
        let mut judge = Judge::new(set);
        let subjects = self.document("subjects.yaml");
        for (at, item) in subjects.iter().flat_map(Node::items).enumerate() {
            for finding in judge.findings(&subject(item)) {
                let verdict = application.verdict(&finding.rule.id, &selection(item));
                let verdict = match verdict {
                    None => String::new(),
                    Some(Verdict::Waived(waiver)) => format!(", waived until {}", waiver.until),
                    Some(Verdict::Expired(waiver)) => {
                        format!(", waived until {} only", waiver.until)
                    }
                };
                let _ = writeln!(
                    self.output,
                    "{at}: {} {} at {}{verdict}: {}",
                    finding.level.name(),
                    finding.rule.id,
                    written(&finding.place),
                    finding.diagnostic(None).message,
                );
            }
        }
        diagnostics.extend(judge.finish(&self.sources));
        diagnostics.extend(application.finish(true, None, &[]));
        self.report("judging", diagnostics);
    }

    fn report(&mut self, title: &str, diagnostics: Vec<Diagnostic>) {
        for it in diagnostics {
            let _ = writeln!(
                self.output,
                "{title}: {} {}: {}",
                it.code, it.severity, it.message
            );
            for label in &it.labels {
                let span = label.span;
                let source = self.sources.get(span.source);
                let position = self.sources.position(span.source, span.range().start);
                let text: String = self.sources.slice(span).chars().take(40).collect();
                let _ = writeln!(
                    self.output,
                    "    {}:{}:{} {text:?} {}",
                    source.name, position.line, position.column, label.message
                );
            }
            if let Some(help) = &it.help {
                let _ = writeln!(self.output, "    help: {help}");
            }
        }
    }
}

/// The subject of an item of `subjects.yaml`: `KIND: VALUE`, and other variables.
fn subject(item: &Node) -> Subject<'_> {
    let on = On::ALL.into_iter().find(|on| {
        let first = item.entries().first();
        first.is_some_and(|entry| entry.key == on.name())
    });
    let on = on.unwrap();
    let mut subject = Subject::new(on, Data::Node(item.get(on.name()).unwrap()));
    for variable in VARIABLES {
        if let Some(value) = item.get(variable.name()) {
            subject = subject.with(variable, Data::Node(value));
        }
    }
    subject
}

/// The names in the field `names` of an item.
fn selection(item: &Node) -> Selection<'_> {
    let name = |name: &str| item.get("names")?.get(name)?.text();
    Selection {
        workload: name("workload"),
        container: name("container"),
        resource: name("resource"),
        environment: name("environment"),
        object: name("object"),
    }
}

fn written(place: &Place) -> String {
    place
        .path
        .iter()
        .fold(place.variable.to_owned(), |path, step| match step {
            Step::Key(key) => format!("{path}.{key}"),
            Step::Item(at) => format!("{path}[{at}]"),
        })
}
