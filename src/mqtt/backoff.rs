//! How long to wait before the broker is tried again.

use std::time::Duration;

/// Waits that double from `first` to `ceiling`, each shortened at random by up to a half, so that many gateways that
/// lost one broker do not come back in step.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    ceiling: Duration,
    next: Duration,
}

impl Backoff {
    pub fn new(first: Duration, ceiling: Duration) -> Self {
        Self { first, ceiling, next: first.min(ceiling) }
    }

    /// The wait before the next attempt; `chance` is any random number.
    pub fn wait(&mut self, chance: u32) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.ceiling);
        whole / 2 + (whole / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }

    /// The connection has proved good: start from the shortest wait again.
    pub fn reset(&mut self) {
        self.next = self.first.min(self.ceiling);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_ceiling_and_start_again_after_a_good_connection() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
        let longest: Vec<_> = (0..7).map(|_| backoff.wait(u32::MAX).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 30, 30]);
        backoff.reset();
        assert_eq!(backoff.wait(0), Duration::from_millis(500));
    }
}
