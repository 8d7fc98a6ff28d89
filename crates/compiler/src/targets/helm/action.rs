//! Actions in the objects of a chart, and their notation in the template language of Helm. The
//! callers decide where an object has actions.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use crate::emit::leaf::Leaf;
use crate::emit::yaml;
use crate::ir::{Segment, Text, Tree};

/// Helm removes this string from everything that it renders.
const DROPPED: &str = "<no value>";

/// An action of a template: a part of an object that is computed from values when the chart is
/// rendered.
///
/// It is a string or a part of one. An action that is a whole string can also represent any other
/// value of a map or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action(Arc<Kind>);

/// A string with actions.
pub(super) type TemplateText = Text<Action>;

/// A part of an object of a chart, with actions.
pub(super) type TemplateTree = Tree<Action>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// An expression whose result has the same kinds of characters as the sample.
    Name { code: String, sample: String },
    /// An expression that results in a number.
    Number { code: String, sample: String },
    /// An expression that results in an arbitrary string.
    Text(String),
    /// An expression that results in YAML.
    Yaml(String),
    /// A string that must be quoted to survive rendering.
    Quoted(String),
    /// A reference to another variable of a container, which stays unchanged until the kubelet
    /// expands it.
    Variable(String),
    /// Lines that replace the line of the action.
    Block(Vec<Case>),
}

/// Lines that are written under a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Case {
    /// `if …`, `with …` or `range …`; for further cases `else if …` or `else`.
    pub(super) condition: String,
    pub(super) body: Body,
}

/// The replacement of a line, whose key is known when the template is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// The key, and below it the result of an expression as YAML.
    Below(String),
    /// The key, and on the same line an expression that results in YAML.
    Behind(String),
    /// The key and a value.
    Tree(TemplateTree),
    /// The entries or items that an expression results in, without the key.
    Entries(String),
    /// Lines, without the key.
    Lines(Vec<String>),
}

impl Action {
    fn new(kind: Kind) -> TemplateText {
        Segment::Ref(Self(Arc::new(kind))).into()
    }

    /// An action for a number as part of a string.
    pub(super) fn number(code: impl Into<String>, sample: impl Into<String>) -> TemplateText {
        let (code, sample) = (code.into(), sample.into());
        Self::new(Kind::Number { code, sample })
    }

    /// An action for a name or a quantity, which can be written without quotes like the sample.
    pub(super) fn name(code: impl Into<String>, sample: impl Into<String>) -> TemplateText {
        let (code, sample) = (code.into(), sample.into());
        Self::new(Kind::Name { code, sample })
    }

    /// An action for an arbitrary string.
    pub(super) fn text(code: impl Into<String>) -> TemplateText {
        Self::new(Kind::Text(code.into()))
    }

    /// A reference to another variable of a container, in the syntax of the kubelet.
    pub(super) fn variable(name: &str) -> TemplateText {
        Self::new(Kind::Variable(format!("$({name})")))
    }

    /// An action for any value, from an expression that results in YAML.
    pub(super) fn yaml(code: impl Into<String>) -> TemplateText {
        Self::new(Kind::Yaml(code.into()))
    }

    /// An action for whole lines.
    pub(super) fn block(cases: impl IntoIterator<Item = (String, Body)>) -> TemplateTree {
        let cases = cases.into_iter();
        let cases = cases.map(|(condition, body)| Case { condition, body });
        Tree::Text(Self::new(Kind::Block(cases.collect())))
    }

    /// The plain string of the action, if a chart value can hold it unchanged.
    pub(super) fn plain(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Quoted(plain) => Some(plain.as_str()).filter(|plain| !is_dropped(plain)),
            _ => None,
        }
    }

    /// The expression of an action for a name.
    pub(super) fn name_code(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Name { code, .. } => Some(code),
            _ => None,
        }
    }

    /// An expression for the action as part of a string.
    fn code(&self) -> String {
        match &*self.0 {
            Kind::Name { code, .. }
            | Kind::Number { code, .. }
            | Kind::Text(code)
            | Kind::Yaml(code) => code.clone(),
            Kind::Quoted(plain) | Kind::Variable(plain) => {
                format!("\"{}\"", yaml::escaped(plain))
            }
            // A block is never part of a string.
            Kind::Block(_) => String::new(),
        }
    }

    fn is_text(&self) -> bool {
        matches!(*self.0, Kind::Text(_))
    }
}

impl Leaf for Action {
    /// The result is as plain as the sample, or the expression quotes it.
    fn quoted(&self) -> Self {
        self.clone()
    }

