//! Use cases; each is one transaction.

pub mod delivery;
pub mod id;
pub mod intake;
