//! Text with placeholders: `${metadata.name}`, `${resources.db.host}`, and the escapes `$$` and
//! `$${…}`. Out of scope: the values of placeholders.
//!
//! The grammar is that of the reference implementations: a `$` followed by `{…}` up to the first
//! `}` is a placeholder, a `$` followed by `${…}` or by another `$` is an escape, and any other `$`
//! is literal.

use crate::{Code, Diagnostic, Sources, Span, diagnostic::nearest};

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

/// A reference to a value that is known only later. Two placeholders are equal if their contents
/// are.
#[derive(Debug, Clone)]
pub struct Placeholder {
    /// The placeholder in the text, from `$` to `}`.
    pub span: Span,
    /// The root of the path.
    pub root: Root,
    /// The keys that follow the root.
    pub path: Vec<String>,
}

/// The root of a [`Placeholder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `${metadata.…}`: the metadata of the workload.
    Metadata,
    /// `${resources.NAME…}`: the outputs of a resource of the workload.
    Resource(String),
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Template {}

impl PartialEq for Placeholder {
    fn eq(&self, other: &Self) -> bool {
        (&self.root, &self.path) == (&other.root, &other.path)
    }
}

impl Eq for Placeholder {}

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

/// The maximum length between `${` and `}`, in bytes.
const LONGEST: usize = 2_000;

