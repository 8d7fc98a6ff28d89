//! Comparisons of compiled projects, with their descriptions.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use score_compiler::{
    Compiler, Compose, Description, Forms, Inputs, Kubernetes, Memory, ProjectKey, Target,
};
use score_impact::{Changes, Class, Object, Rendering, SECRET, Subject, compare};
use score_spec::{Sources, parse};

/// A workload with a database and a cache.
const IDENTITY: &str = "
apiVersion: score.dev/v1b1
metadata: {name: identity-api}
containers:
  main:
    image: acme/identity:1
    variables: {DB: '${resources.db.host}', DB_PASSWORD: '${resources.db.password}', CACHE: '${resources.cache.host}', MODE: a}
service: {ports: {http: {port: 80}}}
resources:
  db: {type: postgres}
  cache: {type: redis}
";

/// A workload that uses it, and has the same type of database.
const WEB: &str = "
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
    variables: {IDENTITY: 'http://${resources.identity-api.name}', DB: '${resources.db.host}'}
resources:
  identity-api: {type: service}
  db: {type: postgres}
";

fn described(target: &dyn Target, specs: &[String], provisioners: &str) -> Description {
    let world = Memory::new();
    let mut compiler = Compiler::new();
    if !provisioners.is_empty() {
        compiler = compiler.with_provisioners("provisioners.yaml", provisioners);
    }
    let mut inputs = Inputs::new();
    for (index, spec) in specs.iter().enumerate() {
        inputs = inputs.with_spec(&format!("{index}.yaml"), spec.as_str());
    }
    let compiled = compiler.compile(&world, inputs);
    let mut rendered = compiled.render_as(target, Forms::OBJECTS);
    let errors = rendered.diagnostics.iter();
    let errors: Vec<_> = errors.map(|it| it.message.clone()).collect();
    assert_eq!(errors, Vec::<String>::new());
    compiled.describe(&mut rendered, Some(target))
}

fn kubernetes(specs: &[String]) -> Description {
    described(&Kubernetes::default(), specs, "")
}

fn rendering(description: &Description) -> Rendering<'_> {
    let objects = description.objects.iter().cloned().map(Object::from);
    Rendering::new(objects).with_model(&description.model)
}

fn compared(before: &Description, after: &Description) -> Changes {
    compare(&rendering(before), &rendering(after))
}

/// The changes of a class as `SUBJECT: reason`.
fn of(changes: &Changes, class: Class) -> Vec<String> {
    let changes = changes.changes.iter().filter(|it| it.class == class);
    changes
        .map(|it| format!("{}: {}", it.subject, it.reason))
        .collect()
}

fn renamed() -> Vec<String> {
    let web = WEB.replace("identity-api", "id-api");
    vec![IDENTITY.replace("identity-api", "id-api"), web]
}

#[test]
fn nothing_changes_without_a_change() {
    for target in [&Kubernetes::default() as &dyn Target, &Compose::default()] {
        let specs = [IDENTITY.to_owned(), WEB.to_owned()];
        let (before, after) = (described(target, &specs, ""), described(target, &specs, ""));
        assert!(compared(&before, &after).is_empty());
    }
}

#[test]
fn a_rename_tells_the_ids_that_keep_the_data() {
    let before = kubernetes(&[IDENTITY.to_owned(), WEB.to_owned()]);
    let changes = compared(&before, &kubernetes(&renamed()));
    let [rename] = changes.renames.as_slice() else {
        panic!("{:?}", changes.renames);
    };
    assert_eq!(
        (rename.from.as_str(), rename.to.as_str()),
        ("identity-api", "id-api")
    );
    let ids: Vec<_> = rename
        .keeps
        .iter()
        .map(|it| (it.resource.as_deref(), it.id.as_str()))
        .collect();
    assert_eq!(
        ids,
        [
            (Some("cache"), "identity-api.cache"),
            (Some("db"), "identity-api.db")
        ]
    );
    assert_eq!(
        of(&changes, Class::DataLoss).len(),
        2,
        "{:?}",
        of(&changes, Class::DataLoss)
    );

    let mut specs = renamed();
    for keep in &rename.keeps {
        let name = keep.resource.as_deref().unwrap();
        let kind = if name == "db" { "postgres" } else { "redis" };
        let declared = format!("{name}: {{type: {kind}}}");
        specs[0] = specs[0].replace(
            &declared,
            &format!("{name}: {{type: {kind}, id: {}}}", keep.id),
        );
    }
    let changes = compared(&before, &kubernetes(&specs));
    assert_eq!(changes.renames.len(), 1);
    assert_eq!(of(&changes, Class::DataLoss), Vec::<String>::new());
    assert_eq!(changes.renames[0].keeps, []);
}

#[test]
fn the_same_is_known_without_descriptions() {
    let (before, after) = (
        kubernetes(&[IDENTITY.to_owned(), WEB.to_owned()]),
        kubernetes(&renamed()),
    );
    let objects = before.objects.iter().cloned().map(Object::from);
    let changes = compare(&Rendering::new(objects), &rendering(&after));
    let ids: Vec<_> = changes
        .renames
        .iter()
        .flat_map(|it| &it.keeps)
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(ids, ["identity-api.cache", "identity-api.db"]);
}

