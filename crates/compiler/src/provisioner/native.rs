//! Provisioners in Rust: their declarations, requests and answers. Calling them and using their answers is
//! part of `resolve`.

use std::fmt;
use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map};

use crate::ir::{ALPHANUMERIC, Ref, Secret, SecretSource, Text, Tree, Unset, name};

/// The default length of a secret.
pub(crate) const SECRET_LENGTH: usize = 24;

/// A provisioner in Rust, in addition to those in YAML files.
///
/// It must be a function of its query: it is called once for each rendering, possibly from several threads,
/// and sometimes with placeholder values for environment variables. Use a command (`run` in a provisioner
/// file), which the [`World`](crate::World) starts, for anything with side effects.
pub trait Provision: Send + Sync {
    /// The name for messages, such as `buckets`.
    fn name(&self) -> &str;

    /// Its declaration as a provisioner file: at least `apiVersion`, `kind` and `type`. `class`,
    /// `id` and `platforms` determine its rank, `params` and `outputs` are validated, and
    /// `resources` are resolved before it is called. Other parts of the file are added to the
    /// answers, and their expressions can use the outputs of an answer as values.
    fn declaration(&self) -> &str;

    /// Returns the answer for a resource.
    ///
    /// # Errors
    ///
    /// The reason why there is no answer. The location of the resource is added to it.
    fn answer(&self, query: &Query<'_>) -> Result<Answer, Box<Diagnostic>>;
}

impl fmt::Debug for dyn Provision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The resource for which a [`Provision`] is called.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Query<'a> {
    /// Its uid: `type.class#id`, or `type.class#workload.name`.
    pub uid: &'a str,
    /// Its type.
    pub kind: &'a str,
    /// Its class, unless it is the default.
    pub class: Option<&'a str>,
    /// Its id: the part of the uid after `#`.
    pub id: &'a str,
    /// The first workload that needs it; empty for a resource of the project itself.
    pub workload: &'a str,
    /// The name of the project, if it has one.
    pub project: Option<&'a str>,
    /// Its params: a map with defaults, validated against the declaration. Strings can contain
    /// references.
    pub params: &'a Tree,
    /// Its metadata: a map.
    pub metadata: &'a Tree,
    /// The outputs of the resources that the declaration requires, by their local names.
    pub resources: &'a Tree,
    pub(crate) rotation: u64,
}

impl Query<'_> {
    /// A param, if it is set.
    pub fn param(&self, name: &str) -> Option<&Tree> {
        self.params.get(name)
    }

    /// The full name of a component of the answer, or with an empty label a name for the resource itself: a
    /// DNS label that is unique to the resource.
    pub fn component(&self, label: &str) -> String {
        name::resource(self.kind, self.class, self.id, label)
    }

    /// The host name of a component of the answer.
    pub fn host(&self, label: &str) -> Text {
        Ref::Host(self.component(label)).into()
    }

    /// The port number for connections to a port of a component of the answer.
    pub fn port(&self, label: &str, port: &str) -> Text {
        let (component, port) = (self.component(label), port.to_owned());
        Ref::Port { component, port }.into()
    }

    /// A secret of the resource with 24 letters and digits, derived from the project key when files
    /// are written. The same name results in the same secret.
    ///
    /// # Errors
    ///
    /// If the name is empty, or contains characters other than letters, digits, `-`, `_` and `.`.
    pub fn secret(&self, name: &str) -> Result<Text, Box<Diagnostic>> {
        let part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(part) {
            let message = format!("`{name}` cannot be the name of a secret");
            let problem = Diagnostic::new(Code::ProvisionerInvalid, message);
            return Err(problem.help("use letters, digits, `-`, `_` and `.`").into());
        }
        let secret = Secret {
            resource: self.uid.to_owned(),
            object: self.component(""),
            name: name.to_owned(),
            source: SecretSource::Derived {
                length: SECRET_LENGTH,
                alphabet: ALPHANUMERIC.to_owned(),
                rotation: self.rotation,
            },
        };
        Ok(Ref::Secret(Arc::new(secret)).into())
    }

    /// An environment variable. Whether it is read now or when the project runs depends on the target.
    pub fn environment(&self, name: &str) -> Text {
        let (name, unset) = (name.to_owned(), Unset::Error);
        Ref::Env { name, unset }.into()
    }
}

