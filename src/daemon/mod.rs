//! Straight-line wiring, start and stop order, ticks, health.
