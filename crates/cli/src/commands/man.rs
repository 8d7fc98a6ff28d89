//! `score-rs man`.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::roff::{Roff, roman};

use crate::args::{CommandLine, Man};
use crate::commands::Outcome;
use crate::host::{Gate, Gates, Shared};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::folder::{self, Plan};
use crate::output::mark::WORDS;
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};

/// Prints a manual page, or writes those of all commands.
pub(crate) fn run(args: &Man, console: &Console) -> Result<Outcome, Failure> {
    let mut root = CommandLine::command().disable_help_subcommand(true);
    root.build();
    match &args.all {
        Some(path) => write(&root, path, console)?,
        None => console::result(&page(named(&root, &args.command)?)?)?,
    }
    Ok(Outcome::Fine)
}

/// The command with these names, of which each is a subcommand of the previous one.
fn named<'a>(root: &'a clap::Command, names: &[String]) -> Result<&'a clap::Command, Failure> {
    names.iter().try_fold(root, |parent, name| {
        parent.find_subcommand(name).ok_or_else(|| {
            // The root has no other name.
            let parent = parent.get_bin_name().unwrap_or(parent.get_name());
            Failure::new(format!("there is no command `{parent} {name}`"))
                .help(format!("`{parent} --help` lists the commands"))
        })
    })
}

/// Writes the pages of all commands to a folder.
fn write(root: &clap::Command, path: &Path, console: &Console) -> Result<(), Failure> {
    let mut pages = Vec::new();
    collect(root, &mut pages)?;
    let plan = |folder: &Shared| {
        let outputs = pages.iter().map(|(name, bytes)| {
            let inner = (path, Path::new(name));
            Output::below(Some(folder), inner, bytes.as_slice(), OPEN, Rule::Generated)
        });
        Ok(Plan::from(Changes::from(outputs.collect::<Vec<_>>())))
    };
    let gates = Gates::new(Gate::open(Path::new("")).reading(Path::new("."))?);
    let (changed, name) = folder::apply(&gates, path, &Permission::default(), plan)?;
    let verb = if changed { "wrote" } else { "unchanged" };
    console.done(&format!("{verb} {}: {} pages", name.display(), pages.len()));
    Ok(())
}

/// The pages of a command and its subcommands, with their file names.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    pages.push((format!("{}.1", title(command)), page(command)?));
    for command in command.get_subcommands() {
        collect(command, pages)?;
    }
    Ok(())
}

/// The title of a page, such as `score-rs-resources-list`.
fn title(command: &clap::Command) -> &str {
    let name = command.get_display_name();
    name.unwrap_or_else(|| command.get_name())
}

/// The manual page of a command.
fn page(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::new(format!("cannot write the page: {error}"));
    rendered(command).map_err(failed)
}

fn rendered(command: &clap::Command) -> io::Result<Vec<u8>> {
    let title = title(command);
    // `clap_mangen` omits a date that is empty, which moves the other arguments of the title.
    let start = format!(".\\\" {WORDS}\n.TH {title} 1 \"\" score-rs score-rs\n");
    let mut text = start.into_bytes();
    let page = clap_mangen::Man::new(command.clone());
    page.render_name_section(&mut text)?;
    // The synopsis of `clap_mangen` would list all options.
    let usage = command.clone().render_usage().to_string();
    let mut synopsis = Roff::new();
    synopsis.control("SH", ["SYNOPSIS"]);
    synopsis.text([roman(usage.trim_start_matches("Usage: "))]);
    synopsis.to_writer(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(examples) = command.get_after_long_help() {
        sections(&examples.to_string()).to_writer(&mut text)?;
    }
    Ok(text)
}

/// The text after the options, whose lines must not be joined. A line such as `Examples:` becomes the
/// heading of a section.
fn sections(examples: &str) -> Roff {
    let mut roff = Roff::new();
    for line in examples.lines() {
        match line.strip_suffix(':') {
            Some(heading) if !heading.starts_with(' ') => {
                // A heading also ends the part whose lines are not joined.
                roff.control("SH", [heading.to_uppercase().as_str()]);
                roff.control("nf", []);
            }
            _ => {
                roff.text([roman(line)]);
            }
        }
    }
    roff
}
