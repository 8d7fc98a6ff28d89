//! The sections of a document for the interface of a provisioner: params, outputs, values and tests.

use super::document::Document;
use super::named::{self, Value, is_alias};
use super::pattern::{Form, Segment};
use super::scope::Param;
use super::write::{Writer, scalar};
use crate::list::{Part, TemplateText};

impl Document<'_> {
    pub(super) fn params(&mut self) {
        let mut names: Vec<String> = self.provisioner.params.clone();
        names.extend(self.scope.params.keys().cloned());
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return;
        }
        self.writer.line(0, "params:");
        self.writer.line(2, "properties:");
        for name in names {
            let known = self.scope.params.get(&name);
            let schema = match known {
                Some(param) if !param.is_structured => "{}",
                _ => "{type: [string, number, boolean, array, object]}",
            };
            self.writer.line(4, &format!("{}: {schema}", scalar(&name)));
        }
    }

    pub(super) fn outputs(&mut self, outputs: &[Value]) {
        if outputs.is_empty() {
            return;
        }
        self.writer.line(0, "outputs:");
        self.writer.line(2, "properties:");
        for output in outputs {
            let mut fields = Vec::new();
            let form = named::form(&output.pattern);
            let is_string = output.plain.is_none()
                && matches!(form, Form::Text | Form::Secret | Form::Deferred);
            match output.plain.as_deref() {
                None if is_string => fields.push("type: string"),
                Some("true" | "false") => fields.push("type: boolean"),
                Some(text) if text.parse::<i64>().is_ok() => fields.push("type: integer"),
                Some(text) if text != "null" => fields.push("type: number"),
                _ => {}
            }
            if output.pattern.has(Form::Secret) || output.pattern.has(Form::Deferred) {
                fields.push("secret: true");
            }
            if output.pattern.has(Form::Deferred) {
                fields.push("deferred: true");
            }
            let fields = fields.join(", ");
            self.writer
                .line(4, &format!("{}: {{{fields}}}", scalar(&output.name)));
        }
    }

    pub(super) fn values(
        &mut self,
        values: &[Value],
        outputs: &[Value],
        checks: &[String],
        notes: &Writer,
    ) {
        let aliases = outputs.iter().filter(|it| is_alias(it));
        let own: Vec<&Value> = outputs.iter().filter(|it| !is_alias(it)).collect();
        let has_alias = aliases.count() > 0;
        if values.is_empty() && own.is_empty() && checks.is_empty() && !has_alias {
            self.writer.text += &notes.text;
            return;
        }
        self.writer.line(0, "values:");
        for (number, check) in checks.iter().enumerate() {
            self.writer
                .string(2, &format!("check_{}", number + 1), check);
        }
        for value in values.iter().chain(own) {
            match &value.plain {
                Some(text) => self
                    .writer
                    .line(2, &format!("{}: {text}", scalar(&value.name))),
                None => self.writer.string(2, &value.name, &value.pattern.written()),
            }
        }
        self.writer.text += &notes.text;
    }

    /// A test of what is known, so that the conversion can be tested at once.
    pub(super) fn tests(&mut self, outputs: &[Value], kinds: &[String]) {
        let is_known = |it: &&Value| it.plain.as_deref().is_some_and(|text| text != "null");
        let secrets = outputs.iter().filter(|it| {
            matches!(it.pattern.segments.as_slice(), [Segment::Value(term)] if term.form == Form::Secret)
        });
        let known: Vec<String> = outputs
            .iter()
            .filter(is_known)
            .map(|it| {
                format!(
                    "{}: {}",
                    scalar(&it.name),
                    it.plain.clone().unwrap_or_default()
                )
            })
            .chain(secrets.map(|it| format!("{}: \"[secret]\"", scalar(&it.name))))
            .collect();
        if known.is_empty() && kinds.is_empty() {
            return;
        }
        self.writer.line(0, "tests:");
        self.writer.line(2, "- name: converted");
        let needed = self.scope.params.iter().filter(|(_, it)| it.is_needed);
        let needed = needed.map(|(name, it)| format!("{}: {}", scalar(name), example(name, it)));
        let needed: Vec<String> = needed.collect();
        if !needed.is_empty() {
            self.writer
                .line(4, &format!("params: {{{}}}", needed.join(", ")));
        }
        if !known.is_empty() {
            self.writer.line(4, "outputs:");
            for line in known {
                self.writer.line(6, &line);
            }
        }
        if !kinds.is_empty() {
            self.writer.line(4, "expect:");
            self.writer.line(6, "kubernetes:");
            self.writer.line(8, "objects:");
            for kind in kinds {
                self.writer.line(10, &format!("- kind: {}", scalar(kind)));
            }
        }
    }

    /// The values that comments use, as they were.
    pub(super) fn used_by_comments(&mut self, templates: &[(Part, TemplateText)]) {
        // The state uses values of `init`, so it comes first.
        for (part, template) in templates.iter().rev() {
            let name = match part {
                Part::Init => ".Init.",
                Part::State => ".State.",
                _ => continue,
            };
            let mut comments = self
                .writer
                .text
                .lines()
                .filter(|it| it.trim_start().starts_with('#'));
            if comments.any(|line| line.contains(name)) {
                self.writer.line(
                    0,
                    &format!("# The comments use values of `{}`:", part.key()),
                );
                self.writer.comment(0, &template.text);
            }
        }
    }
}

/// A value of a param for a test.
fn example(name: &str, param: &Param) -> &'static str {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["port"]) {
        "80"
    } else if param.is_number || has(&["replicas", "count", "number"]) {
        "1"
    } else if has(&["size", "storage", "memory"]) {
        "1Gi"
    } else if has(&["path"]) {
        "/"
    } else {
        "example"
    }
}
