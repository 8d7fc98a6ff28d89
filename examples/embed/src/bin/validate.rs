//! Validates a Score file and prints its problems.
#![allow(clippy::print_stdout, reason = "the output of a program")]

use std::process::ExitCode;

use score_compiler::{Compiler, Inputs, Memory};

const SCORE: &str = "\
apiVersion: score.dev/v1b1
metadata:
  name: web
containers:
  main:
    imgae: nginx:1
    variables:
      HOST: ${resources.db.hots}
resources:
  db:
    type: postgres
";

fn main() -> ExitCode {
    let compiler = Compiler::new();
    // A world without files, environment variables and commands.
    let world = Memory::new();
    let inputs = Inputs::new().with_spec("score.yaml", SCORE);
    let compiled = compiler.compile(&world, inputs);
    let diagnostics = compiled.diagnostics();
    print!("{diagnostics}");
    println!("\n{} findings", diagnostics.len());
    if diagnostics.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
