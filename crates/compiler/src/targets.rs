//! The targets: the formats to which a project can be rendered. A new target is a folder and an
//! entry in [`targets`].

pub(crate) mod compose;
pub(crate) mod helm;
pub(crate) mod kubernetes;
mod merge;
mod patch_templates;
pub(crate) mod settle;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use score_spec::{Code, Diagnostic, Span};

pub use self::compose::Compose;
pub use self::helm::{EnvironmentCharts, Helm};
pub use self::kubernetes::Kubernetes;
use crate::input::Settings;
use crate::ir::{
    Alternatives, Annotation, App, KindAnnotation, MergeKey, PatchedList, ProjectKey, Sealed, Text,
    Tree,
};

/// A format to which an [`App`] can be rendered. Its options are fields of the type that implements
/// it.
///
/// A target outside of this crate must implement [`name`](Self::name), [`needs`](Self::needs) and
/// [`render`](Self::render). The other methods have defaults that are suitable for most targets.
pub trait Target: Send + Sync {
    /// The name with which users select the target.
    fn name(&self) -> &str;

    /// The facts that the passes before [`render`](Self::render) depend on.
    fn needs(&self) -> Needs;

    /// Renders an application. Features that the target does not support are reported in `found`.
    /// If there is an error among the diagnostics, the caller drops the files.
    fn render(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputFile>;

    /// The objects of the output: those of [`render`](Self::render), which reports the same problems. Those of a
    /// chart have its default values. Empty for a target without objects.
    fn objects(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputObject> {
        let _ = (app, found);
        Vec::new()
    }

    /// The output in these forms. It reports the problems of [`render`](Self::render) even without any form. By
    /// default, each form is made on its own; a target that makes them together takes less time.
    fn output(&self, app: &App, forms: Forms, found: &mut Vec<Diagnostic>) -> TargetOutput {
        TargetOutput {
            files: self.render(app, found),
            objects: forms.objects.then(|| self.objects(app, &mut Vec::new())),
            charts: None,
        }
    }

    /// The other parts of the output that have names and that its objects use, such as the networks of a Compose file.
    fn entries(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputObject> {
        let _ = (app, found);
        Vec::new()
    }

    /// The scales of components, by name. Components without one run as a single instance.
    fn scales(&self, app: &App) -> BTreeMap<String, Scale> {
        let _ = app;
        BTreeMap::new()
    }

    /// The fields of Score files from which the fields of [`objects`](Self::objects) are generated.
    fn origins(&self) -> &'static [FieldOrigin] {
        &[]
    }

    /// The settings that decide fields of [`objects`](Self::objects).
    fn settings(&self) -> &'static [SettingOrigin] {
        &[]
    }

    /// Whether an option of the target takes precedence over the setting with this path in the project file.
    fn overrides(&self, setting: &[&str]) -> bool {
        let _ = setting;
        false
    }

    /// The target with the options of a project file, which its own options override. `None` for a
    /// target without options in project files.
    fn configured(
        &self,
        settings: &Settings,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Box<dyn Target>> {
        let _ = (settings, found);
        None
    }

    /// The namespace of the objects, if it is set. Expressions and commands of provisioners receive it.
    fn namespace(&self) -> Option<&str> {
        None
    }

    /// The folder of files that containers mount, relative to the main file, for provisioners that name it; absent if
    /// the target has none.
    fn mounts(&self) -> Option<String> {
        None
    }

    /// The text with host names and ports resolved, as containers of this target use them. By
    /// default the host name of a component is its name, and its port is that of its service.
    fn resolve(&self, app: &App, text: &Text) -> Text {
        app.addressed(text)
    }

    /// A short description; by default the name.
    fn summary(&self) -> &str {
        self.name()
    }

    /// The default path of the output.
    fn default_output(&self) -> &str {
        self.name()
    }

    /// Whether the output is a folder of files, without a main file.
    fn is_folder(&self) -> bool {
        false
    }

    /// The support for each field of the specification; empty for a target without such a list.
    fn capabilities(&self) -> &'static [Capability] {
        &[]
    }
}

impl fmt::Debug for dyn Target + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The forms of output that a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forms {
    /// Whether it needs files.
    pub files: bool,
    /// Whether it needs objects.
    pub objects: bool,
}

impl Forms {
    /// Only files.
    pub const FILES: Self = Self {
        files: true,
        objects: false,
    };

