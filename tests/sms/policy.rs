use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::{AlertChange, AlertState, OpenAlert, Severity, Timely};
use lamplight::domain::delivery::{Delay, DueText, Step, Work};
use lamplight::domain::id::{AlertId, MessageId, PatientId, RuleId};
use lamplight::domain::lost::{Cause, Lost, UNDELIVERED_RULE};
use lamplight::domain::message::Purpose;
use lamplight::domain::organisation::Address;
use lamplight::domain::patient::Standing;
use lamplight::domain::phone::Phone;
use lamplight::domain::task::TaskKind;
use lamplight::outbox::carrier::{Reconciled, Rejection, SendOutcome};
use lamplight::outbox::policy::{MAX_ATTEMPTS, after_reconcile, after_send, before_send};

const BUSY: SendOutcome = SendOutcome::Retry { reason: "busy" };
const DOUBT: SendOutcome = SendOutcome::Ambiguous { reason: "no answer" };
const UNKNOWN: Reconciled = Reconciled::Unknown { reason: "no list" };

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn text(attempts: u32) -> DueText {
    let phone = Address::Sms(Phone::trusted("+447700900123"));
    DueText {
        id: MessageId::trusted("01m0"),
        patient: Some(PatientId::trusted("p1")),
        standing: Standing::Active,
        to: Some(phone.clone()),
        tried: phone,
        provider: None,
        is_known: true,
        segments: 1,
        subject: None,
        body: "Thank you.".to_owned(),
        occasion: None,
        purpose: Purpose::Reply(None),
        not_after: now() + SignedDuration::from_hours(12),
        attempts,
        resent: false,
        attempted_at: now(),
        lease_until: now() + SignedDuration::from_mins(1),
        work: Work::Send,
    }
}

fn rejected(class: Rejection) -> SendOutcome {
    SendOutcome::Rejected { code: Some(12_345), class }
}

const fn fail(cause: Cause) -> Step {
    Step::Fail { cause, code: None }
}

/// How long a text waits for its next attempt.
fn wait(step: &Step) -> Option<f64> {
    match step {
        Step::Queue { at, .. } | Step::Doubt { at, .. } => Some(at.duration_since(now()).as_secs_f64()),
        _ => None,
    }
}

#[test]
fn a_text_that_must_not_go_is_given_up_before_it_is_sent() {
    let late = DueText { not_after: now(), ..text(1) };
    let stopped = DueText { standing: Standing::Stopped, ..text(1) };
    let nowhere = DueText { to: None, ..text(1) };
    assert_eq!(before_send(&text(1), now()), None);
    assert_eq!(before_send(&late, now()), Some(fail(Cause::Expired)));
    assert_eq!(before_send(&stopped, now()), Some(fail(Cause::Stopped)));
    let nobodys = DueText { is_known: false, ..text(1) };
    assert_eq!(before_send(&nowhere, now()), Some(fail(Cause::NoNumber)));
    assert_eq!(before_send(&nobodys, now()), Some(fail(Cause::Stranger)));
}

#[test]
fn waits_double_within_their_jitter_until_they_are_five_minutes() {
    for (attempts, seconds) in [(1, 2.0), (2, 4.0), (3, 8.0), (4, 16.0), (8, 256.0), (9, 300.0)] {
        let waited = wait(&after_send(&text(attempts), BUSY, now())).unwrap();
        assert!((seconds * 0.75..=seconds * 1.25).contains(&waited), "attempt {attempts}: {waited} s");
    }
}

#[test]
fn sms_12_texts_that_failed_together_do_not_come_back_together_and_a_replay_waits_alike() {
    let waits: Vec<_> = (0..50)
        .map(|n| DueText { id: MessageId::trusted(format!("01m{n}")), ..text(3) })
        .map(|text| wait(&after_send(&text, BUSY, now())).unwrap())
        .collect();
    let mut distinct: Vec<_> = waits.iter().map(|wait| (wait * 1000.0) as u64).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() > 40, "{distinct:?}");
    assert!(waits.iter().any(|wait| *wait < 7.0) && waits.iter().any(|wait| *wait > 9.0));
    assert_eq!(after_send(&text(3), BUSY, now()), after_send(&text(3), BUSY, now()));
}

#[test]
fn the_provider_may_ask_for_a_longer_wait_but_never_for_a_shorter() {
    let slow = |after| SendOutcome::Throttled { after, reason: "slow" };
    assert_eq!(wait(&after_send(&text(1), slow(Some(Duration::from_secs(120))), now())), Some(120.0));
    assert!(wait(&after_send(&text(1), slow(Some(Duration::ZERO)), now())).unwrap() >= 7.5);
    assert!(wait(&after_send(&text(1), slow(None), now())).unwrap() >= 7.5);
}

#[test]
fn trying_ends_with_attempts_or_with_use() {
    let soon_useless = DueText { not_after: now() + SignedDuration::from_secs(1), ..text(3) };
    assert_eq!(after_send(&text(MAX_ATTEMPTS), BUSY, now()), fail(Cause::Exhausted));
    assert_eq!(after_send(&soon_useless, BUSY, now()), fail(Cause::Exhausted));
    let endless = SendOutcome::Throttled { after: Some(Duration::MAX), reason: "slow" };
    assert!(!matches!(after_send(&text(MAX_ATTEMPTS), endless, now()), Step::Queue { .. }));
}

