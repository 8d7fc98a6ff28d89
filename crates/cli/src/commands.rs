//! The commands, a module each.

pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod provisioners;
pub(crate) mod resources;
pub(crate) mod schema;
pub(crate) mod state;
pub(crate) mod validate;
