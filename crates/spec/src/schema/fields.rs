//! Diagnostics about the fields and keys of maps: unknown, forbidden, missing, invalid names.

use jsonschema::ValidationError;
use serde_json::Value as Json;

use super::report::{Aspect, Finding, Rank, Report};
use super::shape::{Field, Shape};
use super::tree::{Site, segments};
use super::wording;
use crate::node::Kind;
use crate::secret::credentials;
use crate::{Diagnostic, Entry, diagnostic};

/// The maximum length of a name for which suggestions are searched.
const NAME: usize = 64;

/// The suggestion for an unknown field.
#[derive(Default)]
struct Proposal {
    help: Option<String>,
    /// Fields of the same map that were intended, or under which the field belongs.
    stands_for: Vec<String>,
    /// The field with a different spelling of the name.
    spelling: Option<String>,
}

impl<'a> Report<'a> {
    /// Unknown fields in a schema that allows no others.
    pub(super) fn unknown_fields(
        &mut self,
        error: &ValidationError<'_>,
        site: &Site<'a>,
        unexpected: &[String],
    ) {
        let Some(schema) = self.shape.above(error.schema_path().as_str(), 1) else {
            return;
        };
        let fields = if error.kind().keyword() == "additionalProperties" {
            Shape::own_fields(schema)
        } else {
            self.shape.fields(schema)
        };
        let path = error.instance_path().as_str();
        for key in unexpected {
            self.unknown_field(path, site, key, schema, &fields);
        }
    }

    /// A value that is not allowed. If it is a field, it is unknown in its map.
    pub(super) fn forbidden(&mut self, error: &ValidationError<'_>, site: &Site<'a>) {
        let pointer = error.instance_path().as_str();
        let path = segments(pointer);
        let named = error.schema_path().as_str().contains("/properties/");
        if let Some((key, parent)) = path.split_last()
            && named
            && let Some(map) = self.tree.site(parent)
            && let Some(schema) = self.shape.above(error.schema_path().as_str(), 2)
        {
            let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            let fields = self.shape.fields(schema);
            self.unknown_field(parent, &map, key, schema, &fields);
            return;
        }
        let message = format!("{} is not allowed", site.subject());
        let found = Diagnostic::new(self.codes.invalid_value, message).at(site.value_span(), "");
        self.push_value(site, Rank::Rule, found);
    }

    /// A value that matches a schema that it must not match.
    pub(super) fn not(&mut self, error: &ValidationError<'_>, site: &Site<'a>, schema: &Json) {
        let path = error.instance_path().as_str();
        let required = schema.get("required").and_then(Json::as_array);
        let names: Vec<_> = required
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        if let [name] = names.as_slice()
            && site.node.entry(name).is_some()
        {
            let around = self
                .shape
                .above(error.schema_path().as_str(), 1)
                .unwrap_or(schema);
            self.unknown_field(path, site, name, around, &[]);
            return;
        }
        let message = format!("{} has a form that is not allowed", site.subject());
        let found = Diagnostic::new(self.codes.invalid_value, message).at(site.value_span(), "");
        self.push_value(site, Rank::Rule, found);
    }

