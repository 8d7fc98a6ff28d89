//! [`Compiler`]: what it takes, what it returns, and the passes in their order.

mod inputs;
mod read;
mod rendering;
mod test;
mod veil;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use score_spec::diagnostic::{Diagnostics, sort};
use score_spec::{Diagnostic, SourceId, Sources};

use self::inputs::{Chosen, Identified};
pub use self::inputs::{InputText, Inputs};
use self::read::Read;
pub use self::rendering::Rendered;
use crate::graph::{Project, check_drafts, plan};
use crate::input::outside::Answers;
use crate::input::{NamePattern, Pass, Settings, World};
use crate::provisioner::catalogue::Natives;
use crate::provisioner::{Catalogue, Provision};
use crate::resolve::{Commands, State};
use crate::targets::{Target, check_sections};

/// What holds for all compiles of a project: its project file, its provisioners, and what they may do.
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
    /// The texts of the project file and of provisioner files.
    sources: Sources,
    /// Findings about the project file.
    diagnostics: Vec<Diagnostic>,
    settings: Settings,
    /// Provisioner files, by entries in order of precedence.
    provisioners: Vec<Vec<SourceId>>,
    natives: Natives,
    /// Environment variables that may be read, beside those that the project file allows.
    environment: Vec<NamePattern>,
    commands: Commands,
    project_folder: Option<String>,
}

impl Compiler {
    /// A compiler with the built-in catalogue only, for which no command may run and no environment
    /// variable may be read.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a project file. Errors in it are part of the diagnostics of each compile. Files under
    /// `provisioners` are not read: see [`with_provisioners`](Self::with_provisioners).
    #[must_use]
    pub fn with_project(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        let id = self.sources.add(name, text);
        self.settings = Settings::read(&self.sources, id, &mut self.diagnostics);
        check_sections(&self.settings, &mut self.diagnostics);
        self
    }

    /// Takes the content of a project file that has been read from the sources of this compiler.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Names the project, whatever its project file says.
    #[must_use]
    pub fn with_project_name(mut self, name: &str) -> Self {
        self.settings.name = Some(name.to_owned());
        self
    }

    /// Adds an entry of one provisioner file, behind those that were added before.
    #[must_use]
    pub fn with_provisioners(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        let id = self.sources.add(name, text);
        self.provisioners.push(vec![id]);
        self
    }

    /// Adds a provisioner in Rust as an entry of its own, behind those that were added before.
    #[must_use]
    pub fn with_native(mut self, native: impl Provision + 'static) -> Self {
        let id = self.sources.add(native.name(), native.declaration());
        self.provisioners.push(vec![id]);
        self.natives.insert(id, Arc::new(native));
        self
    }

    /// Takes texts that have been read, and the provisioner files among them: by entries in order of
    /// precedence, where the files of an entry have the same. To be called before other texts are added.
    #[must_use]
    pub fn with_catalogue(mut self, sources: Sources, entries: Vec<Vec<SourceId>>) -> Self {
        self.sources = sources;
        self.provisioners = entries;
        self
    }

    /// Allows environment variables to be read, beside those that the project file allows.
    #[must_use]
    pub fn with_environment(mut self, patterns: impl IntoIterator<Item = NamePattern>) -> Self {
        self.environment.extend(patterns);
        self
    }

    /// Says what happens to the commands of provisioners. By default each is an error.
    #[must_use]
    pub fn with_commands(mut self, commands: Commands) -> Self {
        self.commands = commands;
        self
    }

    /// Names the relative path from the working folder to that of the project file, such as `..`, if they
    /// differ. Folders of builds in the project file are relative to the latter.
    #[must_use]
    pub fn with_project_folder(mut self, path: Option<&str>) -> Self {
        self.project_folder = path.map(str::to_owned);
        self
    }

    /// The texts of the project file and of provisioner files.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The provisioner files, by entries in order of precedence.
    pub fn provisioners(&self) -> &[Vec<SourceId>] {
        &self.provisioners
    }

    /// Whether any provisioner file has a command, so that state matters.
    pub fn has_commands(&self) -> bool {
        let mut files = self.provisioners.iter().flatten();
        // Reading the text is quick, and most files do not even have the word.
        files.any(|id| self.sources.get(*id).text.contains("run"))
            && Catalogue::new(&self.sources, &self.provisioners, None, &mut Vec::new())
                .provisioners()
                .any(|provisioner| provisioner.run.is_some())
    }

