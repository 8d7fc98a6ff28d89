//! What a chart can refer to: names of objects, which differ per release, ports and secrets. Not: what
//! each object leaves open beside that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_spec::Value;
use serde_json::Value as Json;

use super::hole::{Hole, settled};
use crate::kubernetes::{Draft, is_string};
use crate::{ALPHANUMERIC, Secret, SecretSource, SecretsMode, Segment, Setting, Text, Tree};

/// The label that tells the releases of a chart apart in selectors.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// What a chart knows of the project.
pub(super) struct Scope<'a> {
    /// The chart's name, which its named templates begin with.
    pub(super) chart: &'a str,
    pub(super) draft: &'a Draft<'a>,
    /// Names of components and objects of the chart.
    pub(super) own: BTreeSet<String>,
    /// Names of components and objects of other charts of the project.
    pub(super) peers: BTreeSet<String>,
    /// The kinds of values of the components of the chart: `workloads` or `resources`.
    pub(super) components: BTreeMap<String, &'static str>,
    /// Names of objects of the chart that belong to a resource itself, with whether all of that name
    /// are `Secret`s.
    pub(super) of_resources: BTreeMap<String, bool>,
    /// Names of `Secret`s that the chart makes, or could make.
    pub(super) secrets: BTreeSet<String>,
    /// Names of `Secret`s that the chart uses.
    pub(super) used: BTreeSet<String>,
    /// What provisioners let whoever installs the chart change, in the order in which it is used.
    pub(super) settings: Vec<Arc<Setting>>,
    /// Keys of secrets that the chart writes somewhere, by the names of their `Secret`s.
    pub(super) written: BTreeMap<String, BTreeSet<String>>,
}

/// What a field of an object refers to.
enum Reference {
    Secret,
    Other,
}

impl Reference {
    /// What a field refers to, by its key and by that of the map around it.
    fn of(parent: &str, key: &str) -> Option<Self> {
        let secret = parent.to_ascii_lowercase().contains("secret");
        match key {
            INSTANCE | "serviceAccountName" | "serviceName" | "claimName" | "configMapName" => {
                Some(Self::Other)
            }
            "secretName" => Some(Self::Secret),
            "name" if parent.ends_with("Ref") || parent.ends_with("Refs") || parent == "secret" => {
                Some(if secret { Self::Secret } else { Self::Other })
            }
            "name" if parent == "configMap" || parent == "service" => Some(Self::Other),
            _ => None,
        }
    }
}

