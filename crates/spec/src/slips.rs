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

/// Reports the slips of a document, and changes them to the intended form.
pub(crate) fn correct(document: &mut Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    if let Kind::Map(entries) = &mut document.kind {
        for (home, fields) in [
            ("metadata", &["name", "annotations"][..]),
            ("service", &["ports"]),
        ] {
            let at = entries.iter().position(|entry| entry.key == home);
            diagnostics.extend(at.and_then(|at| indent(entries, at, fields)));
        }
    }
    if let Some(Kind::Map(entries)) = document.get_mut("containers").map(|it| &mut it.kind) {
        diagnostics.extend(shallow(entries));
    }
    named_ports(document, sources, diagnostics);
    properties(document, sources, diagnostics);
}

/// Fields of a container that are directly under `containers`, after a container without a value or
/// without any name.
fn shallow(containers: &mut Vec<Entry>) -> Option<Diagnostic> {
    let is_field = |entry: &Entry| CONTAINER.contains(&entry.key.as_str());
    let first = containers.iter().position(is_field)?;
    if let Some(home) = first.checked_sub(1) {
        return indent(containers, home, &CONTAINER);
    }
    let has_image = containers
        .iter()
        .any(|it| it.key == "image" && it.value.text().is_some());
    if !has_image || !containers.iter().all(is_field) {
        return None;
    }
    let fields = std::mem::take(containers);
    let names = listed(fields.iter().map(|entry| entry.key.as_str()));
    let place = fields[0].key_span;
    let problem = format!(
        "`{}` is a field of a container without a name",
        fields[0].key
    );
    containers.push(Entry {
        key: "main".to_owned(),
        key_span: place,
        value: joined(fields),
    });
    Some(
        Diagnostic::new(Code::SpecUnknownField, problem)
            .at(place, "")
            .help(format!(
                "write the name of the container above it, such as `main:`, and indent {names} below that"
            )),
    )
}

/// Moves fields that are beside the empty map to which they belong.
fn indent(entries: &mut Vec<Entry>, home: usize, fields: &[&str]) -> Option<Diagnostic> {
    let is_empty = match &entries[home].value.kind {
        Kind::Null => true,
        Kind::Map(inner) => inner.is_empty(),
        _ => false,
    };
    let is_field = |entry: &Entry| fields.contains(&entry.key.as_str());
    let first = entries.get(home + 1).filter(|entry| is_field(entry))?;
    if !is_empty {
        return None;
    }
    let (name, key, place) = (&entries[home].key, &first.key, first.key_span);
    let problem = format!("`{key}` is beside `{name}`, to which it belongs");
    let count = entries[home + 1..]
        .iter()
        .take_while(|entry| is_field(entry))
        .count();
    let moved: Vec<Entry> = entries.drain(home + 1..=home + count).collect();
    let names = listed(moved.iter().map(|entry| entry.key.as_str()));
    let home = &mut entries[home];
    let help = format!("indent {names} further than `{}`", home.key);
    let found = Diagnostic::new(Code::SpecUnknownField, problem);
    let found = found.at(place, "").at(home.key_span, "belongs below this");
    home.value = joined(moved);
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
    let number = |port: &Entry| {
        let target = port.value.get("targetPort").or(port.value.get("port"))?;
        Some((port.key.clone(), target.kind.clone()))
    };
    let ports = document.get("service").and_then(|it| it.get("ports"));
    let ports = ports.map_or(&[][..], Node::entries).iter();
    let ports: Vec<(String, Kind)> = ports.filter_map(number).collect();
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
            if let Some((name, Kind::Number(number))) = known {
                let value = number.to_string();
                let message = format!("the port of a probe is a number, not the name `{name}`");
                let found = Diagnostic::new(Code::SpecWrongType, message)
                    .at(port.span, "")
                    .help(format!("write `port: {value}`"));
                let is_plain = written == name;
                let fixed = found.clone().fix(port.span, value);
                diagnostics.push(if is_plain { fixed } else { found });
                port.kind = Kind::Number(number.clone());
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
        let help = "remove it: the provisioner of the resource defines its outputs";
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

/// The lines of an entry, if nothing else is on them.
fn lines(entry: &Entry, sources: &Sources) -> Option<Span> {
    let text = &sources.get(entry.key_span.source).text;
    let start = entry.key_span.range().start;
    let end = entry.key_span.to(entry.value.span).range().end.max(start);
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(end..)?;
    let next = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let is_alone = text.get(line..start)?.trim().is_empty()
        && rest[..next].trim_start_matches(':').trim().is_empty();
    is_alone.then(|| Span::new(entry.key_span.source, line, end + next))
}
