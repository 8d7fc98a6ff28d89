//! Templates that want to exhaust time, memory or the stack end with an error, or with little work.
//!
//! Each of them runs on a thread with the stack of other tests, also without optimization. The
//! limits themselves are deterministic, so the work is what counts, not the time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use score_gotemplate::{
    Context, Error, ErrorKind, Functions, Limits, List, Map, Stage, Template, Value,
};

fn render(template: &str) -> Result<String, Error> {
    render_within(template, Limits::default())
}

fn render_within(template: &str, limits: Limits) -> Result<String, Error> {
    let template = Template::parse(template, &Functions::sprig())?;
    let mut context = Context::with_limits([0; 32], limits);
    template.execute(&Value::Map(Map::new()), &mut context)
}

/// Checks that templates reach a limit. To save time, it is lower than the default.
fn limited(templates: &[&str]) {
    let limits = Limits::default();
    let (steps, memory) = (limits.steps / 10, limits.memory / 4);
    limited_within(
        templates,
        Limits {
            steps,
            memory,
            ..limits
        },
    );
}

fn limited_within(templates: &[&str], limits: Limits) {
    for template in templates {
        let start = &template[..template.len().min(200)];
        let error = render_within(template, limits).expect_err(start);
        assert_eq!(error.kind, ErrorKind::Limit, "{start}: {error}");
    }
}

#[test]
fn large_values_reach_the_limit() {
    limited(&[
        r#"{{ repeat 1000000000 "x" }}"#,
        r#"{{ repeat 9223372036854775807 "xx" }}"#,
        "{{ until 1000000000 }}",
        "{{ until -9223372036854775807 }}",
        "{{ untilStep 0 9223372036854775807 1 }}",
        "{{ untilStep 9223372036854775807 -9223372036854775807 -1 }}",
        "{{ seq 1 1 9223372036854775807 }}",
        "{{ randAlphaNum 1000000000 }}",
        "{{ randBytes 9223372036854775807 }}",
        r#"{{ nindent 1000000000 "a" }}"#,
        r#"{{ indent 9223372036854775807 (join "\n" (until 1000)) }}"#,
        r#"{{ replace "" (repeat 10000 "x") (repeat 10000 "y") }}"#,
        r#"{{ join (repeat 100000 "x") (until 100000) }}"#,
        r#"{{ wrapWith 1 (repeat 10000 "x") (repeat 10000 "ab") }}"#,
        r#"{{ regexReplaceAll "" (repeat 10000 "ab") (repeat 100000 "x") }}"#,
        r#"{{ regexReplaceAllLiteral "" (repeat 10000 "ab") (repeat 100000 "x") }}"#,
        r#"{{ fromJson (print "[" (repeat 2000000 "1,") "1]") }}"#,
    ]);
}

#[test]
fn values_that_grow_in_a_loop_reach_the_limit() {
    limited(&[
        r#"{{ $s := "ab" }}{{ range 100 }}{{ $s = print $s $s }}{{ end }}"#,
        r#"{{ $s := "ab" }}{{ range 100 }}{{ $s = cat $s $s }}{{ end }}"#,
        r#"{{ $s := "aa" }}{{ range 100 }}{{ $s = replace "a" "aaaa" $s }}{{ end }}"#,
        r#"{{ $s := "a" }}{{ range 1000 }}{{ $s = b64enc $s }}{{ end }}"#,
        r#"{{ $s := "&" }}{{ range 1000 }}{{ $s = quote $s }}{{ end }}"#,
        r#"{{ $s := "&" }}{{ range 1000 }}{{ $s = toJson $s }}{{ end }}"#,
        r#"{{ $s := "a\n" }}{{ range 100 }}{{ $s = indent 1000 (print $s $s) }}{{ end }}"#,
        "{{ $l := list }}{{ range 1000000 }}{{ $l = append $l 1 }}{{ end }}",
        "{{ $l := list 1 }}{{ range 100 }}{{ $l = concat $l $l }}{{ end }}",
        "{{ $d := dict }}{{ range 100000000 }}{{ $_ := set $d (toString .) . }}{{ end }}",
        "{{ range 10000 }}{{ $x := until 100000 }}{{ end }}",
        r#"{{ range 10000 }}{{ $x := splitList "" (repeat 100000 "a") }}{{ end }}"#,
    ]);
}

#[test]
fn shared_lists_and_maps_are_not_unfolded() {
    let double = |build: &str, end: &str| {
        format!(
            "{{{{ $l := list 1 }}}}{{{{ range 60 }}}}{{{{ $l = {build} }}}}{{{{ end }}}}{{{{ {end} }}}}"
        )
    };
    for build in ["list $l $l", r#"dict "a" $l "b" $l"#] {
        let ends = [
            "$l",
            "print $l",
            "quote $l",
            "toJson $l",
            "toPrettyJson $l",
            "deepCopy $l",
            "deepEqual $l (deepCopy $l)",
            r#"printf "%#v" $l"#,
        ];
        for end in ends {
            limited(&[&double(build, end)]);
        }
        assert_eq!(render(&double(build, "len $l")).unwrap(), "2");
        let put = r#"$d := dict "old" (dict) }}{{ $_ := set $d.old "l" $l"#;
        assert_eq!(render(&double(build, put)).unwrap(), "");
    }
}

