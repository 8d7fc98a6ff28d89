//! Variables in the syntax of Compose, which the entries of lists for Compose contain: `$$`, `$NAME`, `${NAME}` and
//! `${NAME:?message}` (Compose Specification, "Interpolation").

use crate::ir::{Ref, Segment, Text, Tree};

/// The value with references in place of variables. An error is a form that no reference has, such as a default.
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
            let required = form.starts_with(":?") || form.starts_with('?');
            if !form.is_empty() && !required {
                return Err(format!("${{{inner}}}"));
            }
            let name = name.to_owned();
            whole.push_ref(Ref::Env { name, required });
            rest = after;
        } else if let Some((name, after)) = name(after) {
            let (name, required) = (name.to_owned(), false);
            whole.push_ref(Ref::Env { name, required });
            rest = after;
        } else {
            whole.push_str("$");
            rest = after;
        }
    }
    whole.push_str(rest);
    Ok(())
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
                Ref::Env { name, required } => format!("<{name} {required}>").into(),
                _ => Text::new(),
            });
            Ok(named.as_plain().unwrap_or_default().to_owned())
        };
        for (text, expected) in [
            ("a $$b $${C}", "a $b ${C}"),
            ("${A}/$B_1.x", "<A false>/<B_1 false>.x"),
            ("${A:?is missing}", "<A true>"),
            ("5$ and $1", "5$ and $1"),
        ] {
            assert_eq!(shown(text), Ok(expected.to_owned()), "{text}");
        }
        assert_eq!(shown("${A:-b}"), Err("${A:-b}".to_owned()));
    }
}
