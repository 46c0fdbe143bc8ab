//! What must leave the house: one durable queue of texts, mails and calls of hooks. Claim under a lease, send with no transaction open,
//! record what came of it; retry what can be retried, reconcile what is doubtful, give up loudly.

pub mod carrier;
mod carriers;
pub mod policy;
pub mod worker;

pub use crate::engine::delivery::Nudge;
pub use carriers::Carriers;
pub use worker::{Pace, Worker};