#[test]
fn two_renames_at_once_are_told_apart() {
    let other = IDENTITY
        .replace("identity-api", "mail")
        .replace("acme/identity", "acme/mail")
        .replace("MODE", "SMTP");
    let before = kubernetes(&[IDENTITY.to_owned(), other.clone()]);
    let swapped = [
        IDENTITY.replace("identity-api", "z-identity"),
        other.replace("name: mail", "name: a-mail"),
    ];
    let changes = compared(&before, &kubernetes(&swapped));
    let pairs: Vec<_> = changes
        .renames
        .iter()
        .map(|it| (it.from.as_str(), it.to.as_str()))
        .collect();
    assert_eq!(pairs, [("mail", "a-mail"), ("identity-api", "z-identity")]);
}

#[test]
fn another_provisioner_does_not_have_the_data() {
    let provisioner = "
apiVersion: score-rs/v1
kind: Provisioner
type: redis
description: A server elsewhere
outputs:
  properties: {host: {type: string}}
values: {host: redis.example}
";
    let specs = [IDENTITY.to_owned(), WEB.to_owned()];
    let target = Kubernetes::default();
    let (before, after) = (
        described(&target, &specs, ""),
        described(&target, &specs, provisioner),
    );
    let changes = compared(&before, &after);
    let losses = of(&changes, Class::DataLoss);
    let of_resource = losses
        .iter()
        .filter(|it| it.starts_with("redis.default#identity-api.cache: "));
    assert_eq!(of_resource.count(), 1, "{losses:?}");
}

#[test]
fn what_depends_on_unknown_outputs_is_unknown() {
    let specs = [IDENTITY.to_owned(), WEB.to_owned()];
    let before = kubernetes(&specs);
    let after = kubernetes(&specs.map(|spec| {
        spec.replace("nginx:1", "nginx:2")
            .replace("identity:1", "identity:2")
    }));
    let after = rendering(&after).with_unanswered(["redis.default#identity-api.cache".to_owned()]);
    let changes = compare(&rendering(&before), &after);
    let unknown = of(&changes, Class::Unknown);
    assert!(
        unknown
            .iter()
            .any(|it| it.starts_with("Deployment/identity-api: ")),
        "{unknown:?}"
    );
    assert!(
        unknown
            .iter()
            .any(|it| it.starts_with("StatefulSet/redis-identity-api--cache: ")),
        "{unknown:?}"
    );
    assert_eq!(of(&changes, Class::Restart).len(), 1);
}

/// The objects of files, in which secrets are text.
fn revealed(description: &Description, key: &ProjectKey) -> Vec<Object> {
    let objects = description.objects.iter().cloned().map(Object::from);
    let reveal = |mut object: Object| {
        let tree = object
            .tree
            .map_text(&mut |text| text.reveal(key).into_owned().into());
        object.tree = Arc::new(tree);
        object
    };
    objects.map(reveal).collect()
}

#[test]
fn secrets_are_compared_with_the_key_and_never_shown() {
    let description = kubernetes(&[IDENTITY.to_owned()]);
    let key = ProjectKey::new([7; 32]);
    let other = ProjectKey::new([8; 32]);
    let written = || Rendering::new(revealed(&description, &key));
    assert!(compare(&written(), &rendering(&description).with_key(&key)).is_empty());

    let changes = compare(&written(), &rendering(&description).with_key(&other));
    assert!(!changes.is_empty());
    assert!(changes.changes.iter().all(|it| it.class == Class::Config));
    for change in &changes.changes {
        let secret = Some(SECRET.to_owned());
        assert_eq!((&change.before, &change.after), (&secret, &secret));
    }
    let changes = compare(&written(), &rendering(&description));
    assert!(!changes.is_empty());
    assert!(changes.changes.iter().all(|it| it.class == Class::Unknown));
}

#[test]
fn compose_files_are_read_with_their_volumes() {
    let target = Compose::default();
    let description = described(&target, &[IDENTITY.to_owned()], "");
    let mut sources = Sources::new();
    let text = "services: {web: {image: nginx}}\nvolumes: {old: {}}\n";
    let id = sources.add("compose.yaml", text);
    let written = Object::read(&parse(&sources, id).documents[0]).unwrap();
    let changes = compare(&Rendering::new(written), &rendering(&description));
    let removed = changes
        .changes
        .iter()
        .filter(|it| it.class == Class::Deletion);
    let removed: Vec<_> = removed.map(|it| it.subject.to_string()).collect();
    assert_eq!(removed, ["service/web", "volume/old"]);
    let subjects = changes.changes.iter().map(|it| &it.subject);
    assert!(
        subjects
            .clone()
            .any(|it| matches!(it, Subject::Object(id) if id.name == "identity-api-main"))
    );
}
