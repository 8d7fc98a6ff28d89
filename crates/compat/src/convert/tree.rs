//! The values of a template, and the places that are not converted.

use std::ops::Range;

use score_spec::{Kind, Sources};

use super::flat::{Flat, Mark};
use super::pattern::{Form, Level, Pattern, Reason, Segment, Term};
use super::scope::Scope;
use crate::list::Part;
use crate::yaml::{self, Scalar};

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Null, a boolean or a number, as it is written.
    Plain(String),
    Text(Pattern),
    List(Vec<Line>),
    Map(Vec<Line>),
}

/// A line of a list or map.
#[derive(Debug, Clone)]
pub(super) enum Line {
    Item(Item),
    Todo(Todo),
}

#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The key; absent in a list.
    pub(super) key: Option<Pattern>,
    pub(super) value: Shape,
    pub(super) condition: Option<Term>,
    /// The range in the template.
    pub(super) range: Range<usize>,
}

/// A part that is not converted.
#[derive(Debug, Clone)]
pub(super) struct Todo {
    pub(super) reason: Reason,
    /// The range in the template.
    pub(super) range: Range<usize>,
}

/// Reads the values of a template.
pub(super) struct Reader<'a> {
    pub(super) flat: Flat<'a>,
    pub(super) scope: &'a mut Scope,
    sources: Sources,
    /// Whether each mark is a part of the result.
    used: Vec<bool>,
}

