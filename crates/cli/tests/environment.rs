//! The process environment is closed: variables requested by a checkout are read only if that is
//! allowed, variables of score-rs itself are passed to no program, and no message contains a value.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use sandbox::{Outcome, Sandbox};

/// A value from outside.
const VALUE: &str = "wJalr-7MDENG9bPxRfi";

/// The forms into which a provisioner or a command may convert it.
const FORMS: [&str; 8] = [
    VALUE,
    "ifRxPb9GNEDM7-rlaJw",
    "wjalr-7mdeng9bpxrfi",
    "WJALR-7MDENG9BPXRFI",
    "wJalr7MDENG9bPxRfi",
    "d0phbHItN01ERU5HOWJQeFJmaQ",
    "w, J, a, l, r",
    "w.J.a.l.r",
];

/// Expressions with `params.v` that cause an error whose message would contain the value.
const EXPRESSIONS: [&str; 17] = [
    "{{ fail(params.v) }}",
    "{{ fail(params.v | reverse) }}",
    "{{ fail(params.v | lower) }}",
    "{{ fail('it is ' ~ params.v | upper) }}",
    "{{ fail(params.v | replace('-', '')) }}",
    "{{ fail(params.v | list | join(', ')) }}",
    "{{ fail(params.v | list | join('.')) }}",
    "{{ fail(params.v | list | string) }}",
    "{{ fail(({'W': params.v}) | string) }}",
    "{{ fail('x ' ~ params.v) if 'wJ' in params.v else 'y' }}",
    "{{ workload(params.v).host }}",
    "{{ workload(params.v | reverse).host }}",
    "{{ workload('web').port(params.v) }}",
    "{{ service(params.v).host }}",
    "{{ env(params.v) }}",
    "{{ secret(params.v) }}",
    "{{ params.v | int }}",
];

/// A workload with a resource for each of these provisioners, of the types `t0`, `t1` and so on.
fn spec(provisioners: usize) -> String {
    let mut variables = String::new();
    let mut resources = String::new();
    for number in 0..provisioners {
        let _ = writeln!(variables, "      V{number}: ${{resources.r{number}.a}}");
        let _ = writeln!(
            resources,
            "  r{number}: {{type: t{number}, params: {{v: \"${{resources.env.TOKEN}}\"}}}}"
        );
    }
    format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: web}}\ncontainers:\n  main:\n    image: nginx:1\n    variables:\n{variables}resources:\n  env: {{type: environment}}\n{resources}"
    )
}

/// A provisioner of the type `t` followed by a number.
fn provisioner(number: usize, body: &str) -> String {
    format!(
        "---\napiVersion: score-rs/v1\nkind: Provisioner\ntype: t{number}\nparams: {{properties: {{v: {{}}}}}}\noutputs: {{properties: {{a: {{}}}}}}\n{body}\n"
    )
}

/// A value of a provisioner, as an expression.
fn value(expression: &str) -> String {
    let quoted = expression.replace('\'', "''");
    format!("values: {{a: '{quoted}'}}")
}

struct Place(Sandbox);

impl Place {
    /// A project with these provisioners, and the value in the environment and in an env file.
    fn new(provisioners: &[String]) -> Self {
        // Without `CI`, messages also contain addresses.
        let variables = [("TOKEN", VALUE), ("CI", "")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let place = Self(Sandbox::new("project").with_environment(&variables));
        place.write("score.yaml", &spec(provisioners.len()));
        let texts = provisioners.iter().enumerate();
        let texts = texts.map(|(number, body)| provisioner(number, body));
        place.write("provisioners.yaml", &texts.collect::<String>());
        place.write("token.env", &format!("TOKEN={VALUE}\n"));
        place
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.folder().join(path), text).unwrap();
    }

    fn run(&self, words: &str) -> Run {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let Outcome {
            stdout,
            stderr,
            exit,
        } = self.0.run(&words, b"");
        let said = [stdout, stderr].map(|it| String::from_utf8(it).unwrap());
        Run {
            said: said.concat(),
            exit,
        }
    }
}

struct Run {
    said: String,
    exit: i32,
}

impl Run {
    /// Checks that no form of the value is visible.
    fn hides(&self, about: &str) {
        // Formats escape characters, and break lines.
        let joined: String = self.said.split_whitespace().collect();
        for form in FORMS {
            let bare: String = form.split_whitespace().collect();
            assert!(
                !self.said.contains(form) && !joined.contains(&bare),
                "{about} shows {form}: {}",
                self.said
            );
        }
    }

