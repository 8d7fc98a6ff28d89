//! One chart for several environments. Templates that are alike in all environments are written
//! once, others under a condition. `values.yaml` contains the values of the default environment,
//! and `values-NAME.yaml` those of another environment that differ.

mod conditions;
mod difference;

use std::collections::BTreeMap;
use std::fmt::Write;

use score_spec::{Code, Diagnostic, Map};

use self::conditions::conditional;
use self::difference::difference;
use super::chart::{Collect, Complete, files_in};
use super::files;
use super::listing::Listing;
use super::too_large;
use super::values::{Form, Plain, Values};
use crate::ir::Tree;
use crate::support::parallel;
use crate::targets::{Helm, OutputFile};

/// The charts of one environment, which [`merged`] merges with those of others.
#[derive(Debug)]
pub struct EnvironmentCharts {
    /// The name of the only chart, or the prefix of the name of the chart with shared objects.
    pub(super) name: String,
    pub(super) options: Helm,
    pub(super) charts: Vec<Complete<Values>>,
}

/// A chart of one environment.
struct Variant {
    environment: String,
    chart: Complete<Values>,
}

/// Merges the charts of environments, by the names of these, to charts for all of them. Each
/// environment name must be a DNS label.
///
/// `values.yaml` contains the values of the default environment, or else of the first one.
/// If names or metadata of the charts differ, this is an error, and there are no files.
pub fn merged(
    environments: BTreeMap<String, EnvironmentCharts>,
    default: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    let before = diagnostics.len();
    diagnostics.extend(
        METADATA
            .iter()
            .filter_map(|field| different(field, &environments)),
    );
    if diagnostics.len() > before {
        return Vec::new();
    }
    let per_workload = environments.values().any(|it| it.options.per_workload);
    let mut by_name: BTreeMap<String, Vec<Variant>> = BTreeMap::new();
    for (environment, charts) in environments {
        for chart in charts.charts {
            let variants = by_name.entry(chart.facts.name.clone()).or_default();
            let environment = environment.clone();
            variants.push(Variant { environment, chart });
        }
    }
    let charts = by_name.into_values().collect();
    let files = parallel::each(parallel::ENOUGH, charts, |variants| {
        merge(variants, default)
    });
    let files: Vec<OutputFile> = files.into_iter().flatten().collect();
    diagnostics.extend(
        files
            .iter()
            .filter_map(|file| too_large(file, per_workload)),
    );
    files
}

/// A field of `Chart.yaml`, of which a chart has only one value.
struct Metadata {
    /// The field of the project file.
    field: &'static str,
    of: fn(&EnvironmentCharts) -> Option<&str>,
}

const METADATA: [Metadata; 5] = [
    Metadata {
        field: "helm.name",
        of: |it| Some(&it.name),
    },
    Metadata {
        field: "helm.version",
        of: |it| it.options.version.as_deref(),
    },
    Metadata {
        field: "helm.appVersion",
        of: |it| it.options.app_version.as_deref(),
    },
    Metadata {
        field: "helm.description",
        of: |it| it.options.description.as_deref(),
    },
    Metadata {
        field: "helm.icon",
        of: |it| it.options.icon.as_deref(),
    },
];

/// Returns an error if environments set different values of a field.
fn different(
    Metadata { field, of }: &Metadata,
    environments: &BTreeMap<String, EnvironmentCharts>,
) -> Option<Diagnostic> {
    let mut all = environments.iter().map(|(name, charts)| (name, of(charts)));
    let (first, value) = all.next()?;
    let (second, other) = all.find(|(_, other)| *other != value)?;
    let shown = |value: Option<&str>| value.map_or("none".to_owned(), |it| format!("`{it}`"));
    let (value, other) = (shown(value), shown(other));
    let message = format!(
        "the environments `{first}` and `{second}` share a chart, but their values of `{field}` \
         differ: {value} and {other}"
    );
    let help = format!("set `{field}` in the project file, and in no environment");
    Some(Diagnostic::new(Code::ProjectInvalid, message).help(help))
}

