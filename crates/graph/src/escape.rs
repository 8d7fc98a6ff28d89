//! Escapes text of a project for each format. Unsafe characters, such as those that change the direction of text, are
//! shown as escape sequences in all of them.

use std::fmt::Write;

use score_spec::diagnostic::printable::{clean, is_unsafe};

/// Text in XML or HTML, also in quoted attributes.
pub(crate) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // They are the only characters left that XML does not allow.
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A quoted label of Mermaid. Everything but letters, digits and a few harmless characters is an entity: Mermaid
/// interprets quotes, backticks, `%%{…}` and markup in labels.
pub(crate) fn mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        if c.is_alphanumeric() || " .,-_/·×–".contains(c) {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}

/// A quoted string of Graphviz, which interprets escapes and entities in it.
pub(crate) fn dot(text: &str) -> String {
    let text = clean(text);
    let text = text.replace('&', "&amp;").replace('\\', "\\\\");
    text.replace('"', "\\\"")
}

/// A JSON document in a script element, which it cannot end.
pub(crate) fn json(json: &serde_json::Value) -> String {
    let mut escaped = String::new();
    // Outside of strings, JSON has none of these characters.
    for c in json.to_string().chars() {
        if matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') || is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{dot, json, mermaid, xml};

    #[test]
    fn nothing_leaves_its_place() {
        let text = "a\"b'c<d>&amp;`e`%%{f}%%\\n\u{202e}\u{1}\n#35;";
        assert_eq!(
            xml(text),
            "a&quot;b&#39;c&lt;d&gt;&amp;amp;`e`%%{f}%%\\n\\u{202e}\\u{1}\\n#35;"
        );
        assert_eq!(mermaid("a\"`%%{"), "a#34;#96;#37;#37;#123;");
        assert_eq!(dot("a\"\\N&lt;"), "a\\\"\\\\N&amp;lt;");
        let value = serde_json::json!({"a": "</script><!--\u{2028}&"});
        let escaped = json(&value);
        assert_eq!(
            escaped,
            r#"{"a":"\u003c/script\u003e\u003c!--\u2028\u0026"}"#
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).ok(),
            Some(value)
        );
    }
}
