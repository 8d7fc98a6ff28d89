//! `score-rs test`: all tests of a project.

use crate::commands::{Outcome, init, policy, provisioners};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Runs the tests of the provisioners, policies and templates of the project.
pub(crate) fn run(console: &Console) -> Result<Outcome, Failure> {
    let outcomes = [
        provisioners::test_all(console)?,
        policy::test_all(console)?,
        init::test_all(console)?,
    ];
    let outcomes = outcomes.into_iter().flatten();
    let worst = outcomes.reduce(|first, second| match first {
        Outcome::Fine => second,
        Outcome::Errors | Outcome::Stale => first,
    });
    worst.ok_or_else(|| {
        Failure::new("the project has no provisioners, policies or templates")
            .help("list them under `provisioners` and `policies` in `score-rs.yaml`, or add `templates/NAME/template.yaml`")
    })
}
