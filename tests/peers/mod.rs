//! The whole daemon among real peers: mosquitto as the broker, `emulate` as Twilio, twilio-python as the signer of
//! what comes in. Each test ends by holding that nobody's name, number or words reached the log or the metrics.

mod backfill;
pub mod daemon;
mod device;
mod text;
pub mod twilio;
mod view;
mod webhook;
