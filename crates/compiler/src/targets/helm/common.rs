//! The labels and annotations of all objects, which the values can set. In charts for several
//! environments, the labels of the project are a value too.

use score_spec::Map;

use super::action::{TemplateTree, argument};
use super::edit::{MORE, below, empty, map, more, plain};
use crate::emit::yaml;
use crate::ir::Tree;

/// The value with labels of all objects and pods.
const LABELS: &str = "$.Values.commonLabels";
/// The value with annotations of all objects.
const ANNOTATIONS: &str = "$.Values.commonAnnotations";
/// The value with the labels of the project.
const OF_PROJECT: &str = "$.Values.global.labels";

/// The labels that select pods, which no value can change.
pub(super) const SELECTORS: [&str; 2] = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];
/// The labels of every object of a component. Helm itself sets the last one.
pub(super) const STANDARD: [&str; 3] = [SELECTORS[0], SELECTORS[1], "app.kubernetes.io/managed-by"];
/// The prefix of the annotations of every object.
pub(super) const OWN_PREFIX: &str = "k8s.score.dev/";

/// Labels or annotations from values: expressions for maps, of which later ones take precedence.
/// The entries that an object itself has are not among them.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers(Vec<String>);

/// The labels and annotations of all objects, as far as one object does not set them itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Common {
    pub(super) labels: Layers,
    pub(super) annotations: Layers,
}

impl Layers {
    /// The labels of all objects and pods, for a pod with these labels.
    pub(super) fn of_pod(labels: Option<&TemplateTree>, fixed: &[String]) -> Self {
        let own = match labels {
            Some(Tree::Map(entries)) => names(entries, |name| !fixed.iter().any(|it| it == name)),
            _ => Vec::new(),
        };
        Self(vec![omit(LABELS, own)])
    }

    /// These layers, and below them a value of the component.
    pub(super) fn with(&self, value: &str) -> String {
        merged(self.0.iter().map(String::as_str).chain([value]))
    }

    fn code(&self) -> String {
        merged(self.0.iter().map(String::as_str))
    }
}

/// The labels that no value `commonLabels` may contain: those of every object that are not a value
/// themselves. `project` are the labels of the project.
pub(super) fn fixed<'a>(project: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let project = project.into_iter().map(String::as_str);
    let mut fixed: Vec<&str> = STANDARD.into_iter().chain(project).collect();
    fixed.sort_unstable();
    fixed.dedup();
    fixed.into_iter().map(str::to_owned).collect()
}

/// Lets values add labels and annotations to an object. A label or annotation that the object sets
/// itself stays as it is; `fixed` are the labels that `commonLabels` cannot contain.
///
/// If the labels of the project are a value, they are replaced by an action; a label of the project
/// that the object sets itself or lacks is not taken from the value.
pub(super) fn add(
    object: &mut TemplateTree,
    project: Option<&Map<String>>,
    fixed: &[String],
) -> Common {
    let Some(metadata) = map(object, &["metadata"]) else {
        return Common::default();
    };
    let labels = metadata.entry("labels".to_owned()).or_insert_with(empty);
    let mut layers = Layers::default();
    if let Tree::Map(entries) = labels {
        let of_project = project.map(|project| of_project(entries, project));
        let own = names(entries, |name| !fixed.iter().any(|it| it == name));
        layers = Layers(of_project.into_iter().chain([omit(LABELS, own)]).collect());
        extend(labels, &layers);
    }
    let annotations = metadata.entry("annotations".to_owned());
    let annotations = annotations.or_insert_with(empty);
    let mut more = Layers::default();
    if let Tree::Map(entries) = annotations {
        let own = names(entries, |name| !name.starts_with(OWN_PREFIX));
        more = Layers(vec![omit(ANNOTATIONS, own)]);
        extend(annotations, &more);
    }
    Common {
        labels: layers,
        annotations: more,
    }
}

/// Removes the labels of the project from those of an object, and returns an expression for them.
fn of_project(entries: &mut Map<TemplateTree>, project: &Map<String>) -> String {
    let mut omitted = Vec::new();
    for (name, label) in project {
        match entries.get(name).and_then(plain) {
            Some(own) if own == label => drop(entries.shift_remove(name)),
            _ => omitted.push(name.clone()),
        }
    }
    omitted.extend(names(entries, |name| {
        !SELECTORS.contains(&name) && !project.contains_key(name)
    }));
    omit(OF_PROJECT, omitted)
}

/// The names of entries that pass a test.
fn names(entries: &Map<TemplateTree>, passes: impl Fn(&str) -> bool) -> Vec<String> {
    let names = entries.keys().filter(|name| passes(name));
    names.cloned().collect()
}

/// An expression for a map without these keys.
fn omit(code: &str, mut keys: Vec<String>) -> String {
    if keys.is_empty() {
        return code.to_owned();
    }
    keys.sort_unstable();
    let keys = keys.iter().map(|key| yaml::escaped(key));
    keys.fold(format!("omit {code}"), |code, key| {
        format!("{code} \"{key}\"")
    })
}

