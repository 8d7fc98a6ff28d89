//! The tests in provisioner files: a resource with the expected results. Running them is out of scope,
//! because it needs a place for the expected files.

use std::collections::BTreeSet;

use score_spec::{
    Code, Diagnostic, Entry, Hint, Kind, Map, Node, Spanned, Value, diagnostic::nearest,
};
use serde_json::json;

use crate::emit::yaml;
use crate::input::{EnvironmentId, NameList};
use crate::ir::{Sealed, Text, Tree};
use crate::provisioner::Provisioner;

/// The name of the tested resource in its workload.
pub(crate) const UNDER_TEST: &str = "it";

/// The target whose objects are those of another platform.
const HELM: &str = "helm";

/// The platform of which a provisioner lists objects.
pub(crate) const KUBERNETES: &str = "kubernetes";

/// The fields of a test that are also fields of the resource.
const OF_RESOURCE: [&str; 4] = ["class", "id", "params", "metadata"];

/// A test of a provisioner.
#[derive(Debug)]
#[non_exhaustive]
pub struct ProvisionerTest {
    /// The name, a DNS label, unique among the tests of the provisioner.
    pub name: Spanned<String>,
    /// Its purpose, in one sentence.
    pub description: String,
    /// The values of environment variables by name; none for an unset variable. Each other variable has a value that
    /// only tests have.
    pub variables: Map<Option<Spanned<String>>>,
    /// The environment of the run.
    environment: Option<EnvironmentId>,
    /// The expectations for all targets.
    common: Expectation,
    /// The expectations for single targets, by name.
    targets: Map<Expectation>,
    /// The location of the name of each of these targets.
    places: Vec<Spanned<String>>,
    /// The class, id, params and metadata of the tested resource.
    resource: Map<Value>,
    /// The parts of the only workload in addition to the resource, in the syntax of a Score file.
    workload: Option<Value>,
    /// The same of several workloads, by name.
    workloads: Map<Value>,
    /// The answer of the command.
    run: Option<Value>,
}

/// The expectations of a test.
#[derive(Debug, Default)]
struct Expectation {
    /// The diagnostic code.
    error: Option<Code>,
    /// The outputs, and the parts of what is generated, each by name.
    outputs: Vec<Entry>,
    parts: Vec<Entry>,
}

impl Expectation {
    fn is_empty(&self) -> bool {
        self.error.is_none() && self.outputs.is_empty() && self.parts.is_empty()
    }
}

impl ProvisionerTest {
    /// The expected diagnostic code for a target.
    pub fn error(&self, target: &str) -> Option<Code> {
        let of_target = self.targets.get(target);
        of_target.map_or(self.common.error, |it| it.error)
    }

    /// The expected outputs for a target, as a container receives them, with `[secret]` for a secret and null for an
    /// absent output.
    pub fn outputs(&self, target: &str) -> impl Iterator<Item = &Entry> {
        // A chart has the outputs of Kubernetes.
        let of_platform = || self.targets.get(KUBERNETES).filter(|_| target == HELM);
        let of_target = self.targets.get(target).or_else(of_platform);
        let of_target = of_target.map_or(&[][..], |it| it.outputs.as_slice());
        let is_replaced = |entry: &&Entry| of_target.iter().any(|it| it.key == entry.key);
        let common = self.common.outputs.iter();
        common
            .filter(move |entry| !is_replaced(entry))
            .chain(of_target)
    }

    /// The expected parts of what is generated for a target: sections of a Compose file, or `objects`.
    pub fn parts(&self, target: &str) -> &[Entry] {
        let of_target = self.targets.get(target);
        of_target.map_or(&[], |it| it.parts.as_slice())
    }

    /// Reports expectations for targets that a provisioner with these platforms does not support.
    pub(super) fn check_targets(&self, platforms: &[String], diagnostics: &mut Vec<Diagnostic>) {
        for target in &self.places {
            let platform = match target.value.as_str() {
                HELM => KUBERNETES,
                name => name,
            };
            if !platforms.is_empty() && !platforms.iter().any(|known| known == platform) {
                let message = format!("the provisioner does not support the platform `{platform}`");
                let problem = invalid(message).at(target.span, "");
                diagnostics.push(problem.help("remove the expectation, or extend `platforms`"));
            }
        }
    }

