//! What holds when things break: the process, the disk, the broker, the provider, a clock.

mod escalate;
mod failure;
mod kill;
mod load;
