//! What objects refer to left open: names, which differ per release, ports, variables and secrets. Not:
//! what each object leaves open beside that.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::Value;

use super::edit::plain;
use super::hole::{Hole, settled};
use super::scope::{Place, Scope, access, setting_code};
use crate::ir::{ALPHANUMERIC, Secret, SecretSource, Segment, Setting, Text, Tree};
use crate::targets::kubernetes::ObjectField;

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
}

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

impl References<'_> {
    /// A call of a named template of the chart.
    pub(super) fn include(&mut self, template: &'static str, arguments: &str) -> String {
        self.uses.templates.insert(template);
        format!(
            "include \"{}.{template}\" (list $ {arguments})",
            self.scope.chart
        )
    }

    /// The name of an object that the chart makes.
    pub(super) fn own_name(&mut self, name: &str) -> Text {
        self.placed(name, Some(Place::Here))
    }

    /// The name of a component of the project or of an object; any other as it is.
    fn name(&mut self, name: &str) -> Text {
        self.placed(name, self.scope.place(name))
    }

    /// The name of an object of a kind, which somebody else may make.
    fn name_of(&mut self, kind: &str, name: &str) -> Text {
        if kind == Reference::SECRET && self.scope.is_secret(name) {
            return self.secret_name(name);
        }
        self.placed(name, self.scope.place_of(kind, name))
    }

    fn placed(&mut self, name: &str, place: Option<Place>) -> Text {
        let template = match place {
            Some(Place::Here) => "name",
            Some(Place::Peer) => "peer",
            None => return self.derived(name),
        };
        Hole::name(self.include(template, &format!("\"{name}\"")), name)
    }

    /// The name of an object that an operator makes of one of the chart and names after it.
    fn derived(&mut self, name: &str) -> Text {
        let Some(origin) = self.scope.origin(name) else {
            return name.into();
        };
        let mut text = self.name(origin);
        text.push_str(&name[origin.len()..]);
        text
    }

    /// The name of a `Secret`, which may be another one than the project makes.
    fn secret_name(&mut self, name: &str) -> Text {
        self.uses.secrets.insert(name.to_owned());
        let peer = self.peer(name);
        let arguments = format!("{name:?}{peer}");
        Hole::name(self.include("secretName", &arguments), name)
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
    fn number(&self, component: &str, port: &str) -> Tree {
        if let Some(code) = self.scope.port(component, port) {
            return Tree::Text(Hole::yaml(code));
        }
        let known = self.scope.project.draft.port(component, port);
        Tree::Number(known.unwrap_or_default().into())
    }

    /// Leaves names in a custom object open: nothing says which of its fields refer to others, so that
    /// each `name` is taken for a reference that is the name of an object of a resource.
    pub(super) fn custom(&mut self, tree: &mut Tree, parent: &str) {
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    let known = plain(value).filter(|_| key == "name" && parent != "metadata");
                    let known = known.and_then(|name| Some((name, self.scope.of_resource(name)?)));
                    match known {
                        Some((name, true)) => {
                            *value = Tree::Text(self.name_of(Reference::SECRET, name));
                        }
                        Some((name, false)) => *value = Tree::Text(self.name(name)),
                        None => self.custom(value, key),
                    }
                }
            }
            Tree::List(items) => items.iter_mut().for_each(|item| self.custom(item, parent)),
            _ => {}
        }
    }

    /// Leaves names, secrets and other references in a tree open.
    pub(super) fn tree(&mut self, tree: &mut Tree) {
        self.walk(tree, &ObjectField::ROOT);
    }

    fn walk(&mut self, tree: &mut Tree, field: &ObjectField<'_>) {
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    self.walk(value, &field.below(key));
                }
            }
            Tree::List(items) => {
                for item in items {
                    self.walk(item, field);
                }
            }
            Tree::Text(text) => {
                *tree = match text.as_single() {
                    Some(Segment::Port { component, port }) if !field.is_string() => {
                        self.number(component, port)
                    }
                    _ => Tree::Text(self.text(text, field)),
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &Text, field: &ObjectField<'_>) -> Text {
        if let (Some(plain), Some(reference)) = (text.as_plain(), Reference::of(field)) {
            return match reference {
                Reference::Of(kind) => self.name_of(kind, plain),
                Reference::Any => self.name(plain),
            };
        }
        if let Some(Segment::Setting(setting)) = text.as_single()
            && !field.is_string()
        {
            return settled(Self::setting(setting, ""));
        }
        // The kubelet reads `$$` as `$` there.
        let expands = matches!(field.key(), "value" | "command" | "args");
        settled(text.map(|segment| self.segment(segment, expands)))
    }

    /// A value that a provisioner declares.
    fn setting(setting: &Setting, filter: &str) -> Text {
        let code = setting_code(setting);
        match &setting.default {
            Value::Text(_) => Hole::text(code),
            _ if filter.is_empty() => Hole::yaml(code),
            _ => Hole::text(format!("{code}{filter}")),
        }
    }

    fn segment(&mut self, segment: &Segment, expands: bool) -> Text {
        match segment {
            Segment::Host(component) => self.name(self.scope.project.draft.service(component)),
            Segment::Port { component, port } => {
                let number = self.scope.project.draft.port(component, port);
                let number = number.unwrap_or_default();
                match self.scope.port(component, port) {
                    Some(code) => Hole::name(code, number.to_string()),
                    None => number.to_string().into(),
                }
            }
            Segment::Env { name, required } => {
                *self.uses.variables.entry(name.clone()).or_default() |= required;
                let mut code = access("$.Values.environment", &[name]);
                if *required {
                    let message = format!("set environment.{name}: the project needs it");
                    code = format!("required {message:?} {code}");
                }
                if expands {
                    code.push_str(" | replace \"$\" \"$$\"");
                }
                Hole::text(code)
            }
            Segment::Secret(secret) => {
                self.uses.secrets.insert(secret.object.clone());
                let keys = self.uses.written.entry(secret.object.clone());
                keys.or_default().insert(secret.name.clone());
                let peer = self.peer(&secret.object);
                let arguments = secret_arguments(secret, peer);
                Hole::text(self.include("secret", &arguments))
            }
            Segment::Setting(setting) => Self::setting(setting, " | toString"),
            Segment::Plain(_) | Segment::Variable(_) | Segment::Deferred(_) | Segment::Hole(_) => {
                segment.clone().into()
            }
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
