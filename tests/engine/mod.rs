//! Intake and judging as one machine: what edges offer goes in, and the stored facts say what came of it.

mod activation;
mod ahead;
mod alert;
mod batch;
mod carer;
mod catch_up;
mod chase;
mod clock;
mod confirm;
mod escalation;
mod foreign;
pub(crate) mod house;
mod hub;
mod late;
mod ledger;
mod memory;
mod oblivion;
mod past;
mod prompt;
pub(crate) mod protocol;
mod release;
mod sender;
mod standing;
mod threshold;
mod trouble;
