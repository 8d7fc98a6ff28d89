//! The events and errors of the YAML parser in terms of this crate. The only module that refers to
//! `granit_parser`, which has a single maintainer and may have to be replaced.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{
    ErrorKind, Event as RawEvent, Options, Parser, ScalarStyle, Span, StrInput, StructureStyle,
    Tag as RawTag,
};

use super::MAX_DEPTH;

/// The namespace of the tags defined by YAML.
const NAMESPACE: &str = "tag:yaml.org,2002:";

/// A parser event.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// The start of a document, with or without `---`.
    DocumentStart { explicit: bool },
    /// The end of a document.
    DocumentEnd,
    /// A scalar; an anchor of 0 means none.
    Scalar {
        text: Cow<'a, str>,
        style: Style,
        anchor: usize,
        tag: Option<Tag>,
    },
    /// The start of a list or map.
    Start {
        shape: Shape,
        anchor: usize,
        tag: Option<Tag>,
    },
    /// The end of the innermost list or map.
    End,
    /// A reference to the node with this anchor, which may be incomplete.
    Alias(usize),
    /// A reference to a name without a preceding anchor.
    UnknownAlias(Cow<'a, str>),
    /// The name of an anchor, directly after the event with the anchor.
    Anchor(usize, Cow<'a, str>),
}

/// The style of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Quoted,
    Block,
}

/// A list or a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    List,
    Map,
}

/// A tag with its location.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) kind: TagKind,
    pub(super) range: Range<usize>,
}

/// The meaning of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `!`: the type is not derived from the text.
    NonSpecific,
    Text,
    Int,
    Float,
    Bool,
    Null,
    List,
    Map,
    Merge,
    /// `!!binary` and `!!timestamp`, whose text is not converted.
    Opaque,
    Unknown,
}

/// A syntax error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    pub(super) at: usize,
}

/// The kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    AfterDocument,
    AfterQuote,
    AnchorName,
    BlockHeader,
    BlockIndent,
    Bom,
    Character(char),
    ColonInFlow,
    ColonInText,
    Comma,
    Comment,
    Directive,
    Ended,
    Escape,
    Item,
    Key,
    KeyWithoutColon,
    ListHere,
    MismatchedBracket { open: char, close: char },
    StrayBracket,
    Tab,
    Tag,
    TagHandle,
    TooDeep,
    UnclosedBracket,
    UnclosedQuote,
    Other,
}

/// The events of an input from an offset on.
pub(super) struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    text: &'a str,
    start: usize,
}

impl<'a> Reader<'a> {
    /// Reads `text` from `start`, which is on a character boundary.
    pub(super) fn new(text: &'a str, start: usize) -> Self {
        let options: Options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let rest = text.get(start..).unwrap_or_default();
        Self {
            parser: Parser::new_from_str_with_options(rest, options),
            text,
            start,
        }
    }

    /// The next event with its location in the whole text.
    pub(super) fn next(&mut self) -> Option<Result<(Event<'a>, Range<usize>), Fault>> {
        loop {
            return Some(match self.parser.next_event()? {
                Ok((event, span)) => match self.event(event, &span) {
                    Some(event) => Ok((event, self.range(&span))),
                    None => continue,
                },
                Err(error) => Err(Fault {
                    kind: fault(error.kind()),
                    at: self.offset(error.marker().byte_offset()),
                }),
            });
        }
    }

    fn event(&self, event: RawEvent<'a>, span: &Span) -> Option<Event<'a>> {
        Some(match event {
            RawEvent::DocumentStart(explicit, _) => Event::DocumentStart { explicit },
            RawEvent::DocumentEnd => Event::DocumentEnd,
            RawEvent::Alias(anchor) => Event::Alias(anchor),
            RawEvent::UnresolvedAlias(name) => Event::UnknownAlias(name),
            RawEvent::Anchor(anchor, name) => Event::Anchor(anchor, name),
            RawEvent::Scalar(text, style, anchor, tag) => Event::Scalar {
                text,
                style: match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                },
                anchor,
                tag: self.tag(tag.as_deref(), span),
            },
            RawEvent::SequenceStart(StructureStyle::Block | StructureStyle::Flow, anchor, tag) => {
                Event::Start {
                    shape: Shape::List,
                    anchor,
                    tag: self.tag(tag.as_deref(), span),
                }
            }
            RawEvent::MappingStart(_, anchor, tag) => Event::Start {
                shape: Shape::Map,
                anchor,
                tag: self.tag(tag.as_deref(), span),
            },
            RawEvent::SequenceEnd | RawEvent::MappingEnd => Event::End,
            _ => return None,
        })
    }

    fn tag(&self, tag: Option<&RawTag>, span: &Span) -> Option<Tag> {
        let tag = tag?;
        let place = span
            .tag_span()
            .unwrap_or_else(|| Span::empty(tag_start(span)));
        Some(Tag {
            kind: tag_kind(tag),
            range: self.range(&place),
        })
    }

    fn range(&self, span: &Span) -> Range<usize> {
        let start = self.offset(span.start.byte_offset());
        start..self.offset(span.end.byte_offset()).max(start)
    }

