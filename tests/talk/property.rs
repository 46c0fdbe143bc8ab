//! Whatever is asked and whatever is said.

use lamplight::domain::decide::PatientState;
use lamplight::domain::protocol::{EnrolmentState, PromptState};
use proptest::prelude::*;

use super::ward::{asked, at, enrolled, patient, text};

const QUESTIONS: [&str; 10] =
    ["bp", "weight", "oxygen", "sugar", "better", "pain", "sleep", "protein", "eaten", "goals"];

fn words() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "yes",
        "no",
        "95",
        "3",
        "131 79",
        "BP 235 120",
        "glucose LO",
        "1+",
        "p1",
        "joinbp",
        "thanks",
        "not sure",
        "82.5",
        "I have chest pain",
        "BP 155 92",
        "glucose 3.1",
        "HELP",
        "START",
        "wobbly",
        "7.4 yes",
    ]);
    prop_oneof![
        4 => known.prop_map(str::to_owned),
        1 => "\\PC{0,40}",
        1 => (known_pair(), "[ ,.]{1,2}").prop_map(|((one, other), gap)| format!("{one}{gap}{other}")),
    ]
}

fn known_pair() -> impl Strategy<Value = (String, String)> {
    ("[0-9]{1,3}", "[a-z0-9./]{1,6}")
}

fn state(questions: &[usize], invited: bool) -> PatientState {
    let mut state = PatientState::of(patient());
    for protocol in ["pressure", "retest", "hypo", "kinds"] {
        enrolled(&mut state, protocol, EnrolmentState::Active);
    }
    if invited {
        enrolled(&mut state, "lungs", EnrolmentState::Invited { at: at("07:00") });
    }
    for (n, question) in questions.iter().enumerate() {
        asked(&mut state, "kinds", QUESTIONS[*question], &format!("07:{n:02}"));
    }
    state
}

proptest! {
    #[test]
    fn one_text_has_at_most_one_reply_and_closes_only_what_was_open(
        questions in proptest::collection::vec(0..QUESTIONS.len(), 0..4),
        invited in any::<bool>(),
        said in proptest::collection::vec(words(), 1..5),
    ) {
        let mut state = state(&questions, invited);
        for (n, body) in said.iter().enumerate() {
            let open: Vec<_> = state.prompts.iter().map(|prompt| prompt.id.clone()).collect();
            let decision = text(&mut state, body, &format!("08:{n:02}"));
            prop_assert!(decision.messages.len() <= 1, "{body}");
            for prompt in decision.prompts.iter().filter(|prompt| !prompt.is_open()) {
                prop_assert!(open.contains(&prompt.id), "{body}");
            }
            // What is asked now stands in the one reply.
            for prompt in decision.prompts.iter().filter(|prompt| prompt.state == PromptState::Asked) {
                prop_assert_eq!(prompt.message.as_ref(), decision.messages.first().map(|message| &message.id));
            }
            let questions: Vec<_> = decision.answers.iter().map(|answer| &answer.question).collect();
            let mut distinct = questions.clone();
            distinct.dedup();
            prop_assert_eq!(questions.len(), distinct.len(), "one answer a question: {}", body);
        }
    }

    #[test]
    fn whoever_has_left_is_told_nothing_and_asked_nothing(
        questions in proptest::collection::vec(0..QUESTIONS.len(), 0..4),
        said in proptest::collection::vec(words(), 1..5),
    ) {
        let mut state = state(&questions, true);
        text(&mut state, "STOP", "08:00");
        for (n, body) in said.iter().enumerate().filter(|(_, body)| *body != "START") {
            let decision = text(&mut state, body, &format!("08:{:02}", n + 1));
            if !decision.standings.is_empty() {
                break;
            }
            prop_assert!(decision.messages.is_empty(), "{body}");
            prop_assert!(state.prompts.is_empty(), "{body}");
        }
    }
}
