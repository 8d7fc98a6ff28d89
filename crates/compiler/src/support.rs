//! Tools of all passes that know nothing about Score: threads, and limits of memory and work.

pub(crate) mod budget;
pub mod parallel;