/// The place of a value.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a [String],
    /// The kind of the Kubernetes object.
    kind: Option<&'a str>,
    /// The marks whose condition applies to the whole.
    applied: &'a [usize],
    end: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(flat: Flat<'a>, scope: &'a mut Scope) -> Self {
        let used = vec![false; flat.marks.len()];
        Self {
            flat,
            scope,
            sources: Sources::new(),
            used,
        }
    }

    /// The lines of the template, or the reason why there are none.
    pub(super) fn read(&mut self) -> Result<Option<Shape>, Reason> {
        let id = self.sources.add("template", self.flat.text.clone());
        let node = yaml::read(&self.sources, id);
        let node = node.map_err(|_| "without its blocks it is not valid YAML".to_owned())?;
        let Some(node) = node else {
            return self.rest(None);
        };
        let place = Place {
            path: &[],
            kind: None,
            applied: &[],
            end: self.flat.text.len(),
        };
        let shape = self.shape(&node, place)?;
        self.rest(Some(shape))
    }

    /// The shape with the marks that are not in it.
    fn rest(&mut self, shape: Option<Shape>) -> Result<Option<Shape>, Reason> {
        let lines = self.unused(0..self.flat.text.len() + 1, true);
        if lines.is_empty() {
            return Ok(shape);
        }
        match shape {
            None => Ok(Some(Shape::Map(lines))),
            Some(Shape::List(items)) => Ok(Some(Shape::List([items, lines].concat()))),
            Some(Shape::Map(items)) => Ok(Some(Shape::Map([items, lines].concat()))),
            Some(_) => Err("a block is not in its place".to_owned()),
        }
    }

    /// The marks in a range that are not used yet, as lines. They are used afterwards.
    fn unused(&mut self, at: Range<usize>, all: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        for (number, mark) in self.flat.marks.iter().enumerate() {
            let (start, range, reason) = match mark {
                Mark::Hole { at, range, reason } => (*at, range, reason.clone()),
                Mark::When { at, range, .. } if all => (
                    at.start,
                    range,
                    "nothing in it could be converted".to_owned(),
                ),
                Mark::When { .. } => continue,
            };
            if at.contains(&start) && !self.used[number] {
                self.used[number] = true;
                lines.push(Line::Todo(Todo {
                    reason,
                    range: range.clone(),
                }));
            }
        }
        lines
    }

    /// Marks everything in a range as a part of a comment.
    fn use_all(&mut self, at: &Range<usize>) {
        for (number, mark) in self.flat.marks.iter().enumerate() {
            let start = match mark {
                Mark::Hole { at, .. } => *at,
                Mark::When { at, .. } => at.start,
            };
            if at.contains(&start) {
                self.used[number] = true;
            }
        }
    }

    fn shape(&mut self, node: &yaml::Node, place: Place) -> Result<Shape, Reason> {
        Ok(match &node.kind {
            Kind::Null => Shape::Plain("null".to_owned()),
            Kind::Bool(value) => Shape::Plain(value.to_string()),
            Kind::Number(value) => Shape::Plain(value.to_string()),
            Kind::Text(Scalar::Float(_)) => {
                return Err("an infinite number has no equivalent".to_owned());
            }
            Kind::Text(Scalar::Time(time)) => Shape::Text(Pattern::text(time.rfc3339())),
            Kind::Text(Scalar::Text(text)) => {
                let start = node.span.range().start;
                let sign = self.flat.text[start..].chars().next();
                let is_string = matches!(sign, Some('"' | '\'' | '|' | '>'));
                let pattern = self.text(text, is_string, place)?;
                match pattern.segments.as_slice() {
                    [Segment::Value(term)] if term.is_literal() => Shape::Plain(term.text.clone()),
                    _ => Shape::Text(pattern),
                }
            }
            Kind::List(items) => {
                let parts = items.iter().map(|item| (None, item));
                Shape::List(self.lines(&parts.collect::<Vec<_>>(), place)?)
            }
            Kind::Map(entries) => {
                let kind = node.get("kind").and_then(|it| match &it.kind {
                    Kind::Text(Scalar::Text(kind)) => Some(kind.clone()),
                    _ => None,
                });
                let mut place = place;
                if place.path.len() == 1 {
                    place.kind = kind.as_deref();
                }
                let parts = entries.iter().map(|it| {
                    (
                        Some((it.key.as_str(), it.key_span.range().start)),
                        &it.value,
                    )
                });
                Shape::Map(self.lines(&parts.collect::<Vec<_>>(), place)?)
            }
        })
    }

    fn lines(
        &mut self,
        parts: &[(Option<(&str, usize)>, &yaml::Node)],
        place: Place,
    ) -> Result<Vec<Line>, Reason> {
        let starts: Vec<usize> = parts
            .iter()
            .map(|(key, value)| key.map_or(value.span.range().start, |it| it.1))
            .collect();
        let mut lines = Vec::new();
        let mut problem = None;
        for (number, (key, value)) in parts.iter().enumerate() {
            let start = starts[number];
            let end = starts.get(number + 1).copied().unwrap_or(place.end);
            let end = if end > start {
                end
            } else {
                value.span.range().end.max(start)
            };
            match self.item(*key, value, (start, end), place) {
                Ok(item) => {
                    lines.push(Line::Item(item));
                    lines.extend(self.unused(start..end, false));
                }
                Err(reason) => {
                    // Without one of its strings, a list or an item of a list is another one.
                    let is_scalar = !matches!(value.kind, Kind::List(_) | Kind::Map(_));
                    let is_item =
                        place.path.len() > 1 && place.path.last().is_some_and(|it| it == "-");
                    if is_scalar && !place.path.is_empty() && (key.is_none() || is_item) {
                        return Err(reason);
                    }
                    self.use_all(&(start..end));
                    problem.get_or_insert_with(|| reason.clone());
                    lines.push(Line::Todo(Todo {
                        reason,
                        range: self.flat.origin(start)..self.flat.origin(end),
                    }));
                }
            }
        }
        let has_items = lines.iter().any(|line| matches!(line, Line::Item(_)));
        match problem {
            Some(reason) if !has_items && !place.path.is_empty() => Err(reason),
            _ => Ok(lines),
        }
    }

    fn item(
        &mut self,
        key: Option<(&str, usize)>,
        value: &yaml::Node,
        (start, end): (usize, usize),
        place: Place,
    ) -> Result<Item, Reason> {
        let mut applied = place.applied.to_vec();
        let mut conditions: Vec<Term> = Vec::new();
        for (number, mark) in self.flat.marks.iter().enumerate() {
            if let Mark::When { at, condition, .. } = mark
                && at.contains(&start)
                && !applied.contains(&number)
            {
                applied.push(number);
                conditions.push(condition.clone());
            }
        }
        let key = match key {
            Some((key, _)) => Some(self.text(key, false, Place { path: &[], ..place })?),
            None => None,
        };
        let name = key
            .as_ref()
            .map_or_else(|| "-".to_owned(), Pattern::written);
        let path = [place.path, &[name]].concat();
        let is_scalar = matches!(value.kind, Kind::Null | Kind::Text(_));
        if is_scalar && self.has_hole_after(value, start..end) {
            return Err("its value has a block that is not converted".to_owned());
        }
        let inner = Place {
            path: &path,
            applied: &applied,
            end,
            ..place
        };
        let value = self.shape(value, inner)?;
        if self.scope.part == Part::Manifests && place.path.is_empty() && !is_object(&value) {
            return Err("its kind or its name is not converted".to_owned());
        }
        for number in &applied {
            self.used[*number] = true;
        }
        let condition = match conditions.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            all => {
                let all: Vec<String> = all.iter().map(|it| it.at(Level::Filter)).collect();
                Some(Term::new(all.join(" and "), Level::Operator, Form::Bool))
            }
        };
        Ok(Item {
            key,
            value,
            condition,
            range: self.flat.origin(start)..self.flat.origin(end),
        })
    }

    /// Whether a block that is not converted belongs to the value of a key, which is null or a block scalar.
    fn has_hole_after(&self, value: &yaml::Node, at: Range<usize>) -> bool {
        let text = &self.flat.text[value.span.range().start..];
        let is_open = matches!(value.kind, Kind::Null) || text.starts_with(['|', '>']);
        is_open
            && self.flat.marks.iter().any(|mark| match mark {
                Mark::Hole { at: hole, .. } => at.contains(hole),
                Mark::When { .. } => false,
            })
    }

    fn text(&mut self, text: &str, is_string: bool, place: Place) -> Result<Pattern, Reason> {
        if let Some(key) = place.path.iter().rev().find(|it| *it != "-") {
            self.scope.key.clone_from(key);
        }
        let pattern = self.flat.pattern(text, is_string)?;
        let mut pattern = self.scope.finished(pattern, None)?;
        if matches!(
            self.scope.part,
            Part::Services | Part::Volumes | Part::Networks
        ) {
            pattern = interpolated(&pattern)?;
        }
        self.check(&pattern, place)?;
        Ok(pattern)
    }

    /// Refuses a secret where it would be readable, and what cannot be written at all.
    fn check(&self, pattern: &Pattern, place: Place) -> Result<(), Reason> {
        let path: Vec<&str> = place.path.iter().map(String::as_str).collect();
        let is_part = matches!(
            self.scope.part,
            Part::Services | Part::Volumes | Part::Networks | Part::Manifests
        );
        if !is_part {
            let has_place = matches!(self.scope.part, Part::Init | Part::State);
            return if pattern.encoded && !has_place {
                Err("a value in base64 has no equivalent here".to_owned())
            } else {
                Ok(())
            };
        }
        if pattern.has(Form::Deferred) {
            return Err("a reference to a Secret cannot be a part of an object".to_owned());
        }
        let in_secret = place.kind == Some("Secret")
            && matches!(path.as_slice(), ["-", "data" | "stringData", _]);
        let is_encoded = in_secret && path[1] == "data";
        if pattern.encoded != is_encoded && (pattern.encoded || pattern.as_text().is_none()) {
            return Err(
                "only a value in base64 can be in the `data` of a Secret, and nowhere else"
                    .to_owned(),
            );
        }
        let in_variable =
            self.scope.part == Part::Services && matches!(path.as_slice(), [_, "environment", _]);
        if pattern.has(Form::Secret) && !in_secret && !in_variable {
            let place = match self.scope.part {
                Part::Manifests => "a Secret, and refer to it",
                _ => "a variable under `environment`, and read it from there",
            };
            return Err(format!(
                "a secret would be readable here: put it into {place}"
            ));
        }
        Ok(())
    }
}

