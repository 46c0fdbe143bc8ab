//! The command line: one file a command.

pub mod config;
pub mod device;
pub mod failure;
pub mod migrate;
pub mod patient;
