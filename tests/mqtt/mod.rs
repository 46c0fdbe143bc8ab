//! Devices over MQTT: what a payload means, and that no acknowledgement is given before its message is kept.

mod broker;
mod decode;
mod embedded;
pub mod gateway;
mod guide;
mod key;
mod mosquitto;
mod payload;
mod profile;
mod refusal;
mod share;
mod sparkplug;
mod topic;
mod trap;
