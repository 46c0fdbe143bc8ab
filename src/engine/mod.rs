//! Use cases; each is one transaction.

pub mod credential;
pub mod device;
pub mod enrol;
pub mod id;
pub mod intake;
pub mod sheet;
