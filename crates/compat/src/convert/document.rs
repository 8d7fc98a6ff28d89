//! A provisioner of a list as a document.

use score_gotemplate::Functions;
use score_spec::{Sources, Span};

use super::flat::Flat;
use super::named::{self, Value};
use super::objects::{is_item, kind, refer_to_services, seal, without_namespace};
use super::pattern::Reason;
use super::scope::{RESERVED, Scope, shared};
use super::tree::{Item, Line, Reader, Shape, Todo};
use super::write::{Writer, line_start};
use super::{Converted, Extent, Place, is_compose_entry};
use crate::list::{Implementation, Part, Provisioner, TemplateText, Tool};

/// The maximum size of a template in bytes. No template that a person wrote is as large.
const MAX_TEMPLATE: usize = 128 << 10;

pub(super) fn convert(
    sources: &Sources,
    provisioner: &Provisioner,
    tool: Option<Tool>,
    hiding: Option<&Provisioner>,
) -> Converted {
    let mut document = Document {
        sources,
        provisioner,
        scope: Scope::new(tool),
        writer: Writer::default(),
        places: Vec::new(),
        parts: 0,
    };
    let problem = match (&provisioner.implementation, hiding) {
        (_, Some(_)) => Some("an earlier provisioner of the list handles all of its resources"),
        _ if provisioner.class.as_deref() == Some("") => Some("an empty class matches no resource"),
        _ if !is_word(&provisioner.kind) || !provisioner.class.iter().all(|it| is_word(it)) => {
            Some("a type or class consists of 2 to 63 letters, digits or `-`")
        }
        (Implementation::Command { .. }, _) => Some(
            "a command has another protocol here: it is under `run`, and reads and writes other JSON",
        ),
        _ => None,
    };
    match (&provisioner.implementation, problem) {
        (_, Some(problem)) => document.nothing(problem),
        (Implementation::Environment, _) => document.environment(),
        (Implementation::Templates(templates), _) => document.templates(templates),
        (Implementation::Command { .. }, _) => {}
    }
    let extent = match (document.places.is_empty(), document.parts) {
        (true, _) => Extent::Whole,
        (false, 0) => Extent::Nothing,
        (false, _) => Extent::Part,
    };
    Converted {
        label: label(provisioner),
        extent,
        places: document.places,
        text: document.writer.text,
    }
}

fn label(provisioner: &Provisioner) -> String {
    let class = provisioner.class.iter().map(|it| format!(".{it}"));
    let id = provisioner.id.iter().map(|it| format!("#{it}"));
    provisioner.kind.clone() + &class.chain(id).collect::<String>()
}

fn is_word(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    (2..=63).contains(&text.len())
        && text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(|c| is_end(c) || c == '-')
}

pub(super) struct Document<'a> {
    sources: &'a Sources,
    pub(super) provisioner: &'a Provisioner,
    pub(super) scope: Scope,
    pub(super) writer: Writer,
    places: Vec<Place>,
    /// The number of parts that are converted at least partly.
    parts: usize,
}

/// The lines of a template; a template as a whole if it is not converted.
struct Converting<'a> {
    part: Part,
    template: &'a TemplateText,
    lines: Result<Option<Shape>, Reason>,
    checks: Vec<String>,
}

impl<'a> Document<'a> {
    fn place(&mut self, span: Span, reason: &str) {
        self.places.push(Place {
            span,
            reason: reason.to_owned(),
        });
    }

    /// The place of an offset in a template.
    fn place_in(&mut self, template: &TemplateText, at: usize, reason: &str) {
        let before = template.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let span = template.place(self.sources, line);
        self.place(span, reason);
    }

    /// A provisioner of which nothing is converted.
    fn nothing(&mut self, reason: &str) {
        self.place(self.provisioner.span, reason);
        self.writer.todo(0, reason, "");
        self.original();
    }

    /// The whole provisioner as a comment.
    fn original(&mut self) {
        let span = self.provisioner.whole;
        let text = &self.sources.get(span.source).text;
        let start = line_start(text, span.range().start);
        let text = text.get(start..span.range().end).unwrap_or_default();
        self.writer.comment(0, text);
    }

    fn head(&mut self, description: &str) {
        let provisioner = self.provisioner;
        self.writer.line(0, "apiVersion: score-rs/v1");
        self.writer.line(0, "kind: Provisioner");
        self.writer.string(0, "type", &provisioner.kind);
        for (key, value) in [("class", &provisioner.class), ("id", &provisioner.id)] {
            if let Some(value) = value {
                self.writer.string(0, key, value);
            }
        }
        match self.scope.tool {
            Some(Tool::Compose) => self.writer.line(0, "platforms: [compose]"),
            Some(Tool::Kubernetes) => self.writer.line(0, "platforms: [kubernetes]"),
            None => {}
        }
        if !description.is_empty() {
            self.writer.string(0, "description", description);
        }
    }

