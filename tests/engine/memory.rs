//! What the writer remembers from one batch to the next is never older than what is stored.

use std::sync::Arc;

use jiff::SignedDuration;
use lamplight::domain::id::PatientId;
use lamplight::domain::rule::Applies;
use lamplight::engine::intake::Settled;
use lamplight::engine::prompt::{repair, run_due};

use super::house::{House, Left, pressure};

#[tokio::test]
async fn what_another_process_changes_holds_from_the_next_message_on() {
    for (label, change, alerts) in [
        ("nothing", "select 1", &[][..]),
        (
            "a limit",
            "insert into threshold values ('ada', 'blood_pressure_high', 'systolic_amber', 1, 130, 'x', 'y')",
            &["ada blood_pressure_high amber open x1"],
        ),
        ("another patient's device", "update device set patient_id = 'bob' where id = 'bp-1'", &[]),
    ] {
        let house = House::new().await;
        // Twice: what is remembered was loaded, then recalled.
        house.accepts(house.pressure("bp-1", 120, 70)).await;
        house.accepts(house.pressure("bp-1", 121, 71)).await;
        house.run(change).await;
        house.accepts(house.pressure("bp-1", 132, 72)).await;
        assert_eq!(house.alerts().await, alerts, "{label}");
        let owner = if label == "another patient's device" { "bob" } else { "ada" };
        let last = house.see("select patient_id from inbox order by id desc limit 1").await;
        assert_eq!(last, [owner], "{label}");
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn a_device_that_is_taken_out_of_use_is_nobodys_at_once() {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 120, 70)).await;
    house.run("update device set revoked_at = 1 where id = 'bp-1'").await;
    house.settles(house.pressure("bp-1", 121, 71), Settled::Held).await;
    house.leaves(Left::held(1)).await;
}

#[tokio::test]
async fn an_alert_that_is_closed_between_two_messages_is_opened_anew() {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 152, 80)).await;
    house.accepts(house.pressure("bp-1", 153, 80)).await;
    house.run("update alert set state = 'resolved', resolved_at = last_at, resolved_by = 'x'").await;
    house.accepts(house.pressure("bp-1", 154, 80)).await;
    assert_eq!(
        house.see("select state || ' x' || count from alert order by id").await,
        ["resolved x2", "open x1"]
    );
    house.leaves_whatever().await;
}

/// The outbox's transactions leave the memory alone, unless they change what it holds.
#[tokio::test]
async fn who_may_not_be_texted_any_more_is_not_texted_by_the_next_message() {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 120, 70)).await;
    let mut tx = house.store.begin_quietly().await.unwrap();
    assert!(tx.stop_texting(&PatientId::trusted("ada"), house.clock.now()).await.unwrap());
    tx.commit().await.unwrap();
    house.accepts(house.pressure("bp-1", 152, 80)).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x1"]);
    assert_eq!(house.count("message where direction = 'out'").await, 0);
    house.leaves_whatever().await;
}

/// The next batch must not join an alert that was decided and never stored.
#[tokio::test]
async fn what_a_batch_had_changed_that_was_not_committed_is_forgotten() {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 120, 70)).await;
    house
        .run(
            "create trigger refuse before insert on message when new.direction = 'out'
             begin select raise(abort, 'no'); end",
        )
        .await;
    let kept = house.take([house.pressure("bp-1", 152, 80), house.pressure("bp-1", 120, 70)]).await;
    assert!(kept.iter().any(Result::is_err), "{kept:?}");
    house.run("drop trigger refuse").await;
    house.accepts(house.pressure("bp-1", 153, 80)).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x1"]);
    house.leaves_whatever().await;
}

/// The clock ticks every few seconds: it must not make the writer look everybody up again.
#[tokio::test]
async fn a_tick_that_finds_nobody_ends_no_memory() {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 120, 70)).await;
    let stamp = async || house.store.begin_quietly().await.unwrap().stamp().await.unwrap();
    let before = stamp().await;
    let House { store, catalog, ids, clock, .. } = &house;
    run_due(store, catalog, ids, clock.now()).await.unwrap();
    repair(store, clock.now()).await.unwrap();
    house.release().await;
    assert_eq!(stamp().await, before);
    drop(house.store.begin().await.unwrap());
    assert_ne!(stamp().await, before, "whoever is not sure ends it");
    house.leaves_whatever().await;
}

/// The same days twice: once as the writer remembers them, once with everything looked up for every message, because
/// another process has changed something each time.
#[tokio::test]
async fn a_past_that_is_remembered_is_judged_as_one_that_is_looked_up() {
    let remembered = days_of_pressures(false).await;
    assert!(remembered.iter().any(|row| row.contains("blood_pressure_average")), "{remembered:#?}");
    assert_eq!(remembered, days_of_pressures(true).await);
}

/// Every alert with its words and evidence after three weeks of readings: in order, late, from a clock that runs ahead.
async fn days_of_pressures(forgetful: bool) -> Vec<String> {
    let mut house = House::new().await;
    let mut catalog = (*house.catalog).clone();
    for rule in catalog.rules.iter_mut().filter(|rule| rule.condition.starts_with("blood_pressure")) {
        rule.applies = Applies::Everyone;
    }
    house.stop().await;
    house.catalog = Arc::new(catalog);
    house.start(1_000);
    let mut dice = 7_u32;
    let mut roll = |sides: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 16) % sides
    };
    for _ in 0..63 {
        house.wait(SignedDuration::from_hours(8));
        let taken_at = match roll(5) {
            0 => house.clock.now() - SignedDuration::from_hours(i64::from(roll(90))),
            1 => house.clock.now() + SignedDuration::from_hours(i64::from(roll(20))),
            _ => house.clock.now(),
        };
        let said = pressure(Some(taken_at), 124 + roll(34), 70 + roll(24));
        house.accepts(house.publish("bp-1", &said)).await;
        if forgetful {
            house.run("update device set revoked_at = null").await;
        }
    }
    let rows = house
        .see(
            "select a.rule_id || ' ' || a.severity || ' x' || a.count || ' ' || a.why || ' ' ||
               (select group_concat(firing, ';') from
                 (select (detail ->> '$.taken_at') || ' ' || (detail ->> '$.breaches[0].value') || ' from ' ||
                    coalesce((select group_concat(b.value ->> 'taken_at')
                              from json_each(detail, '$.breaches[0].because') b), '') as firing
                  from alert_evidence e where e.alert_id = a.id order by at, set_id))
             from alert a order by a.rule_id",
        )
        .await;
    house.leaves_whatever().await;
    rows
}
