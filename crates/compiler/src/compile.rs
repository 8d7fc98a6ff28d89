//! [`Compiler`]: its inputs, its results, and the order of the passes.

mod check;
mod describe;
mod inputs;
mod patch_templates;
mod read;
mod rendering;
mod test;
mod unknown;
mod veil;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use score_spec::diagnostic::{Diagnostics, sort};
use score_spec::{Diagnostic, Map, Node, SourceId, Sources};

pub use self::describe::Description;
use self::inputs::{Chosen, Identified};
pub use self::inputs::{InputText, Inputs};
use self::read::Read;
use self::rendering::Purpose;
pub use self::rendering::Rendered;
use crate::graph::{Project, build};
use crate::input::outside::Answers;
use crate::input::{EnvironmentId, NamePattern, Pass, Settings, World};
use crate::provisioner::catalogue::Natives;
use crate::provisioner::{Catalogue, CatalogueEntry, Conditions, Provision};
use crate::resolve::{Commands, State};
use crate::targets::{Forms, Target, check_sections};

/// The settings that all compilations of a project share: its project file, its provisioners, and their
/// permissions.
///
/// ```
/// use score_compiler::{Compiler, Compose, Inputs, Memory};
///
/// let compiler = Compiler::new();
/// let world = Memory::new();
/// let inputs = Inputs::new().with_spec(
///     "score.yaml",
///     "{apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: nginx:1}}}",
/// );
/// let compiled = compiler.compile(&world, inputs);
/// let rendered = compiled.render(&Compose::default());
/// assert!(rendered.diagnostics.is_empty());
/// assert_eq!(rendered.files.len(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Compiler {
    /// The sources of the project file and of provisioner files.
    sources: Sources,
    /// Diagnostics of the project file.
    diagnostics: Vec<Diagnostic>,
    settings: Settings,
    /// Provisioner files by entries, in order of precedence.
    provisioners: Vec<CatalogueEntry>,
    natives: Natives,
    /// The patch templates, in the order in which they change the output.
    patch_templates: Vec<PatchSource>,
    /// Environment variables that may be read, in addition to those in the project file.
    environment: Vec<NamePattern>,
    commands: Commands,
    /// Whether checks require the images that are set only when files are generated.
    requires_images: bool,
    project_folder: Option<String>,
}

/// A patch template of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchSource {
    /// Its source.
    pub source: SourceId,
    /// The platform whose output it changes; every one if absent.
    pub platform: Option<String>,
}

impl Compiler {
    /// A compiler with only the built-in catalogue, without permission to run commands or read
    /// environment variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the project file. Its errors are part of the diagnostics of each compilation. Files
    /// under `provisioners` are not read: see [`with_provisioners`](Self::with_provisioners).
    #[must_use]
    pub fn with_project(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        let id = self.sources.add(name, text);
        self.settings = Settings::read(&self.sources, id, &mut self.diagnostics);
        check_sections(&self.settings, &mut self.diagnostics);
        self
    }

    /// Sets the contents of a project file that has been read from the sources of this compiler.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the name of the project, overriding its project file.
    #[must_use]
    pub fn with_project_name(mut self, name: &str) -> Self {
        self.settings.name = Some(name.to_owned());
        self
    }

    /// Sets the environment of the run. A project file that is set later replaces it.
    #[must_use]
    pub fn with_environment_id(mut self, environment: EnvironmentId) -> Self {
        self.settings.environment_id = Some(environment);
        self
    }

    /// Adds an entry with one provisioner file after the existing entries.
    #[must_use]
    pub fn with_provisioners(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        let id = self.sources.add(name, text);
        self.provisioners.push(vec![id].into());
        self
    }

    /// Adds a provisioner in Rust as an entry after the existing entries.
    #[must_use]
    pub fn with_native(mut self, native: impl Provision + 'static) -> Self {
        let id = self.sources.add(native.name(), native.declaration());
        self.provisioners.push(vec![id].into());
        self.natives.insert(id, Arc::new(native));
        self
    }

    /// Adds sources, and the provisioner files in them: by entries in order of precedence. Must be called
    /// before other sources are added.
    #[must_use]
    pub fn with_catalogue(mut self, sources: Sources, entries: Vec<CatalogueEntry>) -> Self {
        self.sources = sources;
        self.provisioners = entries;
        self
    }

