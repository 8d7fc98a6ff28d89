//! References in objects that have not been written yet. Each target decides how to write them.

use std::sync::Arc;

use crate::ir::{AsSecret, Parameter, Ref, Secret, Segment, Text, Tree, Unset};
use crate::targets::settle::Unresolved;

/// A reference in an object. The Kubernetes target replaces it with its value, a chart with an
/// expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Open {
    /// A secret.
    Secret(Arc<Secret>),
    /// An environment variable of the user who installs the objects.
    Env {
        name: String,
        /// Whether the installation must fail without a value.
        required: bool,
    },
    /// The name of the Service of a component.
    Host(String),
    /// A port of the Service of a component.
    Port {
        /// The name of the component.
        component: String,
        /// The name of the port.
        port: String,
    },
    /// The value of another variable of the container, which the kubelet inserts.
    Variable(String),
    /// A parameter of a chart that a provisioner declares.
    Parameter(Arc<Parameter>),
}

/// A string in an object, with references.
pub(crate) type OpenText = Text<Open>;

/// A part of an object, with references.
pub(crate) type OpenTree = Tree<Open>;

/// A value that is known only inside a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inner {
    /// A value in an object of the cluster.
    KeyRef,
    /// A variable of the container.
    Variable,
}

impl Open {
    /// The reference in an object, if the value is known outside of containers.
    pub(super) fn of(reference: &Ref) -> Result<Self, Inner> {
        Ok(match reference {
            Ref::Secret(secret) => Self::Secret(Arc::clone(secret)),
            // Only entries for Compose have variables with defaults.
            Ref::Env { name, unset } => Self::Env {
                name: name.clone(),
                required: *unset == Unset::Error,
            },
            Ref::Host(component) => Self::Host(component.clone()),
            Ref::Port { component, port } => Self::Port {
                component: component.clone(),
                port: port.clone(),
            },
            Ref::Parameter(parameter) => Self::Parameter(Arc::clone(parameter)),
            Ref::KeyRef(_) => return Err(Inner::KeyRef),
            Ref::Variable(_) => return Err(Inner::Variable),
        })
    }

    /// The string of a reference; empty for a value that is known only inside a container, which
    /// the caller has replaced or reported.
    pub(super) fn text(reference: &Ref) -> OpenText {
        Self::of(reference).map(OpenText::from).unwrap_or_default()
    }

    /// The string of a reference in an object of a provisioner, if its value is known there.
    pub(super) fn settled(reference: &Ref) -> Result<OpenText, Unresolved> {
        let unknown = match Self::of(reference) {
            Ok(open) => return Ok(open.into()),
            Err(Inner::KeyRef) => "a value that is known only when a container starts",
            Err(Inner::Variable) => "a variable of a container",
        };
        Err(Unresolved::unknown(unknown))
    }
}

impl AsSecret for Open {
    fn as_secret(&self) -> Option<&Arc<Secret>> {
        match self {
            Self::Secret(secret) => Some(secret),
            Self::Env { .. }
            | Self::Host(_)
            | Self::Port { .. }
            | Self::Variable(_)
            | Self::Parameter(_) => None,
        }
    }
}

impl From<Open> for OpenText {
    fn from(open: Open) -> Self {
        Segment::Ref(open).into()
    }
}
