//! `score-rs init`.

use std::io;
use std::path::Path;

use crate::args::Init;
use crate::commands::Outcome;
use crate::host::{Gate, Gates, PROJECT_FILE};
use crate::input::project::EMPTY;
use crate::output::file;
use crate::report::console::Console;
use crate::report::failure::{About, Failure};

/// The sample Score file. It is valid without changes.
const SAMPLE: &str = include_str!("sample.yaml");

/// Writes a sample Score file, and a project file if a project name is given.
pub(crate) fn run(args: &Init, console: &Console) -> Result<Outcome, Failure> {
    if let Some(name) = &args.project_name {
        let text = format!("{EMPTY}name: {name:?}\n");
        create(Path::new(PROJECT_FILE), &text, console)?;
    }
    if !args.no_sample && create(&args.file, SAMPLE, console)? {
        let file = args.file.display();
        let next = if args.file == Path::new("score.yaml") {
            "score-rs generate".to_owned()
        } else {
            format!("score-rs generate {file}")
        };
        console.done(&format!("next: edit {file}, then run `{next}`"));
    }
    Ok(Outcome::Fine)
}

/// Creates a file and returns true, or returns false if it already exists.
fn create(path: &Path, text: &str, console: &Console) -> Result<bool, Failure> {
    let gate = Gate::open(Path::new("")).reading(Path::new("."))?;
    match file::create(&Gates::new(gate), path, text.as_bytes()) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            console.done(&format!("{} already exists", path.display()));
            return Ok(false);
        }
        Err(error) => return Err(Failure::write(path, &error)),
    }
    console.done(&format!("wrote {}", path.display()));
    Ok(true)
}
