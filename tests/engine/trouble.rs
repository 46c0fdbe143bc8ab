//! When the database refuses, is locked or is gone, and when too much waits.

use std::time::Duration;

use lamplight::engine::intake::{Asker, NotKept, Settled};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::oneshot;

use super::house::{ADA, BOB, House, Left};

#[tokio::test]
async fn an_event_that_the_database_refuses_fails_alone_and_becomes_a_task() {
    let house = House::new().await;
    let (before, poison, after) =
        (house.text(ADA, "BP 126 74"), house.text(BOB, "BP 190 99"), house.pressure("bp-1", 152, 80));
    // A row already has the name that the refused event's answer would have.
    house
        .run(&format!(
            "insert into message (id, direction, channel, address, body, state, created_at)
             values ('{}m1', 'in', 'sms', '', '', 'received', 0)",
            poison.id
        ))
        .await;
    let kept = house.take([before, poison.clone(), after]).await;
    assert_eq!(kept, [Ok(Settled::Accepted), Ok(Settled::Rejected), Ok(Settled::Accepted)]);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x1"]);
    assert_eq!(house.tasks().await, [format!("poisoned_event {} x1", poison.id)]);
    assert_eq!(
        house.see(&format!("select cast(raw as text) from inbox where id = '{}'", poison.id)).await,
        [format!("From={BOB}&Body=BP 190 99")]
    );
    // Sent again it is known, so the carrier gets its answer and nothing is done twice.
    house.settles(poison, Settled::Duplicate).await;
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn while_the_database_is_locked_nothing_is_acknowledged_and_a_later_try_works() {
    let house = House::new().await;
    let mut lock: SqliteConnection =
        SqliteConnectOptions::new().filename(house.path()).connect().await.unwrap();
    let event = house.text(ADA, "BP 190 99");
    let held = lock.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn({
        let (intake, event) = (house.intake(), event.clone());
        async move { intake.submit(event).await }
    });
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .map(|kept| assert_eq!(kept.unwrap(), Err(NotKept::Unavailable)))
        .unwrap();
    assert_eq!(house.count("inbox").await + house.count("ledger").await, 0);
    held.rollback().await.unwrap();
    house.accepts(event).await;
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_full_queue_says_so_and_keeps_what_it_took() {
    let mut house = House::new().await;
    house.stop().await;
    house.start(3);
    let events: Vec<_> = (0..5).map(|n| house.text(ADA, &format!("BP 12{n} 76"))).collect();
    let kept = house.take(events.clone()).await;
    assert_eq!(kept[..3], [Ok(Settled::Accepted); 3]);
    assert_eq!(kept[3..], [Err(NotKept::Full); 2]);
    assert_eq!(house.ledger().await, [3, 3, 0, 0, 0]);
    // What was turned away comes again, and what was taken in comes again with it.
    let again = house.take(events.into_iter().skip(2)).await;
    assert_eq!(again, [Ok(Settled::Duplicate), Ok(Settled::Accepted), Ok(Settled::Accepted)]);
    house.leaves(Left::texts(5)).await;
}

#[tokio::test]
async fn an_asker_that_went_away_does_not_cost_the_event() {
    let house = House::new().await;
    let (sender, answer) = oneshot::channel();
    house.intake().offer(house.text(ADA, "BP 190 99"), Asker::One(sender)).unwrap();
    drop(answer);
    house.accepts(house.text(BOB, "BP 126 74")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn what_waits_when_the_way_in_closes_is_still_committed() {
    let mut house = House::new().await;
    let (sender, answer) = oneshot::channel();
    house.intake().offer(house.text(ADA, "BP 190 99"), Asker::One(sender)).unwrap();
    house.stop().await;
    assert_eq!(answer.await.unwrap(), Ok(Settled::Accepted));
    house.leaves(Left::texts(1)).await;
}
