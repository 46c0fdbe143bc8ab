//! The command line: one file a command.
//!
//! Exit codes: 0 done; 1 what was checked does not hold; 2 wrong usage or configuration; 3 a dependency is
//! unreachable.

pub mod check;
pub mod decode;
