//! Texts that were found in a provider's list: judged as of the hour in which they were sent, and answered as of now.

use jiff::SignedDuration;
use lamplight::domain::event::{Event, Origin, Way};
use lamplight::engine::intake::Settled;

use crate::engine::house::{ADA, BOB, House, Left, STRANGER};

/// A text that was sent so long ago and nobody brought.
fn listed(house: &House, from: &str, minutes_ago: i64, body: &str) -> Event {
    let mut event = house.text(from, body);
    let sent_at = house.clock.now() - SignedDuration::from_mins(minutes_ago);
    if let Origin::Text(text) = &mut event.origin {
        text.way = Way::Listed { sent_at };
    }
    event
}

async fn taken(house: &House) -> Vec<String> {
    let sql = "select distinct strftime('%H:%M', taken_at / 1000, 'unixepoch') || ' came ' ||
               strftime('%H:%M', received_at / 1000, 'unixepoch') from reading order by taken_at";
    house.see(sql).await
}

#[tokio::test]
async fn sms_08_a_reading_is_taken_when_it_was_sent_and_flagged_as_late() {
    let house = House::new().await;
    house.accepts(listed(&house, ADA, 40, "BP 121 79")).await;
    assert_eq!(taken(&house).await, ["08:20 came 09:00"]);
    assert_eq!(house.count("inbox where sent_at is not null").await, 1);
    assert_eq!(house.see("select sent_at < created_at from message where direction = 'in'").await, ["1"]);
    // Forty minutes later the usual answer still holds.
    assert!(house.texts().await[0].contains("within your limits"));
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_08_hours_later_the_patient_hears_once_that_it_came_late_and_nothing_else() {
    let house = House::new().await;
    for (minutes, body) in
        [(300, "BP 121 79"), (290, "BP 152 84"), (200, "no idea what this says"), (100, "HELP")]
    {
        house.take([listed(&house, ADA, minutes, body)]).await;
    }
    let texts = house.texts().await;
    let [only] = texts.as_slice() else { panic!("{texts:?}") };
    assert!(only.contains("22/11 04:00 reached us late"), "{only}");
    assert!(!only.contains("121") && !only.contains("half an hour"), "{only}");
    // Half a day later it is news again.
    house.wait(SignedDuration::from_hours(13));
    house.take([listed(&house, ADA, 90, "BP 122 78")]).await;
    assert_eq!(house.texts().await.len(), 2);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_late_red_is_an_alert_wakes_nobody_and_says_what_it_is_about() {
    let house = House::new().await;
    house.accepts(listed(&house, ADA, 540, "BP 194 123")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.count("alert where late = 1").await, 1, "nobody is woken for last night");
    assert_eq!(house.see("select detail ->> 'late' from alert_evidence").await, ["1"]);
    let texts = house.texts().await;
    let [only] = texts.as_slice() else { panic!("{texts:?}") };
    assert!(only.contains("22/11 00:00 reached us late") && only.contains("194/123"), "{only}");
    // A red reading of this minute is news all the same.
    house.accepts(house.text(ADA, "BP 195 124")).await;
    assert_eq!(house.texts().await.len(), 2);
    assert_eq!(house.count("alert where late = 0").await, 1);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn sms_08_after_a_week_red_advice_would_only_frighten() {
    let house = House::new().await;
    house.accepts(listed(&house, ADA, 7 * 24 * 60, "BP 194 123")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    let texts = house.texts().await;
    assert!(
        matches!(texts.as_slice(), [one] if one.contains("reached us late") && !one.contains("194")),
        "{texts:?}"
    );
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_08_an_old_slip_is_for_a_nurse_to_ask_about() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "weight 70.2 kg")).await;
    house.accepts(listed(&house, ADA, 300, "weight 88.2 kg")).await;
    assert_eq!(house.count("confirmation").await, 0, "a YES to a question that nobody was asked");
    assert_eq!(house.tasks().await, ["unconfirmed ada x1"]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_a_late_yes_confirms_nothing_that_was_asked_after_it() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.wait(SignedDuration::from_mins(5));
    house.take([listed(&house, ADA, 30, "YES")]).await;
    assert_eq!(house.count("confirmation").await, 1, "it was said before the question");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_a_late_stop_stops_and_words_of_an_emergency_are_heard() {
    let house = House::new().await;
    house.accepts(listed(&house, BOB, 300, "STOP")).await;
    assert_eq!(house.see("select standing from patient where id = 'bob'").await, ["stopped"]);
    assert!(house.texts().await.is_empty());
    house.accepts(listed(&house, ADA, 300, "I have chest pain and cannot breathe")).await;
    assert_eq!(house.alerts().await, ["ada system_urgent_text red open x1"]);
    assert!(house.texts().await[0].contains("999"));
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_08_a_late_text_of_a_stranger_is_held_and_taken_in_with_its_own_time() {
    let house = House::new().await;
    house.settles(listed(&house, STRANGER, 300, "BP 131 82"), Settled::Held).await;
    assert!(house.texts().await.is_empty(), "a stranger gets no answer hours later");
    house.enrol(&format!("patient_id,name,phone\ncyd,Cyd,{STRANGER}\n")).await;
    house.release().await;
    assert_eq!(taken(&house).await, ["04:00 came 09:00"]);
    house.leaves_whatever().await;
}
