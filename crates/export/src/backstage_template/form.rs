//! The form of a template in Backstage, and the files that it fills in.

use std::collections::BTreeSet;

use score_compiler::templates::{OutlineContents, OutlineFile, OutlinePart};
use score_spec::{Kind, Node, Span, Value};

use super::{RENDERED, REPOSITORY, SKELETON, pattern, private};
use crate::file::{ExportContents, ExportFile, ExportPath};
use crate::findings::Findings;
use crate::nunjucks;
use crate::tree::{list, text};

/// The number of bytes by which Backstage tells binary files from text.
const BINARY_PREFIX: usize = 512;

/// Keywords of params that only score-rs knows.
const OWN_KEYWORDS: [&str; 1] = ["x-error"];

/// The params that Backstage asks for.
#[derive(Default)]
pub(super) struct Form {
    pub(super) fields: Vec<Field>,
    /// The other keywords of their schema.
    keywords: Vec<(String, Value)>,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) schema: Value,
    kind: Option<String>,
    is_required: bool,
    has_default: bool,
}

impl Form {
    pub(super) fn of(params: Option<&Node>, findings: &mut Findings) -> Self {
        let Some(params) = params else {
            return Self::default();
        };
        pattern::check(params, findings);
        let required = params.items_at("required").iter().filter_map(Node::text);
        let required: BTreeSet<&str> = required.collect();
        let properties = params.entries_at("properties").iter();
        let fields = properties.map(|entry| {
            let is_required = required.contains(entry.key.as_str());
            Field::of(
                (&entry.key, entry.key_span),
                &entry.value,
                is_required,
                findings,
            )
        });
        let fields = fields.collect();
        let others = params.entries().iter();
        let others = others.filter(|it| !["required", "properties"].contains(&it.key.as_str()));
        Self {
            fields,
            keywords: others
                .map(|it| (it.key.clone(), it.value.to_value()))
                .collect(),
        }
    }

    /// The page of the form.
    pub(super) fn page(&self) -> Option<Value> {
        if self.fields.is_empty() {
            return None;
        }
        let required = self.fields.iter().filter(|it| it.is_required);
        let required: Vec<Value> = required.map(|it| text(&it.name)).collect();
        let properties = self.fields.iter();
        let properties = properties.map(|it| (it.name.clone(), it.schema.clone()));
        let mut page = vec![("title".to_owned(), text("Workload"))];
        if !required.is_empty() {
            page.push(("required".to_owned(), list(required)));
        }
        page.push(("properties".to_owned(), properties.collect()));
        page.extend(self.keywords.iter().cloned());
        Some(page.into_iter().collect())
    }

    /// The file as Backstage renders or copies it.
    pub(super) fn skeleton(
        &self,
        file: &OutlineFile,
        findings: &mut Findings,
    ) -> Option<ExportFile> {
        let mut path = format!("{SKELETON}/");
        self.path(file, &mut path, findings);
        if private::may_be(&file.path, &self.fields) {
            let message = format!(
                "a param could make a part of `{}` a private folder, such as `.git`, which `init` refuses",
                file.written.escape_debug()
            );
            let help = "add a `pattern` to the param, such as `^[a-z][a-z0-9-]*$`";
            findings.incomplete(0, message).add(Some(file.span), help);
        }
        let bytes = match &file.contents {
            OutlineContents::Copied(bytes) => {
                if is_converted(bytes) {
                    let message = format!(
                        "Backstage would not copy `{}` unchanged, because it is text that is not UTF-8",
                        file.written.escape_debug()
                    );
                    findings
                        .incomplete(0, message)
                        .add(Some(file.span), "convert it to UTF-8");
                }
                if path.ends_with(RENDERED) {
                    let message = format!(
                        "Backstage would render `{}`, and `init` copies it",
                        file.written.escape_debug()
                    );
                    let help = "rename it, so that it does not end with `.jinja`";
                    findings.incomplete(0, message).add(Some(file.span), help);
                }
                bytes.clone()
            }
            OutlineContents::Rendered(parts) => {
                path.push_str(RENDERED);
                self.rendered((parts, file.span), findings).into_bytes()
            }
        };
        let exported = ExportPath::new(&path);
        if exported.is_none() {
            let message = format!("`{}` is not a path in Backstage", path.escape_debug());
            let finding = findings.incomplete(0, message);
            finding.add(Some(file.span), "rename the file");
        }
        Some(ExportFile {
            path: exported?,
            contents: ExportContents::Bytes(bytes),
            executable: file.executable,
        })
    }

    /// Adds the path of a file.
    fn path(&self, file: &OutlineFile, out: &mut String, findings: &mut Findings) {
        let written = file.written.escape_debug();
        for part in &file.path {
            match part {
                OutlinePart::Text(text) if nunjucks::is_plain(text) => out.push_str(text),
                OutlinePart::Text(_) => {
                    let message = format!("the name `{written}` contains a tag of Nunjucks");
                    let help = "rename it without `{%`, `{#`, `#}` and `${{`";
                    findings.incomplete(0, message).add(Some(file.span), help);
                }
                OutlinePart::Param { is_json: true, .. } => {
                    let message = format!("the name `{written}` contains JSON");
                    let help = "insert a param without `json`";
                    findings.incomplete(0, message).add(Some(file.span), help);
                }
                part => self.part(part, out, findings),
            }
        }
    }

