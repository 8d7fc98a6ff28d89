//! JSON as the template function `toJson` of Helm writes it, so that both compute the same hash.

use std::fmt::Write;

use serde_json::Value as Json;

/// Writes JSON like `toJson` in Helm: with sorted keys, and with escapes for characters that are
/// special in HTML.
pub(super) fn go_json(json: &Json, out: &mut String) {
    match json {
        Json::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                go_string(key, out);
                out.push(':');
                go_json(value, out);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                go_json(item, out);
            }
            out.push(']');
        }
        Json::String(text) => go_string(text, out),
        other => {
            let text = other.to_string();
            // A whole number is one in Go, whatever its type.
            out.push_str(text.strip_suffix(".0").unwrap_or(&text));
        }
    }
}

fn go_string(text: &str, out: &mut String) {
    let json = Json::from(text).to_string();
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod unit {
    use serde_json::json;

    use super::go_json;

    #[test]
    fn json_is_that_of_go() {
        let json = json!({"b": ["<a&b>", 1, 2.0, 0.5, null], "a": {"d": true, "c": "é\n"}});
        let expected =
            "{\"a\":{\"c\":\"é\\n\",\"d\":true},\"b\":[\"\\u003ca\\u0026b\\u003e\",1,2,0.5,null]}";
        let mut written = String::new();
        go_json(&json, &mut written);
        assert_eq!(written, expected);
    }
}