    /// Only objects.
    pub const OBJECTS: Self = Self {
        files: false,
        objects: true,
    };
}

/// The output of a target. A form that was not requested can be absent.
#[derive(Debug, Default)]
pub struct TargetOutput {
    /// The files of [`render`](Target::render).
    pub files: Vec<OutputFile>,
    /// The [objects](Target::objects).
    pub objects: Option<Vec<OutputObject>>,
    /// In place of files, charts that [`merged`](crate::helm::merged) merges with those of other environments; only
    /// for a [`Helm`] that is [for environments](Helm::for_environments).
    pub charts: Option<EnvironmentCharts>,
}

/// The facts about a [`Target`] that earlier passes depend on. The default is suitable for a target
/// without a platform that reads no environment variables at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The platform under `platforms` of provisioners, for which they may define objects and
    /// patches. Provisioners for other platforms are ignored. Without a platform, all provisioners
    /// are candidates.
    pub platform: Option<&'static str>,
    /// Whether environment variables are read at compile time. Otherwise they remain references,
    /// and the target writes them so that they are read later.
    pub reads_environment: bool,
    /// Whether values that provisioners declare for charts, and environment variables with a value in the
    /// settings, remain open.
    pub open_settings: bool,
    /// The port of routes, unless it is that of `http`.
    pub routes_port: Option<u16>,
    /// The warnings about a specification that are errors for this target, because the platform
    /// rejects the reported feature.
    pub raises: &'static [Code],
    /// The annotations of workloads that the target supports.
    pub annotations: &'static [Annotation],
    /// The annotation for the kind of a workload, if the target has several kinds.
    pub kinds: Option<KindAnnotation>,
}

/// The support of a target for a field of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The path of the field, in which `*` matches any name.
    pub field: &'static str,
    /// The extent of the support.
    pub support: Support,
    /// How the field is supported, or advice for the unsupported part; can be empty.
    pub note: &'static str,
}

/// The extent to which a target supports a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Completely.
    Full,
    /// Partially. Using the unsupported part causes a warning.
    Partial,
    /// Not at all. Using the field causes a warning.
    None,
}

static COMPOSE: LazyLock<Compose> = LazyLock::new(Compose::default);
static KUBERNETES: LazyLock<Kubernetes> = LazyLock::new(Kubernetes::default);
static HELM: LazyLock<Helm> = LazyLock::new(Helm::default);

/// The built-in targets with default options. The first one is the default target.
pub fn targets() -> [&'static dyn Target; 3] {
    [&*COMPOSE, &*KUBERNETES, &*HELM]
}

/// The built-in target with this name, with default options.
pub fn target(name: &str) -> Option<&'static dyn Target> {
    targets().into_iter().find(|target| target.name() == name)
}

/// The effect of a patch on the list at a path, which starts with the platform and in which any step
/// represents an item of a list.
pub(crate) fn patched_list(path: &[&str]) -> PatchedList {
    match path.split_first() {
        Some((&"kubernetes", path)) => kubernetes::patched_list(path),
        Some((_, path)) if path.last().is_some_and(|key| merge::is_replaced(key)) => {
            PatchedList::Replaced
        }
        _ => PatchedList::Merged(vec![vec![MergeKey {
            path: "name",
            omitted: None,
        }]]),
    }
}

/// The alternatives among the fields of the map at such a path of a patch, if there are any.
pub(crate) fn alternatives(path: &[&str]) -> Option<Alternatives> {
    match path.split_first() {
        Some((&"kubernetes", path)) => kubernetes::alternatives(path),
        _ => None,
    }
}

