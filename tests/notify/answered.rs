//! A red reading, a text with a code, and what the answers to it do.

use jiff::SignedDuration;
use lamplight::engine::intake::Settled;

use super::ward::{AMINA, BO, DUTY, NOBODY, PATIENT, Ward};

#[tokio::test]
async fn a_code_that_comes_back_takes_the_alerts_on_in_its_readers_name() {
    let ward = Ward::open().await;
    ward.alarm().await;
    assert_eq!(ward.alerts().await, ["red open -"]);
    let code = ward.code(AMINA).await;
    ward.house.run("update contact set verified_at = 0").await;
    let said = ward.says(AMINA, &format!("A {code}")).await.unwrap();
    assert_eq!(
        said,
        format!(
            "You have it: 1 alert is yours now. When it is done: R {code} and what you did. To pass it on: P {code}."
        )
    );
    assert_eq!(ward.alerts().await, ["red acknowledged amina"]);
    assert_eq!(ward.deeds("amina").await, ["alert.acknowledge"]);
    let now = ward.house.clock.now().as_millisecond();
    let lapses = ward.house.see("select lapses_at from alert where state = 'acknowledged'").await;
    assert_eq!(lapses, [(now + 3_600_000).to_string()], "the team allows an hour");
    let proved = ward
        .house
        .see("select user_name from contact where verified_at = (select max(verified_at) from contact)")
        .await;
    assert_eq!(proved, ["amina"], "whoever answers sits at the phone");
    ward.look().await;
    assert_eq!(ward.house.see("select stage from watch").await, ["attended"]);
    ward.house.wait(SignedDuration::from_mins(30));
    ward.look().await;
    assert_eq!(ward.house.count("notice").await, 1, "nobody else is woken");
    let again = ward.says(AMINA, &code).await.unwrap();
    assert!(again.starts_with("You have it already."), "{again}");
    ward.end().await;
}

#[tokio::test]
async fn a_code_resolves_with_a_note_and_is_used_up() {
    let ward = Ward::open().await;
    ward.alarm().await;
    let code = ward.code(AMINA).await;
    ward.says(AMINA, &format!("A {code}")).await.unwrap();
    let asked = ward.says(AMINA, &format!("R {code} she was asleep")).await.unwrap();
    assert_eq!(
        asked,
        format!(
            "What came of it? Reply R {code} and one of: called patient, advice given, GP informed, 999, no action needed."
        )
    );
    assert_eq!(ward.alerts().await, ["red acknowledged amina"]);
    let said = ward.says(AMINA, &format!("r{code} Called her, she rests now")).await.unwrap();
    assert_eq!(said, "Resolved as 'called patient'. Thank you.");
    assert_eq!(
        ward.house.see("select state || '/' || resolved_by || '/' || outcome || '/' || note from alert where severity = 'red'").await,
        ["resolved/amina/called patient/Called her, she rests now"]
    );
    assert_eq!(ward.deeds("amina").await, ["alert.acknowledge", "alert.resolve"]);
    let again = ward.says(AMINA, &format!("R {code} 999")).await.unwrap();
    assert_eq!(again, "That code has been used already. Look at the queue.");
    let taken = ward.says(AMINA, &format!("A {code}")).await.unwrap();
    assert_eq!(taken, "Nothing waits there any more.");
    ward.look().await;
    assert_eq!(ward.house.count("watch").await, 0);
    ward.end().await;
}

#[tokio::test]
async fn a_note_that_turns_its_words_round_is_asked_about() {
    for (words, outcome) in [
        ("called patient", Some("called patient")),
        ("CALLED", Some("called patient")),
        ("gp has been informed", Some("GP informed")),
        ("999", Some("999")),
        ("called 999 for her", Some("999")),
        ("no action needed", Some("no action needed")),
        ("Could not be called", None),
        ("no answer", None),
        ("didn't need advice", None),
        ("rang", None),
        ("the patient", None),
        ("", None),
    ] {
        let ward = Ward::open().await;
        ward.alarm().await;
        let code = ward.code(AMINA).await;
        ward.says(AMINA, &format!("R {code} {words}")).await.unwrap();
        let found = ward.house.see("select outcome from alert where severity = 'red'").await;
        assert_eq!(found, [outcome.unwrap_or("-")], "{words:?}");
        ward.end().await;
    }
}

