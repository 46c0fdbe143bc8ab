//! Straight-line wiring: what is started in which order, and stopped in the other.

mod tick;
