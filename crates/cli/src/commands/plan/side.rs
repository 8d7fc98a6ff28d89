//! A side of the comparison that is compiled: a project with an environment, now or at a revision.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::ir::Tree;
use score_compiler::kubernetes::SecretsMode;
use score_compiler::model::Model;
use score_compiler::{
    Commands, Compiled, Compiler, FieldPath, Forms, OutputObject, ProjectKey, Rendered, State,
    Target,
};
use score_export::{Appliers, Delivery};
use score_impact::{Object, ObjectId, Owner, Rendering};
use score_spec::diagnostic::any_error;
use score_spec::{Code, Diagnostic, Span, Spanned};

use super::compose;
use crate::args::{Generate, Inputs, PlanOutput};
use crate::commands::generate::{destination, with_options};
use crate::host::disk::Disk;
use crate::host::state_file::StateFile;
use crate::host::{Gates, PROJECT_FILE, key, name};
use crate::input::environments::EnvironmentChoice;
use crate::input::inputs::{Prepared, prepare};
use crate::input::project::Project;
use crate::output::destination::Destination;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The name of the target for Compose.
pub(super) const COMPOSE: &str = "compose";

/// The inputs of a side.
#[derive(Debug)]
pub(super) struct SideInputs {
    pub(super) prepared: Prepared,
    /// The output that `generate` writes.
    pub(super) destination: Destination,
    key: Option<ProjectKey>,
    state: State,
    /// The options for the output.
    flags: PlanOutput,
    /// The folder of the project, and that of the project with which it is compared, if they differ.
    folders: Option<(PathBuf, PathBuf)>,
}

/// The output of a side in memory.
pub(super) struct Output<'a> {
    pub(super) compiled: Compiled<'a>,
    pub(super) rendered: Rendered,
    /// The description of the project, without its objects.
    pub(super) model: Model,
    /// The objects; those of Compose are only services.
    pub(super) objects: Vec<OutputObject>,
    pub(super) target: &'a dyn Target,
    /// The namespace of the objects, if it is set.
    pub(super) namespace: Option<String>,
    /// Whether secrets are in a file of their own.
    pub(super) separates_secrets: bool,
    /// Whether Secrets are no part of the output, because they are created by other means.
    omits_secrets: bool,
    /// How the output gets to where it runs.
    delivery: Delivery,
    /// The settings of the project whose effect objects do not show.
    pub(super) decided: Decided,
    /// The uids of resources whose outputs are not known.
    pub(super) unanswered: Vec<String>,
    pub(super) disk: &'a Disk,
    key: Option<&'a ProjectKey>,
}

/// Settings with an effect that the objects of the output do not show.
#[derive(Debug)]
pub(super) struct Decided {
    target: Option<Spanned<String>>,
    /// The cluster to which Argo CD applies the output.
    cluster: Option<Spanned<String>>,
    /// The folder of the key and the state. The key of an environment depends on its name, unless it is the default
    /// one.
    vault: String,
    /// The location of the default environment.
    default_environment: Option<Span>,
}

/// The group of the object with these settings.
pub(super) const SETTINGS: &str = "score-rs";

impl Decided {
    fn of(project: &Project) -> Self {
        let settings = &project.settings;
        let default = settings.default_environment.as_ref();
        let cluster = settings.section("delivery");
        let cluster = cluster.and_then(|it| it.get("argocd")?.get("cluster"));
        let cluster = cluster.and_then(|it| Some(Spanned::new(it.text()?.to_owned(), it.span)));
        Self {
            target: settings.target.clone(),
            cluster,
            vault: name(&project.gates.vault.path()),
            default_environment: default.map(|it| it.span),
        }
    }

    /// The object for a comparison with the settings at another time. Without secrets, their key has no effect.
    pub(super) fn object(&self, has_secrets: bool) -> Object {
        let target = self.target.as_ref().map(|it| ("target", &it.value));
        let cluster = self.cluster.as_ref().map(|it| ("cluster", &it.value));
        let vault = has_secrets.then_some(("secrets", &self.vault));
        let fields = target.into_iter().chain(cluster).chain(vault);
        let fields = fields.map(|(field, value)| {
            let value = Tree::Text(value.as_str().into());
            (field.to_owned(), value)
        });
        Object {
            id: ObjectId {
                group: SETTINGS.to_owned(),
                kind: "Project".to_owned(),
                namespace: None,
                name: PROJECT_FILE.to_owned(),
            },
            api_version: format!("{SETTINGS}/v1"),
            owner: Owner::default(),
            tree: Arc::new(fields.collect()),
        }
    }

    /// The location of a field.
    pub(super) fn span(&self, path: &FieldPath) -> Option<Span> {
        match path.steps().first() {
            Some(&"target") => self.target.as_ref().map(|it| it.span),
            Some(&"cluster") => self.cluster.as_ref().map(|it| it.span),
            Some(&"secrets") => self.default_environment,
            _ => None,
        }
    }

