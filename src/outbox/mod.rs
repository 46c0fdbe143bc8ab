//! What must leave the house: a durable queue of texts. Claim under a lease, send with no transaction open,
//! record what came of it; retry what can be retried, reconcile what is doubtful, give up loudly.

pub mod carrier;
pub mod policy;
pub mod worker;

pub use crate::engine::delivery::Nudge;
pub use worker::{Pace, Worker};
