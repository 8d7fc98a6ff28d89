//! Components of provisioners. Their expressions have been evaluated.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use score_spec::diagnostic::{bounded, listed, nearest};
use score_spec::reader::{self, Leaves};
use score_spec::{
    Code, Diagnostic, Entry, Kind, Map, Node, Quantity, Ready, Severity, Sources, Span, Spanned,
    template::Grammar, workload,
};

use super::container::lowered;
use crate::graph::Resource;
use crate::ir::{
    App, Component, Container, Mount, NonRoot, Origin, Places, Run, Storage, Text, Tree, Volume,
};
use crate::provisioner::catalogue::{as_written, check_parts};
use crate::provisioner::expression::to_text;
use crate::resolve::Requested;
use crate::resolve::functions::name_of;

/// The trees of components, by their full names.
type Requests = Map<Requested<Node<Tree>>>;

/// A component of a resource.
pub(super) struct Lowered {
    pub(super) component: Component,
    pub(super) volumes: Vec<Volume>,
    /// The components of the same resource that it waits for.
    pub(super) after: Map<Ready>,
}

/// The components of a resource, without dependencies on those of others, or their problems.
pub(super) fn components(
    resource: &Resource,
    requested: &Requests,
    (sources, app): (&Sources, &App),
) -> Vec<Result<Lowered, Vec<Diagnostic>>> {
    let all = requested;
    let components = all.iter().map(|(name, requested)| {
        let reading = Reading {
            resource,
            app,
            all,
            node: &requested.tree,
            name,
        };
        let mut problems = if resource.provisioner.is_built_in() {
            Vec::new()
        } else {
            check(requested, sources)
        };
        if problems.is_empty() {
            let mut values = Values { problems };
            let component = reading.component(&mut values);
            if values.problems.is_empty() {
                return Ok(component);
            }
            problems = values.problems;
        }
        let message = format!("for the resource `{}`", resource.uid);
        let problems = problems.into_iter();
        Err(problems.map(|it| it.at(resource.span, &message)).collect())
    });
    components.collect()
}

/// The violations of the schema.
fn check(requested: &Requested<Node<Tree>>, sources: &Sources) -> Vec<Diagnostic> {
    let (label, span) = (requested.label.clone(), requested.span);
    let component = Entry {
        key: label,
        key_span: span,
        value: requested.tree.map_text(&mut as_written),
    };
    let components = Node {
        span,
        kind: Kind::Map(vec![component]),
    };
    let mut found = check_parts(vec![("components", components)], span, sources);
    if !found.is_empty() {
        let values = results(&requested.tree, sources);
        for label in found.iter_mut().filter_map(|it| it.labels.first_mut()) {
            if let Some(value) = values.get(&label.span) {
                label.message = bounded(format!("its value is `{}`", value.escape_debug()));
            }
        }
    }
    found
}

/// The values of expressions, by location.
fn results(tree: &Node<Tree>, sources: &Sources) -> BTreeMap<Span, String> {
    let mut values = BTreeMap::new();
    tree.each_text(&mut |value, span| {
        let text = to_text(value);
        if let Some(plain) = text.as_plain()
            && sources.slice(span).contains("{{")
        {
            values.insert(span, plain.to_owned());
        }
    });
    values
}

/// The values of the strings of a component.
struct Values {
    problems: Vec<Diagnostic>,
}

/// The values of expressions are final: nothing in them is expanded again.
impl Leaves for Values {
    type Written = Tree;
    type Text = Text;

    fn text(&mut self, node: &Node<Tree>, _: Grammar) -> Option<Text> {
        match &node.kind {
            Kind::Text(value) => Some(to_text(value)),
            Kind::Bool(value) => Some(to_text(&Tree::Bool(*value))),
            Kind::Number(number) => Some(to_text(&Tree::Number(number.clone()))),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    fn plain(&mut self, node: &Node<Tree>) -> Option<String> {
        let Kind::Text(value) = &node.kind else {
            return None;
        };
        let text = to_text(value);
        let message = match (value, text.as_plain()) {
            (Tree::Null | Tree::List(_) | Tree::Map(_), _) => {
                format!("expected a string, found {}", value.kind())
            }
            (_, Some(plain)) => return Some(plain.to_owned()),
            (_, None) => "a reference is not allowed here, only plain text".to_owned(),
        };
        let problem = Diagnostic::new(Code::ProvisionerInvalid, message).at(node.span, "");
        self.report(problem.help("use a value that is known when files are generated"));
        None
    }

    fn word(&mut self, node: &Node<Tree>) -> Option<String> {
        // An expression without a value omits the field.
        let has_value = node.kind != Kind::Text(Tree::Null);
        has_value.then(|| self.plain(node)).flatten()
    }

    fn number(&mut self, node: &Node<Tree>) -> Option<u16> {
        let digits = self.plain(node)?;
        let number = digits.parse().ok().filter(|number| *number > 0);
        if number.is_none() {
            let message = format!("`{}` is not a port number", digits.escape_debug());
            let problem = Diagnostic::new(Code::ProvisionerInvalid, message).at(node.span, "");
            self.report(problem.help("use an integer from 1 to 65535"));
        }
        number
    }

    fn report(&mut self, mut problem: Diagnostic) {
        problem.code = Code::ProvisionerInvalid;
        problem.severity = Severity::Error;
        self.problems.push(problem);
    }
}

/// A component that is read.
struct Reading<'a> {
    resource: &'a Resource,
    /// The application, still without components.
    app: &'a App,
    /// All components of the resource.
    all: &'a Requests,
    node: &'a Node<Tree>,
    name: &'a str,
}

impl Reading<'_> {
    fn component(&self, values: &mut Values) -> Lowered {
        let volumes = self.volumes(values);
        let containers = reader::containers(self.node.get("containers"), values);
        let containers = containers.into_iter().map(|(label, container)| {
            let mounts = self.mounts((&label, &container), &volumes, values);
            let texts = |_, text: &Text| Some(text.clone());
            let image = self.image(&container.image);
            (
                label,
                Container {
                    image,
                    ..lowered(&container, mounts, texts)
                },
            )
        });
        let containers = containers.collect();
        let ports = self.node.get("service").and_then(|it| it.get("ports"));
        let run = self.node.get("run").and_then(|run| values.word(run));
        let component = Component {
            name: self.name.to_owned(),
            origin: Origin::Resource {
                uid: self.resource.uid.clone(),
                workload: self.resource.belongs_to().map(|(name, _)| name.to_owned()),
            },
            run: match run.as_deref() {
                Some("once") => Run::Once,
                _ => Run::Always,
            },
            job_of: None,
            annotations: self.annotations(values),
            places: Places {
                resource: Some(self.resource.span),
                ..Places::default()
            },
            defaults: IndexSet::new(),
            ports: reader::ports(ports, values),
            containers,
            needs: IndexSet::new(),
            reaches: BTreeSet::new(),
            waits_for: Map::default(),
            non_root: self.node.get("nonRoot").and_then(non_root),
        };
        Lowered {
            component,
            after: self.after(values),
            volumes: volumes.into_values().collect(),
        }
    }

