//! Builds a tree from events: spans, anchors and aliases, and their limits.
//!
//! Open nodes are kept on a separate stack, so that no text can overflow the call stack.

use std::ops::Range;

use crate::{Diagnostic, Kind, Node, SourceId, Span};

use super::anchor::{Anchors, Exhausted, Size};
use super::event::{Event, Fault, Reader, Shape, Style, Tag, TagKind};
use super::fault::{Scene, explain};
use super::map::{Entries, Key, Origin};
use super::open::{Content, Open, Stack};
use super::{
    MAX_DEPTH, MAX_DIAGNOSTICS, MAX_DOCUMENTS, MAX_KEY, MAX_NODES, Parsed, finding, place, scalar,
};

/// Builds the trees of an input.
pub(super) struct Builder<'a> {
    source: SourceId,
    text: &'a str,
    documents: Vec<Node>,
    diagnostics: Vec<Diagnostic>,
    stack: Stack,
    root: Option<Built>,
    anchors: Anchors,
    /// The start of the current document.
    document: usize,
    /// The end of the previous token.
    cursor: usize,
    /// The previous scalar.
    last: Range<usize>,
    /// The number of keys and values so far.
    nodes: usize,
    /// The number of documents so far.
    begun: usize,
}

/// A complete node.
struct Built {
    node: Node,
    /// Its location, which differs from that of its value for an alias.
    place: Range<usize>,
    origin: Origin,
    size: Size,
}

