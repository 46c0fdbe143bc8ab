//! Every black-box proof, in one binary so that it links once. One module a kind of proof.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has failed")]

mod mqtt;
mod support;