/// The number of placeholders of a string that are searched for in vain before giving up, because
/// each search reads the whole text.
const MOST_LOST: usize = 100;

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
            let inner = match token.kind {
                Kind::Placeholder(inner) => inner,
                Kind::Variable(name) if grammar == Grammar::Escapes => {
                    parts.0.push(Part::Variable(name.to_owned()));
                    continue;
                }
                Kind::Escape(meaning) => {
                    parts.literal(meaning);
                    continue;
                }
                Kind::Variable(_) | Kind::Dollar => {
                    let unclosed = rest.strip_prefix('{').filter(|_| raw == "$");
                    if unclosed.is_some_and(is_reference) {
                        diagnostics.push(not_closed(places.next("${")));
                    }
                    parts.literal(raw);
                    continue;
                }
            };
            let place = places.next(raw);
            if grammar == Grammar::Escapes {
                if is_reference(inner) {
                    diagnostics.push(not_expanded(place));
                }
                parts.literal(raw);
                continue;
            }
            match Placeholder::parse(inner, place) {
                Ok(placeholder) => parts.0.push(Part::Placeholder(placeholder)),
                Err(problem) => {
                    diagnostics.push(*problem);
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

/// A token that starts with `$`.
struct Token<'a> {
    /// The text of the token.
    raw: &'a str,
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// A literal `$`.
    Dollar,
    /// `$$` or `$${…}`: the text without the first `$`.
    Escape(&'a str),
    /// `${…}`: the text between the braces.
    Placeholder(&'a str),
    /// `$(…)`: the text between the parentheses.
    Variable(&'a str),
}

impl<'a> Token<'a> {
    /// Parses the token at the start of a string that starts with `$`. `closers` are the closing
    /// brackets that occur later in the text.
    fn read(text: &'a str, closers: Ahead) -> Self {
        let braced = |at: usize| {
            (closers.brace && text[at..].starts_with('{'))
                .then(|| text[at..].find('}').map(|end| at + end + 1))
                .flatten()
        };
        let (len, kind) = if let Some(end) = braced(1) {
            (end, Kind::Placeholder(&text[2..end - 1]))
        } else if text[1..].starts_with('$') {
            let end = braced(2).unwrap_or(2);
            (end, Kind::Escape(&text[1..end]))
        } else if let Some(end) = (closers.parenthesis && text[1..].starts_with('('))
            .then(|| text.find(')'))
            .flatten()
        {
            (end + 1, Kind::Variable(&text[2..end]))
        } else {
            (1, Kind::Dollar)
        };
        Self {
            raw: &text[..len],
            kind,
        }
    }
}

/// The last positions of closing brackets in a string. Without them, the end of each of many
/// opening brackets would be searched for in the whole text.
struct Closers {
    text: usize,
    brace: Option<usize>,
    parenthesis: Option<usize>,
}

/// The closing brackets after a position.
#[derive(Clone, Copy)]
struct Ahead {
    brace: bool,
    parenthesis: bool,
}

impl Closers {
    fn new(text: &str) -> Self {
        Self {
            text: text.len(),
            brace: text.rfind('}'),
            parenthesis: text.rfind(')'),
        }
    }

    /// The closing brackets in the remaining text `rest`.
    fn ahead(&self, rest: &str) -> Ahead {
        let at = self.text - rest.len();
        Ahead {
            brace: self.brace.is_some_and(|last| last >= at),
            parenthesis: self.parenthesis.is_some_and(|last| last >= at),
        }
    }
}

/// Finds the locations of placeholders. In a scalar with escapes or several lines, offsets in the
/// value differ from those in the text, but the text between `${` and `}` is the same.
struct Places<'a> {
    whole: Span,
    written: &'a str,
    done: usize,
    /// The number of unsuccessful searches.
    lost: usize,
}

impl<'a> Places<'a> {
    fn new(sources: &'a Sources, span: Span) -> Self {
        Self {
            whole: span,
            written: sources.slice(span),
            done: 0,
            lost: 0,
        }
    }

    fn next(&mut self, raw: &str) -> Span {
        if self.lost == MOST_LOST {
            return self.whole;
        }
        let Some(found) = self.written[self.done..].find(raw) else {
            self.lost += 1;
            return self.whole;
        };
        let start = self.done + found;
        self.done = start + raw.len();
        let offset = self.whole.start as usize;
        Span::new(self.whole.source, offset + start, offset + self.done)
    }
}

impl Placeholder {
    fn parse(inner: &str, span: Span) -> Result<Self, Box<Diagnostic>> {
        let syntax = |message: String, help: &str| {
            Box::new(
                Diagnostic::new(Code::SpecPlaceholderSyntax, message)
                    .at(span, "")
                    .help(help),
            )
        };
        if inner.len() > LONGEST {
            return Err(syntax(
                format!("the placeholder is longer than {LONGEST} bytes"),
                "write `$${…}` for a literal `${…}`",
            ));
        }
        let path = split_path(inner);
        let root = path.first().map_or("", String::as_str);
        if !matches!(root, "metadata" | "resources") {
            let help = match nearest(root, ["metadata", "resources"]) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "write `$${…}` for a literal `${…}`; a placeholder starts with `metadata` \
                 or `resources`"
                    .to_owned(),
            };
            return Err(Box::new(
                Diagnostic::new(
                    Code::SpecPlaceholderRoot,
                    format!("unknown placeholder root `{root}`"),
                )
                .at(span, "")
                .help(help),
            ));
        }
        if path.len() < 2 {
            return Err(syntax(
                format!("the placeholder does not name a part of `{root}`"),
                "write `${metadata.KEY}` or `${resources.NAME.OUTPUT}`",
            ));
        }
        // Keys of annotations have a slash after their prefix.
        let slash = root == "metadata";
        let legal = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') || (slash && c == '/')
        };
        if let Some(element) = path
            .iter()
            .find(|element| element.is_empty() || !element.chars().all(legal))
        {
            return Err(syntax(
                match element.as_str() {
                    "" => "the placeholder has an empty element".to_owned(),
                    element => format!("`{element}` cannot be part of a placeholder"),
                },
                "an element consists of letters, digits, `_` and `-`; `\\.` is a dot inside an element",
            ));
        }
        let metadata = root == "metadata";
        let mut path = path.into_iter().skip(1);
        let root = if metadata {
            Root::Metadata
        } else {
            Root::Resource(path.next().unwrap_or_default())
        };
        Ok(Self {
            span,
            root,
            path: path.collect(),
        })
    }
}

/// Splits a path at dots; `\.` is a dot that does not separate.
pub(crate) fn split_path(text: &str) -> Vec<String> {
    let mut path = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'.') => {
                chars.next();
                path.last_mut().into_iter().for_each(|last| last.push('.'));
            }
            '.' => path.push(String::new()),
            c => path.last_mut().into_iter().for_each(|last| last.push(c)),
        }
    }
    path
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
            ("${}", "${} !spec/placeholder-root"),
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
