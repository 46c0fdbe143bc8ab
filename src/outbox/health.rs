//! How a provider fares: one that fails again and again rests for a minute while another is there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::carrier::{Rejection, SendOutcome};

/// Failures in a row after which it rests.
const MOST_FAILURES: u32 = 3;
const REST: SignedDuration = SignedDuration::from_mins(1);
/// What it asks for itself is believed up to here.
const LONGEST_REST: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    failures: u32,
    rests_until: Option<Timestamp>,
}

impl Health {
    /// Notes what came of an attempt. What is wrong with a text or its number says nothing of the provider; an answer that
    /// never came does.
    pub fn note(&mut self, outcome: &SendOutcome, now: Timestamp) {
        let asked = match outcome {
            SendOutcome::Throttled { after, .. } => after.unwrap_or_default(),
            SendOutcome::Retry { .. }
            | SendOutcome::Ambiguous { .. }
            | SendOutcome::Rejected { class: Rejection::Config | Rejection::NoCarrier, .. } => Duration::ZERO,
            SendOutcome::Accepted { .. } | SendOutcome::Rejected { .. } => {
                *self = Self::default();
                return;
            }
        };
        self.failures = self.failures.saturating_add(1);
        let asked = SignedDuration::try_from(asked).unwrap_or(LONGEST_REST).min(LONGEST_REST);
        let rest = if self.failures >= MOST_FAILURES { asked.max(REST) } else { asked };
        if rest > SignedDuration::ZERO {
            let until = now.saturating_add(rest).unwrap_or(now);
            self.rests_until = self.rests_until.max(Some(until));
        }
    }

    /// After its rest it is tried again, and rests anew at its first failure.
    pub fn rests(&self, now: Timestamp) -> bool {
        self.rests_until.is_some_and(|until| now < until && until.duration_since(now) <= LONGEST_REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURE: SendOutcome = SendOutcome::Retry { reason: "away" };

    #[test]
    fn three_failures_in_a_row_rest_a_provider_for_a_minute_and_one_more_does_it_again() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let mut health = Health::default();
        for _ in 0..2 {
            health.note(&FAILURE, now);
        }
        assert!(!health.rests(now));
        health.note(&SendOutcome::Accepted { provider_ids: vec![] }, now);
        for _ in 0..2 {
            health.note(&SendOutcome::Ambiguous { reason: "silence" }, now);
        }
        assert!(!health.rests(now), "not in a row");
        health.note(&FAILURE, now);
        assert!(health.rests(now) && health.rests(now + SignedDuration::from_secs(59)));
        let later = now + REST;
        assert!(!health.rests(later));
        health.note(&FAILURE, later);
        assert!(health.rests(later));
        let wrong = SendOutcome::Rejected { code: None, class: Rejection::Number };
        health.note(&wrong, later);
        assert!(!health.rests(later), "it answers again");
    }

    #[test]
    fn a_provider_that_asks_for_a_while_gets_it_within_reason() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let throttled = |after| SendOutcome::Throttled { after: Some(after), reason: "slow" };
        let mut health = Health::default();
        health.note(&throttled(Duration::from_secs(30)), now);
        assert!(health.rests(now + SignedDuration::from_secs(29)));
        assert!(!health.rests(now + SignedDuration::from_secs(30)));
        health.note(&throttled(Duration::MAX), now);
        assert!(!health.rests(now + LONGEST_REST));
    }
}
