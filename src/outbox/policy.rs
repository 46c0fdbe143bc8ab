//! What comes next for a text. Pure tables: the same outcome, count and instant give the same step.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::carrier::{Reconciled, Rejection, SendOutcome};
use crate::domain::delivery::{Delay, DueText, Step};
use crate::domain::lost::Cause;
use crate::domain::message::Purpose;
use crate::domain::provider::Provider;

/// How often a text is taken up before a human is told: about a quarter of an hour of trying.
pub const MAX_ATTEMPTS: u32 = 10;

/// The first wait after a failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The first wait after the provider asked us to slow down.
const FIRST_THROTTLED_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Between attempts while an operator must act.
const REFUSED_WAIT: Duration = Duration::from_secs(600);
/// From a doubtful attempt to asking the provider: longer than any attempt lasts, so that a callback can settle it
/// first and whatever was under way has landed.
///
/// Here lies the one window for a duplicate: a request that the provider takes, or first lists, later than this after
/// we gave up waiting for its answer is missed and sent again. That happens once a text at most, so that nobody gets a
/// third copy.
const DOUBT_WAIT: Duration = Duration::from_secs(20);

/// What is to be done with a text before it is handed to the carrier, if not to hand it over.
pub fn before_send(text: &DueText, now: Timestamp) -> Option<Step> {
    text.stays(now).map(fail)
}

/// What comes next after an attempt by one of several providers, `next` being the one to try after it: what surely did
/// not leave, and for no fault of its own or its number's, goes by that one at once. Nothing: as if there were no other.
///
/// A text that may have left is never passed on: it is asked after first, where it may be.
pub fn pass_on(outcome: &SendOutcome, next: Option<Provider>, now: Timestamp) -> Option<Step> {
    let refused = match outcome {
        SendOutcome::Retry { .. } | SendOutcome::Throttled { .. } => None,
        SendOutcome::Rejected { code, class: Rejection::Config | Rejection::NoCarrier } => Some(*code),
        SendOutcome::Accepted { .. } | SendOutcome::Rejected { .. } | SendOutcome::Ambiguous { .. } => {
            return None;
        }
    };
    Some(Step::Queue { at: now, why: Delay::Rerouted { next: next?, refused } })
}

/// What comes next after an attempt to send.
pub fn after_send(text: &DueText, outcome: SendOutcome, now: Timestamp) -> Step {
    match outcome {
        SendOutcome::Accepted { provider_ids } => Step::Sent { provider_ids },
        SendOutcome::Retry { reason } => try_again(text, backoff(text, FIRST_WAIT), Delay::Busy(reason), now),
        SendOutcome::Throttled { after, reason } => {
            let wait = backoff(text, FIRST_THROTTLED_WAIT).max(after.unwrap_or_default());
            try_again(text, wait, Delay::Busy(reason), now)
        }
        // Whoever is next in line is told at once instead; only what is written to patients waits for an operator.
        SendOutcome::Rejected { code, class: Rejection::Config } if text.purpose != Purpose::Notification => {
            // The text is not at fault: it waits as long as it is of use, however often that is.
            let at = later(now, jittered(text, REFUSED_WAIT));
            if at < text.not_after {
                Step::Queue { at, why: Delay::Refused(code) }
            } else {
                Step::Fail { cause: Cause::Config, code }
            }
        }
        SendOutcome::Rejected { code, class } => Step::Fail { cause: class.into(), code },
        SendOutcome::Ambiguous { reason } => Step::Doubt { at: later(now, DOUBT_WAIT), why: reason },
    }
}

/// What comes next after asking the provider about a doubtful attempt.
pub fn after_reconcile(text: &DueText, reconciled: Reconciled, now: Timestamp) -> Step {
    match reconciled {
        Reconciled::Found { provider_ids } => {
            Step::Found { provider_ids, otherwise: Box::new(absent(text, now)) }
        }
        Reconciled::Blanked { provider_ids } => {
            Step::Blanked { provider_ids, otherwise: Box::new(absent(text, now)) }
        }
        Reconciled::Absent => absent(text, now),
        Reconciled::Unknown { .. } if text.attempts >= MAX_ATTEMPTS => fail(Cause::Doubtful),
        Reconciled::Unknown { reason } => {
            Step::Doubt { at: later(now, DOUBT_WAIT.max(backoff(text, FIRST_WAIT))), why: reason }
        }
    }
}

/// The provider has no trace of it: sent again once, while it is of use. A second time is a human's to judge.
fn absent(text: &DueText, now: Timestamp) -> Step {
    if text.resent {
        fail(Cause::Doubtful)
    } else if now >= text.not_after {
        fail(Cause::Expired)
    } else {
        Step::Queue { at: now, why: Delay::Resend }
    }
}

/// Another attempt after `wait`, if there are attempts and time left. A text that would be too late by then is given up
/// now: a human who knows sooner can do more.
fn try_again(text: &DueText, wait: Duration, why: Delay, now: Timestamp) -> Step {
    let at = later(now, wait);
    if text.attempts < MAX_ATTEMPTS && at < text.not_after {
        Step::Queue { at, why }
    } else {
        fail(Cause::Exhausted)
    }
}

const fn fail(cause: Cause) -> Step {
    Step::Fail { cause, code: None }
}

/// `first` doubled for every attempt before this, with jitter.
fn backoff(text: &DueText, first: Duration) -> Duration {
    let doublings = text.attempts.saturating_sub(1).min(16);
    jittered(text, first.saturating_mul(1 << doublings).min(LONGEST_WAIT))
}

/// Three quarters to five quarters of a wait, as the text's name and count have it: texts that failed together do not
/// come back together, and a replay waits alike.
fn jittered(text: &DueText, wait: Duration) -> Duration {
    let seed = text.id.as_str().bytes().chain(text.attempts.to_le_bytes());
    // FNV-1a, folded: its low bits alone are weak.
    let hash =
        seed.fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let part = u32::try_from((hash ^ (hash >> 32)) & 0xffff).unwrap_or(0);
    wait * 3 / 4 + wait / 2 * part / 0xffff
}

/// An instant that much later, or the end of time.
fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}
