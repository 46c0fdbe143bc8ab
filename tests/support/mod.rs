//! What several kinds of proof stand on: real and scripted peers.

pub mod broker;
pub mod house;
pub mod wire;