impl Scope<'_> {
    /// A call of a named template of the chart.
    pub(super) fn include(&self, template: &str, arguments: &str) -> String {
        format!("include \"{}.{template}\" (list $ {arguments})", self.chart)
    }

    /// The name of an object of the project; any other as it is.
    pub(super) fn name(&self, name: &str) -> Text {
        let template = if self.own.contains(name) {
            "name"
        } else if self.peers.contains(name) {
            "peer"
        } else {
            return self.derived(name);
        };
        Hole::name(self.include(template, &format!("\"{name}\"")), name)
    }

    /// The name of an object that an operator makes of one of the chart and names after it.
    fn derived(&self, name: &str) -> Text {
        let mut own = self.own.iter();
        let before = own.rfind(|own| {
            let rest = name.strip_prefix(own.as_str());
            rest.is_some_and(|rest| rest.starts_with('-'))
        });
        match before {
            Some(own) => {
                let mut text = self.name(own);
                text.push_str(&name[own.len()..]);
                text
            }
            None => name.into(),
        }
    }

    /// The name of a `Secret`, which may be another one than the project makes.
    pub(super) fn secret_name(&mut self, name: &str) -> Text {
        if !self.secrets.contains(name) {
            return self.name(name);
        }
        self.used.insert(name.to_owned());
        let peer = if self.own.contains(name) {
            ""
        } else {
            " \"peer\""
        };
        let arguments = format!("{name:?}{peer}");
        Hole::name(self.include("secretName", &arguments), name)
    }

    /// An expression for the number of a port. That of another chart does not change.
    pub(super) fn port(&self, component: &str, port: &str) -> Option<String> {
        let group = self.components.get(component)?;
        let path = access("$.Values", &[group, component, "service", "ports", port]);
        Some(path)
    }

    /// The number of a port by itself.
    fn number(&self, component: &str, port: &str) -> Tree {
        match self.port(component, port) {
            Some(code) => Tree::Text(Hole::yaml(code)),
            None => {
                let known = self.draft.port(component, port).unwrap_or_default();
                Tree::Number(known.into())
            }
        }
    }

    /// The values of others that an object takes something from: expressions, with their defaults.
    pub(super) fn others(&self, tree: &Tree) -> BTreeMap<String, Json> {
        let mut others = BTreeMap::new();
        let external = self.draft.options().kubernetes.secrets == SecretsMode::External;
        tree.each_text(&mut |text| {
            if let Some(name) = text.as_plain().filter(|name| self.secrets.contains(*name)) {
                let code = access("$.Values.secrets", &[name, "existingSecret"]);
                others.insert(code, if external { name } else { "" }.into());
            }
            for segment in text.segments() {
                match segment {
                    Segment::Env { name, required } => {
                        let default = if *required { Json::Null } else { "".into() };
                        others.insert(access("$.Values.environment", &[name]), default);
                    }
                    Segment::Port { component, port } => {
                        let default = self.draft.port(component, port).into();
                        others.extend(self.port(component, port).map(|code| (code, default)));
                    }
                    _ => {}
                }
            }
        });
        others
    }

    /// Leaves names in a custom object open: nothing says which of its fields refer to others, so that
    /// each `name` is taken for a reference that is the name of an object of a resource.
    pub(super) fn custom(&mut self, tree: Tree, parent: &str) -> Tree {
        match tree {
            Tree::Map(entries) => {
                let entries = entries.into_iter();
                let entries = entries.map(|(key, value)| {
                    let plain = super::component::plain(&value).unwrap_or_default();
                    let known = self.of_resources.get(plain);
                    let value = match known.filter(|_| key == "name" && parent != "metadata") {
                        Some(true) => Tree::Text(self.secret_name(plain)),
                        Some(false) => Tree::Text(self.name(plain)),
                        None => self.custom(value, &key),
                    };
                    (key, value)
                });
                Tree::Map(entries.collect())
            }
            Tree::List(items) => {
                let items = items.into_iter();
                Tree::List(items.map(|item| self.custom(item, parent)).collect())
            }
            other => other,
        }
    }

    /// Leaves names, secrets and other references in a tree open.
    pub(super) fn tree(&mut self, tree: Tree) -> Tree {
        self.walk(tree, "", "")
    }

    fn walk(&mut self, tree: Tree, parent: &str, key: &str) -> Tree {
        match tree {
            Tree::Map(entries) => {
                let entries = entries.into_iter();
                let entries = entries.map(|(name, value)| {
                    let value = self.walk(value, key, &name);
                    (name, value)
                });
                Tree::Map(entries.collect())
            }
            Tree::List(items) => {
                let items = items.into_iter();
                let items = items.map(|item| self.walk(item, parent, key));
                Tree::List(items.collect())
            }
            Tree::Text(text) => match text.as_single() {
                Some(Segment::Port { component, port }) if !is_string(parent, key) => {
                    self.number(component, port)
                }
                _ => Tree::Text(self.text(&text, parent, key)),
            },
            other => other,
        }
    }

    fn text(&mut self, text: &Text, parent: &str, key: &str) -> Text {
        if let (Some(plain), Some(reference)) = (text.as_plain(), Reference::of(parent, key)) {
            return match reference {
                Reference::Secret => self.secret_name(plain),
                Reference::Other => self.name(plain),
            };
        }
        if let Some(Segment::Setting(setting)) = text.as_single()
            && !is_string(parent, key)
        {
            return settled(self.setting(setting, ""));
        }
        // The kubelet reads `$$` as `$` there.
        let expands = matches!(key, "value" | "command" | "args");
        settled(text.map(|segment| self.segment(segment, expands)))
    }

    /// A value that a provisioner declares.
    fn setting(&mut self, setting: &Arc<Setting>, filter: &str) -> Text {
        if !self.settings.contains(setting) {
            self.settings.push(Arc::clone(setting));
        }
        let path = ["resources", &setting.object, "settings", &setting.name];
        let code = access("$.Values", &path);
        match &setting.default {
            Value::Text(_) => Hole::text(code),
            _ if filter.is_empty() => Hole::yaml(code),
            _ => Hole::text(format!("{code}{filter}")),
        }
    }

    fn segment(&mut self, segment: &Segment, expands: bool) -> Text {
        match segment {
            Segment::Host(component) => self.name(self.draft.service(component)),
            Segment::Port { component, port } => {
                let number = self.draft.port(component, port).unwrap_or_default();
                match self.port(component, port) {
                    Some(code) => Hole::name(code, number.to_string()),
                    None => number.to_string().into(),
                }
            }
            Segment::Env { name, required } => {
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
                self.used.insert(secret.object.clone());
                let keys = self.written.entry(secret.object.clone()).or_default();
                keys.insert(secret.name.clone());
                let own = self.own.contains(&secret.object);
                Hole::text(self.include("secret", &secret_arguments(secret, own)))
            }
            Segment::Setting(setting) => self.setting(setting, " | toString"),
            Segment::Plain(_) | Segment::Variable(_) | Segment::Deferred(_) | Segment::Hole(_) => {
                segment.clone().into()
            }
        }
    }
}

/// What the named template for secrets wants to know of one: whose it is, its key, how long it is,
/// and the characters that it cannot have where it is not made of letters and digits. Without a
/// length it is made elsewhere: by whoever gives it, or by another chart.
fn secret_arguments(secret: &Secret, own: bool) -> String {
    let Secret { object, name, .. } = secret;
    match &secret.source {
        SecretSource::Derived { .. } if !own => format!("{object:?} {name:?} \"peer\""),
        SecretSource::Derived {
            length, alphabet, ..
        } if alphabet == ALPHANUMERIC => format!("{object:?} {name:?} {length} \"\""),
        SecretSource::Derived {
            length, alphabet, ..
        } => {
            let mut class = String::from("[^");
            for character in alphabet.chars() {
                if !character.is_ascii_alphanumeric() {
                    class.push('\\');
                }
                class.push(character);
            }
            class.push(']');
            format!("{object:?} {name:?} {length} {class:?}")
        }
        SecretSource::Given(_) if own => format!("{object:?} {name:?}"),
        SecretSource::Given(_) => format!("{object:?} {name:?} \"peer\""),
    }
}

/// An expression for what lies at a path below a value.
pub(super) fn access(base: &str, path: &[&str]) -> String {
    let mut code = base.to_owned();
    let mut open = false;
    for step in path {
        if is_identifier(step) {
            if open {
                code.push(')');
            }
            open = false;
            code.push('.');
            code.push_str(step);
        } else {
            if !open {
                code = format!("(index {code}");
            }
            open = true;
            code.push_str(&format!(" {step:?}"));
        }
    }
    if open {
        code.push(')');
    }
    code
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_')
}
