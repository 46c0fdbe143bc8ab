//! Devices over MQTT: what a payload means, and that no acknowledgement is given before its message is kept.

mod gateway;
mod mosquitto;
mod trap;
