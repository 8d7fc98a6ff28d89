//! The environment of a project: its settings, and the options for its params.

use std::collections::BTreeSet;

use score_compiler::catalogue::NameList;
use score_compiler::{Environments, Selection, check_sections};
use score_spec::diagnostic::{any_error, listed, nearest};
use score_spec::{Code, Diagnostic, SourceId, Sources, Span};

use crate::args::Inputs;
use crate::host::Vault;
use crate::input::environments::{
    EnvironmentChoice, EnvironmentFiles, distinguish, of_packages, params,
};
use crate::input::project::Project;
use crate::input::{project_levels, project_output};
use crate::report::failure::Failure;

impl Project {
    /// Replaces the settings by those of the environment, if one is selected. Errors of other environments are not
    /// reported.
    pub(super) fn read_environment(
        &mut self,
        sources: &mut Sources,
        inputs: &Inputs,
        choice: &EnvironmentChoice,
    ) -> Result<(), Failure> {
        let gate = &self.gates.project;
        let files = EnvironmentFiles::find(&self.root, gate)?;
        self.environments = files.names();
        self.environment_files = files.paths();
        files.report_misnamed(sources, &mut self.diagnostics);
        let name = choice.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            refuse_params(inputs)?;
            if self.settings.extends.is_none() {
                return Ok(());
            }
        }
        let [mut files, images] = files.read(gate, sources)?;
        let root = (self.root.as_path(), gate);
        files.extend(of_packages(
            root,
            &inputs.updates,
            self.file,
            &files,
            sources,
        ));
        let mut found = Vec::new();
        let environments = Environments::read(sources, self.file, &files, &images, &mut found);
        let is_own = |(of, _): &&(String, SourceId)| {
            let layers = environments.layers(name);
            layers.iter().any(|it| it.name == *of) || environments.get(of).is_none()
        };
        let own: Vec<SourceId> = files
            .iter()
            .chain(&images)
            .filter(is_own)
            .map(|(_, id)| *id)
            .chain(self.file)
            .collect();
        let is_of = |found: &Diagnostic| {
            let span = found.span();
            span.is_some_and(|span| own.contains(&span.source))
        };
        self.diagnostics.extend(found.into_iter().filter(is_of));
        if name.is_empty() && any_error(&self.diagnostics) {
            return Ok(());
        }
        if name.is_empty() {
            self.apply_settings(&Selection::new(name), &environments, sources);
        } else {
            self.apply_environment(name, &environments, (inputs, choice), sources);
        }
        distinguish(&mut self.diagnostics, sources);
        Ok(())
    }

    fn apply_environment(
        &mut self,
        name: &str,
        environments: &Environments,
        (inputs, choice): (&Inputs, &EnvironmentChoice),
        sources: &mut Sources,
    ) {
        let default = self.settings.default_environment.clone();
        if let Some(default) = &default
            && default.value != name
            && environments.get(&default.value).is_none()
        {
            let found = unknown(&default.value, default.span, environments);
            self.diagnostics.push(found);
        }
        let default = default.filter(|default| default.value == name);
        let span = match &default {
            Some(default) if inputs.environment.env.is_empty() => default.span,
            _ => Span::new(sources.add("--env", name), 0, name.len()),
        };
        if environments.get(name).is_none() {
            return self.diagnostics.push(unknown(name, span, environments));
        }
        if environments.get(name).is_some_and(|it| it.is_abstract) {
            return self.diagnostics.push(is_abstract(name, environments, span));
        }
        // The default environment has the key and the state of a project without environments.
        let of_vault = Some(name).filter(|_| default.is_none());
        self.gates.vault = Vault::of(of_vault, choice.is_one_of_several());
        let chain = environments.chain(name);
        let of_project = chain.iter().filter(|it| !it.name.starts_with("package:"));
        self.chain = of_project.map(|it| it.name.clone()).collect();
        let params = params(inputs, sources);
        self.check_params(&params, environments, choice, sources);
        if any_error(&self.diagnostics) {
            return;
        }
        let selection = Selection {
            name,
            params: &params,
            uses_examples: choice.uses_examples,
        };
        self.apply_settings(&selection, environments, sources);
        self.check_audiences(environments);
    }

    /// Replaces the settings by those of an environment, or by those of the project file and the environments of
    /// packages below it.
    fn apply_settings(
        &mut self,
        selection: &Selection<'_>,
        environments: &Environments,
        sources: &Sources,
    ) {
        self.settings = environments.settings(selection, sources, &mut self.diagnostics);
        check_sections(&self.settings, &mut self.diagnostics);
        project_output::check(&self.settings, &mut self.diagnostics);
        let levels = self.settings.section("levels");
        self.levels = project_levels::rules(levels, &mut self.diagnostics);
    }

    /// Reports names under `for` of entries that no environment has.
    fn check_audiences(&mut self, environments: &Environments) {
        for entry in &self.settings.provisioners {
            let names = entry.audience.environments.iter();
            let mut names = names.flat_map(NameList::iter);
            let is_unknown = |name: &&str| !name.contains('*') && environments.get(name).is_none();
            if let Some(name) = names.find(is_unknown) {
                let problem = unknown(name, entry.from.span, environments);
                self.diagnostics.push(problem);
            }
        }
    }

    /// Reports options for params that no environment of the run declares.
    fn check_params(
        &mut self,
        params: &[SourceId],
        environments: &Environments,
        choice: &EnvironmentChoice,
        sources: &Sources,
    ) {
        let all = choice.all.iter();
        let declared: BTreeSet<String> =
            all.flat_map(|name| environments.params_of(name)).collect();
        for &id in params {
            let text = &sources.get(id).text;
            let (name, message, help) = match text.split_once('=') {
                Some((name, _)) if declared.contains(name) => continue,
                Some((name, _)) => {
                    let known = || declared.iter().map(String::as_str);
                    let help = match nearest(name, known()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None if declared.is_empty() => "it has no params".to_owned(),
                        None => format!("its params are {}", listed(known())),
                    };
                    (name, format!("the environment has no param `{name}`"), help)
                }
                None => {
                    let help = "write `NAME=VALUE`".to_owned();
                    (text.as_str(), "the param has no `=`".to_owned(), help)
                }
            };
            let span = Span::new(id, 0, name.len());
            let problem = Diagnostic::new(Code::EnvironmentParams, message).at(span, "");
            self.diagnostics.push(problem.help(help));
        }
    }
}

