//! What is said of a reading: news once, praise only where it is due.

use lamplight::domain::alert::{AlertChange, AlertState, OpenAlert, Severity, Timely};
use lamplight::domain::decide::{Decision, Party, PatientState, decide};
use lamplight::domain::id::{AlertId, EventId, RuleId};

use super::ward::{asked, at, patient, sum, text, texts, wards};

const PRAISE: &str = "within your limits";

/// Texts on that day in March, at eight.
fn text_on(state: &mut PatientState, day: u8, body: &str) -> Decision {
    let now = format!("2026-03-{day:02}T08:00:00Z").parse().unwrap();
    let mut event = texts(body, "08:00");
    (event.id, event.received_at) = (EventId::trusted(format!("d{day}")), now);
    let decision = decide(Party::Patient(state), wards(), &event, now);
    state.apply(&decision);
    decision
}

fn body(decision: &Decision) -> &str {
    decision.messages.first().map_or("", |message| &message.body)
}

fn weighed() -> PatientState {
    let mut state = PatientState::of(patient());
    state.rules_added.insert(RuleId::trusted("weight_gain"));
    state
}

#[test]
fn what_holds_for_days_is_said_once_until_it_is_news() {
    let mut state = weighed();
    text_on(&mut state, 2, "weight 80.0 kg");
    let first = text_on(&mut state, 3, "weight 82.4 kg");
    assert!(sum(&first).ends_with("says reply amber"), "{}", sum(&first));
    let again = text_on(&mut state, 4, "weight 82.5 kg");
    assert!(matches!(again.alerts.as_slice(), [AlertChange::Join(_)]), "nurses see that it holds");
    assert!(sum(&again).ends_with("says reply") && !body(&again).contains(PRAISE), "{}", body(&again));
    // Dealt with by a nurse, the next is news.
    state.alerts.clear();
    assert!(sum(&text_on(&mut state, 5, "weight 82.6 kg")).ends_with("says reply amber"));
}

#[test]
fn a_weight_that_only_its_change_is_watched_of_is_noted_and_not_praised() {
    let noted = text_on(&mut weighed(), 2, "weight 80.0 kg");
    assert!(body(&noted).contains("80") && !body(&noted).contains(PRAISE), "{}", body(&noted));
    let praised = text_on(&mut weighed(), 2, "BP 121 74");
    assert!(body(&praised).contains(PRAISE), "{}", body(&praised));
}

#[test]
fn nobody_is_within_their_limits_while_an_alert_of_that_vital_stands() {
    let mut state = PatientState::of(patient());
    text(&mut state, "BP 155 92", "08:00");
    let first = text(&mut state, "BP 121 74", "08:40");
    assert!(!body(&first).contains(PRAISE), "one good reading does not end it: {}", body(&first));
    let other = text(&mut state, "pulse 72", "08:41");
    assert!(body(&other).contains(PRAISE), "another vital is: {}", body(&other));
    let second = text(&mut state, "BP 122 75", "09:20");
    assert!(body(&second).contains(PRAISE), "{}", body(&second));
}

#[test]
fn a_reading_or_an_answer_ends_an_open_silence() {
    for (severity, closes) in [(Severity::Advice, true), (Severity::Amber, false)] {
        for word in ["BP 121 74", "yes"] {
            let mut state = PatientState::of(patient());
            asked(&mut state, "kinds", "better", "07:50");
            state.alerts.push(OpenAlert {
                id: AlertId::trusted("quiet"),
                rule: RuleId::trusted("silence"),
                severity,
                state: AlertState::Open,
                timely: Some(Timely { severity, at: at("07:00") }),
                recovered: false,
            });
            let decision = text(&mut state, word, "08:00");
            let [AlertChange::Recover(recovery)] = decision.alerts.as_slice() else {
                panic!("{word}: {:?}", decision.alerts)
            };
            assert_eq!(recovery.closes, closes, "{word}");
            assert_eq!(state.alerts.len(), usize::from(!closes), "amber stays for a human");
        }
    }
}