    /// The image with the replacement for its registry. One of the catalogue has the version of the project, unless the
    /// provisioner that inherits it replaces the image.
    fn image(&self, image: &Spanned<String>) -> String {
        if self.resource.provisioner.built_in == Some(image.span.source) {
            self.app.built_in_image(&image.value)
        } else {
            self.app.registries.replace(&image.value)
        }
    }

    /// The annotations that have a value.
    fn annotations(&self, values: &mut Values) -> Map<String> {
        let annotations = self.node.entries_at("annotations").iter();
        let annotations = annotations.filter_map(|entry| {
            let value = values.word(&entry.value)?;
            Some((entry.key.clone(), value))
        });
        annotations.collect()
    }

    /// The volumes of the component, by their labels.
    fn volumes(&self, values: &mut Values) -> Map<Volume> {
        self.node
            .entries_at("volumes")
            .iter()
            .map(|entry| {
                let size = entry.value.get("size").and_then(|size| values.word(size));
                let volume = Volume {
                    name: name_of(self.resource, &entry.key),
                    resource: self.resource.uid.clone(),
                    local_name: Some(entry.key.clone()),
                    owner: Some(self.name.to_owned()),
                    size: size.and_then(|size| Quantity::bytes(&size)),
                    storage: Storage::Managed,
                };
                (entry.key.clone(), volume)
            })
            .collect()
    }

    /// The volumes of the component that a container mounts, by target path.
    fn mounts(
        &self,
        (label, container): (&str, &workload::Container<Text>),
        volumes: &Map<Volume>,
        values: &mut Values,
    ) -> Map<Mount> {
        let written = self.node.get("containers").and_then(|it| it.get(label));
        let written = written.and_then(|container| container.get("volumes"));
        let mounts = container.volumes.iter().filter_map(|(target, mount)| {
            let source = written?.get(target)?.get("source")?;
            let label = values.plain(source)?;
            let Some(volume) = volumes.get(&label) else {
                let known = volumes.keys().map(String::as_str);
                values.unknown("volume", &label, source.span, known);
                return None;
            };
            let mount = Mount {
                volume: volume.name.clone(),
                path: mount.path.clone(),
                read_only: mount.read_only,
            };
            Some((target.clone(), mount))
        });
        mounts.collect()
    }

    /// The components of the same provisioner that the component waits for.
    fn after(&self, values: &mut Values) -> Map<Ready> {
        let known = || self.all.iter();
        let after = self.node.entries_at("after").iter();
        let after = after.filter_map(|entry| {
            let ready = reader::ready(&entry.value, values)?;
            let Some((name, _)) = known().find(|(_, other)| other.label == entry.key) else {
                let known = known().map(|(_, other)| other.label.as_str());
                values.unknown("component", &entry.key, entry.key_span, known);
                return None;
            };
            Some((name.clone(), ready))
        });
        after.collect()
    }
}

impl Values {
    /// Reports a reference to a part of the provisioner that it does not have.
    fn unknown<'a>(
        &mut self,
        what: &str,
        name: &str,
        place: Span,
        known: impl Iterator<Item = &'a str> + Clone,
    ) {
        let message = format!("unknown {what} `{}`", name.escape_debug());
        let problem = Diagnostic::new(Code::ProvisionerInvalid, message).at(place, "");
        self.report(match (nearest(name, known.clone()), listed(known)) {
            (Some(meant), _) => problem.help(format!("did you mean `{meant}`?")),
            (None, known) if known.is_empty() => {
                problem.help("declare it under `volumes` of the component")
            }
            (None, known) => problem.help(format!("available: {known}")),
        });
    }
}

fn non_root(node: &Node<Tree>) -> Option<NonRoot> {
    let id = |name| match &node.get(name)?.kind {
        Kind::Number(number) => match number.as_u64() {
            Some(id) => id.try_into().ok(),
            // JSON Schema accepts `70.0` as an integer.
            None => format!("{:.0}", number.as_f64()?).parse().ok(),
        },
        _ => None,
    };
    Some(NonRoot {
        user: id("user")?,
        group: id("group")?,
        low_ports: node.is_true("lowPorts"),
    })
}
