//! The parts of answers for the platform.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_compat::session::Answer;
use score_spec::{Code, Diagnostic, Kind, Map, Node, Severity, Span};
use serde_json::{Map as JsonMap, Value as Json};

use super::super::{Parts, Requested, Resolution, Resolved};
use super::Listing;
use super::interpolation::interpolated;
use crate::ir::sealing::{SecretOwner, decoded};
use crate::ir::{Holder, ProjectKey, Raw, Ref, Segment, Text, Tree};

/// The fields of a Compose service that can hold secrets: everything else would show them.
const CONFIDENTIAL: [&str; 4] = ["environment", "command", "entrypoint", "healthcheck"];

/// The condition under which a service with this label is ready: it has ended.
const INIT_LABEL: &str = "dev.score.compose.labels.is-init-container";

/// The entries of the Compose file and the objects that resources have made so far. A later resource replaces those of an
/// earlier one.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The last resource that made an entry of a section, by the section and the name.
    entries: BTreeMap<(&'static str, String), String>,
    /// The last resource that made an object, by its version, kind, namespace and name.
    objects: BTreeMap<[String; 4], String>,
    /// The services that a resource has made or names in its outputs, by uid.
    services: BTreeMap<String, BTreeSet<String>>,
    /// The conditions under which services are ready.
    conditions: BTreeMap<String, &'static str>,
}

impl Made {
    /// Removes what later resources have replaced, and lets workloads wait for services that another resource made.
    pub(super) fn finish(&self, resolved: &mut Resolved) {
        for (uid, provisioned) in resolved {
            let Some(used) = self.services.get(uid) else {
                continue;
            };
            let parts = &mut provisioned.parts;
            for raw in &mut parts.objects {
                if let Tree::Map(sections) = &mut raw.tree
                    && raw.platform == "compose"
                {
                    self.keep_entries(uid, sections);
                }
            }
            let named = &mut provisioned.references.objects;
            parts.objects.retain(|raw| match identity(&raw.tree) {
                Some(id) if raw.platform == "kubernetes" => {
                    let is_kept = self.objects.get(&id) == Some(uid);
                    let [_, kind, _, name] = id;
                    // An object that several resources make belongs to each of them.
                    if !is_kept && kind == "Secret" {
                        named.remove(&(Holder::Secret, name));
                    }
                    is_kept
                }
                _ => true,
            });
            let waits = self.waits(uid, used);
            if let Some(place) = parts.objects.first().map(|it| Arc::clone(&it.places))
                && !waits.is_empty()
            {
                parts.patches.push(Raw {
                    platform: "compose",
                    resource: uid.clone(),
                    workload: None,
                    tree: Tree::from_iter([("depends_on".to_owned(), waits.into())]),
                    places: place,
                });
            }
        }
    }

    /// The services of other resources for which the users of a resource wait, with their conditions.
    fn waits(&self, uid: &str, used: &BTreeSet<String>) -> Map<Tree> {
        let of_others = used.iter().filter(|name| {
            let entry = self.entries.get(&("services", (*name).clone()));
            entry.is_some_and(|owner| owner != uid)
        });
        let waits = of_others.map(|name| {
            let condition = self.conditions.get(name).copied();
            let condition = Tree::Text(condition.unwrap_or("service_started").into());
            let wait = Tree::from_iter([("condition".to_owned(), condition)]);
            (name.clone(), wait)
        });
        waits.collect()
    }

    fn keep_entries(&self, uid: &str, sections: &mut Map<Tree>) {
        for section in SECTIONS {
            if let Some(Tree::Map(entries)) = sections.get_mut(section) {
                let owner = |name: &String| self.entries.get(&(section, name.clone()));
                entries.retain(|name, _| owner(name).is_some_and(|it| it == uid));
            }
        }
    }
}

/// The sections of the Compose file.
const SECTIONS: [&str; 4] = ["services", "volumes", "networks", "models"];