    fn rendered(&self, (parts, span): (&[OutlinePart], Span), findings: &mut Findings) -> String {
        let mut out = String::new();
        for part in parts {
            self.part(part, &mut out, findings);
        }
        let texts = || {
            parts.iter().filter_map(|part| match part {
                OutlinePart::Text(text) => Some(text),
                _ => None,
            })
        };
        if texts().all(|text| text.trim().is_empty()) {
            let message =
                "the file has no text but params: `init` would not write it if they are empty";
            findings
                .incomplete(0, message)
                .add(Some(span), "add a comment to the file");
        }
        let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        if texts().any(|text| text.contains(is_control)) {
            let message =
                "Backstage would not render the file, because it contains control characters";
            findings
                .incomplete(0, message)
                .add(Some(span), "remove them");
        }
        out
    }

    /// Adds a part in the syntax of Nunjucks. One without an equivalent is reported.
    fn part(&self, part: &OutlinePart, out: &mut String, findings: &mut Findings) {
        match part {
            OutlinePart::Text(text) => nunjucks::push_text(text, out),
            OutlinePart::Param {
                name,
                is_json,
                span,
            } => {
                self.check_use(name, *is_json, *span, findings);
                nunjucks::push_param(name, *is_json, out);
            }
            OutlinePart::Expression(span) => {
                let message = "Backstage cannot evaluate the expression";
                let help = "insert nothing but a param, such as `{{ params.name }}` or `{{ json(params.name) }}`";
                findings.incomplete(0, message).add(Some(*span), help);
            }
            OutlinePart::Statement(word, span) => {
                let message =
                    format!("Backstage cannot evaluate `{word}`, which depends on params");
                let help = "write a template for each case, without this statement";
                findings.incomplete(0, message).add(Some(*span), help);
            }
            _ => {}
        }
    }

    /// Reports a param that Backstage would insert in another form.
    fn check_use(&self, name: &str, is_json: bool, span: Span, findings: &mut Findings) {
        let Some(field) = self.fields.iter().find(|it| it.name == name) else {
            let message = format!("the template has no param `{}`", name.escape_debug());
            findings
                .incomplete(0, message)
                .add(Some(span), "declare it under `params`");
            return;
        };
        if !field.is_required && !field.has_default {
            let message = format!("`{name}` may have no value, and Backstage would insert nothing");
            let help = "add it to `required` of `params`, or give it a default";
            findings.incomplete(0, message).add(Some(span), help);
        }
        match field.kind.as_deref() {
            Some("array" | "object") if !is_json => {
                let message = format!("`{name}` is not a scalar");
                findings
                    .incomplete(0, message)
                    .add(Some(span), "insert it as JSON, with `json(…)`");
            }
            Some("number") => {
                let message = format!(
                    "Backstage writes the number `{name}` in the form of JavaScript, such as `1` for `1.0`"
                );
                findings
                    .lossy(0, message)
                    .add(Some(span), "use the type `integer` or `string`");
            }
            _ => {}
        }
    }
}

impl Field {
    fn of(
        (name, span): (&str, Span),
        schema: &Node,
        is_required: bool,
        findings: &mut Findings,
    ) -> Self {
        let kind = schema.get("type").and_then(Node::text).map(str::to_owned);
        if kind.is_none() {
            let message = format!("Backstage cannot ask for `{name}`, which has no single type");
            findings
                .incomplete(0, message)
                .add(Some(span), "add a `type`, such as `type: string`");
        }
        if name == REPOSITORY {
            let message = format!("`{name}` is the param of the new repository in Backstage");
            findings
                .incomplete(0, message)
                .add(Some(span), "rename the param");
        }
        let default = schema.get("default");
        let is_computed = |it: &&Node| it.text().is_some_and(|text| text.contains("{{"));
        let computed = default.filter(is_computed);
        if let Some(default) = computed.filter(|it| !is_folder(it)) {
            let message =
                format!("Backstage does not compute the default of `{name}`, and asks for a value");
            findings
                .lossy(0, message)
                .add(Some(default.span), "use a default without expressions");
        }
        let entries = schema.entries().iter().filter(|entry| {
            let key = entry.key.as_str();
            !OWN_KEYWORDS.contains(&key) && (key != "default" || computed.is_none())
        });
        let entries = entries.map(|it| (it.key.clone(), it.value.to_value()));
        Self {
            name: name.to_owned(),
            schema: entries.collect(),
            kind,
            is_required: is_required || computed.is_some(),
            has_default: default.is_some(),
        }
    }
}

/// Whether a default is the name of the folder of the workload, which is that of the new repository in Backstage.
fn is_folder(default: &Node) -> bool {
    let Kind::Text(text) = &default.kind else {
        return false;
    };
    let inner = text
        .strip_prefix("{{")
        .and_then(|text| text.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == "folder")
}

/// Whether Backstage reads a file as text and writes it as UTF-8, which changes its bytes.
fn is_converted(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(BINARY_PREFIX)];
    let marks: [&[u8]; 4] = [
        &[0xfe, 0xff],
        &[0xff, 0xfe],
        &[0, 0, 0xfe, 0xff],
        &[0x84, 0x31, 0x95, 0x33],
    ];
    let has_mark = marks.iter().any(|mark| bytes.starts_with(mark));
    std::str::from_utf8(bytes).is_err() && (has_mark || !start.contains(&0))
}
