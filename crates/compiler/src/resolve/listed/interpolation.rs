//! Variables in the syntax of Compose, which the entries of lists for Compose contain: `$$`, `$NAME`, `${NAME}`,
//! `${NAME:?message}`, `${NAME:-default}` and `${NAME-default}` (Compose Specification, "Interpolation").

use crate::ir::{Ref, Segment, Text, Tree, Unset};

/// The value with references in place of variables. An error is a form that no reference has, such as
/// `${NAME:+value}`.
pub(super) fn interpolated(tree: &Tree) -> Result<Tree, String> {
    let mut wrong = None;
    let tree = tree.map_text(&mut |text: &Text| match one(text) {
        Ok(text) => text,
        Err(form) => {
            wrong.get_or_insert(form);
            Text::new()
        }
    });
    wrong.map_or(Ok(tree), Err)
}

fn one(text: &Text) -> Result<Text, String> {
    let mut whole = Text::new();
    for segment in text.segments() {
        match segment {
            Segment::Plain(plain) => plain_text(plain, &mut whole)?,
            Segment::Ref(reference) => whole.push_ref(reference.clone()),
        }
    }
    Ok(whole)
}

fn plain_text(plain: &str, whole: &mut Text) -> Result<(), String> {
    let mut rest = plain;
    while let Some((before, after)) = rest.split_once('$') {
        whole.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            whole.push_str("$");
            rest = after;
        } else if let Some(inner) = after.strip_prefix('{')
            && let Some((inner, after)) = inner.split_once('}')
        {
            let (name, form) = name(inner).ok_or_else(|| inner.to_owned())?;
            let unset = unset(form).ok_or_else(|| format!("${{{inner}}}"))?;
            let name = name.to_owned();
            whole.push_ref(Ref::Env { name, unset });
            rest = after;
        } else if let Some((name, after)) = name(after) {
            let (name, unset) = (name.to_owned(), Unset::Empty);
            whole.push_ref(Ref::Env { name, unset });
            rest = after;
        } else {
            whole.push_str("$");
            rest = after;
        }
    }
    whole.push_str(rest);
    Ok(())
}

/// The value of a variable that is not set, by what follows its name. Absent if it contains other variables, or if it is
/// another form.
fn unset(form: &str) -> Option<Unset> {
    if form.is_empty() {
        return Some(Unset::Empty);
    }
    if form.starts_with(":?") || form.starts_with('?') {
        return Some(Unset::Error);
    }
    let (value, if_empty) = match form.strip_prefix(":-") {
        Some(value) => (value, true),
        None => (form.strip_prefix('-')?, false),
    };
    let is_plain = |c: char| !"${}".contains(c) && !c.is_control();
    value.chars().all(is_plain).then(|| Unset::Default {
        value: value.to_owned(),
        if_empty,
    })
}

/// The name at the start of a string, and the rest.
fn name(text: &str) -> Option<(&str, &str)> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !in_name(c)).unwrap_or(text.len());
    let is_name = end > 0 && !text.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::interpolated;
    use crate::ir::{Ref, Text, Tree};

    #[test]
    fn variables_become_references() {
        let shown = |text: &str| {
            let tree = interpolated(&Tree::Text(text.into()))?;
            let Tree::Text(text) = tree else {
                return Err("no text".to_owned());
            };
            let named: Text = text.map(|reference| match reference {
                Ref::Env { name, unset } => format!("<{name} {unset:?}>").into(),
                _ => Text::new(),
            });
            Ok(named.as_plain().unwrap_or_default().to_owned())
        };
        for (text, expected) in [
            ("a $$b $${C}", "a $b ${C}"),
            ("${A}/$B_1.x", "<A Empty>/<B_1 Empty>.x"),
            ("${A:?is missing}", "<A Error>"),
            (
                "${A:-b c}",
                "<A Default { value: \"b c\", if_empty: true }>",
            ),
            ("${A-}", "<A Default { value: \"\", if_empty: false }>"),
            ("5$ and $1", "5$ and $1"),
        ] {
            assert_eq!(shown(text), Ok(expected.to_owned()), "{text}");
        }
        for wrong in ["${A:+b}", "${A:-$B}", "${A:-\n}", "${A:-{}"] {
            assert_eq!(shown(wrong), Err(wrong.to_owned()), "{wrong}");
        }
    }
}
