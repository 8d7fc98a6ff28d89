//! Documents, and the diagnostics of the schema check.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod flow;

use std::fmt::Write as _;

use flow::{headline, read};
use score_spec::{
    Code,
    schema::{Codes, Place, Schema, score_schema},
};
use serde_json::{Value as Json, json};

/// A document, followed by lines `code | text of the span | message`, each with optional lines `?
/// help` and `! fix`. `web:` is the contents of a container, `root:` is beside a valid container,
/// `doc:` is a whole document.
const SCORE: &str = r#"
root: service: {ports: {www: {port: 80, targetPort: 8080, protocol: TCP}}}

web: imge: nginx
spec/unknown-field | imge | unknown field `imge` in `containers.web`
  ? did you mean `image`?

web: image: nginx, imge: nginx
spec/unknown-field | imge | unknown field `imge` in `containers.web`
  ? the fields allowed here are `image`, `command`, `args`, `variables`, `files`, `volumes`, `before`, `resources`, `livenessProbe` and `readinessProbe`

web: image: nginx, liveness_probe: {exec: {command: [a]}}
spec/unknown-field | liveness_probe | unknown field `liveness_probe` in `containers.web`
  ? did you mean `livenessProbe`?
  ! liveness_probe -> livenessProbe

web: image: nginx, env: {A: b}
spec/unknown-field | env | unknown field `env` in `containers.web`
  ? did you mean `variables`?

web: image: nginx, cpu: 1, limits: {cpu: 1}, type: a
spec/unknown-field | cpu | unknown field `cpu` in `containers.web`
  ? the fields allowed here are `image`, `command`, `args`, `variables`, `files`, `volumes`, `before`, `resources`, `livenessProbe` and `readinessProbe`
spec/unknown-field | limits | unknown field `limits` in `containers.web`
  ? `limits` belongs under `resources`
spec/unknown-field | type | unknown field `type` in `containers.web`
  ? the fields allowed here are `image`, `command`, `args`, `variables`, `files`, `volumes`, `before`, `resources`, `livenessProbe` and `readinessProbe`

web: image: nginx, resources: {limits: {cpu: "1"}, image: a}
spec/unknown-field | image | unknown field `image` in `containers.web.resources`
  ? `image` belongs in `containers.web`

root: image: nginx, ports: {}, readOnly: true
spec/unknown-field | image | unknown field `image`
  ? `image` belongs under `containers.<name>`
spec/unknown-field | ports | unknown field `ports`
  ? `ports` belongs under `service`
spec/unknown-field | readOnly | unknown field `readOnly`
  ? the fields allowed here are `apiVersion`, `metadata`, `service`, `containers` and `resources`

doc: {apiVersion: score.dev/v1b1, name: shop, containers: {web: {image: a}}}
spec/unknown-field | name | unknown field `name`
  ? the name belongs under `metadata`

doc: {metadata: {}, containers: {}}
spec/missing-field | metadata | `metadata` lacks the required field `name`
  ? for example `name: web-shop`
spec/missing-field | metadata | the required field `apiVersion` is missing
  ? add `apiVersion: score.dev/v1b1`
spec/invalid-value | {} | `containers` must have at least one entry

doc: {}
spec/missing-field | {} | the required field `apiVersion` is missing
  ? add `apiVersion: score.dev/v1b1`
spec/missing-field | {} | the required field `containers` is missing
  ? for example `containers: {web: {image: nginx:1.29}}`
spec/missing-field | {} | the required field `metadata` is missing
  ? for example `metadata: {name: web-shop}`

doc: [a]
spec/wrong-type | [a] | expected a map, found a list
  ? write a map: `{key: value}`

web: variables: {PORT: 8080, VERSION: 1.10, DEBUG: true, NONE: null, EMPTY: }
spec/missing-field | web | `containers.web` lacks the required field `image`
  ? for example `image: nginx:1.29`
spec/wrong-type | 8080 | expected a string at `containers.web.variables.PORT`, found a number
  ? write `"8080"`
  ! 8080 -> "8080"
spec/wrong-type | 1.10 | expected a string at `containers.web.variables.VERSION`, found a number
  ? write `"1.10"`
  ! 1.10 -> "1.10"
spec/wrong-type | true | expected a string at `containers.web.variables.DEBUG`, found a boolean
  ? write `"true"`
  ! true -> "true"
spec/wrong-type | null | expected a string at `containers.web.variables.NONE`, found nothing
  ? write `""` for an empty string