/// The version, kind, namespace and name of an object.
fn identity(tree: &Tree) -> Option<[String; 4]> {
    let text = |tree: Option<&Tree>| match tree {
        Some(Tree::Text(text)) => text.as_plain().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let metadata = tree.get("metadata")?;
    Some([
        text(tree.get("apiVersion")),
        text(tree.get("kind")),
        text(metadata.get("namespace")),
        text(metadata.get("name")),
    ])
}

impl Listing<'_> {
    /// Finds secrets that are parts of names.
    pub(super) fn find_names(&mut self, answer: &Answer) {
        let maps = [
            &answer.directories,
            &answer.files,
            &answer.networks,
            &answer.services,
            &answer.volumes,
            &answer.models,
        ];
        for name in maps.into_iter().flat_map(JsonMap::keys) {
            self.sealing.name(name);
        }
        for service in answer.services.values().filter_map(Json::as_object) {
            for (key, value) in service {
                if !CONFIDENTIAL.contains(&key.as_str()) {
                    self.sealing.names_in(value);
                }
            }
        }
        for value in answer.volumes.values().chain(answer.networks.values()) {
            self.sealing.names_in(value);
        }
        for manifest in &answer.manifests {
            self.sealing.names_in_object(manifest);
        }
    }

    /// The parts of an answer, and its messages.
    pub(super) fn parts(
        &mut self,
        answer: &Answer,
        owner: SecretOwner<'_>,
        resolution: &mut Resolution<'_>,
    ) -> Option<(Parts, Option<Text>)> {
        let span = resolution.resource.provisioner.span;
        let kind = Kind::Null;
        let places = Arc::new(Node { span, kind });
        let raw = |platform, tree| Raw {
            platform,
            resource: owner.uid.to_owned(),
            workload: None,
            places: Arc::clone(&places),
            tree,
        };
        let mut parts = Parts::default();
        let sections = self.sections(answer, owner);
        if !sections.is_empty() {
            let sections = interpolated(&sections.into());
            let sections = sections.map_err(|form| {
                let found = Diagnostic::new(
                    Code::ProvisionerInvalid,
                    format!("the entries for Compose contain `{form}`, and only `${{NAME}}`, `${{NAME:?}}` and `${{NAME:-default}}` are supported"),
                );
                let found = found.at(span, "").help("set the variable under `variables`, or write `$$` for `$`");
                resolution.report(Some(Box::new(found)));
            });
            parts.objects.push(raw("compose", sections.ok()?));
        }
        for manifest in &answer.manifests {
            let tree = self.object(manifest, owner, resolution);
            if let Some(identity) = identity(&tree) {
                // Of equal objects of one resource, the last one remains.
                let is_other = |it: &Raw| self::identity(&it.tree).as_ref() != Some(&identity);
                parts.objects.retain(is_other);
                self.made.objects.insert(identity, owner.uid.to_owned());
            }
            parts.objects.push(raw("kubernetes", tree));
        }
        self.use_services(answer, owner.uid);
        let mut paths = answer.directories.keys().chain(answer.files.keys());
        if let Some(path) = paths.find(|it| inside(it).is_none()) {
            resolution.report(Some(Box::new(outside(path, span))));
            return None;
        }
        for (path, content) in &answer.files {
            if let (Some(path), Some(content)) = (inside(path), content.as_str()) {
                parts.files.insert(path, self.sealing.text(content, owner));
            }
        }
        parts.volume = volume(answer, owner.object).map(|tree| Requested {
            span,
            label: String::new(),
            tree,
        });
        let notes = answer.info_logs.join("\n");
        let notes = (!notes.is_empty()).then(|| self.sealing.text(&notes, owner));
        Some((parts, notes))
    }

    /// The entries of the Compose file by section, which replace those of earlier resources.
    fn sections(&mut self, answer: &Answer, owner: SecretOwner<'_>) -> Map<Tree> {
        let entries = [
            &answer.services,
            &answer.volumes,
            &answer.networks,
            &answer.models,
        ];
        let mut sections = Map::default();
        for (section, entries) in SECTIONS.into_iter().zip(entries) {
            for name in entries.keys() {
                let entry = (section, name.clone());
                self.made.entries.insert(entry, owner.uid.to_owned());
            }
            if !entries.is_empty() {
                let entries = entries.iter();
                let entries =
                    entries.map(|(name, it)| (name.clone(), self.sealing.tree(it, owner)));
                sections.insert(section.to_owned(), entries.collect::<Map<_>>().into());
            }
        }
        sections
    }

    /// Records the services that a resource has made, and those that its outputs name.
    fn use_services(&mut self, answer: &Answer, uid: &str) {
        for (name, service) in &answer.services {
            let is_init = service["labels"][INIT_LABEL] == "true";
            let check = &service["healthcheck"];
            let is_checked = check.is_object() && check["disable"] != true;
            let condition = match (is_init, is_checked) {
                (true, _) => "service_completed_successfully",
                (false, true) => "service_healthy",
                (false, false) => "service_started",
            };
            self.made.conditions.insert(name.clone(), condition);
        }
        let named = answer.outputs.values().filter_map(Json::as_str);
        let names = answer.services.keys().map(String::as_str).chain(named);
        let names = names.map(str::to_owned).collect();
        self.made.services.insert(uid.to_owned(), names);
    }

    /// A Kubernetes object. Only a Secret can hold secrets.
    fn object(
        &mut self,
        manifest: &Json,
        owner: SecretOwner<'_>,
        resolution: &mut Resolution<'_>,
    ) -> Tree {
        let is_secret = manifest["kind"] == "Secret" && manifest["apiVersion"] == "v1";
        let mut tree = self.sealing.tree(manifest, owner);
        if let Tree::Map(fields) = &mut tree
            && is_secret
        {
            self.open_data(manifest, fields, owner);
        }
        let mut is_shown = false;
        let key = &self.key;
        match &mut tree {
            Tree::Map(fields) => {
                for (field, value) in fields.iter_mut() {
                    if !is_secret || field != "stringData" {
                        *value = value.map_text(&mut |text| shown(text, key, &mut is_shown));
                    }
                }
            }
            other => *other = other.map_text(&mut |text| shown(text, key, &mut is_shown)),
        }
        if is_shown {
            let kind = manifest["kind"].as_str().unwrap_or("object");
            let message = format!(
                "the {kind} of a provisioner in a list shows a secret, which is then readable in the output"
            );
            let mut found = Diagnostic::new(Code::ProvisionerExposedSecret, message)
                .at(resolution.resource.provisioner.span, "")
                .help("put the secret into a `Secret`, and refer to it with `secretKeyRef`");
            found.severity = Severity::Warning;
            resolution.report(Some(Box::new(found)));
        }
        tree
    }

    /// Moves the entries of a Secret that contain secrets from `data`, where they are in base64, to `stringData`.
    fn open_data(&mut self, manifest: &Json, fields: &mut Map<Tree>, owner: SecretOwner<'_>) {
        let mut opened = Map::default();
        let data = manifest["data"].as_object().into_iter().flatten();
        for (key, value) in data {
            let text = value.as_str().and_then(decoded);
            let text = text.map(|text| self.sealing.text(&text, owner));
            if let Some(text) = text.filter(Text::is_secret) {
                opened.insert(key.clone(), Tree::Text(text));
            }
        }
        if opened.is_empty() {
            return;
        }
        if let Some(Tree::Map(data)) = fields.get_mut("data") {
            data.retain(|key, _| !opened.contains_key(key));
            if data.is_empty() {
                fields.shift_remove("data");
            }
        }
        if let Some(Tree::Map(known)) = fields.get_mut("stringData") {
            opened.extend(std::mem::take(&mut **known));
        }
        fields.insert("stringData".to_owned(), opened.into());
    }
}

