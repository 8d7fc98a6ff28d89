//! The regular expressions in the params of a template, which Backstage evaluates as JavaScript with the flag `u`.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    Assertion, AssertionKind, Ast, ClassSetBinaryOp, ClassSetItem, ClassUnicode, ClassUnicodeKind,
    GroupKind, HexLiteralKind, Literal, LiteralKind, RepetitionKind, Span as Place,
    SpecialLiteralKind, Visitor, visit,
};
use score_spec::{Node, Span};

use crate::findings::Findings;

/// Keywords with values as they are, in which `pattern` is no keyword.
const DATA: [&str; 4] = ["default", "const", "enum", "examples"];

/// The characters that JavaScript escapes with a `\`.
const ESCAPED: &str = "^$\\.*+?()[]{}|/";

/// The general categories, which JavaScript knows by the same names.
const CATEGORIES: [&str; 37] = [
    "L", "LC", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P",
    "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
    "C", "Cc", "Cf", "Co", "Cn",
];

/// Reports the parts of regular expressions that JavaScript does not read in the same way.
pub(super) fn check(params: &Node, findings: &mut Findings) {
    let mut open = vec![params];
    while let Some(node) = open.pop() {
        for entry in node.entries() {
            let key = entry.key.as_str();
            if key == "pattern"
                && let Some(pattern) = entry.value.text()
            {
                report(pattern, entry.value.span, findings);
            }
            if key == "patternProperties" {
                for property in entry.value.entries() {
                    report(&property.key, property.key_span, findings);
                }
            }
            if !DATA.contains(&key) {
                open.push(&entry.value);
            }
        }
        open.extend(node.items());
    }
}

fn report(pattern: &str, span: Span, findings: &mut Findings) {
    let Some(part) = different(pattern) else {
        return;
    };
    let message = if part == pattern {
        "JavaScript may not read the pattern in the same way".to_owned()
    } else {
        format!("`{part}` in the pattern has another meaning in JavaScript, or none")
    };
    let help = "use a regular expression that both know: without flags, `\\A`, `\\z` and `(?P<name>…)`, and with `\\` only before `^$\\.*+?()[]{}|/`";
    findings.incomplete(0, message).add(Some(span), help);
}

/// The first part of a pattern that JavaScript does not read in the same way; the whole pattern if it cannot be told.
fn different(pattern: &str) -> Option<&str> {
    let Ok(ast) = Parser::new().parse(pattern) else {
        return Some(pattern);
    };
    let place = visit(&ast, Reader { pattern }).err()?;
    Some(
        pattern
            .get(place.start.offset..place.end.offset)
            .unwrap_or(pattern),
    )
}

/// Finds the first such part, without recursion.
struct Reader<'p> {
    pattern: &'p str,
}

impl Visitor for Reader<'_> {
    type Output = ();
    type Err = Place;

    fn finish(self) -> Result<(), Place> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Place> {
        let is_common = match ast {
            Ast::Flags(_) => false,
            Ast::Literal(literal) => is_common(literal, false) && !is_bracket(literal),
            Ast::Assertion(assertion) => is_common_assertion(assertion),
            Ast::ClassUnicode(class) => self.is_category(class),
            Ast::Repetition(repetition) => {
                let is_single = !matches!(
                    *repetition.ast,
                    Ast::Assertion(_) | Ast::Repetition(_) | Ast::Empty(_)
                );
                let is_range = matches!(repetition.op.kind, RepetitionKind::Range(_));
                is_single && (!is_range || is_counted(self.text(repetition.op.span)))
            }
            Ast::Group(group) => match &group.kind {
                GroupKind::CaptureIndex(_) => true,
                GroupKind::CaptureName {
                    starts_with_p,
                    name,
                } => {
                    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    !starts_with_p && name.name.chars().all(is_word)
                }
                GroupKind::NonCapturing(flags) => flags.items.is_empty(),
            },
            Ast::ClassBracketed(class) => {
                // In JavaScript, `]` ends a class even if nothing is before it.
                !self
                    .text(class.span)
                    .trim_start_matches(['[', '^'])
                    .starts_with(']')
            }
            Ast::Empty(_)
            | Ast::Dot(_)
            | Ast::ClassPerl(_)
            | Ast::Alternation(_)
            | Ast::Concat(_) => true,
        };
        require(is_common, *ast.span())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Place> {
        let is_common = match item {
            ClassSetItem::Literal(literal) => is_common(literal, true),
            ClassSetItem::Range(range) => {
                is_common(&range.start, true) && is_common(&range.end, true)
            }
            ClassSetItem::Unicode(class) => self.is_category(class),
            ClassSetItem::Ascii(_) | ClassSetItem::Bracketed(_) => false,
            ClassSetItem::Empty(_) | ClassSetItem::Perl(_) | ClassSetItem::Union(_) => true,
        };
        require(is_common, *item.span())
    }

    fn visit_class_set_binary_op_pre(&mut self, op: &ClassSetBinaryOp) -> Result<(), Place> {
        Err(op.span)
    }
}

