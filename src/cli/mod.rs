//! The command line: one file a command.

pub mod token;
pub mod user;