#[test]
fn a_rejection_is_final_unless_only_an_operator_can_help() {
    for (class, cause) in [
        (Rejection::Number, Cause::Number),
        (Rejection::OptedOut, Cause::OptedOut),
        (Rejection::Content, Cause::Content),
        (Rejection::Other, Cause::Other),
    ] {
        let step = after_send(&text(1), rejected(class), now());
        assert_eq!(step, Step::Fail { cause, code: Some(12_345) }, "{class:?}");
    }
    let waiting = after_send(&text(MAX_ATTEMPTS * 3), rejected(Rejection::Config), now());
    assert!(matches!(waiting, Step::Queue { why: Delay::Refused(Some(12_345)), .. }));
    assert!(wait(&waiting).unwrap() >= 450.0);
    let too_late = DueText { not_after: now() + SignedDuration::from_mins(5), ..text(1) };
    assert_eq!(
        after_send(&too_late, rejected(Rejection::Config), now()),
        Step::Fail { cause: Cause::Config, code: Some(12_345) }
    );
}

#[test]
fn sms_11_doubt_is_reconciled_and_sent_again_at_most_once() {
    let resent = DueText { resent: true, ..text(2) };
    let late = DueText { not_after: now(), ..text(2) };
    let again = Step::Queue { at: now(), why: Delay::Resend };
    assert!(matches!(after_send(&text(1), DOUBT, now()), Step::Doubt { .. }));
    assert!(wait(&after_send(&text(1), DOUBT, now())).unwrap() > 15.0, "longer than an attempt lasts");
    assert_eq!(after_reconcile(&text(2), Reconciled::Absent, now()), again);
    assert_eq!(after_reconcile(&resent, Reconciled::Absent, now()), fail(Cause::Doubtful));
    assert_eq!(after_reconcile(&late, Reconciled::Absent, now()), fail(Cause::Expired));
    assert!(
        matches!(after_send(&resent, DOUBT, now()), Step::Doubt { .. }),
        "even then it is asked after first"
    );
    assert!(matches!(after_reconcile(&text(2), UNKNOWN, now()), Step::Doubt { .. }));
    assert_eq!(after_reconcile(&text(MAX_ATTEMPTS), UNKNOWN, now()), fail(Cause::Doubtful));
    let found = Reconciled::Found { provider_ids: vec!["SM1".to_owned()] };
    assert_eq!(
        after_reconcile(&text(2), found, now()),
        Step::Found { provider_ids: vec!["SM1".to_owned()], otherwise: Box::new(again) }
    );
}

fn lost(
    purpose: Purpose,
    cause: Cause,
    patient: bool,
    standing: Option<(Severity, AlertState)>,
) -> lamplight::domain::lost::Consequence {
    let (message, somebody) = (MessageId::trusted("01m0"), PatientId::trusted("p1"));
    let standing = standing.map(|(severity, state)| OpenAlert {
        recovered: false,
        timely: Some(Timely { severity, at: Timestamp::UNIX_EPOCH }),
        id: AlertId::trusted("a0"),
        rule: RuleId::trusted(UNDELIVERED_RULE),
        severity,
        state,
    });
    Lost {
        message: &message,
        patient: patient.then_some(&somebody),
        to_carer: false,
        has_returned: false,
        purpose,
        cause,
        at: now(),
    }
    .consequence(standing.as_ref())
}

#[test]
fn a_text_that_a_patient_misses_is_an_alert_as_grave_as_the_text() {
    for (severity, expected) in [
        (None, Severity::Amber),
        (Some(Severity::Advice), Severity::Amber),
        (Some(Severity::Amber), Severity::Amber),
        (Some(Severity::Red), Severity::Red),
    ] {
        for cause in Cause::ALL {
            let by_choice = matches!(cause, Cause::OptedOut | Cause::Stopped);
            match lost(Purpose::Reply(severity), cause, true, None).alert {
                Some(AlertChange::Open(alert)) => assert_eq!(alert.severity, expected, "{cause:?}"),
                None => assert!(by_choice && expected != Severity::Red, "{cause:?} is silent"),
                other => panic!("{cause:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_repeat_joins_the_alert_that_stands_and_only_a_worse_one_undoes_its_acknowledgement() {
    use AlertState::{Acknowledged, Open};
    use Severity::{Amber, Red};
    for (before, state, now, severity, worsened, after) in [
        (Amber, Open, None, Amber, false, Open),
        (Amber, Acknowledged, None, Amber, false, Acknowledged),
        (Amber, Acknowledged, Some(Red), Red, true, Open),
        (Red, Acknowledged, Some(Red), Red, false, Acknowledged),
        (Red, Open, None, Red, false, Open),
    ] {
        match lost(Purpose::Reply(now), Cause::Other, true, Some((before, state))).alert {
            Some(AlertChange::Join(join)) => {
                assert_eq!((join.severity, join.worsened, join.state), (severity, worsened, after));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn tasks_go_to_whoever_can_do_something() {
    let kinds = |purpose, cause, patient| {
        let consequence = lost(purpose, cause, patient, None);
        (consequence.tasks.iter().map(|task| task.kind).collect::<Vec<_>>(), consequence.stop)
    };
    let reply = Purpose::Reply(None);
    assert_eq!(kinds(reply, Cause::Number, true), (vec![TaskKind::DoubtfulNumber], false));
    assert_eq!(kinds(reply, Cause::OptedOut, true), (vec![TaskKind::LeftMonitoring], true));
    assert_eq!(kinds(reply, Cause::Config, true), (vec![TaskKind::ProviderRefuses], false));
    assert_eq!(kinds(Purpose::Neutral, Cause::Number, false), (vec![TaskKind::Undelivered], false));
    assert_eq!(kinds(Purpose::Neutral, Cause::OptedOut, false), (vec![TaskKind::Undelivered], false));
}