    /// Whether the test expects nothing by itself, so that its results are compared with files.
    pub fn has_files(&self) -> bool {
        self.common.is_empty() && self.targets.is_empty()
    }

    /// The answer of the provisioner's command in this test, as JSON.
    pub fn answer(&self) -> Option<Vec<u8>> {
        let mut answer = self.run.as_ref()?.to_json();
        answer["version"] = crate::provisioner::command::VERSION.into();
        Some(answer.to_string().into_bytes())
    }

    /// The environment of the run: that of the test, or one that may use the provisioner, if only some may.
    pub fn environment(&self, provisioner: &Provisioner) -> Option<EnvironmentId> {
        let own = self.environment.clone();
        own.or_else(|| provisioner.example_environment())
    }

    /// The workloads by name, each with its parts in addition to the resource.
    pub(crate) fn workloads(&self, provisioner: &Provisioner) -> Vec<(String, Option<&Value>)> {
        if self.workloads.is_empty() {
            return vec![(provisioner.example_workload(), self.workload.as_ref())];
        }
        let all = self.workloads.iter();
        all.map(|(name, parts)| (name.clone(), Some(parts)))
            .collect()
    }

    /// The Score file of a workload of the test.
    pub(crate) fn spec(&self, provisioner: &Provisioner, workload: &str) -> Value {
        let mut resource = json!({"type": provisioner.kind});
        for (field, own) in [("class", &provisioner.class), ("id", &provisioner.id)] {
            if let Some(own) = own {
                resource[field] = own.as_str().into();
            }
        }
        for (field, value) in &self.resource {
            resource[field] = value.to_json();
        }
        let declared = provisioner.outputs.iter();
        let certain = declared.filter(|(_, output)| !output.optional);
        let of_targets = self.targets.values().flat_map(|it| &it.outputs);
        let expected = self.common.outputs.iter().chain(of_targets);
        let expected = expected.filter(|it| it.value.kind != Kind::Null);
        let outputs: BTreeSet<&String> = certain
            .map(|(name, _)| name)
            .chain(expected.map(|it| &it.key))
            .collect();
        let variables = outputs.into_iter().map(|name| {
            let value = format!("${{resources.{UNDER_TEST}.{name}}}");
            (name.clone(), value.into())
        });
        Value::from_json(json!({
            "apiVersion": "score.dev/v1b1",
            "metadata": {"name": workload},
            "containers": {
                "main": {
                    "image": "test:1",
                    "variables": variables.collect::<serde_json::Map<_, _>>(),
                },
            },
            "resources": {UNDER_TEST: resource},
        }))
    }
}

/// The name of the workload and of the environment of tests, if the provisioner is for any.
const TEST: &str = "test";

impl Provisioner {
    /// The name of a workload that may use it.
    fn example_workload(&self) -> String {
        NameList::example(&self.lists(|it| it.workloads.as_ref()), TEST)
    }

    /// An environment that may use it, if it is only for some environments.
    fn example_environment(&self) -> Option<EnvironmentId> {
        let names = self.lists(|it| it.environments.as_ref());
        let types = self.lists(|it| it.environment_types.as_ref());
        (!names.is_empty() || !types.is_empty()).then(|| EnvironmentId {
            name: NameList::example(&names, TEST),
            kind: (!types.is_empty()).then(|| NameList::example(&types, TEST)),
        })
    }
}

/// A value as YAML, so that diagnostics about it are readable.
pub(crate) fn to_yaml(value: &Value) -> String {
    let tree: Tree<Sealed> = value.map_text(&mut |text| Text::from(text.as_str()));
    let mut text = Text::new();
    yaml::emit(&tree, &mut text);
    text.redact()
}