    /// Reads and checks all texts. Nothing is written, and no command runs before
    /// [`render`](Compiled::render).
    pub fn compile<'a>(&'a self, world: &'a dyn World, inputs: Inputs) -> Compiled<'a> {
        let mut sources = self.sources.clone();
        let (texts, state) = inputs.add_to(&mut sources);
        let mut diagnostics = self.diagnostics.clone();
        let chosen = self.chosen().read(&texts, &sources, &mut diagnostics);
        world.begin(Pass::Check, texts.specs.len());
        let read = read::workloads(world, &texts, &mut sources, &mut diagnostics);
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

    /// The options of the project file, as they are seen from the working folder.
    fn chosen(&self) -> Chosen {
        let builds = self.settings.builds.iter().cloned();
        let builds = builds.map(|build| match &self.project_folder {
            Some(path) => build.moved(path),
            None => build,
        });
        Chosen {
            images: Vec::new(),
            builds: builds.collect(),
            published: self.settings.published.clone(),
        }
    }

    fn allowed(&self) -> Vec<NamePattern> {
        let allowed = self.settings.environment.iter();
        allowed.chain(&self.environment).cloned().collect()
    }
}

/// A project that has been read and checked. It can be rendered for any number of targets; what they have
/// in common is done once, and no command is asked the same twice.
#[derive(Debug)]
pub struct Compiled<'a> {
    compiler: &'a Compiler,
    world: &'a dyn World,
    /// The environment variables that may be read.
    allowed: Vec<NamePattern>,
    chosen: Chosen,
    texts: Identified,
    /// The texts, and the files that Score files name.
    sources: Sources,
    /// Findings about texts, in the order in which they were made.
    diagnostics: Vec<Diagnostic>,
    read: Read,
    /// What commands remembered before.
    state: State,
    /// The graphs by platform. Which provisioner handles a resource depends on the platform.
    graphs: Mutex<BTreeMap<Option<&'static str>, Arc<Graph>>>,
    answers: Answers,
    remembered: Mutex<Remembered>,
    checked: OnceLock<Rendered>,
}

/// A project for one platform.
#[derive(Debug)]
struct Graph {
    /// The texts, and the built-in provisioner files of the types that the project has.
    sources: Sources,
    catalogue: Arc<Catalogue>,
    project: Arc<Project>,
    /// Findings about texts, then those about the graph.
    diagnostics: Vec<Diagnostic>,
}

/// What commands remember after all renderings so far.
#[derive(Debug)]
struct Remembered {
    state: State,
    /// The resources that a command answers for a target that has been rendered.
    answered: BTreeSet<String>,
}

impl Compiled<'_> {
    /// Everything that was found without a target, sorted by place. Warnings and errors that depend on a
    /// target, and answers of commands, come with [`render`](Self::render).
    ///
    /// They can be printed as they are, with excerpts of the texts.
    pub fn diagnostics(&self) -> Diagnostics<'_> {
        self.checked.get_or_init(|| self.check()).report()
    }

    /// The project without a target, and without files: its resources and all that is found about them.
    /// No command runs.
    pub fn check(&self) -> Rendered {
        self.rendering(None)
    }

    /// Renders the project for a target, whose options take precedence over the project file. There are
    /// files only if nothing is wrong.
    pub fn render(&self, target: &dyn Target) -> Rendered {
        self.rendering(Some(target))
    }

    /// The graph of resources for a platform, which is made once.
    fn graph(&self, platform: Option<&'static str>) -> Arc<Graph> {
        let mut graphs = self.graphs.lock().unwrap_or_else(PoisonError::into_inner);
        let graph = graphs.entry(platform);
        Arc::clone(graph.or_insert_with(|| Arc::new(self.make_graph(platform))))
    }

    fn make_graph(&self, platform: Option<&'static str>) -> Graph {
        let mut sources = self.sources.clone();
        let mut diagnostics = self.diagnostics.clone();
        let mut catalogue = Catalogue::with_natives(
            &sources,
            &self.compiler.provisioners,
            &self.compiler.natives,
            platform,
            &mut diagnostics,
        );
        self.world.begin(Pass::Plan, self.read.workloads.len());
        let project = plan(
            self.read.workloads.clone(),
            self.read.missing.clone(),
            &mut catalogue,
            &mut sources,
            &mut diagnostics,
        );
        let drafts = &self.read.drafts;
        check_drafts(drafts, &mut catalogue, &mut sources, &mut diagnostics);
        Graph {
            sources,
            catalogue: Arc::new(catalogue),
            project: Arc::new(project),
            diagnostics,
        }
    }
}