    /// The difference between the targets of two environments, as a clause.
    pub(super) fn other_target(&self, old: &Self) -> Option<String> {
        let target = |it: &Self| it.target.as_ref().map(|it| it.value.clone());
        let shown = match target(old) {
            Some(target) => format!("`{target}`"),
            None => "not set".to_owned(),
        };
        let is_other = target(self) != target(old);
        is_other.then(|| {
            format!("`target` was {shown}, but both sides are compiled for the same target")
        })
    }
}

impl SideInputs {
    /// Reads the inputs of the project that is planned, or of another environment of it. `output` is the Compose file
    /// with which it is compared, if it is not that of the project.
    pub(super) fn read(
        inputs: &Inputs,
        flags: &PlanOutput,
        (selected, output): (&EnvironmentChoice, Option<&Path>),
        console: &Console,
    ) -> Result<Self, Failure> {
        let targets = flags.target.target.as_slice();
        let prepared = prepare(inputs, selected, targets, console)?;
        let mut options = options(inputs, flags);
        // A Compose file refers to files in a folder that is named after it.
        let is_compose = prepared.request.target.name() == COMPOSE;
        options.output = output.filter(|_| is_compose).map(Path::to_owned);
        let destination = destination(&prepared, &options)?;
        let gates = &prepared.project.gates;
        let (key, state) = kept(gates, &prepared.request.compiler, console)?;
        let mut side = Self {
            prepared,
            destination,
            key,
            state,
            flags: flags.clone(),
            folders: None,
        };
        side.configure(&options)?;
        Ok(side)
    }

    /// Reads the inputs at a revision for a target, by default that of the inputs, with the output of the project now.
    /// The key and the state are those that the environment has in the project now.
    pub(super) fn at_revision(
        &self,
        inputs: &Inputs,
        (selected, target): (&EnvironmentChoice, Option<&str>),
        console: &Console,
    ) -> Result<Self, Failure> {
        let mut flags = self.flags.clone();
        if let Some(target) = target {
            flags.target.target = Some(target.to_owned());
        }
        let mut prepared = prepare(inputs, selected, flags.target.target.as_slice(), console)?;
        let request = &mut prepared.request;
        let compiler = std::mem::take(&mut request.compiler);
        request.compiler = compiler.with_project_folder(self.prepared.project.way().as_deref());
        request.texts.is_part = self.prepared.request.texts.is_part;
        let mut gates = self.prepared.project.gates.clone();
        let vault = &prepared.project.gates.vault;
        let (key, state) = if vault.path() == gates.vault.path() {
            (self.key.clone(), self.state.clone())
        } else {
            gates.vault = vault.clone();
            kept(&gates, &request.compiler, console)?
        };
        prepared.disk = prepared.disk.with_key(key.clone());
        let folders = (
            prepared.project.root.clone(),
            self.prepared.project.root.clone(),
        );
        let mut side = Self {
            prepared,
            destination: self.destination.clone(),
            key,
            state,
            folders: Some(folders),
            flags,
        };
        side.configure(&options(inputs, &side.flags))?;
        Ok(side)
    }

    /// Applies the options for the destination.
    fn configure(&mut self, options: &Generate) -> Result<(), Failure> {
        with_options(&mut self.prepared, options, (&self.destination, false))
    }

    /// Compiles. No command is started.
    pub(super) fn output(&mut self) -> Output<'_> {
        let texts = std::mem::take(&mut self.prepared.request.texts).with_state(self.state.clone());
        let request = &mut self.prepared.request;
        let compiler = std::mem::take(&mut request.compiler);
        request.compiler = compiler.with_commands(Commands::Recall);
        let request = &self.prepared.request;
        let settings = &self.prepared.project.settings;
        let target = request.with_options.as_ref().map(Arc::as_ref);
        let target = target.unwrap_or(request.target);
        // The project has reported the problems of its settings.
        let configured = target.configured(settings, &mut Vec::new());
        let namespace = configured.as_deref().unwrap_or(target).namespace();
        let compiled = request.compiler.compile(&self.prepared.disk, texts);
        let forms = Forms {
            files: target.name() == COMPOSE,
            objects: true,
        };
        let mut rendered = compiled.render_as(target, forms);
        let objects = rendered.objects.take().unwrap_or_default();
        let mut model = compiled.describe(&mut rendered, Some(target)).model;
        if let Some(folders) = &self.folders {
            move_provisioners(&mut model, folders);
        }
        let option = self.flags.secrets.as_deref().and_then(SecretsMode::named);
        let of_settings = || model.installation.as_ref()?.secrets;
        let secrets = option.or_else(of_settings).unwrap_or_default();
        // An option replaces the setting as a whole. With a store, a Secret without values is part of the output.
        let setting = settings.section("kubernetes");
        let setting = setting.and_then(|section| section.get("secrets"));
        let setting = setting.filter(|_| option.is_none());
        let has_store = setting.is_some_and(|setting| !setting.entries().is_empty());
        Output {
            unanswered: unanswered(&rendered),
            separates_secrets: secrets == SecretsMode::Separate,
            omits_secrets: secrets == SecretsMode::External && !has_store,
            delivery: Delivery::read(settings),
            decided: Decided::of(&self.prepared.project),
            key: self.key.as_ref(),
            disk: &self.prepared.disk,
            model,
            compiled,
            rendered,
            objects,
            target,
            namespace: namespace.map(str::to_owned),
        }
    }
}

