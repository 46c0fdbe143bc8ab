//! Long texts in pieces, through the real writer.

use jiff::SignedDuration;
use lamplight::domain::carer::Copies;
use lamplight::domain::event::{Event, Origin, Part};
use lamplight::domain::id::PatientId;
use lamplight::engine::carer::{NewCarer, add_carer};
use lamplight::engine::intake::Settled;
use lamplight::engine::part::give_up;

use crate::engine::house::{ADA, BOB, House, Left, STRANGER};

/// The piece `number` of `total` of a text.
fn piece(house: &House, from: &str, reference: &str, number: u8, total: u8, body: &str) -> Event {
    let mut event = house.text(from, body);
    if let Origin::Text(text) = &mut event.origin {
        text.part = Some(Part { reference: reference.to_owned(), number, total });
    }
    event
}

async fn time_out(house: &House) -> usize {
    house.wait(SignedDuration::from_mins(11));
    give_up(&house.store, &house.catalog, house.clock.now()).await.unwrap()
}

#[tokio::test]
async fn sms_20_a_number_cut_by_the_pieces_is_read_whole_and_only_then() {
    let house = House::new().await;
    house.settles(piece(&house, ADA, "7", 1, 2, "Good morning, my BP is 12"), Settled::Held).await;
    assert!(house.readings().await.is_empty() && house.texts().await.is_empty(), "half a number was read");
    house.accepts(piece(&house, ADA, "7", 2, 2, "1 over 79, pulse 66")).await;
    let all = ["systolic 121.0 accepted", "pulse 66.0 accepted", "diastolic 79.0 accepted"];
    assert_eq!(house.readings().await, all);
    assert_eq!(house.texts().await.len(), 1);
    assert_eq!(house.ledger().await, [2, 2, 0, 0, 0]);
    assert_eq!(
        house.see("select body from inbox where part is null").await,
        ["Good morning, my BP is 121 over 79, pulse 66"]
    );
    assert_eq!(house.count("text_part").await, 0);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_20_pieces_may_come_in_any_order_interleaved_together_or_twice() {
    for together in [false, true] {
        let house = House::new().await;
        let events = [
            piece(&house, ADA, "b", 2, 2, "8 over 72"),
            piece(&house, ADA, "a", 3, 3, "4"),
            // Another patient's text may bear the same reference.
            piece(&house, BOB, "a", 1, 2, "Sugar 6"),
            piece(&house, ADA, "a", 1, 3, "BP 13"),
            piece(&house, ADA, "b", 1, 2, "Later it was BP 12"),
            piece(&house, ADA, "a", 2, 3, "1 over 8"),
            piece(&house, BOB, "a", 2, 2, ".4"),
        ];
        if together {
            house.take(events.clone()).await;
        } else {
            for event in events.clone() {
                house.take([event]).await;
            }
        }
        let numbers = house.see("select vital || ' ' || value from reading order by 1").await;
        let wanted = ["diastolic 72.0", "diastolic 84.0", "glucose 6.4", "systolic 128.0", "systolic 131.0"];
        assert_eq!(numbers, wanted, "together: {together}");
        // The carrier brings them once more.
        let copies = house.take(events).await;
        assert!(copies.iter().all(|kept| *kept == Ok(Settled::Duplicate)), "{copies:?}");
        assert_eq!(house.ledger().await, [14, 7, 7, 0, 0]);
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn sms_20_a_piece_that_never_comes_is_asked_for_and_nothing_is_read_of_the_others() {
    let house = House::new().await;
    house.settles(piece(&house, ADA, "7", 1, 3, "My BP is 18"), Settled::Held).await;
    house.settles(piece(&house, ADA, "7", 3, 3, "and I feel fine"), Settled::Held).await;
    assert_eq!(give_up(&house.store, &house.catalog, house.clock.now()).await.unwrap(), 0, "not yet");
    assert_eq!(time_out(&house).await, 1);
    assert_eq!(time_out(&house).await, 0, "once");
    assert!(house.readings().await.is_empty() && house.alerts().await.is_empty(), "half a number was read");
    assert_eq!(house.tasks().await, ["text_incomplete ada x1"]);
    let texts = house.texts().await;
    assert!(matches!(texts.as_slice(), [one] if one.contains("Please send it again")), "{texts:?}");
    let shown = house.see("select body from message where direction = 'in'").await;
    assert_eq!(shown, ["My BP is 18 [...] and I feel fine"]);
    assert_eq!(house.ledger().await, [2, 0, 0, 2, 0]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_20_a_cry_for_help_in_half_a_text_is_heard() {
    let house = House::new().await;
    house.settles(piece(&house, ADA, "7", 1, 2, "I have bad chest pain and cannot"), Settled::Held).await;
    assert_eq!(time_out(&house).await, 1);
    assert_eq!(house.alerts().await, ["ada system_urgent_text red open x1"]);
    assert!(house.texts().await[0].contains("999"));
    assert_eq!(house.tasks().await, ["asked_for_help ada x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_20_the_carer_is_told_what_is_said_to_a_cry_in_half_a_text() {
    let house = House::new().await;
    let carer = NewCarer {
        phone: STRANGER.to_owned(),
        name: "Grace".to_owned(),
        gets_copies: Some(Copies::Red),
        consent_by: "Ada".to_owned(),
        ..NewCarer::default()
    };
    let now = house.clock.now();
    add_carer(&house.store, &PatientId::trusted("ada"), &carer, "sister", now).await.unwrap();
    house.settles(piece(&house, ADA, "7", 1, 2, "I have bad chest pain and cannot"), Settled::Held).await;
    assert_eq!(time_out(&house).await, 1);
    let told = house.see("select distinct address from message where direction = 'out' order by 1").await;
    assert_eq!(told, [ADA, STRANGER]);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn sms_20_pieces_outlive_a_restart_and_an_unknown_sender() {
    let house = House::new().await;
    house.settles(piece(&house, STRANGER, "9", 2, 2, "7 over 81"), Settled::Held).await;
    let house = house.restart().await;
    house.settles(piece(&house, STRANGER, "9", 1, 2, "BP 13"), Settled::Held).await;
    assert_eq!(
        house.ledger().await,
        [2, 1, 0, 0, 1],
        "the whole text waits for its sender, its piece does not"
    );
    house.enrol(&format!("patient_id,name,phone\ncyd,Cyd,{STRANGER}\n")).await;
    house.release().await;
    assert_eq!(house.readings().await, ["systolic 137.0 accepted", "diastolic 81.0 accepted"]);
    house.leaves_whatever().await;
}
