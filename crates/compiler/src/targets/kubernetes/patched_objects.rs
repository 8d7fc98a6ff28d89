//! Objects that patch templates have changed: they are read again as objects, and checked.

use std::sync::Arc;

use indexmap::IndexMap;
use score_compat::list::Tool;
use score_spec::diagnostic::{listed, nearest};
use score_spec::{Code, Diagnostic, Severity, Value};

use super::dedup::{Identity, identity};
use super::fields::{self, Wrong};
use super::naming::Naming;
use super::objects::{Object, is_secret};
use super::options::SecretsMode;
use super::provenance::Owner;
use super::raw::{is_kind, is_version};
use super::reference::{Open, OpenTree};
use crate::ir::{PatchTemplates, Ref, Secret, name};
use crate::targets::patch_templates::{
    PatchPart, PatchTree, Patcher, RANDOM_VALUES, finished, is_same, visit,
};

/// The objects that charts add with a controller, whatever a patch template does.
const ADDED: [&str; 2] = ["HorizontalPodAutoscaler", "PodDisruptionBudget"];

/// The objects after the patch templates. If a template fails, which is reported, the objects before it.
pub(super) fn patched(
    naming: &Naming,
    templates: &PatchTemplates,
    objects: Vec<Object>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Object> {
    let namespace = naming.options.namespace.as_deref().unwrap_or_default();
    let mut patcher = Patcher::new(templates, Tool::Kubernetes, namespace);
    let filled = |text: &_| {
        let filled = naming.filled(text);
        filled.map(|secret| Ref::Secret(Arc::clone(secret)).into())
    };
    let items = objects.iter().map(|it| patcher.tree(&it.tree, &filled));
    let mut document = Value::List(items.collect());
    if patcher
        .apply(&mut document, &Open::settled, diagnostics)
        .is_none()
    {
        return objects;
    }
    let before = objects
        .into_iter()
        .map(|object| (identity(&object), object));
    let mut patched = Patched {
        before: before.collect(),
        patcher: &patcher,
        document: &document,
        is_chart: naming.keeps_secrets,
        secrets: naming.options.secrets_mode(),
        diagnostics,
    };
    let Value::List(items) = &document else {
        return patched.before.into_values().collect();
    };
    let items = items.iter().enumerate();
    let objects: Vec<Object> = items
        .filter_map(|(index, item)| patched.object(index, item))
        .collect();
    patched.report_added();
    objects
}

struct Patched<'a> {
    /// The objects before the templates, without those that have been found again.
    before: IndexMap<Identity, Object>,
    patcher: &'a Patcher<'a>,
    document: &'a PatchTree<Open>,
    is_chart: bool,
    secrets: SecretsMode,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Patched<'_> {
    /// The object in an item of the list. Absent if it is none, which is reported.
    fn object(&mut self, index: usize, item: &PatchTree<Open>) -> Option<Object> {
        let part = |path: &[&str]| match path.iter().try_fold(item, |at, key| at.get(key))? {
            Value::Text(text) => Some(text.as_ref().to_owned()),
            _ => None,
        };
        let valid = |field: &[&str], is_valid: fn(&str) -> bool| {
            part(field)
                .filter(|found| is_valid(found))
                .ok_or(field.join("."))
        };
        let namespace = part(&["metadata", "namespace"]);
        let read = || {
            if namespace.as_deref().is_some_and(|it| !name::is_label(it)) {
                return Err("metadata.namespace".to_owned());
            }
            Ok::<_, String>(Object {
                api_version: valid(&["apiVersion"], is_version)?,
                kind: valid(&["kind"], is_kind)?,
                name: valid(&["metadata", "name"], name::is_subdomain)?,
                namespace: namespace.clone(),
                owner: Owner::default(),
                tree: OpenTree::Null,
            })
        };
        let mut object = match read() {
            Ok(object) if item.get("items").is_none() => object,
            Ok(_) => {
                self.report(
                    index,
                    &["items"],
                    "an object cannot be a list of objects",
                    "",
                );
                return None;
            }
            Err(field) => {
                let problem = format!("an object has no valid `{field}`");
                let help = "an object has `apiVersion`, `kind` and `metadata`";
                self.report(index, &field.split('.').collect::<Vec<_>>(), &problem, help);
                return None;
            }
        };
        if let Some(before) = self.before.swap_remove(&identity(&object)) {
            if is_same(item, &before.tree) {
                return Some(before);
            }
            object.owner = before.owner;
            // A chart has a template of its own for a route.
            object.owner.route = None;
            if self.is_chart && ADDED.contains(&object.kind.as_str()) {
                self.report_fixed(&object);
            }
        } else {
            object.owner.place = self.patcher.place(self.document, &[&index.to_string()]);
        }
        object.tree = finished(item);
        let object = object.arranged();
        self.check(index, &object, item);
        Some(object)
    }

    /// Reports unknown and wrong fields, and readable secrets.
    fn check(&mut self, index: usize, object: &Object, item: &PatchTree<Open>) {
        let of = fields::kind(&object.api_version, &object.kind);
        let shown = format!("{} `{}`", object.kind, object.name);
        for fault in fields::faults(&object.tree, &of) {
            let path: Vec<&str> = fault.path.iter().map(String::as_str).collect();
            let field = path.join(".");
            let (problem, help) = match &fault.wrong {
                Wrong::Unknown { known } => {
                    let key = path.last().copied().unwrap_or_default();
                    let meant = nearest(key, known.iter().copied());
                    let meant = meant.map(|meant| format!("did you mean `{meant}`?"));
                    (format!("the {shown} has no field `{field}`"), meant)
                }
                Wrong::Key { rule } => (
                    format!("`{field}` is not a valid key in the {shown}"),
                    Some((*rule).to_owned()),
                ),
                Wrong::Type { expected, found } => (
                    format!(
                        "expected {} at `{field}` of the {shown}, found {found}",
                        expected.words()
                    ),
                    None,
                ),
                Wrong::Unidentified { items } => {
                    let keys = items.keys();
                    let keys = keys.last().into_iter().flatten().map(|key| key.path);
                    (
                        format!(
                            "`{field}` of the {shown} lacks the fields that identify it in its list"
                        ),
                        Some(format!("add {}", listed(keys))),
                    )
                }
            };
            self.report(index, &path, &problem, &help.unwrap_or_default());
        }
        self.check_secrets(index, object, item);
    }

    /// Reports a secret that a template wrote where everyone can read it.
    fn check_secrets(&mut self, index: usize, object: &Object, item: &PatchTree<Open>) {
        let shown = format!("{} `{}`", object.kind, object.name);
        let is_secret = is_secret(&object.api_version, &object.kind);
        let (mut exposed, mut random) = (None, None);
        visit(item, &mut Vec::new(), &mut |path, part| {
            let may = is_secret && path.first().is_some_and(|key| key == "stringData");
            let PatchPart::Text(text) = part else {
                return;
            };
            if text.written_by.is_some() && text.text.is_secret() && !may {
                exposed.get_or_insert_with(|| path.to_vec());
            }
            let own = |it: &&Arc<Secret>| it.object == RANDOM_VALUES;
            if let Some(own) = text.text.secrets().find(own) {
                random.get_or_insert_with(|| (path.to_vec(), own.name.clone()));
            }
        });
        if let Some((path, name)) = random.filter(|_| self.is_chart) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let message = format!("the chart does not contain the random value in the {shown}");
            let found = Diagnostic::new(Code::TargetUnsupported, message);
            let found = self.placed(found, index, &path);
            self.diagnostics.push(found.help(format!(
                "set `secrets.{RANDOM_VALUES}.values.{name}` when you install it"
            )));
        }
        if let Some(path) = exposed {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let message = format!(
                "a secret is readable at `{}` of the {shown}",
                path.join(".")
            );
            let mut found = Diagnostic::new(Code::ProvisionerExposedSecret, message);
            let mut help =
                "put it into `stringData` of a `Secret`, and refer to it with `secretKeyRef`"
                    .to_owned();
            // A whole Secret is in the file with secrets. The other files are promised to have none.
            if self.secrets == SecretsMode::Inline || self.is_chart || is_secret {
                found.severity = Severity::Warning;
            } else {
                help.push_str("; with secrets in their own file, or in none, other objects must not contain any");
            }
            let found = self.placed(found, index, &path);
            self.diagnostics.push(found.help(help));
        }
    }

    /// Reports objects that templates have deleted, but that charts have.
    fn report_added(&mut self) {
        let before = std::mem::take(&mut self.before);
        let added = |object: &&Object| self.is_chart && ADDED.contains(&object.kind.as_str());
        let deleted: Vec<&Object> = before.values().filter(added).collect();
        for object in deleted {
            self.report_fixed(object);
        }
    }

    fn report_fixed(&mut self, object: &Object) {
        let message = format!(
            "patch templates do not change the {} `{}` of a chart, which has values for it",
            object.kind, object.name
        );
        let found = Diagnostic::new(Code::TargetUnsupported, message);
        let found = self.placed(found, 0, &[]);
        self.diagnostics
            .push(found.help("set the values of the chart"));
    }

    fn report(&mut self, index: usize, path: &[&str], problem: &str, help: &str) {
        let found = Diagnostic::new(
            Code::PatchInvalid,
            format!("{problem}, after the patch templates"),
        );
        let found = self.placed(found, index, path);
        self.diagnostics.push(if help.is_empty() {
            found
        } else {
            found.help(help)
        });
    }

    /// The diagnostic at the operation that wrote a part of an object.
    fn placed(&self, found: Diagnostic, index: usize, path: &[&str]) -> Diagnostic {
        let index = index.to_string();
        let whole: Vec<&str> = [index.as_str()].iter().chain(path).copied().collect();
        match self.patcher.place(self.document, &whole) {
            Some(place) => found.at(place, ""),
            None => found,
        }
    }
}
