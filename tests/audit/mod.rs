//! Proof of what was done, and that somebody is there.

mod auditor;
mod chain;
mod erase;
mod explain;
mod flaw;
mod heartbeat;
mod synthetic;
mod trail;
