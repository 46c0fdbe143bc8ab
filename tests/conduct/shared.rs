//! A phone that several people have, some of whom go by what the family calls them.

use lamplight::domain::enrolment::Row;
use lamplight::engine::enrol::register_patient;

use crate::engine::house::{BOB, House, Left};

/// Ron and Rita at Bob's phone, whom their daughter calls Dad and Mum; Bob himself has another.
async fn family() -> House {
    let house = House::new().await;
    house.run("update patient set phone = '+447700900188' where id = 'bob'").await;
    for (id, name, label) in [("ron", "Ronald Price", "Dad"), ("rita", "Rita Price", "Mum")] {
        let cells = [("patient_id", id), ("name", name), ("phone", BOB), ("label", label)];
        let row: Row = cells.map(|(column, cell)| (column.to_owned(), cell.to_owned())).into();
        register_patient(&house.store, house.clock.now(), "test", &house.catalog, &row).await.unwrap();
    }
    house
}

#[tokio::test]
async fn sms_21_a_shared_phone_is_asked_by_what_its_people_are_called_and_no_advice_is_given_before() {
    let house = family().await;
    house.take([house.text(BOB, "BP 191 99")]).await;
    assert_eq!(house.texts().await, ["Whose reading is this? Please reply with the name: Mum, Dad."]);
    assert_eq!(house.count("reading").await, 0);
    // Nobody waits for the answer: it is judged for both meanwhile.
    assert_eq!(
        house.alerts().await,
        ["rita blood_pressure_high red open x1", "ron blood_pressure_high red open x1"]
    );
    house.accepts(house.text(BOB, "dad")).await;
    assert_eq!(house.see("select distinct patient_id from reading").await, ["ron"]);
    assert!(house.texts().await[1].contains("191/99"));
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn sms_21_a_label_before_or_behind_a_reading_says_whose_it_is() {
    for (body, whose) in [
        ("Mum 126/74", "rita"),
        ("mum: BP 126 74", "rita"),
        ("Dad's bp is 126/74", "ron"),
        ("BP 126 74 for dad", "ron"),
        ("Rita 126/74", "rita"),
        ("Ronald 126/74", "ron"),
    ] {
        let house = family().await;
        house.accepts(house.text(BOB, body)).await;
        assert_eq!(house.see("select distinct patient_id from reading").await, [whose], "{body}");
        house.leaves(Left::texts(1)).await;
    }
}

#[tokio::test]
async fn sms_21_two_labels_or_none_in_a_text_are_nobodys_guess() {
    for body in ["Mum and Dad 126/74", "126/74", "mummy 126/74", "Grandad 126/74"] {
        let house = family().await;
        house.take([house.text(BOB, body)]).await;
        assert_eq!(house.count("reading").await, 0, "{body}");
        house.leaves(Left { texts: 1, held: 1 }).await;
    }
}

#[tokio::test]
async fn sms_21_a_label_that_both_have_tells_nobody_apart() {
    let house = family().await;
    house.run("update patient set label = 'Love' where id in ('ron', 'rita')").await;
    house.take([house.text(BOB, "love 126/74")]).await;
    assert_eq!(house.texts().await, ["Whose reading is this? Please reply with the name: Rita, Ronald."]);
    house.leaves(Left { texts: 1, held: 1 }).await;
}

#[tokio::test]
async fn a_label_is_a_word_or_two_and_of_the_api_alone() {
    let house = House::new().await;
    let now = house.clock.now();
    for (label, good) in [
        ("Mum", true),
        ("Nana Jo", true),
        ("mam-gu", true),
        ("12", false),
        ("141/80", false),
        ("a very long label indeed", false),
    ] {
        let row: Row =
            [("patient_id", "ada"), ("label", label)].map(|(c, v)| (c.to_owned(), v.to_owned())).into();
        let registered = register_patient(&house.store, now, "test", &house.catalog, &row).await;
        assert_eq!(registered.is_ok(), good, "{label}");
    }
    let csv = "patient_id,label\nada,Mum\n";
    let refused =
        lamplight::engine::enrol::import(&house.store, now, "test", &house.catalog, csv.as_bytes()).await;
    assert!(refused.is_err(), "the list keeps its columns");
    assert_eq!(house.see("select label from patient where id = 'ada'").await, ["mam-gu"]);
    house.leaves(Left::NOTHING).await;
}
