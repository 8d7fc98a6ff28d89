//! The representation that all passes share: applications, and text with typed references. It is
//! independent of targets, provisioners and the outside world.

pub(crate) mod annotation;
pub(crate) mod app;
pub(crate) mod existing;
pub(crate) mod field;
pub(crate) mod name;
pub(crate) mod patch_templates;
pub(crate) mod patched;
pub(crate) mod registry;
pub(crate) mod sealing;
pub(crate) mod secret;
pub(crate) mod text;

pub use annotation::{Annotation, AnnotationValues, KindAnnotation};
pub(crate) use app::ALL_CONTAINERS;
pub use app::*;
pub use existing::{ExistingKind, ExistingObject, Holder, KeyRef};
pub use field::Places;
pub use name::is_own_variable;
pub(crate) use patch_templates::Substitute;
pub use patch_templates::{PatchTemplate, PatchTemplates};
pub(crate) use patched::{Alternatives, MergeKey, PatchedList};
pub use registry::{Registries, Versions};
pub use secret::{ALPHANUMERIC, ProjectKey};
pub use text::{
    AsSecret, Parameter, Ref, Sealed, Secret, SecretSource, SecretValue, Segment, Text, Tree, Unset,
};
