//! Small writes cross to SQLite together with whatever comes next: nobody can tell but by the clock.

use lamplight::domain::event::Edge;
use lamplight::store::audit::AuditEntry;
use lamplight::store::{StoreError, Tallies, Tx};
use serde_json::json;

use super::house::{House, Left};

fn counted(house: &House, held: i64) -> Tallies {
    let mut tallies = Tallies::default();
    tallies.at(house.clock.now(), Edge::Text).held += held;
    tallies
}

fn entry(house: &House, subject: &str) -> AuditEntry {
    AuditEntry::new(house.clock.now(), "a test", "test.note", subject, json!({}))
}

async fn note(tx: &mut Tx, house: &House, subject: &str) {
    tx.audit(&entry(house, subject)).await.unwrap();
}

#[tokio::test]
async fn what_is_written_is_there_for_whoever_asks_next() {
    let house = House::new().await;
    let mut tx = house.store.begin().await.unwrap();
    note(&mut tx, &house, "one").await;
    assert_eq!(tx.last_subject_of("test.note").await.unwrap().as_deref(), Some("one"));
    note(&mut tx, &house, "two").await;
    note(&mut tx, &house, "three").await;
    assert_eq!(tx.last_subject_of("test.note").await.unwrap().as_deref(), Some("three"), "in its order");
    tx.commit().await.unwrap();
    let noted = house.see("select subject from audit where action = 'test.note' order by seq").await;
    assert_eq!(noted, ["one", "two", "three"]);
    assert!(house.store.verify_audit(None).await.unwrap().is_ok(), "each is sealed onto the one before");
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn what_still_waits_for_its_crossing_is_committed_too() {
    let house = House::new().await;
    let mut tx = house.store.begin().await.unwrap();
    note(&mut tx, &house, "one").await;
    tx.commit().await.unwrap();
    assert_eq!(house.count("audit where action = 'test.note'").await, 1);
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn what_still_waits_when_a_transaction_is_given_up_is_gone_with_it() {
    let house = House::new().await;
    let mut tx = house.store.begin().await.unwrap();
    tx.tally(&counted(&house, 2));
    note(&mut tx, &house, "one").await;
    drop(tx);
    assert_eq!(house.ledger().await, [0; 5]);
    assert_eq!(house.count("audit where action = 'test.note'").await, 0);
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn a_fault_of_one_is_the_fault_of_all_and_none_is_kept() {
    let house = House::new().await;
    let mut tx = house.store.begin().await.unwrap();
    note(&mut tx, &house, "before").await;
    // Takes from `held` what is not there: the database's own check refuses that.
    tx.tally(&counted(&house, -1));
    note(&mut tx, &house, "behind").await;
    let refused = tx.commit().await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(house.count("audit where action = 'test.note'").await, 0);
    assert_eq!(house.ledger().await, [0; 5]);
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn a_fault_that_somebody_overlooks_keeps_everything_from_being_committed() {
    let house = House::new().await;
    let mut tx = house.store.begin().await.unwrap();
    tx.tally(&counted(&house, -1));
    assert!(tx.last_subject_of("test.note").await.is_err());
    assert!(tx.audit(&entry(&house, "one")).await.is_err());
    assert!(tx.commit().await.is_err());
    assert_eq!(house.count("audit where action = 'test.note'").await, 0);
    house.leaves(Left::default()).await;
}

/// However many rows cross in one block, and in how many blocks, each comes after the one before it.
#[tokio::test]
async fn rows_of_any_number_are_written_in_their_order() {
    let house = House::new().await;
    let mut written = Vec::new();
    for many in [1, 2, 5, 63, 65, 127, 129, 255, 256, 257, 700] {
        let entries: Vec<AuditEntry> = (0..many).map(|n| entry(&house, &format!("{many}-{n}"))).collect();
        let mut tx = house.store.begin().await.unwrap();
        tx.audit_entries(&entries).await.unwrap();
        tx.commit().await.unwrap();
        written.extend(entries.into_iter().map(|entry| entry.subject));
    }
    assert_eq!(house.see("select subject from audit where action = 'test.note' order by seq").await, written);
    assert!(house.store.verify_audit(None).await.unwrap().is_ok(), "each is sealed onto the one before");
    house.leaves(Left::default()).await;
}