    fn environment(&mut self) {
        self.parts = 1;
        let description = self.provisioner.description.clone();
        self.head(&description);
        self.writer.line(0, "outputs:");
        self.writer.line(2, "additionalProperties: {type: string}");
        self.writer.line(0, "values:");
        self.writer.line(2, "\"*\": \"{{ env(output) }}\"");
    }

    fn templates(&mut self, templates: &'a [(Part, TemplateText)]) {
        let text = |part: Part| {
            let found = templates.iter().find(|(other, _)| *other == part);
            found.map(|(_, template)| template)
        };
        let output_text = text(Part::Outputs).map_or("", |it| it.text.as_str());
        let mut values: Vec<Value> = Vec::new();
        let mut notes = Writer::default();
        let mut checks: Vec<String> = Vec::new();
        for part in [Part::Init, Part::State] {
            let Some(template) = text(part) else { continue };
            let converting = self.converting(part, template);
            checks.extend(converting.checks.clone());
            let lines = self.top(&converting, &mut notes);
            let (kept, todos) = named::keep(&mut self.scope, lines, output_text);
            values.extend(kept);
            self.todos(&todos, template, 2, &mut notes);
        }
        if let Some(template) = text(Part::Shared) {
            self.whole(&shared(), (Part::Shared, template), 2, &mut notes);
        }
        let mut outputs = Vec::new();
        if let Some(template) = text(Part::Outputs) {
            let converting = self.converting(Part::Outputs, template);
            checks.extend(converting.checks.clone());
            let lines = self.top(&converting, &mut notes);
            let (given, todos) = named::outputs(lines, &mut values);
            self.todos(&todos, template, 2, &mut notes);
            outputs = given;
        }
        self.volume(&mut notes);
        let hidden = outputs.iter().map(|it| it.name.clone());
        self.scope.hidden = hidden
            .filter(|it| RESERVED.contains(&it.as_str()))
            .collect();
        let mut platform = Writer::default();
        let shapes = self.shapes(templates, &mut checks);
        for shape in &shapes {
            if let Ok(Some(Shape::List(lines))) = &shape.lines {
                refer_to_services(&mut outputs, lines);
            }
        }
        let kinds = self.platform(shapes, &mut platform);
        self.parts += outputs.len() + values.len();
        if self.parts == 0 && !self.places.is_empty() {
            self.writer.todo(0, "no part of it could be converted", "");
            self.original();
            return;
        }
        let description = self.provisioner.description.clone();
        self.head(&description);
        self.params();
        self.outputs(&outputs);
        self.values(&values, &outputs, &checks, &notes);
        self.writer.text += &platform.text;
        self.used_by_comments(templates);
        self.tests(&outputs, &kinds);
    }