#[tokio::test]
async fn passing_on_tells_the_next_in_line_at_once() {
    let ward = Ward::open().await;
    ward.alarm().await;
    let code = ward.code(AMINA).await;
    ward.says(AMINA, &format!("A {code}")).await.unwrap();
    ward.look().await;
    let said = ward.says(AMINA, &format!("P {code}")).await.unwrap();
    assert_eq!(said, "Passed on: the next in line is being told.");
    assert_eq!(ward.alerts().await, ["red open -"]);
    ward.look().await;
    let notices = ward.house.see("select person || ' ' || reason from notice order by id").await;
    assert_eq!(notices, ["amina first", "bo passed_on"]);
    assert_eq!(ward.deeds("amina").await, ["alert.acknowledge", "alert.escalate"]);
    let theirs = ward.code(BO).await;
    ward.says(BO, &format!("A {theirs}")).await.unwrap();
    assert_eq!(ward.alerts().await, ["red acknowledged bo"]);
    ward.end().await;
}

#[tokio::test]
async fn what_somebody_else_has_is_not_taken_from_them_and_not_given_away() {
    let ward = Ward::open().await;
    ward.alarm().await;
    ward.house.wait(SignedDuration::from_mins(10));
    ward.look().await;
    let (first, second) = (ward.code(AMINA).await, ward.code(BO).await);
    let at_once = [
        ward.house.text(AMINA, &format!("A {first}")),
        ward.house.text(BO, &format!("A {second}")),
        ward.house.text(BO, &format!("P {second}")),
    ];
    let ids: Vec<_> = at_once.iter().map(|event| event.id.message(1)).collect();
    ward.house.take(at_once).await;
    assert_eq!(ward.alerts().await, ["red acknowledged amina"]);
    for id in &ids[1..] {
        let said = ward.house.see(&format!("select body from message where id = '{id}'")).await;
        assert_eq!(said, ["amina has it already."]);
    }
    ward.end().await;
}

#[tokio::test]
async fn what_came_after_somebody_was_told_is_not_taken_on_by_their_answer() {
    let ward = Ward::open().await;
    ward.alarm().await;
    let code = ward.code(AMINA).await;
    ward.house.wait(SignedDuration::from_mins(1));
    let now = ward.house.clock.now().as_millisecond();
    ward.house
        .run(&format!(
            "insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, opened_at,
                                last_at, late)
             values ('zz', 'ada', 'glucose_low', 'v', 'red', 'open', 't', 'w', 'p', {now}, {now}, 0)"
        ))
        .await;
    ward.says(AMINA, &format!("A {code}")).await.unwrap();
    assert_eq!(ward.alerts().await, ["red acknowledged amina", "red open -"]);
    let said = ward.says(AMINA, &format!("R {code} called patient")).await.unwrap();
    assert_eq!(
        said,
        "Resolved as 'called patient'. Thank you. Something newer still waits: look at the queue."
    );
    assert_eq!(ward.alerts().await[1], "red open -");
    ward.end().await;
}

#[tokio::test]
async fn a_worse_reading_in_the_very_batch_of_an_answer_is_nobodys() {
    let ward = Ward::open().await;
    ward.house.accepts(ward.house.pressure("bp-1", 165, 102)).await;
    ward.look().await;
    let before = ward.alerts().await;
    assert!(before.iter().all(|alert| alert.starts_with("amber")), "{before:?}");
    let code = ward.code(AMINA).await;
    ward.house.wait(SignedDuration::from_mins(1));
    ward.house
        .take([ward.house.pressure("bp-1", 195, 130), ward.house.text(AMINA, &format!("A {code}"))])
        .await;
    let after = ward.alerts().await;
    assert!(after.contains(&"red open -".to_owned()), "{after:?}");
    assert!(!after.iter().any(|alert| alert.starts_with("red acknowledged")), "{after:?}");
    ward.end().await;
}

#[tokio::test]
async fn a_teams_own_phone_may_pass_on_and_a_clerk_too_but_neither_takes_on() {
    let ward = Ward::open().await;
    ward.alarm().await;
    ward.somebody("cleo", "+447700900780").await;
    for (phone, person, words) in [
        (DUTY, None, "This is a shared phone, and only a named person can do that"),
        ("+447700900780", Some("cleo"), "Only a clinician of the team can do that."),
    ] {
        ward.give(phone, "1111", person).await;
        for answer in ["A 1111", "R 1111 called patient"] {
            let said = ward.says(phone, answer).await.unwrap();
            assert!(said.starts_with(words), "{said}");
            assert!(said.contains("P 1111"), "{said}");
        }
        assert_eq!(ward.alerts().await, ["red open -"]);
        assert_eq!(ward.says(phone, "P 1111").await.unwrap(), "Passed on: the next in line is being told.");
    }
    assert_eq!(ward.deeds("phone …779").await, ["alert.escalate"]);
    ward.end().await;
}

