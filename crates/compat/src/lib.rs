#![doc = include_str!("../README.md")]

pub mod command;
pub mod convert;
pub mod list;
pub mod patch;
pub mod services;
pub mod session;
pub mod shared;
pub mod value;
pub mod yaml;
