//! Templates: their statements, params, paths and limits.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use score_compiler::templates::{RenderedFile, Template, TemplateFile};
use score_spec::{Code, Diagnostic, Sources};

/// The params of most tests.
const PARAMS: &str = "{properties: {name: {type: string, default: '{{ folder }}'},
  ports: {type: array, default: [80, 443]}, labels: {type: object, default: {a: b, c: d}},
  on: {type: boolean, default: true}, empty: {default: ''}, host: {default: '{{ params.name }}.example'}}}";

/// A template with params and files, rendered with options. Returns the files, or all messages with their lines.
fn rendered(
    params: &str,
    files: &[(&str, &str)],
    options: &[&str],
) -> Result<Vec<RenderedFile>, Vec<String>> {
    let mut sources = Sources::new();
    let text =
        format!("{{apiVersion: score-rs/v1, kind: Template, description: A, params: {params}}}");
    let about = sources.add("template.yaml", text);
    let files: Vec<TemplateFile> = files
        .iter()
        .map(|(path, text)| {
            if TemplateFile::is_rendered(path) {
                TemplateFile::new(*path, sources.add(*path, *text))
            } else {
                TemplateFile::copied(*path, text.as_bytes().to_vec())
            }
        })
        .collect();
    let options: Vec<_> = options
        .iter()
        .map(|text| sources.add("--param", *text))
        .collect();
    let mut found = Vec::new();
    let template = Template::read(&sources, about, files, &mut found);
    let rendered = template.and_then(|template| {
        let values = template.values(&options, Some("shop"), &sources, &mut found)?;
        template.render(&values, &mut found)
    });
    let shown = |found: &Diagnostic| {
        let span = found.span();
        let line = span.map(|span| sources.position(span.source, span.range().start).line);
        let code = found.code;
        assert!(
            matches!(code, Code::TemplateInvalid | Code::TemplateParams),
            "{found:?}"
        );
        format!("{}: {}", line.unwrap_or_default(), found.message)
    };
    match rendered {
        Some(rendered) => Ok(rendered.files),
        None => Err(found.iter().map(shown).collect()),
    }
}

/// The text of a file with the params above.
fn text(template: &str) -> Result<String, Vec<String>> {
    let files = rendered(PARAMS, &[("a.jinja", template)], &[])?;
    let texts = files
        .into_iter()
        .map(|it| String::from_utf8(it.bytes).unwrap());
    Ok(texts.collect())
}