/// The answer of a [`Provision`]. Its trees have the same structure as in a provisioner file, and are validated
/// against the same schema.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The outputs by name. Each must be declared. Plain values of outputs that are declared
    /// `secret` are sealed.
    pub outputs: Map<Tree>,
    /// The components of the resource, by label.
    pub components: Map<Tree>,
    /// The volume that containers mount if the resource is used as the source of a volume.
    pub volume: Option<Tree>,
    /// HTTP routes.
    pub routes: Vec<Tree>,
    /// Ports to publish on the host.
    pub publish: Vec<Tree>,
    /// Objects, each with its platform.
    pub objects: Vec<(&'static str, Tree)>,
    /// Patches of the workloads that use the resource, each with its platform.
    pub patches: Vec<(&'static str, Tree)>,
    /// Annotations for the workloads that use the resource.
    pub annotations: Map<String>,
    /// A message for the user.
    pub notes: Option<Text>,
}

impl Answer {
    /// An empty answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an output.
    #[must_use]
    pub fn with_output(mut self, name: &str, value: impl Into<Text>) -> Self {
        let value = Tree::Text(value.into());
        self.outputs.insert(name.to_owned(), value);
        self
    }

    /// Adds a component.
    #[must_use]
    pub fn with_component(mut self, label: &str, component: impl Into<Tree>) -> Self {
        self.components.insert(label.to_owned(), component.into());
        self
    }

    /// Sets the volume.
    #[must_use]
    pub fn with_volume(mut self, volume: impl Into<Tree>) -> Self {
        self.volume = Some(volume.into());
        self
    }
}

/// A component with one container, for [`Answer::with_component`]. Others are [trees](Tree).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ServerComponent {
    /// The image reference.
    pub image: String,
    /// Overrides the entry point of the image.
    pub command: Vec<Text>,
    /// Overrides the default arguments of the image.
    pub args: Vec<Text>,
    /// The environment variables.
    pub variables: Map<Text>,
    /// The service ports by name.
    pub ports: Map<u16>,
    /// Volumes by target path: the name, and the size to request.
    pub volumes: Map<(String, String)>,
    /// The command of the readiness probe.
    pub ready: Vec<Text>,
}

impl ServerComponent {
    /// A component with this image.
    pub fn new(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            ..Self::default()
        }
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<Text>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a service port.
    #[must_use]
    pub fn with_port(mut self, name: &str, port: u16) -> Self {
        self.ports.insert(name.to_owned(), port);
        self
    }

    /// Adds a volume that is mounted at a path, with the size to request.
    #[must_use]
    pub fn with_volume(mut self, path: &str, name: &str, size: &str) -> Self {
        let volume = (name.to_owned(), size.to_owned());
        self.volumes.insert(path.to_owned(), volume);
        self
    }

    /// Overrides the default arguments of the image.
    #[must_use]
    pub fn with_args<T: Into<Text>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the command of the readiness probe.
    #[must_use]
    pub fn with_ready<T: Into<Text>>(mut self, command: impl IntoIterator<Item = T>) -> Self {
        self.ready = command.into_iter().map(Into::into).collect();
        self
    }
}

impl From<ServerComponent> for Tree {
    fn from(server: ServerComponent) -> Self {
        let list = |words: Vec<Text>| Tree::List(words.into_iter().map(Tree::Text).collect());
        let text = |text: &str| Tree::Text(text.into());
        let variables = server.variables.into_iter();
        let mounts = server.volumes.iter();
        let mounts = mounts.map(|(path, (name, _))| (path.clone(), map([("source", text(name))])));
        let mut container = map([
            ("image", text(&server.image)),
            (
                "variables",
                variables.map(|(name, it)| (name, Tree::Text(it))).collect(),
            ),
            ("volumes", mounts.collect()),
        ]);
        if let Tree::Map(container) = &mut container {
            for (key, words) in [("command", server.command), ("args", server.args)] {
                if !words.is_empty() {
                    container.insert(key.to_owned(), list(words));
                }
            }
            if !server.ready.is_empty() {
                let exec = map([("exec", map([("command", list(server.ready))]))]);
                container.insert("readinessProbe".to_owned(), exec);
            }
        }
        let ports = server.ports.into_iter();
        let ports = ports.map(|(name, port)| (name, map([("port", Tree::Number(port.into()))])));
        let volumes = server.volumes.into_values();
        let volumes = volumes.map(|(name, size)| (name, map([("size", text(&size))])));
        map([
            ("service", map([("ports", ports.collect())])),
            ("containers", map([("main", container)])),
            ("volumes", volumes.collect()),
        ])
    }
}

fn map<const N: usize>(entries: [(&str, Tree); N]) -> Tree {
    let entries = entries.into_iter();
    entries.map(|(key, it)| (key.to_owned(), it)).collect()
}
