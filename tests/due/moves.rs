//! Onto a protocol and off it again.

use std::collections::BTreeMap;

use jiff::civil::date;
use lamplight::domain::decide::{Decision, PatientState};
use lamplight::domain::id::{EventId, ProtocolId};
use lamplight::domain::patient::{Consent, Standing};
use lamplight::domain::protocol::moves::{
    NewEnrolment, Refusal, accept_invitation, change_times, decline_invitation, end, enrol, pause, resume,
};
use lamplight::domain::protocol::{ConsentRecord, ConsentSource, EnrolmentState, Protocol};

use super::file::{ada, at, catalog, home_bp, time};

fn wish(source: ConsentSource) -> NewEnrolment {
    NewEnrolment {
        protocol: ProtocolId::trusted("home_bp"),
        first_day: date(2026, 3, 2),
        last_day: None,
        consent: ConsentRecord { mode: Consent::Given, at: at("2026-03-01 12:00"), source },
        own_times: BTreeMap::new(),
    }
}

fn staff() -> ConsentSource {
    ConsentSource::Staff("Nurse Joy".to_owned())
}

fn enrolled(protocol: Protocol, new: NewEnrolment) -> Result<Decision, Refusal> {
    enrol(
        &PatientState::of(ada()),
        &catalog([protocol]),
        new,
        &EventId::trusted("e1"),
        at("2026-03-01 12:00"),
    )
}

fn said(decision: &Decision) -> Vec<&str> {
    decision.messages.iter().map(|message| message.body.as_str()).collect()
}

const WHO: &str = "Nurses look at readings 8am to 8pm. This is not an emergency service: call 999 or 111.";

#[test]
fn a_welcome_says_who_looks_and_where_staff_have_not_told_them_how_to_leave() {
    let decision = enrolled(home_bp(), wish(staff())).unwrap();
    let hello = "Hello Ada. Your nurses ask you to check your readings.";
    assert_eq!(said(&decision), [format!("{hello} {WHO} You can stop these texts at any time: text STOP.")]);
    assert_eq!(decision.messages[0].says, ["welcome"]);
    assert_eq!(decision.messages[0].basis, ["home_bp@1f3c"]);
    assert_eq!(decision.enrolments[0].last_day, Some(date(2026, 3, 8)));

    let given = Protocol { consent: Consent::Given, ..home_bp() };
    assert_eq!(said(&enrolled(given, wish(staff())).unwrap()), [format!("{hello} {WHO}")]);
}

#[test]
fn whoever_must_be_asked_first_is_invited_and_whoever_texts_of_their_own_accord_is_not() {
    let asks_first = Protocol { consent: Consent::OptIn, ..home_bp() };
    let decision = enrolled(asks_first.clone(), wish(staff())).unwrap();
    assert_eq!(decision.messages[0].says, ["invite"]);
    assert_eq!(decision.enrolments[0].state, EnrolmentState::Invited { at: at("2026-03-01 12:00") });
    let decision = enrolled(asks_first, wish(ConsentSource::Text("e0".to_owned()))).unwrap();
    assert_eq!(decision.messages[0].says, ["welcome"]);
    assert!(said(&decision)[0].ends_with("text STOP."), "{:?}", said(&decision));
    assert_eq!(decision.enrolments[0].state, EnrolmentState::Active);
}

#[test]
fn a_yes_that_comes_late_moves_the_whole_course() {
    let catalog = catalog([Protocol { consent: Consent::OptIn, ..home_bp() }]);
    let (protocol, tick) = (ProtocolId::trusted("home_bp"), EventId::trusted("e1"));
    let mut state = PatientState::of(ada());
    state.apply(&enrol(&state, &catalog, wish(staff()), &tick, at("2026-03-01 12:00")).unwrap());
    let consent = wish(ConsentSource::Text("e2".to_owned())).consent;
    let now = at("2026-03-04 10:00");
    let decision = accept_invitation(&state, &catalog, &protocol, consent.clone(), &tick, now).unwrap();
    let enrolment = &decision.enrolments[0];
    assert_eq!((enrolment.first_day, enrolment.last_day), (date(2026, 3, 4), Some(date(2026, 3, 10))));
    assert_eq!((enrolment.settled_until, &enrolment.consent), (now, &consent));
    assert_eq!(decision.messages[0].says, ["welcome"]);

    let declined = decline_invitation(&state, &protocol, now).unwrap();
    assert!(declined.enrolments[0].is_over());
    state.apply(&declined);
    assert_eq!(
        accept_invitation(&state, &catalog, &protocol, consent, &tick, now),
        Err(Refusal::NotInvited(protocol))
    );
}

