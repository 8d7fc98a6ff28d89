//! What objects refer to left open: names, which differ per release, ports, variables and secrets. Not:
//! what each object leaves open beside that.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::Value;
use serde_json::Value as Json;

use super::hole::{Hole, HoleText, HoleTree, settled};
use super::scope::{Place, Scope, access, setting_code};
use crate::ir::{ALPHANUMERIC, Parameter, Secret, SecretSource, Tree};
use crate::targets::kubernetes::{Object, ObjectField, Open, OpenText, OpenTree};

/// The label that tells the releases of a chart apart in selectors.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// What templates refer to.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Named templates of the chart.
    pub(super) templates: BTreeSet<&'static str>,
    /// Variables of the environment, with whether they are required.
    pub(super) variables: BTreeMap<String, bool>,
    /// Names of `Secret`s.
    pub(super) secrets: BTreeSet<String>,
    /// Keys of secrets that are written somewhere, by the names of their `Secret`s.
    pub(super) written: BTreeMap<String, BTreeSet<String>>,
}

impl Uses {
    /// Adds what other templates refer to.
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

/// Leaves references open, and remembers them.
pub(super) struct References<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) uses: Uses,
    /// The values of others that objects take something from.
    others: Others,
}

/// Expressions for values, with their defaults.
pub(super) type Others = BTreeMap<String, Json>;

/// What a field of an object refers to.
enum Reference {
    /// An object of a kind.
    Of(&'static str),
    /// An object of a kind that the field does not tell.
    Any,
}

impl Reference {
    const SECRET: &'static str = "Secret";

    /// What a field refers to, by its key and by that of the map around it.
    fn of(field: &ObjectField<'_>) -> Option<Self> {
        let parent = field.parent();
        let has = |word: &str| parent.to_ascii_lowercase().contains(word);
        let kind = match field.key() {
            "secretName" => Self::SECRET,
            "configMapName" => "ConfigMap",
            "serviceName" => "Service",
            "serviceAccountName" => "ServiceAccount",
            "claimName" => "PersistentVolumeClaim",
            INSTANCE => return Some(Self::Any),
            "name" => match parent {
                "secret" => Self::SECRET,
                "configMap" => "ConfigMap",
                "service" => "Service",
                _ if !parent.ends_with("Ref") && !parent.ends_with("Refs") => return None,
                _ if has("secret") => Self::SECRET,
                _ if has("configmap") => "ConfigMap",
                _ => return Some(Self::Any),
            },
            _ => return None,
        };
        Some(Self::Of(kind))
    }
}

impl<'a> References<'a> {
    /// Leaves the references of objects of a chart open.
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self {
            scope,
            uses: Uses::default(),
            others: Others::new(),
        }
    }

    /// The values of others that objects took something from since this was asked.
    pub(super) fn take_others(&mut self) -> Others {
        std::mem::take(&mut self.others)
    }

    /// A call of a named template of the chart.
    pub(super) fn include(&mut self, template: &'static str, arguments: &str) -> String {
        self.uses.templates.insert(template);
        format!(
            "include \"{}.{template}\" (list $ {arguments})",
            self.scope.chart
        )
    }

    /// The name of an object that the chart makes.
    pub(super) fn own_name(&mut self, name: &str) -> HoleText {
        self.placed(name, Some(Place::Here))
    }

    /// The name of a component of the project or of an object; any other as it is.
    fn name(&mut self, name: &str) -> HoleText {
        self.placed(name, self.scope.place(name))
    }

    /// The name of an object of a kind, which somebody else may make.
    fn name_of(&mut self, kind: &str, name: &str) -> HoleText {
        if kind == Reference::SECRET && self.scope.is_secret(name) {
            return self.secret_name(name);
        }
        self.placed(name, self.scope.place_of(kind, name))
    }

    fn placed(&mut self, name: &str, place: Option<Place>) -> HoleText {
        let template = match place {
            Some(Place::Here) => "name",
            Some(Place::Peer) => "peer",
            None => return self.derived(name),
        };
        Hole::name(self.include(template, &format!("\"{name}\"")), name)
    }

    /// The name of an object that an operator makes of one of the chart and names after it.
    fn derived(&mut self, name: &str) -> HoleText {
        let Some(origin) = self.scope.origin(name) else {
            return name.into();
        };
        let mut text = self.name(origin);
        text.push_str(&name[origin.len()..]);
        text
    }

    /// The name of a `Secret`, which may be another one than the project makes.
    fn secret_name(&mut self, name: &str) -> HoleText {
        self.use_secret(name);
        let peer = self.peer(name);
        let arguments = format!("{name:?}{peer}");
        Hole::name(self.include("secretName", &arguments), name)
    }

    /// Remembers that a template refers to a `Secret`.
    fn use_secret(&mut self, name: &str) {
        self.uses.secrets.insert(name.to_owned());
        let is_external = self.scope.project.has_external_secrets();
        let default = if is_external { name } else { "" };
        let code = access("$.Values.secrets", &[name, "existingSecret"]);
        self.others.insert(code, default.into());
    }

