//! References to metadata and to outputs of resources.

use crate::{Code, Diagnostic, Span, diagnostic::nearest};

/// The maximum length between `${` and `}`, in bytes.
const LONGEST: usize = 2_000;

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

impl PartialEq for Placeholder {
    fn eq(&self, other: &Self) -> bool {
        (&self.root, &self.path) == (&other.root, &other.path)
    }
}

impl Eq for Placeholder {}

impl Placeholder {
    /// Parses the text between `${` and `}`.
    pub(super) fn parse(inner: &str, span: Span) -> Result<Self, Box<Diagnostic>> {
        if inner.len() > LONGEST {
            let message = format!("the placeholder is longer than {LONGEST} bytes");
            return Err(syntax(message, span, "write `$${…}` for a literal `${…}`"));
        }
        if inner.trim().is_empty() {
            return Err(syntax(
                "the placeholder is empty".to_owned(),
                span,
                "write `${resources.NAME.OUTPUT}` or `${metadata.KEY}`, or `$${…}` for a literal `${…}`",
            ));
        }
        if inner.contains(char::is_whitespace) {
            // Spaces inside an element are part of a wrong name.
            let elements: Vec<&str> = inner.split('.').map(str::trim).collect();
            let dense = elements.join(".");
            if dense != inner && Self::parse(&dense, span).is_ok() {
                let message = "a placeholder cannot contain spaces".to_owned();
                return Err(syntax(message, span, &format!("write `${{{dense}}}`")));
            }
        }
        let path = split_path(inner);
        let root = path.first().map_or("", String::as_str);
        let is_metadata = match root {
            "metadata" => true,
            "resources" => false,
            other => return Err(unknown_root(other, span)),
        };
        if path.len() < 2 {
            return Err(syntax(
                format!("the placeholder does not name a part of `{root}`"),
                span,
                "write `${metadata.KEY}` or `${resources.NAME.OUTPUT}`",
            ));
        }
        if let Some(element) = path.iter().find(|it| !is_element(it, is_metadata)) {
            return Err(syntax(
                match element.as_str() {
                    "" => "the placeholder has an empty element".to_owned(),
                    element => format!("`{element}` cannot be part of a placeholder"),
                },
                span,
                "an element consists of letters, digits, `_` and `-`; `\\.` is a dot inside an element",
            ));
        }
        let mut path = path.into_iter().skip(1);
        let root = if is_metadata {
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

/// Whether a string can be an element of a path. Keys of annotations have a slash after their
/// prefix.
fn is_element(text: &str, is_metadata: bool) -> bool {
    let legal = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') || (is_metadata && c == '/')
    };
    !text.is_empty() && text.chars().all(legal)
}

fn syntax(message: String, span: Span, help: &str) -> Box<Diagnostic> {
    let found = Diagnostic::new(Code::SpecPlaceholderSyntax, message);
    Box::new(found.at(span, "").help(help))
}

fn unknown_root(root: &str, span: Span) -> Box<Diagnostic> {
    let is_variable = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let help = match nearest(root, ["metadata", "resources"]) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if root.len() > 1 && root.chars().all(is_variable) => format!(
            "for an environment variable, declare a resource such as `env: {{type: environment}}` and \
             write `${{resources.env.{root}}}`; for a literal `${{{root}}}`, write `$${{{root}}}`"
        ),
        None => "write `$${…}` for a literal `${…}`; a placeholder starts with `metadata` or \
                 `resources`"
            .to_owned(),
    };
    let message = format!("unknown placeholder root `{root}`");
    let found = Diagnostic::new(Code::SpecPlaceholderRoot, message);
    Box::new(found.at(span, "").help(help))
}

/// Splits a path at dots; `\.` is a dot that does not separate, and `\\` is `\`.
pub fn split_path(text: &str) -> Vec<String> {
    let (mut path, mut last) = (Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' {
            chars.next_if(|next| ['.', '\\'].contains(next))
        } else {
            None
        };
        match (c, escaped) {
            (_, Some(escaped)) => last.push(escaped),
            ('.', None) => path.push(std::mem::take(&mut last)),
            (c, None) => last.push(c),
        }
    }
    path.push(last);
    path
}
