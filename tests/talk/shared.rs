//! A phone that two patients share.

use lamplight::domain::alert::AlertChange;
use lamplight::domain::decide::{Decision, Outcome, Party, PatientState, decide};
use lamplight::domain::event::Event;
use lamplight::domain::id::PatientId;
use lamplight::domain::patient::{Patient, Standing};

use super::ward::{asked, at, patient, sum, texts, wards};

/// Ada and Bob, and what is held from their phone.
struct Couple {
    states: Vec<PatientState>,
    waiting: Vec<Event>,
}

impl Couple {
    fn new() -> Self {
        let bob =
            Patient { id: PatientId::trusted("bob"), name: Some("Bob Lovelace".to_owned()), ..patient() };
        Self { states: vec![PatientState::of(patient()), PatientState::of(bob)], waiting: Vec::new() }
    }

    fn text(&mut self, body: &str, clock: &str) -> Decision {
        let event = texts(body, clock);
        let states: Vec<&PatientState> = self.states.iter().collect();
        let party = Party::Shared { states: &states, waiting: &self.waiting };
        let decision = decide(party, wards(), &event, at(clock));
        for state in &mut self.states {
            if decision.patient.as_ref().is_none_or(|patient| *patient == state.patient.id) {
                state.apply(&decision);
            }
        }
        self.waiting.retain(|held| !decision.releases.contains(&held.id));
        if decision.outcome == Outcome::Held {
            self.waiting.push(event);
        }
        decision
    }
}

fn whose(decision: &Decision) -> &str {
    decision.patient.as_ref().map_or("nobody", PatientId::as_str)
}

#[test]
fn a_reading_with_a_name_is_the_named_ones() {
    for (body, expected) in [
        ("Ada BP 131 79", "ada"),
        ("ada: 131/79", "ada"),
        ("BP 131 79 Bob", "bob"),
        ("BOB'S BP 131 79", "bob"),
        ("This is Bob Lovelace. BP 131 79", "bob"),
        ("BP 131 79 for Ada", "ada"),
        ("BP 131 79 Lovelace", "nobody"),
        ("Ada and Bob BP 131 79", "nobody"),
        ("BP 131 79", "nobody"),
        ("adaptor broken", "nobody"),
    ] {
        assert_eq!(whose(&Couple::new().text(body, "08:00")), expected, "{body}");
    }
}

#[test]
fn it_is_asked_once_whose_a_reading_is_and_the_name_makes_it_theirs() {
    let mut couple = Couple::new();
    let held = couple.text("BP 131 79", "08:00");
    assert_eq!(sum(&held), "task shared_phone; says whose");
    assert!(held.messages[0].body.contains("Ada, Bob"), "{}", held.messages[0].body);
    assert!(held.messages[0].patient.is_none());
    let named = couple.text("It's Bob", "08:05");
    assert_eq!(
        (whose(&named), sum(&named).as_str()),
        ("bob", "systolic 131 diastolic 79 accepted; says reply")
    );
    assert_eq!(named.readings[0].taken_at, at("08:00"), "it was measured when it came");
    assert_eq!(named.releases.len(), 1);
    assert_eq!(named.inbound.len(), 2, "both texts go on his record");
    assert!(couple.waiting.is_empty());
}

#[test]
fn a_reading_of_nobody_knows_whom_is_judged_against_both() {
    let mut couple = Couple::new();
    let held = couple.text("BP 186 97", "08:00");
    let patients: Vec<_> = held
        .alerts
        .iter()
        .map(|change| match change {
            AlertChange::Open(new) => (new.patient.as_str(), new.evidence.as_ref().unwrap().unconfirmed),
            AlertChange::Join(_) => ("joined", false),
            AlertChange::Recover(_) => ("recovered", false),
        })
        .collect();
    assert_eq!(patients, [("ada", true), ("bob", true)]);
    assert!(couple.states.iter().all(|state| state.alerts.len() == 1));
    let named = couple.text("Ada", "08:02");
    let [AlertChange::Join(join)] = named.alerts.as_slice() else { panic!("{:?}", named.alerts) };
    assert!(!join.repeat, "it is one reading");
    assert_eq!(sum(&named), "systolic 186 diastolic 97 accepted; says reply red");
}

