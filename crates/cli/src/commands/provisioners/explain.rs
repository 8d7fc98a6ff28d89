//! `score-rs provisioners explain`: shows which provisioner handles a resource, and why. The
//! compiler makes the decision.

mod choice;

use std::fmt::Write;

use score_compiler::Rendered;
use score_compiler::project::{Identity, Project, Resource};
use score_spec::{Sources, Span};
use serde_json::{Value, json};

use self::choice::Choice;
use crate::args::{ExplainFormat, ProvisionersExplain};
use crate::commands::Outcome;
use crate::commands::resources::{compiled_with_errors, unknown};
use crate::input::inputs::prepare_one;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Prints the explanation, even if the input has other errors.
pub(crate) fn explain(args: &ProvisionersExplain, console: &Console) -> Result<Outcome, Failure> {
    let prepared = prepare_one(&args.inputs, args.target.target.as_slice(), console)?;
    let Some(compiled) = compiled_with_errors(prepared, console) else {
        return Ok(Outcome::Errors);
    };
    let Some(explanation) = Explanation::new(&args.resource.uid, &compiled) else {
        return Err(unknown(&args.resource.uid, &compiled));
    };
    match args.format {
        ExplainFormat::Text => console::lines(&explanation.text())?,
        ExplainFormat::Json => console::json(&format!("{:#}\n", explanation.json()))?,
    }
    Ok(Outcome::of(&compiled.diagnostics))
}

/// The provisioner of a resource, with all candidates.
struct Explanation<'a> {
    uid: &'a str,
    identity: Identity,
    /// The resource, if a provisioner handles it.
    resource: Option<&'a Resource>,
    /// The choices of its provisioner; one unless workloads differ in it.
    choices: Vec<Choice<'a>>,
    compiled: &'a Rendered,
}

/// The declaration of a resource in a workload, or in the project itself.
struct Declaration<'a> {
    workload: Option<&'a str>,
    name: &'a str,
    span: Span,
}

/// An output of a provisioner.
struct OutputName<'a> {
    name: &'a str,
    secret: bool,
    optional: bool,
}

impl<'a> Explanation<'a> {
    /// The explanation for a resource, or `None` if the project does not have it.
    fn new(uid: &'a str, compiled: &'a Rendered) -> Option<Self> {
        let project = &compiled.project;
        let resource = project.resources.get(uid);
        let identity = match resource {
            Some(resource) => resource.identity(),
            None => project.unhandled.get(uid)?.clone(),
        };
        let choices = Choice::all(uid, &identity, compiled);
        Some(Self {
            uid,
            identity,
            resource,
            choices,
            compiled,
        })
    }

