//! Changes the finished output of a target as its patch templates say. The targets prepare the output, and check
//! what has become of it.

mod places;

use std::sync::{Arc, Mutex, PoisonError};

use score_compat::list::Tool;
use score_compat::patch::{Action, Operation, PatchBudget, PatchData, Patches};
use score_gotemplate::{Context, Functions};
use score_spec::{Code, Diagnostic, Span, Value};

use self::places::{Places, line};
use crate::ir::sealing::{Sealing, SecretOwner};
use crate::ir::{self, PatchTemplates, Text, Tree};
use crate::targets::settle::{Resolve, Unresolved};

/// The Secret with the random values of patch templates, in charts.
pub(super) const RANDOM_VALUES: &str = "patch-templates";

/// The owner of random values of patch templates.
const OWNER: SecretOwner<'static> = SecretOwner {
    uid: RANDOM_VALUES,
    object: RANDOM_VALUES,
};

/// A string of the output: as templates see it, and with its references.
#[derive(Debug, Clone)]
pub(super) struct PatchText<R> {
    shown: String,
    pub(super) text: Text<R>,
    /// The operation that wrote it; absent if it is as before.
    pub(super) written_by: Option<usize>,
}

impl<R> AsRef<str> for PatchText<R> {
    fn as_ref(&self) -> &str {
        &self.shown
    }
}

/// The output while templates change it.
pub(super) type PatchTree<R> = Value<PatchText<R>>;

/// The patch templates of a project, while they change the output of a target.
pub(super) struct Patcher<'a> {
    templates: &'a PatchTemplates,
    tool: Tool,
    /// The namespace of Kubernetes objects; empty if there is none.
    namespace: &'a str,
    functions: Functions,
    sealing: Arc<Mutex<Sealing>>,
    places: Places<'a>,
}

impl<'a> Patcher<'a> {
    pub(super) fn new(templates: &'a PatchTemplates, tool: Tool, namespace: &'a str) -> Self {
        let key = Some(templates.key.clone());
        let sealing = Arc::new(Mutex::new(Sealing::new(key)));
        let functions = match tool {
            Tool::Compose => Functions::sprig(),
            Tool::Kubernetes => {
                let (substitute, sealing) = (templates.substitute.clone(), Arc::clone(&sealing));
                Functions::sprig().with("substituteValue", 2, move |arguments| {
                    let text = arguments[1];
                    let found = substitute.text(arguments[0], text);
                    let found = found.ok_or("a placeholder has no value for this workload")?;
                    let mut sealing = sealing.lock().unwrap_or_else(PoisonError::into_inner);
                    Ok(sealing.shown(&found))
                })
            }
        };
        Self {
            templates,
            tool,
            namespace,
            functions,
            sealing,
            places: Places::new(&templates.templates),
        }
    }

    /// A part of the output for templates. `filled` is a string with its references replaced, except secrets.
    pub(super) fn tree<R: Clone>(
        &self,
        tree: &Tree<R>,
        filled: &dyn Fn(&Text<R>) -> Text,
    ) -> PatchTree<R> {
        let mut sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        tree.map_text(&mut |text| PatchText {
            shown: sealing.shown(&filled(text)),
            text: text.clone(),
            written_by: None,
        })
    }

    /// Carries out the operations of all templates; `resolve` is the string for a reference in a value of theirs.
    /// Absent if one of them fails, which is reported.
    pub(super) fn apply<R: Clone>(
        &mut self,
        document: &mut PatchTree<R>,
        resolve: &Resolve<R>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        let mut budget = PatchBudget::for_document(document);
        for (index, template) in self.templates.templates.iter().enumerate() {
            if let Err(reason) = budget.take_view(document) {
                let found = Diagnostic::new(Code::PatchInvalid, reason.to_string());
                diagnostics.push(found.at(line(template, 1), ""));
                return None;
            }
            let operations = self.operations(index, template, document, diagnostics)?;
            for operation in operations {
                let path = operation.path.as_str().to_owned();
                let number = self.places.add(&path, index);
                let result = self.carry_out((number, operation), document, (resolve, &mut budget));
                if let Err(reason) = result {
                    let problem = reason.problem;
                    let message = format!("{problem}, at the path `{path}` of a patch template");
                    let found = Diagnostic::new(Code::PatchInvalid, message);
                    let place = self.places.of(number).unwrap_or_else(|| line(template, 1));
                    let found = found.at(place, "");
                    diagnostics.push(match reason.help {
                        "" => found,
                        help => found.help(help),
                    });
                    return None;
                }
            }
        }
        Some(())
    }

