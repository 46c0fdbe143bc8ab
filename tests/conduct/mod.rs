//! How the gateway behaves in a conversation, item by item of the checklist in `deploy/sms-checklist.md`.

mod checklist;
#[path = "../../benches/texts/claim.rs"]
pub mod claim;
mod fuzz;
mod leaving;
mod loops;
mod privacy;
mod segment;
mod shared;
mod sign;
#[path = "../../benches/texts/typist.rs"]
mod typist;
