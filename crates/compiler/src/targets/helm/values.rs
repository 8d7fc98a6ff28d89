//! The values of a chart, which its templates read and its users can set. `listing` writes the
//! files that list them.

use std::borrow::Cow;
use std::convert::Infallible;

use score_spec::Map;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::chart::Collect;
use crate::ir::Tree;

/// A value as the files of a chart list it.
pub(super) type Plain = Tree<Infallible>;

/// The values in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Values(Entry);

/// A value or a group of entries.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The description, in sentences.
    pub(super) about: Cow<'static, str>,
    /// The default and the form of a value; `None` for a group.
    pub(super) value: Option<(Plain, Form)>,
    entries: Map<Entry>,
    /// Whether the group may have additional entries.
    pub(super) open: bool,
    /// Whether the description of the group in `values.yaml` is sufficient for all its entries.
    pub(super) covers: bool,
    /// The environments that have it.
    pub(super) presence: Presence,
}

/// The environments of a chart that have an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Presence {
    /// All environments.
    #[default]
    Everywhere,
    /// The default environment, and not all others.
    Partial,
    /// Only environments other than the default one.
    Elsewhere,
}

/// The fields of a disruption budget. The first two exclude each other.
pub(super) const BUDGET: [&str; 3] = [
    "minAvailable",
    "maxUnavailable",
    "unhealthyPodEvictionPolicy",
];
/// The field that tells whether a container has a probe.
pub(super) const ENABLED: &str = "enabled";
/// The fields with the timing of a probe.
pub(super) const TIMINGS: [&str; 6] = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
    "terminationGracePeriodSeconds",
];

