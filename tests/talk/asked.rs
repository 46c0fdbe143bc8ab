//! What a text means beside the questions that are open.

use lamplight::domain::decide::PatientState;
use lamplight::domain::protocol::PromptState;

use super::ward::{asked, at, patient, sum, text};

/// Open questions, oldest first; the text; what becomes of it.
const ROWS: &[(&[&str], &str, &str)] = &[
    // A vital sign.
    (&["oxygen"], "98%", "spo2 98 accepted; oxygen=98; says reply"),
    (&["oxygen"], "95", "spo2 95 accepted; oxygen=95; says reply"),
    (&["weight"], "82", "weight 82 accepted; weight=82; says reply"),
    (&["bp"], "131 79", "systolic 131 diastolic 79 accepted; says reply"),
    (&["sugar"], "6.4", "glucose 6.4 accepted; sugar=6.4; says reply"),
    // A reading that nobody asked for leaves the question open.
    (&["weight"], "BP 131 79", "systolic 131 diastolic 79 accepted; says reply"),
    // Two questions, and only one of them can be meant.
    (&["weight", "oxygen"], "131/79", "systolic 131 diastolic 79 accepted; says reply"),
    (&["bp", "sugar"], "6.4", "glucose 6.4 accepted; sugar=6.4; says reply"),
    (&["bp", "oxygen"], "131 79", "systolic 131 diastolic 79 accepted; says reply"),
    // Either could be meant: the graver is read back, of equals what was asked last.
    (&["weight", "oxygen"], "95", "spo2 95 unconfirmed; says confirm"),
    (&["oxygen", "weight"], "95", "weight 95 unconfirmed; says confirm"),
    (&["oxygen", "weight"], "85", "spo2 85 unconfirmed; says confirm"),
    (&["sugar", "pain"], "3", "glucose 3 unconfirmed; says confirm"),
    // Yes and no.
    (&["better"], "yes", "better=yes; says thanks better"),
    (&["better"], "No.", "better=no; says thanks better"),
    (&["better"], "yes thanks, much better", "better=yes; says thanks better"),
    (&["better"], "maybe", "task unreadable_text; says unclear"),
    (&["better", "bp"], "yes, BP 131 79", "systolic 131 diastolic 79 accepted; better=yes; says reply"),
    // One to five, and numbers within their bounds.
    (&["pain"], "4", "pain=4; says thanks pain"),
    (&["pain"], "4 out of 5", "pain=4; says thanks pain"),
    (&["pain"], "7", "task unreadable_text; says unclear"),
    (&["sleep"], "7.5", "sleep=7.5; says thanks sleep"),
    (&["sleep"], "25", "task unreadable_text; says unclear"),
    // An example is an answer like any where it is no vital sign; else it may be an echo.
    (&["pain"], "3", "pain=3; says thanks pain"),
    (&["weight"], "82.5", "weight 82.5 unconfirmed; says confirm"),
    (&["bp"], "BP 128 76", "systolic 128 diastolic 76 unconfirmed; says confirm"),
    // Choices.
    (&["protein"], "P1", "protein=one; says thanks protein"),
    (&["protein"], "1+", "protein=one; says thanks protein"),
    (&["protein"], "only a trace today", "protein=trace; says thanks protein"),
    (&["protein"], "p1 or trace", "task unreadable_text; says unclear"),
    (&["eaten"], "no", "eaten=no; says thanks eaten"),
    (&["eaten"], "not sure", "eaten=unsure; says thanks eaten"),
    // What was asked last is answered first.
    (&["better", "eaten"], "yes", "eaten=yes; says thanks eaten"),
    (&["eaten", "better"], "yes", "better=yes; says thanks better"),
    (&["sleep", "pain"], "4", "pain=4; says thanks pain"),
    // Free words are anything that nobody else can use.
    (&["goals"], "I walked to the shop", "goals=; says thanks goals"),
    (&["goals"], "fine thanks", "goals=; says thanks goals"),
    (&["goals", "better"], "yes", "better=yes; says thanks better"),
    (&["goals", "bp"], "BP 131 79", "systolic 131 diastolic 79 accepted; says reply"),
    (&["goals"], "my BP was 131 79 at the gym", "systolic 131 diastolic 79 accepted; goals=; says reply"),
    (&["goals"], "HELP", "task asked_for_help; says help"),
    (&["goals"], "Liked \"Please tell us\"", ""),
    // An emergency is one, whatever was asked, and what it answers is kept beside.
    (&["better"], "no, I have chest pain", "better=no; says urgent"),
    (&["pain"], "4 and I cannot breathe", "pain=4; says urgent"),
    (&["protein"], "I want to die", "says urgent"),
    // Nothing open.
    (&[], "95", "task unreadable_text; says unclear"),
    (&[], "yes", "says nothing_pending"),
    (&["oxygen"], "yes", "says nothing_pending"),
    (&["oxygen"], "thank you", ""),
];

