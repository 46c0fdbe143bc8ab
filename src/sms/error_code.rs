//! What Twilio's error codes mean for the text that met them. A pure table.
//!
//! Sources: Twilio's error dictionary (`https://www.twilio.com/docs/api/errors/<code>`); which rows it states and which
//! are inferred stands beside each in `tests/fixtures/sms/twilio_error_codes.json`. Twilio warns that codes may change:
//! an unknown one is for a human to judge, never dropped.

use crate::domain::lost::Cause;
use crate::outbox::carrier::Rejection;

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It did not get through this time: the handset is off or out of reach.
    Retry,
    /// Too much at once, here or in the network.
    Throttled,
    /// It may have left.
    Ambiguous,
    Rejected(Rejection),
}

/// Reads a code.
pub const fn read(code: u32) -> Verdict {
    match code {
        30003 | 30008 => Verdict::Retry,
        20429 | 21611 | 30001 | 30017 | 63018 => Verdict::Throttled,
        20500 | 20503 => Verdict::Ambiguous,
        21211 | 21612 | 21614 | 30005 | 30006 => Verdict::Rejected(Rejection::Number),
        21610 => Verdict::Rejected(Rejection::OptedOut),
        21618 | 30007 => Verdict::Rejected(Rejection::Content),
        14109 | 20003 | 20005 | 20404 | 21212 | 21603 | 21606 | 21608 | 21609 | 21620 | 21703 | 21704
        | 30002 | 30010 | 30012 | 30018 | 30029 | 30030 => Verdict::Rejected(Rejection::Config),
        // Faults of our own (a missing body, one too long), regions that are switched off, blocks, loops, and whatever
        // Twilio invents next: trying again helps nothing and a human must look.
        _ => Verdict::Rejected(Rejection::Other),
    }
}

/// Why a text that Twilio had is lost.
pub const fn explain(code: Option<u32>) -> Cause {
    let Some(code) = code else { return Cause::Other };
    match read(code) {
        Verdict::Retry => Cause::Unreachable,
        Verdict::Throttled => Cause::Congested,
        Verdict::Ambiguous | Verdict::Rejected(Rejection::Other) => Cause::Other,
        Verdict::Rejected(Rejection::Number) => Cause::Number,
        Verdict::Rejected(Rejection::OptedOut) => Cause::OptedOut,
        Verdict::Rejected(Rejection::Content) => Cause::Content,
        Verdict::Rejected(Rejection::Config | Rejection::NoCarrier) => Cause::Config,
        Verdict::Rejected(Rejection::Landline) => Cause::Landline,
        Verdict::Rejected(Rejection::Barred) => Cause::Barred,
    }
}