    /// The parts for the platform.
    fn shapes(
        &mut self,
        templates: &'a [(Part, TemplateText)],
        checks: &mut Vec<String>,
    ) -> Vec<Converting<'a>> {
        let mut shapes = Vec::new();
        for (part, template) in templates {
            if part.tool().is_some() {
                let converting = self.converting(*part, template);
                checks.extend(converting.checks.clone());
                shapes.push(converting);
            }
        }
        shapes
    }

    fn volume(&mut self, notes: &mut Writer) {
        if self.provisioner.kind == "volume" {
            let reason = "a volume is mounted as `volume` says, not as outputs say";
            self.place(self.provisioner.span, reason);
            notes.todo(0, reason, "");
        }
    }

    fn converting(&mut self, part: Part, template: &'a TemplateText) -> Converting<'a> {
        self.scope.part = part;
        self.scope.key = String::new();
        let mut checks = Vec::new();
        let lines = self.read(template, &mut checks);
        Converting {
            part,
            template,
            lines,
            checks,
        }
    }

    fn read(
        &mut self,
        template: &TemplateText,
        checks: &mut Vec<String>,
    ) -> Result<Option<Shape>, Reason> {
        match self.scope.part {
            Part::Directories | Part::Files => {
                return Err("mounted files have no equivalent here: use `files` of a component, or `compose.configs`".to_owned());
            }
            Part::Models => {
                return Err("models have no equivalent: see the type `llm-model`".to_owned());
            }
            _ => {}
        }
        if template.text.len() > MAX_TEMPLATE {
            return Err("the template is too large".to_owned());
        }
        let functions = Functions::sprig().with("encodeSecretRef", 2, |_| Ok(String::new()));
        let parsed = score_gotemplate::Template::parse(&template.text, &functions)
            .map_err(|error| format!("the template is not valid: {error}"))?;
        let pieces = parsed
            .outline()
            .ok_or_else(|| "a template that defines others has no equivalent".to_owned())?;
        let flat = Flat::new(&template.text, &pieces, &mut self.scope);
        if self.scope.budget == 0 {
            return Err("the provisioner has too many actions".to_owned());
        }
        for (condition, message) in &flat.checks {
            checks.push(format!(
                "{{{{ not ({}) or fail({}) }}}}",
                condition.text, message.text
            ));
        }
        let mut reader = Reader::new(flat, &mut self.scope);
        reader.read()
    }

    /// The lines of a map. A template of another form, or one that cannot be converted, is a place.
    fn top(&mut self, converting: &Converting, notes: &mut Writer) -> Vec<Line> {
        let reason = match &converting.lines {
            Ok(None) => return Vec::new(),
            Ok(Some(Shape::Map(lines))) => return lines.clone(),
            Ok(Some(_)) => "it is not a map",
            Err(reason) => reason,
        };
        self.whole(reason, (converting.part, converting.template), 2, notes);
        Vec::new()
    }

    fn todos(&mut self, todos: &[Todo], template: &TemplateText, indent: usize, to: &mut Writer) {
        for todo in todos {
            let end = todo.range.end.min(template.text.len());
            let range = todo.range.start.min(end)..end;
            self.todo(&todo.reason, template, range, indent, to);
        }
    }

    /// A template of which nothing is converted.
    fn whole(
        &mut self,
        reason: &str,
        (part, template): (Part, &TemplateText),
        indent: usize,
        to: &mut Writer,
    ) {
        self.place_in(template, 0, reason);
        let mut text = format!("{}: |", part.key());
        for line in template.text.split('\n') {
            text += "\n  ";
            text += line;
        }
        to.todo(indent, reason, &text);
    }

    /// A part of a template.
    fn todo(
        &mut self,
        reason: &str,
        template: &TemplateText,
        range: std::ops::Range<usize>,
        indent: usize,
        to: &mut Writer,
    ) {
        self.place_in(template, range.start, reason);
        let start = line_start(&template.text, range.start);
        to.todo(indent, reason, &template.text[start..range.end]);
    }

    /// The parts for the platform. Returns the kinds of the objects.
    fn platform(&mut self, parts: Vec<Converting>, to: &mut Writer) -> Vec<String> {
        let mut kinds = Vec::new();
        let mut is_open = false;
        let mut notes = Writer::default();
        for converting in parts {
            let template = converting.template;
            let whole = (converting.part, template);
            let shape = match converting.lines {
                Ok(None) => continue,
                Ok(Some(shape)) => shape,
                Err(reason) => {
                    self.whole(&reason, whole, 0, &mut notes);
                    continue;
                }
            };
            if has_items(&shape) {
                self.report(&shape, template);
            }
            match (converting.part, shape) {
                (part, shape @ Shape::Map(_)) if is_compose_entry(part) && has_items(&shape) => {
                    if !is_open {
                        to.line(0, "compose:");
                        is_open = true;
                    }
                    self.parts += 1;
                    to.entry(2, part.key(), &shape, &template.text);
                }
                (Part::Manifests, Shape::List(mut lines)) if lines.iter().any(is_item) => {
                    self.parts += 1;
                    lines.iter_mut().for_each(seal);
                    lines.iter_mut().for_each(without_namespace);
                    kinds.extend(lines.iter().filter_map(kind));
                    to.entry(0, "kubernetes", &Shape::List(lines), &template.text);
                }
                (Part::InfoLogs, Shape::List(lines)) if lines.iter().all(is_plain_text) => {
                    self.parts += 1;
                    let texts = lines.iter().filter_map(|line| match line {
                        Line::Item(Item {
                            value: Shape::Text(pattern),
                            ..
                        }) => Some(pattern.written()),
                        _ => None,
                    });
                    notes.string(0, "notes", &texts.collect::<Vec<_>>().join("\n"));
                }
                _ => self.whole("nothing in it could be converted", whole, 0, &mut notes),
            }
        }
        to.text += &notes.text;
        kinds
    }

    /// Records the places of a value.
    fn report(&mut self, shape: &Shape, template: &TemplateText) {
        if let Shape::List(lines) | Shape::Map(lines) = shape {
            for line in lines {
                match line {
                    Line::Todo(todo) => self.place_in(template, todo.range.start, &todo.reason),
                    Line::Item(item) => self.report(&item.value, template),
                }
            }
        }
    }
}

fn has_items(shape: &Shape) -> bool {
    matches!(shape, Shape::Map(lines) | Shape::List(lines) if lines.iter().any(is_item))
}

fn is_plain_text(line: &Line) -> bool {
    matches!(
        line,
        Line::Item(Item {
            value: Shape::Text(_),
            condition: None,
            ..
        })
    )
}
