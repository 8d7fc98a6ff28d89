//! Output on disk: missing, edited, of others, broken, and with secrets.

use std::fs;

use crate::{PROJECT, Project, WEB};

const DB: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
    variables: {PASSWORD: \"${resources.db.password}\", A: b}
    files: {/etc/a: {content: \"${resources.db.password}\"}}
resources:
  db: {type: postgres}
";

#[track_caller]
fn generate(project: &Project, words: &str) {
    let outcome = crate::sandbox::run(&project.0, format!("generate {words}").trim());
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert_eq!(outcome.exit, 0, "{stderr}");
}

#[test]
fn the_last_output_is_the_other_side() {
    let project = Project::new(&[("score.yaml", WEB), ("score-rs.yaml", PROJECT)]);
    let printed = project.plan("", 0).words();
    assert!(
        printed.contains("everything is new: `manifests.yaml` does not exist"),
        "{printed}"
    );
    generate(&project, "");
    assert_eq!(project.plan("", 0).words(), "nothing changes");
    project.edit("score.yaml", "red", "blue");
    let expected = [
        "restart Deployment/web spec.template.spec.containers[main].env[COLOR].value score.yaml:6",
    ];
    assert_eq!(project.changes("", 0), expected);
    // An output that was edited by hand is what it is.
    project.edit("manifests.yaml", "value: red", "value: green");
    let json = project.json("", 0);
    let change = &json["environments"][0]["changes"][0];
    assert_eq!(
        (&change["before"], &change["after"]),
        (&"green".into(), &"blue".into())
    );
}

#[test]
fn each_form_of_output_is_read() {
    let project = Project::new(&[("score.yaml", DB)]);
    for (generated, planned) in [
        ("", ""),
        ("-o other.yaml", "--against other.yaml"),
        ("-t kubernetes", "-t kubernetes"),
        (
            "-t kubernetes --format json -o all.json",
            "-t kubernetes --against all.json",
        ),
        (
            "-t kubernetes --output-dir k8s",
            "-t kubernetes --against k8s",
        ),
        (
            "-t kubernetes --output-dir json --format json",
            "-t kubernetes --against json",
        ),
        (
            "-t kubernetes --secrets separate -o s/all.yaml",
            "-t kubernetes --against s/all.yaml",
        ),
    ] {
        if generated.contains("s/") {
            fs::create_dir(project.0.folder().join("s")).unwrap();
        }
        generate(&project, generated);
        let printed = project.plan(planned, 0).words();
        assert_eq!(printed, "nothing changes", "{generated}");
    }
}

#[test]
fn secrets_are_compared_but_not_shown() {
    let project = Project::new(&[("score.yaml", DB)]);
    for (generated, planned) in [("", ""), ("-t kubernetes", "-t kubernetes")] {
        generate(&project, generated);
        let files = project.0.files();
        let find = |name: &str| {
            let text = String::from_utf8(files.get(name)?.content.clone()).unwrap();
            let line = text
                .lines()
                .find_map(|it| it.split_once("PASSWORD=")?.1.into());
            line.map(str::to_owned)
        };
        let secret = find(".score-rs/compose/web-main.env").unwrap();
        let other = Project(
            crate::sandbox::Sandbox::new("project")
                .with_environment(&[("SCORE_RS_KEY".to_owned(), "ff".repeat(32))]),
        );
        for (path, saved) in &files {
            if !path.starts_with(".git/") {
                other.write(path, &String::from_utf8_lossy(&saved.content));
            }
        }
        for format in ["human", "json", "markdown", "sarif", "github", "junit"] {
            let outcome =
                crate::sandbox::run(&other.0, format!("plan {planned} -f {format}").trim());
            let all = [outcome.stdout, outcome.stderr].concat();
            let text = String::from_utf8(all).unwrap();
            assert!(!text.contains(&secret), "{format}\n{text}");
            assert!(!text.contains("nothing changes"), "{format}\n{text}");
            if format == "json" {
                assert!(text.contains("(secret)"), "{text}");
            }
        }
        // A secret on disk whose field is gone is not shown either.
        other.write("score.yaml", &WEB.replace("nginx:1", "nginx:2"));
        let printed = other.plan(&format!("{planned} --allow plan/*"), 0).words();
        assert!(!printed.contains(&secret), "{printed}");
    }
}

#[test]
fn missing_secrets_are_named() {
    let project = Project::new(&[("score.yaml", DB)]);
    generate(&project, "");
    fs::remove_dir_all(project.0.folder().join(".score-rs/compose")).unwrap();
    let printed = project.plan("", 0).words();
    assert!(printed.starts_with("nothing changes"), "{printed}");
    assert!(
        printed.contains("`.score-rs/compose` does not exist, so that"),
        "{printed}"
    );
    generate(&project, "-t kubernetes --secrets separate");
    fs::remove_file(project.0.folder().join("secrets.yaml")).unwrap();
    let text = "apiVersion: score-rs/v1\nkind: Project\nkubernetes: {secrets: separate}\n";
    project.write("score-rs.yaml", text);
    generate(&project, "-t kubernetes");
    fs::remove_file(project.0.folder().join("secrets.yaml")).unwrap();
    let printed = project.plan("-t kubernetes", 0).words();
    assert!(
        printed.contains("the file with secrets does not exist"),
        "{printed}"
    );
    assert!(!printed.contains("Secret/"), "{printed}");
}

#[test]
fn objects_of_others_are_no_deletions() {
    let project = Project::new(&[("score.yaml", WEB), ("score-rs.yaml", PROJECT)]);
    generate(&project, "--output-dir k8s");
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\ndata: {a: b}\n";
    project.write("k8s/theirs.yaml", other);
    project.write("k8s/note.yaml", "just: a note\n");
    project.write("k8s/README.md", "# notes");
    let printed = project.plan("--against k8s", 0).words();
    assert!(printed.starts_with("nothing changes"), "{printed}");
    assert!(
        printed.contains("`k8s/theirs.yaml` was not written by score-rs: 1 object"),
        "{printed}"
    );
    assert!(
        printed.contains("`k8s/note.yaml` has a document that is neither"),
        "{printed}"
    );
    // An object of score-rs that is gone is a deletion.
    project.edit("score.yaml", "service: {ports: {http: {port: 80}}}\n", "");
    let changes = project.changes("--against k8s", 0);
    assert!(
        changes.contains(&"deletion Service/web  -".to_owned()),
        "{changes:?}"
    );
}

#[test]
fn files_that_cannot_be_compared_are_failures() {
    let project = Project::new(&[("score.yaml", WEB), ("score-rs.yaml", PROJECT)]);
    project.write("broken.yaml", "a: b\n  c: [\n");
    fs::write(project.0.folder().join("binary.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    let large = fs::File::create(project.0.folder().join("large.yaml")).unwrap();
    large.set_len(65 << 20).unwrap();
    project.write("deep.yaml", &"[".repeat(100_000));
    generate(&project, "-t helm -o chart");
    for (words, expected) in [
        (
            "--against broken.yaml",
            "`broken.yaml` cannot be compared: line 2",
        ),
        (
            "--against binary.yaml",
            "`binary.yaml` cannot be compared: line 1",
        ),
        (
            "--against large.yaml",
            "cannot read `large.yaml`: it is larger than 64 MiB",
        ),
        (
            "--against deep.yaml",
            "`deep.yaml` cannot be compared: line 1",
        ),
        (
            "--against nowhere.yaml",
            "cannot read `nowhere.yaml`: it does not exist",
        ),
        ("--against .git/config", "cannot"),
        ("--against env:nowhere", "unknown environment `nowhere`"),
        ("-t helm", "`chart` is a chart"),
        ("--against chart", "`chart` is a chart"),
    ] {
        let printed = project.plan(words, 2).words();
        assert!(printed.contains(expected), "{words}: {printed}");
    }
    // Charts are compared by their objects.
    project.commit();
    project.edit("score.yaml", "nginx:1", "nginx:2");
    let changes = project.changes("-t helm --against git:HEAD", 0);
    assert_eq!(changes.len(), 1, "{changes:?}");
}