#[test]
fn statements_are_those_of_jinja() {
    for (template, expected) in [
        ("{{ params.name }}", "shop"),
        ("a {{ params.host | upper }} b\n", "a SHOP.EXAMPLE b\n"),
        ("{{ params.on }} {{ params.ports[0] }}", "true 80"),
        ("{{ '{{' }} { {a} {-", "{{ { {a} {-"),
        ("{% if params.on %}a{% else %}b{% endif %}", "a"),
        (
            "{% if params.empty %}a{% elif params.on %}b{% else %}c{% endif %}",
            "b",
        ),
        (
            "{% for port in params.ports %}{{ port }}{{ '' if loop.last else ',' }}{% endfor %}",
            "80,443",
        ),
        (
            "{% for key, value in params.labels %}{{ key }}={{ value }};{% endfor %}",
            "a=b;c=d;",
        ),
        ("{% for x in [] %}a{% else %}none{% endfor %}", "none"),
        (
            "{% for x in ['a'] %}{% set x = x ~ '!' %}{{ x }}{% endfor %}",
            "a!",
        ),
        (
            "{% set a = 1 %}{% for x in [1] %}{% set a = 2 %}{% endfor %}{{ a }}",
            "1",
        ),
        (
            "{{ json(params.ports) }} {{ json('a\"b') }}",
            "[80,443] \"a\\\"b\"",
        ),
        ("{% raw %}{{ x }} {% if %}{% endraw %}", "{{ x }} {% if %}"),
        // A line with nothing but a statement or a comment leaves no line.
        (
            "a:\n  {% if params.on %}\n  b: c\n  {% endif %}\n{# why #}\nd\n",
            "a:\n  b: c\nd\n",
        ),
        ("a\r\n{% set b = 1 %}\r\nc\r\n", "a\r\nc\r\n"),
        ("a {# b #}\nc\n", "a \nc\n"),
        (
            "a\n  {%- if params.on -%}\n  b {{- ' c ' -}} d{% endif %}",
            "ab c d",
        ),
        ("{{ '%}' }}{% if '%}' %}x{% endif %}", "%}x"),
    ] {
        assert_eq!(text(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn mistakes_have_a_line() {
    for (template, expected) in [
        ("\n{{ params.nam }}", "2: `params.nam` is not defined"),
        ("\n\n{{ x }}", "3: `x` is not defined"),
        ("{{ a", "1: `{{` without `}}`"),
        ("\n{% if a", "2: `{%` without `%}`"),
        ("{# a", "1: `{#` without `#}`"),
        (
            "{% if params.on %}a",
            "1: the statement needs `{% endif %}`",
        ),
        ("a\n{% endif %}", "2: `endif` closes nothing"),
        (
            "{% if params.on %}{% endfor %}",
            "1: `endfor` does not close this block",
        ),
        ("{% iff params.on %}", "1: unknown statement `iff`"),
        ("{% include 'a' %}", "1: unknown statement `include`"),
        ("{% else %}", "1: the statement has no place here"),
        (
            "{% if 1 %}{% else %}{% else %}{% endif %}",
            "1: the statement has no place here",
        ),
        ("{% for x params.ports %}", "1: the statement needs `in`"),
        (
            "{% for x in params.on %}{% endfor %}",
            "1: this is neither a list nor a map",
        ),
        (
            "{% for a, b in params.ports %}{% endfor %}",
            "1: not every item of the list is a pair",
        ),
        (
            "{% set params = 1 %}",
            "1: the name `params` has a meaning already",
        ),
        ("{% set 1a = 1 %}", "1: this is not a name"),
        ("{% set a %}b{% endset %}", "1: the statement needs `=`"),
        ("{{ }}", "1: an expression is missing"),
        ("{% if %}{% endif %}", "1: an expression is missing"),
        (
            "{% if a }} b %}{% endif %}",
            "1: this is not a single expression",
        ),
        (
            "{{ params.ports }}",
            "1: the value of the expression is a list",
        ),
        ("{% raw %}a", "1: the statement needs `{% endraw %}`"),
        (
            "{{ 'a' * 3 }}",
            "1: expressions have no `*`, which could repeat a string endlessly",
        ),
    ] {
        assert_eq!(text(template), Err(vec![expected.to_owned()]), "{template}");
    }
}

#[test]
fn bombs_end_with_an_error() {
    let nested = "{% if params.on %}".repeat(10_000);
    let loops = "{% for a in params.ports %}".repeat(30);
    let loops = format!("{loops}x{}", "{% endfor %}".repeat(30));
    let doubled = "{% set a = 'aaaaaaaaaaaaaaaa' %}".to_owned() + &"{% set a = a ~ a %}".repeat(64);
    let doubled = format!("{doubled}{{{{ a }}}}");
    let lists = "{% set a = [1] %}".to_owned() + &"{% set a = [a, a] %}".repeat(64);
    let lists = format!("{lists}{{{{ json(a) }}}}");
    let deep = "{% set a = [1] %}".to_owned() + &"{% set a = [a] %}".repeat(20_000);
    let brackets = format!("{{{{ {}1{} }}}}", "[".repeat(900), "]".repeat(900));
    let large = "{% for a in params.ports %}{% for b in params.ports %}".to_owned()
        + &"x".repeat(400_000)
        + "{% endfor %}{% endfor %}";
    for (name, template) in [
        ("nested", &nested),
        ("loops", &loops),
        ("doubled", &doubled),
        ("lists", &lists),
        ("deep", &deep),
        ("brackets", &brackets),
        ("large", &large),
    ] {
        let found = text(template).unwrap_err();
        assert_eq!(found.len(), 1, "{name}");
    }
}

#[test]
fn values_are_not_templates() {
    let files = [("a.jinja", "{{ params.name }} {{ json(params.name) }}")];
    let option = ["name={{ 7 }}{% if %}\"x"];
    let files = rendered(PARAMS, &files, &option).unwrap();
    let expected = "{{ 7 }}{% if %}\"x \"{{ 7 }}{% if %}\\\"x\"";
    assert_eq!(files[0].bytes, expected.as_bytes());
}

#[test]
fn params_are_checked() {
    let params = "{required: [owner], properties: {owner: {enum: [a, b]}, count: {type: integer}}}";
    for (options, expected) in [
        (&["owner=c"][..], "1: `params.owner` must be `a` or `b`"),
        (&[], "1: the template needs the param `owner`"),
        (
            &["owner=a", "cuont=3"],
            "1: the template has no param `cuont`",
        ),
        (
            &["owner=a", "count=x"],
            "1: expected an integer at `params.count`",
        ),
        (&["owner"], "1: a param needs a value"),
    ] {
        let found = rendered(params, &[("a", "")], options).unwrap_err();
        assert!(found.iter().any(|it| it.starts_with(expected)), "{found:?}");
    }
    // The last one takes precedence.
    let files = [("a.jinja", "{{ params.owner }}{{ params.count + 1 }}")];
    let options = ["owner=c", "owner=a", "count=3"];
    assert_eq!(rendered(params, &files, &options).unwrap()[0].bytes, b"a4");
    let wrong = "{required: [ownr], properties: {owner: {type: strin}}}";
    assert_eq!(rendered(wrong, &[], &[]).unwrap_err().len(), 2);
}

#[test]
fn paths_stay_in_their_folder() {
    let files = [
        ("{{ params.name }}/a.yaml.jinja", "a"),
        ("{{ params.name }}.txt", "b"),
        ("empty.jinja", " \n{% if false %}x{% endif %}\n"),
    ];
    let files = rendered(PARAMS, &files, &["name=x"]).unwrap();
    let paths: Vec<&str> = files.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["x.txt", "x/a.yaml"]);
    for value in [
        "..",
        ".",
        "",
        "a/b",
        "/a",
        "a\\b",
        "a\nb",
        "a\u{7}",
        "a.",
        " a",
        "C:a",
        "a\u{202e}b",
        "a\0b",
        &"a".repeat(200),
    ] {
        let option = format!("name={value}");
        let files = [("{{ params.name }}", "a")];
        let found = rendered(PARAMS, &files, &[&option]).unwrap_err();
        assert_eq!(found.len(), 1, "{value:?} {found:?}");
    }
    for files in [
        &[("{{ params.name }}", ""), ("shop", "")][..],
        &[("{{ params.name }}", ""), ("SHOP", "")],
        &[("{{ params.name }}", "a"), ("shop/a", "b")],
        &[("{{ params.nam }}", "")],
        &[("{{ params.name", "")],
        &[("../a", "")],
        &[("a//b", "")],
        &[(".jinja", "a")],
    ] {
        assert!(rendered(PARAMS, files, &[]).is_err(), "{files:?}");
    }
}

#[test]
fn all_files_have_a_limit_together() {
    let text = "x".repeat(1 << 20);
    let names: Vec<String> = (0..5).map(|number| number.to_string()).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|it| (it.as_str(), text.as_str()))
        .collect();
    assert!(rendered(PARAMS, &files[..4], &[]).is_ok());
    assert!(rendered(PARAMS, &files, &[]).is_err());
}
