//! Text with placeholders: `${metadata.name}`, `${resources.db.host}`, and the escapes `$$` and
//! `$${…}`. Out of scope: the values of placeholders.
//!
//! The grammar is that of the reference implementations: a `$` followed by `{…}` up to the first
//! `}` is a placeholder, a `$` followed by `${…}` or by another `$` is an escape, and any other `$`
//! is literal.

mod placeholder;
mod token;

pub use self::placeholder::{Placeholder, Root, split_path};
use self::token::{Closers, Kind, Places, Token};
use crate::{Code, Diagnostic, Sources, Span};

/// A string, split into literal parts and placeholders. Two templates are equal if their parts are,
/// wherever they were written.
#[derive(Debug, Clone)]
pub struct Template {
    /// The location of the string.
    pub span: Span,
    /// The parts in order. No two literals are adjacent, and none is empty.
    pub parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text with its escapes resolved.
    Literal(String),
    /// A reference.
    Placeholder(Placeholder),
    /// `$(NAME)` in a command: either a variable of the container, or shell syntax.
    Variable(String),
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Template {}

/// The part of the grammar that applies to a field of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// Placeholders and escapes: variables, file contents, volume sources, params.
    Placeholders,
    /// Only escapes: commands and arguments. A placeholder is an error, because the container would
    /// receive it unchanged; `${HOME}` and the like belong to a shell.
    Escapes,
    /// Nothing: the string is literal.
    Literal,
}

impl Grammar {
    /// The placeholder with these contents, or the problem with it, if any.
    fn placeholder(self, inner: &str, place: Span) -> Result<Placeholder, Option<Box<Diagnostic>>> {
        match self {
            Self::Placeholders => Placeholder::parse(inner, place).map_err(Some),
            Self::Escapes if is_reference(inner) => Err(Some(Box::new(not_expanded(place)))),
            Self::Escapes | Self::Literal => Err(None),
        }
    }
}

/// The fields in which placeholders are expanded, for help texts.
const WHERE_EXPANDED: &str = "placeholders work in `variables`, in the `content` or `source` file of `files`, in the `source` of `volumes` and in the `params` of resources";

impl Template {
    /// A string without placeholders, whatever its contents.
    pub fn literal(text: &str, span: Span) -> Self {
        let parts = match text {
            "" => Vec::new(),
            text => vec![Part::Literal(text.to_owned())],
        };
        Self { span, parts }
    }

    /// Parses the string of a scalar at `span`. Invalid placeholders are reported and kept as
    /// literal text.
    pub fn parse(
        text: &str,
        span: Span,
        grammar: Grammar,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        if grammar == Grammar::Literal {
            return Self::literal(text, span);
        }
        let mut parts = Parts::default();
        let mut places = Places::new(sources, span);
        let closers = Closers::new(text);
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            parts.literal(&rest[..dollar]);
            rest = &rest[dollar..];
            let token = Token::read(rest, closers.ahead(rest));
            rest = &rest[token.raw.len()..];
            let raw = token.raw;
            match token.kind {
                Kind::Placeholder(inner) => {
                    let place = places.next(raw);
                    match grammar.placeholder(inner, place) {
                        Ok(placeholder) => parts.0.push(Part::Placeholder(placeholder)),
                        Err(problem) => {
                            diagnostics.extend(problem.map(|it| *it));
                            parts.literal(raw);
                        }
                    }
                }
                Kind::Variable(name) if grammar == Grammar::Escapes => {
                    parts.0.push(Part::Variable(name.to_owned()));
                }
                Kind::Escape(meaning) => parts.literal(meaning),
                Kind::Variable(_) | Kind::Dollar => {
                    let unclosed = rest.strip_prefix('{').filter(|_| raw == "$");
                    if unclosed.is_some_and(is_reference) {
                        diagnostics.push(not_closed(places.next("${")));
                    }
                    parts.literal(raw);
                }
            }
        }
        parts.literal(rest);
        let mut parts = parts.0;
        // Most strings have a single part, and a growing vector has room for four.
        parts.shrink_to_fit();
        Self { span, parts }
    }

    /// The placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(placeholder) => Some(placeholder),
            Part::Literal(_) | Part::Variable(_) => None,
        })
    }

    /// The string, if it contains no placeholder.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

/// Reports each reference to metadata or resources in a field in which placeholders are not
/// expanded.
pub(crate) fn forbid(text: &str, span: Span, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let found = references(text, span, sources);
    diagnostics.extend(found.into_iter().map(not_expanded));
}

/// Reports each reference to metadata or resources in a key.
pub(crate) fn forbid_in_key(
    key: &str,
    span: Span,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let found = references(key, span, sources).into_iter();
    diagnostics.extend(found.map(|place| {
        let message = "a placeholder has no effect in a key";
        Diagnostic::new(Code::SpecPlaceholderNotExpanded, message)
            .at(place, "would be passed on unchanged")
            .help(format!("{WHERE_EXPANDED}, but not in keys"))
    }));
}

