//! The functions for expressions of provisioners.

use std::sync::Arc;

use minijinja::value::{Kwargs, Value as Jinja};
use minijinja::{Error, ErrorKind};
use score_spec::{
    Code, Map, Value,
    diagnostic::{listed, nearest},
};

use super::directory::{Directory, Endpoint};
use crate::graph::Resource;
use crate::ir::{ALPHANUMERIC, Holder, KeyRef, Ref, Secret, SecretSource, Unset, name};
use crate::provisioner::expression::{Blame, Scope, reference};
use crate::provisioner::native::SECRET_LENGTH;

/// The maximum length of a secret.
const MAX_SECRET: usize = 1024;

pub(super) fn misuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The name of a part of a resource: a DNS label of at most 52 characters.
pub(crate) fn name_of(resource: &Resource, label: &str) -> String {
    name::resource(
        &resource.kind,
        resource.class.as_deref(),
        &resource.id,
        label,
    )
}

/// Defines `name(label, max=…)`.
pub(crate) fn define_name(scope: &mut Scope, resource: &Resource) {
    let (kind, class) = (resource.kind.clone(), resource.class.clone());
    let id = resource.id.clone();
    let name = move |label: Option<&str>, options: Kwargs| {
        let max = options.get::<Option<usize>>("max")?;
        let max = max.unwrap_or(name::MAX_LABEL);
        options.assert_all_used()?;
        if !(name::MIN_LABEL..=name::MAX_LABEL).contains(&max) {
            return Err(misuse(format!(
                "the `max` of a name must be from {} to {}",
                name::MIN_LABEL,
                name::MAX_LABEL
            )));
        }
        let label = label.unwrap_or_default();
        Ok(name::resource_within(
            max,
            &kind,
            class.as_deref(),
            &id,
            label,
        ))
    };
    scope.define("name", Jinja::from_function(name));
}

/// Defines all functions: `name`, `annotation`, `secret`, `service`, `workload`, `workloads`, `env`, `fail`,
/// `name_ref`, `secret_ref` and `config_ref`.
pub(crate) fn define(
    scope: &mut Scope,
    resource: &Resource,
    rotation: u64,
    components: &Map<String>,
    directory: &Directory,
) {
    define_name(scope, resource);
    scope.define("annotation", annotation_function(resource));
    scope.define("secret", secret_function(resource, rotation));
    let endpoints = endpoints(resource, components);
    let service = move |label: &str| {
        let endpoint = endpoints.get(label).cloned().map(Jinja::from_object);
        endpoint.ok_or_else(|| no_component(label, &endpoints))
    };
    scope.define("service", Jinja::from_function(service));
    let known = directory.clone();
    let workload = move |name: &str| known.workload(name).map(Jinja::from_object);
    scope.define("workload", Jinja::from_function(workload));
    scope.share(directory.results());
    let directory = directory.clone();
    let workloads = move || directory.workloads();
    scope.define("workloads", Jinja::from_function(workloads));
    let env = |name: &str, options: Kwargs| -> Result<Jinja, Error> {
        let required = options.get::<Option<bool>>("required")?.unwrap_or_default();
        options.assert_all_used()?;
        let name = name.to_owned();
        let unset = if required { Unset::Error } else { Unset::Empty };
        Ok(reference(Ref::Env { name, unset }.into()))
    };
    scope.define("env", Jinja::from_function(env));
    let fail = |message: &str| -> Result<Jinja, Error> {
        let message = message.to_owned();
        Err(Blame::without_help(Code::ResourceParams, message).into())
    };
    scope.define("fail", Jinja::from_function(fail));
    let name_ref = |object: &str| -> Result<Jinja, Error> {
        if !name::is_subdomain(object) {
            return Err(no_object(object));
        }
        Ok(reference(Ref::Host(object.to_owned()).into()))
    };
    scope.define("name_ref", Jinja::from_function(name_ref));
    for (name, holder) in [
        ("secret_ref", Holder::Secret),
        ("config_ref", Holder::Config),
    ] {
        let uid = resource.uid.clone();
        let function = move |object: &str, key: &str| deferred(&uid, holder, object, key);
        scope.define(name, Jinja::from_function(function));
    }
}

