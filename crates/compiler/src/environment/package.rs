//! Environments of packages, which others extend. Their names are `package:PACKAGE/NAME`.
//!
//! The author of a package must not gain control over files and permissions of the machine that runs a project, so
//! these environments contain only settings that cannot refer to them.

use std::sync::LazyLock;

use score_spec::{Code, Diagnostic, Entry, Kind, Node, Span};
use serde_json::Value as Json;

use super::{Environment, OWN_FIELDS, PROJECT_FIELDS};

/// The beginning of the name of an environment of a package.
const PREFIX: &str = "package:";

/// The fields of an environment of a package. Those with which a run writes or reads other files (`output`, `builds`),
/// publishes ports of the machine or mounts its folders (`publish`, `compose`), or reads variables (`permissions`) are
/// for the project alone, and so is everything about single versions of it (`images`, `levels`, `secrets`).
const FIELDS: [&str; 20] = [
    "apiVersion",
    "kind",
    "description",
    "type",
    "abstract",
    "extends",
    "params",
    "target",
    "variables",
    "workloads",
    "locked",
    "registries",
    "versions",
    "externals",
    "resources",
    "provisioners",
    "builtins",
    "defaults",
    "kubernetes",
    "helm",
];

/// The schema of the project file, which says which settings are maps.
static SCHEMA: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(score_schemas::PROJECT).unwrap_or_default());

/// The list that is merged with that of the project, as maps are.
const LOCKED: &str = "locked";

/// The problem with files of the project in containers, and what to do.
const FILES: (&str, &str) = ("mount files of the project", "use `content`");

/// The problem with files that Compose copies, and what to do.
const WATCHED: (&str, &str) = (
    "watch files of the machine",
    "set the annotation in the project",
);

/// The problem with values of [`OF_MACHINE`], and what to do.
const VARIABLES: (&str, &str) = (
    "read variables of the machine",
    "use a param of the environment, or declare the resource in the project",
);

/// The destination of secrets: its name, or a map with a store, each of which replaces the other.
const SECRETS: &str = "kubernetes.secrets";

/// The types of resources whose values Compose takes from variables of the machine.
const OF_MACHINE: [&str; 3] = ["environment", "secret", "config"];

/// The package of an environment, and the name of the environment in it.
pub(super) fn parts(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PREFIX)?.split_once('/')
}

/// The name of an environment without its package.
pub(super) fn local(name: &str) -> &str {
    parts(name).map_or(name, |(_, local)| local)
}

/// The name of the environment below another one. In a package, it is one of the same package.
pub(super) fn below(environment: &Environment) -> Option<String> {
    let below = &environment.extends.as_ref()?.value;
    Some(match parts(&environment.name) {
        Some((package, _)) if parts(below).is_none() => format!("{PREFIX}{package}/{below}"),
        _ => below.clone(),
    })
}

/// Reports the parts of an environment that a package cannot set.
pub(super) fn refused(name: &str, document: &Node) -> Vec<Diagnostic> {
    let Some((package, _)) = parts(name) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in document.entries() {
        let key = entry.key.as_str();
        if !FIELDS.contains(&key) && !PROJECT_FIELDS.contains(&key) {
            let message = format!("an environment of a package cannot set `{key}`");
            let diagnostic = Diagnostic::new(Code::EnvironmentInvalid, message);
            let diagnostic = diagnostic.at(entry.key_span, "");
            found.push(
                diagnostic
                    .help("set it in the project, which decides about its files and permissions"),
            );
        }
    }
    if let Some(extends) = document.get("extends")
        && let Some((other, _)) = extends.text().and_then(parts)
        && other != package
    {
        let message = "an environment of a package extends another package";
        let diagnostic = Diagnostic::new(Code::EnvironmentInvalid, message).at(extends.span, "");
        found.push(diagnostic.help("extend an environment of the same package, by its name alone"));
    }
    replaced(document, &SCHEMA, "", &mut found);
    found.extend(refused_values(document, document.get("workloads"), &|_| {
        true
    }));
    found
}

/// Reports expressions for settings that are merged with those of the project: the value of an expression would
/// replace those. `path` is the path of the node.
fn replaced(node: &Node, schema: &'static Json, path: &str, found: &mut Vec<Diagnostic>) {
    for entry in node.entries() {
        let Some(schema) = of_field(schema, &entry.key) else {
            continue;
        };
        let path = match path {
            "" => entry.key.clone(),
            path => format!("{path}.{}", entry.key),
        };
        let is_merged = (is_map(schema) || path == LOCKED) && path != SECRETS;
        if entry.value.text().is_some() && is_merged {
            let message =
                format!("an environment of a package cannot replace the whole of `{path}`");
            let diagnostic = Diagnostic::new(Code::EnvironmentInvalid, message);
            let diagnostic = diagnostic.at(entry.value.span, "");
            found.push(diagnostic.help("write each setting, with an expression as its value"));
        }
        replaced(&entry.value, schema, &path, found);
    }
}

