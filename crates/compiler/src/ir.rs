//! The vocabulary that all passes share: applications, and text whose references are still typed. Not:
//! anything of one target, of provisioners or of the outside world.

pub(crate) mod annotation;
pub(crate) mod app;
pub(crate) mod field;
pub(crate) mod name;
pub(crate) mod secret;
pub(crate) mod text;

pub use annotation::Annotation;
pub(crate) use app::ALL_CONTAINERS;
pub use app::*;
pub use field::Places;
pub use name::is_own_variable;
pub use secret::{ALPHANUMERIC, ProjectKey};
pub use text::{
    AsSecret, Given, Holder, KeyRef, Parameter, Ref, Sealed, Secret, SecretSource, Segment, Text,
    Tree,
};