/// The set of allowed values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Text,
    /// A string that matches this pattern.
    Quantity(&'static str),
    /// A string that matches this pattern, or null.
    Pattern(&'static str),
    /// A string or null.
    OptionalText,
    /// A boolean.
    Bool,
    Number,
    /// An integer.
    WholeNumber,
    /// An integer in this range, including both ends.
    Integer(u32, u32),
    /// An integer in this range, or null.
    OptionalInteger(u32, u32),
    /// One of these strings.
    OneOf(Vec<&'static str>),
    /// A map of strings whose keys are not in this list.
    Texts(Vec<String>),
    /// A map of strings whose keys are in this list.
    TextsOf(Vec<String>),
    /// A map of strings whose keys do not start with this prefix.
    TextsWithout(&'static str),
    /// A list of strings.
    Names,
    /// A map in the syntax of Kubernetes.
    Map,
    /// A list of maps in the syntax of Kubernetes.
    Maps,
    /// The fields of a disruption budget.
    Budget,
    /// Whether a container has a probe, and the timing of the probe.
    Probe,
    /// The name of one of these environments.
    Environment(Vec<String>),
    /// A value of any of these forms.
    Any(Vec<Form>),
}

impl Form {
    /// The type in JSON Schema, if the form has no other constraints.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self {
            Form::Text => Some("string"),
            Form::Bool => Some("boolean"),
            Form::Number => Some("number"),
            Form::WholeNumber => Some("integer"),
            Form::Map => Some("object"),
            _ => None,
        }
    }

    /// The form as JSON Schema.
    pub(super) fn schema(&self) -> JsonMap<String, Json> {
        let integer = |least: &u32, most: &u32, kind: Json| json!({"type": kind, "minimum": least, "maximum": most});
        let schema = match self {
            Form::Quantity(pattern) => json!({"type": "string", "pattern": pattern}),
            Form::Pattern(pattern) => json!({"type": ["string", "null"], "pattern": pattern}),
            Form::OptionalText => json!({"type": ["string", "null"]}),
            Form::Integer(least, most) => integer(least, most, json!("integer")),
            Form::OptionalInteger(least, most) => integer(least, most, json!(["integer", "null"])),
            Form::OneOf(all) => json!({"enum": all}),
            Form::Environment(names) => json!({"enum": names}),
            Form::Any(forms) => {
                let forms = forms.iter().map(|form| Json::Object(form.schema()));
                json!({"anyOf": forms.collect::<Vec<Json>>()})
            }
            Form::Texts(taken) if taken.is_empty() => {
                json!({"type": "object", "additionalProperties": {"type": "string"}})
            }
            Form::Texts(taken) => json!({
                "type": "object",
                "propertyNames": {"not": {"enum": taken}},
                "additionalProperties": {"type": "string"},
            }),
            Form::TextsOf(names) => json!({
                "type": "object",
                "propertyNames": {"enum": names},
                "additionalProperties": {"type": "string"},
            }),
            Form::TextsWithout(prefix) => json!({
                "type": "object",
                "propertyNames": {"not": {"pattern": format!("^{}", prefix.replace('.', "\\."))}},
                "additionalProperties": {"type": "string"},
            }),
            Form::Budget => json!({
                "type": "object",
                "propertyNames": {"enum": BUDGET},
                "additionalProperties": {"type": ["integer", "string"]},
                "not": {"required": BUDGET[..2]},
            }),
            Form::Probe => json!({
                "type": "object",
                "properties": {ENABLED: {"type": "boolean"}},
                "required": [ENABLED],
                "propertyNames": {"enum": ([&[ENABLED], &TIMINGS[..]].concat())},
                "additionalProperties": {"type": "integer", "minimum": 0},
            }),
            Form::Names => json!({"type": "array", "items": {"type": "string"}}),
            Form::Maps => json!({"type": "array", "items": {"type": "object"}}),
            Form::Text | Form::Bool | Form::Number | Form::WholeNumber | Form::Map => {
                json!({"type": self.kind()})
            }
        };
        match schema {
            Json::Object(schema) => schema,
            _ => JsonMap::new(),
        }
    }

    /// The form of a value that has another form in another environment.
    fn unite(&mut self, other: Self) {
        match (&mut *self, other) {
            (own, other) if *own == other => {}
            (Form::Texts(taken), Form::Texts(others)) => taken.retain(|key| others.contains(key)),
            (Form::TextsOf(keys), Form::TextsOf(others)) => {
                keys.extend(others);
                keys.sort_unstable();
                keys.dedup();
            }
            (own @ Form::Text, Form::OptionalText) => *own = Form::OptionalText,
            (Form::OptionalText, Form::Text) => {}
            (Form::Any(forms), other) => {
                if !forms.contains(&other) {
                    forms.push(other);
                }
            }
            (own, other) => {
                let own_form = std::mem::replace(own, Form::Map);
                *own = Form::Any(vec![own_form, other]);
            }
        }
    }

    /// Whether the value can be null.
    fn is_optional(&self) -> bool {
        matches!(
            self,
            Form::OptionalText | Form::OptionalInteger(..) | Form::Pattern(_)
        ) || matches!(self, Form::Any(forms) if forms.iter().any(Self::is_optional))
    }
}

impl Collect for Values {
    fn add(&mut self, values: Values) {
        for (name, group) in values.0.entries {
            let own = self.0.entries.entry(name).or_default();
            if !group.about.is_empty() {
                own.about.clone_from(&group.about);
            }
            own.open |= group.open;
            if own.value.is_none() {
                own.value.clone_from(&group.value);
            }
            for (name, entry) in group.into_entries() {
                if own.get(&name).is_none() {
                    own.entries.insert(name, entry);
                }
            }
        }
    }
}

impl Values {
    /// Adds a value with its description, and creates its groups if they are missing.
    pub(super) fn add(
        &mut self,
        path: &[&str],
        about: impl Into<Cow<'static, str>>,
        form: Form,
        default: Plain,
    ) {
        let entry = self.at(path);
        entry.about = about.into();
        entry.value = Some((default, form));
    }

    /// Adds a group with its description.
    pub(super) fn group(&mut self, path: &[&str], about: impl Into<Cow<'static, str>>) {
        self.at(path).about = about.into();
    }

    /// Adds a group whose description is sufficient for all its entries in `values.yaml`.
    pub(super) fn short_group(&mut self, path: &[&str], about: &'static str) {
        self.group(path, about);
        self.at(path).covers = true;
    }

    /// Lets a group have entries that the chart does not know.
    pub(super) fn open(&mut self, path: &[&str]) {
        self.at(path).open = true;
    }

    /// The top-level group that contains all values.
    pub(super) fn root(&self) -> &Entry {
        &self.0
    }

    /// Adds the values of another environment.
    pub(super) fn unite(&mut self, other: Self) {
        self.0.unite(other.0);
    }

    fn at(&mut self, path: &[&str]) -> &mut Entry {
        path.iter().fold(&mut self.0, |at, step| {
            let index = match at.entries.get_index_of(*step) {
                Some(index) => index,
                None => {
                    at.entries
                        .insert_full((*step).to_owned(), Entry::default())
                        .0
                }
            };
            &mut at.entries[index]
        })
    }

    /// The top-level groups, with their names.
    pub(super) fn into_groups(self) -> impl Iterator<Item = (String, Entry)> {
        self.0.entries.into_iter()
    }

    /// The default of the value at a path.
    pub(super) fn default_of(&self, path: &[&str]) -> Option<&Plain> {
        let mut steps = path.iter();
        let entry = steps.try_fold(&self.0, |at, step| at.entries.get(*step))?;
        entry.value.as_ref().map(|(default, _)| default)
    }

    /// The defaults below a path, as JSON.
    pub(super) fn json(&self, path: &[&str]) -> Json {
        let found = path
            .iter()
            .try_fold(&self.0, |at, step| at.entries.get(*step));
        found.map_or(Json::Null, Entry::json)
    }
}

impl Entry {
    /// The entries, without empty groups.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Entry)> {
        let entries = self.entries.iter();
        entries.filter(|(_, entry)| entry.is_there())
    }

    /// The entries by value, without empty groups.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (String, Entry)> {
        let entries = self.entries.into_iter();
        entries.filter(|(_, entry)| entry.is_there())
    }

    /// The entry with this name, unless it is an empty group.
    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name).filter(|entry| entry.is_there())
    }

    /// Adds the entries of another environment. An entry that both have keeps its default.
    fn unite(&mut self, mut other: Self) {
        for (name, entry) in &mut self.entries {
            let is_partial = other.get(name).is_none() && entry.presence == Presence::Everywhere;
            if is_partial && entry.is_there() {
                entry.presence = Presence::Partial;
            }
        }
        if let (Some((_, form)), Some((_, other))) = (&mut self.value, other.value.take()) {
            form.unite(other);
        }
        self.open |= other.open;
        for (name, mut entry) in other.into_entries() {
            match self.entries.get_mut(&name) {
                Some(own) if own.is_there() => own.unite(entry),
                _ => {
                    entry.presence = Presence::Elsewhere;
                    self.entries.insert(name, entry);
                }
            }
        }
    }

    /// Whether it is a value that is null.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Some((Plain::Null, _)))
    }

    /// The value or the values of the group.
    pub(super) fn plain(&self) -> Plain {
        match &self.value {
            Some((value, _)) => value.clone(),
            None => self
                .entries()
                .map(|(name, entry)| (name.clone(), entry.plain()))
                .collect(),
        }
    }

    fn is_there(&self) -> bool {
        self.value.is_some() || self.entries.values().any(Self::is_there)
    }

    fn json(&self) -> Json {
        if let Some((default, _)) = &self.value {
            return json(default);
        }
        let entries = self.entries();
        let entries = entries.map(|(name, entry)| (name.clone(), entry.json()));
        Json::Object(entries.collect())
    }

    /// Whether the entry can be omitted.
    pub(super) fn is_optional(&self) -> bool {
        self.presence != Presence::Everywhere
            || matches!(&self.value, Some((_, form)) if form.is_optional())
    }
}