/// The reason to stop reading.
enum Stop {
    /// This document is abandoned.
    Document,
    /// The whole text is abandoned.
    Text,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: SourceId, text: &'a str) -> Self {
        Self {
            source,
            text,
            documents: Vec::new(),
            diagnostics: Vec::new(),
            stack: Stack::default(),
            root: None,
            anchors: Anchors::default(),
            document: 0,
            cursor: 0,
            last: 0..0,
            nodes: 0,
            begun: 0,
        }
    }

    /// Continues reading at `start`. If a document has to be abandoned, returns the location, after
    /// which another document may start.
    pub(super) fn read(&mut self, start: usize) -> Option<usize> {
        self.document = start;
        self.cursor = start;
        self.last = start..start;
        let mut reader = Reader::new(self.text, start);
        while let Some(next) = reader.next() {
            let (at, stop) = match next {
                Ok((event, range)) => (range.start, self.event(event, range).err()),
                Err(fault) => {
                    self.fault(fault, start);
                    (fault.at, Some(Stop::Document))
                }
            };
            let stop = if self.diagnostics.len() >= MAX_DIAGNOSTICS {
                self.diagnostics
                    .push(finding::too_many(self.span(&(at..at))));
                Some(Stop::Text)
            } else {
                stop
            };
            match stop {
                None => {}
                Some(Stop::Document) => {
                    self.close_document();
                    return Some(at);
                }
                Some(Stop::Text) => break,
            }
        }
        None
    }

    /// The start of the last document that was read.
    pub(super) fn document(&self) -> usize {
        self.document
    }

    pub(super) fn finish(self) -> Parsed {
        Parsed {
            documents: self.documents,
            diagnostics: self.diagnostics,
        }
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>) -> Result<(), Stop> {
        self.count(&event, &range)?;
        match event {
            Event::DocumentStart { explicit } => {
                self.document = self.document.max(range.start);
                if explicit {
                    self.cursor = range.end;
                }
            }
            Event::DocumentEnd => {
                self.cursor = self.cursor.max(range.end);
                if let Some(root) = self.root.take()
                    && !(root.node.kind == Kind::Null && root.place.is_empty())
                {
                    self.documents.push(root.node);
                }
                self.close_document();
            }
            Event::Scalar {
                text,
                style,
                anchor,
                tag,
            } => return self.scalar(text, style, anchor, tag.as_ref(), range),
            Event::Start { shape, anchor, tag } => {
                return self.start(shape, anchor, tag, &range);
            }
            Event::End => return self.end(&range),
            Event::Alias(anchor) => return self.alias(anchor, range),
            Event::UnknownAlias(name) => {
                let known = self.anchors.names();
                let finding = finding::unknown_alias(&name, self.span(&range), known);
                self.diagnostics.push(finding);
                self.place_broken(range);
            }
            Event::Anchor(id, name) => {
                let span = self.span(&range);
                self.anchors.name(id, name.into_owned(), span);
            }
        }
        Ok(())
    }

    /// Abandons the text if it has too many parts.
    fn count(&mut self, event: &Event<'_>, range: &Range<usize>) -> Result<(), Stop> {
        match event {
            Event::DocumentStart { .. } => self.begun += 1,
            Event::Scalar { .. }
            | Event::Start { .. }
            | Event::Alias(_)
            | Event::UnknownAlias(_) => self.nodes += 1,
            Event::DocumentEnd | Event::End | Event::Anchor(..) => {}
        }
        let what = if self.begun > MAX_DOCUMENTS {
            finding::too_many_documents
        } else if self.nodes > MAX_NODES {
            finding::too_many_values
        } else {
            return Ok(());
        };
        self.diagnostics
            .push(what(self.span(&(range.start..range.start))));
        Err(Stop::Text)
    }

    fn scalar(
        &mut self,
        text: std::borrow::Cow<'a, str>,
        style: Style,
        anchor: usize,
        tag: Option<&Tag>,
        range: Range<usize>,
    ) -> Result<(), Stop> {
        if let Some(tag) = tag {
            self.cursor = self.cursor.max(tag.range.end);
        }
        let absent = style == Style::Plain && range.is_empty() && tag.is_none();
        let place = match style {
            Style::Block => place::block_scalar(self.text, self.cursor, &range),
            Style::Plain if absent && anchor == 0 => {
                self.stack.absent(self.text, self.cursor, &range)
            }
            Style::Plain | Style::Quoted => range.clone(),
        };
        self.cursor = self.cursor.max(range.end).max(place.end);
        if !absent {
            self.last = place.clone();
        }

        let text = match style {
            Style::Block => place::without_added_break(text, self.text, &place),
            Style::Plain | Style::Quoted => text,
        };
        let size = Size::of_text(&text);
        self.anchors.wrote(size);
        let kind = tag.map(|tag| tag.kind);
        if self.stack.awaits_key() && is_merge(&text, style, kind) {
            self.key(Key::Merge, place);
            return Ok(());
        }
        let (kind, fits) = match scalar::resolve(text, style, kind) {
            _ if absent => (Kind::Null, true),
            Ok(kind) => (kind, true),
            Err(mismatch) => (mismatch.kind, false),
        };
        let node = Node {
            span: self.span(&place),
            kind,
        };
        self.tag(tag, &node, fits);
        let built = Built {
            node,
            place,
            origin: Origin::Here,
            size,
        };
        self.complete(built, anchor, style == Style::Plain && tag.is_none())
    }

    fn start(
        &mut self,
        shape: Shape,
        anchor: usize,
        tag: Option<Tag>,
        range: &Range<usize>,
    ) -> Result<(), Stop> {
        if self.stack.depth() >= MAX_DEPTH {
            let end = self.text.ceil_char_boundary(range.start + 1);
            let span = self.span(&(range.start..end.max(range.end)));
            self.diagnostics.push(finding::too_deep(span));
            return Err(Stop::Document);
        }
        // `[a: 1]` contains a map without brackets.
        let bracket = !range.is_empty();
        let opening = match shape {
            _ if bracket => Some(range.clone()),
            Shape::Map => None,
            Shape::List => {
                let (from, indicator) = if self.stack.awaits_value() {
                    (self.cursor, ":")
                } else if self.stack.awaits_key() {
                    (self.cursor, "?")
                } else {
                    (range.start, "")
                };
                Some(place::first_dash(self.text, from, indicator, range.start))
            }
        };
        if let Some(opening) = &opening {
            self.cursor = self.cursor.max(opening.end);
        }
        self.anchors.wrote(Size::EMPTY);
        self.stack.push(Open {
            content: match shape {
                Shape::List => Content::List(Vec::new()),
                Shape::Map => Content::Map(Entries::default()),
            },
            end: opening.as_ref().map_or(range.end, |opening| opening.end),
            start: opening.map(|opening| opening.start),
            bracket,
            anchor,
            tag,
            size: Size::EMPTY,
        });
        Ok(())
    }

    fn end(&mut self, range: &Range<usize>) -> Result<(), Stop> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let end = if open.bracket {
            self.cursor = self.cursor.max(range.end);
            range.end
        } else {
            open.end
        };
        let place = open.start.unwrap_or(end).min(end)..end;
        let written = self.slice(&place);
        let node = Node {
            span: self.span(&place),
            kind: match open.content {
                Content::List(items) => Kind::List(items),
                // An expression without quotes. The finding about its key is enough.
                Content::Map(_) if open.bracket && written.starts_with("{{") => {
                    Kind::Text(written.to_owned())
                }
                Content::Map(entries) => Kind::Map(entries.finish()),
            },
        };
        let fits = match open.tag.as_ref().map(|tag| tag.kind) {
            None | Some(TagKind::NonSpecific | TagKind::Unknown) => true,
            Some(tag) => match node.kind {
                Kind::List(_) => tag == TagKind::List,
                _ => tag == TagKind::Map,
            },
        };
        self.tag(open.tag.as_ref(), &node, fits);
        let built = Built {
            node,
            place,
            origin: Origin::Here,
            size: open.size,
        };
        self.complete(built, open.anchor, false)
    }

    fn alias(&mut self, id: usize, range: Range<usize>) -> Result<(), Stop> {
        self.cursor = self.cursor.max(range.end);
        let Some(size) = self.anchors.size(id) else {
            let anchor = self.anchors.get(id);
            let name = anchor.map_or("", |anchor| &anchor.name);
            let anchor = anchor.and_then(|anchor| anchor.span);
            let finding = finding::endless_alias(name, self.span(&range), anchor);
            self.diagnostics.push(finding);
            self.place_broken(range);
            return Ok(());
        };
        if self.stack.depth() + size.height > MAX_DEPTH + 1 {
            let finding = finding::too_deep(self.span(&range));
            self.diagnostics.push(finding);
            return Err(Stop::Document);
        }
        let copy = self.anchors.copy(id);
        let Some(node) = self.allowed(copy, &range)? else {
            return Ok(());
        };
        self.place(
            Built {
                node,
                place: range,
                origin: Origin::Alias,
                size,
            },
            false,
        );
        Ok(())
    }

    /// Adds a complete node, and stores it if it has an anchor.
    fn complete(&mut self, built: Built, anchor: usize, bare: bool) -> Result<(), Stop> {
        if anchor != 0 {
            let kept = self.anchors.complete(anchor, &built.node, built.size);
            self.allowed(kept, &built.place)?;
        }
        self.place(built, bare);
        Ok(())
    }

    /// Abandons the text if its anchors and aliases copy too much.
    fn allowed<T>(&mut self, copy: Result<T, Exhausted>, at: &Range<usize>) -> Result<T, Stop> {
        copy.map_err(|Exhausted| {
            let finding = finding::expands_too_far(self.span(at));
            self.diagnostics.push(finding);
            Stop::Text
        })
    }

    /// Marks an invalid part that has already been reported.
    fn place_broken(&mut self, range: Range<usize>) {
        self.cursor = self.cursor.max(range.end);
        let node = Node {
            span: self.span(&range),
            kind: Kind::Null,
        };
        self.place(
            Built {
                node,
                place: range,
                origin: Origin::Broken,
                size: Size::EMPTY,
            },
            false,
        );
    }

    /// Adds a node to the open list or map. `bare`: it has neither quotes nor a tag.
    fn place(&mut self, built: Built, bare: bool) {
        if self.stack.awaits_key() {
            let key = self.checked_key(&built, bare);
            self.stack.grow(&built.place, built.size);
            self.key(key, built.place);
            return;
        }
        self.stack.grow(&built.place, built.size);
        let finding = match self.stack.content() {
            None => {
                self.root = Some(built);
                None
            }
            Some(Content::List(items)) => {
                items.push(built.node);
                None
            }
            Some(Content::Map(entries)) => entries.value(built.node, built.origin),
        };
        self.diagnostics.extend(finding);
    }

    fn key(&mut self, key: Key, place: Range<usize>) {
        let span = self.span(&place);
        self.diagnostics
            .extend(self.stack.key(key, place.start, span));
    }

    fn checked_key(&mut self, built: &Built, bare: bool) -> Key {
        if built.origin == Origin::Broken {
            return Key::Broken;
        }
        if let Kind::Text(text) = &built.node.kind {
            if text.len() > MAX_KEY {
                let finding = finding::long_key(self.span(&built.place));
                self.diagnostics.push(finding);
                return Key::Broken;
            }
            return Key::Text(text.clone());
        }
        let text = self.slice(&built.node.span.range());
        let quoted = format!("\"{text}\"");
        let key = match built.node.kind {
            Kind::Bool(_) | Kind::Number(_) => Key::Text(text.to_owned()),
            _ => Key::Broken,
        };
        let mend = (bare && matches!(key, Key::Text(_))).then_some(quoted);
        let (written, span) = (self.slice(&built.place), self.span(&built.place));
        let finding = finding::key_type(&built.node, written, span, mend);
        self.diagnostics.push(finding);
        key
    }

    /// Removes the data that belongs to a single document.
    fn close_document(&mut self) {
        self.stack.clear();
        self.root = None;
        self.anchors.clear();
    }

    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }

    fn fault(&mut self, fault: Fault, start: usize) {
        let scene = Scene {
            source: self.source,
            text: self.text,
            start,
            cursor: self.cursor,
            last: self.last.clone(),
            bracket: self.stack.bracket(),
        };
        self.diagnostics.push(explain(fault, &scene));
    }

    fn tag(&mut self, tag: Option<&Tag>, node: &Node, fits: bool) {
        let Some(tag) = tag else { return };
        let (written, span) = (self.slice(&tag.range), self.span(&tag.range));
        let finding = if tag.kind == TagKind::Unknown {
            finding::unknown_tag(written, span)
        } else if !fits {
            finding::tag_mismatch(written, span, node)
        } else {
            return;
        };
        self.diagnostics.push(finding);
    }

    fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// Whether a scalar used as a key is the merge key.
fn is_merge(text: &str, style: Style, tag: Option<TagKind>) -> bool {
    text == "<<"
        && match tag {
            None => style == Style::Plain,
            Some(tag) => tag == TagKind::Merge,
        }
}