    /// The argument that tells a named template that another chart makes a `Secret`.
    fn peer(&mut self, name: &str) -> &'static str {
        if self.scope.place(name) == Some(Place::Here) {
            return "";
        }
        self.uses.templates.insert("peer");
        " \"peer\""
    }

    /// The number of a port by itself.
    fn number(&mut self, component: &str, port: &str) -> HoleTree {
        let (number, code) = self.port(component, port);
        match code {
            Some(code) => Tree::Text(Hole::yaml(code)),
            None => Tree::Number(number.into()),
        }
    }

    /// The number of a port, and an expression for it if it is a value of the chart.
    fn port(&mut self, component: &str, port: &str) -> (u16, Option<String>) {
        let number = self.scope.project.draft.port(component, port);
        let (number, code) = (number.unwrap_or_default(), self.scope.port(component, port));
        self.others
            .extend(code.iter().map(|code| (code.clone(), number.into())));
        (number, code)
    }

    /// An object with names, secrets and other references left open. Nothing says which fields of a
    /// custom one refer to others, so that each `name` is taken for a reference that is the name of an
    /// object of a resource.
    pub(super) fn opened(&mut self, mut object: Object) -> Object<Hole> {
        let is_custom = object.is_custom();
        let tree = std::mem::replace(&mut object.tree, Tree::Null);
        let tree = self.walk(tree, (&ObjectField::ROOT, is_custom));
        object.with_tree(tree)
    }

    fn walk(&mut self, tree: OpenTree, place: (&ObjectField<'_>, bool)) -> HoleTree {
        let (field, is_custom) = place;
        match tree {
            Tree::Map(entries) => {
                let entries = entries.into_iter().map(|(key, value)| {
                    let below = field.below(&key);
                    let named = Some(&value).filter(|_| is_custom && key == "name");
                    let value = match named.and_then(|value| self.custom_name(value, &below)) {
                        Some(name) => Tree::Text(settled(name)),
                        None => self.walk(value, (&below, is_custom)),
                    };
                    (key, value)
                });
                entries.collect()
            }
            Tree::List(items) => {
                let items = items.into_iter();
                Tree::List(items.map(|item| self.walk(item, place)).collect())
            }
            Tree::Text(text) => match text.as_reference() {
                Some(Open::Port { component, port }) if !field.is_string() => {
                    self.number(component, port)
                }
                _ => Tree::Text(self.text(&text, field)),
            },
            Tree::Null => Tree::Null,
            Tree::Bool(value) => Tree::Bool(value),
            Tree::Number(number) => Tree::Number(number),
        }
    }

    /// A `name` in a custom object, if it is that of an object of a resource.
    fn custom_name(&mut self, value: &OpenTree, field: &ObjectField<'_>) -> Option<HoleText> {
        let Tree::Text(text) = value else { return None };
        let name = text.as_plain().filter(|_| field.parent() != "metadata")?;
        let is_secret = self.scope.of_resource(name)?;
        Some(if is_secret {
            self.name_of(Reference::SECRET, name)
        } else {
            self.name(name)
        })
    }

    fn text(&mut self, text: &OpenText, field: &ObjectField<'_>) -> HoleText {
        if let (Some(plain), Some(reference)) = (text.as_plain(), Reference::of(field)) {
            return match reference {
                Reference::Of(kind) => self.name_of(kind, plain),
                Reference::Any => self.name(plain),
            };
        }
        if let Some(Open::Parameter(parameter)) = text.as_reference()
            && !field.is_string()
        {
            return settled(self.parameter(parameter, ""));
        }
        // The kubelet reads `$$` as `$` there.
        let expands = matches!(field.key(), "value" | "command" | "args");
        settled(text.map(|open| self.reference(open, expands)))
    }

    /// A value that a provisioner declares.
    fn parameter(&mut self, setting: &Parameter, filter: &str) -> HoleText {
        let code = setting_code(setting);
        self.others.insert(code.clone(), setting.default.to_json());
        match &setting.default {
            Value::Text(_) => Hole::text(code),
            _ if filter.is_empty() => Hole::yaml(code),
            _ => Hole::text(format!("{code}{filter}")),
        }
    }

    fn reference(&mut self, open: &Open, expands: bool) -> HoleText {
        match open {
            Open::Host(component) => self.name(self.scope.project.draft.service(component)),
            Open::Port { component, port } => match self.port(component, port) {
                (number, Some(code)) => Hole::number(code, number.to_string()),
                (number, None) => number.to_string().into(),
            },
            Open::Env { name, required } => {
                *self.uses.variables.entry(name.clone()).or_default() |= required;
                let mut code = access("$.Values.environment", &[name]);
                let default = if *required { Json::Null } else { "".into() };
                self.others.insert(code.clone(), default);
                if *required {
                    let message = format!("set environment.{name}, which is required");
                    code = format!("required {message:?} {code}");
                }
                if expands {
                    code.push_str(" | replace \"$\" \"$$\"");
                }
                Hole::text(code)
            }
            Open::Secret(secret) => {
                self.use_secret(&secret.object);
                let keys = self.uses.written.entry(secret.object.clone());
                keys.or_default().insert(secret.name.clone());
                let peer = self.peer(&secret.object);
                let arguments = secret_arguments(secret, peer);
                Hole::text(self.include("secret", &arguments))
            }
            Open::Parameter(parameter) => self.parameter(parameter, " | toString"),
            Open::Variable(name) => Hole::variable(name),
        }
    }
}

/// What the named template for secrets wants to know of one: whose it is, its key, how long it is,
/// and the characters that it cannot have where it is not made of letters and digits. Without a
/// length it is made elsewhere: by whoever gives it, or by a `peer`.
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

/// The characters outside an alphabet as a regular expression; nothing for letters and digits.
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
