//! Enrolment: lists and single patients go in whole or not at all, and every fault is named.

mod fault;
mod house;
mod import;
mod read;