/// The schema of a field of a map.
fn of_field(schema: &'static Json, field: &str) -> Option<&'static Json> {
    let properties = schema.get("properties");
    let of_field = properties.and_then(|properties| properties.get(field));
    let of_field = of_field.or_else(|| schema.get("additionalProperties"))?;
    let Some(reference) = of_field.get("$ref").and_then(Json::as_str) else {
        return Some(of_field);
    };
    SCHEMA.pointer(reference.strip_prefix('#')?)
}

/// Whether a setting can be a map.
fn is_map(schema: &Json) -> bool {
    match schema.get("type") {
        Some(Json::String(kind)) => kind == "object",
        Some(Json::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        _ => false,
    }
}

/// Reports the values that a package cannot set. `workloads` are changes of Score files, and `is_of_package` tells
/// which values are those of packages. It is called before and when all expressions have their values, which can be
/// anything.
pub(super) fn refused_values<'a>(
    document: &Node,
    workloads: impl IntoIterator<Item = &'a Node>,
    is_of_package: &dyn Fn(Span) -> bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut refuse = |span: Span, problem: &str, help: &str| {
        let message = format!("an environment of a package cannot {problem}");
        let diagnostic = Diagnostic::new(Code::EnvironmentInvalid, message).at(span, "");
        found.push(diagnostic.help(help));
    };
    removed(document, &mut |span| {
        if is_of_package(span) {
            let help = "set a value, or remove the setting in the project";
            refuse(span, "remove settings", help);
        }
    });
    for item in document.items_at("provisioners") {
        let from = item.get("from").unwrap_or(item);
        let is_package = from.text().is_some_and(|from| from.starts_with(PREFIX));
        if !is_package && is_of_package(from.span) {
            refuse(
                from.span,
                "name provisioners of the project",
                "name packages, such as `package:NAME`",
            );
        }
    }
    let secrets = document.get("kubernetes").and_then(|it| it.get("secrets"));
    let secrets = secrets.filter(|it| match it.text() {
        Some(mode) => !["separate", "external"].contains(&mode),
        None => it.get("externalSecrets").is_none(),
    });
    if let Some(secrets) = secrets.filter(|it| is_of_package(it.span)) {
        refuse(
            secrets.span,
            "write secrets among other objects",
            "use `separate` or `external`, or decide in the project",
        );
    }
    let mut check = |node: &Node, above: &str| {
        reaching(node, above, &mut |span, (problem, help)| {
            if is_of_package(span) {
                refuse(span, problem, help);
            }
        });
    };
    for field in ["defaults", "resources"] {
        if let Some(settings) = document.get(field) {
            check(settings, field);
        }
    }
    for workloads in workloads {
        check(workloads, "");
    }
    found
}

/// Calls a function with each `null` in settings other than `workloads`.
fn removed(document: &Node, visit: &mut dyn FnMut(Span)) {
    for entry in document.entries() {
        if !OWN_FIELDS.contains(&entry.key.as_str()) && entry.key != "workloads" {
            nulls(&entry.value, visit);
        }
    }
}

/// Calls a function with each `null` in a value.
fn nulls(node: &Node, visit: &mut dyn FnMut(Span)) {
    if node.kind == Kind::Null {
        visit(node.span);
    }
    let values = node.entries().iter().map(|entry| &entry.value);
    for value in values.chain(node.items()) {
        nulls(value, visit);
    }
}

/// Calls a function with each part of Score files that uses files or variables of the machine, what it does, and what
/// to do instead. `above` is the key of the nearest of the parts that decide about the meaning of others.
fn reaching(node: &Node, above: &str, visit: &mut dyn FnMut(Span, (&str, &str))) {
    for item in node.items() {
        reaching(item, above, visit);
    }
    for Entry {
        key,
        key_span,
        value,
    } in node.entries()
    {
        let found = match (above, key.as_str()) {
            ("files", "source") => Some((value.span, FILES)),
            ("annotations", name) if is_watch(name) => Some((*key_span, WATCHED)),
            ("resources", "type") if value.text().is_some_and(|it| OF_MACHINE.contains(&it)) => {
                Some((value.span, VARIABLES))
            }
            _ => None,
        };
        if let Some((span, text)) = found {
            visit(span, text);
        }
        let is_section = ["files", "annotations", "resources", "params"].contains(&key.as_str());
        reaching(value, if is_section { key } else { above }, visit);
    }
}

/// Whether an annotation lists files that Compose copies into containers.
fn is_watch(name: &str) -> bool {
    name.strip_prefix("compose.score.dev/")
        .is_some_and(|word| word == "develop-watch" || word.ends_with(".develop-watch"))
}
