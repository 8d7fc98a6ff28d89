//! Evaluating the templates of provisioners, in the order of the resources of a project, through which the
//! shared state flows.

mod answer;
mod data;

use std::collections::BTreeMap;
use std::sync::Arc;

use score_gotemplate::{Context, Functions, Map, Value};
use score_spec::{Code, Diagnostic, Sources};
use serde_json::Value as Json;

pub use self::answer::Answer;
use self::data::{Data, DataType};
pub use self::data::{Project, Request, Service, ServicePort};
use crate::list::{Part, TemplateText, Tool};
use crate::{shared, value, yaml};

/// The output for a field that does not exist.
const NO_VALUE: &str = "<no value>";

/// The most bytes that the templates of a project write, in addition to [`FOR_EACH`]. Each resource can write the whole
/// shared state.
const MOST_WRITTEN: usize = 64 << 20;

/// The bytes that the templates of each resource may write in any case, so that large projects are possible.
const FOR_EACH: usize = 8 << 10;

/// The evaluation of a project's resources.
pub struct Session {
    tool: Tool,
    /// The number of bytes that templates may still write; absent after they have written too much.
    left: Option<usize>,
    /// Values for templates instead of random ones.
    stand_ins: Arc<BTreeMap<String, String>>,
    /// The random values of the last resource, also if a template failed.
    random_values: Vec<String>,
    functions: Functions,
    data: DataType,
    shared: Map,
}

impl Session {
    /// A session for a project, with the shared state that a state file has.
    pub fn new(project: &Project<'_>, shared: &serde_json::Map<String, Json>) -> Self {
        let functions = match project.tool {
            Tool::Compose => Functions::sprig(),
            Tool::Kubernetes => Functions::sprig().with("encodeSecretRef", 2, |names| {
                Ok(format!("🔐💬{}_{}💬🔐", names[0], names[1]))
            }),
        };
        let entries = shared.iter();
        Self {
            tool: project.tool,
            left: Some(MOST_WRITTEN),
            stand_ins: Arc::default(),
            random_values: Vec::new(),
            functions,
            data: DataType::new(project),
            shared: entries
                .map(|(key, json)| (key.as_str(), value::from_json(json)))
                .collect(),
        }
    }

    /// The same session, with other values instead of some random ones.
    #[must_use]
    pub fn with_stand_ins(self, stand_ins: Arc<BTreeMap<String, String>>) -> Self {
        Self { stand_ins, ..self }
    }

    /// The random values of the resource that was evaluated last, even if a template of it failed.
    pub fn random_values(&self) -> &[String] {
        &self.random_values
    }

    /// The shared state. Absent if a provisioner has put a value into it that JSON does not have.
    pub fn shared(&self) -> Option<serde_json::Map<String, Json>> {
        value::map_to_json(&self.shared)
    }

    /// Changes the shared state, as a command requests.
    pub fn merge_shared(&mut self, change: &serde_json::Map<String, Json>) {
        let change = change.iter();
        let change = change.map(|(key, json)| (key.as_str(), value::from_json(json)));
        shared::merge(&self.shared, &change.collect());
    }

    /// Evaluates the templates of a provisioner for a resource. `seed` gives for each part the bytes
    /// from which its random values are derived.
    ///
    /// # Errors
    ///
    /// The first template that fails, at its line in the provisioner file.
    pub fn evaluate(
        &mut self,
        templates: &[(Part, TemplateText)],
        request: &Request<'_>,
        seed: &dyn Fn(Part) -> [u8; 32],
        sources: &Sources,
    ) -> Result<Answer, Box<Diagnostic>> {
        let mut data = Data::new(request, &self.shared);
        let mut answer = Answer::default();
        self.random_values.clear();
        self.left = self.left.map(|left| left.saturating_add(FOR_EACH));
        for (part, template) in templates {
            if part.tool().is_some_and(|tool| tool != self.tool) {
                continue;
            }
            if self.left.is_none() {
                return Err(too_much(template));
            }
            let mut context = Context::new(seed(*part)).with_stand_ins(Arc::clone(&self.stand_ins));
            let text = self.render(template, &data, &mut context, sources);
            let random = context.random_values().iter();
            self.random_values.extend(random.clone().cloned());
            answer
                .random_values
                .extend(random.filter(|it| !it.is_empty()).cloned());
            let text = text?;
            self.left = self.left.and_then(|left| left.checked_sub(text.len()));
            if self.left.is_none() {
                return Err(too_much(template));
            }
            if text.contains(NO_VALUE) {
                answer.no_values.push(template.span);
            }
            let output = Output {
                part: *part,
                template,
                text,
            };
            self.take(&output, &mut data, &mut answer)?;
        }
        data.finish(&mut answer).ok_or_else(|| {
            let problem = Diagnostic::new(
                Code::ProvisionerInvalid,
                "the state has a value that JSON does not have",
            );
            Box::new(problem)
        })?;
        Ok(answer)
    }

    fn render(
        &self,
        template: &TemplateText,
        data: &Data,
        context: &mut Context,
        sources: &Sources,
    ) -> Result<String, Box<Diagnostic>> {
        let failed = |error: &score_gotemplate::Error| {
            let place = template.place(sources, error.line);
            let problem = Diagnostic::new(Code::ProvisionerInvalid, error.message.clone());
            Box::new(problem.at(place, ""))
        };
        let parsed = template
            .parsed(self.tool, &self.functions)
            .map_err(failed)?;
        let data = self.data.value(data);
        parsed
            .execute(&data, context)
            .map_err(|error| failed(&error))
    }

    /// Uses the output of a template.
    fn take(
        &self,
        output: &Output<'_>,
        data: &mut Data,
        answer: &mut Answer,
    ) -> Result<(), Box<Diagnostic>> {
        let mut sources = Sources::new();
        let id = sources.add("output", output.text.as_str());
        let document = yaml::read(&sources, id).map_err(|faults| {
            let fault = faults.first().map_or("", |fault| fault.message.as_str());
            output.wrong(&format!("is not valid YAML: {fault}"))
        })?;
        let Some(document) = document.filter(|it| it.kind != score_spec::Kind::Null) else {
            return Ok(());
        };
        let map = || match value::from_yaml(&document) {
            Value::Map(map) => Ok(map),
            _ => Err(output.wrong("must be a map")),
        };
        match output.part {
            Part::Init => data.init = Value::Map(map()?),
            Part::State => data.state = map()?,
            Part::Shared => shared::merge(&self.shared, &map()?),
            part => answer
                .take(part, &document)
                .map_err(|reason| output.wrong(&reason))?,
        }
        Ok(())
    }
}

fn too_much(template: &TemplateText) -> Box<Diagnostic> {
    let message = format!(
        "the templates of the project write more than {} MiB",
        MOST_WRITTEN >> 20
    );
    Box::new(Diagnostic::new(Code::ProjectTooLarge, message).at(template.span, ""))
}

/// The output of a template.
struct Output<'a> {
    part: Part,
    template: &'a TemplateText,
    text: String,
}

impl Output<'_> {
    /// A mistake in the output, which the message does not contain, because it can contain secrets.
    fn wrong(&self, reason: &str) -> Box<Diagnostic> {
        let message = format!("the output of the template `{}` {reason}", self.part.key());
        Box::new(Diagnostic::new(Code::ProvisionerInvalid, message).at(self.template.span, ""))
    }
}
