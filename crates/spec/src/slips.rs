//! Slips that the schema would report as several problems, none of which names the right fix. Each is one
//! finding, and the document continues with the form that was intended, so that the rest is checked.

use crate::{Code, Diagnostic, Entry, Kind, Node, Sources, Span, diagnostic::listed};

/// The fields of a container.
const CONTAINER: [&str; 10] = [
    "image",
    "command",
    "args",
    "variables",
    "files",
    "volumes",
    "before",
    "resources",
    "livenessProbe",
    "readinessProbe",
];

/// The fields of a document.
const DOCUMENT: [&str; 5] = [
    "apiVersion",
    "metadata",
    "service",
    "containers",
    "resources",
];

/// The name of a container without one.
const UNNAMED: &str = "main";

/// Reports the slips of a document, and changes them to the intended form.
pub(crate) fn correct(document: &mut Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    if let Kind::Map(entries) = &mut document.kind {
        for home in ["metadata", "service", "containers", "resources"] {
            let at = entries.iter().position(|entry| entry.key == home);
            let is_field = |entry: &Entry| is_inside(entry, home);
            diagnostics.extend(at.and_then(|at| indent(entries, at, is_field)));
        }
        diagnostics.extend(resources_of_workload(entries));
    }
    if let Some(Kind::Map(entries)) = document.get_mut("containers").map(|it| &mut it.kind) {
        // This ends because each round removes a field of a container from the entries.
        while let Some(found) = shallow(entries) {
            diagnostics.push(found);
        }
    }
    named_ports(document, sources, diagnostics);
    properties(document, sources, diagnostics);
}

/// Whether an entry of the document is meant to be inside the field `home`.
fn is_inside(entry: &Entry, home: &str) -> bool {
    let key = entry.key.as_str();
    let is_of_document = DOCUMENT.contains(&key);
    match home {
        "metadata" => ["name", "annotations"].contains(&key),
        "service" => key == "ports",
        "containers" => !is_of_document && entry.value.get("image").is_some(),
        _ => !is_of_document && entry.value.get("type").is_some(),
    }
}

/// Moves `resources` from under `containers` to the document if its entries are resources of the workload, not
/// amounts of a container.
fn resources_of_workload(document: &mut Vec<Entry>) -> Option<Diagnostic> {
    if document.iter().any(|entry| entry.key == "resources") {
        return None;
    }
    let home = document
        .iter_mut()
        .find(|entry| entry.key == "containers")?;
    let Kind::Map(containers) = &mut home.value.kind else {
        return None;
    };
    let is_misplaced = |entry: &Entry| {
        let mut resources = entry.value.entries().iter().peekable();
        entry.key == "resources"
            && resources.peek().is_some()
            && resources.all(|it| it.value.get("type").is_some())
    };
    let at = containers.iter().position(is_misplaced)?;
    let resources = containers.remove(at);
    let problem = "`resources` is under `containers`, but belongs beside it";
    let found = Diagnostic::new(Code::SpecUnknownField, problem)
        .at(resources.key_span, "")
        .at(home.key_span, "belongs beside this")
        .help("indent `resources` like `containers`");
    document.push(resources);
    Some(found)
}

/// Whether an entry under `containers` is a field of a container. A container can have such a name, too.
fn is_field_of_container(entry: &Entry) -> bool {
    CONTAINER.contains(&entry.key.as_str()) && entry.value.get("image").is_none()
}

/// Fields of a container that are directly under `containers`: beside the container to which they
/// belong, or without any.
fn shallow(containers: &mut Vec<Entry>) -> Option<Diagnostic> {
    let run = containers.iter();
    let count = run.take_while(|it| is_field_of_container(it)).count();
    if !containers[..count].iter().any(is_image) {
        let mut pairs = containers.windows(2);
        let starts =
            |pair: &[Entry]| !is_field_of_container(&pair[0]) && is_field_of_container(&pair[1]);
        let home = pairs.position(starts)?;
        return indent(containers, home, is_field_of_container);
    }
    let fields: Vec<Entry> = containers.drain(..count).collect();
    let names = listed(fields.iter().map(|entry| entry.key.as_str()));
    let place = fields[0].key_span;
    let problem = format!(
        "`{}` is a field of a container without a name",
        fields[0].key
    );
    if !containers.iter().any(|it| it.key == UNNAMED) {
        let container = Entry {
            key: UNNAMED.to_owned(),
            key_span: place,
            value: joined(fields),
        };
        containers.insert(0, container);
    }
    Some(
        Diagnostic::new(Code::SpecUnknownField, problem)
            .at(place, "")
            .help(format!(
                "write the name of the container above it, such as `{UNNAMED}:`, and indent {names} below that"
            )),
    )
}

/// Whether this is the image of a container.
fn is_image(entry: &Entry) -> bool {
    entry.key == "image" && entry.value.text().is_some()
}

