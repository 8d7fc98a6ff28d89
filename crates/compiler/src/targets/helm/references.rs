//! Replaces the references of objects with actions: names, which differ per release, ports,
//! environment variables and secrets. It also collects the values and named templates that the
//! actions use. Other modules add the parameters of each kind of object.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Map, Value};
use serde_json::Value as Json;

use super::action::{Action, TemplateText, TemplateTree, settled};
use super::edit::get;
use super::scope::{Place, Scope, access, setting_code, setting_default};
use super::values::json;
use crate::ir::{ALPHANUMERIC, Parameter, Secret, SecretSource, Tree};
use crate::targets::kubernetes::{
    Meaning, Object, ObjectField, Open, OpenText, OpenTree, Shape, is_external_secret,
};

/// The named templates and values that templates refer to.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Named templates of the chart.
    pub(super) templates: BTreeSet<&'static str>,
    /// Environment variables, and whether each is required.
    pub(super) variables: BTreeMap<String, bool>,
    /// Names of `Secret`s.
    pub(super) secrets: BTreeSet<String>,
    /// Keys of secrets whose values templates contain, by the names of their `Secret`s.
    pub(super) written: BTreeMap<String, BTreeSet<String>>,
}

impl Uses {
    /// Adds the references of other templates.
    pub(super) fn merge(&mut self, other: Self) {
        self.templates.extend(other.templates);
        for (name, required) in other.variables {
            *self.variables.entry(name).or_default() |= required;
        }
        self.secrets.extend(other.secrets);
        for (name, keys) in other.written {
            self.written.entry(name).or_default().extend(keys);
        }
    }
}

/// Replaces references with actions, and collects what these use.
pub(super) struct References<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) uses: Uses,
    /// The values outside the component that the objects depend on.
    others: Others,
}

/// Expressions for values, with their defaults.
pub(super) type Others = BTreeMap<String, Json>;

/// The kind of objects that can contain secrets.
const SECRET: &str = "Secret";

/// The kinds of subjects of role bindings that are not objects.
const PEOPLE: [&str; 2] = ["User", "Group"];

/// The position of a value in an object that becomes a template.
struct Position<'p> {
    field: &'p ObjectField<'p>,
    /// The fields of the map that contains the value.
    beside: &'p Map<OpenTree>,
    is_custom: bool,
}

impl Position<'_> {
    /// The string in another field of the same map.
    fn text_beside(&self, key: &str) -> Option<&str> {
        match self.beside.get(key)? {
            Tree::Text(text) => text.as_plain(),
            _ => None,
        }
    }
}

