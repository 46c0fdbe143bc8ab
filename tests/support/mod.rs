//! What several kinds of proof stand on: real and scripted peers, and the daemon as a process.

pub mod broker;
pub mod daemon;
pub mod dice;
pub mod house;
pub mod joined;
pub mod provider;
pub mod wire;
