//! The wording for valid YAML that does not form a tree: keys, tags, aliases and limits.

use crate::diagnostic::nearest;
use crate::{Code, Diagnostic, Kind, Node, Severity, Span};

use super::{MAX_DEPTH, MAX_DIAGNOSTICS, MAX_DOCUMENTS, MAX_KEY, MAX_NODES, shown};

pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlLimit,
        format!("maps and lists are nested more than {MAX_DEPTH} levels deep"),
    )
    .at(span, "")
    .help("reduce the nesting")
}

pub(super) fn too_many_values(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlLimit,
        format!("the input has more than {MAX_NODES} keys and values; the rest is ignored"),
    )
    .at(span, "")
    .help("a Score file describes one workload; put large contents into separate files")
}

pub(super) fn too_many_documents(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlLimit,
        format!("the input has more than {MAX_DOCUMENTS} documents; the rest is ignored"),
    )
    .at(span, "")
    .help("split it into several files")
}

pub(super) fn long_key(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlLimit,
        format!("the key is longer than {MAX_KEY} bytes"),
    )
    .at(span, "")
    .help("use a shorter one")
}

pub(super) fn too_many(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlLimit,
        format!("the input has {MAX_DIAGNOSTICS} problems or more; the rest is ignored"),
    )
    .at(span, "")
    .help("fix the first ones and try again")
}

pub(super) fn expands_too_far(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlLimit,
        "aliases expand the input too far; the rest is ignored",
    )
    .at(span, "")
    .help("use fewer aliases")
}

pub(super) fn endless_alias(name: &str, span: Span, anchor: Option<Span>) -> Diagnostic {
    let finding = Diagnostic::new(
        Code::YamlLimit,
        format!(
            "the alias `*{}` is inside the node that it refers to",
            shown(name)
        ),
    )
    .at(span, "would expand endlessly")
    .help("replace the alias with the intended value");
    match anchor {
        Some(anchor) => finding.at(anchor, "the anchor is here"),
        None => finding,
    }
}

/// Limits on the names that are compared with a wrong one, because the time grows with their number
/// and length.
const COMPARED: (usize, usize) = (100, 60);

pub(super) fn unknown_alias<'a>(
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let (most, longest) = COMPARED;
    let known = known
        .filter(|known| known.len() <= longest && name.len() <= longest)
        .take(most);
    Diagnostic::new(
        Code::YamlSyntax,
        format!("there is no anchor `{}` before this alias", shown(name)),
    )
    .at(span, "")
    .help(match nearest(name, known) {
        Some(near) => format!("did you mean `*{near}`?"),
        None => {
            "an anchor is set with `&` before a value; quote a string that begins with `*`".into()
        }
    })
}

pub(super) fn tag_mismatch(tag: &str, span: Span, value: &Node) -> Diagnostic {
    Diagnostic::new(
        Code::YamlTag,
        format!(
            "the tag `{}` does not match {}",
            shown(tag),
            value.kind_name()
        ),
    )
    .at(span, "")
    .at(value.span, "the value")
    .help("remove the tag, or write a matching value")
}

pub(super) fn unknown_tag(tag: &str, span: Span) -> Diagnostic {
    let mut finding = Diagnostic::new(
        Code::YamlTag,
        format!("the tag `{}` has no meaning here", shown(tag)),
    )
    .at(span, "")
    .help("remove it, or quote a string that begins with `!`");
    finding.severity = Severity::Warning;
    finding
}

/// A key that is not a string. `written` is its text at `span`; `fix` is the text that may replace it.
pub(super) fn key_type(key: &Node, written: &str, span: Span, fix: Option<String>) -> Diagnostic {
    let finding = |message: String| Diagnostic::new(Code::YamlKeyType, message).at(span, "");
    if written.is_empty() {
        return finding("a key is missing".into()).help("write a key before the `:`");
    }
    let finding = finding(format!(
        "the key `{}` is {}, not a string",
        shown(written),
        key.kind_name()
    ));
    let bracket = written.chars().next().filter(|c| "{[".contains(*c));
    match (fix, bracket, &key.kind) {
        (Some(quoted), ..) => finding
            .help(format!("quote it: `{quoted}`"))
            .fix(span, quoted),
        (None, Some(bracket), Kind::List(_) | Kind::Map(_)) => {
            finding.help(format!("quote a string that begins with `{bracket}`"))
        }
        (None, _, Kind::List(_) | Kind::Map(_)) => finding.help("use a string as the key"),
        _ => finding.help("quote it to make it a string"),
    }
}
