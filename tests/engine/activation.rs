//! Changed clinical files come into force for everybody at once, on the record, or not at all.

use jiff::civil::date;
use lamplight::domain::decide::Catalog;
use lamplight::domain::id::{PatientId, ProtocolId};
use lamplight::engine::activation::{Activated, ActivationError, CatalogInForce};
use lamplight::engine::enrolment::Wish;
use lamplight::engine::prompt::run_due;

use super::house::House;
use super::protocol::{Gateway, hand};
use crate::due::file::{asks, at, catalog, entry, protocol};

/// Files that ask once a day, at this time.
fn daily(time: &str) -> Catalog {
    let daily = protocol("daily", vec![entry("morning", asks(&["bp"]), &[time])]);
    Catalog { fingerprint: time.to_owned(), ..catalog([daily]) }
}

async fn asked_daily_at(time: &str) -> (Gateway, CatalogInForce) {
    let gateway = Gateway::under(daily(time), at("2026-06-01 12:00")).await;
    let wish = Wish {
        protocol: ProtocolId::trusted("daily"),
        first_day: Some(date(2026, 6, 2)),
        last_day: None,
        consent: None,
    };
    gateway.desk().start(&PatientId::trusted("ada"), &wish, &hand()).await.unwrap();
    gateway.settle().await;
    (gateway, CatalogInForce::new(daily(time)))
}

#[tokio::test]
async fn a_question_that_is_moved_forward_is_asked_at_its_new_time() {
    let (gateway, in_force) = asked_daily_at("11:00").await;
    let House { store, ids, clock, .. } = &gateway.house;
    let put = in_force.replace(store, daily("08:00"), "signal", clock.now()).await.unwrap();
    assert_eq!(put, Activated::Changed);
    for (time, asked) in [("2026-06-01 12:00", 0), ("2026-06-02 07:59", 0), ("2026-06-02 08:00", 1)] {
        clock.set(at(time));
        run_due(store, &*in_force.hold().await, ids, clock.now()).await.unwrap();
        let asks = "message where says like '%ask bp%'";
        assert_eq!(gateway.house.count(asks).await, asked, "{time}");
    }
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn a_change_is_recorded_once_with_its_author_and_content() {
    let (gateway, in_force) = asked_daily_at("11:00").await;
    let House { store, clock, .. } = &gateway.house;
    let now = clock.now();
    in_force.note_start(store, "ward", now).await.unwrap();
    in_force.note_start(store, "ward", now).await.unwrap();
    assert_eq!(in_force.replace(store, daily("11:00"), "signal", now).await.unwrap(), Activated::Unchanged);
    assert_eq!(in_force.replace(store, daily("08:00"), "signal", now).await.unwrap(), Activated::Changed);
    CatalogInForce::new(daily("08:00")).note_start(store, "ward", now).await.unwrap();
    CatalogInForce::new(daily("09:00")).note_start(store, "ward", now).await.unwrap();
    assert_eq!(
        gateway
            .house
            .see("select actor || ' ' || subject from audit where action = 'catalog.activated' order by seq")
            .await,
        ["ward 11:00", "signal 08:00", "ward 09:00"]
    );
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn files_without_a_protocol_that_somebody_is_on_stay_out_of_force() {
    let (gateway, in_force) = asked_daily_at("11:00").await;
    let House { store, clock, .. } = &gateway.house;
    let without = Catalog { fingerprint: "none".to_owned(), ..catalog([]) };
    match in_force.replace(store, without, "signal", clock.now()).await {
        Err(ActivationError::Missing(faults)) => {
            assert!(faults.len() == 1 && faults[0].contains("'daily'"), "{faults:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(in_force.hold().await.fingerprint, "11:00");
    assert_eq!(gateway.house.count("audit where action = 'catalog.activated'").await, 0);
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn a_change_waits_for_whoever_decides_by_the_files_before() {
    let (gateway, in_force) = asked_daily_at("11:00").await;
    let House { store, clock, .. } = &gateway.house;
    let held = in_force.hold().await;
    let (store, now, changing) = (store.clone(), clock.now(), in_force.clone());
    let change = tokio::spawn(async move { changing.replace(&store, daily("08:00"), "signal", now).await });
    tokio::task::yield_now().await;
    assert_eq!((held.fingerprint.as_str(), change.is_finished()), ("11:00", false));
    drop(held);
    change.await.unwrap().unwrap();
    assert_eq!(in_force.hold().await.fingerprint, "08:00");
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn a_start_without_a_protocol_that_somebody_is_on_runs_and_says_so_until_it_is_back() {
    let (gateway, _) = asked_daily_at("11:00").await;
    let House { store, ids, clock, .. } = &gateway.house;
    let bare = CatalogInForce::new(Catalog { fingerprint: "bare".to_owned(), ..catalog([]) });
    for _ in 0..2 {
        let missing = bare.note_missing(store, ids, clock.now()).await.unwrap();
        assert_eq!(missing, [ProtocolId::trusted("daily")]);
    }
    assert_eq!(gateway.house.tasks().await, ["missing_protocol daily x2"]);
    assert_eq!(gateway.house.see("select urgent from task").await, ["1"]);
    let whole = CatalogInForce::new(daily("11:00"));
    assert_eq!(whole.note_missing(store, ids, clock.now()).await.unwrap(), []);
    assert_eq!(gateway.house.tasks().await, [] as [&str; 0]);
    gateway.house.leaves_whatever().await;
}
