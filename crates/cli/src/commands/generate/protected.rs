//! The files that a run must not replace.

use std::ffi::OsStr;
use std::path::Path;

use score_spec::{SourceId, Sources};

use crate::args::Generate;
use crate::host::{Gates, LOCK_FILE, PROJECT_FILE, Shared, state_file};
use crate::input::inputs::Prepared;
use crate::input::project::Project;
use crate::output::destination::Destination;
use crate::output::file::Permission;
use crate::output::rendering::ENV_FILE;
use crate::report::failure::Failure;

/// The permission to replace files. Inputs of the run are never replaced, and files that score-rs
/// did not write are replaced only with `--force`.
pub(super) fn permission(prepared: &Prepared, args: &Generate) -> Permission {
    let mut permission = permission_for_inputs(prepared, args.inputs.env_file.as_deref());
    permission.force = args.force;
    protect_state(&mut permission, args, &prepared.project.gates);
    permission
}

/// The permission to replace files that score-rs wrote, but no inputs of the run.
pub(crate) fn permission_for_inputs(prepared: &Prepared, env_file: Option<&Path>) -> Permission {
    let gates = &prepared.project.gates;
    let request = &prepared.request;
    let mut permission = permission_for_project(&prepared.project, request.compiler.sources());
    let mut protect = |path: &Path, what: &'static str| {
        let located = gates.locate(path).ok();
        let identity = located.and_then(|it| it.folder.identity(it.name?));
        if let Some(identity) = identity {
            permission.protected.entry(identity).or_insert(what);
        }
    };
    for path in prepared.files.iter().flatten() {
        protect(path, "a Score file of this run");
    }
    for (_, text) in &request.texts.beside {
        protect(Path::new(&text.name), "a file of an environment");
    }
    for (_, text) in &request.texts.overrides {
        protect(Path::new(&text.name), "an overrides file of this run");
    }
    if let Some(path) = env_file {
        protect(path, ENV_FILE);
    }
    permission
}

/// The permission to replace files that score-rs wrote, but no files of the project and its settings.
pub(crate) fn permission_for_project(project: &Project, sources: &Sources) -> Permission {
    let mut permission = Permission::default();
    let mut protect = |path: &Path, what: &'static str| {
        let located = project.gates.locate(path).ok();
        let identity = located.and_then(|it| it.folder.identity(it.name?));
        if let Some(identity) = identity {
            permission.protected.entry(identity).or_insert(what);
        }
    };
    let file = |id: SourceId| Path::new(&sources.get(id).name);
    for id in project.provisioners.iter().flat_map(|it| &it.files) {
        protect(file(*id), "a provisioner file of this run");
    }
    for template in &project.patch_templates {
        protect(file(template.source), "a patch template of this run");
    }
    for id in &project.policies {
        protect(file(*id), "a policy file");
    }
    if let Some(id) = &project.waivers {
        protect(file(*id), "the file with waivers");
    }
    for path in &project.environment_files {
        protect(path, "an environment file");
    }
    protect(&project.root.join(PROJECT_FILE), "the project file");
    protect(&project.root.join(LOCK_FILE), "the lock file");
    permission
}

/// Protects the state file and its lock file.
pub(super) fn protect_state(permission: &mut Permission, args: &Generate, gates: &Gates) {
    for (folder, name, what) in state_file::files(args.external.state.as_deref(), gates) {
        if let Some(identity) = folder.identity(name) {
            permission.protected.insert(identity, what);
        }
    }
}

/// Rejects outputs at the paths of the state file and its lock file, even if those do not exist
/// yet.
pub(super) fn require_no_state(
    destination: &Destination,
    args: &Generate,
    gates: &Gates,
) -> Result<(), Failure> {
    let output = match destination {
        Destination::File(path) => Some(path.as_path()),
        _ => None,
    };
    let taken = state_file::files(args.external.state.as_deref(), gates);
    for path in output.into_iter().chain(args.inputs.env_file.as_deref()) {
        let Ok(it) = gates.locate(path) else {
            continue;
        };
        let is_same = |folder: &Shared, name: &OsStr| {
            it.name.as_deref() == Some(name) && it.folder.own_identity() == folder.own_identity()
        };
        let mut taken = taken.iter();
        if let Some((_, _, what)) = taken.find(|(folder, name, _)| is_same(folder, name)) {
            let problem = format!("`{}` is {what} and cannot be an output", path.display());
            return Err(Failure::new(problem).help("choose another file"));
        }
    }
    Ok(())
}
