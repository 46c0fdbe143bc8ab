//! What must leave the house: one durable queue of texts, mails and calls of hooks. Claim under a lease, send with no transaction open,
//! record what came of it; retry what can be retried, reconcile what is doubtful, give up loudly.

pub mod bucket;
pub mod carrier;
mod carriers;
pub mod health;
pub mod policy;
pub mod routes;
pub mod worker;

pub use crate::engine::delivery::Nudge;
pub use carriers::Carriers;
pub use routes::Routes;
pub use worker::{Pace, Worker};
