//! The targets: what a project can be rendered to. A new one is a folder and a line in [`targets`].

pub(crate) mod compose;
pub(crate) mod helm;
pub(crate) mod kubernetes;
pub(crate) mod settle;

use std::fmt;
use std::sync::LazyLock;

use score_spec::{Code, Diagnostic};

pub use self::compose::Compose;
pub use self::helm::Helm;
pub use self::kubernetes::Kubernetes;
use crate::input::Settings;
use crate::ir::{Annotation, App, ProjectKey, Sealed, Text};

/// A format that an [`App`] can be rendered to. Its options are fields of the type that implements it.
///
/// A target from outside of this crate needs [`name`](Self::name), [`needs`](Self::needs) and
/// [`render`](Self::render); the other methods have defaults that fit most.
pub trait Target: Sync {
    /// The name, as users choose the target by it.
    fn name(&self) -> &str;

    /// Facts about the target that the passes before [`render`](Self::render) depend on.
    fn needs(&self) -> Needs;

    /// Renders an application. Whatever the target cannot express is reported in `found`. If that has
    /// an error, the files are dropped.
    fn render(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputFile>;

    /// The target with the options of a project file wherever it has none of its own; `None` for a
    /// target that project files say nothing about.
    fn configured(
        &self,
        settings: &Settings,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Box<dyn Target>> {
        let _ = (settings, found);
        None
    }

    /// The text with host names and ports put in, as containers of this target see them. By default a
    /// component is reached under its name and the port of its service.
    fn resolve(&self, app: &App, text: &Text) -> Text {
        app.addressed(text)
    }

    /// A description of a few words; by default the name.
    fn summary(&self) -> &str {
        self.name()
    }

    /// The path that the output is written to by default.
    fn default_output(&self) -> &str {
        self.name()
    }

    /// Whether the output is a folder of files, without a main file.
    fn is_folder(&self) -> bool {
        false
    }

    /// How much of each field of the specification arrives; empty for a target that does not list them.
    fn capabilities(&self) -> &'static [Capability] {
        &[]
    }
}

impl fmt::Debug for dyn Target + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Facts about a [`Target`] that earlier passes depend on. The default is right for a target that has
/// no platform of provisioners and reads nothing at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The platform, as provisioners name it under `platforms`, and for which they may write objects
    /// and patches. Provisioners for other platforms are not used. Without one, all are candidates.
    pub platform: Option<&'static str>,
    /// Whether environment variables are read while compiling. Otherwise they remain references, and
    /// the target writes them in a way that is read later.
    pub reads_environment: bool,
    /// Whether values that provisioners declare for charts remain open.
    pub open_settings: bool,
    /// The port on which routes answer, unless it is that of `http`.
    pub routes_port: Option<u16>,
    /// Warnings about a specification that are errors for this target, because the platform rejects
    /// what they are about.
    pub raises: &'static [Code],
    /// The annotations of workloads that the target understands.
    pub annotations: &'static [Annotation],
    /// The keys of the lists in a patch whose items are containers, by name.
    pub container_lists: &'static [&'static str],
}

/// What a target makes of a field of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The path of the field, in which `*` is any name.
    pub field: &'static str,
    /// How much of it arrives.
    pub support: Support,
    /// How, or what to do about what does not; empty where there is nothing to say.
    pub note: &'static str,
}

/// How much a target can express of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// All.
    Full,
    /// A part. What is left out gives a warning.
    Partial,
    /// Nothing, which gives a warning.
    None,
}

static COMPOSE: LazyLock<Compose> = LazyLock::new(Compose::default);
static KUBERNETES: LazyLock<Kubernetes> = LazyLock::new(Kubernetes::default);
static HELM: LazyLock<Helm> = LazyLock::new(Helm::default);

/// The built-in targets with default options; the first is the default target.
pub fn targets() -> [&'static dyn Target; 3] {
    [&*COMPOSE, &*KUBERNETES, &*HELM]
}

/// The built-in target with this name, with default options.
pub fn target(name: &str) -> Option<&'static dyn Target> {
    targets().into_iter().find(|target| target.name() == name)
}

/// Every annotation that a built-in target knows. Targets of one platform know the same ones.
pub(crate) fn known_annotations() -> impl Iterator<Item = &'static Annotation> {
    let own = targets().into_iter();
    let own = own.filter(|target| target.needs().platform == Some(target.name()));
    own.flat_map(|target| target.needs().annotations)
}

/// Reports errors in the sections of a project file that built-in targets read.
pub fn check_sections(settings: &Settings, diagnostics: &mut Vec<Diagnostic>) {
    for target in targets() {
        target.configured(settings, diagnostics);
    }
}

/// A rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The path relative to the folder of the main file, with `/`; nothing for the main file,
    /// whose name the caller chooses.
    pub path: Option<String>,
    /// The content. Secrets are still sealed in it.
    pub content: OutputContent,
    /// The permission bits.
    pub mode: u32,
    /// Whether the path depends on a value from outside, so that no message may show it.
    pub is_path_hidden: bool,
}

impl OutputFile {
    /// A file of text. Without a path it is the main file. Only its owner can read one with secrets.
    pub fn text(path: Option<String>, text: Text<Sealed>) -> Self {
        Self {
            path,
            mode: if text.is_secret() { 0o600 } else { 0o644 },
            is_path_hidden: false,
            content: OutputContent::Text(text),
        }
    }

    /// The content with its secrets, which are derived from the key. Without a key, derived secrets are
    /// left out.
    pub fn reveal<'a>(&self, key: impl Into<Option<&'a ProjectKey>>) -> Vec<u8> {
        match &self.content {
            OutputContent::Text(text) => text.reveal(key).into_bytes(),
            OutputContent::Binary(bytes) => bytes.clone(),
        }
    }

    /// The content as it can be shown: text with a placeholder for each secret, or nothing if it is binary.
    pub fn redact(&self) -> Option<String> {
        match &self.content {
            OutputContent::Text(text) => Some(text.redact()),
            OutputContent::Binary(_) => None,
        }
    }
}

/// The content of an [`OutputFile`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputContent {
    /// Text, whose secrets are sealed.
    Text(Text<Sealed>),
    /// Bytes that are not text.
    Binary(Vec<u8>),
}
