//! Use cases; each is one transaction.

mod batch;
pub mod id;
pub mod intake;
pub mod nudge;
pub mod release;
pub mod writer;
pub mod device;
pub mod enrol;
pub mod id;
pub mod intake;
pub mod sheet;
