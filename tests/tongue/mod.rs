//! A patient is spoken to, and understood, in their own language.

mod heard;
mod told;
