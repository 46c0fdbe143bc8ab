//! Use cases; each is one transaction.

pub mod id;
pub mod intake;
