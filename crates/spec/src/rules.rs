//! Rules about single containers that a schema cannot express. Out of scope: `before`,
//! which has its own module, and placeholders.

use std::collections::{BTreeMap, BTreeSet};

use crate::secret::sounds_secret;
use crate::{Code, Diagnostic, Entry, Kind, Node, Quantities, Span};

/// The problems of a container that apply wherever it runs.
pub(crate) fn check<T>(
    container: &Node<T>,
    limits: &Quantities,
    requests: &Quantities,
) -> Vec<Diagnostic> {
    let mut problems = empty_commands(container);
    problems.extend(limits_below_requests(limits, requests));
    problems.extend(clashing_targets(container));
    problems
}

/// Warns about containers of a Score file. Values of the wrong type are skipped, because the schema
/// reports them.
pub(crate) fn warn(document: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for container in document.entries_at("containers") {
        image_without_tag(&container.value, diagnostics);
        literal_secrets(&container.value, diagnostics);
    }
}

/// The maximum length of a name in a path, and of a path, in a container, in bytes (`NAME_MAX` and
/// `PATH_MAX` of Linux).
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 4095;

/// The reason why this path is invalid in every container, whatever its image.
fn path_problem(path: &str) -> Option<&'static str> {
    if path.contains('\0') {
        Some("contains a NUL character")
    } else if path.len() > LONGEST_PATH {
        Some("is longer than 4,095 bytes")
    } else if parts(path).any(|part| part.len() > LONGEST_NAME) {
        Some("contains a name longer than 255 bytes")
    } else {
        None
    }
}

/// The problem of the target of a file or volume, which must be an absolute path without `..`.
pub(crate) fn target_problem(target: &str, place: Span) -> Option<Diagnostic> {
    let absolute = "write the full path in the container, such as `/etc/app/config.yaml`";
    let (problem, help) = if !target.starts_with('/') {
        ("is not an absolute path", absolute)
    } else if target.split('/').any(|part| part == "..") {
        ("contains `..`", absolute)
    } else if parts(target).next().is_none() {
        ("is the root of the container", absolute)
    } else {
        let help = "a container cannot have a file or folder with that name";
        (path_problem(target)?, help)
    };
    let message = format!("the target path `{}` {problem}", shown(target));
    let found = Diagnostic::new(Code::SpecFileTarget, message);
    Some(found.at(place, "").help(help))
}

/// A path for messages: on one line, and truncated if it is long.
fn shown(path: &str) -> String {
    const LONG: usize = 80;
    let mut shown: String = path.chars().take(LONG).collect();
    if shown.len() < path.len() {
        shown.push('…');
    }
    shown.replace('\0', "\\0")
}

/// Only one file or volume can be mounted at a path, and nothing can be mounted below a file.
fn clashing_targets<T>(container: &Node<T>) -> impl Iterator<Item = Diagnostic> {
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
    clashes.into_iter().map(move |(second, (problem, first))| {
        let (entry, first) = (targets[second].3, targets[first].3);
        Diagnostic::new(
            Code::SpecFileTarget,
            format!("the target path `{}` {problem}", entry.key),
        )
        .at(entry.key_span, "second here")
        .at(first.key_span, "first here")
        .help("use different targets, or remove one")
    })
}

/// For the second of two conflicting targets: the kind of conflict, and the other target.
fn clashes<T>(
    targets: &[(String, usize, bool, &Entry<T>)],
) -> BTreeMap<usize, (&'static str, usize)> {
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
    let mut around: Vec<&(String, usize, bool, &Entry<T>)> = Vec::new();
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
    // A placeholder has been reported already, and its value is unknown.
    let is_open = image.is_empty() || image == "." || image.contains("${");
    if is_open || name.contains([':', '@']) {
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
fn empty_commands<T>(container: &Node<T>) -> Vec<Diagnostic> {
    let probes = ["livenessProbe", "readinessProbe"].into_iter();
    let problems = probes.filter_map(|name| {
        let command = container.get(name)?.get("exec")?.get("command")?;
        let is_empty = matches!(&command.kind, Kind::List(words) if words.is_empty());
        let message = format!("the command of the `{name}` is empty");
        let problem = Diagnostic::new(Code::SpecInvalidValue, message)
            .at(command.span, "")
            .help("specify a program of the image, such as `[pg_isready]`, or remove the probe");
        is_empty.then_some(problem)
    });
    problems.collect()
}

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

/// The problems of limits that are below the requests: such a container can never start.
pub fn limits_below_requests(limits: &Quantities, requests: &Quantities) -> Vec<Diagnostic> {
    let pairs = [
        ("cpu", &limits.cpu, &requests.cpu),
        ("memory", &limits.memory, &requests.memory),
    ];
    let problems = pairs.into_iter().filter_map(|(what, limit, request)| {
        let (limit, request) = (limit.as_ref()?, request.as_ref()?);
        let message = format!("the {what} limit `{limit}` is below the request `{request}`");
        let problem = Diagnostic::new(Code::SpecLimitBelowRequest, message)
            .at(limit.span, "the limit")
            .at(request.span, "the request")
            .help("raise the limit, or lower the request");
        (limit.value < request.value).then_some(problem)
    });
    problems.collect()
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
