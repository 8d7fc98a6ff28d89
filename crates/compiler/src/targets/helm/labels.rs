//! The labels of all objects, which are a value of charts for several environments.

use score_spec::Map;

use super::action::{TemplateTree, argument};
use super::edit::{MORE, below, empty, map, more, plain};
use crate::emit::yaml;
use crate::ir::Tree;

/// The value that contains the labels.
const CODE: &str = "$.Values.global.labels";

/// The labels that select pods, which no value can change.
pub(super) const SELECTORS: [&str; 2] = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];

/// Replaces the labels of all objects by an action, and returns the expression for them. A label
/// that the object itself sets or lacks is not taken from the value.
pub(super) fn replace(object: &mut TemplateTree, common: &Map<String>) -> Option<String> {
    let metadata = map(object, &["metadata"])?;
    let labels = metadata.entry("labels".to_owned()).or_insert_with(empty);
    let Tree::Map(entries) = labels else {
        return None;
    };
    let has_none = entries.is_empty();
    let mut omitted = Vec::new();
    for (name, label) in common {
        match entries.get(name).and_then(plain) {
            Some(own) if own == label => drop(entries.shift_remove(name)),
            _ => omitted.push(name.clone()),
        }
    }
    let others = entries.keys().filter(|name| {
        let is_fixed = SELECTORS.contains(&name.as_str());
        !is_fixed && !common.contains_key(*name)
    });
    omitted.extend(others.cloned());
    let code = if omitted.is_empty() {
        CODE.to_owned()
    } else {
        omitted.sort_unstable();
        let names = omitted.iter().map(|name| yaml::escaped(name));
        names.fold(format!("omit {CODE}"), |code, name| {
            format!("{code} \"{name}\"")
        })
    };
    if has_none {
        *labels = below(&code);
    } else {
        entries.insert(MORE.to_owned(), more(&code));
    }
    Some(argument(&code))
}

#[cfg(test)]
mod tests {
    use score_spec::{Map, Value};
    use serde_json::{Value as Json, json};

    use super::replace;
    use crate::ir::Text;
    use crate::targets::helm::action::{TemplateText, TemplateTree, write};

    /// The expression for the labels of an object with this metadata, and the object as a template.
    /// All objects have the labels `team: shop` and `part-of: shop`.
    fn replaced(metadata: &Json) -> (String, String) {
        let tree = Value::from_json(json!({"metadata": metadata}));
        let mut object: TemplateTree = tree.map_text(&mut |text| Text::from(text.as_str()));
        let common = ["team", "part-of"].map(|name| (name.to_owned(), "shop".to_owned()));
        let code = replace(&mut object, &Map::from_iter(common)).unwrap_or_default();
        let (mut text, mut out) = (TemplateText::new(), String::new());
        crate::emit::yaml::emit(&object, &mut text);
        write(&text, &mut out);
        (code, out)
    }

    fn check(labels: &Json, code: &str, kept: &str) {
        let (found, text) = replaced(&json!({"labels": labels}));
        assert_eq!(found, code, "{labels}");
        let condition = code.trim_start_matches('(').trim_end_matches(')');
        let expected = format!(
            "metadata:\n  labels:\n{kept}    {{{{- with {condition} }}}}\n    {{{{- toYaml . | nindent 4 \
             }}}}\n    {{{{- end }}}}\n"
        );
        assert_eq!(text, expected, "{labels}");
    }

    #[test]
    fn labels_of_all_objects_are_a_value() {
        let labels = json!({"app.kubernetes.io/name": "x", "team": "shop", "part-of": "shop"});
        let kept = "    app.kubernetes.io/name: x\n";
        check(&labels, "$.Values.global.labels", kept);
    }

    #[test]
    fn labels_that_the_object_sets_or_lacks_are_not_from_the_value() {
        let code = r#"(omit $.Values.global.labels "own" "part-of" "team")"#;
        let kept = "    team: other\n    own: x\n";
        check(&json!({"team": "other", "own": "x"}), code, kept);
    }

    #[test]
    fn names_of_labels_are_no_code() {
        let labels = json!({"team": "shop", "part-of": "shop", "\"}}{{ fail": "x"});
        let code = r#"(omit $.Values.global.labels "\"}}{{ fail")"#;
        let (found, text) = replaced(&json!({"labels": labels}));
        assert_eq!(found, code);
        assert!(text.contains(r#""\"}}{{ "{{" }} fail": x"#), "{text}");
    }

    #[test]
    fn an_object_without_labels_has_the_key_only_if_there_are_some() {
        let (code, text) = replaced(&json!({"name": "it"}));
        assert_eq!(code, r#"(omit $.Values.global.labels "part-of" "team")"#);
        let condition =
            "  {{- with omit $.Values.global.labels \"part-of\" \"team\" }}\n  labels:\n";
        assert!(text.contains(condition), "{text}");
    }
}