    /// Carries out an operation.
    fn carry_out<R: Clone>(
        &self,
        (number, operation): (usize, Operation),
        document: &mut PatchTree<R>,
        (resolve, budget): (&Resolve<R>, &mut PatchBudget),
    ) -> Result<(), Unresolved> {
        let mut sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let value = match &operation.action {
            Action::Set(value) => Some(value),
            Action::Delete => None,
        };
        let broken = Unresolved {
            problem: "a function has changed the placeholder of a secret".to_owned(),
            help: "copy a secret as it is, or put it into a longer string: templates do not see its value",
        };
        let mut keys = vec![operation.path.as_str()];
        if let Some(value) = value {
            collect_keys(value, &mut keys);
        }
        if keys.iter().any(|key| Sealing::has_marker(key)) {
            return Err(broken);
        }
        // In objects, keys are names.
        let is_secret = |key: &&str| sealing.text(key, OWNER).is_secret();
        if self.tool == Tool::Compose && keys.iter().any(is_secret) {
            return Err(Unresolved {
                problem: "a random value cannot be a key, which everyone can read".to_owned(),
                help: "create it in a provisioner, whose secrets are kept in other files",
            });
        }
        let (mut unresolved, mut is_broken) = (None, false);
        let operation = operation.map_text(&mut |shown| {
            is_broken |= sealing.has_broken_marker(shown);
            let text = sealing.text(shown, OWNER);
            let text = text.map(|reference| {
                resolve(reference).unwrap_or_else(|reason| {
                    unresolved.get_or_insert(reason);
                    Text::new()
                })
            });
            PatchText {
                shown: shown.clone(),
                text,
                written_by: Some(number),
            }
        });
        if is_broken {
            return Err(broken);
        }
        match unresolved {
            Some(reason) => Err(reason),
            None => operation
                .apply(document, budget)
                .map_err(|fault| Unresolved {
                    problem: fault.reason.to_string(),
                    help: "",
                }),
        }
    }

    /// The operations of a template.
    fn operations<R>(
        &self,
        index: usize,
        template: &ir::PatchTemplate,
        document: &PatchTree<R>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<Operation>> {
        let data = PatchData {
            tool: self.tool,
            document,
            workloads: &self.templates.workloads,
            namespace: self.namespace,
        };
        let tool = match self.tool {
            Tool::Compose => "compose",
            Tool::Kubernetes => "kubernetes",
        };
        let seed = [OWNER.uid, tool, &index.to_string()];
        let mut context = Context::new(self.templates.key.seed(&seed));
        let rendered = data.render(&template.text, &self.functions, &mut context);
        let Patches {
            operations,
            has_no_value,
        } = match rendered {
            Ok(patches) => patches,
            Err(fault) => {
                let place = line(template, fault.line.unwrap_or(1));
                let found = Diagnostic::new(Code::PatchInvalid, fault.message);
                diagnostics.push(found.at(place, ""));
                return None;
            }
        };
        if has_no_value {
            let message = "the template prints `<no value>`, because a field does not exist";
            let found = Diagnostic::new(Code::ProvisionerNoValue, message);
            let found = found.at(line(template, 1), "");
            diagnostics.push(found.help("use `default`, or correct the name of the field"));
        }
        let mut sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, value) in context.random_values().iter().enumerate() {
            let name = format!("patch-{}-{}", index + 1, at + 1);
            sealing.add(value, &name, Some(OWNER));
        }
        // Nothing hides a name. A Compose file has none that need to be random.
        if self.tool == Tool::Kubernetes {
            for operation in &operations {
                if let Action::Set(value) = &operation.action {
                    sealing.names_in_object(&value.to_json());
                }
            }
        }
        Some(operations)
    }

    /// The place of the operation that wrote the part of the output at a path, or a part of it; otherwise of the last one
    /// among those whose paths have most in common with it.
    pub(super) fn place<R>(&self, document: &PatchTree<R>, path: &[&str]) -> Option<Span> {
        let at = path.iter().try_fold(document, |at, step| match at {
            Value::List(items) => items.get(step.parse::<usize>().ok()?),
            at => at.get(step),
        });
        let mut writer = None;
        if let Some(at) = at {
            at.each_text(&mut |text: &PatchText<R>| writer = writer.max(text.written_by));
        }
        let writer = writer.or_else(|| self.places.similar(path));
        self.places.of(writer?)
    }
}

/// Whether a part of the output is as it was before.
pub(super) fn is_same<R: PartialEq>(document: &PatchTree<R>, before: &Tree<R>) -> bool {
    match (document, before) {
        (Value::Text(text), Value::Text(before)) => text.text == *before,
        (Value::List(items), Value::List(before)) => {
            items.len() == before.len()
                && items
                    .iter()
                    .zip(before)
                    .all(|(item, before)| is_same(item, before))
        }
        (Value::Map(entries), Value::Map(before)) => {
            let is_same = |((key, value), (known, before)): ((&String, _), (&String, _))| {
                key == known && is_same(value, before)
            };
            entries.len() == before.len() && entries.iter().zip(before.iter()).all(is_same)
        }
        (Value::Number(number), Value::Number(before)) => number == before,
        (Value::Bool(value), Value::Bool(before)) => value == before,
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}

/// The output with its references.
pub(super) fn finished<R: Clone>(document: &PatchTree<R>) -> Tree<R> {
    document.map_text(&mut |text| text.text.clone())
}

/// A key or a string of the output.
pub(super) enum PatchPart<'t, R> {
    Key(&'t str),
    Text(&'t PatchText<R>),
}

/// Calls `f` for each key and string, with the path to it.
pub(super) fn visit<'t, R>(
    document: &'t PatchTree<R>,
    path: &mut Vec<String>,
    f: &mut dyn FnMut(&[String], PatchPart<'t, R>),
) {
    match document {
        Value::Text(text) => f(path, PatchPart::Text(text)),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                visit(item, path, f);
                path.pop();
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries.iter() {
                path.push(key.clone());
                f(path, PatchPart::Key(key));
                visit(value, path, f);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The keys in a value.
fn collect_keys<'v>(value: &'v Value, keys: &mut Vec<&'v str>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        Value::Map(entries) => {
            for (key, value) in entries.iter() {
                keys.push(key);
                collect_keys(value, keys);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}
