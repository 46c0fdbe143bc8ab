//! Intake and judging as one machine: what edges offer goes in, and the stored facts say what came of it.

mod batch;
mod clock;
pub(crate) mod house;
mod ledger;
mod release;
mod trouble;
