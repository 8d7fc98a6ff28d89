//! Chart folders over several runs: files that are kept, changed and removed, and packages of
//! charts. The contents of templates are tested by the cases.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;

use flate2::read::GzDecoder;
use sandbox::Sandbox;

const WEB: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 80}}}
containers:
  main: {image: 'nginx:1', variables: {PASSWORD: '${resources.db.password}'}}
resources:
  db: {type: postgres}
";

const OTHER: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: other}
service: {ports: {http: {port: 80}}}
containers:
  main: {image: 'nginx:1', variables: {URL: '${resources.db.password}'}}
resources:
  db: {type: postgres}
";

/// A project with two workloads, and the files that runs leave in its folder.
struct Project(Sandbox);

impl Project {
    fn new() -> Self {
        let project = Self(Sandbox::new("project"));
        project.write("web.yaml", WEB);
        project.write("other.yaml", OTHER);
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.0.folder().join(path)).unwrap()
    }

    fn has(&self, path: &str) -> bool {
        fs::symlink_metadata(self.0.folder().join(path)).is_ok()
    }

    /// Runs `generate -t helm` with more arguments, and returns its output and exit code.
    fn generate(&self, words: &str) -> (i32, String) {
        let words = format!("generate -t helm {words}");
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let outcome = self.0.run(&words, b"");
        let said = [outcome.stdout, outcome.stderr].concat();
        (outcome.exit, String::from_utf8(said).unwrap())
    }

    fn succeed(&self, words: &str) -> String {
        let (exit, said) = self.generate(words);
        assert_eq!(exit, 0, "{words}\n{said}");
        said
    }

    /// Runs a command that must fail without changing any file.
    fn refused(&self, words: &str) -> String {
        let before = self.files();
        let (exit, said) = self.generate(words);
        assert_eq!(exit, 2, "{words}\n{said}");
        assert_eq!(self.files(), before, "{words}");
        said
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let files = self.0.files().into_iter();
        files.map(|(path, saved)| (path, saved.content)).collect()
    }
}

/// Files that users add to a chart.
const OWN: [(&str, &str); 9] = [
    ("values.prod.yaml", "secrets: {}\n"),
    ("values-test.yaml", "# Written by score-rs \n"),
    (
        "templates/own.yaml",
        "kind: ConfigMap\n# Written by score-rs\n",
    ),
    ("templates/tests/own.yaml", "kind: Pod\n"),
    (
        "templates/more/copy.yaml",
        "{{- /* Mine. Written by score-rs: score-rs generate */ -}}\n",
    ),
    (
        "charts/redis/Chart.yaml",
        "# Written by score-rs \nname: redis\n",
    ),
    (
        "charts/redis/templates/a.yaml",
        "{{- /* Written by score-rs */ -}}\n",
    ),
    ("Chart.lock", "digest: x\n"),
    ("crds/own.yaml", "# Written by score-rs \n"),
];

#[test]
fn stale_files_go_and_those_of_users_stay() {
    let project = Project::new();
    project.succeed("web.yaml other.yaml --chart-name shop");
    assert!(project.has("chart/templates/tests/other-test.yaml"));
    for (path, text) in OWN {
        project.write(&format!("chart/{path}"), text);
    }
    project.succeed("web.yaml --chart-name shop");
    for gone in [
        "other-deployment.yaml",
        "other-service.yaml",
        "tests/other-test.yaml",
    ] {
        assert!(!project.has(&format!("chart/templates/{gone}")), "{gone}");
    }
    for (path, text) in OWN {
        assert_eq!(
            project.read(&format!("chart/{path}")),
            text.as_bytes(),
            "{path}"
        );
    }
    let fresh = Project::new();
    fresh.succeed("web.yaml --chart-name shop");
    let mut left = project.files();
    left.retain(|path, _| !OWN.iter().any(|(own, _)| path == &format!("chart/{own}")));
    assert_eq!(left, fresh.files());
}

/// A file of values belongs to score-rs only if its mark names the environment of its own name.
#[test]
fn values_of_environments_that_are_gone_go() {
    let project = Project::new();
    project.succeed("web.yaml");
    let mark = "# Written by score-rs for the environment prod: score-rs generate -t helm\n";
    let values = project.read("chart/values.yaml");
    let values = String::from_utf8(values).unwrap();
    project.write("chart/values-prod.yaml", mark);
    project.write("chart/values-copy.yaml", mark);
    project.write("chart/values-test.yaml", &values);
    project.succeed("web.yaml");
    assert!(!project.has("chart/values-prod.yaml"));
    assert!(project.has("chart/values-copy.yaml"));
    assert!(project.has("chart/values-test.yaml"));
}

