//! The environment whose output a file is part of.

use std::path::{Component, Path};

use score_compiler::{EnvironmentId, Environments, Selection};
use score_spec::{Node, Sources};

use crate::args::Inputs;
use crate::host::resolved;
use crate::input::environments::{params, read, root};

/// An environment whose output contains the file.
struct Owner {
    name: String,
    /// The params that the path contains, as `NAME=VALUE`.
    params: Vec<String>,
}

/// Selects the environment to whose output a file belongs, unless the options select one. Without one, and if the
/// settings cannot be read, which is reported later, nothing changes.
pub(super) fn select(file: &Path, inputs: &mut Inputs) {
    if !inputs.environment.env.is_empty() {
        return;
    }
    let Some(owner) = find(file, inputs) else {
        return;
    };
    inputs.environment.env.push(owner.name);
    // Those of the options take precedence.
    inputs.environment.param.splice(0..0, owner.params);
}

fn find(file: &Path, inputs: &Inputs) -> Option<Owner> {
    let mut sources = Sources::new();
    let (environments, settings) = read(inputs, &mut sources, &mut Vec::new()).ok()?;
    let root = resolved(&root(inputs).ok()?);
    let file = resolved(file);
    let inner: Vec<&str> = segments(file.strip_prefix(&root).ok()?)?;
    let params = params(inputs, &mut sources);
    let mut owners = Vec::new();
    for environment in environments.iter().filter(|it| !it.is_abstract) {
        let name = &environment.name;
        let selection = Selection {
            params: &params,
            ..Selection::new(name)
        };
        let output = output(&environments, &selection, &sources);
        if let Some(params) = output.and_then(|output| contains(&output, &inner, name)) {
            let name = name.clone();
            owners.push(Owner { name, params });
        }
    }
    // A chart can be for several environments, each of which has a file with values.
    let default = settings.default_environment.map(|it| it.value);
    let last = inner.last().copied().unwrap_or_default();
    owners.sort_by_key(|owner| {
        let has_values = last == format!("values-{}.yaml", owner.name);
        let is_default = default.as_ref() == Some(&owner.name);
        (!has_values, owner.params.len(), !is_default)
    });
    owners.into_iter().next()
}

/// The output of an environment, with its expressions if a param has no value.
fn output(
    environments: &Environments,
    selection: &Selection<'_>,
    sources: &Sources,
) -> Option<String> {
    let document = environments.document(selection, sources);
    let document = document.or_else(|| environments.written(selection.name))?;
    let output = document.get("output").and_then(Node::text);
    Some(output.map_or_else(
        || EnvironmentId::default_output(selection.name),
        str::to_owned,
    ))
}

/// The names of folders and of the file in a relative path.
fn segments(path: &Path) -> Option<Vec<&str>> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_str()),
        Component::CurDir => None,
        _ => Some(None),
    });
    names.collect()
}

/// The params with which an output contains the file with these segments, if it does.
fn contains(output: &str, file: &[&str], environment: &str) -> Option<Vec<String>> {
    let is_folder = output.ends_with('/');
    let own = output.split('/').filter(|name| !["", "."].contains(name));
    let mut own: Vec<&str> = own.collect();
    if own.len() > file.len() || !is_folder && own.len() != file.len() {
        return None;
    }
    let mut params = Vec::new();
    for (own, name) in own.drain(..).zip(file) {
        params.extend(fits(own, name, environment)?);
    }
    Some(params)
}

/// The params with which a segment with at most one expression has a value; absent if it cannot have it.
fn fits(segment: &str, value: &str, environment: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = segment.split_once("{{") else {
        return (segment == value).then(Vec::new);
    };
    let (expression, after) = rest.split_once("}}")?;
    let inner = value.strip_prefix(before)?.strip_suffix(after)?;
    match expression.trim() {
        "environment.name" => (inner == environment).then(Vec::new),
        expression => {
            let name = expression.strip_prefix("params.")?;
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let is_param = !inner.is_empty() && name.chars().all(is_name);
            is_param.then(|| vec![format!("{name}={inner}")])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn outputs_contain_their_files() {
        for (output, file, params) in [
            (
                "deploy/prod/",
                "deploy/prod/web-deployment.yaml",
                Some(&[][..]),
            ),
            (
                "./deploy/prod/",
                "deploy/prod/templates/web.yaml",
                Some(&[]),
            ),
            ("deploy/prod/", "deploy/production/web.yaml", None),
            ("deploy/prod/", "deploy", None),
            ("compose.yaml", "compose.yaml", Some(&[])),
            ("compose.yaml", "compose.yaml/x", None),
            ("{{ environment.name }}/", "prod/web.yaml", Some(&[])),
            ("{{ environment.name }}/", "dev/web.yaml", None),
            ("pr-{{ params.pr }}/", "pr-12/web.yaml", Some(&["pr=12"])),
            ("pr-{{ params.pr }}/", "pr-/web.yaml", None),
            ("{{ params.a + params.b }}/", "ab/web.yaml", None),
        ] {
            let file: Vec<&str> = file.split('/').collect();
            let found = contains(output, &file, "prod");
            let found = found
                .as_ref()
                .map(|it| it.iter().map(String::as_str).collect());
            let params: Option<Vec<&str>> = params.map(<[&str]>::to_vec);
            assert_eq!(found, params, "{output} {file:?}");
        }
    }
}