/// An expression for several maps, of which later ones take precedence. (`merge` would replace an
/// empty string.)
fn merged<'c>(layers: impl Iterator<Item = &'c str>) -> String {
    let layers: Vec<&str> = layers.collect();
    match layers.as_slice() {
        [only] => (*only).to_owned(),
        layers => layers
            .iter()
            .fold("mergeOverwrite dict".to_owned(), |code, layer| {
                format!("{code} {}", argument(layer))
            }),
    }
}

/// Adds an action for further entries to a map, or replaces an empty map with it.
fn extend(map: &mut TemplateTree, layers: &Layers) {
    let code = layers.code();
    match map {
        Tree::Map(entries) if !entries.is_empty() => {
            entries.insert(MORE.to_owned(), more(&code));
        }
        _ => *map = below(&code),
    }
}

#[cfg(test)]
mod tests {
    use score_spec::{Map, Value};
    use serde_json::{Value as Json, json};

    use super::{Layers, add, fixed};
    use crate::ir::Text;
    use crate::targets::helm::action::{TemplateText, TemplateTree, write};

    fn tree(json: &Json) -> TemplateTree {
        Value::from_json(json.clone()).map_text(&mut |text| Text::from(text.as_str()))
    }

    /// An object with this metadata as a template. The project has the labels `team: shop` and
    /// `part-of: shop`, which can be a value.
    fn object(metadata: &Json, is_value: bool) -> String {
        let mut object = tree(&json!({"metadata": metadata}));
        let project = ["team", "part-of"].map(|name| (name.to_owned(), "shop".to_owned()));
        let project = Map::from_iter(project);
        if is_value {
            add(&mut object, Some(&project), &fixed([]));
        } else {
            add(&mut object, None, &fixed(project.keys()));
        }
        let (mut text, mut out) = (TemplateText::new(), String::new());
        crate::emit::yaml::emit(&object, &mut text);
        write(&text, &mut out);
        out
    }

    /// An action for the entries of an expression, below a key.
    fn block(code: &str) -> String {
        format!(
            "    {{{{- with {code} }}}}\n    {{{{- toYaml . | nindent 4 }}}}\n    {{{{- end }}}}\n"
        )
    }

    fn check(labels: &Json, is_value: bool, code: &str, kept: &str) {
        let text = object(
            &json!({"labels": labels, "annotations": {"k8s.score.dev/x": ""}}),
            is_value,
        );
        let annotations = block("$.Values.commonAnnotations");
        let expected = format!(
            "metadata:\n  labels:\n{kept}{}  annotations:\n    k8s.score.dev/x: \"\"\n{annotations}",
            block(code)
        );
        assert_eq!(text, expected, "{labels}");
    }

    #[test]
    fn values_add_labels_and_annotations() {
        let labels = json!({"app.kubernetes.io/name": "x", "team": "shop"});
        let kept = "    app.kubernetes.io/name: x\n    team: shop\n";
        check(&labels, false, "$.Values.commonLabels", kept);
    }

    #[test]
    fn labels_and_annotations_of_the_object_stay() {
        let code = r#"omit $.Values.commonLabels "a" "b""#;
        check(
            &json!({"b": "1", "a": "2"}),
            false,
            code,
            "    b: \"1\"\n    a: \"2\"\n",
        );
        let text = object(&json!({"annotations": {"b": "1"}}), false);
        assert!(
            text.contains(&block(r#"omit $.Values.commonAnnotations "b""#)),
            "{text}"
        );
    }

    #[test]
    fn labels_of_the_project_are_a_value() {
        let labels = json!({"app.kubernetes.io/name": "x", "team": "shop", "part-of": "shop"});
        let code = "mergeOverwrite dict $.Values.global.labels $.Values.commonLabels";
        check(&labels, true, code, "    app.kubernetes.io/name: x\n");
    }

    #[test]
    fn labels_of_the_project_that_the_object_sets_or_lacks_are_not_from_the_value() {
        let code = "mergeOverwrite dict (omit $.Values.global.labels \"own\" \"part-of\" \"team\") \
                    (omit $.Values.commonLabels \"own\" \"team\")";
        let kept = "    team: other\n    own: x\n";
        check(&json!({"team": "other", "own": "x"}), true, code, kept);
    }

    #[test]
    fn names_of_labels_are_no_code() {
        let text = object(&json!({"labels": {"\"}}{{ fail": "x"}}), false);
        assert!(
            text.contains(r#"with omit $.Values.commonLabels "\"}}{{ fail" }}"#),
            "{text}"
        );
        assert!(text.contains(r#""\"}}{{ "{{" }} fail": x"#), "{text}");
    }

    #[test]
    fn an_object_without_labels_has_the_key_only_if_there_are_some() {
        let text = object(&json!({"name": "it"}), false);
        let condition = "  {{- with $.Values.commonLabels }}\n  labels:\n";
        assert!(text.contains(condition), "{text}");
    }

    #[test]
    fn values_of_a_component_take_precedence() {
        let labels = tree(&json!({"app.kubernetes.io/name": "x", "own": "y"}));
        let pod = Layers::of_pod(Some(&labels), &fixed([]));
        let code = "mergeOverwrite dict (omit $.Values.commonLabels \"own\") $workload.podLabels";
        assert_eq!(pod.with("$workload.podLabels"), code);
    }
}