/// Reads the tests of a provisioner that has been validated.
pub(crate) fn tests(provisioner: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<ProvisionerTest> {
    let mut tests: Vec<ProvisionerTest> = Vec::new();
    for node in provisioner.items_at("tests") {
        let Some(test) = one(node, diagnostics) else {
            continue;
        };
        let name = &test.name;
        match tests.iter().find(|other| other.name.value == name.value) {
            Some(first) => diagnostics.push(
                invalid(format!("two tests are named `{name}`"))
                    .at(name.span, "second here")
                    .at(first.name.span, "first here")
                    .help("rename one of them"),
            ),
            None => tests.push(test),
        }
    }
    tests
}

fn one(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<ProvisionerTest> {
    let name = node.get("name")?;
    let common = expectation(node, &["outputs", "error"], diagnostics);
    let expect = node.entry("expect");
    if let (Some(error), Some(expect)) = (node.entry("error"), expect) {
        diagnostics.push(both(
            error,
            expect,
            "the expected error applies to all targets",
        ));
    }
    if let (Some(one), Some(several)) = (node.entry("workload"), node.entry("workloads")) {
        diagnostics.push(both(
            one,
            several,
            "the workloads of a test are listed twice",
        ));
    }
    let targets = node.map_at("expect", |node| Some(expectation(node, &[], diagnostics)));
    let places = node.entries_at("expect").iter();
    let places = places.map(|it| Spanned::new(it.key.clone(), it.key_span));
    let text = |node: &Node| Some(Spanned::new(node.text()?.to_owned(), node.span));
    let value = |field: &str| node.get(field).map(Node::to_value);
    let environment = node.get("environment");
    Some(ProvisionerTest {
        name: text(name)?,
        description: node
            .get("description")
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned(),
        variables: node.map_at("variables", |node| Some(text(node))),
        environment: environment.and_then(|environment| {
            Some(EnvironmentId {
                name: environment.get("name")?.text()?.to_owned(),
                kind: environment
                    .get("type")
                    .and_then(|kind| Some(kind.text()?.to_owned())),
            })
        }),
        common,
        targets,
        places: places.collect(),
        resource: OF_RESOURCE
            .into_iter()
            .filter_map(|field| Some((field.to_owned(), value(field)?)))
            .collect(),
        workload: value("workload"),
        workloads: node.map_at("workloads", |node| Some(node.to_value())),
        run: value("run"),
    })
}

/// The expectations among the entries of a map: all entries, or those with the given names.
fn expectation(node: &Node, names: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Expectation {
    let error = node.entry("error");
    let all = node.entries().iter();
    let wanted = all.filter(|it| names.is_empty() || names.contains(&it.key.as_str()));
    let other = wanted.filter(|it| it.key != "error").collect::<Vec<_>>();
    if let (Some(error), Some(other)) = (error, other.first()) {
        let message = "nothing is generated if an error is expected";
        diagnostics.push(both(error, other, message));
    }
    let parts = other.into_iter().filter(|it| it.key != "outputs");
    Expectation {
        error: error.and_then(|error| code(&error.value, diagnostics)),
        outputs: node.entries_at("outputs").to_vec(),
        parts: parts.cloned().collect(),
    }
}

/// The code with a name, which is reported if it does not exist.
fn code(name: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Code> {
    let wanted = name.text().unwrap_or_default();
    let code = Code::from_name(wanted);
    if code.is_none() {
        let known = Code::ALL.iter().map(|code| code.name());
        let help = match nearest(wanted, known) {
            Some(meant) => format!("did you mean `{meant}`?").into(),
            None => Hint::NameCode,
        };
        let problem = invalid(format!("unknown code `{wanted}`"));
        diagnostics.push(problem.at(name.span, "").help(help));
    }
    code
}

/// The diagnostic about two fields of a test that exclude each other.
fn both(first: &Entry, second: &Entry, reason: &str) -> Diagnostic {
    let (one, other) = (&first.key, &second.key);
    invalid(format!(
        "a test cannot have both `{one}` and `{other}`: {reason}"
    ))
    .at(second.key_span, "")
    .at(first.key_span, "the other field")
    .help("remove one of them")
}

fn invalid(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::ProvisionerInvalid, message)
}