#[test]
fn the_second_reading_that_nobody_names_is_not_asked_about_again() {
    let mut couple = Couple::new();
    couple.text("BP 131 79", "08:00");
    let second = couple.text("BP 128 77", "08:01");
    assert_eq!(sum(&second), "task shared_phone; says help");
    let named = couple.text("Ada", "08:02");
    assert_eq!(whose(&named), "nobody", "of two readings nobody knows which is meant");
}

#[test]
fn a_name_that_comes_a_day_late_is_no_answer() {
    let mut couple = Couple::new();
    couple.text("BP 131 79", "08:00");
    assert_eq!(whose(&couple.text("Ada", "12:01")), "nobody");
}

#[test]
fn the_only_one_who_was_asked_is_the_one_who_answers() {
    let mut couple = Couple::new();
    asked(&mut couple.states[1], "kinds", "bp", "07:50");
    asked(&mut couple.states[1], "kinds", "better", "07:55");
    assert_eq!(whose(&couple.text("131/79", "08:00")), "bob");
    assert_eq!(whose(&couple.text("yes", "08:01")), "bob");
    assert_eq!(whose(&couple.text("weight 82 kg", "08:02")), "nobody", "nobody asked for that");
}

#[test]
fn where_both_were_asked_nobody_is_guessed() {
    let mut couple = Couple::new();
    asked(&mut couple.states[0], "kinds", "bp", "07:50");
    asked(&mut couple.states[1], "pressure", "bp", "07:55");
    assert_eq!(whose(&couple.text("BP 131 79", "08:00")), "nobody");
}

#[test]
fn namesakes_are_told_apart_by_their_full_names() {
    let mut couple = Couple::new();
    couple.states[1].patient.name = Some("Ada Byron".to_owned());
    assert_eq!(whose(&couple.text("Ada BP 131 79", "08:00")), "nobody");
    assert_eq!(whose(&couple.text("Ada Byron BP 131 79", "08:01")), "bob");
}

#[test]
fn an_emergency_is_answered_as_one_and_somebody_who_left_is_not_texted() {
    let mut couple = Couple::new();
    assert_eq!(sum(&couple.text("I have chest pain", "08:00")), "task shared_phone; says urgent");
    couple.states[0].patient.standing = Standing::Stopped;
    assert_eq!(sum(&couple.text("BP 131 79", "08:01")), "task shared_phone");
}

#[test]
fn stop_from_a_shared_phone_stops_all_who_have_it_and_start_restores_them() {
    let mut couple = Couple::new();
    asked(&mut couple.states[1], "kinds", "bp", "07:50");
    couple.text("Ada BP 190 99", "07:55");
    let left = couple.text("STOP", "08:00");
    assert_eq!(sum(&left), "task left_monitoring; task left_monitoring");
    let subjects: Vec<_> = left.tasks.iter().map(|task| task.subject.as_str()).collect();
    assert_eq!(subjects, ["ada", "bob"]);
    assert!(left.tasks[0].detail.contains("one of their alerts is not resolved"), "{}", left.tasks[0].detail);
    assert!(couple.states.iter().all(|state| state.patient.standing == Standing::Stopped));
    assert!(couple.states[1].prompts.is_empty(), "nothing is asked any more");
    assert_eq!(couple.states[0].alerts.len(), 1, "red stands");
    let judged = couple.text("Bob BP 190 99", "08:01");
    assert!(judged.messages.is_empty() && judged.alerts.len() == 1);
    assert_eq!(sum(&couple.text("START", "08:02")), "says restarted");
    assert!(couple.states.iter().all(|state| state.patient.standing == Standing::Active));
    assert_eq!(couple.states[0].enrolments, [], "nobody gets the other's course");
}

#[test]
fn what_else_a_stop_from_a_shared_phone_says_is_judged() {
    let left = Couple::new().text("STOP BP 190 99", "08:00");
    assert_eq!(left.alerts.len(), 2);
    assert!(left.messages.is_empty() && left.standings.len() == 2);
}