#[test]
fn deep_values_do_not_overflow_the_stack() {
    let lists = "{{ $l := list 1 }}{{ range 100000 }}{{ $l = list $l }}{{ end }}";
    let maps = r#"{{ $m := dict }}{{ $l := $m }}{{ range 50000 }}{{ $n := dict }}{{ $_ := set $m "x" $n }}{{ $m = $n }}{{ end }}"#;
    for deep in [lists, maps] {
        assert_eq!(render(deep).unwrap(), "");
        for end in ["$l", "toJson $l", "deepCopy $l", "deepEqual $l $l"] {
            limited_within(&[&format!("{deep}{{{{ {end} }}}}")], Limits::default());
        }
    }
    let json = format!("{{{{ fromJson `{}` }}}}", "[".repeat(500_000));
    assert_eq!(render(&json).unwrap(), "<no value>");
}

#[test]
fn no_value_contains_itself() {
    for template in [
        r#"{{ $_ := set . "x" . }}"#,
        r#"{{ $_ := set . "x" (list 1 (dict "y" .)) }}"#,
        r#"{{ $a := dict }}{{ $b := dict "a" $a }}{{ $_ := set $a "b" $b }}"#,
        r#"{{ $a := dict "k" 1 }}{{ $_ := merge $a (dict "x" $a) }}"#,
        r#"{{ $a := dict "m" (dict) }}{{ $_ := mergeOverwrite $a.m (dict "x" (list $a)) }}"#,
    ] {
        let error = render(template).unwrap_err();
        assert!(
            error.message.contains("cannot contain itself"),
            "{template}: {error}"
        );
    }
    let map = Map::new();
    assert!(!map.insert("x", List::new(vec![Value::Map(map.clone())])));
    assert!(map.is_empty());
}

#[test]
fn templates_that_call_themselves_end() {
    limited(&[
        r#"{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}"#,
        r#"{{ define "x" }}{{ template "x" . }}{{ template "x" . }}{{ end }}{{ template "x" . }}"#,
        r#"{{ template "" . }}"#,
        r#"{{ define "x" }}{{ if 1 }}{{ with 1 }}{{ range list 1 }}{{ $v := ((((1)))) }}{{ template "x" (((.))) }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "x" }}"#,
        r#"{{ define "x" }}{{ if gt . 0 }}{{ template "x" (sub . 1) }}{{ template "x" (sub . 1) }}{{ end }}{{ end }}{{ template "x" 60 }}"#,
    ]);
}

#[test]
fn deep_syntax_does_not_overflow_the_stack() {
    let long = 200_000;
    let parentheses = format!("{{{{ {}1{} }}}}", "(".repeat(long), ")".repeat(long));
    let blocks = format!("{}{}", "{{if 1}}".repeat(50_000), "{{end}}".repeat(50_000));
    limited(&[
        &parentheses,
        &format!("{{{{ {}", "(".repeat(500_000)),
        &blocks,
        &"{{ range 1 }}".repeat(50_000),
        &"{{ with 1 }}".repeat(50_000),
        &"{{ block `x` 1 }}".repeat(50_000),
    ]);
    // Long syntax that is not nested is not limited.
    let else_ifs = format!(
        "{{{{ if 0 }}}}{}x{{{{ end }}}}",
        "{{ else if 0 }}".repeat(30_000)
    );
    assert_eq!(render(&else_ifs).unwrap(), "");
    assert_eq!(
        render(&format!("{{{{ 1 {} }}}}", "| print ".repeat(50_000))).unwrap(),
        "1"
    );
    assert_eq!(
        render(&format!("{{{{ .a{} }}}}", ".a".repeat(300_000))).unwrap(),
        "<no value>"
    );
}

#[test]
fn large_templates_are_limited() {
    let declarations = |count: usize| {
        let names = (0..count).map(|at| at.to_string());
        names.fold(String::new(), |all, name| {
            all + "{{ $v" + &name + " := 1 }}"
        })
    };
    limited(&[&"x".repeat(2_000_000), &declarations(20_000)]);
    assert_eq!(render(&declarations(900)).unwrap(), "");
}

#[test]
fn loops_end() {
    limited(&[
        "{{ range 1000000000000 }}{{ end }}",
        "{{ range 1000000000000 }}a{{ end }}",
        "{{ range 1000000 }}{{ range 1000000 }}{{ end }}{{ end }}",
        r#"{{ $s := repeat 1000000 "x" }}{{ range 1000 }}{{ $s }}{{ end }}"#,
        r#"{{ define "a" }}{{ range 1000 }}x{{ end }}{{ end }}{{ range 100000 }}{{ template "a" }}{{ end }}"#,
    ]);
}