    /// Converts an offset of the parser to one of the whole text. The parser promises character
    /// boundaries; enforcing them here prevents a bug in the parser from becoming a panic.
    fn offset(&self, offset: Option<usize>) -> usize {
        let mut offset = (self.start + offset.unwrap_or(0)).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

fn tag_start(span: &Span) -> granit_parser::Marker {
    span.tag_start().unwrap_or(span.start)
}

fn tag_kind(tag: &RawTag) -> TagKind {
    if tag.handle().is_empty() && tag.suffix() == "!" {
        return TagKind::NonSpecific;
    }
    match tag.suffix_in_namespace(NAMESPACE).as_deref() {
        Some("str") => TagKind::Text,
        Some("int") => TagKind::Int,
        Some("float") => TagKind::Float,
        Some("bool") => TagKind::Bool,
        Some("null") => TagKind::Null,
        Some("seq") => TagKind::List,
        Some("map") => TagKind::Map,
        Some("merge") => TagKind::Merge,
        Some("binary" | "timestamp") => TagKind::Opaque,
        _ => TagKind::Unknown,
    }
}

/// Groups the errors of the parser by their fix.
fn fault(kind: &ErrorKind) -> FaultKind {
    use ErrorKind as E;
    match kind {
        E::ExpectedDocumentStart | E::InvalidDocumentEnd => FaultKind::AfterDocument,
        E::InvalidColonPlacement | E::FlowMappingValueAdjacentCollection => FaultKind::ColonInFlow,
        E::MappingValueNotAllowed | E::InvalidMappingValueWhitespace => FaultKind::ColonInText,
        E::ExpectedFlowMappingSeparator | E::ExpectedFlowSequenceSeparator => FaultKind::Comma,
        E::CommentInterceptedScalar | E::CommentNotSeparated => FaultKind::Comment,
        E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping
        | E::UnexpectedEofBlockSequence
        | E::UnexpectedEofBlockMapping
        | E::UnexpectedEof => FaultKind::Ended,
        E::ExpectedBlockSequenceEntry => FaultKind::Item,
        E::ExpectedBlockMappingKey | E::MappingKeyNotAllowed => FaultKind::Key,
        E::SimpleKeyExpected | E::InvalidSimpleKey => FaultKind::KeyWithoutColon,
        E::BlockEntryInFlowCollection
        | E::BlockSequenceEntryNotAllowed
        | E::InvalidBlockEntryWhitespace
        | E::PlainScalarStartsWithDashFlowIndicator => FaultKind::ListHere,
        E::MismatchedFlowCollectionEnd { open, close } => FaultKind::MismatchedBracket {
            open: *open,
            close: *close,
        },
        E::MisplacedFlowCollectionEnd => FaultKind::StrayBracket,
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabInPlainScalar
        | E::TabAtBlockScalarStart => FaultKind::Tab,
        E::RecursionLimitExceeded => FaultKind::TooDeep,
        E::UnclosedFlowCollection { .. } => FaultKind::UnclosedBracket,
        kind => fault_in_token(kind),
    }
}

/// The same for errors inside a scalar, a tag or a directive.
fn fault_in_token(kind: &ErrorKind) -> FaultKind {
    use ErrorKind as E;
    match kind {
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            FaultKind::AfterQuote
        }
        E::MissingAnchorOrAliasName => FaultKind::AnchorName,
        E::InvalidBlockScalarHeader | E::ZeroBlockScalarIndent => FaultKind::BlockHeader,
        E::InvalidBlockScalarIndent => FaultKind::BlockIndent,
        E::BomInsideDocument => FaultKind::Bom,
        E::UnexpectedCharacter { character } => FaultKind::Character(*character),
        E::DuplicateVersionDirective
        | E::UnsupportedYamlMajorVersion
        | E::DuplicateTagDirective
        | E::MissingDocumentEndBeforeDirective
        | E::InvalidDirectiveTerminator
        | E::DirectiveDisallowed
        | E::MissingYamlVersionSeparator
        | E::MissingDirectiveName
        | E::InvalidDirectiveName
        | E::DirectiveByteLimitExceeded { .. }
        | E::TooManyReservedDirectiveParams { .. }
        | E::YamlVersionTooLong
        | E::MissingYamlVersion
        | E::InvalidTagDirectiveTerminator
        | E::ExpectedTagDirectiveBang => FaultKind::Directive,
        E::UnknownQuotedScalarEscape
        | E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => FaultKind::Escape,
        E::ExpectedTagBang
        | E::InvalidGlobalTagCharacter
        | E::InvalidTagTerminator
        | E::MissingTagUri
        | E::UnclosedVerbatimTag
        | E::InvalidTagEscape
        | E::InvalidTagUtf8LeadingByte
        | E::InvalidTagUtf8TrailingByte
        | E::InvalidTagUtf8 => FaultKind::Tag,
        E::UndeclaredTagHandle => FaultKind::TagHandle,
        E::DocumentIndicatorInQuotedScalar
        | E::UnclosedQuotedScalar
        | E::InvalidQuotedScalarIndent => FaultKind::UnclosedQuote,
        _ => FaultKind::Other,
    }
}
