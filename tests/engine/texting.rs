//! Staff stop the texts to a patient, and start them again on the patient's word.

use jiff::SignedDuration;
use lamplight::domain::id::PatientId;
use lamplight::engine::nurse::{Hand, Via};
use lamplight::engine::texting::{TextsError, TextsWish, change_texts};

use super::house::{ADA, House, Left, sister};

fn stop(why: &str) -> TextsWish {
    TextsWish::Stop { why: why.to_owned() }
}

fn again(word: &str) -> TextsWish {
    TextsWish::Again { word: word.to_owned() }
}

async fn change(house: &House, patient: &str, wish: &TextsWish, hand: &Hand) -> Result<(), TextsError> {
    let patient = PatientId::trusted(patient);
    change_texts(&house.store, &house.catalog, &house.ids, &patient, wish, hand, house.clock.now()).await
}

#[tokio::test]
async fn what_a_nurse_stops_is_stopped_as_by_the_patient_and_who_and_why_is_on_record() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 126 74")).await;
    change(&house, "ada", &stop(" asked so on the phone "), &sister()).await.unwrap();
    assert_eq!(house.see("select standing from patient where id = 'ada'").await, ["stopped"]);
    assert_eq!(house.tasks().await, ["left_monitoring ada x1"], "the team is told");
    // The watch goes on, and nothing is said.
    let texts = house.count("message where direction = 'out'").await;
    house.accepts(house.text(ADA, "BP 190 99")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.count("message where direction = 'out'").await, texts);
    let changes = house.store.texting_changes(&PatientId::trusted("ada")).await.unwrap();
    assert_eq!(
        (changes[0].by.as_str(), changes[0].why.as_str()),
        (sister().actor.as_str(), "asked so on the phone")
    );

    house.wait(SignedDuration::from_hours(1));
    change(&house, "ada", &again("wants them back, said so at the clinic"), &sister()).await.unwrap();
    assert_eq!(
        house.see("select standing || ' ' || consent || ' ' || (consent_at = updated_at) from patient where id = 'ada'").await,
        ["active opt_in 1"],
        "the word is a consent, with its time"
    );
    assert!(house.tasks().await.is_empty());
    house.accepts(house.text(ADA, "BP 127 74")).await;
    assert_eq!(house.count("message where direction = 'out'").await, texts + 1);
    assert_eq!(
        house.see("select actor || ' ' || action || ' ' || subject from audit where action like 'patient.%ed' and actor <> 'test' order by seq").await,
        [
            format!("{} patient.stopped ada", sister().actor),
            format!("{} patient.restarted ada", sister().actor)
        ]
    );
    let why = house.count("audit where detail like '%phone%' or detail like '%clinic%'").await;
    assert_eq!(why, 0, "the trail holds no notes");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn nobody_is_texted_again_without_their_word_and_nothing_is_done_twice_or_by_nobody() {
    let house = House::new().await;
    let token = Hand { actor: "token:ward".to_owned(), via: Via::Api { token: "ward".to_owned() } };
    for (label, patient, wish, hand, wrong) in [
        ("no reason", "ada", stop("  "), sister(), "why: give 1 to 500 characters"),
        ("too much of it", "ada", stop(&"x".repeat(501)), sister(), "why: give 1 to 500 characters"),
        ("texted as it is", "ada", again("said so"), sister(), "this patient is texted as it is"),
        ("nobody", "nobody", stop("x"), sister(), "there is no such patient"),
        ("a token without a name", "ada", stop("x"), token, "say who does this: only a named person can"),
    ] {
        let refused = change(&house, patient, &wish, &hand).await.unwrap_err();
        assert_eq!(refused.to_string(), wrong, "{label}");
    }
    house.accepts(house.text(ADA, "STOP")).await;
    for (wish, wrong) in [
        (again(""), "patients_word: give 1 to 500 characters"),
        (stop("as well"), "this patient is not texted as it is"),
    ] {
        assert_eq!(change(&house, "ada", &wish, &sister()).await.unwrap_err().to_string(), wrong);
    }
    assert_eq!(house.see("select standing from patient where id = 'ada'").await, ["stopped"]);
    assert_eq!(house.count("texting_change").await, 0);
    change(&house, "ada", &again("rang us"), &sister()).await.unwrap();
    house.accepts(house.text(ADA, "BP 127 74")).await;
    house.leaves(Left::texts(1)).await;
}
