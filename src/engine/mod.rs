//! Use cases; each is one transaction.

pub mod account;
pub mod activation;
pub mod backtest;
mod batch;
pub mod contact;
pub mod candour;
mod course;
pub mod credential;
pub mod delivery;
pub mod device;
mod effect;
pub mod enrol;
pub mod enrolment;
pub mod escalation;
pub mod figure;
pub mod id;
pub mod intake;
mod memory;
pub mod nurse;
pub mod prompt;
pub mod queue;
pub mod release;
pub mod rota;
mod shared;
pub mod sheet;
mod staff;
pub mod writer;

pub use batch::known_state;