spec/wrong-type | EMPTY | expected a string at `containers.web.variables.EMPTY`, found nothing
  ? write `""` for an empty string

web: image: nginx, variables: [{name: a, value: b}], command: run, volumes: , files: a
spec/wrong-type | [{name: a, value: b}] | expected a map at `containers.web.variables`, found a list
  ? write a map: `{key: value}`
spec/wrong-type | run | expected a list at `containers.web.command`, found a string
  ? write it as a list: `[…]`
spec/wrong-type | volumes | expected a map or a list at `containers.web.volumes`, found nothing
spec/wrong-type | a | expected a map or a list at `containers.web.files`, found a string

web: image: nginx, volumes: {/a: {source: a, readOnly: yes}, /b: {source: a, readOnly: "false"}, /c: {source: a, readOnly: 1}}
spec/wrong-type | yes | expected a boolean at `containers.web.volumes["/a"].readOnly`, found a string
  ? write `true`
  ! yes -> true
spec/wrong-type | "false" | expected a boolean at `containers.web.volumes["/b"].readOnly`, found a string
  ? write `false`
  ! "false" -> false
spec/wrong-type | 1 | expected a boolean at `containers.web.volumes["/c"].readOnly`, found a number

root: service: {ports: {aa: {port: "80"}, bb: {port: 80.5}, cc: {port: 0}, dd: {port: 1, targetPort: 65536, protocol: tcp}, ee: {protocol: QUIC, port: }, ff: {port: 80.0}}}
spec/wrong-type | "80" | expected an integer at `service.ports.aa.port`, found a string
  ? write `80`
  ! "80" -> 80
spec/wrong-type | 80.5 | expected an integer at `service.ports.bb.port`, found a number with a fraction
spec/invalid-value | 0 | `service.ports.cc.port` must be from 1 to 65535
spec/invalid-value | 65536 | `service.ports.dd.targetPort` must be from 1 to 65535
spec/invalid-value | tcp | `service.ports.dd.protocol` must be `TCP` or `UDP`
  ? did you mean `TCP`?
  ! tcp -> TCP
spec/invalid-value | QUIC | `service.ports.ee.protocol` must be `TCP` or `UDP`
spec/wrong-type | port | expected an integer at `service.ports.ee.port`, found nothing

doc: {apiVersion: score.dev/v1b2, metadata: {name: Shop, annotations: {a: b}}, containers: {Web_1: {image: ""}, ok: {image: a}, "-": {image: a}}}
spec/invalid-value | score.dev/v1b2 | `apiVersion` must be `score.dev/v1b1`
  ? write `score.dev/v1b1`
spec/invalid-value | Shop | `metadata.name` must be 2 to 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit
  ? did you mean `shop`?
spec/invalid-name | a | the name `a` in `metadata.annotations` must be 2 to 63 letters, digits, `-`, `_` or `.`, beginning and ending with a letter or digit, with an optional prefix such as `example.com/`
spec/invalid-name | Web_1 | the name `Web_1` in `containers` must be 2 to 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit
  ? for example `web-1`
spec/invalid-value | "" | `containers.Web_1.image` must not be empty
  ? write `image: .` if the image is set when the workload is deployed
spec/invalid-name | "-" | the name `-` in `containers` must be 2 to 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit

