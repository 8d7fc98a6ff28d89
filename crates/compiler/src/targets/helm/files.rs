//! The files of a chart besides its objects: metadata, values with their schema, named templates,
//! notes and the README.

use std::convert::Infallible;
use std::fmt::Write;

use score_spec::Map;

use super::facts::{Facts, Feature};
use super::listing::{Listed, Listing};
use super::values::Plain;
use crate::emit::document::ToTree;
use crate::emit::yaml;
use crate::ir::Text;

/// The path of the notes.
pub(super) const NOTES: &str = "templates/NOTES.txt";
/// The comment at the start of each YAML file.
const HEADER: &str = "# Written by score-rs from the Score files of this project: \
                      score-rs generate -t helm\n";
/// The comment at the start of a template for which there is no other.
pub(super) const MARK: &str = "{{- /* Written by score-rs: score-rs generate -t helm */ -}}\n";
/// The default version of a chart.
const VERSION: &str = "0.1.0";
/// The oldest Kubernetes version that supports all fields of the objects: init containers that keep
/// running (`restartPolicy`).
const KUBE_VERSION: &str = ">=1.29.0-0";
/// The default icon, a musical score; `helm lint` recommends that a chart has one.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E\
                    %3Cpath d='M4 8h24M4 13h24M4 18h24M4 23h24' stroke='%23567' fill='none'/%3E\
                    %3Ccircle cx='13' cy='20.5' r='3'/%3E%3Cpath d='M15.5 20V7' stroke='%23000'/%3E%3C/svg%3E";

const HELPERS: &str = include_str!("helpers.tpl");
const PEER: &str = include_str!("helpers-peer.tpl");
const JOB: &str = include_str!("helpers-job.tpl");
const SECRET: &str = include_str!("helpers-secret.tpl");
const CERTIFICATE: &str = include_str!("helpers-certificate.tpl");

/// Files that are not part of a package: values of individual installations, which can contain
/// secrets. The patterns match only files beside `values.yaml`, because a template or a subchart
/// can have such a name too.
const IGNORED: &str = "# Written by score-rs\n# Values of individual installations are not part of \
 the package.\n/values.*.yaml\n/values-*.yaml\n/*.tgz\n.git/\n.gitignore\n*.swp\n*~\n.DS_Store\n";

/// The paths and contents of the files.
pub(super) fn around(facts: &Facts, listing: Listing) -> Vec<(String, String)> {
    let start = format!("```sh\n{}```\n", install(facts, None));
    let mut files = shared(facts, listing, &start);
    files.push((NOTES.to_owned(), notes(facts)));
    files
}

/// The paths and contents of the files that environments share. The README starts with these
/// instructions.
pub(super) fn shared(facts: &Facts, listing: Listing, start: &str) -> Vec<(String, String)> {
    let header = format!(
        "{HEADER}# Put your own values into a separate file: helm install -f values.prod.yaml …\n\n"
    );
    let Listed {
        yaml,
        schema,
        table,
    } = listing.files(&header);
    let files = [
        ("Chart.yaml", about(facts)),
        ("values.yaml", yaml),
        ("values.schema.json", schema),
        (".helmignore", IGNORED.to_owned()),
        ("README.md", readme(facts, start, &table)),
        ("templates/_helpers.tpl", helpers(facts)),
    ];
    let files = files.into_iter();
    files.map(|(path, text)| (path.to_owned(), text)).collect()
}

/// The values of one environment that differ from `values.yaml`, as a file. Its first line contains
/// the environment, so that a copy with another name is recognized.
pub(super) fn differing(environment: &str, values: &Plain) -> (String, String) {
    let mut text = Text::<Infallible>::from(format!(
        "# Written by score-rs for the environment {environment}: score-rs generate -t helm\n\
         # The values that differ from values.yaml. null removes a value.\n\n"
    ));
    yaml::emit(values, &mut text);
    let text = text.take_plain().unwrap_or_default();
    (format!("values-{environment}.yaml"), text)
}

fn about(facts: &Facts) -> String {
    let options = &facts.options;
    let mut entries = Map::from_iter([
        ("apiVersion".to_owned(), "v2".to_owned()),
        ("name".to_owned(), facts.name.clone()),
        ("description".to_owned(), facts.description()),
        ("type".to_owned(), "application".to_owned()),
    ]);
    let version = options.version.as_deref().unwrap_or(VERSION);
    entries.insert("version".to_owned(), version.to_owned());
    if let Some(version) = &options.app_version {
        entries.insert("appVersion".to_owned(), version.clone());
    }
    entries.insert("kubeVersion".to_owned(), KUBE_VERSION.to_owned());
    let icon = options.icon.as_deref().unwrap_or(ICON);
    entries.insert("icon".to_owned(), icon.to_owned());
    let mut text = Text::from(HEADER);
    yaml::emit(&entries.to_tree(), &mut text);
    text.redact()
}

/// The named templates that other templates include.
fn helpers(facts: &Facts) -> String {
    let uses = |template: &str| facts.named_templates.contains(template);
    let mut text = format!("{MARK}\n{HELPERS}");
    for (part, wanted) in [
        (PEER, uses("peer")),
        (JOB, uses("job")),
        (SECRET, uses("secret") || uses("secretName")),
        (CERTIFICATE, uses("certificate")),
    ] {
        if wanted {
            text.push_str(part);
        }
    }
    text.replace("CHART", &facts.name)
}

