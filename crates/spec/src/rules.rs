//! Rules about single containers and services that a schema cannot express. Out of scope: `before`,
//! which has its own module, and placeholders.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::{Code, Diagnostic, Entry, Kind, Node, Quantities, Span};

/// Applies the rules to a document. Values of the wrong type are skipped, because the schema
/// reports them.
pub(crate) fn check(document: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(ports) = document.get("service").and_then(|node| node.get("ports")) {
        duplicate_ports(ports, diagnostics);
    }
    for container in document.entries_at("containers") {
        let container = &container.value;
        image_without_tag(container, diagnostics);
        literal_secrets(container, diagnostics);
        empty_commands(container, diagnostics);
        if let Some(resources) = container.get("resources") {
            limits_below_requests(resources, diagnostics);
        }
        clashing_targets(container, diagnostics);
    }
}

/// Ports of a service must be unique.
fn duplicate_ports(ports: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: IndexMap<(u64, &str), Span> = IndexMap::new();
    for entry in ports.entries() {
        let protocol = entry.value.get("protocol").and_then(Node::text);
        let Some(port) = entry.value.get("port") else {
            continue;
        };
        let Kind::Number(number) = &port.kind else {
            continue;
        };
        // `80.0` is the port 80.
        let number = number.as_f64().unwrap_or_default();
        let key = (number.to_bits(), protocol.unwrap_or("TCP"));
        if let Some(first) = seen.get(&key) {
            diagnostics.push(
                Diagnostic::new(
                    Code::SpecDuplicatePort,
                    format!("two service ports have the number {number}"),
                )
                .at(port.span, "second here")
                .at(*first, "first here")
                .help("change the `port` of one of them; both may have the same `targetPort`"),
            );
        } else {
            seen.insert(key, port.span);
        }
    }
}

/// Only one file or volume can be mounted at a path, and nothing can be mounted below a file.
fn clashing_targets(container: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut targets = Vec::new();
    for (field, is_file) in [("files", true), ("volumes", false)] {
        for entry in container.entries_at(field) {
            let path: Vec<&str> = parts(&entry.key).collect();
            // This makes the order of the strings equal to that of paths.
            targets.push((path.join("\0"), targets.len(), is_file, entry));
        }
    }
    let mut clashes = clashes(&targets);
    targets.sort_by_key(|(_, at, ..)| *at);
    let mut dropped = BTreeSet::new();
    clashes.retain(|second, (_, first)| !dropped.contains(first) && dropped.insert(*second));
    for (second, (problem, first)) in clashes {
        let (entry, first) = (targets[second].3, targets[first].3);
        diagnostics.push(
            Diagnostic::new(
                Code::SpecFileTarget,
                format!("the target path `{}` {problem}", entry.key),
            )
            .at(entry.key_span, "second here")
            .at(first.key_span, "first here")
            .help("use different targets, or remove one"),
        );
    }
}

/// For the second of two conflicting targets: the kind of conflict, and the other target.
fn clashes(targets: &[(String, usize, bool, &Entry)]) -> BTreeMap<usize, (&'static str, usize)> {
    let mut sorted: Vec<_> = targets.iter().collect();
    // Paths below another path follow directly after it.
    sorted.sort_by_key(|(path, at, ..)| (path, *at));
    let mut clashes = BTreeMap::new();
    let mut note = |one: usize, other: usize, if_one_is_later, if_other_is_later| {
        let (second, problem) = if one > other {
            (one, if_one_is_later)
        } else {
            (other, if_other_is_later)
        };
        clashes.entry(second).or_insert((problem, one.min(other)));
    };
    // Each is below the previous ones.
    let mut around: Vec<&(String, usize, bool, &Entry)> = Vec::new();
    for target in sorted {
        let (path, at, ..) = target;
        while around.last().is_some_and(|outer| !covers(&outer.0, path)) {
            around.pop();
        }
        match around.last() {
            Some((same, first, ..)) if same == path => {
                let same = "is the target of two files or volumes";
                note(*at, *first, same, same);
                continue;
            }
            _ => {}
        }
        if let Some((_, file, ..)) = around.iter().find(|(_, _, is_file, _)| *is_file) {
            let (below, above) = (
                "is below a file",
                "is a file, but also the parent of another target",
            );
            note(*at, *file, below, above);
        }
        around.push(target);
    }
    clashes
}

