//! The pure tables: what answers of mail servers and hooks mean, and the bytes of a signature.

use std::time::Duration;

use lamplight::domain::secret::Secret;
use lamplight::notify::signature::sign;
use lamplight::notify::smtp::{Phase, classify, unanswered};
use lamplight::notify::webhook;
use lamplight::outbox::carrier::{Rejection, SendOutcome};

/// The class of a refusal, or the name of anything else.
fn name(outcome: &SendOutcome) -> String {
    match outcome {
        SendOutcome::Accepted { .. } => "accepted".to_owned(),
        SendOutcome::Retry { .. } => "retry".to_owned(),
        SendOutcome::Throttled { after, .. } => format!("throttled {:?}", after.map(|wait| wait.as_secs())),
        SendOutcome::Rejected { class, .. } => format!("{class:?}"),
        SendOutcome::Ambiguous { .. } => "ambiguous".to_owned(),
    }
}

#[test]
fn every_answer_of_a_mail_server_says_who_must_do_something() {
    use Phase::{Data, Hello, Mail, Recipient, Sender};
    for (phase, code, wanted) in [
        (Hello, 421, "retry"),
        (Hello, 454, "retry"),
        (Hello, 535, "Config"),
        (Hello, 554, "Config"),
        (Sender, 451, "retry"),
        (Sender, 530, "Config"),
        (Sender, 550, "Config"),
        (Sender, 553, "Config"),
        (Sender, 501, "Other"),
        (Recipient, 450, "retry"),
        (Recipient, 451, "retry"),
        (Recipient, 452, "retry"),
        (Recipient, 530, "Config"),
        (Recipient, 550, "Number"),
        (Recipient, 551, "Number"),
        (Recipient, 553, "Number"),
        (Recipient, 556, "Number"),
        (Recipient, 554, "Other"),
        (Data, 421, "retry"),
        (Data, 554, "Content"),
        (Mail, 451, "retry"),
        (Mail, 452, "retry"),
        (Mail, 550, "Content"),
        (Mail, 552, "Content"),
        (Mail, 554, "Content"),
        (Mail, 571, "Other"),
    ] {
        let outcome = classify(phase, code);
        assert_eq!(name(&outcome), wanted, "{phase:?} {code}");
        if let SendOutcome::Rejected { code: told, .. } = outcome {
            assert_eq!(told, Some(u32::from(code)), "{phase:?}");
        }
    }
}

#[test]
fn only_a_mail_that_was_under_way_may_have_left() {
    for phase in [Phase::Hello, Phase::Sender, Phase::Recipient, Phase::Data] {
        assert_eq!(name(&unanswered(phase)), "retry", "{phase:?}");
    }
    assert_eq!(name(&unanswered(Phase::Mail)), "ambiguous");
}

#[test]
fn every_answer_of_a_hook_says_what_comes_next() {
    let slow = Some(Duration::from_secs(7));
    for (status, after, wanted) in [
        (200, None, "accepted"),
        (202, None, "accepted"),
        (204, None, "accepted"),
        (301, None, "Other"),
        (307, None, "Other"),
        (400, None, "Other"),
        (401, None, "Config"),
        (403, None, "Config"),
        (404, None, "Number"),
        (408, None, "retry"),
        (410, None, "Number"),
        (422, None, "Other"),
        (429, slow, "throttled Some(7)"),
        (429, None, "throttled None"),
        (500, None, "retry"),
        (503, None, "retry"),
    ] {
        assert_eq!(name(&webhook::classify(status, after)), wanted, "{status}");
    }
    let gone = SendOutcome::Rejected { code: Some(410), class: Rejection::Number };
    assert_eq!(webhook::classify(410, None), gone);
}

/// What Python's hmac makes of the same bytes.
#[test]
fn the_signature_is_over_the_seconds_a_full_stop_and_the_body() {
    let signed =
        sign(&Secret::new("0123456789abcdef"), 1_795_338_000, "{\"id\":\"n1\",\"text\":\"✓\"}".as_bytes());
    assert_eq!(signed, "t=1795338000,v1=68283dc23536c8d6d6221f73d910decb0311ca3f1fe74a1cef7fa6bef1d8ec72");
}
