//! Coming onto a protocol and leaving it by text.

use lamplight::domain::decide::{Party, PatientState, decide};
use lamplight::domain::protocol::{ConsentSource, EndReason, EnrolmentState};

use super::ward::{asked, at, enrolled, patient, sum, text, texts, wards};

fn invited() -> PatientState {
    let mut state = PatientState::of(patient());
    enrolled(&mut state, "lungs", EnrolmentState::Invited { at: at("07:00") });
    state
}

#[test]
fn a_yes_to_an_invitation_is_consent_with_time_and_source() {
    let mut state = invited();
    let decision = text(&mut state, "Yes please", "08:00");
    assert_eq!(sum(&decision), "says welcome");
    let enrolment = &state.enrolments[0];
    assert_eq!(enrolment.state, EnrolmentState::Active);
    assert_eq!(enrolment.consent.source, ConsentSource::Text("e0800".to_owned()));
    assert_eq!(enrolment.consent.at, at("08:00"));
}

#[test]
fn a_no_ends_it_and_a_nurse_is_told() {
    let mut state = invited();
    let decision = text(&mut state, "no", "08:00");
    assert_eq!(sum(&decision), "task declined; says declined");
    let ended = EnrolmentState::Ended { at: at("08:00"), why: EndReason::Declined };
    assert_eq!(decision.enrolments[0].state, ended);
    assert_eq!(sum(&text(&mut state, "yes", "08:01")), "says nothing_pending");
}

#[test]
fn a_yes_goes_to_a_question_that_came_after_the_invitation() {
    let mut state = invited();
    asked(&mut state, "kinds", "better", "07:30");
    assert_eq!(sum(&text(&mut state, "yes", "08:00")), "better=yes; says thanks better");
    assert_eq!(sum(&text(&mut state, "yes", "08:01")), "says welcome");
}

#[test]
fn a_yes_goes_to_a_reading_that_was_read_back_after_the_invitation() {
    let mut state = invited();
    text(&mut state, "BP 235 120", "07:30");
    assert_eq!(sum(&text(&mut state, "yes", "08:00")), "says reply red");
    assert_eq!(sum(&text(&mut state, "yes", "08:01")), "says welcome");
}

#[test]
fn a_keyword_enrols_a_patient_from_tomorrow_and_once() {
    let mut state = PatientState::of(patient());
    assert_eq!(sum(&text(&mut state, " joinbp.", "08:00")), "says welcome");
    assert_eq!(state.enrolments[0].first_day.to_string(), "2026-03-03");
    assert_eq!(state.enrolments[0].consent.source, ConsentSource::Text("e0800".to_owned()));
    assert_eq!(sum(&text(&mut state, "JOINBP", "08:01")), "says welcome");
    assert_eq!(state.enrolments.len(), 1);
}

#[test]
fn a_keyword_never_brings_back_somebody_who_has_left() {
    let mut state = PatientState::of(patient());
    text(&mut state, "STOP", "08:00");
    let decision = text(&mut state, "JOINBP", "08:01");
    assert_eq!(sum(&decision), "task self_enrolment");
    assert!(state.enrolments.is_empty());
}

#[test]
fn a_keyword_from_an_unknown_number_is_a_nurses_to_act_on() {
    let party = Party::UnknownSender { answered: false };
    let decision = decide(party, wards(), &texts("JOINBP", "08:00"), at("08:00"));
    assert_eq!(sum(&decision), "task unknown_sender; task self_enrolment; says unknown_sender");
    assert!(decision.enrolments.is_empty() && decision.patient.is_none());
}

#[test]
fn leaving_keeps_the_enrolment_and_coming_back_makes_up_for_nothing() {
    let mut state = PatientState::of(patient());
    enrolled(&mut state, "pressure", EnrolmentState::Active);
    asked(&mut state, "pressure", "bp", "08:00");
    let decision = text(&mut state, "please stop texting me", "08:05");
    assert!(decision.messages.is_empty() && state.prompts.is_empty());
    assert_eq!(state.enrolments[0].state, EnrolmentState::Active);
    text(&mut state, "START", "18:00");
    assert_eq!(state.enrolments[0].settled_until, at("18:00"));
}
