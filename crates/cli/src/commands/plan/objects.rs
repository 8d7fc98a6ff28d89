//! A target that makes objects and writes no files, which takes half of the time.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use score_compiler::fields::Capability;
use score_compiler::{
    App, FieldOrigin, Needs, OutputFile, OutputObject, Scale, Settings, Target, Text,
};
use score_spec::Diagnostic;

/// A target with the options of a project.
pub(super) struct ObjectTarget<'a> {
    configured: Option<Box<dyn Target>>,
    target: &'a dyn Target,
    /// The objects of the first rendering. Others have placeholders for values of the environment.
    objects: Mutex<Option<Vec<OutputObject>>>,
}

impl<'a> ObjectTarget<'a> {
    pub(super) fn new(target: &'a dyn Target, settings: &Settings) -> Self {
        Self {
            // The project has reported the problems of its settings.
            configured: target.configured(settings, &mut Vec::new()),
            target,
            objects: Mutex::default(),
        }
    }

    fn inner(&self) -> &dyn Target {
        self.configured.as_deref().unwrap_or(self.target)
    }

    /// Whether it writes the parts of a Compose project, which are not all objects.
    pub(super) fn is_compose(&self) -> bool {
        self.inner().name() == "compose"
    }

    /// The objects of the rendering.
    pub(super) fn take(&self) -> Vec<OutputObject> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.take().unwrap_or_default()
    }
}

impl Target for ObjectTarget<'_> {
    fn name(&self) -> &str {
        self.inner().name()
    }

    fn needs(&self) -> Needs {
        self.inner().needs()
    }

    fn render(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputFile> {
        if self.is_compose() {
            return self.inner().render(app, found);
        }
        let made = self.inner().objects(app, found);
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.get_or_insert(made);
        Vec::new()
    }

    fn objects(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputObject> {
        self.inner().objects(app, found)
    }

    fn scales(&self, app: &App) -> BTreeMap<String, Scale> {
        self.inner().scales(app)
    }

    fn origins(&self) -> &'static [FieldOrigin] {
        self.inner().origins()
    }

    fn namespace(&self) -> Option<&str> {
        self.inner().namespace()
    }

    fn mounts(&self) -> Option<String> {
        self.inner().mounts()
    }

    fn resolve(&self, app: &App, text: &Text) -> Text {
        self.inner().resolve(app, text)
    }

    fn capabilities(&self) -> &'static [Capability] {
        self.inner().capabilities()
    }
}
