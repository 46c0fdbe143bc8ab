//! Conversations under a virtual clock, as they would be read.

use jiff::civil::{Weekday, date};
use lamplight::domain::decide::Catalog;
use lamplight::domain::id::ProtocolId;
use lamplight::domain::patient::Consent;
use lamplight::domain::protocol::{Does, MissCause, Protocol};
use lamplight::domain::rehearsal::Rehearsal;

use super::file::{ada, asks, at, catalog, entry, home_bp, on, protocol, when_missed};

macro_rules! reads {
    ($house:expr, @$words:literal) => {
        insta::assert_snapshot!($house.dialogue(), @$words)
    };
}

/// Ada, enrolled at noon of 1 March for a course from 2 March on.
fn enrolled<'c>(catalog: &'c Catalog, protocols: &[&str]) -> Rehearsal<'c> {
    let mut house = Rehearsal::new(catalog, ada(), at("2026-03-01 12:00"));
    for protocol in protocols {
        house.enrol(&ProtocolId::trusted(*protocol), date(2026, 3, 2), None).unwrap();
    }
    house
}

fn daily(id: &str, question: &str, times: &[&str]) -> Protocol {
    protocol(id, vec![entry("daily", asks(&[question]), times)])
}

#[test]
fn a_question_is_asked_reminded_of_once_and_missed_when_its_window_closes() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-02 18:20"));
    house.text("BP 124 76");
    house.pass_to(at("2026-03-02 23:59"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask bp
    2026-03-02 09:00  >  remind bp
    2026-03-02 12:00  -  bp silent
    2026-03-02 18:00  >  ask bp
    2026-03-02 18:20  <  BP 124 76
    2026-03-02 18:20  >  reply
    ");
}

#[test]
fn a_reading_shortly_before_counts_as_the_answer() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-02 06:30"));
    house.text("BP 124 76");
    house.pass_to(at("2026-03-02 17:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 06:30  <  BP 124 76
    2026-03-02 06:30  >  reply
    ");
}

#[test]
fn what_falls_into_an_outage_is_asked_late_while_it_is_of_use_and_else_is_our_miss() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-02 07:00"));
    house.outage(at("2026-03-02 09:30"));
    house.pass_to(at("2026-03-02 12:00"));
    house.outage(at("2026-03-03 08:10"));
    house.pass_to(at("2026-03-03 09:20"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 07:00  =  outage until 2026-03-02 09:30
    2026-03-02 09:30  >  ask bp
    2026-03-02 10:30  >  remind bp
    2026-03-02 12:00  =  outage until 2026-03-03 08:10
    2026-03-03 08:10  -  bp our_outage
    2026-03-03 08:10  -  bp our_outage
    2026-03-03 08:10  ?  our_outage
    2026-03-03 08:10  >  ask bp
    2026-03-03 09:10  >  remind bp
    ");
}

#[test]
fn the_course_ends_with_the_average_of_all_but_the_first_day() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    for (day, pressure) in (2..=8).zip([
        "BP 150 95",
        "BP 130 80",
        "BP 132 80",
        "BP 134 82",
        "BP 128 78",
        "BP 131 81",
        "BP 133 79",
    ]) {
        house.pass_to(at(&format!("2026-03-0{day} 08:10")));
        house.text(pressure);
        house.pass_to(at(&format!("2026-03-0{day} 18:10")));
        house.text(pressure);
    }
    let before = house.lines().len();
    house.pass_to(at("2026-03-10 12:00"));
    let closing: Vec<String> = house.lines()[before..].iter().map(ToString::to_string).collect();
    assert_eq!(closing, ["2026-03-09 07:30  >  say done"]);
    let body = house.lines().last().and_then(|line| line.body.clone());
    assert_eq!(body.as_deref(), Some("That was all. Your average is blood pressure 131/80."));
    assert!(house.state().enrolments.is_empty());
}

#[test]
fn too_few_readings_make_no_average() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-09 12:00"));
    assert_eq!(
        house.lines().last().map(ToString::to_string).as_deref(),
        Some("2026-03-09 07:30  >  say too_few")
    );
}

#[test]
fn two_protocols_ask_for_a_vital_once_and_in_one_text() {
    let catalog = catalog([
        daily("heart", "bp", &["08:00"]),
        daily("kidney", "bp", &["08:00", "09:00"]),
        daily("scales", "weight", &["08:00"]),
    ]);
    let mut house = enrolled(&catalog, &["heart", "kidney", "scales"]);
    house.pass_to(at("2026-03-02 10:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-01 12:00  >  welcome
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask bp + ask weight
    2026-03-02 09:00  >  remind bp + remind weight
    ");
}

#[test]
fn a_question_that_is_no_vital_waits_until_the_one_before_is_closed() {
    let mut mood = daily("mood", "mood", &["08:00"]);
    mood.schedule[0].late_minutes = 300;
    let catalog = catalog([daily("copd", "well", &["08:00"]), mood]);
    let mut house = enrolled(&catalog, &["copd", "mood"]);
    house.pass_to(at("2026-03-02 20:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask well
    2026-03-02 09:00  >  remind well
    2026-03-02 12:00  -  well silent
    2026-03-02 12:00  >  ask mood
    2026-03-02 13:00  >  remind mood
    2026-03-02 16:00  -  mood silent
    ");
}

#[test]
fn tips_of_one_minute_go_out_as_one_and_wait_for_the_morning() {
    let tips = |id, tip: &str, time| {
        let mut entry = entry("tips", Does::Say(vec![tip.to_owned()]), &[time]);
        entry.days = on(&[Weekday::Wednesday]);
        protocol(id, vec![entry])
    };
    let catalog = catalog([tips("heart", "tip_salt", "06:00"), tips("kidney", "tip_walk", "07:30")]);
    let mut house = enrolled(&catalog, &["heart", "kidney"]);
    house.pass_to(at("2026-03-11 12:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-01 12:00  >  welcome
    2026-03-04 07:30  >  say tip_salt + say tip_walk
    2026-03-11 07:30  >  say tip_salt + say tip_walk
    ");
}

#[test]
fn reminders_wait_for_the_end_of_quiet_hours_or_are_dropped() {
    let mut evening = daily("evening", "bp", &["20:30"]);
    evening.schedule[0].window_minutes = 840;
    let mut short = daily("short", "weight", &["20:45"]);
    short.schedule[0].window_minutes = 120;
    let catalog = catalog([evening, short]);
    let mut house = enrolled(&catalog, &["evening", "short"]);
    house.pass_to(at("2026-03-03 12:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-01 12:00  >  welcome
    2026-03-02 20:30  >  ask bp
    2026-03-02 20:45  >  ask weight
    2026-03-02 22:45  -  weight silent
    2026-03-03 07:30  >  remind bp
    2026-03-03 10:30  -  bp silent
    ");
}

#[test]
fn a_question_that_was_not_delivered_is_no_silence() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-02 08:03"));
    house.undelivered();
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask bp
    2026-03-02 08:03  =  undelivered
    2026-03-02 08:03  -  bp undelivered
    ");
    assert!(house.state().misses.values().all(|row| row.silent == 0 && row.in_a_row == 1));
}

#[test]
fn silence_of_a_device_whose_hub_is_offline_is_not_the_patients() {
    let catalog = catalog([daily("scales", "weight", &["08:00"])]);
    let mut house = enrolled(&catalog, &["scales"]);
    house.trouble(Some(MissCause::HubOffline));
    house.pass_to(at("2026-03-02 12:00"));
    assert!(house.dialogue().ends_with("2026-03-02 12:00  -  weight hub_offline\n"), "{}", house.dialogue());
}

#[test]
fn three_silences_in_a_row_lead_on_once_and_nobody_is_woken_for_it() {
    let mut late = daily("late", "bp", &["19:00"]);
    late.follow_ups = vec![when_missed("bp", 3, Does::Say(vec!["ring".to_owned()]))];
    let catalog = catalog([late]);
    let mut house = enrolled(&catalog, &["late"]);
    house.pass_to(at("2026-03-06 12:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 19:00  >  ask bp
    2026-03-02 20:00  >  remind bp
    2026-03-02 23:00  -  bp silent
    2026-03-03 19:00  >  ask bp
    2026-03-03 20:00  >  remind bp
    2026-03-03 23:00  -  bp silent
    2026-03-03 23:00  !  advice silence
    2026-03-04 19:00  >  ask bp
    2026-03-04 20:00  >  remind bp
    2026-03-04 23:00  -  bp silent
    2026-03-04 23:00  !  amber silence
    2026-03-05 07:30  >  say ring
    2026-03-05 19:00  >  ask bp
    2026-03-05 20:00  >  remind bp
    2026-03-05 23:00  -  bp silent
    2026-03-05 23:00  !  amber silence
    ");
}

#[test]
fn a_pause_is_no_silence_and_nothing_of_it_is_made_up_for() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-02 08:30"));
    house.pause(Some(at("2026-03-04 12:00")));
    house.pass_to(at("2026-03-04 18:30"));
    house.pause(None);
    house.pass_to(at("2026-03-05 18:30"));
    house.resume();
    house.pass_to(at("2026-03-06 08:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask bp
    2026-03-02 08:30  =  pause until 2026-03-04 12:00
    2026-03-04 18:00  >  ask bp
    2026-03-04 18:30  =  pause
    2026-03-05 18:30  =  resume
    2026-03-06 08:00  >  ask bp
    ");
}

#[test]
fn stop_ends_all_texts_and_start_asks_from_then_on() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-02 08:30"));
    house.text("STOP");
    house.pass_to(at("2026-03-03 17:00"));
    house.text("START");
    house.pass_to(at("2026-03-03 18:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask bp
    2026-03-02 08:30  <  STOP
    2026-03-02 08:30  ?  left_monitoring
    2026-03-03 17:00  <  START
    2026-03-03 17:00  >  restarted
    2026-03-03 18:00  >  ask bp
    ");
}

#[test]
fn the_end_silences_what_is_open() {
    let catalog = catalog([home_bp()]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-02 08:30"));
    house.end();
    house.pass_to(at("2026-03-12 08:30"));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask bp
    2026-03-02 08:30  =  end
    ");
}

#[test]
fn an_invitation_that_nobody_answers_becomes_a_task_and_lapses() {
    let mut asked_first = home_bp();
    asked_first.consent = Consent::OptIn;
    let catalog = catalog([asked_first]);
    let mut house = enrolled(&catalog, &["home_bp"]);
    house.pass_to(at("2026-03-20 12:00"));
    reads!(house, @r"
    2026-03-01 12:00  >  invite
    2026-03-04 12:00  ?  invitation_unanswered
    ");
    assert!(house.state().enrolments.is_empty());
}

#[test]
fn our_outage_is_never_counted_against_the_patient() {
    let catalog = catalog([daily("daily", "weight", &["08:00"])]);
    let mut house = enrolled(&catalog, &["daily"]);
    house.pass_to(at("2026-03-04 07:00"));
    house.outage(at("2026-03-04 20:00"));
    house.pass_to(at("2026-03-05 12:00"));
    let row = house.state().misses.values().next().copied().unwrap();
    assert_eq!((row.in_a_row, row.silent), (3, 3));
    reads!(house, @r"
    2026-03-01 12:00  >  welcome
    2026-03-02 08:00  >  ask weight
    2026-03-02 09:00  >  remind weight
    2026-03-02 12:00  -  weight silent
    2026-03-03 08:00  >  ask weight
    2026-03-03 09:00  >  remind weight
    2026-03-03 12:00  -  weight silent
    2026-03-03 12:00  !  advice silence
    2026-03-04 07:00  =  outage until 2026-03-04 20:00
    2026-03-04 20:00  -  weight our_outage
    2026-03-04 20:00  ?  our_outage
    2026-03-05 08:00  >  ask weight
    2026-03-05 09:00  >  remind weight
    2026-03-05 12:00  -  weight silent
    2026-03-05 12:00  !  amber silence
    ");
}
