//! Rendering patch templates and reading their output.

use std::rc::Rc;

use score_gotemplate::{Context, Field, Functions, Struct, StructType, Template, Value};
use score_spec::{Kind, Sources};
use serde_json::Value as Json;

use super::Operation;
use crate::list::Tool;
use crate::value::{from_json, from_tree};
use crate::yaml;

/// The output for a field that does not exist.
const NO_VALUE: &str = "<no value>";

/// The data of a patch template.
#[derive(Debug, Clone, Copy)]
pub struct PatchData<'a, T> {
    /// The tool whose data the template sees.
    pub tool: Tool,
    /// The Compose project, or the list of Kubernetes objects.
    pub document: &'a score_spec::Value<T>,
    /// The Score files by the names of their workloads.
    pub workloads: &'a Json,
    /// The namespace of Kubernetes objects; empty if there is none.
    pub namespace: &'a str,
}

/// The output of a patch template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Patches {
    /// The operations in their order.
    pub operations: Vec<Operation>,
    /// Whether the output contains `<no value>`, because a field does not exist.
    pub has_no_value: bool,
}

/// The reason why a patch template has no operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The line in the template, counted from 1; absent if the mistake is in its output.
    pub line: Option<usize>,
    /// The reason, without values of the output.
    pub message: String,
}

impl<T: AsRef<str>> PatchData<'_, T> {
    /// Renders a template with the data and reads its output.
    ///
    /// # Errors
    ///
    /// If it cannot be rendered, or its output is not a list of operations.
    pub fn render(
        &self,
        template: &str,
        functions: &Functions,
        context: &mut Context,
    ) -> Result<Patches, TemplateFault> {
        let failed = |error: score_gotemplate::Error| TemplateFault {
            line: Some(error.line),
            message: error.message,
        };
        let template = Template::parse(template, functions).map_err(failed)?;
        let output = template.execute(&self.value(), context).map_err(failed)?;
        let has_no_value = output.contains(NO_VALUE);
        let wrong = |reason: String| TemplateFault {
            line: None,
            message: format!("the output of the template is wrong: {reason}"),
        };
        let mut sources = Sources::new();
        let id = sources.add("output", output);
        let document = yaml::read(&sources, id).map_err(|faults| {
            let fault = faults.into_iter().next().map(|fault| fault.message);
            wrong(format!("not valid YAML: {}", fault.unwrap_or_default()))
        })?;
        let operations = match document.filter(|it| it.kind != Kind::Null) {
            Some(document) => Operation::read_all(&document),
            None => Ok(Vec::new()),
        };
        Ok(Patches {
            operations: operations.map_err(|fault| wrong(fault.reason.to_string()))?,
            has_no_value,
        })
    }

    /// The data as a struct, in which other names are errors.
    fn value(&self) -> Value {
        let (document, workloads) = (from_tree(self.document), from_json(self.workloads));
        let fields = match self.tool {
            Tool::Compose => vec![("Compose", document), ("Workloads", workloads)],
            Tool::Kubernetes => vec![
                ("Manifests", document),
                ("Workloads", workloads),
                ("Namespace", Value::from(self.namespace)),
            ],
        };
        let of = StructType {
            name: "patching.Data",
            fields: fields
                .iter()
                .map(|(name, _)| Field::new(name, Value::Nil))
                .collect(),
        };
        let values = fields.into_iter().map(|(_, value)| value);
        Value::Struct(Struct::new(&Rc::new(of), values.collect()))
    }
}