    /// Adds patch templates, whose sources must be those of this compiler.
    #[must_use]
    pub fn with_patch_templates(mut self, templates: Vec<PatchSource>) -> Self {
        self.patch_templates.extend(templates);
        self
    }

    /// Adds a patch template for a platform.
    #[must_use]
    pub fn with_patch_template(
        mut self,
        platform: &str,
        name: &str,
        text: impl Into<Vec<u8>>,
    ) -> Self {
        self.patch_templates.push(PatchSource {
            source: self.sources.add(name, text),
            platform: Some(platform.to_owned()),
        });
        self
    }

    /// Allows environment variables to be read, in addition to those in the project file.
    #[must_use]
    pub fn with_environment(mut self, patterns: impl IntoIterator<Item = NamePattern>) -> Self {
        self.environment.extend(patterns);
        self
    }

    /// Sets the treatment of provisioner commands. By default each is an error.
    #[must_use]
    pub fn with_commands(mut self, commands: Commands) -> Self {
        self.commands = commands;
        self
    }

    /// Makes an open image, `image: .`, an error of checks, too, as it is one of
    /// [`Compiled::render`]. By default checks accept it, because it can be set later.
    #[must_use]
    pub fn with_images_required(mut self) -> Self {
        self.requires_images = true;
        self
    }

    /// Sets the relative path from the working folder to that of the project file, such as `..`, if they
    /// differ. Build folders in the project file are relative to the latter.
    #[must_use]
    pub fn with_project_folder(mut self, path: Option<&str>) -> Self {
        self.project_folder = path.map(str::to_owned);
        self
    }

    /// The sources of the project file and of provisioner files.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The provisioner files by entries, in order of precedence.
    pub fn provisioners(&self) -> &[CatalogueEntry] {
        &self.provisioners
    }

    /// Whether any provisioner file has a command, so that state is used.
    pub fn has_commands(&self) -> bool {
        let mut files = self.provisioners.iter().flat_map(|entry| &entry.files);
        // Searching the text is fast, and most files contain neither word.
        let has_word = |text: &str| text.contains("run") || text.contains("uri");
        files.any(|id| has_word(&self.sources.get(*id).text))
            && Catalogue::new(
                &mut self.sources.clone(),
                &self.provisioners,
                Conditions::default(),
                &mut Vec::new(),
            )
            .provisioners()
            .any(|provisioner| provisioner.has_command())
    }

    /// Whether any provisioner file is a list in the form of score-compose and score-k8s. Their provisioners use the
    /// state, too.
    pub fn has_lists(&self) -> bool {
        let mut files = self.provisioners.iter().flat_map(|entry| &entry.files);
        files.any(|id| {
            let is_list = |document: &Node| score_compat::list::is_list(document);
            self.sources.get(*id).text.contains("uri")
                && score_spec::parse(&self.sources, *id)
                    .documents
                    .first()
                    .is_some_and(is_list)
        })
    }

    /// Reads and validates all inputs. Nothing is written, and no command runs before
    /// [`render`](Compiled::render).
    pub fn compile<'a>(&'a self, world: &'a dyn World, inputs: Inputs) -> Compiled<'a> {
        let mut sources = self.sources.clone();
        let (texts, state) = inputs.add_to(&mut sources);
        let mut diagnostics = self.diagnostics.clone();
        let chosen = self.chosen().read(&texts, &sources, &mut diagnostics);
        world.begin(Pass::Check, texts.specs.len());
        let read = read::workloads(
            world,
            &self.settings,
            &texts,
            &mut sources,
            &mut diagnostics,
        );
        Compiled {
            compiler: self,
            world,
            allowed: self.allowed(),
            chosen,
            texts,
            sources,
            diagnostics,
            read,
            graphs: Mutex::default(),
            answers: Answers::default(),
            remembered: Mutex::new(Remembered {
                state: state.clone(),
                answered: BTreeSet::new(),
            }),
            state,
            checked: OnceLock::new(),
        }
    }

    /// The options of the project file, relative to the working folder.
    fn chosen(&self) -> Chosen {
        let builds = self.settings.builds.iter().cloned();
        // The same folder is written alike wherever a command starts.
        let way = self.project_folder.as_deref().unwrap_or_default();
        let builds = builds.map(|build| build.moved(way));
        Chosen {
            images: self.settings.images.clone(),
            builds: builds.collect(),
            published: self.settings.published.clone(),
        }
    }

