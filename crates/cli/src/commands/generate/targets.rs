//! The targets of `generate`, with the options of the run.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use score_compiler::kubernetes::{ObjectFormat, Profile, SecretsMode};
use score_compiler::{Compose, Helm, Kubernetes, Target};

use crate::args::Generate;
use crate::host::{folder_of, relative, resolved};
use crate::output::destination::Destination;
use crate::output::rendering::compose_folder;
use crate::report::failure::Failure;

/// The target, configured with the options of the run.
pub(super) fn configured(
    name: &str,
    args: &Generate,
    (destination, shares_chart): (&Destination, bool),
) -> Option<Arc<dyn Target>> {
    let output = match destination {
        Destination::File(path) => Some(path.as_path()),
        _ => None,
    };
    match name {
        "compose" => Some(Arc::new(Compose {
            working_folder: output.and_then(back_from),
            folder: output.and_then(compose_folder),
            ..Compose::default()
        })),
        "kubernetes" => Some(Arc::new(Kubernetes {
            files: matches!(destination, Destination::Objects(_)),
            ..objects(args)
        })),
        "helm" => {
            let chart = args.chart.clone();
            Some(Arc::new(Helm {
                objects: objects(args),
                name: chart.chart_name,
                version: chart.chart_version,
                app_version: chart.app_version,
                per_workload: chart.chart_per_workload,
                for_environments: shares_chart,
                ..Helm::default()
            }))
        }
        _ => None,
    }
}

/// The options for Kubernetes objects.
fn objects(args: &Generate) -> Kubernetes {
    Kubernetes {
        namespace: args.namespace.clone(),
        generate_namespace: args.generate_namespace,
        profile: args.profile.as_deref().and_then(Profile::named),
        secrets: args.secrets.as_deref().and_then(SecretsMode::named),
        format: args.format.as_deref().and_then(ObjectFormat::named),
        ..Kubernetes::default()
    }
}

/// Rejects an output file of Compose whose name is not valid UTF-8: `compose.yaml` contains the
/// name of the folder of its files, which is derived from the name of the output and must not be
/// shared with another output.
pub(super) fn require_text(output: &Path) -> Result<(), Failure> {
    match output.file_name().map(OsStr::to_str) {
        None | Some(Some(_)) => Ok(()),
        Some(None) => {
            let output = output.display();
            let problem = format!("the name of the output `{output}` is not UTF-8");
            Err(Failure::new(problem).help("use another file name with `-o`"))
        }
    }
}

/// The relative path from the folder of an output to the working folder, if they differ.
fn back_from(output: &Path) -> Option<String> {
    let folder = folder_of(output);
    if folder.as_os_str().is_empty() {
        return None;
    }
    let to = fs::canonicalize(".").ok()?;
    // The folder of an environment may not exist yet.
    let from = resolved(folder);
    let path = relative(&from, &to);
    let parts = path.iter().map(OsStr::to_str).collect::<Option<Vec<_>>>();
    Some(parts?.join("/")).filter(|path| !path.is_empty())
}
