//! The tests in provisioner files: a resource with the expected results. Running them is out of scope,
//! because it needs a place for the expected files.

use std::collections::BTreeSet;

use score_spec::{Code, Diagnostic, Hint, Map, Node, Spanned, Value, diagnostic::nearest};
use serde_json::json;

use crate::emit::yaml;
use crate::input::{EnvironmentId, NameList};
use crate::ir::{Sealed, Text, Tree};
use crate::provisioner::Provisioner;

/// The name of the tested resource in its workload.
pub(crate) const UNDER_TEST: &str = "it";

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
    /// The expected outputs, as a container receives them, with `[secret]` for a secret.
    pub outputs: Map<Value>,
    /// The expected diagnostic code.
    pub error: Option<Code>,
    /// The class, id, params and metadata of the tested resource.
    resource: Map<Value>,
    /// The parts of the workload in addition to the resource, in the syntax of a Score file.
    pub(crate) workload: Option<Value>,
    /// The answer of the command.
    run: Option<Value>,
}

impl ProvisionerTest {
    /// The answer of the provisioner's command in this test, as JSON.
    pub fn answer(&self) -> Option<Vec<u8>> {
        let mut answer = self.run.as_ref()?.to_json();
        answer["version"] = crate::provisioner::command::VERSION.into();
        Some(answer.to_string().into_bytes())
    }

    /// The Score file of the test.
    pub(crate) fn spec(&self, provisioner: &Provisioner) -> Value {
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
        let outputs: BTreeSet<&String> = certain
            .map(|(name, _)| name)
            .chain(self.outputs.keys())
            .collect();
        let variables = outputs.into_iter().map(|name| {
            let value = format!("${{resources.{UNDER_TEST}.{name}}}");
            (name.clone(), value.into())
        });
        Value::from_json(json!({
            "apiVersion": "score.dev/v1b1",
            "metadata": {"name": provisioner.test_workload()},
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
    /// The name of the workload of its tests.
    fn test_workload(&self) -> String {
        NameList::example(&self.lists(|it| it.workloads.as_ref()), TEST)
    }

    /// The environment of its tests, if it is only for some environments.
    pub fn test_environment(&self) -> Option<EnvironmentId> {
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
    let items = provisioner.items_at("tests");
    for node in items {
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
    let error = node.get("error");
    let code = error.and_then(Node::text).and_then(Code::from_name);
    if let (Some(error), None) = (error, code) {
        let wanted = error.text().unwrap_or_default();
        let known = Code::ALL.iter().map(|code| code.name());
        let help = match nearest(wanted, known) {
            Some(meant) => format!("did you mean `{meant}`?").into(),
            None => Hint::NameCode,
        };
        diagnostics.push(
            invalid(format!("unknown code `{wanted}`"))
                .at(error.span, "")
                .help(help),
        );
    }
    if let (Some(error), Some(outputs)) = (error, node.entry("outputs")) {
        diagnostics.push(
            invalid("a test that expects an error cannot have outputs")
                .at(outputs.key_span, "these")
                .at(error.span, "the error")
                .help("remove one of them"),
        );
    }
    let value = |field: &str| node.get(field).map(Node::to_value);
    Some(ProvisionerTest {
        name: Spanned::new(name.text()?.to_owned(), name.span),
        description: node
            .get("description")
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned(),
        outputs: match value("outputs") {
            Some(Value::Map(outputs)) => *outputs,
            _ => Map::default(),
        },
        error: code,
        resource: OF_RESOURCE
            .into_iter()
            .filter_map(|field| Some((field.to_owned(), value(field)?)))
            .collect(),
        workload: value("workload"),
        run: value("run"),
    })
}

fn invalid(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::ProvisionerInvalid, message)
}