fn unknown(name: &str, span: Span, environments: &Environments) -> Diagnostic {
    let message = if name.contains('*') {
        format!("no environment matches `{name}`")
    } else {
        format!("unknown environment `{name}`")
    };
    Diagnostic::new(Code::EnvironmentUnknown, message)
        .at(span, "")
        .help(environments.advice(name))
}

/// The diagnostic about a run in an environment that only others use.
fn is_abstract(name: &str, environments: &Environments, span: Span) -> Diagnostic {
    let extends_it = |it: &str| {
        environments
            .chain(it)
            .iter()
            .any(|below| below.name == name)
    };
    let heirs = environments.iter().filter(|it| !it.is_abstract);
    let heirs = heirs.map(|it| it.name.as_str()).filter(|it| extends_it(it));
    let heirs: Vec<&str> = heirs.collect();
    let help = if heirs.is_empty() {
        "remove `abstract`, or add an environment that extends it".to_owned()
    } else {
        format!("use one that extends it: {}", listed(heirs.into_iter()))
    };
    let message = format!("the environment `{name}` is abstract");
    Diagnostic::new(Code::EnvironmentInvalid, message)
        .at(span, "")
        .help(help)
}

/// Rejects params of a run without an environment.
fn refuse_params(inputs: &Inputs) -> Result<(), Failure> {
    if inputs.environment.param.is_empty() {
        return Ok(());
    }
    let problem = "`--param` sets a param of an environment, but none is selected";
    Err(Failure::new(problem).help("add `--env NAME`"))
}
