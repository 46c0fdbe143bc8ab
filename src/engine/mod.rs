//! Use cases; each is one transaction.

pub mod account;
pub mod activation;
pub mod auditor;
pub mod backtest;
mod batch;
pub mod candour;
pub mod carer;
pub mod contact;
mod course;
pub mod credential;
pub mod custody;
pub mod delivery;
pub mod device;
mod effect;
pub mod enrol;
pub mod enrolment;
pub mod erase;
pub mod escalation;
pub mod explain;
pub mod figure;
pub mod id;
pub mod intake;
mod memory;
pub mod nurse;
pub mod prompt;
pub mod queue;
pub mod relay;
pub mod release;
pub mod rota;
mod shared;
pub mod sheet;
mod staff;
pub mod synthetic;
pub mod view;
pub mod writer;

pub use batch::known_state;