pub(super) fn json(tree: &Plain) -> Json {
    tree.map_text(&mut |text| text.as_plain().unwrap_or_default().to_owned())
        .to_json()
}

#[cfg(test)]
mod tests {
    use super::{Form, Plain, Presence, Values};

    fn one(path: &[&str], form: Form) -> Values {
        let mut values = Values::default();
        values.add(path, "", form, Plain::Null);
        values
    }

    #[test]
    fn united_forms_accept_the_values_of_both() {
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        for (own, other, expected) in [
            (Form::Text, Form::Text, Form::Text),
            (Form::Text, Form::OptionalText, Form::OptionalText),
            (Form::OptionalText, Form::Text, Form::OptionalText),
            (
                Form::Texts(keys(&["a", "b"])),
                Form::Texts(keys(&["b", "c"])),
                Form::Texts(keys(&["b"])),
            ),
            (
                Form::TextsOf(keys(&["b"])),
                Form::TextsOf(keys(&["a", "b"])),
                Form::TextsOf(keys(&["a", "b"])),
            ),
            (
                Form::Bool,
                Form::Text,
                Form::Any(vec![Form::Bool, Form::Text]),
            ),
            (
                Form::Any(vec![Form::Bool, Form::Text]),
                Form::Text,
                Form::Any(vec![Form::Bool, Form::Text]),
            ),
        ] {
            let mut form = own.clone();
            form.unite(other.clone());
            assert_eq!(form, expected, "{own:?} and {other:?}");
        }
    }

    #[test]
    fn united_values_know_which_environments_have_them() {
        let mut values = one(&["group", "both"], Form::Text);
        values.add(&["group", "default"], "", Form::Text, Plain::Null);
        let mut other = one(&["group", "both"], Form::Text);
        other.add(&["group", "other"], "", Form::Text, Plain::Null);
        other.add(&["more", "other"], "", Form::Text, Plain::Null);
        values.unite(other);
        values.unite(one(&["group", "both"], Form::Text));
        let presence = |path: &[&str]| {
            let entry = path.iter().try_fold(values.root(), |at, step| at.get(step));
            entry.map(|entry| entry.presence)
        };
        assert_eq!(presence(&["group"]), Some(Presence::Everywhere));
        assert_eq!(presence(&["group", "both"]), Some(Presence::Everywhere));
        assert_eq!(presence(&["group", "default"]), Some(Presence::Partial));
        assert_eq!(presence(&["group", "other"]), Some(Presence::Elsewhere));
        assert_eq!(presence(&["more"]), Some(Presence::Elsewhere));
    }
}
