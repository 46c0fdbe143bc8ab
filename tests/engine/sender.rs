//! Whose it is: known, unknown, shared, revoked.

use lamplight::domain::event::OptOut;
use lamplight::engine::intake::Settled;

use super::house::{BOB, House, Left, STRANGER};

#[tokio::test]
async fn an_unknown_number_is_answered_once_and_never_again() {
    let house = House::new().await;
    house.take([house.text(STRANGER, "BP 126 74"), house.text(STRANGER, "hello?")]).await;
    house.settles(house.text(STRANGER, "anybody there"), Settled::Held).await;
    let house = house.restart().await;
    house.settles(house.text(STRANGER, "BP 126 74"), Settled::Held).await;
    assert_eq!(
        house.texts().await,
        ["Sorry, we do not know this phone number, so we cannot answer your text."]
    );
    assert_eq!(house.tasks().await, [format!("unknown_sender {STRANGER} x4")]);
    house.leaves(Left { texts: 1, held: 4 }).await;
}

#[tokio::test]
async fn a_short_code_or_a_word_is_never_answered() {
    let house = House::new().await;
    for from in ["60777", "NHSNoReply", "", "+", "447700900199"] {
        house.settles(house.text(from, "Your appointment is on Monday"), Settled::Held).await;
    }
    house.leaves(Left::held(5)).await;
}

#[tokio::test]
async fn an_unknown_number_in_distress_is_an_urgent_task() {
    let house = House::new().await;
    house.settles(house.text(STRANGER, "I have chest pain and cant breathe"), Settled::Held).await;
    assert_eq!(house.see("select kind || ' ' || urgent from task").await, ["asked_for_help 1"]);
    house.leaves(Left { texts: 1, held: 1 }).await;
}

#[tokio::test]
async fn an_unknown_number_that_stops_is_not_answered() {
    let house = House::new().await;
    house.settles(house.text(STRANGER, "STOP"), Settled::Held).await;
    house.settles(house.carried(STRANGER, "Arret", Some(OptOut::Stop)), Settled::Held).await;
    house.leaves(Left::held(2)).await;
}

#[tokio::test]
async fn a_phone_that_patients_share_is_nobodys_guess() {
    let house = House::new().await;
    house.enrol(&format!("patient_id,phone\nbeth,{BOB}\n")).await;
    house.settles(house.text(BOB, "BP 190 99"), Settled::Held).await;
    assert_eq!(house.count("reading").await, 0);
    assert_eq!(house.see("select kind || ' ' || urgent from task").await, ["shared_phone 1"]);
    // Whoever it is must not wait for us; and no number of a patient's is told to the other.
    assert!(house.texts().await[0].starts_with("This number takes your home readings."));
    house.leaves(Left { texts: 1, held: 1 }).await;
}

#[tokio::test]
async fn a_shared_phone_is_not_texted_once_anybody_at_it_has_left() {
    let house = House::new().await;
    house.accepts(house.text(BOB, "STOP")).await;
    house.enrol(&format!("patient_id,phone\nbeth,{BOB}\n")).await;
    house.settles(house.text(BOB, "BP 190 99"), Settled::Held).await;
    house.accepts(house.text(BOB, "STOP")).await;
    house.leaves(Left::held(1)).await;
}

#[tokio::test]
async fn a_revoked_device_is_nobodys() {
    let house = House::new().await;
    house.run("update device set revoked_at = 5 where id = 'bp-1'").await;
    house.settles(house.pressure("bp-1", 190, 99), Settled::Held).await;
    house.settles(house.status("bp-1", "online"), Settled::Held).await;
    assert_eq!(house.count("reading").await + house.count("alert").await, 0);
    assert_eq!(house.tasks().await, ["unknown_device bp-1 x2"]);
    house.leaves(Left::held(2)).await;
}

#[tokio::test]
async fn garbage_from_a_known_device_is_kept_and_becomes_a_task() {
    let house = House::new().await;
    house.settles(house.publish("bp-1", "{\"readings\":"), Settled::Rejected).await;
    house.settles(house.publish("bp-1", "\u{feff}{}"), Settled::Rejected).await;
    assert_eq!(
        house.see("select cast(raw as text) from inbox order by id limit 1").await,
        ["{\"readings\":"]
    );
    assert_eq!(house.tasks().await, ["unreadable_payload bp-1 x2"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_publish_that_names_no_device_is_kept_and_rejected() {
    let house = House::new().await;
    house.settles(house.stray("lamplight/v1/a b/reading"), Settled::Rejected).await;
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_text_that_nobody_understands_reaches_a_nurse_too() {
    let house = House::new().await;
    house.settles(house.text(BOB, "the thing on my arm keeps beeping"), Settled::Rejected).await;
    assert_eq!(house.tasks().await, ["unreadable_text bob x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_picture_is_not_taken_for_a_greeting() {
    let house = House::new().await;
    let mut photo = house.text(BOB, "");
    if let lamplight::domain::event::Origin::Text(text) = &mut photo.origin {
        text.media = 1;
    }
    house.settles(photo, Settled::Rejected).await;
    assert_eq!(house.tasks().await, ["unreadable_text bob x1"]);
    house.leaves(Left::texts(1)).await;
}