/// Moves fields that are beside the map to which they belong into it. Fields that it has already are removed,
/// and so are the fields of a value that is not a map, which is an error of its own.
fn indent(
    entries: &mut Vec<Entry>,
    home: usize,
    is_field: impl Fn(&Entry) -> bool,
) -> Option<Diagnostic> {
    let count = entries[home + 1..]
        .iter()
        .take_while(|entry| is_field(entry))
        .count();
    if count == 0 {
        return None;
    }
    let moved: Vec<Entry> = entries.drain(home + 1..=home + count).collect();
    let first = moved.first()?;
    let home = &mut entries[home];
    let mut inner = match &mut home.value.kind {
        Kind::Map(inner) => std::mem::take(inner),
        _ => Vec::new(),
    };
    let (name, key, place) = (&home.key, &first.key, first.key_span);
    let problem = format!("`{key}` is beside `{name}`, to which it belongs");
    let names = listed(moved.iter().map(|entry| entry.key.as_str()));
    let (twice, missing): (Vec<Entry>, Vec<Entry>) = moved
        .into_iter()
        .partition(|entry| inner.iter().any(|known| known.key == entry.key));
    let mut help = format!("indent {names} further than `{name}`");
    if !twice.is_empty() {
        let twice = listed(twice.iter().map(|entry| entry.key.as_str()));
        help = format!("{help}; it has {twice} already, so keep one of them");
    }
    let found = Diagnostic::new(Code::SpecUnknownField, problem);
    let found = found.at(place, "").at(home.key_span, "belongs below this");
    if matches!(home.value.kind, Kind::Null | Kind::Map(_)) {
        inner.extend(missing);
        home.value = joined(inner);
    }
    Some(found.help(help))
}

/// The map of these entries, of which there is at least one.
fn joined(entries: Vec<Entry>) -> Node {
    let first = entries[0].key_span;
    let last = entries.last().map_or(first, |last| last.value.span);
    Node {
        span: if last.range().is_empty() {
            first
        } else {
            first.to(last)
        },
        kind: Kind::Map(entries),
    }
}

/// Probes that name a service port, as in Kubernetes.
fn named_ports(document: &mut Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let number = |entry: &Entry| {
        let target = entry.value.get("targetPort").or(entry.value.get("port"))?;
        Some((entry.key.clone(), target.port()?))
    };
    let ports = document.get("service").and_then(|it| it.get("ports"));
    let ports = ports.map_or(&[][..], Node::entries).iter();
    let ports: Vec<(String, u16)> = ports.filter_map(number).collect();
    let Some(Kind::Map(containers)) = document.get_mut("containers").map(|it| &mut it.kind) else {
        return;
    };
    for container in containers {
        for probe in ["livenessProbe", "readinessProbe"] {
            let probe = container.value.get_mut(probe);
            let get = probe.and_then(|probe| probe.get_mut("httpGet"));
            let Some(port) = get.and_then(|get| get.get_mut("port")) else {
                continue;
            };
            let written = sources.slice(port.span);
            let known = ports.iter().find(|(name, _)| port.text() == Some(name));
            if let Some((name, number)) = known {
                let message = format!("the port of a probe is a number, not the name `{name}`");
                let found = Diagnostic::new(Code::SpecWrongType, message)
                    .at(port.span, "")
                    .help(format!("write `port: {number}`"));
                let is_plain = written == name;
                let fixed = found.clone().fix(port.span, number.to_string());
                diagnostics.push(if is_plain { fixed } else { found });
                port.kind = Kind::Number(u64::from(*number).into());
            }
        }
    }
}

/// `properties` of resources, which an old version of the specification required.
fn properties(document: &mut Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let Some(Kind::Map(resources)) = document.get_mut("resources").map(|it| &mut it.kind) else {
        return;
    };
    for resource in resources {
        let Kind::Map(fields) = &mut resource.value.kind else {
            continue;
        };
        let Some(at) = fields.iter().position(|entry| entry.key == "properties") else {
            continue;
        };
        let old = fields.remove(at);
        let message = format!("unknown field `properties` in `resources.{}`", resource.key);
        let written = sources.slice(old.key_span.to(old.value.span));
        let has_anchor = written.split_whitespace().any(|word| word.starts_with('&'));
        let change = if has_anchor {
            "remove it, and write its value where an alias refers to its anchor"
        } else {
            "remove it"
        };
        let help = format!("{change}: the provisioner of the resource defines its outputs");
        let found = Diagnostic::new(Code::SpecUnknownField, message)
            .at(old.key_span, "")
            .help(help);
        // Values such as a default would be lost.
        let mut values = old.value.entries().iter().map(|entry| &entry.value);
        let is_list = values.all(|value| value.kind == Kind::Null || value.entries().is_empty());
        let lines = lines(&old, sources).filter(|_| is_list && !fields.is_empty());
        diagnostics.push(match lines {
            Some(lines) => found.fix(lines, ""),
            None => found,
        });
    }
}

/// The lines of an entry, if nothing else is on them: no other entry, no comment, and no anchor, to
/// which another place can refer.
fn lines(entry: &Entry, sources: &Sources) -> Option<Span> {
    let text = &sources.get(entry.key_span.source).text;
    let start = entry.key_span.range().start;
    let end = entry.key_span.to(entry.value.span).range().end.max(start);
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(end..)?;
    let next = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let is_alone = text.get(line..start)?.trim().is_empty()
        && rest[..next].trim_start_matches(':').trim().is_empty()
        && !text.get(start..end)?.contains(['#', '&']);
    is_alone.then(|| Span::new(entry.key_span.source, line, end + next))
}
