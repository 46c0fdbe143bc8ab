//! What devices publish becomes a right reading or is held, never a wrong one.

mod custody;
mod limit;
mod profile;
mod property;
mod radio;
pub(crate) mod sparkplug;
mod variation;
mod vector;