/// The components of a resource by their labels.
fn endpoints(resource: &Resource, names: &Map<String>) -> Map<Endpoint> {
    let components = resource.provisioner.components.iter();
    let endpoints = components.filter_map(|(label, component)| {
        let endpoint = Endpoint {
            name: names.get(label)?.clone(),
            external_host: None,
            ports: Endpoint::ports_of(&component.body),
        };
        Some((label.clone(), endpoint))
    });
    endpoints.collect()
}

/// `annotation(name)`: an annotation of the resource, or none.
fn annotation_function(resource: &Resource) -> Jinja {
    let annotations = annotations(resource);
    Jinja::from_function(move |name: &str| annotations.get(name).cloned())
}

/// The annotations of a resource that are strings.
pub(crate) fn annotations(resource: &Resource) -> Map<String> {
    let metadata = resource.metadata.as_ref();
    match metadata.and_then(|metadata| metadata.get("annotations")) {
        Some(Value::Map(entries)) => entries
            .iter()
            .filter_map(|(key, value)| match value {
                Value::Text(text) => Some((key.clone(), text.clone())),
                _ => None,
            })
            .collect(),
        _ => Map::default(),
    }
}

fn secret_function(resource: &Resource, rotation: u64) -> Jinja {
    let (uid, object) = (resource.uid.clone(), name_of(resource, ""));
    Jinja::from_function(move |name: &str, options: Kwargs| {
        let length = options
            .get::<Option<usize>>("length")?
            .unwrap_or(SECRET_LENGTH);
        let alphabet = options
            .get::<Option<&str>>("alphabet")?
            .unwrap_or(ALPHANUMERIC);
        options.assert_all_used()?;
        let legal = |c: char| c.is_ascii_graphic() && !"\"'\\$#".contains(c);
        if !(1..=MAX_SECRET).contains(&length) {
            return Err(misuse(format!(
                "a secret must have 1 to {MAX_SECRET} characters"
            )));
        }
        if !(2..=94).contains(&alphabet.len()) || !alphabet.chars().all(legal) {
            return Err(misuse(
                "the alphabet of a secret must have 2 or more printable ASCII characters, without \
                 spaces, quotes, `\\`, `$` and `#`",
            ));
        }
        let part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(part) {
            return Err(misuse(
                "the name of a secret consists of letters, digits, `-`, `_` and `.`",
            ));
        }
        Ok(reference(
            Ref::Secret(Arc::new(Secret {
                resource: uid.clone(),
                object: object.clone(),
                name: name.to_owned(),
                source: SecretSource::Derived {
                    length,
                    alphabet: alphabet.to_owned(),
                    rotation,
                },
            }))
            .into(),
        ))
    })
}

/// A value of an object of the platform, with the rules of Kubernetes: the name of the object is a
/// DNS subdomain (RFC 1123), and the key consists of letters, digits, `-`, `_` and `.`.
fn deferred(uid: &str, holder: Holder, object: &str, key: &str) -> Result<Jinja, Error> {
    let in_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name::is_subdomain(object) {
        return Err(no_object(object));
    }
    if !(1..=253).contains(&key.len()) || !key.chars().all(in_key) {
        return Err(misuse(format!(
            "`{key}` is not a valid key: use up to 253 letters, digits, `-`, `_` and `.`"
        )));
    }
    let (object, key) = (object.to_owned(), key.to_owned());
    let deferred = KeyRef {
        resource: uid.to_owned(),
        holder,
        object,
        key,
    };
    Ok(reference(Ref::KeyRef(Arc::new(deferred)).into()))
}

fn no_object(name: &str) -> Error {
    misuse(format!(
        "`{name}` is not a valid object name: use up to 253 lower-case letters, digits, `-` and `.`"
    ))
}

fn no_component(label: &str, endpoints: &Map<Endpoint>) -> Error {
    let known = || endpoints.keys().map(String::as_str);
    let help = match (nearest(label, known()), endpoints.is_empty()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, false) => format!("it has {}", listed(known())),
        (None, true) => "it has no components".to_owned(),
    };
    let message = format!("the provisioner has no component `{label}`");
    Blame::new(Code::ProvisionerExpression, message, help).into()
}
