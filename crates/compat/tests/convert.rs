//! Conversions of lists to native provisioners: nothing is lost, and no template leaves its comment.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use score_compat::convert::{Converted, Extent, convert};
use score_compat::list;
use score_spec::{Node, Sources, parse};

/// A list with all forms of templates.
const LIST: &str = include_str!("convert/list.provisioners.yaml");

/// An action that has no equivalent.
const ACTION: &str = "{{ htpasswd \"user\" \"MARK\" }}";

fn converted(list: &str) -> Vec<Converted> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let id = sources.add("a.provisioners.yaml", list);
    let list = list::read(&sources, id, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    convert(&sources, &list)
}

/// The documents of a result, which must be valid YAML.
fn documents(converted: &[Converted]) -> Vec<Node> {
    let texts: Vec<&str> = converted.iter().map(|it| it.text.as_str()).collect();
    let text = texts.join("---\n");
    let mut sources = Sources::new();
    let id = sources.add("a.yaml", text.clone());
    let parsed = parse(&sources, id);
    assert!(
        parsed.diagnostics.is_empty(),
        "{:?}\n{text}",
        parsed.diagnostics
    );
    parsed.documents
}

/// The keys of a provisioner.
const KEYS: [&str; 13] = [
    "apiVersion",
    "kind",
    "type",
    "class",
    "id",
    "platforms",
    "description",
    "params",
    "outputs",
    "values",
    "compose",
    "kubernetes",
    "notes",
];

fn assert_only_known_keys(documents: &[Node]) {
    for document in documents {
        for entry in document.entries() {
            let is_known = KEYS.contains(&entry.key.as_str()) || entry.key == "tests";
            assert!(is_known, "{}", entry.key);
        }
    }
}

