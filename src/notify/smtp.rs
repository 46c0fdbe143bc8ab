//! What a mail server's answers mean. Pure: RFC 5321 and 4954 have the codes, the phase says what was refused.

use crate::outbox::carrier::{Rejection, SendOutcome};

/// How far a mail had come when the server answered, or fell silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Until the server knows us: greeting, EHLO, STARTTLS, AUTH.
    Hello,
    /// Who sends it.
    Sender,
    /// Whom it is for.
    Recipient,
    /// That it comes now.
    Data,
    /// The mail itself, whole: from here on the server may have it.
    Mail,
}

/// What an answer that is no success means.
///
/// A code of 4xx is a promise that another attempt may work: greylisting (451), too many connections (421), a full
/// mailbox (452). Any 5xx is final, and says by the phase who has to do something about it.
pub const fn classify(phase: Phase, code: u16) -> SendOutcome {
    let class = match (phase, code) {
        (_, 400..=499) => return SendOutcome::Retry { reason: "the mail server asks us to come again" },
        // "Authentication required", "… failed", "… too weak", "must issue STARTTLS": whatever was asked for then.
        (Phase::Hello, _) | (_, 530 | 534 | 535 | 538) => Rejection::Config,
        (Phase::Sender, 550 | 553) => Rejection::Config,
        (Phase::Recipient, 521 | 550 | 551 | 553 | 556) => Rejection::Number,
        (Phase::Data | Phase::Mail, 550 | 552 | 554) => Rejection::Content,
        _ => Rejection::Other,
    };
    SendOutcome::Rejected { code: Some(code as u32), class }
}

/// What silence, or an answer that is none, means. Only what broke before the mail itself surely did not leave.
pub const fn unanswered(phase: Phase) -> SendOutcome {
    match phase {
        Phase::Mail => SendOutcome::Ambiguous { reason: "the mail server fell silent while it had the mail" },
        Phase::Hello => SendOutcome::Retry { reason: "the mail server cannot be reached" },
        Phase::Sender | Phase::Recipient | Phase::Data => {
            SendOutcome::Retry { reason: "the mail server broke off" }
        }
    }
}
