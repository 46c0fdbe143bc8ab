//! Proof of what was done, and that somebody is there.

mod chain;
mod synthetic;
mod trail;
mod auditor;
mod explain;
mod flaw;
mod heartbeat;