    fn allowed(&self) -> Vec<NamePattern> {
        let allowed = self.settings.environment.iter();
        allowed.chain(&self.environment).cloned().collect()
    }
}

/// A project that has been read and validated. It can be rendered for any number of targets. Common work is
/// done only once, and requests to commands are not repeated.
#[derive(Debug)]
pub struct Compiled<'a> {
    compiler: &'a Compiler,
    world: &'a dyn World,
    /// The environment variables that may be read.
    allowed: Vec<NamePattern>,
    chosen: Chosen,
    texts: Identified,
    /// The sources, including the files that Score files refer to.
    sources: Sources,
    /// Diagnostics of the inputs, in order.
    diagnostics: Vec<Diagnostic>,
    read: Read,
    /// The previous state of commands.
    state: State,
    /// The graphs by platform, which determines the provisioners of resources.
    graphs: Mutex<BTreeMap<Option<&'static str>, Arc<Graph>>>,
    answers: Answers,
    remembered: Mutex<Remembered>,
    checked: OnceLock<Rendered>,
}

/// A project for one platform.
#[derive(Debug)]
struct Graph {
    /// The sources, including the built-in provisioner files for the types of the project.
    sources: Sources,
    catalogue: Arc<Catalogue>,
    project: Arc<Project>,
    /// Diagnostics of the inputs, then those of the graph.
    diagnostics: Vec<Diagnostic>,
}

/// The state of commands after all renderings so far.
#[derive(Debug)]
struct Remembered {
    state: State,
    /// The resources that are handled by a command for a rendered target.
    answered: BTreeSet<String>,
}

impl Compiled<'_> {
    /// All diagnostics that do not depend on a target, sorted by location. Those that depend on a target or
    /// on the answers of commands are returned by [`render`](Self::render).
    ///
    /// They are in printable form, with source snippets.
    pub fn diagnostics(&self) -> Diagnostics<'_> {
        self.checked.get_or_init(|| self.check()).report()
    }

    /// The documents of the Score files after all layers, overrides and images with a container, by the name of the
    /// workload. The value is absent if a layer leaves out the workload. They have not been validated, and
    /// keep their deprecated forms.
    pub fn documents(&self) -> Map<Option<Node>> {
        let (settings, images) = (&self.compiler.settings, &self.chosen.images);
        read::documents(settings, &self.texts, images, &self.sources)
    }

    /// The project without a target and without files: its resources and diagnostics. No command
    /// runs.
    pub fn check(&self) -> Rendered {
        self.rendering(None, (Purpose::Check, Forms::default()))
    }

    /// Renders the project for a target, whose options take precedence over the project file. There
    /// are files only if there are no errors.
    pub fn render(&self, target: &dyn Target) -> Rendered {
        self.render_as(target, Forms::FILES)
    }

    /// The same with the output in other forms: without files, or with [objects](Rendered::objects).
    pub fn render_as(&self, target: &dyn Target, forms: Forms) -> Rendered {
        self.rendering(Some(target), (Purpose::Output, forms))
    }

    /// The resource graph for a platform, which is created once.
    fn graph(&self, platform: Option<&'static str>) -> Arc<Graph> {
        let mut graphs = self.graphs.lock().unwrap_or_else(PoisonError::into_inner);
        let graph = graphs.entry(platform);
        Arc::clone(graph.or_insert_with(|| Arc::new(self.make_graph(platform))))
    }

    fn make_graph(&self, platform: Option<&'static str>) -> Graph {
        let mut sources = self.sources.clone();
        let mut diagnostics = self.diagnostics.clone();
        let mut catalogue = Catalogue::with_natives(
            &mut sources,
            &self.compiler.provisioners,
            &self.compiler.natives,
            Conditions::of(&self.compiler.settings, platform),
            &mut diagnostics,
        );
        self.world.begin(Pass::Graph, self.read.workloads.len());
        let project = build(
            self.read.workloads.clone(),
            self.read.drafts.clone(),
            self.read.missing.clone(),
            self.compiler.settings.resources.clone(),
            &mut catalogue,
            &mut sources,
            &mut diagnostics,
        );
        unknown::check(&self.compiler.settings, &project, &mut diagnostics);
        unknown::check_images(&self.chosen.images, &project, &mut diagnostics);
        Graph {
            sources,
            catalogue: Arc::new(catalogue),
            project: Arc::new(project),
            diagnostics,
        }
    }
}
