//! The parameters of images and of the credentials to pull them.

use super::action::{Action, Body, TemplateTree};
use super::values::{Form, Values};
use crate::ir::Tree;

/// The pull policies of an image; empty for the default of the cluster.
pub(super) const PULL_POLICIES: [&str; 4] = ["", "Always", "IfNotPresent", "Never"];

/// Adds the values of an image, except its pull policy.
pub(super) fn add_image(values: &mut Values, path: &[&str], image: &str) {
    let about = "registry/repository:tag@digest; global.imageRegistry overrides registry, and an \
     empty pullPolicy means the default of the cluster.";
    values.short_group(path, about);
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    let last = rest.rfind('/').map_or(0, |at| at + 1);
    let (rest, tag) = match rest[last..].find(':') {
        Some(at) => (&rest[..last + at], &rest[last + at + 1..]),
        None => (rest, ""),
    };
    let (registry, repository) = match rest.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("", rest),
    };
    for (name, about, default) in [
        (
            "registry",
            "Registry of the image, unless global.imageRegistry is set.",
            registry,
        ),
        (
            "repository",
            "Name of the image in the registry.",
            repository,
        ),
        ("tag", "Tag of the image.", tag),
        (
            "digest",
            "Digest of the image; takes precedence over the tag.",
            digest,
        ),
    ] {
        let path = [path, &[name]].concat();
        values.add(&path, about, Form::Text, Tree::Text(default.into()));
    }
}

/// Adds the value for the pull policy of an image.
pub(super) fn add_pull_policy(values: &mut Values, path: &[&str], default: &str) {
    let path = [path, &["pullPolicy"]].concat();
    let about = "Pull policy of the image; empty for the default of the cluster.";
    let form = Form::OneOf(PULL_POLICIES.to_vec());
    values.add(&path, about, form, Tree::Text(default.into()));
}

/// The Secrets with registry credentials: references to those of the project, and the names that
/// the values list.
pub(super) fn pull_secrets(code: &str, mut of_project: Vec<TemplateTree>) -> TemplateTree {
    let names = format!("concat $.Values.global.imagePullSecrets {code} | uniq");
    let item = "- name: {{ . | quote }}";
    if of_project.is_empty() {
        let lines = [
            "imagePullSecrets:".to_owned(),
            "  {{- range . }}".to_owned(),
            format!("  {item}"),
            "  {{- end }}".to_owned(),
        ];
        return Action::block([(format!("with {names}"), Body::Lines(lines.to_vec()))]);
    }
    let lines = vec![item.to_owned()];
    of_project.push(Action::block([(
        format!("range {names}"),
        Body::Lines(lines),
    )]));
    Tree::List(of_project)
}
