//! Tools for all passes that are independent of Score: threads, and limits of memory and work.

pub(crate) mod budget;
pub mod parallel;
