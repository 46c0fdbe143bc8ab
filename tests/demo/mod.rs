//! The demo as its visitors know it, and the README that sends them there.

mod phone;
mod visit;
mod ward;
