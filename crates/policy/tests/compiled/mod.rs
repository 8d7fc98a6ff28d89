//! Compiles projects in folders with the libraries.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use score_compiler::catalogue::CatalogueEntry;
use score_compiler::{
    Compiler, Environments, Forms, InputText, Inputs, Memory, Selection, Settings, Target,
};
use score_policy::{Choice, CompiledProject, Judgement, Policy, RuleSet, judge};
use score_spec::diagnostic::any_error;
use score_spec::{Diagnostic, SourceId, Sources, parse};

/// The files of a project by path.
pub(crate) type Files = BTreeMap<String, String>;

/// The files below a folder, except those that are not text.
pub(crate) fn files(folder: &Path) -> Files {
    let (mut files, mut open) = (Files::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            files.insert(name.to_owned(), text);
        }
    }
    files
}

/// The names of the environments of a project that can be selected; an empty name if it has none.
pub(crate) fn environments(files: &Files) -> Vec<String> {
    let texts = files.iter().filter_map(|(path, text)| {
        let name = path.strip_prefix("environments/")?.strip_suffix(".yaml")?;
        let is_abstract = text.contains("abstract: true") || !text.contains("kind: Environment");
        (!is_abstract).then(|| name.to_owned())
    });
    let names: Vec<String> = texts.collect();
    if names.is_empty() {
        vec![String::new()]
    } else {
        names
    }
}

/// A project with the built-in rules and the choice of a preset.
pub(crate) struct Project {
    compiler: Compiler,
    inputs: Inputs,
    world: Memory,
    rules: RuleSet,
    /// The target of the environment.
    pub(crate) target: Option<String>,
}

impl Project {
    /// Reads an environment of a project, and the built-in rules with this choice.
    pub(crate) fn new(files: &Files, environment: &str, choice: &str) -> Self {
        let mut sources = Sources::new();
        let mut diagnostics = Vec::new();
        let rules = rules(&mut sources, choice, &mut diagnostics);
        let ids: BTreeMap<&str, SourceId> = files
            .iter()
            .map(|(path, text)| (path.as_str(), sources.add(path, text.as_str())))
            .collect();
        let settings = settings(&sources, &ids, environment, &mut diagnostics);
        assert_eq!(diagnostics, [], "{environment}");
        let entries = settings.provisioners.iter().map(|entry| {
            let from = entry.from.value.as_str();
            let below = ids.iter().filter(|(path, _)| path.starts_with(from));
            CatalogueEntry {
                files: below.map(|(_, id)| *id).collect(),
                audience: entry.audience.clone(),
            }
        });
        let entries = entries.collect();
        let target = settings.target.as_ref().map(|target| target.value.clone());
        Self {
            compiler: Compiler::new()
                .with_catalogue(sources, entries)
                .with_settings(settings),
            inputs: inputs(files, environment),
            world: files.iter().fold(Memory::new(), |world, (path, text)| {
                // Score files refer to files beside them.
                let name = path.rsplit('/').next().unwrap();
                world.with_file(name, text.as_str())
            }),
            rules,
            target,
        }
    }

    /// Whether the project has no errors for any target.
    pub(crate) fn compiles(&self) -> bool {
        let compiled = self.compiler.compile(&self.world, self.inputs.clone());
        let mut targets = score_compiler::targets().into_iter();
        targets.all(|target| !any_error(&compiled.render(target).diagnostics))
    }

    /// The findings for a target. The project has no errors.
    pub(crate) fn judge(&self, target: &dyn Target) -> Vec<Judgement> {
        let compiled = self.compiler.compile(&self.world, self.inputs.clone());
        let mut rendered = compiled.render_as(target, Forms::OBJECTS);
        assert!(!any_error(&rendered.diagnostics), "{}", rendered.report());
        let description = compiled.describe(&mut rendered, Some(target));
        let project = CompiledProject {
            compiled: &compiled,
            rendered: &rendered,
            description: &description,
            target: Some(target),
            settings: None,
            is_complete: true,
        };
        let (judgements, faults) = judge(&self.rules, project);
        assert_eq!(faults, []);
        judgements
    }
}

fn rules(sources: &mut Sources, choice: &str, diagnostics: &mut Vec<Diagnostic>) -> RuleSet {
    let mut policies = Vec::new();
    for (scope, text) in score_policies::BUILTIN {
        let id = sources.add(*scope, *text);
        for document in parse(sources, id).documents {
            policies.extend(Policy::read_built_in(&document, diagnostics));
        }
    }
    let id = sources.add("choice.yaml", choice);
    let choice = Choice::read(parse(sources, id).documents.first().unwrap());
    RuleSet::new(policies, &choice, sources, diagnostics)
}

fn settings(
    sources: &Sources,
    ids: &BTreeMap<&str, SourceId>,
    environment: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Settings {
    let project = ids.get("score-rs.yaml").copied();
    if environment.is_empty() {
        let read = project.map(|id| Settings::read(sources, id, diagnostics));
        return read.unwrap_or_default();
    }
    let all = |suffix: &str| -> Vec<(String, SourceId)> {
        let files = ids.iter().filter_map(|(path, id)| {
            let name = path.strip_prefix("environments/")?.strip_suffix(suffix)?;
            (!name.contains('.')).then(|| (name.to_owned(), *id))
        });
        files.collect()
    };
    let (files, images) = (all(".yaml"), all(".images.yaml"));
    let environments = Environments::read(sources, project, &files, &images, diagnostics);
    let mut selection = Selection::new(environment);
    selection.uses_examples = true;
    environments.settings(&selection, sources, diagnostics)
}

/// The Score files, each with the overlay of the environment beside it.
fn inputs(files: &Files, environment: &str) -> Inputs {
    let mut inputs = Inputs::new();
    for (path, text) in files {
        let name = path.rsplit('/').next().unwrap();
        if name != "score.yaml" && !(name.ends_with(".score.yaml")) {
            continue;
        }
        let beside = format!("{}.{environment}.yaml", path.strip_suffix(".yaml").unwrap());
        if let Some(overlay) = files.get(&beside) {
            let at = inputs.specs.len();
            let overlay = InputText::new(beside, overlay.as_str());
            inputs.beside.push((at, overlay));
        }
        inputs = inputs.with_spec(path, text.as_str());
    }
    inputs
}