#[test]
fn what_others_have_written_is_not_replaced() {
    for (path, text) in [
        ("chart/Chart.yaml", "name: mine\n"),
        ("chart/values.schema.json", "{}\n"),
        ("chart/README.md", "# Mine\n"),
        ("chart/values.yaml", ""),
        ("chart/templates/web-deployment.yaml", "kind: Deployment\n"),
    ] {
        let project = Project::new();
        project.write(path, text);
        let said = project.refused("web.yaml");
        assert!(
            said.contains(&format!("`{path}` was not written by score-rs")),
            "{said}"
        );
        project.refused("web.yaml --check");
    }
    let project = Project::new();
    project.succeed("web.yaml");
    project.write("chart/templates/web-service.yaml", "kind: Service\n");
    project.refused("web.yaml");
}

#[test]
fn nothing_is_followed_or_removed_through_links() {
    let project = Project::new();
    project.succeed("web.yaml other.yaml -o elsewhere");
    let elsewhere = project.0.folder().join("elsewhere");
    fs::create_dir(project.0.folder().join("chart")).unwrap();
    symlink(
        elsewhere.join("templates"),
        project.0.folder().join("chart/templates"),
    )
    .unwrap();
    let said = project.refused("web.yaml");
    assert!(said.contains("`chart/templates` is not a folder"), "{said}");

    fs::remove_file(project.0.folder().join("chart/templates")).unwrap();
    project.succeed("web.yaml other.yaml");
    let link = project
        .0
        .folder()
        .join("chart/templates/other-service.yaml");
    fs::remove_file(&link).unwrap();
    symlink(elsewhere.join("templates/other-service.yaml"), &link).unwrap();
    project.succeed("web.yaml");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(project.has("elsewhere/templates/other-service.yaml"));

    fs::create_dir(project.0.folder().join("many")).unwrap();
    symlink(&elsewhere, project.0.folder().join("many/old")).unwrap();
    project.succeed("web.yaml -o many --chart-per-workload");
    assert!(project.has("elsewhere/Chart.yaml"));
}

#[test]
fn charts_of_workloads_that_are_gone_go() {
    let project = Project::new();
    let generate = "--chart-per-workload --chart-name shop --output-dir charts";
    project.succeed(&format!("{generate} web.yaml other.yaml"));
    for chart in ["web", "other", "shop-shared"] {
        assert!(
            project.has(&format!("charts/{chart}/Chart.yaml")),
            "{chart}"
        );
    }
    project.write("charts/mine/Chart.yaml", "name: mine\n");
    project.write("charts/notes.md", "mine\n");
    project.succeed(&format!("{generate} web.yaml"));
    assert!(!project.has("charts/other"));
    assert!(project.has("charts/mine/Chart.yaml") && project.has("charts/notes.md"));

    project.write("charts/web/values.prod.yaml", "a: b\n");
    project.succeed(&format!("{generate} other.yaml"));
    let left: Vec<String> = project.files().into_keys().collect();
    let left: Vec<&String> = left
        .iter()
        .filter(|path| path.starts_with("charts/web"))
        .collect();
    assert_eq!(left, ["charts/web/values.prod.yaml"]);
}

#[test]
fn a_chart_and_charts_do_not_mix() {
    let project = Project::new();
    project.succeed("web.yaml other.yaml -o one");
    let said = project.refused("web.yaml other.yaml -o one --chart-per-workload");
    assert!(said.contains("`one` is a chart"), "{said}");
    project.succeed("web.yaml other.yaml -o many --chart-per-workload");
    let said = project.refused("web.yaml other.yaml -o many");
    assert!(
        said.contains("`many/app-shared` in it is a chart"),
        "{said}"
    );
}

#[test]
fn a_check_finds_what_a_run_would_change_and_changes_nothing() {
    let project = Project::new();
    let (exit, said) = project.generate("web.yaml --check");
    assert_eq!(exit, 1);
    assert!(
        said.contains("chart/templates/web-deployment.yaml is missing"),
        "{said}"
    );
    assert!(!project.has("chart"));

    project.succeed("web.yaml other.yaml --chart-name web");
    let before = project.files();
    let (exit, said) = project.generate("web.yaml --check --diff --chart-version 2.0.0");
    assert_eq!(exit, 1);
    assert!(
        said.contains("chart/templates/other-service.yaml is left over"),
        "{said}"
    );
    assert!(
        said.contains("-version: \"0.1.0\"\n+version: \"2.0.0\"\n"),
        "{said}"
    );
    assert_eq!(project.files(), before);

    project.succeed("web.yaml");
    project.succeed("web.yaml --check");
    let values = String::from_utf8(project.read("chart/values.yaml")).unwrap();
    let changed = values.replacen("    values: {}", "    values: {password: hushhush}", 1);
    assert_ne!(changed, values);
    project.write(
        "chart/values.yaml",
        &changed.replace("minReplicas: 1", "minReplicas: 3"),
    );
    let said = project.succeed("web.yaml --diff");
    assert!(
        said.contains("-      minReplicas: 3\n+      minReplicas: 1\n"),
        "{said}"
    );
    assert!(!said.contains("hushhush"), "{said}");
}

