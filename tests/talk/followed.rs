//! What follows of an answer, a finding and a miss.

use jiff::Timestamp;
use lamplight::domain::protocol::PromptState;
use lamplight::domain::reading::Measurement;
use lamplight::domain::vital::Vital;

use super::ward::{at, rehearse};

fn pass(rehearsal: &mut lamplight::domain::rehearsal::Rehearsal<'_>, clock: &str) {
    rehearsal.pass_to(at(clock));
}

#[test]
fn a_high_reading_is_measured_again_once_and_the_next_day_again() {
    let mut house = rehearse(&["pressure"]);
    pass(&mut house, "08:05");
    house.text("BP 155 92");
    pass(&mut house, "08:32");
    house.text("BP 152 90");
    pass(&mut house, "08:40");
    house.text("BP 151 90");
    pass(&mut house, "18:05");
    house.text("BP 157 92");
    pass(&mut house, "18:40");
    house.text("BP 126 74");
    insta::assert_snapshot!(house.transcript());
}

#[test]
fn a_reading_right_after_the_first_is_no_second_measurement() {
    let mut house = rehearse(&["pressure"]);
    pass(&mut house, "08:05");
    house.text("BP 155 92");
    pass(&mut house, "08:07");
    house.text("BP 153 90");
    assert_eq!(house.state().prompts.len(), 1, "it still waits");
    pass(&mut house, "08:30");
    house.text("BP 131 79");
    assert!(house.state().prompts.is_empty(), "after most of the rest it is one");
}

#[test]
fn two_teams_that_want_a_second_measurement_ask_for_it_once() {
    let mut house = rehearse(&["pressure", "retest"]);
    pass(&mut house, "08:05");
    house.text("BP 155 92");
    let waiting: Vec<_> =
        house.state().prompts.iter().map(|prompt| (prompt.protocol.as_str(), prompt.planned_at)).collect();
    assert_eq!(waiting, [("retest", at("08:20"))]);
    pass(&mut house, "08:25");
    house.text("BP 155 92");
    assert!(house.state().prompts.is_empty(), "neither asks a third time");
}

#[test]
fn an_answer_leads_on_in_the_very_reply() {
    let mut house = rehearse(&["lungs"]);
    house.text("yes please");
    pass(&mut house, "09:05");
    house.text("no");
    house.text("38.4");
    insta::assert_snapshot!(house.transcript());
}

#[test]
fn a_question_that_follows_is_answered_like_any() {
    let mut house = rehearse(&["lungs"]);
    house.text("YES");
    pass(&mut house, "09:05");
    house.text("yes");
    house.text("4");
    pass(&mut house, "10:30");
    insta::assert_snapshot!(house.transcript());
}

#[test]
fn a_hypo_is_measured_again_twice_and_not_for_ever() {
    let mut house = rehearse(&["hypo"]);
    let mut asked = 0;
    for clock in ["10:00", "10:20", "10:40", "11:00", "11:20"] {
        pass(&mut house, clock);
        house.text("glucose 3.2");
        asked = asked.max(house.state().follow_counts.values().copied().max().unwrap_or(0));
    }
    assert_eq!(asked, 2);
    pass(&mut house, "11:40");
    house.text("glucose 6.2");
    assert_eq!(house.state().follow_counts.values().copied().max(), Some(0), "a quiet one begins again");
    pass(&mut house, "12:30");
    house.text("glucose 3.3");
    assert_eq!(house.state().prompts.len(), 1);
}

#[test]
fn todays_fevers_do_not_use_up_tomorrows_second_measurement() {
    let mut house = rehearse(&["wound"]);
    let waiting = |house: &lamplight::domain::rehearsal::Rehearsal<'_>| house.state().prompts.len();
    for day in 2..=4 {
        house.pass_to(format!("2026-03-0{day}T09:05:00Z").parse().unwrap());
        house.text("no");
        house.text("38.4");
        assert_eq!(waiting(&house), 1, "a second measurement on the {day}th");
        house.pass_to(format!("2026-03-0{day}T10:10:00Z").parse().unwrap());
        house.text("38.6");
        assert_eq!(waiting(&house), 0, "and no third");
    }
}

#[test]
fn a_device_that_measures_is_followed_up_as_a_text_is() {
    let mut house = rehearse(&["pressure"]);
    pass(&mut house, "08:05");
    let pressure = |systolic, diastolic| {
        vec![
            Measurement::exactly(Vital::Systolic, systolic).unwrap(),
            Measurement::exactly(Vital::Diastolic, diastolic).unwrap(),
        ]
    };
    house.device(pressure(156.0, 93.0));
    pass(&mut house, "08:40");
    house.device(pressure(129.0, 78.0));
    insta::assert_snapshot!(house.transcript());
}

#[test]
fn nothing_follows_a_reading_that_may_be_a_slip_until_it_is_confirmed() {
    let mut house = rehearse(&["pressure"]);
    pass(&mut house, "08:05");
    house.text("BP 235 120");
    assert!(house.state().prompts.iter().all(|prompt| prompt.state == PromptState::Asked));
    house.text("yes");
    let waiting: Vec<Timestamp> = house.state().prompts.iter().map(|prompt| prompt.planned_at).collect();
    assert_eq!(waiting, [at("08:35")]);
}

#[test]
fn a_patient_in_danger_by_their_own_words_is_left_to_a_human() {
    let mut house = rehearse(&["pressure"]);
    pass(&mut house, "08:05");
    house.text("BP 155 92 and I have chest pain");
    assert!(house.state().prompts.is_empty());
}
