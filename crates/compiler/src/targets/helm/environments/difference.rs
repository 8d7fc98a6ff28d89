//! The values of an environment that differ from the defaults of a chart, as Helm merges them: maps
//! are merged, `null` removes a key, and everything else replaces the default.

use score_spec::Map;

use crate::ir::Tree;
use crate::targets::helm::values::{Entry, Plain};

/// The values to set over those of the default environment.
pub(super) fn difference(default: &Entry, other: &Entry) -> Map<Plain> {
    let mut changed = Map::default();
    for (name, entry) in default.entries() {
        match other.get(name) {
            Some(other) => changed.extend(of_entries(entry, other).map(|it| (name.clone(), it))),
            None if entry.is_null() => {}
            None => drop(changed.insert(name.clone(), Plain::Null)),
        }
    }
    let new = other
        .entries()
        .filter(|(name, _)| default.get(name).is_none());
    changed.extend(new.map(|(name, entry)| (name.clone(), entry.plain())));
    changed
}

fn of_entries(default: &Entry, other: &Entry) -> Option<Plain> {
    match (&default.value, &other.value) {
        (Some((default, _)), Some((other, _))) => of_trees(default, other),
        _ => Some(difference(default, other).into()).filter(|it| !is_empty(it)),
    }
}

fn of_trees(default: &Plain, other: &Plain) -> Option<Plain> {
    let (Tree::Map(from), Tree::Map(to)) = (default, other) else {
        return (default != other).then(|| other.clone());
    };
    let mut changed = Map::default();
    for (name, value) in &**from {
        match to.get(name) {
            Some(other) => changed.extend(of_trees(value, other).map(|it| (name.clone(), it))),
            None if *value == Plain::Null => {}
            None => drop(changed.insert(name.clone(), Plain::Null)),
        }
    }
    let new = to.iter().filter(|(name, _)| !from.contains_key(*name));
    changed.extend(new.map(|(name, value)| (name.clone(), value.clone())));
    Some(changed.into()).filter(|it| !is_empty(it))
}

fn is_empty(tree: &Plain) -> bool {
    matches!(tree, Tree::Map(entries) if entries.is_empty())
}

#[cfg(test)]
mod tests {
    use score_spec::{Map, Value};
    use serde_json::{Value as Json, json};

    use super::difference;
    use crate::ir::Text;
    use crate::targets::helm::values::{Form, Plain, Values, json as plain_json};

    /// Values with a group that has these entries, as values of their own.
    fn values(entries: &Json) -> Values {
        let mut values = Values::default();
        for (name, value) in entries.as_object().into_iter().flatten() {
            let value = Value::from_json(value.clone());
            let value: Plain = value.map_text(&mut |text| Text::from(text.as_str()));
            values.add(&["group", name], "", Form::Map, value);
        }
        values
    }

    /// Values merged over others, as Helm does it.
    fn over(default: &Json, other: &Json) -> Json {
        let (Json::Object(default), Json::Object(other)) = (default, other) else {
            return other.clone();
        };
        let mut merged = default.clone();
        for (name, value) in other {
            match default.get(name) {
                Some(_) if value.is_null() => drop(merged.shift_remove(name)),
                Some(default) => drop(merged.insert(name.clone(), over(default, value))),
                None => drop(merged.insert(name.clone(), value.clone())),
            }
        }
        Json::Object(merged)
    }

    fn check(default: &Json, other: &Json, expected: &Json) {
        let (from, to) = (values(default), values(other));
        let changed: Map<Plain> = difference(from.root(), to.root());
        let changed = plain_json(&changed.into());
        assert_eq!(changed, *expected, "{default} and {other}");
        let merged = over(&plain_json(&from.root().plain()), &changed);
        assert_eq!(
            merged,
            plain_json(&to.root().plain()),
            "{default} and {other}"
        );
    }

    #[test]
    fn only_what_differs_is_set() {
        let default = json!({"a": {"x": 1, "y": [1, 2]}, "b": "text", "c": null});
        let other = json!({"a": {"x": 2, "y": [1, 2]}, "b": "text", "c": null});
        check(&default, &other, &json!({"group": {"a": {"x": 2}}}));
        check(&default, &default, &json!({}));
    }

    #[test]
    fn lists_are_replaced_and_missing_keys_are_null() {
        let default = json!({"a": {"x": 1, "y": [1, 2], "z": {"k": 1}}, "b": true});
        let other = json!({"a": {"y": [2], "z": {}}});
        let expected = json!({"a": {"x": null, "y": [2], "z": {"k": null}}, "b": null});
        check(&default, &other, &json!({"group": expected}));
    }

    #[test]
    fn what_the_default_lacks_is_set_as_a_whole() {
        let other = json!({"a": {"x": {"k": "v"}}, "b": 1});
        check(
            &json!({"b": 1}),
            &other,
            &json!({"group": {"a": {"x": {"k": "v"}}}}),
        );
        check(&json!({}), &other, &json!({"group": other}));
        check(&other, &json!({}), &json!({"group": null}));
    }

    #[test]
    fn values_of_other_kinds_replace_each_other() {
        let (map, list) = (json!({"a": {"x": 1}}), json!({"a": ["x"]}));
        check(&map, &list, &json!({"group": {"a": ["x"]}}));
        check(&list, &map, &json!({"group": {"a": {"x": 1}}}));
    }
}