/// The entries of a package, as names and contents.
fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            let mut entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), 0);
            assert_eq!(header.mode().unwrap(), 0o644);
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

#[test]
fn a_package_holds_the_chart_and_is_always_the_same() {
    let project = Project::new();
    project.succeed("web.yaml other.yaml --chart-name shop");
    let package = "web.yaml other.yaml --chart-name shop --package -o dist";
    project.succeed(package);
    let first = project.read("dist/shop-0.1.0.tgz");
    let entries = unpacked(&first);
    assert_eq!(entries[0].0, "shop/Chart.yaml");
    assert!(entries[1..].is_sorted());
    let mut expected = project.files();
    expected.retain(|path, _| path.starts_with("chart/"));
    let expected: BTreeMap<String, Vec<u8>> = expected
        .into_iter()
        .map(|(path, content)| (path.replacen("chart/", "shop/", 1), content))
        .collect();
    assert_eq!(entries.into_iter().collect::<BTreeMap<_, _>>(), expected);

    project.succeed(&format!("{package} --check"));
    fs::remove_file(project.0.folder().join("dist/shop-0.1.0.tgz")).unwrap();
    let said = project.succeed(&package.replace("web.yaml other.yaml", "other.yaml web.yaml"));
    assert!(
        said.contains("wrote dist/shop-0.1.0.tgz: 2 workloads"),
        "{said}"
    );
    assert_eq!(project.read("dist/shop-0.1.0.tgz"), first);

    let next = format!("{package} --chart-version 0.2.0");
    assert_eq!(project.generate(&format!("{next} --check")).0, 1);
    project.succeed(&next);
    assert_eq!(project.read("dist/shop-0.1.0.tgz"), first);
    let dist = project
        .files()
        .into_keys()
        .filter(|path| path.starts_with("dist/"));
    assert_eq!(
        dist.collect::<Vec<_>>(),
        ["dist/shop-0.1.0.tgz", "dist/shop-0.2.0.tgz"]
    );
}

#[test]
fn each_chart_has_a_package() {
    let project = Project::new();
    project.succeed("web.yaml other.yaml --chart-name shop --package -o dist --chart-per-workload");
    for name in ["web", "other", "shop-shared"] {
        let entries = unpacked(&project.read(&format!("dist/{name}-0.1.0.tgz")));
        assert_eq!(entries[0].0, format!("{name}/Chart.yaml"));
        assert!(
            entries
                .iter()
                .all(|(path, _)| path.starts_with(&format!("{name}/")))
        );
    }
}

#[test]
fn names_follow_from_the_project_and_options_go_first() {
    let project = Project::new();
    let chart = |words: &str| {
        project.succeed(&format!("web.yaml other.yaml {words}"));
        String::from_utf8(project.read("chart/Chart.yaml")).unwrap()
    };
    assert!(chart("").contains("\nname: app\n"));
    assert!(chart("--project-name a_b").contains("\nname: a-b\n"));
    let settings = "apiVersion: score-rs/v1\nkind: Project\nname: project\n\
                    helm: {name: shop, version: 1.2.3-rc.1, appVersion: '2'}\n";
    project.write("score-rs.yaml", settings);
    let text = chart("");
    for line in ["name: shop", "version: \"1.2.3-rc.1\"", "appVersion: \"2\""] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}\n{text}");
    }
    let text = chart("--chart-name own --chart-version 3.0.0 --app-version 4.x");
    for line in ["name: own", "version: \"3.0.0\"", "appVersion: \"4.x\""] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}\n{text}");
    }
    for words in [
        "--chart-name a_b",
        "--chart-version v1.0.0",
        "--app-version=",
        "-o -",
    ] {
        project.refused(&format!("web.yaml {words}"));
    }
}

#[test]
fn where_objects_would_be_written_makes_no_difference() {
    let project = Project::new();
    project.succeed("web.yaml -o a --secrets separate --format json");
    project.succeed("web.yaml --output-dir b");
    let files = project.files();
    let below = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let files = files.iter().filter(|(path, _)| path.starts_with(folder));
        files
            .map(|(path, content)| (path[folder.len()..].to_owned(), content.clone()))
            .collect()
    };
    assert_eq!(below("a/"), below("b/"));
    assert!(!project.has(".score-rs"));
}