#[test]
fn a_part_that_is_not_converted_is_in_a_comment() {
    let lines: Vec<&str> = LIST.lines().collect();
    let mut checked = 0;
    for (at, line) in lines.iter().enumerate() {
        // Lines of templates, which are indented.
        if !line.starts_with("    ") || line.trim().is_empty() {
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let after = format!("{line} {ACTION}");
        let own = format!("{line}\n{indent}{ACTION}");
        let block = format!("{line}\n{indent}{{{{ range list 1 }}}}{ACTION}{{{{ end }}}}");
        let in_block = format!(
            "{line}\n{indent}{{{{ if .Id }}}}\n{indent}key: {ACTION}\n{indent}{{{{ end }}}}"
        );
        for changed in [after, own, block, in_block] {
            let mut all: Vec<&str> = lines.clone();
            all[at] = &changed;
            let converted = converted(&all.join("\n"));
            let documents = documents(&converted);
            assert_only_known_keys(&documents);
            let mut comments = converted
                .iter()
                .flat_map(|it| it.text.lines())
                .filter(|it| it.trim_start().starts_with('#'));
            assert!(
                comments.any(|it| it.contains("MARK")),
                "{changed}\n{}",
                converted
                    .iter()
                    .map(|it| it.text.as_str())
                    .collect::<String>()
            );
            assert!(
                converted.iter().any(|it| !it.places.is_empty()),
                "{changed}"
            );
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn a_list_without_difficult_parts_is_converted_as_a_whole() {
    let converted = converted(LIST);
    for provisioner in &converted {
        assert_eq!(
            provisioner.extent,
            Extent::Whole,
            "{:#?}",
            provisioner.places
        );
        assert!(!provisioner.text.contains("TODO"), "{}", provisioner.text);
    }
    assert_eq!(documents(&converted).len(), converted.len());
}

#[test]
fn random_values_are_secrets() {
    let text: String = converted(LIST).iter().map(|it| it.text.clone()).collect();
    let documents = documents(&converted(LIST));
    for document in documents {
        let outputs = document.get("outputs").and_then(|it| it.get("properties"));
        for entry in document.get("values").into_iter().flat_map(Node::entries) {
            let is_secret = entry.value.text().is_some_and(|it| it.contains("secret("));
            let output = outputs.and_then(|it| it.get(&entry.key));
            if let Some(output) = output.filter(|_| is_secret) {
                assert!(output.is_true("secret"), "{}\n{text}", entry.key);
            }
        }
    }
}

#[test]
fn hostile_templates_stay_in_their_comments() {
    let hostile = [
        "a: 1\rtype: broken",
        "a: 1\u{85}type: broken",
        "a: 1\u{2028}type: broken\u{2029}kind: x",
        "\u{7}\u{1b}[31m a: {{ now }}",
        "*/ --> ]]> {{ now }}\n---\ntype: broken",
        "- - - ? : {{ . }}",
        "a: \"{{ now }}\"\n\ttab: 1",
        "a: {{ .Id }\n",
        "a: {{ fail \"x\\ny: z\\r\" }}",
        "{{ if .Id }}a: 1{{ else }}b: [{{ end }}",
        "key: {{ \"a: b\\n---\\nc\" }}",
        "key: {{ \"{{ secret('x') }} }} {% raw %}\" }}",
        "key: {{ printf \"%s }} {{\" .Id | lower }}",
        "? {{ .Params.x }}\n: !!binary {{ now }}\n&a *a",
        "a: &x {{ .Id }}\nb: *x\n<<: {c: {{ .Uid }}}",
        "\u{feff}a: {{ .Id }}",
        "slot0z: {{ .Id }}slot0z",
    ];
    for text in hostile {
        for part in ["init", "state", "outputs", "services", "info_logs"] {
            let quoted = serde_json::to_string(text)
                .unwrap()
                .replace('\u{85}', "\\u0085");
            let quoted = quoted
                .replace('\u{2028}', "\\u2028")
                .replace('\u{2029}', "\\u2029");
            let list = format!("- {{uri: 'template://x', type: thing, {part}: {quoted}}}\n");
            let converted = converted(&list);
            let documents = documents(&converted);
            assert!(documents.len() <= 1, "{text}\n{}", converted[0].text);
            assert_only_known_keys(&documents);
            for document in &documents {
                assert_eq!(document.get("type").and_then(Node::text), Some("thing"));
                let names = document.get("values").into_iter().flat_map(Node::entries);
                let mut values = names.filter_map(|it| it.value.text());
                let is_literal = |it: &str| it.contains("secret(") && !it.contains("'{{'");
                assert!(!values.any(is_literal), "{}", converted[0].text);
            }
        }
    }
}

#[test]
fn hostile_templates_end() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("a: {}{}", open.repeat(depth), close.repeat(depth))
    };
    let doubling = (1..40).fold(String::new(), |text, at| {
        let before = at - 1;
        text + &format!("{{{{ $v{at} := printf \"%s%s%s\" $v{before} $v{before} $v{before} }}}}\n")
    });
    let hostile = [
        nested("{{ if .Id }}", "{{ end }}", 90),
        nested("{{ if .Id }}\n", "{{ end }}\n", 90),
        format!("a: {{{{ .Id {} }}}}", "| lower ".repeat(10_000)),
        format!("a: {{{{ {}.Id{} }}}}", "(lower ".repeat(90), ")".repeat(90)),
        format!("{{{{ $v0 := \"\" }}}}\n{doubling}a: {{{{ $v39 }}}}"),
        format!("{{{{ $v0 := \"x\" }}}}\n{doubling}a: {{{{ $v39 }}}}"),
        format!("{{{{ $v0 := .Id }}}}\n{doubling}a: {{{{ $v39 }}}}"),
        format!("a: {}", "{{ .Id }}".repeat(20_000)),
        "{{ range .Params.x }}\n{{ end }}\n".repeat(5_000),
        format!("a: {}", "[".repeat(10_000)),
        format!(
            "{{{{ if .Id }}}}a{}{{{{ end }}}}",
            "{{ else if .Id }}b".repeat(5_000)
        ),
    ];
    for text in &hostile {
        for part in ["init", "outputs", "services"] {
            let quoted = serde_json::to_string(text).unwrap();
            let list = format!("- {{uri: 'template://x', type: thing, {part}: {quoted}}}\n");
            documents(&converted(&list));
        }
    }
}