/// Whether a value has what identifies an object.
fn is_object(value: &Shape) -> bool {
    let Shape::Map(lines) = value else {
        return false;
    };
    let value = |lines: &[Line], name: &str| {
        let mut items = lines.iter().filter_map(|line| match line {
            Line::Item(item) => Some(item),
            Line::Todo(_) => None,
        });
        let item =
            items.find(|it| it.key.as_ref().and_then(Pattern::as_text).as_deref() == Some(name));
        item.map(|it| it.value.clone())
    };
    let has_name = match value(lines, "metadata") {
        Some(Shape::Map(fields)) => value(&fields, "name").is_some(),
        _ => false,
    };
    has_name && value(lines, "kind").is_some() && value(lines, "apiVersion").is_some()
}

/// A string of a Compose file, in which `${NAME}` is an environment variable and `$$` is `$`.
fn interpolated(pattern: &Pattern) -> Result<Pattern, Reason> {
    let mut result = Pattern {
        segments: Vec::new(),
        encoded: pattern.encoded,
    };
    for segment in &pattern.segments {
        let Segment::Text(text) = segment else {
            result.segments.push(segment.clone());
            continue;
        };
        let mut rest = text.as_str();
        while let Some(at) = rest.find('$') {
            result.extend(Pattern::text(&rest[..at]));
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                result.extend(Pattern::text("$"));
                rest = after;
                continue;
            }
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, after) = match rest.strip_prefix('{') {
                Some(inner) => inner.split_once('}').unwrap_or_default(),
                None => rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len())),
            };
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(
                    "an interpolation of Compose with a default value has no equivalent".to_owned(),
                );
            }
            result.extend(Term::atom(format!("env('{name}')"), Form::Reference).into());
            rest = after;
        }
        if !rest.is_empty() || text.is_empty() {
            result.extend(Pattern::text(rest));
        }
    }
    result
        .segments
        .retain(|it| !matches!(it, Segment::Text(it) if it.is_empty()));
    if result.segments.is_empty() {
        result.segments.push(Segment::Text(String::new()));
    }
    Ok(result)
}
