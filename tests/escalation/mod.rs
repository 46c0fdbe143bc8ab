//! A watch never drops anybody.

mod attend;
mod month;
mod property;
pub mod site;