/// Whether a path equals another one or is below it.
fn covers(outer: &str, path: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || outer.is_empty() || rest.starts_with('\0'))
}

/// The names along a path, without `.` and empty names.
pub(crate) fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !matches!(*part, "" | "."))
}

/// An image without a tag or digest can change at any time.
fn image_without_tag(container: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some((node, image)) = container
        .get("image")
        .and_then(|node| Some((node, node.text()?)))
    else {
        return;
    };
    let name = image.rsplit('/').next().unwrap_or_default();
    if image.is_empty() || image == "." || name.contains([':', '@']) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::SpecImageTag,
            format!("the image `{image}` has neither a tag nor a digest"),
        )
        .at(node.span, "means `latest`, which can change")
        .help(format!("specify a version, such as `{image}:1.2.3`")),
    );
}

/// A probe needs a command. Kubernetes rejects an empty one, and an engine does not run it.
fn empty_commands(container: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for name in ["livenessProbe", "readinessProbe"] {
        let exec = container.get(name).and_then(|probe| probe.get("exec"));
        let Some(command) = exec.and_then(|exec| exec.get("command")) else {
            continue;
        };
        if matches!(&command.kind, Kind::List(words) if words.is_empty()) {
            let message = format!("the command of the `{name}` is empty");
            diagnostics.push(
                Diagnostic::new(Code::SpecInvalidValue, message)
                    .at(command.span, "")
                    .help("specify a program of the image, such as `[pg_isready]`, or remove the probe"),
            );
        }
    }
}

/// Suffixes of variables that usually contain a secret.
const SECRET_ENDS: [&str; 10] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "SECRET_KEY",
];

/// A password in a Score file is a password in the repository.
fn literal_secrets(container: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for entry in container.entries_at("variables") {
        let Some(value) = entry.value.text() else {
            continue;
        };
        if !value.contains("${") && (is_secret_name(entry, value) || has_credentials(value)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::SpecLiteralSecret,
                    format!("the variable `{}` seems to contain a secret", entry.key),
                )
                .at(entry.key_span, "its value is in the file")
                .help(
                    "use an output of a resource, such as `${resources.NAME.KEY}` with a \
                 resource of type `secret`",
                ),
            );
        }
    }
}

fn is_secret_name(entry: &Entry, value: &str) -> bool {
    let plain = value.is_empty()
        || value.starts_with('/')
        || value.parse::<f64>().is_ok()
        || ["true", "false"].contains(&value);
    !plain && sounds_secret(&entry.key)
}

/// Whether the name of a variable suggests that it contains a secret.
pub fn sounds_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    SECRET_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a string is a URL with a user name and a password.
fn has_credentials(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}

/// Reports amounts in `resources` with a limit below the request: such a container can never start. They
/// are under `limits` and `requests`, as in a Score file.
pub fn limits_below_requests(resources: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let [limits, requests] =
        ["limits", "requests"].map(|name| Quantities::read(resources.get(name)));
    for (what, limit, request) in [
        ("cpu", limits.cpu, requests.cpu),
        ("memory", limits.memory, requests.memory),
    ] {
        let (Some(limit), Some(request)) = (limit, request) else {
            continue;
        };
        if limit.value < request.value {
            diagnostics.push(
                Diagnostic::new(
                    Code::SpecLimitBelowRequest,
                    format!("the {what} limit `{limit}` is below the request `{request}`"),
                )
                .at(limit.span, "the limit")
                .at(request.span, "the request")
                .help("raise the limit, or lower the request"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::has_credentials;

    #[test]
    fn credentials_in_urls() {
        for (url, expected) in [
            ("postgres://u:p@host/db", true),
            ("postgres://u@host/db", false),
            ("http://host:80/a@b:c", false),
            ("user:p@host", false),
        ] {
            assert_eq!(has_credentials(url), expected, "{url}");
        }
    }
}
