//! The option `--target`.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use score_compiler::{Target, targets};

/// The target of a command.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TargetOption {
    /// Target
    ///
    /// The default is that of the project file, or `compose`.
    #[arg(help_heading = "Output", short, long, value_name = "NAME", value_parser = target_names(&[]))]
    pub(crate) target: Option<String>,
}

/// The targets of `validate`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TargetsToCheck {
    /// Target to check
    ///
    /// The default is that of the project file, or `compose`. Can be repeated; `all` selects every target.
    #[arg(help_heading = "Report", short, long, value_name = "NAME", value_parser = target_names(&[ALL]))]
    target: Vec<String>,
}

/// The value of `--target` for every target.
const ALL: &str = "all";

impl TargetsToCheck {
    /// The names of the selected targets, each once; empty for that of the project.
    pub(crate) fn names(&self) -> Vec<String> {
        let all = targets().into_iter().map(Target::name);
        let is_wanted = |name: &&str| self.target.iter().any(|it| it == name || it == ALL);
        all.filter(is_wanted).map(str::to_owned).collect()
    }
}

/// The alias of `kubernetes`, whose annotations start with it.
const ALIAS: &str = "k8s";

/// The name of a target for a name or an alias.
pub(crate) fn target_name(text: &str) -> &str {
    if text == ALIAS { "kubernetes" } else { text }
}

/// The names of targets with their aliases, and further values.
pub(crate) fn target_names(
    further: &'static [&'static str],
) -> impl TypedValueParser<Value = String> {
    let names = targets().into_iter().map(|target| {
        let name = PossibleValue::new(target.name()).help(target.summary());
        match target.name() {
            "kubernetes" => name.alias(ALIAS),
            _ => name,
        }
    });
    let further = further.iter().map(|name| PossibleValue::new(*name));
    PossibleValuesParser::new(names.chain(further)).map(|name| target_name(&name).to_owned())
}