    /// The declarations of the resource in the project and in workloads.
    fn declarations(&self) -> Vec<Declaration<'a>> {
        let project = &self.compiled.project;
        let workloads = project.workloads.iter();
        let workloads = workloads.map(|(name, spec)| (Some(name.as_str()), &***spec));
        let of_project = project.of_project.iter().map(|it| (None, &**it));
        let all = of_project.chain(workloads).flat_map(|(workload, spec)| {
            let resources = spec.resources.iter();
            let own = resources.filter(|(name, _)| {
                Project::uid(spec, name).is_some_and(|known| known == self.uid)
            });
            own.map(move |(name, resource)| Declaration {
                workload,
                name,
                span: resource.span,
            })
        });
        all.collect()
    }

    /// The resources whose provisioners require it or whose params refer to it.
    fn required_by(&self) -> Vec<&'a Resource> {
        let resources = self.compiled.project.resources.values();
        let mut found: Vec<&Resource> = resources
            .filter(|other| {
                other.requires.values().any(|uid| uid == self.uid)
                    || other.refers_to.iter().any(|uid| uid == self.uid)
            })
            .collect();
        found.sort_by_key(|other| &other.uid);
        found
    }

    /// The outputs of the resource. An output is secret if it is declared as such, or if its value
    /// contains a secret.
    fn outputs(&self) -> Vec<OutputName<'a>> {
        let Some(resource) = self.resource else {
            return Vec::new();
        };
        let values = self.compiled.resolved.get(self.uid).map(|it| &it.outputs);
        let holds_secret = |name: &str| {
            let mut found = false;
            if let Some(value) = values.and_then(|values| values.get(name)) {
                value.each_text(&mut |text| found |= text.is_secret());
            }
            found
        };
        let declared = resource.provisioner.outputs.iter();
        let mut outputs: Vec<OutputName<'a>> = declared
            .map(|(name, output)| OutputName {
                name,
                secret: output.secret || holds_secret(name),
                optional: output.optional,
            })
            .collect();
        let asked = values.into_iter().flat_map(|values| values.keys());
        for name in asked {
            if !resource.provisioner.outputs.contains_key(name) {
                outputs.push(OutputName {
                    name,
                    secret: holds_secret(name),
                    optional: false,
                });
            }
        }
        outputs
    }

    fn location(&self, span: Span) -> String {
        location(&self.compiled.sources, span)
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.uid);
        let mut line = |label: &str, value: &str| {
            let _ = writeln!(text, "  {:<13}{value}", format!("{label}:"));
        };
        line("type", &self.identity.kind);
        line("class", self.identity.class());
        line("id", &self.identity.id);
        for declaration in self.declarations() {
            let location = self.location(declaration.span);
            let name = declaration.name;
            let of = declaration.workload.map_or_else(
                || "the project".to_owned(),
                |workload| format!("`{workload}`"),
            );
            line("declared", &format!("{location} as `{name}` of {of}"));
        }
        for other in self.required_by() {
            line("needed by", &other.uid);
        }
        let requires = self.resource.into_iter().flat_map(|it| &it.requires);
        for (label, uid) in requires {
            line("needs", &format!("{uid} as `{label}`"));
        }
        let outputs: Vec<String> = self.outputs().iter().map(OutputName::text).collect();
        let any = self
            .resource
            .is_some_and(|it| it.provisioner.any_output.is_some());
        let outputs: Vec<&str> = outputs
            .iter()
            .map(String::as_str)
            .chain(any.then_some("any other"))
            .collect();
        if !outputs.is_empty() {
            line("outputs", &outputs.join(", "));
        }
        let differ = self.choices.len() > 1;
        for choice in &self.choices {
            let outcome = choice.outcome();
            if differ {
                let users = choice.users();
                line("handled by", &format!("{outcome} for {users}"));
            } else {
                line("handled by", &outcome);
            }
            for base in choice.bases() {
                line("inherits", &format!("from {base}"));
            }
        }
        for choice in &self.choices {
            let rows = choice.rows();
            if differ && !rows.is_empty() {
                let _ = write!(text, "\nFor {}:\n{rows}", choice.users());
            } else if !rows.is_empty() {
                let _ = write!(text, "\n{rows}");
            }
        }
        text
    }

    fn json(&self) -> Value {
        let sources = &self.compiled.sources;
        let declared = self.declarations().into_iter().map(|declaration| {
            let mut value = position(sources, declaration.span);
            value["workload"] = declaration.workload.into();
            value["name"] = declaration.name.into();
            value
        });
        let outputs = self.outputs().into_iter().map(|output| {
            let about = json!({"secret": output.secret, "optional": output.optional});
            (output.name.to_owned(), about)
        });
        let required_by = self.required_by().into_iter();
        let requires = self.resource.into_iter().flat_map(|it| &it.requires);
        let requires = requires.map(|(label, uid)| (label.clone(), Value::from(uid.as_str())));
        let first = self.choices.first();
        let mut value = json!({
            "uid": self.uid,
            "type": self.identity.kind,
            "class": self.identity.class(),
            "id": self.identity.id,
            "declared": declared.collect::<Value>(),
            "required_by": required_by.map(|other| other.uid.as_str()).collect::<Value>(),
            "requires": requires.collect::<serde_json::Map<_, _>>(),
            "outputs": outputs.collect::<serde_json::Map<_, _>>(),
            "any_output": self.resource.is_some_and(|it| it.provisioner.any_output.is_some()),
            "provisioner": first.map_or(Value::Null, Choice::handler_json),
            "candidates": first.map_or(Value::Null, Choice::candidates_json),
        });
        if self.choices.len() > 1 {
            value["choices"] = self.choices.iter().map(Choice::json).collect();
        }
        value
    }
}

impl OutputName<'_> {
    fn text(&self) -> String {
        match (self.secret, self.optional) {
            (true, true) => format!("{} (secret, optional)", self.name),
            (true, false) => format!("{} (secret)", self.name),
            (false, true) => format!("{} (optional)", self.name),
            (false, false) => self.name.to_owned(),
        }
    }
}

fn location(sources: &Sources, span: Span) -> String {
    let position = sources.position(span.source, span.range().start);
    format!("{}:{}", sources.get(span.source).name, position.line)
}

fn position(sources: &Sources, span: Span) -> Value {
    let position = sources.position(span.source, span.range().start);
    json!({
        "file": sources.get(span.source).name,
        "line": position.line,
        "column": position.column,
    })
}