    /// Checks that each expression is reported, so that each message is checked.
    fn mentions_all(&self) {
        let count = self.said.matches("provisioners.yaml:").count()
            + self.said.matches("[score.yaml:").count();
        assert!(count >= EXPRESSIONS.len(), "{count}: {}", self.said);
        assert!(self.said.contains("value of TOKEN"), "{}", self.said);
        assert!(self.said.contains("NEKOT fo eulav"), "{}", self.said);
    }
}

const FORMATS: [&str; 5] = ["human", "github", "sarif", "junit", "json"];

#[test]
fn no_message_shows_a_value() {
    let provisioners = EXPRESSIONS.map(value);
    let place = Place::new(&provisioners);
    for target in ["", "-t compose", "-t kubernetes", "-t helm"] {
        for from in ["--allow-env TOKEN", "--env-file token.env"] {
            for format in FORMATS {
                let words = format!(
                    "validate --provisioners provisioners.yaml {target} {from} --format {format}"
                );
                let run = place.run(&words);
                run.hides(&words);
                // `validate` does not read the environment.
                let is_read = target != "-t kubernetes" || from.starts_with("--env-file");
                assert_eq!(run.exit, i32::from(is_read), "{words}: {}", run.said);
                if target == "-t kubernetes" && is_read && format == "human" {
                    run.mentions_all();
                }
            }
        }
    }
    let run = place.run("generate -t kubernetes -v --provisioners provisioners.yaml --allow-env *");
    run.hides("generate -v");
    run.mentions_all();
    assert_eq!(run.exit, 1);
}

#[test]
fn no_note_shows_a_value_and_files_have_it() {
    let notes = "values: {a: \"{{ params.v }}\"}\nnotes: \"{{ params.v }} and {{ params.v | reverse }} and {{ params.v | upper }}\"";
    let place = Place::new(&[notes.to_owned()]);
    for from in ["--allow-env TOKEN", "--env-file token.env"] {
        let words = format!("generate -t kubernetes --provisioners provisioners.yaml {from}");
        let run = place.run(&words);
        run.hides(&words);
        assert_eq!(run.exit, 0, "{}", run.said);
        assert!(
            run.said.contains("value of TOKEN and NEKOT"),
            "{}",
            run.said
        );
        let file = fs::read_to_string(place.0.folder().join("manifests.yaml")).unwrap();
        assert!(file.contains(VALUE), "{file}");
        fs::remove_file(place.0.folder().join("manifests.yaml")).unwrap();
    }
}

#[test]
fn no_message_shows_the_name_of_a_file_with_a_value() {
    let body = "values: {a: x}
kubernetes:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: \"of-{{ params.v | lower | reverse }}\"}
    data: {a: b}";
    let place = Place::new(&[body.to_owned()]);
    let words = |more: &str| {
        format!(
            "generate -t kubernetes --provisioners provisioners.yaml --allow-env TOKEN --output-dir objects {more}"
        )
    };
    let runs = ["--check", "--diff", "", "--check"];
    for (more, exit) in runs.into_iter().zip([1, 0, 0, 0]) {
        let run = place.run(&words(more));
        if more != "--diff" {
            // The difference contains the values in the files.
            run.hides(more);
        }
        assert_eq!(run.exit, exit, "{more}: {}", run.said);
        if more == "--check" && exit == 1 {
            assert!(
                run.said
                    .contains("a name that depends on environment variables"),
                "{}",
                run.said
            );
            assert!(run.said.contains("web-deployment.yaml"), "{}", run.said);
        }
    }
    // The names of obsolete files contain the value too.
    let run = place.run(&words("--format json --check"));
    run.hides("--format json --check");
    assert!(run.said.contains("is left over"), "{}", run.said);
    let entries = fs::read_dir(place.0.folder().join("objects")).unwrap();
    let mut files = entries.map(|entry| entry.unwrap().path());
    let named = files.find(|it| it.to_string_lossy().contains("ifrxpb9gnedm7-rlajw"));
    // A file of the user with such a name is not mentioned either.
    fs::write(named.unwrap(), "a: b\n").unwrap();
    for more in ["", "--check"] {
        let run = place.run(&words(more));
        run.hides(more);
        assert_eq!(run.exit, 2, "{}", run.said);
    }
}

/// A provisioner whose command is a shell script.
fn command(place: &Place, name: &str, script: &str, environment: &str, values: &str) -> String {
    let path = place.0.folder().join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    format!(
        "run: {{command: [./{name}, \"{{{{ params.v }}}}\"], environment: [{environment}]}}\n{values}"
    )
}

