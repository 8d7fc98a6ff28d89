//! Writers for trees: YAML, JSON and KYAML, and documents whose fields are declared as structs.

pub(crate) mod document;
pub(crate) mod flow;
pub(crate) mod leaf;
pub mod yaml;