#[tokio::test]
async fn wrong_codes_are_answered_until_there_are_too_many() {
    let ward = Ward::open().await;
    ward.alarm().await;
    let code = ward.code(AMINA).await;
    let wrong = if code == "1111" { "2222" } else { "1111" };
    for _ in 0..4 {
        let said = ward.says(AMINA, &format!("A {wrong}")).await.unwrap();
        assert!(said.starts_with("That is not a code of this phone"), "{said}");
    }
    assert_eq!(ward.house.tasks().await.len(), 0);
    let last = ward.says(AMINA, "on my way").await.unwrap();
    assert!(last.starts_with("Too many codes were wrong."), "{last}");
    assert_eq!(ward.house.tasks().await, ["wrong_codes amina x1"]);
    assert_eq!(ward.says(AMINA, &format!("A {wrong}")).await, None);
    assert_eq!(ward.says(AMINA, &format!("A {code}")).await, None, "whoever guesses must not get through");
    assert_eq!(ward.alerts().await, ["red open -"]);
    ward.house.wait(SignedDuration::from_mins(15));
    assert!(ward.says(AMINA, &format!("A {code}")).await.unwrap().starts_with("You have it"));
    ward.end().await;
}

#[tokio::test]
async fn a_code_answers_only_from_its_own_phone_and_only_in_time() {
    let ward = Ward::open().await;
    ward.alarm().await;
    let code = ward.code(AMINA).await;
    ward.says(BO, &format!("A {code}")).await;
    ward.house.settles(ward.house.text(NOBODY, &format!("A {code}")), Settled::Held).await;
    assert_eq!(ward.alerts().await, ["red open -"]);
    ward.house.run("update user set disabled_at = 1 where name = 'amina'").await;
    ward.house.settles(ward.house.text(AMINA, &format!("A {code}")), Settled::Held).await;
    ward.house.run("update user set disabled_at = null").await;
    ward.house.wait(SignedDuration::from_hours(12));
    let said = ward.says(AMINA, &format!("A {code}")).await.unwrap();
    assert!(said.starts_with("That is not a code of this phone"), "{said}");
    assert_eq!(ward.alerts().await, ["red open -"]);
    ward.end().await;
}

#[tokio::test]
async fn a_nurse_who_is_a_patient_too_is_read_by_what_they_send() {
    let ward = Ward::open().await;
    ward.alarm().await;
    ward.give(PATIENT, "1111", Some("amina")).await;
    ward.house.run(&format!("update contact set address = '{PATIENT}' where user_name = 'amina'")).await;
    let reading = ward.says(PATIENT, "BP 121 78").await.unwrap();
    assert!(reading.contains("121"), "{reading}");
    let wrong = ward.says(PATIENT, "A 2222").await.unwrap_or_default();
    assert!(!wrong.contains("code"), "a patient's text: {wrong}");
    let said = ward.says(PATIENT, "A 1111").await.unwrap();
    assert!(said.starts_with("You have it"), "{said}");
    assert_eq!(ward.alerts().await, ["red acknowledged amina"]);
    ward.end().await;
}

#[tokio::test]
async fn a_phone_of_staff_that_opts_out_is_reached_no_more_and_somebody_hears_of_it() {
    let ward = Ward::open().await;
    assert_eq!(ward.says(AMINA, "STOP").await, None);
    let failed = ward.house.see("select user_name from contact where failed_at is not null").await;
    assert_eq!(failed, ["amina"]);
    assert_eq!(ward.house.tasks().await, ["staff_unreached amina x1"]);
    ward.end().await;
}

#[tokio::test]
async fn after_an_answer_readings_are_judged_by_how_the_alerts_stand_now() {
    let ward = Ward::open().await;
    ward.alarm().await;
    let code = ward.code(AMINA).await;
    ward.says(AMINA, &format!("R {code} called patient")).await.unwrap();
    ward.house.wait(SignedDuration::from_hours(1));
    ward.house.accepts(ward.house.pressure("bp-1", 191, 126)).await;
    assert_eq!(
        ward.alerts().await,
        ["red resolved amina", "red open -"],
        "a new alert, not a ghost of the old one"
    );
    ward.end().await;
}
