//! The web edge over a real socket: API, pages, sign-in, health; and the commands that let people in.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod alert;
mod api;
mod audit;
mod care;
mod carer;
mod client;
mod command;
mod custody;
mod enrol;
mod health;
mod held;
mod page;
mod queue;
mod rota;
mod sign_in;
mod texting;
mod ward;
