//! The objects of an output that refer to each other: by name, or by labels of pods.

use std::collections::BTreeMap;

use score_compiler::OutputObject;
use score_compiler::ir::{Sealed, Tree};
use score_spec::{Map, Value};

use crate::data::{Data, Shape};

/// The kinds that select pods, each with the path of its selector, and whether an empty selector selects all pods.
const SELECTORS: [(&str, &[&str], bool); 3] = [
    ("Service", &["spec", "selector"], false),
    ("NetworkPolicy", &["spec", "podSelector"], true),
    ("PodDisruptionBudget", &["spec", "selector"], true),
];

/// The links between the objects of an output, by their positions in it. An object is written as `KIND/NAME`.
#[derive(Debug)]
pub(crate) struct Links {
    /// All objects: a map, so that rules find one at once.
    pub(crate) objects: Value,
    /// The objects whose pods an object selects; absent for objects that select none by their kind.
    pub(crate) selects: Vec<Option<Value>>,
    /// The objects that select the pods of an object.
    pub(crate) selected_by: Vec<Value>,
}

impl Links {
    /// The links between objects; `template` returns the pod template of an object.
    pub(crate) fn new<'o>(
        objects: &'o [OutputObject],
        template: impl Fn(&'o OutputObject) -> Option<&'o Tree<Sealed>>,
    ) -> Self {
        let pods = Pods::new(objects, template);
        let mut selected_by: Vec<Vec<Value>> = vec![Vec::new(); objects.len()];
        let selects = objects.iter().map(|object| {
            let (path, all) = SELECTORS
                .iter()
                .find_map(|(kind, path, all)| (*kind == object.kind).then_some((*path, *all)))?;
            let selector = at(Data::Object(&object.tree), path);
            let found = pods.selected(selector, all);
            let found = found.filter(|pod| objects[*pod].namespace == object.namespace);
            let found: Vec<usize> = found.collect();
            for pod in &found {
                selected_by[*pod].push(name(object));
            }
            Some(Value::List(
                found.iter().map(|pod| name(&objects[*pod])).collect(),
            ))
        });
        let selects = selects.collect();
        let names = objects.iter().map(|object| {
            let id = format!("{}/{}", object.kind, object.name);
            (id, Value::Map(Box::default()))
        });
        Self {
            objects: Value::from(names.collect::<Map<Value>>()),
            selects,
            selected_by: selected_by.into_iter().map(Value::List).collect(),
        }
    }
}

fn name(object: &OutputObject) -> Value {
    Value::Text(format!("{}/{}", object.kind, object.name))
}

/// The pod templates of an output.
struct Pods<'o> {
    /// The position of the object, and the labels.
    all: Vec<(usize, Labels<'o>)>,
    /// The pods with a label, by their positions in `all`.
    by_label: BTreeMap<(&'o str, &'o str), Vec<usize>>,
}

type Labels<'o> = BTreeMap<&'o str, &'o str>;

impl<'o> Pods<'o> {
    fn new(
        objects: &'o [OutputObject],
        template: impl Fn(&'o OutputObject) -> Option<&'o Tree<Sealed>>,
    ) -> Self {
        let pods = objects.iter().enumerate().filter_map(|(position, object)| {
            let template = Data::Object(template(object)?);
            let labels = at(template, &["metadata", "labels"]);
            Some((position, strings(labels).collect()))
        });
        let all: Vec<(usize, Labels<'_>)> = pods.collect();
        let mut by_label: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (pod, (_, labels)) in all.iter().enumerate() {
            for (key, value) in labels {
                by_label.entry((*key, *value)).or_default().push(pod);
            }
        }
        Self { all, by_label }
    }

    /// The objects whose pods a selector selects: a map of labels, or a `LabelSelector`.
    fn selected(
        &self,
        selector: Option<Data<'o>>,
        empty_is_all: bool,
    ) -> impl Iterator<Item = usize> {
        let is_structured = ["matchLabels", "matchExpressions"]
            .iter()
            .any(|field| at_all(selector, &[field]).is_some());
        let labels = if is_structured {
            at_all(selector, &["matchLabels"])
        } else {
            selector
        };
        let labels: Vec<(&str, &str)> = strings(labels).collect();
        let expressions = items(at_all(selector, &["matchExpressions"]));
        let is_empty = labels.is_empty() && expressions.is_empty();
        let nothing: &[usize] = &[];
        // Most selectors have a label that few pods have, so that not all pods have to be compared.
        let rarest = labels
            .iter()
            .map(|label| self.by_label.get(label).map_or(nothing, Vec::as_slice))
            .min_by_key(|pods| pods.len());
        let candidates = match rarest {
            Some(pods) => pods.to_vec(),
            None if is_empty && !(empty_is_all && selector.is_some()) => Vec::new(),
            None => (0..self.all.len()).collect(),
        };
        candidates.into_iter().filter_map(move |pod| {
            let (position, of_pod) = &self.all[pod];
            let fits = labels
                .iter()
                .all(|(key, value)| of_pod.get(key) == Some(value))
                && expressions.iter().all(|it| matches(*it, of_pod));
            fits.then_some(*position)
        })
    }
}

/// Whether labels match an item of `matchExpressions`.
fn matches(expression: Data<'_>, labels: &Labels<'_>) -> bool {
    let field = |name: &str| at(expression, &[name]).and_then(text);
    let value = field("key").and_then(|key| labels.get(key));
    let is_listed = || {
        let listed = items(at(expression, &["values"]));
        listed.into_iter().any(|it| text(it) == value.copied())
    };
    match field("operator") {
        Some("In") => value.is_some() && is_listed(),
        Some("NotIn") => value.is_none() || !is_listed(),
        Some("Exists") => value.is_some(),
        Some("DoesNotExist") => value.is_none(),
        _ => false,
    }
}

fn at<'o>(data: Data<'o>, path: &[&str]) -> Option<Data<'o>> {
    path.iter().try_fold(data, |at, key| match at.shape() {
        Shape::Map(fields) => fields.get(key),
        _ => None,
    })
}

fn at_all<'o>(data: Option<Data<'o>>, path: &[&str]) -> Option<Data<'o>> {
    data.and_then(|data| at(data, path))
}

fn text(data: Data<'_>) -> Option<&str> {
    match data.shape() {
        Shape::Text(text) => Some(text),
        _ => None,
    }
}

fn items(data: Option<Data<'_>>) -> Vec<Data<'_>> {
    match data.map(Data::shape) {
        Some(Shape::List(items)) => (0..items.len()).filter_map(|it| items.get(it)).collect(),
        _ => Vec::new(),
    }
}

/// The entries of a map that are strings.
fn strings(data: Option<Data<'_>>) -> impl Iterator<Item = (&str, &str)> {
    let fields = match data.map(Data::shape) {
        Some(Shape::Map(fields)) => Some(fields),
        _ => None,
    };
    let entries = fields
        .into_iter()
        .flat_map(|fields| (0..fields.len()).filter_map(move |it| fields.at(it)));
    entries.filter_map(|(key, value)| Some((key, text(value)?)))
}