impl<'a> References<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self {
            scope,
            uses: Uses::default(),
            others: Others::new(),
        }
    }

    /// The values that objects have depended on since the last call.
    pub(super) fn take_others(&mut self) -> Others {
        std::mem::take(&mut self.others)
    }

    /// An expression that includes a named template of the chart.
    pub(super) fn include(&mut self, template: &'static str, arguments: &str) -> String {
        self.uses.templates.insert(template);
        format!(
            "include \"{}.{template}\" (list $ {arguments})",
            self.scope.chart
        )
    }

    /// The name of an object in this chart.
    pub(super) fn own_name(&mut self, name: &str) -> TemplateText {
        self.placed(name, Some(Place::Here))
    }

    /// The name of a component or an object of the project; any other name is unchanged.
    fn name(&mut self, name: &str) -> TemplateText {
        self.placed(name, self.scope.place(name))
    }

    /// The name of an object of a kind, which need not be part of the project.
    fn name_of(&mut self, kind: &str, name: &str) -> TemplateText {
        let namespace = self.scope.project.options.objects.namespace.as_deref();
        match kind {
            SECRET if self.scope.is_secret(name) => self.secret_name(name),
            "Namespace" if Some(name) == namespace => Action::name("$.Release.Namespace", name),
            kind if PEOPLE.contains(&kind) => name.into(),
            kind => self.placed(name, self.scope.place_of(kind, name)),
        }
    }

    /// The name of an object, if this field contains names of objects.
    fn reference(&mut self, name: &str, at: &Position<'_>) -> Option<TemplateText> {
        let Shape::String(meaning) = at.field.shape() else {
            return None;
        };
        let namespace = self.scope.project.options.objects.namespace.as_deref();
        let is_elsewhere = !at.field.is_metadata() && {
            let beside = at.text_beside("namespace");
            beside.is_some_and(|it| Some(it) != namespace && self.scope.place(it).is_none())
        };
        Some(match meaning {
            Meaning::NameOf("Namespace") => self.name_of("Namespace", name),
            Meaning::NameOf(_) | Meaning::NameBy(_) | Meaning::Name if is_elsewhere => name.into(),
            Meaning::NameOf(kind) => self.name_of(kind, name),
            Meaning::NameBy("resources") => self.name_in(name, at),
            Meaning::NameBy(field) => match at.text_beside(field) {
                Some(kind) => self.name_of(kind, name),
                None => self.name(name),
            },
            Meaning::Name => self.name(name),
            Meaning::Text | Meaning::Expanding => return None,
        })
    }

    /// The name of an object whose kind is one of those that the field `resources` of the same map
    /// lists as plurals, as in RBAC rules.
    fn name_in(&mut self, name: &str, at: &Position<'_>) -> TemplateText {
        let resources = match at.beside.get("resources") {
            Some(Tree::List(resources)) => &resources[..],
            _ => &[],
        };
        let plurals = resources.iter().filter_map(|it| match it {
            Tree::Text(text) => text.as_plain(),
            _ => None,
        });
        let kind = self.scope.kind_of(name, plurals);
        match kind {
            Some(kind) => self.name_of(kind, name),
            None => name.into(),
        }
    }

    fn placed(&mut self, name: &str, place: Option<Place>) -> TemplateText {
        let template = match place {
            Some(Place::Here) => "name",
            Some(Place::Peer) => "peer",
            None => return self.derived(name),
        };
        Action::name(self.include(template, &format!("\"{name}\"")), name)
    }

    /// The name of an object that an operator derives from an object of the chart.
    fn derived(&mut self, name: &str) -> TemplateText {
        let Some(origin) = self.scope.origin(name) else {
            return name.into();
        };
        let mut text = self.name(origin);
        text.push_str(&name[origin.len()..]);
        text
    }

    /// The name of a `Secret`, which the values can replace with an existing one.
    fn secret_name(&mut self, name: &str) -> TemplateText {
        self.use_secret(name);
        let peer = self.peer(name);
        let arguments = format!("{name:?}{peer}");
        Action::name(self.include("secretName", &arguments), name)
    }

    /// Records that a template refers to a `Secret`.
    fn use_secret(&mut self, name: &str) {
        self.uses.secrets.insert(name.to_owned());
        let is_external = self.scope.project.has_external_secrets();
        let default = if is_external { name } else { "" };
        let code = access("$.Values.secrets", &[name, "existingSecret"]);
        self.others.insert(code, default.into());
    }

    /// The argument that tells a named template that the `Secret` is in another chart.
    fn peer(&mut self, name: &str) -> &'static str {
        if self.scope.place(name) == Some(Place::Here) {
            return "";
        }
        self.uses.templates.insert("peer");
        " \"peer\""
    }

    /// The number of a port as a value of its own.
    fn number(&mut self, component: &str, port: &str) -> TemplateTree {
        let (number, code) = self.port(component, port);
        match code {
            Some(code) => Tree::Text(Action::yaml(code)),
            None => Tree::Number(number.into()),
        }
    }

    /// The number of a port, and an expression for it if it is a value of the chart.
    fn port(&mut self, component: &str, port: &str) -> (u16, Option<String>) {
        let number = self.scope.project.object_set.port(component, port);
        let (number, code) = (number.unwrap_or_default(), self.scope.port(component, port));
        self.others
            .extend(code.iter().map(|code| (code.clone(), number.into())));
        (number, code)
    }

    /// The object with its names, secrets and other references replaced by actions.
    pub(super) fn opened(&mut self, mut object: Object) -> Object<Action> {
        let tree = std::mem::replace(&mut object.tree, Tree::Null);
        let at = Position {
            field: &object.field(),
            beside: &Map::default(),
            is_custom: object.is_custom(),
        };
        let tree = self.tree(&tree, &at);
        let mut object = object.with_tree(tree);
        if is_external_secret(&object)
            && let Some(Tree::Text(name)) = get(&mut object.tree, &["spec", "target", "name"])
        {
            *name = self.secret_name(&object.name);
        }
        object
    }

    fn tree(&mut self, tree: &OpenTree, at: &Position<'_>) -> TemplateTree {
        match tree {
            Tree::Map(entries) => {
                let opened = entries.iter().map(|(key, value)| {
                    let below = Position {
                        field: &at.field.below(key),
                        beside: entries,
                        is_custom: at.is_custom,
                    };
                    (key.clone(), self.tree(value, &below))
                });
                opened.collect()
            }
            Tree::List(items) => {
                let item = Position {
                    field: &at.field.item(),
                    ..*at
                };
                let items = items.iter();
                Tree::List(items.map(|it| self.tree(it, &item)).collect())
            }
            Tree::Text(text) => match text.as_reference() {
                Some(Open::Port { component, port }) if !at.field.is_string() => {
                    self.number(component, port)
                }
                _ => Tree::Text(settled(self.text(text, at))),
            },
            Tree::Null => Tree::Null,
            Tree::Bool(value) => Tree::Bool(*value),
            Tree::Number(number) => Tree::Number(number.clone()),
        }
    }

    fn text(&mut self, text: &OpenText, at: &Position<'_>) -> TemplateText {
        if let Some(plain) = text.as_plain() {
            let name = self.custom_name(plain, at);
            let name = name.or_else(|| self.reference(plain, at));
            return name.unwrap_or_else(|| plain.into());
        }
        if let Some(Open::Parameter(parameter)) = text.as_reference()
            && !at.field.is_string()
        {
            return self.parameter(parameter, false);
        }
        let expands = at.field.shape() == Shape::String(Meaning::Expanding);
        text.map(|open| self.open(open, expands))
    }

    /// The value of a `name` in a custom object, if an object of a resource has this name. It is a
    /// guess: no schema tells which fields of custom objects are references.
    fn custom_name(&mut self, name: &str, at: &Position<'_>) -> Option<TemplateText> {
        let is_name = at.is_custom && at.field.key() == "name";
        if !is_name || at.field.is_metadata() {
            return None;
        }
        let is_secret = self.scope.of_resource(name)?;
        Some(if is_secret {
            self.name_of(SECRET, name)
        } else {
            self.name(name)
        })
    }

    /// The value of a parameter that a provisioner declares: as text, or as a value of its type.
    fn parameter(&mut self, setting: &Parameter, is_text: bool) -> TemplateText {
        let code = setting_code(setting);
        let default = setting_default(setting);
        self.others.insert(code.clone(), default.to_json());
        let code = match (&default, is_text) {
            // Helm reads numbers as floating-point numbers, which templates write like `1e+06`.
            (Value::Number(_), _) => format!("{code} | toJson"),
            (Value::Bool(_), true) => format!("{code} | toString"),
            _ => code,
        };
        match &setting.default {
            Value::Number(_) | Value::Bool(_) if !is_text => Action::yaml(code),
            _ => Action::text(code),
        }
    }

    fn open(&mut self, open: &Open, expands: bool) -> TemplateText {
        match open {
            Open::Host(component) => self.name(self.scope.project.object_set.service(component)),
            Open::Port { component, port } => match self.port(component, port) {
                (number, Some(code)) => Action::number(code, number.to_string()),
                (number, None) => number.to_string().into(),
            },
            Open::Env { name, required } => {
                *self.uses.variables.entry(name.clone()).or_default() |= required;
                let mut code = access("$.Values.environment", &[name]);
                let default = self.scope.project.variable(name, *required);
                self.others.insert(code.clone(), json(&default));
                if *required {
                    let message = format!("set environment.{name}, which is required");
                    code = format!("required {message:?} {code}");
                }
                if expands {
                    code.push_str(" | replace \"$\" \"$$\"");
                }
                Action::text(code)
            }
            Open::Secret(secret) => {
                self.use_secret(&secret.object);
                let keys = self.uses.written.entry(secret.object.clone());
                keys.or_default().insert(secret.name.clone());
                let peer = self.peer(&secret.object);
                let arguments = secret_arguments(secret, peer);
                Action::text(self.include("secret", &arguments))
            }
            Open::Parameter(parameter) => self.parameter(parameter, true),
            Open::Variable(name) => Action::variable(name),
        }
    }
}

/// The arguments of the named template for a secret: its `Secret`, its key, its length, and a
/// pattern for the characters to exclude if its alphabet is not alphanumeric. Without a length, the
/// chart does not generate the secret: its value is provided from outside or is in another chart
/// (`peer`).
fn secret_arguments(secret: &Secret, peer: &str) -> String {
    let Secret { object, name, .. } = secret;
    match &secret.source {
        SecretSource::Derived {
            length, alphabet, ..
        } if peer.is_empty() => {
            let others = others(alphabet);
            format!("{object:?} {name:?} {length} {others:?}")
        }
        _ => format!("{object:?} {name:?}{peer}"),
    }
}

/// The characters outside an alphabet as a regular expression; empty for letters and digits.
fn others(alphabet: &str) -> String {
    if alphabet == ALPHANUMERIC {
        return String::new();
    }
    let mut class = String::from("[^");
    for character in alphabet.chars() {
        if !character.is_ascii_alphanumeric() {
            class.push('\\');
        }
        class.push(character);
    }
    class.push(']');
    class
}
