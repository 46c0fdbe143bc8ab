//! Every black-box proof, in one binary so that it links once. One module a kind of proof.

mod web;
