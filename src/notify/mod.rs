//! The edge to staff, and to whoever watches over us, beside texts.

pub mod heartbeat;
