//! Completions for Bash.
//!
//! The script of `clap_complete` completes neither `--format=j` nor `8080:w`, because Bash splits words
//! at `=` and `:`.

use std::ffi::OsString;
use std::io::{Error, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;

const SCRIPT: &str = include_str!("bash.sh");

/// The completions of Bash. The script contains the names of the command and the variable.
#[derive(Debug)]
pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: &str,
        buffer: &mut dyn Write,
    ) -> Result<(), Error> {
        buffer.write_all(SCRIPT.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        buffer: &mut dyn Write,
    ) -> Result<(), Error> {
        let index = words.len() - 1;
        let is_option = words[index].to_string_lossy().starts_with('-');
        for candidate in complete(command, words, index, folder)? {
            let value = candidate.get_value().to_string_lossy();
            if is_option || !value.starts_with('-') {
                writeln!(buffer, "{value}")?;
            }
        }
        Ok(())
    }
}
