//! A watch never drops anybody.

mod attend;
mod property;
pub mod site;
