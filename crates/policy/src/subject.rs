//! Subjects of rules.

use crate::data::Data;

/// The kind of a rule's subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// A workload of a Score file, after overlays.
    Workload,
    /// A container of a workload.
    Container,
    /// A resource of a workload: once for each workload that declares it.
    Resource,
    /// A pod template of Kubernetes.
    Pod,
    /// An object of Kubernetes.
    Object,
    /// A service of Compose.
    Service,
    /// The model of the project.
    Project,
}

/// A value that rules can use beside their subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// The name of the subject: its key in the Score file or in the Compose file.
    Name,
    /// The parts of the image of a container, as [`crate::image()`] returns them.
    Image,
    /// The provisioner of a resource.
    Provisioner,
    /// The workload of a container or resource.
    Workload,
    /// How a workload is scaled: `kind`, `min`, `max`, `budget`.
    Scale,
    /// The workload or resource from which something was generated.
    Owner,
    /// All objects of the output: a map with the keys `KIND/NAME`.
    Objects,
    /// The objects whose pods an object selects, as a list of `KIND/NAME`; absent unless it is of a kind that selects
    /// pods.
    Selects,
    /// The objects that select a pod, as a list of `KIND/NAME`.
    SelectedBy,
    /// The environment of the run: `name`, `type`.
    Environment,
}

/// The variable with the params of the rule.
pub(crate) const PARAMS: &str = "params";

impl On {
    /// All kinds.
    pub const ALL: [On; 7] = [
        On::Workload,
        On::Container,
        On::Resource,
        On::Pod,
        On::Object,
        On::Service,
        On::Project,
    ];

    /// Its name in policy files, which is also that of the variable with the subject.
    pub fn name(self) -> &'static str {
        match self {
            On::Workload => "workload",
            On::Container => "container",
            On::Resource => "resource",
            On::Pod => "pod",
            On::Object => "object",
            On::Service => "service",
            On::Project => "project",
        }
    }

    /// Whether its subjects are parts of Score files.
    pub(crate) fn is_written(self) -> bool {
        matches!(self, On::Workload | On::Container | On::Resource)
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|on| on.name() == name)
    }

    /// The variables beside the subject and the params.
    pub fn variables(self) -> &'static [Variable] {
        use Variable::{
            Environment, Image, Name, Objects, Owner, Provisioner, Scale, SelectedBy, Selects,
            Workload,
        };
        match self {
            On::Workload => &[Scale, Environment],
            On::Container => &[Name, Image, Workload, Scale, Environment],
            On::Resource => &[Name, Provisioner, Workload, Scale, Environment],
            On::Pod => &[Owner, SelectedBy, Environment],
            On::Object => &[Owner, Objects, Selects, Environment],
            On::Service => &[Name, Owner, Environment],
            On::Project => &[Environment],
        }
    }

    /// The names of all variables, in the order of their values: the subject is the first one, and the params
    /// are the last one.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let variables = self.variables().iter();
        let names = [self.name()].into_iter();
        names
            .chain(variables.map(|it| it.name()))
            .chain([PARAMS])
            .collect()
    }
}

impl Variable {
    /// Its name in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Variable::Name => "name",
            Variable::Image => "image",
            Variable::Provisioner => "provisioner",
            Variable::Workload => "workload",
            Variable::Scale => "scale",
            Variable::Owner => "owner",
            Variable::Objects => "objects",
            Variable::Selects => "selects",
            Variable::SelectedBy => "selected_by",
            Variable::Environment => "environment",
        }
    }
}

/// Something that rules are judged for, with the values that they can read.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    on: On,
    /// The values of the variables in the order of [`On::names`].
    values: Vec<Option<Data<'a>>>,
}

impl<'a> Subject<'a> {
    /// A subject of a kind.
    pub fn new(on: On, subject: Data<'a>) -> Self {
        let mut values = vec![None; on.variables().len() + 2];
        values[0] = Some(subject);
        Self { on, values }
    }

    /// Sets a variable. Rules of this kind cannot read other variables than those of [`On::variables`], which are
    /// ignored.
    #[must_use]
    pub fn with(mut self, variable: Variable, value: Data<'a>) -> Self {
        let at = self.on.variables().iter().position(|it| *it == variable);
        if let Some(at) = at {
            self.values[at + 1] = Some(value);
        }
        self
    }

    /// The kind.
    pub fn on(&self) -> On {
        self.on
    }

    /// The values of all variables, the last of which are the params.
    pub(crate) fn values(&self) -> &[Option<Data<'a>>] {
        &self.values
    }
}