/// The text with its secrets in clear text.
fn shown(text: &Text, key: &ProjectKey, is_shown: &mut bool) -> Text {
    *is_shown |= text.is_secret();
    text.map(|reference| match reference {
        Ref::Secret(secret) => match secret.external() {
            Some(value) => value.into(),
            None => key.derive(secret).into(),
        },
        other => other.clone().into(),
    })
}

/// The volume that containers mount if the resource is used as one. The outputs say what it is: in score-compose the
/// fields of a mount without its target, in score-k8s the source of a volume of a pod or the fields of a claim.
pub(super) fn volume(answer: &Answer, name: &str) -> Option<Tree> {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let outputs = &answer.outputs;
    let (claim, source) = (outputs.get("claimSpec"), outputs.get("source"));
    let (key, value) = if let Some(claim) = claim {
        ("size", text(&claim["resources"]["requests"]["storage"])?)
    } else {
        let source = source?;
        let existing = &source["persistentVolumeClaim"]["claimName"];
        match outputs.get("type").and_then(Json::as_str) {
            Some("bind") => ("hostPath", text(source)?),
            Some("volume") => ("written", text(source)?),
            None if source.get("emptyDir").is_some() => ("ephemeral", String::new()),
            None => match text(&source["hostPath"]["path"]) {
                Some(path) => ("hostPath", path),
                None => ("existing", text(existing)?),
            },
            Some(_) => return None,
        }
    };
    let value = match key {
        "ephemeral" => Tree::Bool(true),
        _ => Tree::Text(value.into()),
    };
    let name = Tree::Text(name.into());
    Some(Tree::from_iter([
        ("name".to_owned(), name),
        (key.to_owned(), value),
    ]))
}

/// Replaces the names of objects of the resource in its outputs by references, because charts rename objects.
pub(super) fn refer(outputs: &mut Map<Tree>, manifests: &[Json]) {
    let services = manifests.iter().filter(|it| it["kind"] == "Service");
    let names: BTreeSet<&str> = services
        .filter_map(|it| it["metadata"]["name"].as_str())
        .collect();
    let in_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let referring = |text: &Text| {
        let mut whole = Text::new();
        for segment in text.segments() {
            let Segment::Plain(plain) = segment else {
                whole.push(segment.clone());
                continue;
            };
            let mut rest = plain.as_str();
            while !rest.is_empty() {
                let length = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(length);
                if names.contains(word) {
                    whole.push_ref(Ref::Host(word.to_owned()));
                } else {
                    whole.push_str(word);
                }
                let next = after.chars().next().map_or(0, char::len_utf8);
                whole.push_str(&after[..next]);
                rest = &after[next..];
            }
        }
        whole
    };
    for output in outputs.values_mut() {
        *output = output.map_text(&mut { |text: &Text| referring(text) });
    }
}

/// A path that stays below the folder of mounted files.
fn inside(path: &str) -> Option<String> {
    let is_plain = |c: char| !c.is_control() && c != '\\';
    let is_wrong = |part: &str| part == ".." || part.to_lowercase().starts_with(".git");
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = parts.collect();
    let fine = !path.starts_with('/')
        && !parts.is_empty()
        && path.chars().all(is_plain)
        && !parts.iter().any(|part| is_wrong(part));
    fine.then(|| parts.join("/"))
}

fn outside(path: &str, span: Span) -> Diagnostic {
    let message = format!(
        "`{}` does not stay inside the folder of mounted files",
        path.escape_debug()
    );
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(span, "")
        .help("use a relative path without `..`")
}
