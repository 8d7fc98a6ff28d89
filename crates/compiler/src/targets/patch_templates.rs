//! Changes the finished output of a target as its patch templates say. The targets prepare the output, and check
//! what has become of it.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use score_compat::list::Tool;
use score_compat::patch::{Action, Operation, PatchBudget, PatchData, PatchTemplate, Patches};
use score_gotemplate::{Context, Functions};
use score_spec::{Code, Diagnostic, Span, Value};

use crate::ir::sealing::{Sealing, SecretOwner};
use crate::ir::{self, PatchTemplates, Text, Tree};
use crate::targets::settle::Resolve;

/// The owner of random values of patch templates.
const OWNER: SecretOwner<'static> = SecretOwner {
    uid: "patch-templates",
    object: "patch-templates",
};

/// A string of the output: as templates see it, and with its references.
#[derive(Debug, Clone)]
pub(super) struct PatchText<R> {
    shown: String,
    pub(super) text: Text<R>,
    /// Whether a patch template wrote it.
    pub(super) is_patched: bool,
}

impl<R> AsRef<str> for PatchText<R> {
    fn as_ref(&self) -> &str {
        &self.shown
    }
}

/// The output while templates change it.
pub(super) type PatchTree<R> = Value<PatchText<R>>;

/// The amount of text that is searched for the places of operations in templates. Then the first lines of templates
/// are their places.
const MOST_SEARCHED: usize = 50_000_000;

/// The number of operations that are compared with paths of the output. Then parts of it have no place.
const MOST_COMPARED: usize = 1_000_000;

/// An operation that has been carried out.
struct Applied {
    path: String,
    /// The index of its template.
    template: usize,
}

/// The work for places that is left.
struct Search {
    text: Cell<usize>,
    operations: Cell<usize>,
}

/// The patch templates of a project, while they change the output of a target.
pub(super) struct Patcher<'a> {
    templates: &'a PatchTemplates,
    tool: Tool,
    /// The namespace of Kubernetes objects; empty if there is none.
    namespace: &'a str,
    functions: Functions,
    sealing: Arc<Mutex<Sealing>>,
    applied: Vec<Applied>,
    search: Search,
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
                    let Some(found) = substitute.text(arguments[0], text) else {
                        return Ok(format!("failed to substitute placeholders with:{text}"));
                    };
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
            applied: Vec::new(),
            search: Search {
                text: Cell::new(MOST_SEARCHED),
                operations: Cell::new(MOST_COMPARED),
            },
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
            is_patched: false,
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
        let mut budget = PatchBudget::default();
        for (index, template) in self.templates.templates.iter().enumerate() {
            if let Err(reason) = budget.take_view(document) {
                let found = Diagnostic::new(Code::PatchInvalid, reason.to_string());
                diagnostics.push(found.at(line(template, 1), ""));
                return None;
            }
            let operations = self.operations(index, template, document, diagnostics)?;
            for operation in operations {
                let path = operation.path.as_str().to_owned();
                let failed = |message: String, help: &str| {
                    let message = format!("{message}, at the path `{path}` of a patch template");
                    let place = self.search.place(template, &path);
                    let found = Diagnostic::new(Code::PatchInvalid, message).at(place, "");
                    if help.is_empty() {
                        found
                    } else {
                        found.help(help)
                    }
                };
                let mut unresolved = None;
                let operation = operation.map_text(&mut |shown| {
                    let mut sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
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
                        is_patched: true,
                    }
                });
                if let Some(reason) = unresolved {
                    diagnostics.push(failed(reason.problem, reason.help));
                    return None;
                }
                if let Err(fault) = operation.apply(document, &mut budget) {
                    diagnostics.push(failed(fault.reason.to_string(), ""));
                    return None;
                }
                self.applied.push(Applied {
                    path,
                    template: index,
                });
            }
        }
        Some(())
    }

    /// The operations of a template.
    fn operations<R>(
        &self,
        index: usize,
        template: &ir::PatchTemplate,
        document: &PatchTree<R>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<Operation>> {
        let shown = document.map_text(&mut |text| text.shown.clone());
        let data = PatchData {
            tool: self.tool,
            document: &shown.to_json(),
            workloads: &self.templates.workloads,
            namespace: self.namespace,
        };
        let tool = match self.tool {
            Tool::Compose => "compose",
            Tool::Kubernetes => "kubernetes",
        };
        let seed = [OWNER.uid, tool, &index.to_string()];
        let mut context = Context::new(self.templates.key.seed(&seed));
        let rendered = PatchTemplate(&template.text).render(&data, &self.functions, &mut context);
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
        for operation in &operations {
            if let Action::Set(value) = &operation.action {
                sealing.names_in_object(&value.to_json());
            }
        }
        Some(operations)
    }

    /// The place of the operation that wrote a part of the output: of the last one among those with most steps in common.
    pub(super) fn place(&self, path: &[&str]) -> Option<Span> {
        take(&self.search.operations, self.applied.len())?;
        let best = self.applied.iter().max_by_key(|it| it.in_common(path))?;
        let template = &self.templates.templates[best.template];
        Some(self.search.place(template, &best.path))
    }
}

impl Applied {
    /// The number of keys at the start that a path has as well; absent if they lead to different parts. Indices are not
    /// compared, because later operations may have moved an item.
    fn in_common(&self, path: &[&str]) -> Option<usize> {
        let is_key = |step: &&str| !step.starts_with(['#', '-']) && step.parse::<usize>().is_err();
        let steps = self
            .path
            .split('.')
            .map(|step| step.trim_start_matches(':'));
        let keys = path.iter().copied().filter(is_key);
        let pairs: Vec<(&str, &str)> = steps.filter(is_key).zip(keys).collect();
        let is_same = |(step, key): &(&str, &str)| step == key || step.contains(['\\', '*', '?']);
        pairs.iter().all(is_same).then_some(pairs.len())
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

/// A line of a template, counted from 1.
fn line(template: &ir::PatchTemplate, number: usize) -> Span {
    let mut start = 0;
    for (index, line) in template.text.split_inclusive('\n').enumerate() {
        if index + 1 == number {
            return Span::new(template.source, start, start + line.trim_end().len());
        }
        start += line.len();
    }
    Span::new(template.source, 0, 0)
}

/// Takes an amount from what is left; absent if there is less.
fn take(left: &Cell<usize>, amount: usize) -> Option<()> {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or_default());
    rest.map(|_| ())
}

impl Search {
    /// The place of an operation in a template: that of its path, or of the longest end of it that is there.
    fn place(&self, template: &ir::PatchTemplate, path: &str) -> Span {
        let text = &template.text;
        let is_path = |at: usize, end: &str| {
            let before = text[..at].rsplit('\n').next().unwrap_or_default();
            let behind = text[at + end.len()..].chars().next();
            let is_whole = end.starts_with('.') || before.ends_with([' ', '"', '\'']);
            is_whole
                && before.contains("path")
                && !behind.is_some_and(|c| c.is_alphanumeric() || "._-".contains(c))
        };
        let starts = path.match_indices('.').map(|(at, _)| at);
        let ends = [0].into_iter().chain(starts).map(|at| &path[at..]);
        for end in ends.filter(|end| end.len() <= text.len()) {
            if take(&self.text, text.len()).is_none() {
                break;
            }
            let mut places = text.match_indices(end).map(|(at, _)| at);
            if let Some(at) = places.find(|at| is_path(*at, end)) {
                return Span::new(template.source, at, at + end.len());
            }
        }
        line(template, 1)
    }
}
