//! Which files a template must not write, in `init` and in its tests.

use std::path::{Path, PathBuf};

use score_compiler::templates::RenderedFile;

use crate::host::{folder_of, is_private, is_reserved, is_spec, name};
use crate::input::environments::FOLDER as ENVIRONMENTS;
use crate::packages::Contents;
use crate::report::failure::Failure;

/// The file with exceptions from rules in a project folder.
const WAIVERS: &str = "waivers.yaml";

/// Fails if the template writes nothing, or a file that it must not write. `inner` is the path of the working folder in the
/// project, unless it is outside.
pub(super) fn require_allowed(
    files: &[RenderedFile],
    template: &str,
    inner: Option<&Path>,
) -> Result<(), Failure> {
    if files.is_empty() {
        let problem = format!("with these params, the template `{template}` has no files");
        return Err(Failure::new(problem).help("its rendered files are all empty"));
    }
    for file in files {
        let path = Path::new(&file.path);
        let fail = |problem: String| {
            Failure::new(format!(
                "the template would write `{}`, {problem}",
                file.path
            ))
        };
        if let Some(problem) = reserved(path, inner) {
            return Err(fail(problem.to_owned()).help("use another name in the template"));
        }
        let changed =
            changed_spec(path).filter(|spec| !files.iter().any(|it| Path::new(&it.path) == spec));
        if let Some(spec) = changed {
            let problem = format!("which changes `{}` in an environment", name(&spec));
            return Err(fail(problem).help("add the Score file to the template"));
        }
        let base = path.file_name().and_then(|name| name.to_str());
        if base.is_some_and(|base| Contents::of(base, &file.bytes).is_some()) {
            let problem = "which contains provisioners, an environment or policies";
            return Err(
                fail(problem.to_owned()).help("carry them in a package, beside its templates")
            );
        }
    }
    Ok(())
}

/// The Score file that a file with this name changes in an environment: `score.yaml` for `score.prod.yaml`.
fn changed_spec(path: &Path) -> Option<PathBuf> {
    let (stem, _) = path
        .file_name()?
        .to_str()?
        .strip_suffix(".yaml")?
        .rsplit_once('.')?;
    let spec = folder_of(path).join(format!("{stem}.yaml"));
    is_spec(&spec).then_some(spec)
}

/// The reason why a template must not write a file: it belongs to Git, to score-rs or to the settings of the project.
fn reserved(path: &Path, inner: Option<&Path>) -> Option<&'static str> {
    if is_private(path) {
        return Some("which belongs to Git or score-rs");
    }
    let file = path.file_name().unwrap_or_default();
    if is_reserved(file) {
        return Some("which has the name of a file of the project");
    }
    let inner = inner?.join(path);
    let mut parts = inner.iter();
    let first = parts.next()?;
    let is_folder = parts.next().is_some();
    let is_setting = if is_folder {
        first.eq_ignore_ascii_case(ENVIRONMENTS)
    } else {
        first.eq_ignore_ascii_case(WAIVERS)
    };
    is_setting.then_some("which belongs to the settings of the project")
}
