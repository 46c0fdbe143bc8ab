//! Use cases; each is one transaction.

mod batch;
pub mod delivery;
pub mod device;
pub mod enrol;
pub mod id;
pub mod intake;
pub mod release;
pub mod sheet;
pub mod writer;