root: resources: {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {type: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}

root: resources: {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {type: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}
spec/invalid-name | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | the name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` in `resources` must be 2 to 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit
spec/invalid-value | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | `resources.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.type` must be 2 to 63 letters, digits or `-`, beginning and ending with a letter or digit

web: image: a, files: {/a: {}, /b: {content: a, source: b}, /c: {target: /c, content: a}, /d: {contents: a}, /e: , /f: {mode: 0644, content: a}, /g: {mode: "9", source: "", binaryContent: a, content: b}}
spec/missing-field | /a | `containers.web.files["/a"]` needs one of `content`, `binaryContent` or `source`
spec/invalid-value | source | `containers.web.files["/b"]` has both `content` and `source`
  ? keep one of them
spec/unknown-field | target | unknown field `target` in `containers.web.files["/c"]`
  ? the key under `files` is the path
spec/unknown-field | contents | unknown field `contents` in `containers.web.files["/d"]`
  ? did you mean `content`?
spec/wrong-type | /e | expected a map at `containers.web.files["/e"]`, found nothing
spec/wrong-type | 0644 | expected a string at `containers.web.files["/f"].mode`, found a number
  ? write `"0644"`
  ! 0644 -> "0644"
spec/invalid-value | "9" | `containers.web.files["/g"].mode` must be three octal digits such as `"644"`, with an optional leading `0`
  ? for example `0644`
spec/invalid-value | "" | `containers.web.files["/g"].source` must not be empty
spec/invalid-value | binaryContent | `containers.web.files["/g"]` has `source`, `binaryContent` and `content`
  ? keep one of them

web: image: a, files: [{target: /a}, {target: "", content: a}, a], volumes: [{target: /v}]
spec/missing-field | target | `containers.web.files[0]` needs one of `content`, `binaryContent` or `source`
spec/invalid-value | "" | `containers.web.files[1].target` must not be empty
spec/wrong-type | a | expected a map at `containers.web.files[2]`, found a string
spec/missing-field | target | `containers.web.volumes[0]` lacks the required field `source`
  ? for example `source: ${resources.data}`

web: image: a, livenessProbe: {}, readinessProbe: {httpget: {path: /, port: 1}}
spec/missing-field | livenessProbe | `containers.web.livenessProbe` needs `httpGet` or `exec`
spec/unknown-field | httpget | unknown field `httpget` in `containers.web.readinessProbe`
  ? did you mean `httpGet`?
  ! httpget -> httpGet

web: image: a, livenessProbe: {path: /, port: 1}, readinessProbe: {command: [a]}
spec/unknown-field | path | unknown field `path` in `containers.web.livenessProbe`
  ? `path` belongs under `httpGet`
spec/unknown-field | port | unknown field `port` in `containers.web.livenessProbe`
  ? `port` belongs under `httpGet`
spec/unknown-field | command | unknown field `command` in `containers.web.readinessProbe`
  ? `command` belongs under `exec`

web: image: a, before: {db: {ready: complet}, dc: {}}, resources: {limits: {cpu: 0.5, memory: 64MB}}
spec/invalid-value | complet | `containers.web.before.db.ready` must be `started`, `healthy` or `complete`
  ? did you mean `complete`?
spec/missing-field | dc | `containers.web.before.dc` lacks the required field `ready`
  ? for example `ready: started`
spec/wrong-type | 0.5 | expected a string at `containers.web.resources.limits.cpu`, found a number
  ? write `"0.5"`
  ! 0.5 -> "0.5"
spec/invalid-value | 64MB | `containers.web.resources.limits.memory` must be a number of bytes with an optional unit (`K`, `M`, `G`, `T`, `P`, `E`, or `Ki`, `Mi` and so on), such as `"128Mi"`
  ? did you mean `64M`?

root: resources: {db: {class: "a b", id: A}, aa: {type: x}}
spec/missing-field | db | `resources.db` lacks the required field `type`
  ? for example `type: postgres`
spec/invalid-value | "a b" | `resources.db.class` must be 2 to 63 letters, digits or `-`, beginning and ending with a letter or digit
  ? did you mean `a-b`?
spec/invalid-value | A | `resources.db.id` must be 2 to 63 lower-case letters, digits, `-` or `.`, where each part between dots begins and ends with a letter or digit
spec/invalid-value | x | `resources.aa.type` must be 2 to 63 letters, digits or `-`, beginning and ending with a letter or digit
"#;

const PROJECT: &str = r#"
doc: {apiVersion: score-rs/v1, kind: Project, name: shop, target: compose, provisioners: [platform/], defaults: {annotations: {my.org/c-d: e}}, secrets: {rotations: {redis.default#main-cache: 2}}}

doc: {apiVersion: score-rs/v1, kind: Project, name: -a, annotations: {}, secrets: {rotations: {a.b#c: -1, a.b#d: x, e: 1}}, provisioners: platform/}
project/invalid | -a | `name` must be 1 to 63 lower-case letters, digits, `-` or `_`, beginning with a letter or digit
  ? for example `shop`
project/invalid | annotations | unknown field `annotations`
  ? `annotations` belongs under `defaults`
project/invalid | -1 | `secrets.rotations["a.b#c"]` must be from 0 to 4294967295
project/invalid | x | expected an integer at `secrets.rotations["a.b#d"]`, found a string
project/invalid | e | the name `e` in `secrets.rotations` must be the uid of a resource, such as `redis.default#main-cache` or `postgres.default#web.db`
project/invalid | platform/ | expected a list at `provisioners`, found a string
  ? write it as a list: `[…]`

doc: {apiVersion: score-rs/v2, kind: project}
project/invalid | score-rs/v2 | `apiVersion` must be `score-rs/v1`
  ? write `score-rs/v1`
project/invalid | project | `kind` must be `Project`
  ? write `Project`
  ! project -> Project
"#;

#[test]
fn score_files() {
    cases(SCORE, score_schema(), Codes::SPEC);
}

#[test]
fn project_files() {
    cases(
        PROJECT,
        &Schema::with_rules(score_schemas::PROJECT_RULES, score_schemas::PROJECT),
        Codes::all(Code::ProjectInvalid),
    );
}

#[test]
fn parts_of_documents() {
    let schema = Schema::from_value(json!({
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"oneOf": [{"type": "integer", "minimum": 1}, {"enum": ["small", "large"]}]},
            "mode": {"anyOf": [{"const": "a"}, {"enum": ["b", "c"]}]},
            "kind": {"oneOf": [{"type": "string"}, {"type": ["array", "null"]}]},
            "disk": {"oneOf": [
                {"properties": {"kind": {"const": "ssd"}, "gb": {"maximum": 9}}, "required": ["gb"]},
                {"properties": {"kind": {"const": "hdd"}}, "required": ["rpm"]},
            ]},
            "tags": {"uniqueItems": true, "maxItems": 2, "items": {"pattern": "^\\d+$"}},
            "old": false,
        },
        "unevaluatedProperties": false,
    }))
    .unwrap();
    let codes = Codes {
        unknown_field: Code::ResourceUnknownParam,
        ..Codes::all(Code::ResourceParams)
    };
    let expected = r"
        {size: 0} => resource/params | 0 | `db.params.size` must be at least 1
        {size: smal} => resource/params | smal | `db.params.size` must be `small` or `large`
        {size: small, mode: d} => resource/params | d | `db.params.mode` must be `a`, `b` or `c`
        {size: small, kind: 1} => resource/params | 1 | expected a list, a string or nothing at `db.params.kind`, found a number
        {size: small, disk: {kind: ssd, gb: 10}} => resource/params | 10 | `db.params.disk.gb` must be at most 9
        {size: small, disk: {kind: hdd}} => resource/params | disk | `db.params.disk` lacks the required field `rpm`
        {size: small, tags: [1, 1]} => resource/params | [1, 1] | `db.params.tags` must not contain an item twice
        {size: small, tags: [a]} => resource/params | a | `db.params.tags[0]` must match the pattern `^\d+$`
        {size: small, old: 1, sice: 2} => resource/unknown-param | old | unknown field `old` in `db.params`; resource/unknown-param | sice | unknown field `sice` in `db.params`
        {sise: 1} => resource/unknown-param | sise | unknown field `sise` in `db.params`
        {} => resource/params | {} | `db.params` lacks the required field `size`
    ";
    for line in expected.lines().filter(|line| !line.trim().is_empty()) {
        let (text, expected) = line.trim().split_once(" => ").unwrap();
        let (sources, node) = read(text);
        let place = Place {
            path: "db.params".to_owned(),
            key: Some(node.span),
        };
        let place = if text == "{}" {
            place
        } else {
            Place { key: None, ..place }
        };
        let found = schema.check_at(&place, &node, &sources, &codes);
        let found: Vec<String> = found
            .iter()
            .map(|found| headline(&sources, found))
            .collect();
        assert_eq!(found.join("; "), expected, "{text}");
    }
}