impl Reader<'_> {
    fn text(&self, place: Place) -> &str {
        let range = place.start.offset..place.end.offset;
        self.pattern.get(range).unwrap_or_default()
    }

    /// Whether a class of Unicode is a general category in the form `\p{…}`.
    fn is_category(&self, class: &ClassUnicode) -> bool {
        let is_known = match &class.kind {
            ClassUnicodeKind::Named(name) => CATEGORIES.contains(&name.as_str()),
            ClassUnicodeKind::OneLetter(_) | ClassUnicodeKind::NamedValue { .. } => false,
        };
        is_known && !self.text(class.span).contains('^')
    }
}

fn require(is_common: bool, place: Place) -> Result<(), Place> {
    if is_common { Ok(()) } else { Err(place) }
}

/// Whether a character is written as in JavaScript. In a class, a `-` can have a `\`.
fn is_common(literal: &Literal, is_in_class: bool) -> bool {
    match &literal.kind {
        LiteralKind::Meta | LiteralKind::Superfluous => {
            ESCAPED.contains(literal.c) || (is_in_class && literal.c == '-')
        }
        LiteralKind::Verbatim
        | LiteralKind::HexFixed(HexLiteralKind::X | HexLiteralKind::UnicodeShort)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort) => true,
        LiteralKind::Special(kind) => {
            !matches!(kind, SpecialLiteralKind::Bell | SpecialLiteralKind::Space)
        }
        LiteralKind::Octal | LiteralKind::HexFixed(_) | LiteralKind::HexBrace(_) => false,
    }
}

/// Whether a character is a bracket without `\`, which JavaScript refuses.
fn is_bracket(literal: &Literal) -> bool {
    literal.kind == LiteralKind::Verbatim && "{}]".contains(literal.c)
}

fn is_common_assertion(assertion: &Assertion) -> bool {
    matches!(
        assertion.kind,
        AssertionKind::StartLine
            | AssertionKind::EndLine
            | AssertionKind::WordBoundary
            | AssertionKind::NotWordBoundary
    )
}

/// Whether a repetition has the form `{2}`, `{2,}` or `{2,3}`.
fn is_counted(text: &str) -> bool {
    let inner = text.trim_end_matches('?').strip_prefix('{');
    let inner = inner
        .and_then(|it| it.strip_suffix('}'))
        .unwrap_or_default();
    inner.starts_with(|c: char| c.is_ascii_digit())
        && inner.chars().all(|c| c.is_ascii_digit() || c == ',')
}

#[cfg(test)]
mod tests {
    use super::different;

    #[test]
    fn patterns_of_both_are_found() {
        for pattern in [
            "^[a-z][a-z0-9-]{0,61}[a-z0-9]$",
            "^/[A-Za-z0-9._/-]*$",
            r"^\d+\.\d+(?:-\w+)?$",
            r"(?<year>\d{4})|\p{Lu}|[\p{L}\-]|\u{1F600}|\x41|\u0041|\/|\t",
            "a+?b{2,}c{1,2}?|()|",
            "[&~#a.*+?-]",
        ] {
            assert_eq!(different(pattern), None, "{pattern}");
        }
        for (pattern, part) in [
            ("^(?i)[a-z]+$", "(?i)"),
            ("(?i:a)b", "(?i:a)"),
            ("(?P<a>b)c", "(?P<a>b)"),
            (r"\Aa", r"\A"),
            (r"a\z", r"\z"),
            (r"a\#", r"\#"),
            (r"a\-b", r"\-"),
            (r"[a\&]", r"\&"),
            (r"a\a", r"\a"),
            (r"\x{41}b", r"\x{41}"),
            (r"\U00000041b", r"\U00000041"),
            (r"\pLb", r"\pL"),
            (r"\p{Greek}b", r"\p{Greek}"),
            (r"\p{^L}b", r"\p{^L}"),
            ("[[:alpha:]_]", "[:alpha:]"),
            ("[a[b]]", "[b]"),
            ("[a-z&&b]c", "a-z&&b"),
            ("[]a]b", "[]a]"),
            ("[^]a]b", "[^]a]"),
            ("a}b", "}"),
            ("a]b", "]"),
            ("a**b", "a**"),
            ("^*b", "^*"),
            (r"\b{start}a", r"\b{start}"),
            ("a(?=b)", "a(?=b)"),
        ] {
            assert_eq!(different(pattern), Some(part), "{pattern}");
        }
    }
}
