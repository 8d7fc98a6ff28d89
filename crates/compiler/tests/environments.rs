//! The charts of environments, merged to one. The environments are folders in `environments`. The
//! merged chart is in `environments/expected/chart`, and the Kubernetes objects of each environment
//! are beside it: `tests/engines/helm_environments.py` compares what the chart installs with them.
//! With `UPDATE=1`, a test writes these files.
#![allow(
    clippy::disallowed_methods,
    reason = "inputs and expected files are on the disk"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use score_compiler::helm::{EnvironmentCharts, merged};
use score_compiler::{
    Compiler, Helm, Inputs, Kubernetes, Memory, OutputFile, ProjectKey, Rendered, Target,
};
use score_spec::{Code, Diagnostic};

/// The environments, and the expected files.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/environments");

const ENVIRONMENTS: [&str; 3] = ["dev", "prod", "staging"];

/// The contents of files by path.
type Files = BTreeMap<String, String>;

/// The files below a folder by their relative paths.
fn files(folder: &Path) -> Files {
    let (mut files, mut open) = (Files::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            files.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    files
}

/// The value of a variable in an environment.
fn region(environment: &str) -> String {
    format!("{environment}-1 {{{{ $x }}}}")
}

/// An environment, rendered for a target.
fn render(environment: &str, target: &dyn Target) -> Rendered {
    let (mut compiler, mut inputs) = (Compiler::new(), Inputs::new());
    for (name, text) in files(&Path::new(FOLDER).join(environment)) {
        match name.as_str() {
            "score-rs.yaml" => compiler = compiler.with_project(&name, text),
            "accounts.yaml" => compiler = compiler.with_provisioners(&name, text),
            _ => inputs = inputs.with_spec(&name, text),
        }
    }
    let world = Memory::new().with_variable("REGION", &region(environment));
    let rendered = compiler.compile(&world, inputs).render(target);
    assert_eq!(rendered.diagnostics, [], "{environment}");
    rendered
}

fn objects(environment: &str) -> Kubernetes {
    Kubernetes {
        namespace: Some(format!("shop-{environment}")),
        ..Kubernetes::default()
    }
}

/// The charts of an environment with these options.
fn charts(environment: &str, options: Helm) -> EnvironmentCharts {
    let helm = Helm {
        objects: objects(environment),
        variables: BTreeMap::from([("REGION".to_owned(), region(environment))]),
        for_environments: true,
        ..options
    };
    let rendered = render(environment, &helm);
    assert_eq!(rendered.files, []);
    rendered.charts.unwrap()
}

/// The files of the merged charts, and the diagnostics.
fn merge(options: impl Fn(&str) -> Helm, default: Option<&str>) -> (Files, Vec<Diagnostic>) {
    let environments = ENVIRONMENTS
        .iter()
        .map(|name| ((*name).to_owned(), charts(name, options(name))));
    let mut diagnostics = Vec::new();
    let files = merged(environments.collect(), default, &mut diagnostics);
    let text = |file: OutputFile| (file.path.clone().unwrap(), file.redact().unwrap());
    (files.into_iter().map(text).collect(), diagnostics)
}

/// The files of the merged chart with default options.
fn merged_chart(default: Option<&str>) -> Files {
    let (files, diagnostics) = merge(|_| Helm::default(), default);
    assert_eq!(diagnostics, []);
    files
}

#[test]
fn what_differs_is_in_values_and_under_conditions() {
    let chart = merged_chart(Some("dev")).into_iter();
    let mut found: Files = chart
        .map(|(path, text)| (format!("chart/{path}"), text))
        .collect();
    for environment in ENVIRONMENTS {
        let rendered = render(environment, &objects(environment));
        let text = rendered.files[0]
            .reveal(&ProjectKey::new([0; 32]))
            .into_owned();
        found.insert(
            format!("{environment}.yaml"),
            String::from_utf8(text).unwrap(),
        );
    }
    let folder = Path::new(FOLDER).join("expected");
    if std::env::var("UPDATE").is_ok() {
        let _ = fs::remove_dir_all(&folder);
        for (path, text) in &found {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let expected = files(&folder);
    assert!(expected.keys().eq(found.keys()), "{:?}", found.keys());
    for (path, text) in expected {
        assert_eq!(found[&path], text, "{path}");
    }
}

#[test]
fn the_default_environment_changes_no_template() {
    let templates = |default| {
        let mut chart = merged_chart(default);
        chart.retain(|path, _| path.starts_with("templates/"));
        chart
    };
    assert_eq!(templates(Some("prod")), templates(Some("dev")));
}

#[test]
fn without_a_default_environment_it_is_the_first_one() {
    for default in [None, Some("unknown")] {
        assert_eq!(merged_chart(default), merged_chart(Some("dev")));
    }
}

#[test]
fn each_environment_but_the_default_one_has_a_file_of_values() {
    let chart = merged_chart(Some("prod"));
    let values = chart
        .keys()
        .filter(|path| path.starts_with("values") && !path.contains("schema"));
    let expected = ["values-dev.yaml", "values-staging.yaml", "values.yaml"];
    assert!(values.eq(&expected), "{:?}", chart.keys());
    assert!(chart["values.yaml"].contains("\n  environment: prod\n"));
}

#[test]
fn charts_per_workload_are_merged_each() {
    let options = |_: &str| Helm {
        per_workload: true,
        ..Helm::default()
    };
    let (files, diagnostics) = merge(options, Some("dev"));
    assert_eq!(diagnostics, []);
    let values = files.keys().filter(|path| path.contains("/values"));
    let values = values.filter(|path| !path.contains("schema"));
    // `debug` is in two environments, `report` in one.
    let expected = [
        "debug/values-staging.yaml",
        "debug/values.yaml",
        "report/values.yaml",
        "setup/values-prod.yaml",
        "setup/values-staging.yaml",
        "setup/values.yaml",
        "web/values-prod.yaml",
        "web/values-staging.yaml",
        "web/values.yaml",
    ];
    assert!(
        values.clone().eq(&expected),
        "{:?}",
        values.collect::<Vec<_>>()
    );
    let template = &files["report/templates/report-cronjob.yaml"];
    assert!(
        !template.contains("$.Values.global.environment"),
        "{template}"
    );
    assert!(files["report/values.yaml"].contains("\n  environment: prod\n"));
}

#[test]
fn a_chart_has_one_version_in_all_environments() {
    let options = |environment: &str| Helm {
        version: (environment == "prod").then(|| "1.2.3".to_owned()),
        name: (environment == "staging").then(|| "other".to_owned()),
        ..Helm::default()
    };
    let (files, diagnostics) = merge(options, None);
    assert!(files.is_empty());
    let found: Vec<_> = diagnostics
        .iter()
        .map(|it| (it.code, &*it.message))
        .collect();
    let expected = [
        "the environments `dev` and `staging` share a chart, but their values of `helm.name` \
         differ: `shop` and `other`",
        "the environments `dev` and `prod` share a chart, but their values of `helm.version` \
         differ: none and `1.2.3`",
    ];
    assert_eq!(
        found,
        expected.map(|message| (Code::ProjectInvalid, message))
    );
}

#[test]
fn a_chart_of_one_environment_has_its_name() {
    let mut diagnostics = Vec::new();
    let charts = BTreeMap::from([("prod".to_owned(), charts("prod", Helm::default()))]);
    let files = merged(charts, None, &mut diagnostics);
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path.as_deref() == Some(path));
        file.and_then(OutputFile::redact).unwrap()
    };
    assert!(text("values.yaml").contains("\n  environment: prod\n"));
    assert!(!text("templates/web-deployment.yaml").contains("global.environment"));
}
