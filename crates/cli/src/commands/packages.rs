//! `score-rs packages list`. The other commands are those of `score-rs provisioners`.

use serde_json::{Value, json};

use crate::args::{ListFormat, PackagesList};
use crate::commands::Outcome;
use crate::input::project::Project;
use crate::packages::{Package, is_intact, open};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Lists the packages in the lock file.
pub(crate) fn list(args: &PackagesList, console: &Console) -> Result<Outcome, Failure> {
    let (_, gate) = Project::here()?;
    let Some(lock) = open(&gate, console)? else {
        return Ok(Outcome::Errors);
    };
    let packages = lock.packages.iter();
    let packages: Vec<(&Package, bool)> = packages.map(|it| (it, is_intact(&gate, it))).collect();
    match args.format {
        ListFormat::Json => {
            let rows = packages.iter().map(|(package, is_intact)| {
                json!({
                    "name": package.name,
                    "source": package.source.to_string(),
                    "resolved": package.resolved,
                    "files": package.files.len(),
                    "installed": is_intact,
                })
            });
            console::json(&format!("{:#}\n", rows.collect::<Value>()))?;
        }
        ListFormat::Table => {
            let rows = packages.iter().map(|(package, is_intact)| {
                let installed = if *is_intact { "yes" } else { "no" };
                vec![
                    package.name.clone(),
                    installed.to_owned(),
                    package.files.len().to_string(),
                    package.source.to_string(),
                ]
            });
            let rows: Vec<Vec<String>> = rows.collect();
            let header = ["NAME", "INSTALLED", "FILES", "SOURCE"];
            console::lines(&console.table(&header, &rows))?;
        }
    }
    Ok(Outcome::Fine)
}