#[test]
fn what_commands_say_shows_no_value() {
    let answers = r#"printf '{"version": "score-rs/run/v1", "values": {"x": "%s"}}'"#;
    let fails = |expression: &str| value(&format!("{{{{ fail({expression}) }}}}"));
    for (script, environment, values) in [
        ("echo \"cannot use $1\" >&2; exit 3", "", fails("run.x")),
        (
            "echo \"cannot use $1\" | rev >&2; exit 3",
            "PATH",
            fails("run.x"),
        ),
        (
            "echo \"cannot use $TOKEN\" >&2; exit 3",
            "TOKEN",
            fails("run.x"),
        ),
        (&format!("{answers} \"$1\""), "", fails("run.x")),
        (&format!("{answers} \"$1\""), "", fails("run.x | reverse")),
        (&format!("{answers} \"$TOKEN\""), "TOKEN", fails("run.x")),
        (
            &format!("{answers} \"$TOKEN\""),
            "TOKEN",
            fails("run.x | reverse"),
        ),
        ("echo \"$1\"", "", fails("run.x")),
    ] {
        let place = Place::new(&[String::new()]);
        let body = command(&place, "tool", script, environment, &values);
        place.write("provisioners.yaml", &provisioner(0, &body));
        // The same with a command that receives the value only in its environment.
        for params in ["${resources.env.TOKEN}", "plain"] {
            let text = spec(1).replace("${resources.env.TOKEN}", params);
            place.write(
                "score.yaml",
                &text.replace(
                    "  env: {type: environment}\n",
                    if params == "plain" {
                        ""
                    } else {
                        "  env: {type: environment}\n"
                    },
                ),
            );
            let words =
                "generate -t kubernetes -v --provisioners provisioners.yaml --allow-env TOKEN";
            let run = place.run(words);
            run.hides(&format!("{script} {values} {params}"));
            assert_eq!(run.exit, 1, "{script}: {}", run.said);
            assert!(
                run.said.contains("provisioner/command-") || run.said.contains("resource/params"),
                "{}",
                run.said
            );
        }
    }
}

#[test]
fn no_address_shows_a_value() {
    let place = Place::new(&[String::new()]);
    let script = r#"printf '{"version": "score-rs/run/v1", "values": {"x": "%s"}}' "$TOKEN""#;
    for (environment, is_shown) in [("TOKEN", false), ("", true)] {
        let values = value("{{ run.x | lower }}.localhost");
        let body = command(&place, "tool", script, environment, &values);
        place.write("provisioners.yaml", &provisioner(0, &body));
        place.write(
            "score.yaml",
            "\
apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 80}}}
containers: {main: {image: 'nginx:1'}}
resources:
  name: {type: t0, params: {v: plain}}
  route: {type: route, params: {host: 'web${resources.name.a}', path: /, port: 80}}
",
        );
        let run = place.run("generate --force --provisioners provisioners.yaml --allow-env TOKEN");
        assert_eq!(run.exit, 0, "{}", run.said);
        run.hides(environment);
        assert!(run.said.contains("\nnext: docker compose "), "{}", run.said);
        let address = "  web  http://web.localhost:8080/\n";
        assert_eq!(run.said.contains(address), is_shown, "{}", run.said);
        let file = ".score-rs/compose/routes/nginx.conf";
        let file = fs::read_to_string(place.0.folder().join(file)).unwrap();
        assert_eq!(file.contains(FORMS[2]), !is_shown, "{file}");
    }
}

#[test]
fn a_command_runs_once_although_messages_are_made_twice() {
    let place = Place::new(&[String::new()]);
    let script =
        r#"echo ran >>runs; printf '{"version": "score-rs/run/v1", "values": {"x": "%s"}}' "$1""#;
    let values = "values: {a: \"{{ run.x }}\"}\nnotes: \"use {{ run.x }}\"";
    let body = command(&place, "tool", script, "PATH", values);
    place.write("provisioners.yaml", &provisioner(0, &body));
    let run =
        place.run("generate -t kubernetes --provisioners provisioners.yaml --allow-env TOKEN");
    run.hides("a note of a command");
    assert_eq!(run.exit, 0, "{}", run.said);
    let runs = fs::read_to_string(place.0.folder().join("runs")).unwrap();
    assert_eq!(runs, "ran\n");
    let file = fs::read_to_string(place.0.folder().join("manifests.yaml")).unwrap();
    assert!(file.contains(VALUE), "{file}");
}