#[test]
fn many_findings_take_no_long_time() {
    let mut text = String::from(
        "{apiVersion: score.dev/v1b1, metadata: {name: aa}, containers: {web: {image: a, variables: {",
    );
    (0..20_000).for_each(|i| write!(text, "k{i}: {i}, ").unwrap());
    text.push_str("}}}");
    (0..20_000).for_each(|i| write!(text, ", x{i}: {i}").unwrap());
    text.push('}');
    let (sources, node) = read(&text);
    assert_eq!(
        score_schema().check(&node, &sources, &Codes::SPEC).len(),
        40_000
    );
}

#[test]
fn values_do_not_enter_messages() {
    let (sources, node) = read(
        "{apiVersion: hunter2, metadata: {name: aa, annotations: [HUNTER2]}, containers: {web: {image: [hunter2], command: hunter2}, other: hunter2}}",
    );
    for found in score_schema().check(&node, &sources, &Codes::SPEC) {
        assert!(!format!("{found:?}").to_lowercase().contains("hunter2"));
    }
}

/// The rules of the schema of provisioners about containers are those of Score files, except for the
/// changes below.
#[test]
fn containers_of_provisioners_have_the_rules_of_score_files() {
    let [mut score, provisioner] = [score_schemas::SCORE_V1B1, score_schemas::PROVISIONER]
        .map(|schema| rules(&serde_json::from_str::<Json>(schema).unwrap()["$defs"]));
    // Strings can contain expressions.
    open(&mut score);
    score["portNumber"]["type"] = json!(["integer", "string"]);
    score["portNumber"]["pattern"] = json!("^[0-9]+$|[{][{]");
    score["portNumber"]["x-error"] = json!("a port number");
    let container = &mut score["container"];
    // An image is never set later, and variables need no quotes.
    container["x-unknown"]["build"] = json!("a component has no `build`; set an `image`");
    let fields = &mut container["properties"];
    fields["image"]["x-empty"].take();
    fields["variables"]["additionalProperties"]["type"] =
        json!(["string", "integer", "number", "boolean"]);
    // Files have only contents, volumes belong to the component, and neither has a deprecated form.
    for (field, of) in [("files", "file"), ("volumes", "volume")] {
        let entries = json!({"$ref": format!("#/$defs/{of}")});
        fields[field] = json!({"type": "object", "additionalProperties": entries});
    }
    let file = &mut score["file"];
    file["oneOf"].take();
    file["required"] = json!(["content"]);
    let known = file["properties"].as_object_mut().unwrap();
    known.retain(|name, _| ["content", "mode"].contains(&name.as_str()));
    score["volume"]["properties"]["target"].take();
    score["volume"]["x-short"]["item"].take();
    score["volume"]["properties"]["source"]["examples"] = json!(["data"]);
    let mut score = rules(&score);
    for name in [
        "container",
        "file",
        "volume",
        "quantities",
        "probe",
        "exec",
        "httpGet",
        "words",
        "portNumber",
        "servicePort",
    ] {
        assert!(score[name].is_object(), "{name}");
        // Advice about annotations and resources applies only to Score files.
        let mut unknown = score[name]["x-unknown"].take();
        if let Some(advice) = unknown.as_object_mut() {
            advice.retain(|field, _| provisioner[name]["x-unknown"].get(field).is_some());
        }
        let fields = score[name].as_object_mut().unwrap();
        fields.retain(|field, _| field != "x-unknown");
        if unknown.as_object().is_some_and(|advice| !advice.is_empty()) {
            fields.insert("x-unknown".to_owned(), unknown);
        }
        assert_eq!(provisioner[name], score[name], "{name}");
    }
}