/// The files of a chart, whose variants are sorted by environment.
fn merge(mut variants: Vec<Variant>, default: Option<&str>) -> Vec<OutputFile> {
    let position = |name: &str| variants.iter().position(|it| it.environment == name);
    let position = default.and_then(position).unwrap_or_default();
    let names: Vec<String> = variants.iter().map(|it| it.environment.clone()).collect();
    let templates = templates(&mut variants);
    let folder = variants[position].chart.facts.folder.clone();
    let (templates, around) = parallel::both(
        templates.len() >= parallel::ENOUGH,
        || {
            let templates = templates.into_iter();
            let templates = templates.map(|(path, texts)| (path, conditional(texts, &names)));
            templates.collect::<Vec<_>>()
        },
        || around(variants, position, &names),
    );
    files_in(&folder, around.into_iter().chain(templates))
}

/// The paths and contents of the files besides templates.
fn around(mut variants: Vec<Variant>, default: usize, names: &[String]) -> Vec<(String, String)> {
    let instructions = instructions(&variants, default);
    let Variant { environment, chart } = variants.remove(default);
    let Complete {
        mut facts,
        mut values,
        ..
    } = chart;
    let mut files: Vec<(String, String)> = variants
        .iter()
        .map(|variant| values_file(&values, variant))
        .collect();
    for Variant { chart, .. } in variants {
        facts.unite(chart.facts);
        values.unite(chart.values);
    }
    let mut listing = Listing::default();
    listing.add(environment_value(environment, names));
    listing.add(values);
    files.extend(files::shared(&facts, listing, &instructions));
    files
}

/// The value with the name of the environment, which is one of these.
fn environment_value(default: String, names: &[String]) -> Values {
    let mut values = Values::default();
    let form = Form::Environment(names.to_vec());
    let path = ["global", "environment"];
    values.add(&path, "The environment.", form, Plain::Text(default.into()));
    values
}

/// Removes the templates and the notes of variants: by path, with the number of the variant.
fn templates(variants: &mut [Variant]) -> BTreeMap<String, Vec<(usize, String)>> {
    let mut templates: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (number, Variant { chart, .. }) in variants.iter_mut().enumerate() {
        let notes = (files::NOTES.to_owned(), files::notes(&chart.facts));
        let own = std::mem::take(&mut chart.templates);
        for (path, text) in own.into_iter().chain([notes]) {
            templates.entry(path).or_default().push((number, text));
        }
    }
    templates
}

/// The path and the text of the file with the values of an environment.
fn values_file(default: &Values, Variant { environment, chart }: &Variant) -> (String, String) {
    let mut values = difference(default.root(), chart.values.root());
    let mut global = match values.shift_remove("global") {
        Some(Tree::Map(global)) => *global,
        _ => Map::default(),
    };
    let name = Plain::Text(environment.as_str().into());
    global.shift_insert(0, "environment".to_owned(), name);
    values.shift_insert(0, "global".to_owned(), global.into());
    files::differing(environment, &values.into())
}

/// How to install the chart in each environment, in Markdown.
fn instructions(variants: &[Variant], default: usize) -> String {
    let environment = &variants[default].environment;
    let mut text = format!(
        "The chart is for several environments. Its default values are those of `{environment}`. \
         For any other environment, `values-ENVIRONMENT.yaml` contains the values that differ.\n\n\
         ```sh\n"
    );
    for (index, Variant { environment, chart }) in variants.iter().enumerate() {
        let values = format!("values-{environment}.yaml");
        let values = (index != default).then_some(values.as_str());
        // Writing to a string does not fail.
        let _ = writeln!(text, "# {environment}");
        text.push_str(&files::install(&chart.facts, values));
    }
    text.push_str("```\n");
    text
}