#[test]
fn what_cannot_be_is_refused_in_one_sentence() {
    let protocol = ProtocolId::trusted("home_bp");
    let refusal = |new| enrolled(home_bp(), new).unwrap_err();
    let unknown = ProtocolId::trusted("tea");
    assert_eq!(
        refusal(NewEnrolment { protocol: unknown.clone(), ..wish(staff()) }),
        Refusal::UnknownProtocol(unknown)
    );
    let early = date(2026, 2, 1);
    assert_eq!(
        refusal(NewEnrolment { last_day: Some(early), ..wish(staff()) }),
        Refusal::EndsBeforeItStarts { first: date(2026, 3, 2), last: early }
    );
    assert_eq!(
        refusal(NewEnrolment { first_day: date(2026, 1, 1), ..wish(staff()) }),
        Refusal::IsOver(date(2026, 1, 7))
    );
    let own_times = BTreeMap::from([("noon".to_owned(), vec![time("12:00")])]);
    assert_eq!(
        refusal(NewEnrolment { own_times, ..wish(staff()) }),
        Refusal::UnknownEntry { protocol: protocol.clone(), entry: "noon".to_owned() }
    );
    let own_times = BTreeMap::from([("morning".to_owned(), Vec::new())]);
    assert_eq!(refusal(NewEnrolment { own_times, ..wish(staff()) }), Refusal::NoTimes("morning".to_owned()));

    let (catalog, tick, now) = (catalog([home_bp()]), EventId::trusted("e1"), at("2026-03-01 12:00"));
    let mut state = PatientState::of(ada());
    assert_eq!(pause(&state, &protocol, None, String::new(), now), Err(Refusal::NotOn(protocol.clone())));
    state.apply(&enrol(&state, &catalog, wish(staff()), &tick, now).unwrap());
    assert_eq!(enrol(&state, &catalog, wish(staff()), &tick, now), Err(Refusal::AlreadyOn(protocol.clone())));
    state.patient.standing = Standing::Stopped;
    state.enrolments.clear();
    assert_eq!(enrol(&state, &catalog, wish(staff()), &tick, now), Err(Refusal::HasLeft));
    let mut phoneless = PatientState::of(ada());
    phoneless.patient.phone = None;
    let asks_first = super::file::catalog([Protocol { consent: Consent::OptIn, ..home_bp() }]);
    assert_eq!(enrol(&phoneless, &asks_first, wish(staff()), &tick, now), Err(Refusal::NoPhone(protocol)));
}

#[test]
fn every_move_raises_the_revision() {
    let (catalog, tick) = (catalog([home_bp()]), EventId::trusted("e1"));
    let protocol = ProtocolId::trusted("home_bp");
    let mut state = PatientState::of(ada());
    state.apply(&enrol(&state, &catalog, wish(staff()), &tick, at("2026-03-01 12:00")).unwrap());
    let own_times = BTreeMap::from([("morning".to_owned(), vec![time("09:15")])]);
    let now = at("2026-03-02 07:00");
    state.apply(&change_times(&state, &catalog, &protocol, own_times, &tick, now).unwrap());
    assert_eq!(state.enrolments[0].revision, 2);
    state.apply(&pause(&state, &protocol, None, "holiday".to_owned(), now).unwrap());
    assert!(!state.enrolments[0].asks_at(now));
    state.apply(&resume(&state, &protocol, now).unwrap());
    assert!(state.enrolments[0].asks_at(now));
    assert_eq!(state.enrolments[0].revision, 4);
    let over = end(&state, &protocol, now).unwrap();
    assert_eq!(over.enrolments[0].revision, 5);
    assert!(over.enrolments[0].is_over());
}
