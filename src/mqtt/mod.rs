//! The edge to home devices: broker session, topics, events in and acknowledgements back.
//!
//! A publish becomes an [`Event`](crate::domain::event::Event), is offered to the intake, and is acknowledged to the
//! broker only when the intake has answered that it is durable. What cannot be made durable is not acknowledged: the
//! session is closed and taken up again, and the broker delivers it once more.

mod arrival;
pub mod backoff;
pub mod broker;
mod link;
mod parting;
pub mod probe;
pub mod session;
pub mod simulator;
mod tls;
pub mod topic;
