//! Small inputs that require much work end quickly, most of them with a diagnostic about the limit:
//! provisioners that require each other infinitely, exponential schemas, expressions that iterate
//! over a long list repeatedly.
//!
//! The time limit is generous for a build without optimization on a busy machine, and far too short
//! for quadratic work.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use sandbox::Sandbox;
use serde_json::{Value, json};

/// Far more than any of them takes.
const LONGEST: Duration = Duration::from_mins(1);

/// The beginning of a provisioner of the type `own` with an output.
const PROVISIONER: &str = "apiVersion: score-rs/v1
kind: Provisioner
type: own
outputs: {properties: {out: {}}}
";

/// A Score file with these resources that uses `own.out`.
fn spec(resources: &str) -> String {
    format!(
        "apiVersion: score.dev/v1b1
metadata: {{name: web}}
containers:
  main:
    image: nginx:1
    variables: {{A: \"${{resources.own.out}}\"}}
resources:
{resources}"
    )
}

/// Validates a project, and returns the code, message and file of each diagnostic.
#[track_caller]
fn findings(provisioners: &str, specs: &[String]) -> Vec<[String; 3]> {
    findings_of("compose", provisioners, specs)
}

#[track_caller]
fn findings_of(target: &str, provisioners: &str, specs: &[String]) -> Vec<[String; 3]> {
    let sandbox = Sandbox::new("project");
    let write = |name: &str, text: &str| fs::write(sandbox.folder().join(name), text).unwrap();
    write("own.yaml", provisioners);
    // Rules have limits of their own.
    let project = "apiVersion: score-rs/v1\nkind: Project\npolicies: {preset: none}\n";
    write("score-rs.yaml", project);
    for (number, spec) in specs.iter().enumerate() {
        write(&format!("{number}.score.yaml"), spec);
    }
    let words = format!("validate --target {target} --provisioners own.yaml --format json");
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let start = Instant::now();
    let outcome = sandbox.run(&words, b"");
    let took = start.elapsed();
    assert!(took < LONGEST, "{took:?}");
    let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let diagnostics = report["diagnostics"].as_array().unwrap().iter();
    diagnostics
        .map(|it| [&it["code"], &it["message"], &it["file"]].map(text))
        .collect()
}

/// Validates a project with a single problem, and checks its code, message and file.
#[track_caller]
fn refused(provisioners: &str, spec: String, code: &str, message: &str, file: &str) {
    let found = findings(provisioners, &[spec]);
    let [[found_code, found_message, found_file]] = found.as_slice() else {
        assert_eq!(found.len(), 1, "{found:?}");
        return;
    };
    assert_eq!((code, file), (found_code.as_str(), found_file.as_str()));
    assert!(found_message.contains(message), "{found_message}");
}

#[test]
fn resources_without_end() {
    let text = format!(
        "{PROVISIONER}values: {{out: x}}
resources:
  aa: {{type: own, id: \"{{{{ id }}}}a\"}}
  bb: {{type: own, id: \"{{{{ id }}}}b\"}}
"
    );
    let message = "more than 100000 resources";
    let code = "project/too-large";
    refused(
        &text,
        spec("  own: {type: own}\n"),
        code,
        message,
        "own.yaml",
    );
}

#[test]
fn requirements_without_end() {
    let mut text = format!("{PROVISIONER}values: {{out: x}}\nresources:\n");
    for number in 0..8 {
        let id = format!("{{{{ id }}}}{number}");
        writeln!(text, "  tree{number}: {{type: own, id: \"{id}\"}}").unwrap();
    }
    for number in 0..3_000 {
        writeln!(text, "  leaf{number}: {{type: leaf, id: shared{number}}}").unwrap();
    }
    text.push_str("---\napiVersion: score-rs/v1\nkind: Provisioner\ntype: leaf\n");
    let message = "more than 500000 requirements";
    let code = "project/too-large";
    refused(
        &text,
        spec("  own: {type: own}\n"),
        code,
        message,
        "own.yaml",
    );
}

#[test]
fn resources_that_are_declared() {
    let provisioner = format!("{PROVISIONER}values: {{out: x}}\n");
    let mut texts = Vec::new();
    for workload in 0..11 {
        let mut text =
            spec("  own: {type: own}\n").replace("name: web", &format!("name: web-{workload}"));
        for number in 1..10_000 {
            writeln!(text, "  r{number}: {{type: own}}").unwrap();
        }
        texts.push(text);
    }
    let found = findings(&provisioner, &texts);
    let large: Vec<_> = found
        .iter()
        .filter(|[code, ..]| code == "project/too-large")
        .collect();
    assert_eq!(large.len(), 1);
    assert_eq!(large[0][2], "9.score.yaml");
}

#[test]
fn ids_that_grow() {
    let text = format!(
        "{PROVISIONER}values: {{out: x}}\nresources:\n  aa: {{type: own, id: \"{{{{ id }}}}{{{{ id }}}}\"}}\n"
    );
    let message = "the id of the resource `aa` has more than 500 characters";
    let code = "provisioner/invalid";
    refused(
        &text,
        spec("  own: {type: own}\n"),
        code,
        message,
        "own.yaml",
    );
}

/// As many provisioners as resources of a type, for different ids, classes and platforms.
#[test]
fn provisioners_of_one_type() {
    for (provisioner, resource, of_platform) in [
        ("id: i", "id: i", true),
        ("class: c", "class: c", true),
        ("id: i", "id: other", false),
    ] {
        let (mut text, mut resources) = (String::new(), "  own: {type: own}\n".to_owned());
        writeln!(text, "{PROVISIONER}values: {{out: x}}\nclass: default").unwrap();
        for number in 0..5_000 {
            let platforms = if of_platform {
                ""
            } else {
                "platforms: [kubernetes]\n"
            };
            writeln!(
                text,
                "---\n{PROVISIONER}values: {{out: x}}\n{provisioner}{number}\n{platforms}params: {{properties: {{p{number}: {{}}}}}}"
            )
            .unwrap();
            writeln!(resources, "  r{number}: {{type: own, {resource}{number}}}").unwrap();
        }
        let found = findings(&text, &[spec(&resources)]);
        let codes: Vec<&str> = found.iter().map(|[code, ..]| code.as_str()).collect();
        let unused = codes.iter().all(|code| *code == "resource/unused");
        assert!(unused, "{:?}", &found[..1]);
    }
}

/// A schema in which each definition refers to the next one twice.
fn doubling(depth: usize, word: &str) -> Value {
    let reference = |at: usize| json!({"$ref": format!("#/properties/v/$defs/d{at}")});
    let mut defs = json!({});
    for at in 0..depth {
        defs[format!("d{at}")] = json!({word: [reference(at + 1), reference(at + 1)]});
    }
    defs[format!("d{depth}")] = json!({"type": "string"});
    let root = json!({"$ref": "#/properties/v/$defs/d0", "$defs": defs});
    json!({"properties": {"v": root}})
}

#[test]
fn schemas_that_double() {
    let code = "provisioner/invalid";
    let message = "lead to more than 100000 schemas";
    for depth in [20, 30, 300] {
        for word in ["allOf", "anyOf", "oneOf"] {
            let schema = doubling(depth, word);
            let text = format!("{PROVISIONER}values: {{out: x}}\nparams: {schema}\n");
            for value in ["1", "a"] {
                let spec = spec(&format!("  own: {{type: own, params: {{v: {value}}}}}\n"));
                refused(&text, spec, code, message, "own.yaml");
            }
        }
    }
    let reference = json!({"$ref": "#/outputs/d0"});
    let mut output = doubling(30, "anyOf")["properties"]["v"].take();
    output["$ref"] = reference["$ref"].clone();
    let output = output
        .to_string()
        .replace("#/properties/v/", "#/")
        .replace("#/outputs/", "#/$defs/");
    let text = PROVISIONER.replace("{out: {}}", &format!("{{out: {output}}}"));
    let text = format!("{text}values: {{out: 1}}\n");
    refused(
        &text,
        spec("  own: {type: own}\n"),
        code,
        message,
        "own.yaml",
    );
}

#[test]
fn documents_that_double_with_a_recursive_schema() {
    let inner = json!({"properties": {"a": {"$ref": "#/$defs/n"}}});
    let all = json!({"$defs": {"n": {"allOf": [inner, inner, {"not": {"required": ["b"]}}]}}});
    let mut schema = json!({"properties": {"v": {"$ref": "#/$defs/n"}}});
    schema["$defs"] = all["$defs"].clone();
    let text = format!("{PROVISIONER}values: {{out: x}}\nparams: {schema}\n");
    let value = format!("{}1{}", "{a: ".repeat(60), "}".repeat(60));
    let spec = spec(&format!("  own: {{type: own, params: {{v: {value}}}}}\n"));
    let message = "takes too many steps";
    refused(&text, spec, "resource/params", message, "0.score.yaml");
}

#[test]
fn long_lists_of_choices() {
    let texts: Vec<String> = (0..20_000).map(|at| format!("v{at:05}")).collect();
    let schema = json!({"properties": {"v": {"items": {"enum": texts}}}});
    let text = format!("{PROVISIONER}values: {{out: x}}\nparams: {schema}\n");
    let items = |first: char| {
        let items = (18_000..20_000).map(|at| format!("{first}{at:05}"));
        let items: Vec<String> = items.collect();
        spec(&format!(
            "  own: {{type: own, params: {{v: [{}]}}}}\n",
            items.join(", ")
        ))
    };
    assert_eq!(findings(&text, &[items('v')]), [] as [[String; 3]; 0]);
    let found = findings(&text, &[items('w')]);
    assert_eq!(found.len(), 1_000);
    assert_eq!(found[0][0], "resource/params");
}

#[test]
fn expressions_that_sort() {
    let mut text =
        format!("{PROVISIONER}params: {{properties: {{l: {{type: array}}}}}}\nvalues:\n  out: x\n");
    for number in 0..9_000 {
        writeln!(text, "  v{number}: \"{{{{ params.l | sort | length }}}}\"").unwrap();
    }
    let items: Vec<String> = (0..20_000)
        .map(|at| format!("v{}", at * 7_919 % 100_003))
        .collect();
    let mut resources = String::new();
    for name in ["own", "aa", "bb"] {
        let unused = if name == "own" { "" } else { ", id: xx" };
        let items = items.join(", ");
        writeln!(
            resources,
            "  {name}: {{type: own{unused}, params: {{l: [{items}]}}}}"
        )
        .unwrap();
    }
    let found = findings(&text, &[spec(&resources)]);
    let found: Vec<_> = found
        .iter()
        .filter(|[code, ..]| code != "resource/unused")
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "provisioner/expression");
    assert!(
        found[0][1].contains("process more than 256 MiB"),
        "{found:?}"
    );
}

/// Text without expressions requires memory for each resource too.
#[test]
fn large_maps_of_many_resources() {
    let mut text = format!("{PROVISIONER}values:\n  out: x\n  all:\n");
    for number in 0..6_000 {
        writeln!(text, "    k{number}: v").unwrap();
    }
    let mut resources = "  own: {type: own}\n".to_owned();
    for number in 0..1_500 {
        writeln!(resources, "  r{number}: {{type: own, id: i{number}}}").unwrap();
    }
    let found = findings(&text, &[spec(&resources)]);
    let found: Vec<_> = found
        .iter()
        .filter(|[code, ..]| code != "resource/unused")
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "provisioner/expression");
}

/// Workloads that share a resource with many requirements, which are compared with each of them if provisioners
/// are only for some workloads.
#[test]
fn requirements_of_many_workloads() {
    let head = "apiVersion: score-rs/v1\nkind: Provisioner\ntype:";
    let outputs = "outputs: {properties: {out: {}}}\nvalues: {out: x}";
    let project = |workloads: &str, requirements: usize| {
        let mut text = format!("{head} own\n{outputs}\nresources:\n");
        for number in 0..requirements {
            writeln!(text, "  r{number}: {{type: part, id: r{number}}}").unwrap();
        }
        let limit = format!("for: {{workloads: [{workloads}]}}");
        writeln!(text, "---\n{head} part\n{limit}\n{outputs}").unwrap();
        let specs = (0..450).map(|number| {
            let name = format!("name: w{number}");
            spec("  own: {type: own, id: hub}\n").replace("name: web", &name)
        });
        findings(&text, &[specs.collect::<Vec<_>>().join("---\n")])
    };
    let found = project("w*", 5_000);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "project/too-large");
    // The number of findings has a limit, too.
    let found = project("w0", 100);
    assert!(found.len() <= 1_000, "{}", found.len());
    let codes = found.iter().map(|[code, ..]| code);
    let others: Vec<_> = codes
        .filter(|code| *code != "resource/unknown-type")
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

/// Workloads that share a resource with many requirements, each of which has parts for each workload.
#[test]
fn parts_of_many_requirements() {
    let project = |requirements: usize| {
        let head = "apiVersion: score-rs/v1\nkind: Provisioner\ntype:";
        let mut text = format!("{PROVISIONER}values: {{out: x}}\nresources:\n");
        for number in 0..requirements {
            writeln!(text, "  r{number}: {{type: part, id: r{number}}}").unwrap();
        }
        let annotation = "{\"example.com/{{ id }}\": \"{{ workload.name }}\"}";
        writeln!(
            text,
            "---\n{head} part\npatches: {{annotations: {annotation}}}"
        )
        .unwrap();
        let specs = (0..450).map(|number| {
            let name = format!("name: w{number}");
            spec("  own: {type: own, id: hub}\n").replace("name: web", &name)
        });
        findings(&text, &[specs.collect::<Vec<_>>().join("---\n")])
    };
    assert_eq!(project(10), Vec::<[String; 3]>::new());
    let found = project(1_200);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "project/too-large");
    assert!(found[0][1].contains("more than 500000 times"), "{found:?}");
}

#[test]
fn patches_of_all_containers() {
    let text = format!(
        "{PROVISIONER}values: {{out: x}}
patches: {{kubernetes: {{pod: {{spec: {{containers: [{{name: \"*\", env: [{{name: \"{{{{ id }}}}\", value: g}}]}}]}}}}}}}}
"
    );
    let mut spec = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n".to_owned();
    for number in 0..500 {
        writeln!(spec, "  c{number}: {{image: 'nginx:1'}}").unwrap();
    }
    spec.push_str("resources:\n");
    for number in 0..500 {
        writeln!(spec, "  r{number}: {{type: own, id: x{number}}}").unwrap();
    }
    let found = findings_of("kubernetes", &text, &[spec]);
    let found: Vec<_> = found
        .iter()
        .filter(|[code, ..]| code != "resource/unused")
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "project/too-large");
}

/// Long patches, which are repeated for each container of a workload.
#[test]
fn long_patches_of_many_containers() {
    let mut containers =
        "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n".to_owned();
    for number in 0..300 {
        writeln!(containers, "  c{number}: {{image: 'nginx:1'}}").unwrap();
    }
    let found = |target: &str, patches: &str, items: usize| {
        let text = format!(
            "{PROVISIONER}params: {{properties: {{l: {{type: array}}}}}}\nvalues: {{out: x}}\npatches: {patches}\n"
        );
        let items: Vec<String> = (0..items).map(|at| format!("V{at}")).collect();
        let params = format!("{{l: [{}]}}", items.join(", "));
        let resources = format!("resources:\n  own: {{type: own, params: {params}}}\n");
        let found = findings_of(target, &text, &[format!("{containers}{resources}")]);
        let found = found.into_iter();
        found
            .filter(|[code, ..]| code != "resource/unused")
            .collect::<Vec<_>>()
    };
    let each = "$each: \"{{ params.l }}\"";
    let list = format!("[{{{each}, name: \"{{{{ item }}}}\", value: a}}]");
    let map = format!("{{\"{{{{ item }}}}\": {{{each}, $value: a}}}}");
    for (target, patches) in [
        (
            "kubernetes",
            format!("{{kubernetes: {{containers: {{\"*\": {{env: {list}}}}}}}}}"),
        ),
        (
            "kubernetes",
            format!(
                "{{kubernetes: {{pod: {{spec: {{containers: [{{name: \"*\", env: {list}}}]}}}}}}}}"
            ),
        ),
        (
            "compose",
            format!("{{compose: {{containers: {{\"*\": {{environment: {map}}}}}}}}}"),
        ),
        (
            "compose",
            format!("{{compose: {{containers: {{c1: {{environment: {map}}}}}}}}}"),
        ),
        ("compose", format!("{{compose: {{environment: {map}}}}}")),
    ] {
        assert_eq!(found(target, &patches, 10), Vec::<[String; 3]>::new());
        let many = found(target, &patches, 9_000);
        assert_eq!(many.len(), 1, "{:?}", &many[..many.len().min(3)]);
        assert_eq!(many[0][0], "project/too-large");
        assert!(many[0][1].contains("repeat more than 64 MiB"), "{many:?}");
    }
}

/// Validates a provisioner with these parts, whose param `l` is a list of strings, for Kubernetes.
#[track_caller]
fn repeated(parts: &str, items: usize) -> Vec<[String; 3]> {
    let text = format!(
        "{PROVISIONER}params: {{properties: {{l: {{type: array}}}}}}\nvalues: {{out: x}}\n{parts}"
    );
    let items: Vec<String> = (0..items).map(|at| format!("v{at}")).collect();
    let resources = format!(
        "  own: {{type: own, params: {{l: [{}]}}}}",
        items.join(", ")
    );
    findings_of("kubernetes", &text, &[spec(&resources)])
}

/// An object with these data.
fn object(data: &str) -> String {
    format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {data}}}")
}

#[test]
fn long_lists_are_repeated() {
    let data = "{\"k{{ index }}\": {$each: \"{{ params.l }}\", $value: \"{{ item }}\"}}";
    let parts = format!("kubernetes: [{}]\n", object(data));
    assert_eq!(repeated(&parts, 20_000), Vec::<[String; 3]>::new());
}

#[test]
fn lists_are_repeated_in_lists() {
    let list = "$each: \"{{ params.l }}\"";
    let nested = format!("[{{{list}, a: [{{{list}, b: [{{{list}, c: 1}}]}}]}}]");
    let parts = format!(
        "kubernetes: [{{apiVersion: example.com/v1, kind: A, metadata: {{name: a}}, spec: {nested}}}]\n"
    );
    for (items, is_small) in [(10, true), (3_000, false)] {
        let found = repeated(&parts, items);
        if is_small {
            assert_eq!(found, Vec::<[String; 3]>::new());
            continue;
        }
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0][0], "provisioner/expression");
        assert!(found[0][1].contains("exceed 128 MiB"), "{found:?}");
    }
}

/// Objects with a list whose items have a condition for each item of a list, and a long string.
#[track_caller]
fn conditions(condition: &str, items: usize) -> Vec<[String; 3]> {
    let text = format!(
        "{PROVISIONER}params: {{properties: {{l: {{type: array}}, other: {{type: array}}, a: {{}}}}}}
values: {{out: x}}
kubernetes: [{{apiVersion: example.com/v1, kind: A, metadata: {{name: a}}, spec: {{b: [{{$each: \"{{{{ params.l }}}}\", $when: \"{{{{ {condition} }}}}\", c: \"{{{{ item }}}}\"}}]}}}}]
"
    );
    let list = |name: &str| {
        let items: Vec<String> = (0..items).map(|at| format!("{name}{at}")).collect();
        items.join(", ")
    };
    let (long, l, other) = ("x".repeat(65_000), list("v"), list("w"));
    let params = format!("{{l: [{l}], other: [{other}], a: {long}}}");
    findings_of(
        "kubernetes",
        &text,
        &[spec(&format!("  own: {{type: own, params: {params}}}"))],
    )
}

/// Operators process their operands for each item.
#[test]
fn operators_are_repeated() {
    let chain = |part: &str, sign: &str, count: usize| vec![part; count].join(sign);
    let strings = format!("({}) == ''", chain("params.a", " ~ ", 101));
    let lists = format!("({}) == []", chain("params.other", " + ", 101));
    let slices = format!("params.other{} == []", "[1:]".repeat(20));
    let constants = format!("[{}] == []", chain("1", ",", 900));
    for (condition, items) in [
        ("item in params.other", 30_000),
        ("params.other == params.l", 30_000),
        ("params.a == item", 30_000),
        ("item in params.a", 30_000),
        ("params.a[64999] == item", 30_000),
        (&constants, 30_000),
        (&slices, 2_000),
        (&strings, 2_000),
        (&lists, 2_000),
    ] {
        let found = conditions(condition, items);
        assert_eq!(found.len(), 1, "{condition}: {found:?}");
        assert_eq!(found[0][0], "provisioner/expression");
        assert!(found[0][1].contains("process more than"), "{found:?}");
    }
    // Small values are compared for many items, and large ones for some.
    for (condition, items) in [
        ("item in params.other", 1_000),
        ("index % 2 == 0 and item != 'x' ~ index", 20_000),
        (
            "item == params.l[index] and params.other[index] != item",
            20_000,
        ),
        ("params.a[2:4] ~ item == 'xx' ~ item", 1_000),
    ] {
        let found = conditions(condition, items);
        assert_eq!(found, Vec::<[String; 3]>::new(), "{condition}");
    }
}

/// A string without an expression is copied for each item.
#[test]
fn long_text_is_repeated() {
    let long = "x".repeat(100_000);
    let value = format!("{{$each: \"{{{{ params.l }}}}\", $value: {long}}}");
    let data = format!("{{\"k{{{{ index }}}}\": {value}}}");
    let found = repeated(&format!("kubernetes: [{}]\n", object(&data)), 20_000);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "provisioner/expression");
    assert!(found[0][1].contains("exceed 128 MiB"), "{found:?}");
}

/// A map takes much more memory than its keys and values.
#[test]
fn small_maps_are_repeated() {
    let entries: Vec<String> = (0..60).map(|at| format!("'k{at}': 1")).collect();
    let map = format!("{{{{ {{{}}} }}}}", entries.join(", "));
    let data = format!("[{{$each: \"{{{{ params.l }}}}\", $value: \"{map}\"}}]");
    let parts = format!(
        "kubernetes: [{{apiVersion: example.com/v1, kind: A, metadata: {{name: a}}, spec: {data}}}]\n"
    );
    assert_eq!(repeated(&parts, 1_000), Vec::<[String; 3]>::new());
    let found = repeated(&parts, 20_000);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "provisioner/expression");
    assert!(found[0][1].contains("exceed 128 MiB"), "{found:?}");
}

#[test]
fn lists_in_lists_of_an_expression() {
    let lists = "{{ params.l }}";
    let many = vec![format!("\"{lists}\""); 200].join(", ");
    let parts = format!(
        "kubernetes: [{{apiVersion: example.com/v1, kind: A, metadata: {{name: a}}, spec: [{many}]}}]\n"
    );
    let found = repeated(&parts, 20_000);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "provisioner/expression");
}

/// Parts for each of many workloads that share a resource, each of which looks at all workloads.
#[test]
fn parts_for_many_workloads() {
    let project = |value: &str| {
        let text = format!(
            "{PROVISIONER}values: {{out: x}}
patches: {{kubernetes: {{pod: {{metadata: {{annotations: {{a: \"{value}\"}}}}}}}}}}
kubernetes: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: \"{{{{ name(workload.name) }}}}\"}}}}]
"
        );
        let specs = (0..450).map(|number| {
            let name = format!("name: w{number}");
            spec("  own: {type: own, id: hub}\n").replace("name: web", &name)
        });
        findings_of(
            "kubernetes",
            &text,
            &[specs.collect::<Vec<_>>().join("---\n")],
        )
    };
    let few = "{{ workload.name }}";
    assert_eq!(project(few), Vec::<[String; 3]>::new());
    let long =
        "{{ workloads() | map(attribute='annotations') | map('length') | sum ~ workload.name }}";
    assert_eq!(project(long), Vec::<[String; 3]>::new());
    let longest = "{{ workloads() | sort(attribute='name') | map(attribute='name') | join(' ') ~ workload.name }}";
    let found = project(&vec![longest; 20].join(" "));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "provisioner/expression");
}

/// Patches for each of many workloads with a list of workloads, which is the same for all of them.
#[test]
fn lists_of_workloads_in_many_patches() {
    let metrics = "workloads() | selectattr('ports.metrics', 'defined')";
    let text = format!(
        "{PROVISIONER}values: {{out: x}}
patches: {{kubernetes: {{pod: {{metadata: {{annotations:
  {{a: \"{{{{ {metrics} | map(attribute='name') | join(' ') }}}}\", b: \"{{{{ {metrics} | list | length | string }}}}\"}}}}}}}}}}
"
    );
    let specs = (0..1000).map(|number| {
        let name = format!("name: w{number}");
        let ports = "service: {ports: {http: {port: 80}, metrics: {port: 90}}}\ncontainers:";
        let spec = spec("  own: {type: own}\n").replace("name: web", &name);
        spec.replace("containers:", ports)
    });
    let specs = [specs.collect::<Vec<_>>().join("---\n")];
    let found = findings_of("kubernetes", &text, &specs);
    assert_eq!(found, Vec::<[String; 3]>::new());
}

/// Many resources that add to the same list, and containers that patches name.
#[test]
fn patches_of_long_lists() {
    let mut items = String::new();
    for number in 0..250 {
        let name = format!("V{number}_{{{{ id | replace('.', '_') }}}}");
        write!(items, "{{name: \"{name}\", value: a}}, ").unwrap();
    }
    let mut resources = "  own: {type: own}\n".to_owned();
    for number in 0..250 {
        writeln!(resources, "  r{number}: {{type: own, id: x{number}}}").unwrap();
    }
    let large = |patch: &str| {
        let text = format!("{PROVISIONER}values: {{out: x}}\npatches: {{kubernetes: {patch}}}\n");
        let found = findings_of("kubernetes", &text, &[spec(&resources)]);
        let found = found.into_iter();
        let found = found.filter(|[code, ..]| code != "resource/unused");
        found.collect::<Vec<_>>()
    };
    let secrets = items.replace(", value: a", "");
    let containers = items.replace('_', "-").replace('V', "v");
    let containers = containers.replace("value: a", "image: a");
    let hosts = items.replace(", value: a}", "").replace("{name: ", "");
    let compose = format!(
        "{PROVISIONER}values: {{out: x}}\npatches: {{compose: {{extra_hosts: [{hosts}]}}}}\n"
    );
    let found = findings_of("compose", &compose, &[spec(&resources)]);
    assert!(
        found.iter().any(|[code, ..]| code == "project/too-large"),
        "{:?}",
        &found[..found.len().min(3)]
    );
    for patch in [
        format!("{{pod: {{spec: {{containers: [{{name: main, env: [{items}]}}]}}}}}}"),
        format!("{{containers: {{main: {{env: [{items}]}}}}}}"),
        format!("{{pod: {{spec: {{imagePullSecrets: [{secrets}]}}}}}}"),
        format!("{{pod: {{spec: {{containers: [{containers}]}}}}}}"),
    ] {
        let found = large(&patch);
        assert_eq!(found.len(), 1, "{:?}", &found[..found.len().min(3)]);
        assert_eq!(found[0][0], "project/too-large");
        assert_eq!(found[0][2], "own.yaml");
    }
}

/// A wide map in the patches of two resources.
#[test]
fn patches_of_wide_maps() {
    let mut annotations = String::new();
    for number in 0..120_000 {
        writeln!(annotations, "          a{number}: x").unwrap();
    }
    let text = format!(
        "{PROVISIONER}values: {{out: x}}
patches:
  kubernetes:
    pod:
      metadata:
        annotations:
          \"a{{{{ index }}}}\": {{$each: [x], $value: x}}
{}",
        annotations.replacen("          a0: x\n", "", 1)
    );
    let resources = "  own: {type: own}\n  other: {type: own}\n";
    let found = findings_of("kubernetes", &text, &[spec(resources)]);
    assert!(found.is_empty(), "{found:?}");
}

/// A wide map of an object with names of other objects and with ports.
#[test]
fn names_of_many_objects() {
    let spec = "{\"k{{ index }}\": {$each: \"{{ params.l }}\", $value: \"{{ name_ref('k' ~ index) }}\"}, \
                \"{{ index }}Port\": {$each: \"{{ params.l }}\", $value: 1}}";
    let parts = format!(
        "kubernetes: [{{apiVersion: example.com/v1, kind: Names, metadata: {{name: n}}, spec: {spec}}}]\n"
    );
    assert_eq!(repeated(&parts, 20_000), Vec::<[String; 3]>::new());
}

/// Many workloads, each with lists that a single workload could have.
#[test]
fn patches_of_many_workloads() {
    let mut items = String::new();
    for number in 0..60 {
        let name = format!("V{number}_{{{{ id | replace('.', '_') }}}}");
        write!(items, "{{name: \"{name}\", value: a}}, ").unwrap();
    }
    let patch = format!("{{containers: {{main: {{env: [{items}]}}}}}}");
    let text = format!("{PROVISIONER}values: {{out: x}}\npatches: {{kubernetes: {patch}}}\n");
    let mut resources = "  own: {type: own}\n".to_owned();
    for number in 0..60 {
        writeln!(resources, "  r{number}: {{type: own, id: x{number}}}").unwrap();
    }
    let named = |number| spec(&resources).replace("name: web", &format!("name: w{number}"));
    for (workloads, too_large) in [(1, 0), (100, 100)] {
        let specs: Vec<String> = (0..workloads).map(named).collect();
        let found = findings_of("kubernetes", &text, &specs);
        let of = |wanted: &str| found.iter().filter(|[code, ..]| code == wanted).count();
        assert_eq!(of("project/too-large"), too_large);
        assert_eq!(of("project/too-large") + of("resource/unused"), found.len());
    }
}

/// The findings for a patch template, with the number of times that the project file lists it.
fn patched(template: &str, times: usize) -> Vec<String> {
    let sandbox = Sandbox::new("patched");
    let folder = sandbox.folder();
    let entries = "    - a.tpl\n".repeat(times);
    let project =
        format!("apiVersion: score-rs/v1\nkind: Project\npatchTemplates:\n  compose:\n{entries}");
    let spec =
        "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x}}\n";
    fs::write(folder.join("score-rs.yaml"), project).unwrap();
    fs::write(folder.join("score.yaml"), spec).unwrap();
    fs::write(folder.join("a.tpl"), template).unwrap();
    let start = Instant::now();
    let arguments = ["validate", "-t", "compose", "--format", "json"];
    let outcome = sandbox.run(&arguments.map(str::to_owned), b"");
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
    let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let found = report["diagnostics"].as_array().unwrap().iter();
    let messages = found.map(|it| it["message"].as_str().unwrap().to_owned());
    messages.collect()
}

#[test]
fn patch_templates_that_multiply() {
    let long = format!("[{}]", ["{a: 0}"; 1000].join(","));
    let patterns = format!(
        "- {{op: set, path: x-a, value: {long}}}\n- {{op: set, path: 'x-a.#.a', value: {long}}}\n\
         - {{op: set, path: 'x-a.#.a.#.a', value: {long}}}\n"
    );
    let far = "{{ range until 5000 }}\n- {op: set, path: x-a.-1.9000, value: x}\n{{ end }}\n";
    let copies =
        "- op: set\n  path: x-a\n  value: [{{ .Compose | toJson }}, {{ .Compose | toJson }}]\n";
    let deep = "{{ range until 9 }}\n- {op: set, path: {{ repeat 50000 \"a.\" | printf \"x-a.%sb\" }}, value: 1}\n{{ end }}\n";
    let globs = "- {op: set, path: x-a, value: [{a: {{ repeat 500000 \"a\" }}}]}\n\
                 - {op: set, path: 'x-a.#(a%\"*{{ repeat 20000 \"a\" }}b\").x', value: 1}\n";
    let unknown = "{{ range $i := until 20000 }}\n- {op: set, path: {{ print \"services.web-main.a\" $i }}, value: 1}\n{{ end }}\n";
    let limits = [
        "change too much",
        "limit",
        "larger than",
        "more than",
        "at most 100 parts",
        "has no field `a10000`",
    ];
    for (template, times) in [
        (patterns.as_str(), 1),
        (far, 1),
        (copies, 60),
        (deep, 1),
        (globs, 1),
        (unknown, 1),
    ] {
        let name = &template[..40];
        let found = patched(template, times);
        let is_limit = |it: &String| limits.iter().any(|limit| it.contains(limit));
        assert!(found.iter().any(is_limit), "{name}: {found:?}");
    }
}

#[test]
fn templates_of_lists_that_write_the_shared_state() {
    let sandbox = Sandbox::new("shared-state");
    let folder = sandbox.folder();
    let list = "- uri: template://a\n  type: a\n  shared: |\n    {{ .Id }}: {{ repeat 1000 \"x\" }}\n  \
                outputs: |\n    all: {{ .Shared | toJson | quote }}\n";
    let resources: Vec<String> = (0..1000).map(|at| format!("r{at}: {{type: a}}")).collect();
    let spec = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: web}}\ncontainers: {{main: {{image: x}}}}\nresources: {{{}}}\n",
        resources.join(", ")
    );
    fs::write(folder.join("a.provisioners.yaml"), list).unwrap();
    fs::write(folder.join("score.yaml"), spec).unwrap();
    let start = Instant::now();
    let arguments = [
        "validate",
        "-t",
        "compose",
        "--provisioners",
        "a.provisioners.yaml",
        "--format",
        "json",
    ];
    let outcome = sandbox.run(&arguments.map(str::to_owned), b"");
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
    let said = String::from_utf8_lossy(&outcome.stdout);
    assert!(said.contains("write more than 64 MiB"), "{said}");
}

/// As many locked paths as workloads, most of which have none of them.
#[test]
fn many_locks_and_many_workloads() {
    let sandbox = Sandbox::new("locked");
    let paths: Vec<String> = (0..6_000)
        .map(|at| format!("metadata.annotations.a{at}"))
        .collect();
    let project = format!(
        "apiVersion: score-rs/v1\nkind: Project\npolicies: {{preset: none}}\nlocked: [{}]\n",
        paths.join(", ")
    );
    fs::write(sandbox.folder().join("score-rs.yaml"), project).unwrap();
    for file in 0..100 {
        let workloads = (0..40).map(|at| {
            let annotations = if (file, at) == (50, 0) { ", annotations: {a77: x}" } else { "" };
            format!(
                "apiVersion: score.dev/v1b1\nmetadata: {{name: w{file}-{at}{annotations}}}\ncontainers: {{main: {{image: 'x:1'}}}}\n"
            )
        });
        let text = workloads.collect::<Vec<_>>().join("---\n");
        fs::write(sandbox.folder().join(format!("{file}.score.yaml")), text).unwrap();
    }
    let start = Instant::now();
    let outcome = sandbox.run(&["validate", "--format", "json"].map(str::to_owned), b"");
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
    let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let found = report["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "environment/locked");
    assert_eq!(found[0]["file"], "50.score.yaml");
}

/// A product of environments and workloads: each workload is compiled for each environment.
#[test]
fn many_environments_with_many_workloads() {
    let sandbox = Sandbox::new("environments");
    let spec =
        "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x}}\n";
    let specs = (0..400).map(|at| spec.replace("web", &format!("web-{at}")));
    let specs = specs.collect::<Vec<_>>().join("---\n");
    fs::write(sandbox.folder().join("score.yaml"), specs).unwrap();
    fs::create_dir(sandbox.folder().join("environments")).unwrap();
    for at in 0..300 {
        let path = format!("environments/e{at}.yaml");
        let text = "apiVersion: score-rs/v1\nkind: Environment\n";
        fs::write(sandbox.folder().join(path), text).unwrap();
    }
    for words in [
        "validate --all-envs",
        "generate --all-envs --check",
        "validate --env e*",
    ] {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let start = Instant::now();
        let outcome = sandbox.run(&words, b"");
        assert!(start.elapsed() < LONGEST / 2, "{:?}", start.elapsed());
        let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert_eq!(outcome.exit, 2, "{said}");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("300 environments with up to 400 workloads each"),
            "{said}"
        );
    }
}
