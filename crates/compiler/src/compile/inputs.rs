//! [`Inputs`]: the inputs of one compilation. Settings that all compilations of a project share are
//! in the [`Compiler`](super::Compiler).

use std::collections::BTreeMap;

use score_spec::{Diagnostic, SourceId, Sources};

use crate::input::options::{BuildOption, ImageOption, PublishOption};
use crate::resolve::State;

/// The inputs of one compilation: Score files, overrides and options, and the state of commands.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Inputs {
    /// Score files.
    pub specs: Vec<InputText>,
    /// Overrides files, each with the workload to change, or `None` for all workloads.
    pub overrides: Vec<(Option<String>, InputText)>,
    /// Overrides files that apply to one Score file, such as `score.prod.yaml`, each with the index of the Score
    /// file in `specs`. They apply before all other overrides.
    pub beside: Vec<(usize, InputText)>,
    /// Override properties: `[WORKLOAD:]PATH=VALUE`.
    pub properties: Vec<InputText>,
    /// Images: `[[WORKLOAD/]CONTAINER=]IMAGE`.
    pub images: Vec<InputText>,
    /// Builds: `[WORKLOAD/]CONTAINER=FOLDER`, or a JSON object instead of the folder.
    pub builds: Vec<InputText>,
    /// Published ports: `[ADDRESS:]HOST:WORKLOAD:CONTAINER[/PROTOCOL]`, or the same with `UID.OUTPUT`
    /// instead of `WORKLOAD`.
    pub published: Vec<InputText>,
    /// Whether the Score files are a part of those of the project, so that names which they do not use can belong to
    /// others. Without an environment this is always possible.
    pub is_part: bool,
    /// The state of provisioner commands, as returned by an earlier compilation.
    pub state: State,
}

/// An input text with its name for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputText {
    /// The name, such as a path.
    pub name: String,
    /// The contents, which should be UTF-8.
    pub bytes: Vec<u8>,
    /// The path of a Score file from the folder of the project, with `/` between folders. Kubernetes objects name it
    /// as their source. Absent without a project.
    pub path: Option<String>,
}

impl InputText {
    /// An input text with its name.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
            path: None,
        }
    }
}

impl Inputs {
    /// No inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a Score file.
    #[must_use]
    pub fn with_spec(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        self.specs.push(InputText::new(name, text));
        self
    }

    /// Adds an overrides file for a workload, or for all.
    #[must_use]
    pub fn with_overrides(
        mut self,
        workload: Option<&str>,
        name: &str,
        text: impl Into<Vec<u8>>,
    ) -> Self {
        let text = InputText::new(name, text);
        self.overrides.push((workload.map(str::to_owned), text));
        self
    }

    /// Sets the image of containers: `[[WORKLOAD/]CONTAINER=]IMAGE`.
    #[must_use]
    pub fn with_image(mut self, image: &str) -> Self {
        self.images.push(InputText::new("image", image));
        self
    }

    /// Sets the state that an earlier compilation returned.
    #[must_use]
    pub fn with_state(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// Adds all inputs to the sources, in this order.
    pub(super) fn add_to(self, sources: &mut Sources) -> (Identified, State) {
        let mut paths = BTreeMap::new();
        let mut add = |text: InputText| {
            let id = sources.add(text.name, text.bytes);
            paths.extend(text.path.map(|path| (id, path)));
            id
        };
        let specs = self.specs.into_iter().map(&mut add).collect();
        let overrides = self.overrides.into_iter();
        let overrides = overrides
            .map(|(workload, text)| (workload, add(text)))
            .collect();
        let beside = self.beside.into_iter();
        let beside = beside.map(|(at, text)| (at, add(text))).collect();
        let mut all = |texts: Vec<InputText>| texts.into_iter().map(&mut add).collect();
        let identified = Identified {
            specs,
            overrides,
            beside,
            is_part: self.is_part,
            properties: all(self.properties),
            images: all(self.images),
            builds: all(self.builds),
            published: all(self.published),
            paths,
        };
        (identified, self.state)
    }
}

/// The same inputs as ids of the sources.
#[derive(Debug)]
pub(super) struct Identified {
    pub(super) specs: Vec<SourceId>,
    pub(super) overrides: Vec<(Option<String>, SourceId)>,
    pub(super) beside: Vec<(usize, SourceId)>,
    pub(super) is_part: bool,
    pub(super) properties: Vec<SourceId>,
    images: Vec<SourceId>,
    builds: Vec<SourceId>,
    published: Vec<SourceId>,
    /// The paths of Score files from the folder of the project.
    pub(super) paths: BTreeMap<SourceId, String>,
}

/// Images, builds and published ports: those of the project file, then those of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen {
    pub(super) images: Vec<ImageOption>,
    pub(super) builds: Vec<BuildOption>,
    pub(super) published: Vec<PublishOption>,
}

impl Chosen {
    /// Parses the options of a run, and adds them to those of the project file.
    pub(super) fn read(
        mut self,
        inputs: &Identified,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let builds = inputs.builds.iter();
        let mut read = |&id| BuildOption::read(sources, id, diagnostics);
        self.builds.extend(builds.filter_map(&mut read));
        let published = inputs.published.iter();
        let mut read = |&id| PublishOption::read(sources, id, diagnostics);
        self.published.extend(published.filter_map(&mut read));
        let images = inputs.images.iter();
        let images = images.map(|&id| ImageOption::read(sources, id));
        self.images.extend(images);
        self
    }
}