/// The text that Helm prints after an installation.
pub(super) fn notes(facts: &Facts) -> String {
    let mut text = format!("{MARK}{INSTALLED}");
    let secure = if facts.has(Feature::IssuedCertificates) {
        r#"(hasKey .ingress "tls" | ternary .ingress.tls .ingress.tlsSecret)"#
    } else {
        ".ingress.tlsSecret"
    };
    if facts.has(Feature::Hosts) {
        text.push_str(&ADDRESSES_OF_HOSTS.replace("SECURE", secure));
    } else if facts.has(Feature::Routes) {
        text.push_str(&ADDRESSES.replace("SECURE", secure));
    }
    if facts.has(Feature::Tests) {
        text.push_str(TESTS);
    }
    text
}

/// The release and its namespace.
const INSTALLED: &str = "{{ .Chart.Name }} {{ .Chart.Version }} is installed as {{ .Release.Name }} \
                         in the namespace {{ .Release.Namespace }}.\n";

/// The addresses of routes. Whether a Gateway has a certificate is unknown, so its addresses use
/// `http`. SECURE is whether an Ingress has a certificate.
const ADDRESSES: &str = "{{ range .Values.routes }}\n\
                         {{- $secure := and (eq .kind \"Ingress\") SECURE }}\n\
                         {{ ternary \"https\" \"http\" (not (empty $secure)) }}://{{ .host }}{{ .path }}\n\
                         {{- end }}\n";

/// The same, if some routes have several hosts.
const ADDRESSES_OF_HOSTS: &str = "{{ range $route := .Values.routes }}\n\
                         {{- $secure := and (eq .kind \"Ingress\") SECURE }}\n\
                         {{- range .hosts | default (list .host) }}\n\
                         {{ ternary \"https\" \"http\" (not (empty $secure)) }}://{{ . }}{{ $route.path }}\n\
                         {{- end }}\n\
                         {{- end }}\n";

/// The command that runs the tests, if there are any.
const TESTS: &str = "{{- if .Values.tests.enabled }}\n\nTo test the connections to its ports, \
 run:\n  helm test {{ .Release.Name }} --namespace {{ .Release.Namespace }}\n{{- end }}\n";

/// Instructions to install a chart that contains its own namespace, in which Helm stores the
/// release first.
const NAMESPACE: &str = "\nThe chart contains its namespace. Helm stores the release in it before \
     it creates any object, so `--create-namespace` creates it, and `--take-ownership` (Helm 3.17 or \
     later) makes it part of the release. `helm uninstall` deletes the namespace with everything in \
     it, including Secrets and volumes.\n";

/// The source of Secrets that are created from a store.
const STORED_SECRETS: &str = "\nThe values of Secrets are in a store: the operator External Secrets creates each Secret from \
     an ExternalSecret of the chart. `secrets.*.existingSecret` uses an existing Secret instead.\n";

/// The commands that install a chart, with a file of values, and test it.
pub(super) fn install(facts: &Facts, values: Option<&str>) -> String {
    let (name, namespace) = (&facts.name, &facts.namespace);
    let values = values.map_or_else(String::new, |path| format!(" -f {path}"));
    let take = if facts.has(Feature::Namespace) {
        " --take-ownership"
    } else {
        ""
    };
    let tests = if facts.has(Feature::Tests) {
        format!("helm test {name} --namespace {namespace}\n")
    } else {
        String::new()
    };
    format!(
        "helm install {name} .{values} --namespace {namespace} --create-namespace{take}\n{tests}"
    )
}

/// The README: description of the chart, installation and values.
fn readme(facts: &Facts, start: &str, table: &str) -> String {
    let name = &facts.name;
    let description = facts.description();
    let mut text = format!(
        "<!-- Written by score-rs: score-rs generate -t helm -->\n# \
         {name}\n\n{description}\n\n{start}\nIn a release named `{name}`, objects have the names \
         used in the project. In any other release, they are named `RELEASE-NAME`: \
         `fullnameOverride` replaces the release name, and `global.namePrefix` the whole \
         prefix.\n\nPut the settings of an installation into a \
         separate file, such as `values.prod.yaml`: each `score-rs generate -t helm` rewrites this \
         folder, but keeps such files.\n"
    );
    if facts.has(Feature::Namespace) {
        text.push_str(NAMESPACE);
    }
    if facts.has(Feature::OtherCharts) {
        let first = if facts.has(Feature::SharedChart) {
            ", starting with the chart whose name ends with `-shared`"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "\nThis is one of several charts. Install all of them into the same namespace, each in \
             a release that is named after its chart{first}, or all of them with the same \
             `global.namePrefix`. A file can contain the values of all charts: each chart ignores \
             those of workloads and resources that it does not have."
        );
    }
    let secrets = match (
        facts.has(Feature::ExternalSecrets),
        facts.has(Feature::OwnSecrets),
    ) {
        (false, false) => "",
        (true, true) => {
            "\nSome environments have no Secrets in this chart: `secrets.*.existingSecret` sets the \
             names of the Secrets that must exist. In other environments, Secrets are generated \
             when the chart is installed, and kept when it is upgraded. Tools that render without \
             a cluster, such as Argo CD, cannot look them up: set `secrets.*.existingSecret` to \
             existing Secrets instead.\n"
        }
        (true, false) => {
            "\nThe chart contains no Secrets: `secrets.*.existingSecret` sets the names of the \
             Secrets that must exist.\n"
        }
        (false, true) => {
            "\nSecrets are generated when the chart is installed, and kept when it is upgraded. \
             Tools that render without a cluster, such as Argo CD, cannot look them up: set \
             `secrets.*.existingSecret` to existing Secrets instead.\n"
        }
    };
    text.push_str(secrets);
    if facts.has(Feature::StoredSecrets) {
        text.push_str(STORED_SECRETS);
    }
    // Writing to a string does not fail.
    let _ = write!(text, "\n## Values\n\n{table}");
    text
}