impl Output<'_> {
    /// Whether it has the parts of a Compose project, which are not all objects.
    pub(super) fn is_compose(&self) -> bool {
        self.target.name() == COMPOSE
    }

    /// The errors of the compilation.
    pub(super) fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        let found = self.rendered.diagnostics.iter();
        found.filter(|found| any_error(std::slice::from_ref(found)))
    }

    /// The objects, and the parts of a Compose project with the files beside it.
    pub(super) fn parts(&self, with_files: bool) -> Vec<Object> {
        if self.is_compose() {
            let objects = compose::of_files(&self.rendered.files, with_files);
            return compose::with_owners(objects, &self.objects);
        }
        let objects = self.objects.iter().cloned().map(Object::from);
        let is_written = |object: &Object| !self.omits_secrets || !object.id.is("", "Secret");
        objects.filter(is_written).collect()
    }

    /// The same as [`parts`](Self::parts), with the namespace of another environment in place of its own.
    pub(super) fn parts_in(&self, namespace: Option<&str>, with_files: bool) -> Vec<Object> {
        let mut parts = self.parts(with_files);
        let (Some(old), Some(new)) = (self.namespace.as_deref(), namespace) else {
            return parts;
        };
        for object in &mut parts {
            if object.id.namespace.as_deref() == Some(old) {
                object.move_to(new);
            }
        }
        parts
    }

    /// The Applications or Kustomizations that apply these objects, by the identity of those.
    pub(super) fn appliers(&self, objects: &[Object]) -> Vec<(ObjectId, ObjectId)> {
        let Some(appliers) = Appliers::of(&self.model, &self.delivery) else {
            return Vec::new();
        };
        let of = |object: &Object| {
            let owner = &object.owner;
            let applier = appliers.of_object(owner.workload.as_deref(), owner.resource.as_deref());
            let id = ObjectId {
                group: applier.group.to_owned(),
                kind: applier.kind.to_owned(),
                namespace: applier.namespace,
                name: applier.name,
            };
            (object.id.clone(), id)
        };
        objects.iter().map(of).collect()
    }

    /// The difference between the layouts of both sides, as a clause.
    pub(super) fn other_layout(&self, old: &Self) -> Option<String> {
        let layout = |it: &Self| it.model.installation.as_ref().map(|it| it.layout);
        let (before, after) = (layout(old)?, layout(self)?);
        (before != after).then(|| {
            "the layout of the output is another one, and without `delivery.repository` it is not known what applies its \
             folders, and deletes what is gone from them"
                .to_owned()
        })
    }

    /// The side for the comparison.
    pub(super) fn rendering(&self, objects: Vec<Object>) -> Rendering<'_> {
        let rendering = Rendering::new(objects).with_model(&self.model);
        let rendering = rendering.with_unanswered(self.unanswered.iter().cloned());
        match self.key {
            Some(key) => rendering.with_key(key),
            None => rendering,
        }
    }
}

/// The key and the state of a project or environment. Without a key, secrets are not compared.
fn kept(
    gates: &Gates,
    compiler: &Compiler,
    console: &Console,
) -> Result<(Option<ProjectKey>, State), Failure> {
    let key = key::find(gates).ok().flatten();
    let file = if compiler.has_commands() || compiler.has_lists() {
        StateFile::find(None, gates, console)?
    } else {
        None
    };
    let state = file.map(|file| file.state().clone()).unwrap_or_default();
    let state = match &key {
        Some(key) if state.has_secrets() => state.opened(key),
        _ => state,
    };
    Ok((key, state))
}

/// Gives provisioner files the names that they have in another folder, because names identify provisioners.
fn move_provisioners(model: &mut Model, (from, to): &(PathBuf, PathBuf)) {
    for resource in model.resources.values_mut() {
        if let Some(provisioner) = &mut resource.provisioner
            && let Ok(inner) = Path::new(&provisioner.file).strip_prefix(from)
        {
            provisioner.file = name(&to.join(inner));
        }
    }
}

/// The options of `generate` that are the same for a plan.
fn options(inputs: &Inputs, flags: &PlanOutput) -> Generate {
    Generate {
        inputs: inputs.clone(),
        target: flags.target.clone(),
        namespace: flags.namespace.clone(),
        secrets: flags.secrets.clone(),
        ..Generate::default()
    }
}

/// The resources that have no outputs because the answer of a command is not known.
fn unanswered(rendered: &Rendered) -> Vec<String> {
    let mut found = rendered.diagnostics.iter();
    if !found.any(|found| found.code == Code::StateUnknownAnswer) {
        return Vec::new();
    }
    let uids: BTreeSet<&String> = rendered.project.resources.keys().collect();
    let unknown = uids.into_iter();
    let unknown = unknown.filter(|uid| !rendered.resolved.contains_key(*uid));
    unknown.cloned().collect()
}