    fn unknown_field(
        &mut self,
        path: &str,
        site: &Site<'a>,
        key: &str,
        schema: &Json,
        fields: &[Field<'_>],
    ) {
        let Some(entry) = self.tree.entry(site.node, key) else {
            return;
        };
        let place = match site.path.as_str() {
            "" => String::new(),
            dotted => format!(" in `{dotted}`"),
        };
        let message = format!("unknown field `{}`{place}", wording::shown(key));
        let mut found = Diagnostic::new(self.codes.unknown_field, message).at(entry.key_span, "");
        let proposal = self.proposal(path, site, key, schema, fields);
        if let Some(help) = proposal.help {
            found = found.help(help);
        }
        if let Some(spelling) = proposal.spelling
            && self.sources.slice(entry.key_span) == key
        {
            found = found.fix(entry.key_span, spelling);
        }
        self.push(Finding {
            of: site.node,
            aspect: Aspect::Key(key.to_owned()),
            rank: Rank::Choice,
            stands_for: proposal.stands_for,
            diagnostic: found,
        });
    }

    /// The suggestion: the advice of the schema for this field, or a name that differs by one typo,
    /// or the map in which a field with this name exists, or the most similar name.
    fn proposal(
        &mut self,
        path: &str,
        site: &Site<'a>,
        key: &str,
        schema: &Json,
        fields: &[Field<'_>],
    ) -> Proposal {
        if key.len() > NAME || self.proposals == 0 {
            return Proposal::default();
        }
        self.proposals -= 1;
        let free = fields.iter().map(|(field, _)| *field);
        let free = free.filter(|field| site.node.entry(field).is_none());
        let near = diagnostic::nearest(key, free);
        let down = self.shape.down(fields, key);
        let mut stands_for: Vec<String> = near.into_iter().map(str::to_owned).collect();
        stands_for.extend(down.iter().map(|(field, _)| (*field).to_owned()));
        if let Some(help) = schema
            .get("x-unknown")
            .and_then(|known| known.get(key)?.as_str())
        {
            let is_named = |field: &&str| help.contains(&format!("`{field}"));
            let named = fields.iter().map(|(field, _)| *field).filter(is_named);
            stands_for.extend(named.map(str::to_owned));
            return Proposal {
                help: Some(help.to_owned()),
                stands_for,
                spelling: None,
            };
        }
        let meant = |near: &str| Proposal {
            help: Some(format!("did you mean `{near}`?")),
            stands_for: vec![near.to_owned()],
            spelling: (plain(near) == plain(key)).then(|| near.to_owned()),
        };
        let close = |near: &&str| strsim::damerau_levenshtein(&plain(key), &plain(near)) <= 1;
        if let Some(near) = near.filter(close) {
            return meant(near);
        }
        if let Some(help) = self.elsewhere(path, key, &down) {
            return Proposal {
                help: Some(help),
                stands_for,
                spelling: None,
            };
        }
        near.map_or_else(|| known(fields), meant)
    }

    /// Other maps with a field of this name: nested ones or parents.
    fn elsewhere(&mut self, path: &str, key: &str, down: &[(&str, String)]) -> Option<String> {
        if !down.is_empty() {
            let homes = wording::either_name(down.iter().map(|(_, home)| home.as_str()));
            return Some(format!("`{key}` belongs under {homes}"));
        }
        let segments = segments(path);
        let depth = self.shape.up(&segments, key)?;
        let home = self.tree.site(&segments[..depth])?;
        Some(match home.path.as_str() {
            "" => format!("`{key}` belongs at the top level"),
            home => format!("`{key}` belongs in `{home}`"),
        })
    }

    /// A required field. An empty map without several of them is one finding.
    pub(super) fn missing_field(
        &mut self,
        error: &ValidationError<'_>,
        site: &Site<'a>,
        field: &str,
    ) {
        if self.lacks_more(site, field) {
            return;
        }
        let message = match site.path.as_str() {
            "" => format!("the required field `{field}` is missing"),
            dotted => format!("`{dotted}` lacks the required field `{field}`"),
        };
        let mut found = site.lacks(Diagnostic::new(self.codes.missing_field, message));
        let schema = self.shape.above(error.schema_path().as_str(), 1);
        if let Some(schema) = schema.and_then(|schema| self.shape.field(schema, field)) {
            let only = self.shape.annotation(schema, "const");
            let examples = self.shape.annotation(schema, "examples");
            if let Some(help) = wording::example(field, only, examples) {
                found = found.help(help);
            }
        }
        self.push(Finding {
            of: site.node,
            aspect: Aspect::Lacks(vec![field.to_owned()]),
            rank: Rank::Rule,
            stands_for: Vec::new(),
            diagnostic: found,
        });
    }

    /// An invalid key.
    pub(super) fn invalid_name(&mut self, error: &ValidationError<'_>, site: &Site<'a>) {
        let instance = error.instance();
        let Some(key) = instance.as_str() else {
            return;
        };
        let Some(&Entry { key_span, .. }) = self.tree.entry(site.node, key) else {
            return;
        };
        let pointer = error.schema_path().as_str();
        let schema = self.shape.above(pointer, 1);
        let meant = schema.and_then(|schema| schema.get("x-error")?.as_str());
        let place = match site.path.as_str() {
            "" => String::new(),
            dotted => format!(" in `{dotted}`"),
        };
        let rule = wording::rule(error.kind(), schema, meant);
        let message = format!("the name `{}`{place} {rule}", wording::shown(key));
        let mut found = Diagnostic::new(self.codes.invalid_name, message).at(key_span, "");
        if let Some(better) = schema.and_then(|schema| self.better_name(schema, key)) {
            found = found.help(format!("for example `{better}`"));
        }
        self.push(Finding {
            of: site.node,
            aspect: Aspect::Key(key.to_owned()),
            rank: Rank::Rule,
            stands_for: Vec::new(),
            diagnostic: found,
        });
    }

    /// Adds a field to the preceding finding, if that is about another missing field of the same map.
    fn lacks_more(&mut self, site: &Site<'a>, field: &str) -> bool {
        let code = self.codes.missing_field;
        let Some(Finding {
            of,
            aspect: Aspect::Lacks(fields),
            diagnostic,
            ..
        }) = self.last()
        else {
            return false;
        };
        let prefix = format!("`{}` lacks the required field", site.path);
        if !std::ptr::eq(*of, site.node)
            || diagnostic.code != code
            || !diagnostic.message.starts_with(&prefix)
        {
            return false;
        }
        fields.push(field.to_owned());
        let names = diagnostic::listed(fields.iter().map(String::as_str));
        diagnostic.message = format!("{prefix}s {names}");
        let values: Vec<String> = fields.iter().map(|field| format!("{field}: …")).collect();
        let help = if site.node.entries().is_empty() {
            let key = site.path.rsplit('.').next().unwrap_or_default();
            format!("write `{key}: {{{}}}`", values.join(", "))
        } else {
            format!(
                "add {}",
                diagnostic::listed(values.iter().map(String::as_str))
            )
        };
        diagnostic.help = Some(help.into());
        true
    }

    /// The name in lower case and with hyphens, if its schema accepts that.
    pub(super) fn better_name(&self, schema: &Json, name: &str) -> Option<String> {
        if name.len() > NAME || !credentials(name).is_empty() {
            return None;
        }
        let hyphened = |name: &str, kept: &str| {
            let replaced = |c: char| !c.is_ascii_alphanumeric() && !kept.contains(c);
            let hyphened = name.to_ascii_lowercase().replace(replaced, "-");
            hyphened.trim_matches('-').to_owned()
        };
        // The prefix of an annotation has a meaning of its own.
        let better = match name.split_once('/') {
            Some((prefix, own)) => format!("{}/{}", hyphened(prefix, "."), hyphened(own, "._")),
            None => hyphened(name, ""),
        };
        let is_valid = self.accepts(schema, &Kind::Text(better.clone()));
        (better != name && is_valid).then_some(better)
    }
}

/// A name without the differences between the conventions for compound words.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '-'], "")
}

/// Lists the available fields.
fn known(fields: &[Field<'_>]) -> Proposal {
    let help = match fields {
        [] => None,
        [(one, _)] => Some(format!("the only field allowed here is `{one}`")),
        many if many.len() <= 16 => {
            let names = diagnostic::listed(many.iter().map(|(name, _)| *name));
            Some(format!("the fields allowed here are {names}"))
        }
        _ => None,
    };
    Proposal {
        help,
        ..Proposal::default()
    }
}