#[test]
fn a_text_is_understood_with_what_was_asked() {
    let mut wrong = Vec::new();
    for (questions, body, expected) in ROWS {
        let mut state = PatientState::of(patient());
        for (n, question) in questions.iter().enumerate() {
            asked(&mut state, "kinds", question, &format!("08:{n:02}"));
        }
        let found = sum(&text(&mut state, body, "09:00"));
        if found != *expected {
            wrong.push(format!("{questions:?} {body:?}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_answered_question_is_closed_and_the_others_stay_open() {
    let mut state = PatientState::of(patient());
    for question in ["bp", "weight", "better", "pain"] {
        asked(&mut state, "kinds", question, "08:00");
    }
    for (body, clock, left) in [
        ("BP 131 79", "08:10", "weight better pain"),
        ("yes", "08:11", "weight pain"),
        ("4", "08:12", "weight"),
        ("weight 82 kg", "08:13", ""),
    ] {
        let decision = text(&mut state, body, clock);
        assert!(decision.prompts.iter().all(|prompt| prompt.state == PromptState::Answered), "{body}");
        let open: Vec<_> = state.prompts.iter().map(|prompt| prompt.question.as_str()).collect();
        assert_eq!(open.join(" "), left, "after {body}");
    }
}

#[test]
fn one_reading_answers_every_protocol_that_asks_for_it() {
    let mut state = PatientState::of(patient());
    asked(&mut state, "kinds", "bp", "08:00");
    asked(&mut state, "pressure", "bp", "08:00");
    asked(&mut state, "retest", "pressure", "08:05");
    let decision = text(&mut state, "131/79", "08:10");
    assert_eq!(decision.prompts.len(), 3);
    assert!(state.prompts.is_empty());
}

#[test]
fn half_a_blood_pressure_answers_nothing_until_it_is_whole() {
    let mut state = PatientState::of(patient());
    asked(&mut state, "kinds", "bp", "08:00");
    text(&mut state, "upper pressure 131", "08:10");
    assert_eq!(state.prompts.len(), 1);
}

#[test]
fn a_question_that_could_not_be_delivered_gives_no_meaning_to_a_number() {
    let mut state = PatientState::of(patient());
    asked(&mut state, "kinds", "oxygen", "08:00");
    for prompt in &mut state.prompts {
        prompt.sent = lamplight::domain::protocol::Sent::Failed(at("08:01"));
    }
    assert_eq!(sum(&text(&mut state, "95", "08:10")), "task unreadable_text; says unclear");
    assert_eq!(sum(&text(&mut state, "oxygen 95", "08:11")), "spo2 95 accepted; oxygen=95; says reply");
    assert!(state.prompts.is_empty(), "a reading silences it all the same");
}

#[test]
fn a_reading_that_is_read_back_answers_its_question_with_the_yes() {
    let mut state = PatientState::of(patient());
    asked(&mut state, "kinds", "weight", "08:00");
    state.last_weight_kg = Some(70.0);
    assert_eq!(sum(&text(&mut state, "82", "08:10")), "weight 82 unconfirmed; says confirm");
    assert_eq!(state.prompts.len(), 1, "a slip is no answer");
    assert_eq!(sum(&text(&mut state, "yes", "08:11")), "weight=82; says confirmed");
    assert!(state.prompts.is_empty());
}

#[test]
fn a_yes_is_for_whatever_was_asked_last() {
    let mut state = PatientState::of(patient());
    state.last_weight_kg = Some(70.0);
    asked(&mut state, "kinds", "better", "08:00");
    text(&mut state, "weight 82 kg", "08:10");
    assert_eq!(sum(&text(&mut state, "yes", "08:11")), "says confirmed");
    assert_eq!(sum(&text(&mut state, "yes", "08:12")), "better=yes; says thanks better");
    text(&mut state, "weight 95 kg", "08:20");
    asked(&mut state, "kinds", "better", "08:30");
    assert_eq!(sum(&text(&mut state, "no", "08:31")), "better=no; says thanks better");
    assert_eq!(sum(&text(&mut state, "no", "08:32")), "says discarded");
}

#[test]
fn whoever_cannot_be_understood_is_shown_how_to_answer_what_was_asked_last() {
    let mut state = PatientState::of(patient());
    asked(&mut state, "kinds", "bp", "08:00");
    asked(&mut state, "kinds", "protein", "08:01");
    let decision = text(&mut state, "what do you mean", "08:10");
    assert!(decision.messages[0].body.contains("like this: P1."), "{}", decision.messages[0].body);
}

#[test]
fn the_second_text_in_a_row_that_cannot_be_read_opens_an_alert() {
    let mut state = PatientState::of(patient());
    let first = text(&mut state, "wobbly machine", "08:00");
    assert_eq!((first.alerts.len(), state.unreadable_in_a_row), (0, 1));
    text(&mut state, "thank you", "08:01");
    let second = text(&mut state, "still wobbly", "08:02");
    assert_eq!((second.alerts.len(), state.unreadable_in_a_row), (1, 2));
    text(&mut state, "BP 131 79", "08:03");
    assert_eq!(state.unreadable_in_a_row, 0);
}

#[test]
fn somebody_who_has_left_is_heard_and_not_answered() {
    let mut state = PatientState::of(patient());
    asked(&mut state, "kinds", "bp", "08:00");
    asked(&mut state, "kinds", "pain", "08:00");
    let left = text(&mut state, "STOP", "08:05");
    assert!(left.prompts.iter().all(|prompt| prompt.state == PromptState::Cancelled));
    assert_eq!(sum(&left), "task left_monitoring");
    assert_eq!(sum(&text(&mut state, "BP 131 79", "08:10")), "systolic 131 diastolic 79 accepted");
    assert_eq!(sum(&text(&mut state, "START", "08:20")), "says restarted");
}

#[test]
fn a_question_answered_in_the_text_that_leaves_is_kept() {
    let mut state = PatientState::of(patient());
    asked(&mut state, "kinds", "bp", "08:00");
    let decision = text(&mut state, "STOP 131/79", "08:05");
    assert_eq!(sum(&decision).split("; ").next(), Some("systolic 131 diastolic 79 accepted"));
    assert!(decision.messages.is_empty());
}
