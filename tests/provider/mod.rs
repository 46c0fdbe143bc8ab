//! The same proofs for every provider of texts: what it posts is believed, kept and answered alike; what we send is what
//! it takes; whatever goes wrong on the way is read as what to do next.

mod conversation;
mod door;
pub(crate) mod edge;
mod outcome;
mod prism;
mod received;
mod specification;
mod stub;
mod token;