    fn sample(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Name { sample, .. } | Kind::Number { sample, .. } | Kind::Variable(sample) => {
                Some(sample)
            }
            Kind::Text(_) | Kind::Yaml(_) | Kind::Quoted(_) | Kind::Block(_) => None,
        }
    }

    fn is_scalar(&self) -> bool {
        self.sample().is_none()
    }

    fn is_line(&self) -> bool {
        true
    }
}

/// Returns the string in a form that survives the template language, the removal of strings by
/// Helm, and YAML.
pub(super) fn settled(text: TemplateText) -> TemplateText {
    if let Some(known) = known(&text) {
        if is_harmed(&known) {
            return Action::new(Kind::Quoted(known.into_owned()));
        }
        return text;
    }
    let is_open = |segment: &Segment<Action>| match segment {
        Segment::Plain(plain) => is_dropped(plain),
        Segment::Ref(action) => action.is_text(),
    };
    if text.segments().iter().any(is_open) {
        // The result of the action can contain line breaks and spaces, which only quotes preserve.
        return Action::yaml(quoting(&text));
    }
    text
}

/// The string in quotes, with escapes for what Helm would remove.
fn quoted(plain: &str) -> String {
    format!("\"{}\"", yaml::escaped(plain).replace('<', "\\u003C"))
}

/// The string, if it is known without rendering.
fn known(text: &TemplateText) -> Option<Cow<'_, str>> {
    if let Some(plain) = text.as_plain() {
        return Some(plain.into());
    }
    let parts = text.segments().iter().map(|segment| match segment {
        Segment::Plain(plain) => Some(plain.as_str()),
        Segment::Ref(action) => match &*action.0 {
            Kind::Variable(plain) => Some(plain.as_str()),
            Kind::Name { .. }
            | Kind::Number { .. }
            | Kind::Text(_)
            | Kind::Yaml(_)
            | Kind::Quoted(_)
            | Kind::Block(_) => None,
        },
    });
    parts.collect::<Option<String>>().map(Cow::Owned)
}

/// Whether Helm would remove a part of a string. Most strings have no `<`, which is found faster.
fn is_dropped(plain: &str) -> bool {
    plain.contains('<') && plain.contains(DROPPED)
}

/// Whether Helm would change a string: it removes `<no value>` anywhere, and white space before
/// trimming actions and at the end of a file.
fn is_harmed(plain: &str) -> bool {
    let last = plain.strip_suffix('\n').unwrap_or(plain);
    is_dropped(plain) || (plain.contains('\n') && last.ends_with(char::is_whitespace))
}

/// An expression that results in the quoted string, with the results of its actions.
fn quoting(text: &TemplateText) -> String {
    let (mut has_dropped, mut is_number) = (false, false);
    let mut parts: Vec<String> = Vec::new();
    for segment in text.segments() {
        let was_number = std::mem::take(&mut is_number);
        match segment {
            Segment::Plain(plain) => {
                has_dropped |= is_dropped(plain);
                parts.push(format!("\"{}\"", yaml::escaped(plain)));
            }
            Segment::Ref(action) => {
                is_number = matches!(*action.0, Kind::Number { .. });
                if was_number && is_number {
                    // `print` writes a space between two numbers.
                    parts.push("\"\"".to_owned());
                }
                parts.push(action.code());
            }
        }
    }
    let mut code = match parts.as_slice() {
        [only] => format!("{only} | quote"),
        parts => {
            let parts: Vec<String> = parts.iter().map(|part| argument(part)).collect();
            format!("print {} | quote", parts.join(" "))
        }
    };
    if has_dropped {
        code.push_str(" | replace \"<\" \"\\\\u003C\"");
    }
    code
}

/// The expression as an argument of another expression.
pub(super) fn argument(code: &str) -> String {
    if is_one_operand(code) {
        code.to_owned()
    } else {
        format!("({code})")
    }
}

/// Whether an expression has no space outside of strings and parentheses.
fn is_one_operand(code: &str) -> bool {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for character in code.chars() {
        match character {
            '"' if !is_escaped => in_string = !in_string,
            '(' if !in_string => depth += 1,
            ')' if !in_string => depth = depth.saturating_sub(1),
            ' ' if !in_string && depth == 0 => return false,
            _ => {}
        }
        is_escaped = in_string && character == '\\' && !is_escaped;
    }
    true
}