/// The locations of references to metadata or resources in a string.
fn references(text: &str, span: Span, sources: &Sources) -> Vec<Span> {
    let mut found = Vec::new();
    if !text.contains("${") {
        return found;
    }
    let mut places = Places::new(sources, span);
    let closers = Closers::new(text);
    let mut rest = text;
    while let Some(dollar) = rest.find("${") {
        let token = Token::read(&rest[dollar..], closers.ahead(&rest[dollar..]));
        rest = &rest[dollar + token.raw.len()..];
        if let Kind::Placeholder(inner) = token.kind
            && is_reference(inner)
        {
            found.push(places.next(token.raw));
        }
    }
    found
}

fn not_closed(place: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SpecPlaceholderSyntax,
        "a placeholder without its closing `}`",
    )
    .at(place, "starts here")
    .help("close it, or write `$${` for a literal `${`")
}

fn not_expanded(place: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SpecPlaceholderNotExpanded,
        "a placeholder has no effect here",
    )
    .at(place, "would be passed on unchanged")
    .help(format!(
        "{WHERE_EXPANDED}; set a variable and use it here, or write `$${{` for a literal `${{`"
    ))
}

/// Whether the contents of `${…}` are intended for Score rather than for a shell.
fn is_reference(inner: &str) -> bool {
    let root = inner.trim_start();
    root.starts_with("metadata.") || root.starts_with("resources.")
}

/// Collects parts and joins adjacent literals.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn literal(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Literal(last)) => last.push_str(text),
            _ => self.0.push(Part::Literal(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grammar, Part, Root, Template};
    use crate::{Sources, Span};

    /// The parts of a string as `literal`, `<root:path>`, and `!code` for errors.
    fn read(text: &str, grammar: Grammar) -> String {
        let mut sources = Sources::new();
        let id = sources.add("text", text);
        let mut diagnostics = Vec::new();
        let span = Span::new(id, 0, text.len());
        let template = Template::parse(text, span, grammar, &sources, &mut diagnostics);
        let mut shown = Vec::new();
        for part in &template.parts {
            match part {
                Part::Literal(text) => shown.push(text.clone()),
                Part::Variable(name) => shown.push(format!("<{name}>")),
                Part::Placeholder(placeholder) => {
                    assert!(sources.slice(placeholder.span).starts_with("${"));
                    let root = match &placeholder.root {
                        Root::Metadata => "metadata",
                        Root::Resource(name) => name,
                    };
                    shown.push(format!("<{root}:{}>", placeholder.path.join("|")));
                }
            }
        }
        for diagnostic in diagnostics {
            shown.push(format!(" !{}", diagnostic.code));
        }
        shown.concat()
    }

    #[test]
    fn placeholders_and_escapes() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("$", "$"),
            ("a $b c$", "a $b c$"),
            ("$$", "$"),
            ("$$$", "$$"),
            ("$$$$", "$$"),
            ("$${x}", "${x}"),
            ("$$_$${fizzbuzz}", "$_${fizzbuzz}"),
            ("$${unclosed", "${unclosed"),
            ("${unclosed", "${unclosed"),
            (
                "a ${resources.db.x",
                "a ${resources.db.x !spec/placeholder-syntax",
            ),
            ("$$${metadata.name}", "$<metadata:name>"),
            ("${metadata.name}", "<metadata:name>"),
            ("a${metadata.a.b}c", "a<metadata:a|b>c"),
            ("${metadata.a\\.b.c}", "<metadata:a.b|c>"),
            ("${resources.db}", "<db:>"),
            (
                "${resources.db.host}:${resources.db.port}",
                "<db:host>:<db:port>",
            ),
            ("${resources}", "${resources} !spec/placeholder-syntax"),
            ("${resources.}", "${resources.} !spec/placeholder-syntax"),
            (
                "${resources..x}",
                "${resources..x} !spec/placeholder-syntax",
            ),
            (
                "${resources.a b}",
                "${resources.a b} !spec/placeholder-syntax",
            ),
            ("${HOME}", "${HOME} !spec/placeholder-root"),
            ("${}", "${} !spec/placeholder-syntax"),
            (
                "${ metadata.name }",
                "${ metadata.name } !spec/placeholder-syntax",
            ),
        ] {
            assert_eq!(read(text, Grammar::Placeholders), expected, "{text}");
        }
    }

    #[test]
    fn escapes_alone() {
        for (text, expected) in [
            (
                "echo ${HOME} $${NAME} $$ $(date)",
                "echo ${HOME} ${NAME} $ <date>",
            ),
            ("$(A)$$(A)$()$(", "<A>$(A)<>$("),
            (
                "${resources.db.host}",
                "${resources.db.host} !spec/placeholder-not-expanded",
            ),
        ] {
            assert_eq!(read(text, Grammar::Escapes), expected, "{text}");
        }
    }
}
