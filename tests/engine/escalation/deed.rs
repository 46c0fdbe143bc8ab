//! What people do to alerts, and what the watch makes of it.

use std::sync::Arc;

use super::*;
use crate::engine::foreign::published;

#[tokio::test]
async fn what_is_put_off_comes_back_and_nothing_worse_is_hidden() {
    let house = staffed().await;
    house.accepts(house.text(ADA, "BP 152 80")).await;
    let alert = AlertId::trusted(house.see("select id from alert").await.remove(0));
    look(&house).await;
    let amina = hand("amina");
    let now = house.clock.now();
    let in_hours = |hours| now.saturating_add(SignedDuration::from_hours(hours)).unwrap();
    for wrong in [now, in_hours(7 * 24 + 1)] {
        let refused = house.nurse(&amina).snooze(&alert, wrong, "on holiday").await;
        assert!(matches!(refused, Err(DeedError::SnoozeTooLong { .. })), "{refused:?}");
    }
    house.nurse(&amina).snooze(&alert, in_hours(48), "new tablets since Monday").await.unwrap();
    look(&house).await;
    house.wait(SignedDuration::from_hours(5));
    house.accepts(house.text(ADA, "BP 153 80")).await;
    assert_eq!(look(&house).await.messages, 0, "the same is covered");
    house.accepts(house.text(ADA, "BP 190 99")).await;
    assert_eq!(look(&house).await.messages, 1);
    assert_eq!(house.count("alert where snooze is null and snoozed_until is null").await, 1);
    let refused = house.nurse(&amina).snooze(&alert, in_hours(10), "red").await;
    assert!(
        matches!(refused, Err(DeedError::SnoozeTooLong { .. })),
        "a red for four hours at most: {refused:?}"
    );
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_new_cry_for_help_ends_a_snooze_however_bad_it_was_when_it_was_put_off() {
    let devices = Arc::new(catalog::built_in_devices().unwrap());
    let sos = r#"{"status":"SOS","location":{},"IMEI":"860000000000000"}"#;
    for (patient, rule) in [("bob", "system_device_call"), ("ada", "system_urgent_text")] {
        let house =
            with_files(Catalog { devices: Arc::clone(&devices), ..catalog::built_in().unwrap() }, ward())
                .await;
        house.enrol("patient_id,devices\nbob,iMEDE_watch:860000000000000\n").await;
        let cry = || match patient {
            "bob" => published(&house, "iMEDE_watch/SOS", sos),
            _ => vec![house.text(ADA, "I have chest pain")],
        };
        let standing = format!("from alert where patient_id = '{patient}' and rule_id = '{rule}'");
        let put_off =
            format!("select state || ' ' || severity || iif(snooze is null, '', ' put off') {standing}");
        for event in cry() {
            house.accepts(event).await;
        }
        look(&house).await;
        let alert = AlertId::trusted(house.see(&format!("select id {standing}")).await.remove(0));
        let until = house.clock.now().saturating_add(SignedDuration::from_hours(1)).unwrap();
        house.nurse(&hand("amina")).snooze(&alert, until, "on the phone with them").await.unwrap();
        assert_eq!(look(&house).await.messages, 0, "{rule}: put off");
        assert_eq!(house.see(&put_off).await, ["open red put off"], "{rule}");
        // A button that is pressed again within ten minutes is one call.
        house.wait(SignedDuration::from_mins(11));
        for event in cry() {
            house.accepts(event).await;
        }
        assert_eq!(house.see(&put_off).await, ["open red"], "{rule}");
        assert_eq!(look(&house).await.messages, 1, "{rule}: told again at once");
        assert!(notices(&house).await.last().unwrap().contains(" worsened "), "{:?}", notices(&house).await);
        let cries =
            format!("audit where action = 'alert.join' and subject = '{alert}' and detail ->> 'cry' = 1");
        assert_eq!(house.count(&cries).await, 1, "{rule}: the record says what ended it");
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn passed_on_goes_to_whom_it_names_or_to_whoever_is_next() {
    let house = staffed().await;
    let alert = red(&house).await;
    look(&house).await;
    let amina = hand("amina");
    house.nurse(&amina).acknowledge(&alert).await.unwrap();
    look(&house).await;
    let unknown = house.nurse(&amina).escalate(&alert, Some(target("rota:none"))).await;
    assert!(matches!(unknown, Err(DeedError::UnknownTarget(_))), "{unknown:?}");
    house.nurse(&amina).escalate(&alert, Some(target("person:ben"))).await.unwrap();
    look(&house).await;
    assert_eq!(house.count("alert where state = 'open'").await, 1);
    assert_eq!(notices(&house).await.last().unwrap().split_once(' ').unwrap().1, "passed_on person:ben ben");
    house.nurse(&hand("ben")).escalate_card(&PatientId::trusted("ada")).await.unwrap();
    look(&house).await;
    assert_eq!(
        notices(&house).await.last().unwrap().split_once(' ').unwrap().1,
        "passed_on person:olive olive"
    );
    assert_eq!(house.count("audit where action = 'alert.escalate'").await, 2);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_card_is_taken_on_whole() {
    let house = staffed().await;
    house.accepts(house.text(ADA, "BP 190 99 pulse 120")).await;
    let ada = PatientId::trusted("ada");
    let amina = hand("amina");
    assert_eq!(house.nurse(&amina).acknowledge_card(&ada).await.unwrap().len(), 2);
    let again = house.nurse(&amina).acknowledge_card(&ada).await;
    assert!(matches!(again, Err(DeedError::Refused(_))), "{again:?}");
    let nobody = house.nurse(&amina).acknowledge_card(&PatientId::trusted("bob")).await;
    assert!(matches!(nobody, Err(DeedError::Unknown(_))), "{nobody:?}");
    assert_eq!(look(&house).await.messages, 0, "taken on before anybody was told");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn where_a_site_says_who_works_there_alerts_are_clinicians_and_have_its_outcomes() {
    let house = staffed().await;
    let alert = red(&house).await;
    let clerk = house.nurse(&hand("cleo")).acknowledge(&alert).await;
    assert!(matches!(clerk, Err(DeedError::NotAllowed(_))), "{clerk:?}");
    let token = Hand { actor: "token:robot".to_owned(), via: Via::Api { token: "robot".to_owned() } };
    let nameless = house.nurse(&token).acknowledge(&alert).await;
    assert!(matches!(nameless, Err(DeedError::Nameless)), "{nameless:?}");
    for outcome in [None, Some("all sorted".to_owned())] {
        let closed = house.nurse(&hand("amina")).resolve(&alert, &Closing { outcome, note: None }).await;
        assert!(matches!(closed, Err(DeedError::UnknownOutcome { .. })), "{closed:?}");
    }
    house.leaves_whatever().await;
}

#[tokio::test]
async fn staff_are_told_before_patients_are_asked_and_other_ways_wait_for_their_carrier() {
    let house = staffed().await;
    house
        .run(
            "update contact set channel = 'email', address = 'olive@example.org' where user_name = 'olive';
             insert into message (id, direction, channel, address, body, state, purpose, created_at, due_at)
             values ('early', 'out', 'sms', '+447700900150', 'x', 'queued', '\"prompt\"', 0, 0)",
        )
        .await;
    red(&house).await;
    look(&house).await;
    house.wait(SignedDuration::from_mins(10));
    look(&house).await;
    let now = house.clock.now();
    let room = Some(Room {
        texts: 2,
        lease_until: now.saturating_add(SignedDuration::from_mins(1)).unwrap(),
        dispatch: Default::default(),
    });
    let (_, due) = settle(&house.store, &[], room, now, |_, _| Cause::Other).await.unwrap();
    let purposes: Vec<Purpose> = due.iter().map(|text| text.purpose).collect();
    assert_eq!(purposes[1], Purpose::Notification, "after red advice, before an older prompt: {purposes:?}");
    let mail = house.see("select state from message where channel = 'email'").await;
    assert_eq!(mail, [MessageState::Queued.name()]);
    house.leaves_whatever().await;
}