/// A schema without what only describes it, and without fields that are null.
fn rules(schema: &Json) -> Json {
    match schema {
        Json::Object(fields) => {
            let about = |name: &str, value: &Json| {
                ["title", "description", "default"].contains(&name) && !value.is_object()
            };
            let fields = fields.iter();
            let fields = fields.filter(|(name, value)| !about(name, value) && !value.is_null());
            let fields = fields.map(|(name, value)| (name.clone(), rules(value)));
            fields.collect::<serde_json::Map<_, _>>().into()
        }
        Json::Array(items) => items.iter().map(rules).collect(),
        value => value.clone(),
    }
}

/// Lets strings with a pattern contain expressions.
fn open(schema: &mut Json) {
    if let Some(Json::String(pattern)) = schema.get_mut("pattern") {
        pattern.push_str("|[{][{]");
    }
    let fields = schema.as_object_mut().into_iter();
    fields.flat_map(|it| it.values_mut()).for_each(open);
}

fn cases(table: &str, schema: &Schema, codes: Codes) {
    for case in table.trim().split("\n\n") {
        let (document, expected) = case.split_once('\n').unwrap_or((case, ""));
        let (kind, text) = document.split_once(": ").unwrap();
        let head = "apiVersion: score.dev/v1b1, metadata: {name: shop}, containers: ";
        let text = match kind {
            "web" => format!("{{{head}{{web: {{{text}}}}}}}"),
            "root" => format!("{{{head}{{web: {{image: nginx}}}}, {text}}}"),
            _ => text.to_owned(),
        };
        let (sources, node) = read(&text);
        let mut found = String::new();
        for diagnostic in schema.check(&node, &sources, &codes) {
            writeln!(found, "{}", headline(&sources, &diagnostic)).unwrap();
            if let Some(help) = &diagnostic.help {
                writeln!(found, "  ? {help}").unwrap();
            }
            if let Some(fix) = &diagnostic.fix {
                writeln!(
                    found,
                    "  ! {} -> {}",
                    sources.slice(fix.span),
                    fix.replacement
                )
                .unwrap();
            }
        }
        assert_eq!(
            found.trim_end(),
            expected.trim_end(),
            "\n{document}\n{found}"
        );
    }
}