/// Writes a string as a template. Plain parts are escaped, so that Helm renders them unchanged.
pub(super) fn write(text: &TemplateText, out: &mut String) {
    for segment in text.segments() {
        match segment {
            Segment::Plain(plain) => literal(plain, out),
            Segment::Ref(action) => match &*action.0 {
                Kind::Name { code, .. }
                | Kind::Number { code, .. }
                | Kind::Text(code)
                | Kind::Yaml(code) => write_action(code, out),
                Kind::Variable(plain) => literal(plain, out),
                Kind::Quoted(plain) => literal(&quoted(plain), out),
                Kind::Block(cases) => block(cases, out),
            },
        }
    }
}

fn literal(plain: &str, out: &mut String) {
    // To search for one character is faster, and most strings have none.
    if !plain.contains('{') {
        out.push_str(plain);
        return;
    }
    for (index, part) in plain.split("{{").enumerate() {
        if index > 0 {
            out.push_str("{{ \"{{\" }}");
        }
        out.push_str(part);
    }
}

fn write_action(code: &str, out: &mut String) {
    // Directly before an action, the brace would be read as part of its opening delimiter.
    if out.ends_with('{') {
        out.pop();
        out.push_str("{{ \"{\" }}");
    }
    // Writing to a string does not fail.
    let _ = write!(out, "{{{{ {code} }}}}");
}

/// The number of spaces at the start of the last line.
fn indentation(out: &str) -> usize {
    let line = out.rsplit('\n').next().unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}

/// Writes lines in place of the last line, which so far contains only a key or a list marker.
fn block(cases: &[Case], out: &mut String) {
    let column = indentation(out);
    let start = out.rfind('\n').map_or(0, |at| at + 1);
    let key = out.split_off(start).trim().to_owned();
    let indent = " ".repeat(column);
    for Case { condition, body } in cases {
        let _ = writeln!(out, "{indent}{{{{- {condition} }}}}");
        let (inner, below) = (column + 2, " ".repeat(column + 2));
        let _ = match body {
            Body::Below(code) => writeln!(
                out,
                "{indent}{key}\n{below}{{{{- toYaml {code} | nindent {inner} }}}}"
            ),
            Body::Behind(code) => writeln!(out, "{indent}{key} {{{{ {code} }}}}"),
            Body::Entries(code) => {
                writeln!(out, "{indent}{{{{- toYaml {code} | nindent {column} }}}}")
            }
            Body::Lines(lines) => lines
                .iter()
                .try_for_each(|line| writeln!(out, "{indent}{line}")),
            Body::Tree(tree) => {
                let mut text = TemplateText::from(format!("{indent}{key}"));
                match tree {
                    Tree::Map(_) | Tree::List(_) => text.push_str(&format!("\n{below}")),
                    _ => text.push_str(" "),
                }
                yaml::emit_at(tree, inner, &mut text);
                write(&text, out);
                Ok(())
            }
        };
    }
    let _ = write!(out, "{indent}{{{{- end }}}}");
}

#[cfg(test)]
mod unit {
    use super::{Action, TemplateText, settled, write};

    /// A string with an action, as a template.
    fn written(before: &str, after: &str) -> String {
        let mut text = TemplateText::from(before);
        text.append(Action::text("$.hole"));
        text.push_str(after);
        template(text)
    }

    fn template(text: TemplateText) -> String {
        let mut out = String::new();
        write(&settled(text), &mut out);
        out
    }

    #[test]
    fn a_text_with_a_hole_keeps_the_lines_of_what_fills_it() {
        let expected = r#"{{ print "a\n" $.hole "\n" | quote }}"#;
        assert_eq!(written("a\n", "\n"), expected);
    }

    #[test]
    fn what_helm_drops_beside_a_name_is_escaped() {
        let mut text = TemplateText::from("<no value>");
        text.append(Action::name("$.name", "name"));
        let expected = r#"{{ print "<no value>" $.name | quote | replace "<" "\\u003C" }}"#;
        assert_eq!(template(text), expected);
    }

    #[test]
    fn what_fills_holes_is_joined_without_spaces() {
        let mut text = Action::number("$.port", "80");
        text.append(Action::number("(index $.ports \"a b\").port", "81"));
        text.append(Action::text("(index $.settings \"a b\") | toString"));
        let expected = r#"{{ print $.port "" (index $.ports "a b").port ((index $.settings "a b") | toString) | quote }}"#;
        assert_eq!(template(text), expected);
    }

    #[test]
    fn what_helm_drops_is_escaped() {
        let text = written("<no value>", "");
        let expected = r#"| quote | replace "<" "\\u003C" }}"#;
        assert!(text.ends_with(expected), "{text}");
    }
}
