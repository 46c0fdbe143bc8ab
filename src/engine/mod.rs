//! Use cases; each is one transaction.

pub mod account;
pub mod enrol;
pub mod id;
pub mod intake;
pub mod nurse;