#[test]
fn cheap_calls_of_expensive_functions_end() {
    limited(&[
        r#"{{ $s := repeat 1000000 "ab" }}{{ range 1000000 }}{{ $x := contains "ba!" $s }}{{ end }}"#,
        r#"{{ $s := repeat 1000000 "a" }}{{ $t := repeat 1000000 "a" }}{{ range 1000000 }}{{ $x := eq $s $t }}{{ end }}"#,
        r#"{{ $s := repeat 1000000 "a" }}{{ range 1000000 }}{{ $x := sha512sum $s }}{{ end }}"#,
        "{{ $l := until 100000 }}{{ range 1000000 }}{{ $x := has 5000000 $l }}{{ end }}",
        "{{ $l := until 100000 }}{{ range 1000000 }}{{ $x := len (quote $l) }}{{ end }}",
        "{{ uniq (until 100000) }}",
        r#"{{ range 1000 }}{{ $x := bcrypt "x" }}{{ end }}"#,
        r#"{{ range 1000 }}{{ $x := derivePassword 1 "long" "a" "b" "c" }}{{ end }}"#,
        r#"{{ $s := repeat 100000 "ab" }}{{ trimAll $s $s }}"#,
    ]);
}

#[test]
fn regular_expressions_take_linear_time() {
    limited(&[
        r#"{{ mustRegexMatch "(\\pL{100}){10}" "a" }}"#,
        r#"{{ range 1000 }}{{ $x := regexMatch (print "a{900}b" .) "aaa" }}{{ end }}"#,
        r#"{{ regexFindAll "a.*b|a" (repeat 100000 "a") -1 }}"#,
        r#"{{ range 1000 }}{{ $x := regexMatch "[ab]{900}c" (repeat 10000 "a") }}{{ end }}"#,
        r#"{{ regexMatch (repeat 100000 "(a|") "a" }}"#,
    ]);
    let nested = r#"{{ mustRegexMatch (print (repeat 2000 "(") (repeat 2000 ")")) "a" }}"#;
    assert!(render(nested).is_err());
    let backtracking = r#"{{ regexMatch "^(a*)*$" (print (repeat 10000 "a") "b") }}"#;
    assert_eq!(render(backtracking).unwrap(), "false");
}

#[test]
fn large_widths_are_errors_in_the_output() {
    let wide = "%!(NOVERB)%!(EXTRA int=1)";
    assert_eq!(render(r#"{{ printf "%999999999d" 1 }}"#).unwrap(), wide);
    assert_eq!(
        render(r#"{{ len (printf "%1000000.900000f" 1.0) }}"#).unwrap(),
        "1000000"
    );
    assert_eq!(
        render(r#"{{ len (printf "%.900000x" 1.0) }}"#).unwrap(),
        "900008"
    );
    assert_eq!(
        render(r#"{{ len (printf "%.900000e" 1.0) }}"#).unwrap(),
        "900006"
    );
    assert_eq!(
        render(r#"{{ len (printf "%.900000U" 1) }}"#).unwrap(),
        "900002"
    );
    assert_eq!(
        render(r#"{{ printf "%*d" 10000000 1 }}"#).unwrap(),
        "%!(BADWIDTH)1"
    );
    limited(&[r#"{{ range 10000 }}{{ printf "%1000000d" 1 }}{{ end }}"#]);
}

#[test]
fn the_limits_of_the_caller_apply() {
    let render = |template: &str, limits: Limits| {
        let template = Template::parse(template, &Functions::sprig()).unwrap();
        let mut context = Context::with_limits([0; 32], limits);
        template.execute(&Value::Nil, &mut context)
    };
    let limits = Limits::default();
    let few = Limits {
        steps: 100,
        ..limits
    };
    assert!(render("{{ range 10 }}x{{ end }}", few).is_ok());
    let error = render("a\n{{ range 100 }}x{{ end }}", few).unwrap_err();
    assert_eq!(
        (error.stage, error.kind, error.line),
        (Stage::Execute, ErrorKind::Limit, 2)
    );
    let short = Limits {
        output: 5,
        ..limits
    };
    assert!(render("12345", short).is_ok() && render("123456", short).is_err());
    let small = Limits {
        memory: 1000,
        ..limits
    };
    assert!(render("{{ repeat 500 `a` | len }}", small).is_ok());
    assert!(render("{{ repeat 5000 `a` | len }}", small).is_err());
    let flat = Limits { depth: 3, ..limits };
    assert!(render("{{ (((1))) }}", flat).is_ok() && render("{{ ((((1)))) }}", flat).is_err());
}