/// All annotations that a built-in target supports. Targets of the same platform support the same
/// ones.
pub fn known_annotations() -> impl Iterator<Item = &'static Annotation> {
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

/// An object of an output: an object of Kubernetes, or a service or another entry of a Compose file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OutputObject {
    /// The group and version; empty for Compose.
    pub api_version: String,
    /// The kind; for Compose `service`, or `network`, `volume`, `config` or `secret`.
    pub kind: String,
    /// The namespace, if the document sets one.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The workload that it belongs to; absent if it is shared.
    pub workload: Option<String>,
    /// The uid of the resource that needs it; absent for an object of a workload.
    pub resource: Option<String>,
    /// The component that it is a part of.
    pub component: Option<String>,
    /// The container of the component that it runs, for a service of Compose.
    pub container: Option<String>,
    /// Its location in a provisioner or a patch template, if it is written there.
    pub place: Option<Span>,
    /// The document, with sealed secrets. It is shared, so that a copy of the object takes little memory.
    pub tree: Arc<Tree<Sealed>>,
}

/// The field of Score files from which a field of objects is generated, with everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldOrigin {
    /// The kind of the objects or `*`, and the path of the field, separated by spaces. Items of lists are named by the
    /// field that identifies them, such as `name`. `pod` is the pod template of a controller. `{…}` is any name, and
    /// `{@FIELD}` the value of this field of an item.
    pub output: &'static str,
    /// The path in the Score file, in which `{…}` is the same name and `{any}` is every container, or the same in a
    /// component of a provisioner. Empty for a hash of other fields, which score-rs makes.
    pub field: &'static str,
}

/// The setting that decides a field of objects, with everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingOrigin {
    /// The kind and the path, as in [`FieldOrigin`]. The object itself has the path `kind`.
    pub output: &'static str,
    /// The path in the project file, in which `{…}` is the same name.
    pub setting: &'static str,
    /// Whether Score files and provisioners take precedence over it.
    pub is_default: bool,
}

/// The number of instances of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scale {
    /// The kind of the object that runs them, such as `Deployment`.
    pub kind: &'static str,
    /// The minimum; absent if it depends on the cluster.
    pub min: Option<u32>,
    /// The maximum, likewise.
    pub max: Option<u32>,
    /// Whether a disruption budget limits how many of them may be unavailable.
    pub has_budget: bool,
}

/// A rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The path relative to the folder of the main file, with `/` as separator; `None` for the main
    /// file, whose name the caller chooses.
    pub path: Option<String>,
    /// The contents, with sealed secrets.
    pub content: OutputContent,
    /// The permission bits.
    pub mode: u32,
    /// Whether the path depends on a value from outside and must be hidden in messages.
    pub is_path_hidden: bool,
}

impl OutputFile {
    /// A file with this text; without a path it is the main file. If it contains secrets, only its
    /// owner can read it.
    pub fn text(path: Option<String>, text: Text<Sealed>) -> Self {
        Self {
            path,
            mode: if text.is_secret() { 0o600 } else { 0o644 },
            is_path_hidden: false,
            content: OutputContent::Text(text),
        }
    }

    /// The contents with secrets, which are derived from the key. Without a key, derived secrets
    /// are omitted.
    pub fn reveal<'a>(&self, key: impl Into<Option<&'a ProjectKey>>) -> Cow<'_, [u8]> {
        match &self.content {
            OutputContent::Text(text) => match text.reveal(key) {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
            OutputContent::Binary(bytes) => Cow::Borrowed(bytes),
        }
    }

    /// The contents with a placeholder for each secret, or `None` if they are binary.
    pub fn redact(&self) -> Option<String> {
        match &self.content {
            OutputContent::Text(text) => Some(text.redact()),
            OutputContent::Binary(_) => None,
        }
    }
}

/// The contents of an [`OutputFile`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputContent {
    /// Text with sealed secrets.
    Text(Text<Sealed>),
    /// Binary data.
    Binary(Vec<u8>),
}
