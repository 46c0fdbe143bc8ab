//! When the database refuses, is locked or is gone, and when too much waits.

use std::time::Duration;

use lamplight::engine::intake::{Asker, NotKept, Settled};
use lamplight::store::StoreError;
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
async fn while_the_store_is_gone_nothing_is_acknowledged_and_a_later_try_works() {
    let house = House::new().await;
    let event = house.text(ADA, "BP 190 99");
    house.store.close().await;
    assert_eq!(house.take([event.clone()]).await, [Err(NotKept::Unavailable)]);
    assert_eq!(house.count("inbox").await + house.count("ledger").await, 0);
    let house = house.restart().await;
    house.accepts(event).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    house.leaves(Left::texts(1)).await;
}

/// What passes must never be taken for what is refused: a refused event is set aside as poison.
#[tokio::test]
async fn a_lock_a_full_disk_and_a_write_protected_file_pass_and_a_refused_row_does_not() {
    let house = House::new().await;
    let options = SqliteConnectOptions::new().filename(house.path()).busy_timeout(Duration::ZERO);
    let mut other = options.connect().await.unwrap();
    let locked = {
        let mut lock = options.connect().await.unwrap();
        let held = lock.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let failed = insert(&mut other, "first").await;
        held.rollback().await.unwrap();
        failed
    };
    let mut reader = options.clone().read_only(true).connect().await.unwrap();
    let protected = insert(&mut reader, "first").await;
    sqlx::query("pragma max_page_count = 1").execute(&mut other).await.unwrap();
    let full = insert(&mut other, &"x".repeat(1_000_000)).await;
    for failed in [locked, protected, full] {
        let error = StoreError::from(failed.unwrap_err());
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    insert(&mut other, "first").await.unwrap();
    let refused = StoreError::from(insert(&mut other, "first").await.unwrap_err());
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    house.leaves(Left::NOTHING).await;
}

async fn insert(connection: &mut SqliteConnection, phone: &str) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("insert into unknown_sender (phone, first_at) values ($1, 0)").bind(phone);
    insert.execute(connection).await.map(drop)
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
