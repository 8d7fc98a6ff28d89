//! The syntax of Nunjucks as Backstage uses it: `${{ … }}` inserts a value.

/// The beginnings and ends of tags that have a meaning in text.
const TAGS: [&str; 4] = ["${{", "{%", "{#", "#}"];

/// The names that are not those of fields behind a dot.
const LITERALS: [&str; 4] = ["true", "false", "none", "null"];

/// Whether a string contains no tag.
pub(crate) fn is_plain(text: &str) -> bool {
    !TAGS.iter().any(|tag| text.contains(tag))
}

/// Adds a string, whose tags are inserted by expressions.
pub(crate) fn push_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((at, tag)) = first_tag(rest) {
        out.push_str(&rest[..at]);
        out.push_str("${{ \"");
        out.push_str(tag);
        out.push_str("\" }}");
        rest = &rest[at + tag.len()..];
    }
    out.push_str(rest);
}

fn first_tag(text: &str) -> Option<(usize, &'static str)> {
    let found = TAGS.into_iter();
    let found = found.filter_map(|tag| Some((text.find(tag)?, tag)));
    found.min_by_key(|(at, _)| *at)
}

/// Adds the value of a param.
pub(crate) fn push_param(name: &str, is_json: bool, out: &mut String) {
    out.push_str("${{ ");
    out.push_str(&field("values", name));
    out.push_str(if is_json { " | dump }}" } else { " }}" });
}

/// The value of a field of the form.
pub(crate) fn parameter(name: &str) -> String {
    format!("${{{{ {} }}}}", field("parameters", name))
}

fn field(map: &str, name: &str) -> String {
    if LITERALS.contains(&name) {
        format!("{map}[\"{name}\"]")
    } else {
        format!("{map}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::{parameter, push_param, push_text};

    #[test]
    fn tags_in_text_survive() {
        let mut out = String::new();
        push_text("a ${{ b }} {% c #} {{ d }} $${{ {", &mut out);
        let expected =
            "a ${{ \"${{\" }} b }} ${{ \"{%\" }} c ${{ \"#}\" }} {{ d }} $${{ \"${{\" }} {";
        assert_eq!(out, expected);
    }

    #[test]
    fn literals_are_not_names_of_fields() {
        let mut out = String::new();
        push_param("port", false, &mut out);
        push_param("none", true, &mut out);
        assert_eq!(out, "${{ values.port }}${{ values[\"none\"] | dump }}");
        assert_eq!(parameter("name"), "${{ parameters.name }}");
    }
}