#[test]
fn commands_get_no_variable_of_score_rs() {
    let place = Place::new(&[String::new()]);
    // `env` prints all variables that the command receives.
    let script =
        "env >seen; printf '{\"version\": \"score-rs/run/v1\", \"values\": {\"x\": \"y\"}}'";
    for (environment, exit) in [
        ("PATH, TOKEN", 0),
        ("PATH, SCORE_RS_KEY", 1),
        ("PATH, score_rs_key", 1),
        ("PATH, SCORE_RS_ANYTHING", 1),
    ] {
        let body = command(&place, "tool", script, environment, &value("{{ run.x }}"));
        place.write("provisioners.yaml", &provisioner(0, &body));
        let run = place.run(
            "generate -t kubernetes --provisioners provisioners.yaml --allow-env * -o out.yaml",
        );
        assert_eq!(run.exit, exit, "{environment}: {}", run.said);
        let seen = fs::read_to_string(place.0.folder().join("seen"));
        assert_eq!(seen.is_ok(), exit == 0, "{environment}");
        let seen = seen.unwrap_or_default().to_uppercase();
        assert!(!seen.contains("SCORE_RS_"), "{environment}: {seen}");
        let _ = fs::remove_file(place.0.folder().join("seen"));
    }
}

#[test]
fn a_score_file_alone_reads_nothing() {
    let place = Place::new(&[]);
    let names = ["SCORE_RS_KEY", "TOKEN", "HOME", "PATH"];
    let mut text = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n  main:\n    image: nginx:1\n    variables:\n".to_owned();
    for name in names {
        let _ = writeln!(text, "      {name}: ${{resources.env.{name}}}");
    }
    text.push_str("resources:\n  env: {type: environment}\n");
    place.write("score.yaml", &text);
    place.write("other.env", "OTHER=x\n");
    for words in [
        "validate -t kubernetes",
        "validate -t kubernetes --format json",
        "generate -t kubernetes",
        "generate -t kubernetes -o -",
        "generate -t kubernetes --env-file other.env",
        "generate -t kubernetes --no-commands --locked",
        "generate -t kubernetes --check",
        "generate -t kubernetes --diff",
        "resources list -t kubernetes",
        "resources get-outputs environment.default#web.env -t kubernetes",
    ] {
        let run = place.run(words);
        run.hides(words);
        assert!(!run.said.contains("000102030405"), "{words}: {}", run.said);
        assert_eq!(run.exit, 1, "{words}: {}", run.said);
        for name in names {
            assert!(
                run.said.contains(&format!("`{name}`")),
                "{words}: {}",
                run.said
            );
        }
        assert!(!place.0.folder().join("manifests.yaml").exists(), "{words}");
    }
}

#[test]
fn git_gets_no_variable_of_score_rs() {
    let place = Place::new(&[]);
    let bin = place.0.folder().join("bin");
    fs::create_dir(&bin).unwrap();
    place.write("bin/git", "#!/bin/sh\nenv >\"$SEEN\"\nexit 1\n");
    fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let seen = place.0.folder().join("seen");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let variables = [
        ("PATH".to_owned(), path),
        ("SEEN".to_owned(), seen.to_str().unwrap().to_owned()),
        ("SCORE_RS_KEY_PROD".to_owned(), "0123".to_owned()),
    ];
    let place = Place(place.0.with_environment(&variables));
    let run =
        place.run("provisioners add git+https://localhost/acme/provisioners@main --name acme");
    assert_eq!(run.exit, 2, "{}", run.said);
    let seen = fs::read_to_string(&seen).unwrap();
    assert!(
        seen.contains("TOKEN=") && !seen.contains("SCORE_RS_"),
        "{seen}"
    );
}

#[test]
fn a_checkout_that_is_not_trusted_allows_nothing() {
    let notes = value("{{ params.v }}");
    let place = Place::new(&[notes]);
    place.write(
        "score-rs.yaml",
        "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [provisioners.yaml]\npermissions: {environment: [\"*\"]}\n",
    );
    for (options, exit) in [
        ("", 0),
        ("--no-env", 1),
        ("--no-env --allow-env TOKEN", 0),
        ("--no-env --allow-env OTHER", 1),
        ("--no-env --env-file token.env", 0),
    ] {
        let run = place.run(&format!("generate -t kubernetes -o - {options}"));
        assert_eq!(run.exit, exit, "{options}: {}", run.said);
        assert_eq!(
            run.said.contains(VALUE),
            exit == 0,
            "{options}: {}",
            run.said
        );
        assert_eq!(
            run.said.contains("environment/not-allowed"),
            exit == 1,
            "{options}"
        );
    }
}
