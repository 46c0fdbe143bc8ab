//! Use cases; each is one transaction.

pub mod account;
mod batch;
pub mod chase;
pub mod credential;
pub mod delivery;
pub mod device;
pub mod enrol;
pub mod id;
pub mod intake;
mod memory;
pub mod nurse;
pub mod release;
mod shared;
pub mod sheet;
pub mod writer;

pub use batch::known_state;
