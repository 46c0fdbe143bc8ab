//! The auditor over a real store: what it finds, what it sets right, and what it says of it.

use jiff::{SignedDuration, ToSpan};
use lamplight::engine::auditor::Auditor;
use lamplight::engine::intake::{Asker, channel};
use lamplight::engine::writer::Writer;
use tokio::sync::oneshot;

use crate::engine::house::{House, Left};

/// A red alert of Ada's, whose watch the runner has looked at: the chain's next step is in five minutes.
pub(super) async fn ward() -> (House, Auditor) {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 190, 100)).await;
    assert_eq!(house.count("watch where look_at = 0 and begun = 0").await, 1);
    look(&house, "running", 5).await;
    let auditor = Auditor::new(house.store.clone(), house.clock.clone(), house.telemetry.clone(), None);
    (house, auditor)
}

/// What the runner leaves when it has looked.
pub(super) async fn look(house: &House, stage: &str, minutes: i64) {
    let now = house.clock.now().as_millisecond();
    let next = now + minutes * 60_000;
    house
        .run(&format!(
            "update watch set begun = 1, look_at = {next}, next_at = {next}, team_id = 'unwritten', severity = 'red',
               chain = '{{\"steps\":[{{\"notify\":[],\"wait_minutes\":10}}],\"rounds\":2,\"again_minutes\":15}}',
               site_version = 'v', episode = 1, reason = 'first', started_at = {now}, stage = '{stage}',
               covers = (select json_group_array(id) from alert)"
        ))
        .await;
}

pub(super) async fn found(auditor: &mut Auditor) -> Vec<String> {
    let audited = auditor.look(Vec::new()).await.unwrap();
    audited.findings.iter().map(|finding| format!("{} {}", finding.kind, finding.subject)).collect()
}

const STANDING: &str = "select kind || ' ' || subject || iif(repaired_at is null, '', ' repaired') from finding where over_at is null";

#[tokio::test]
async fn a_ward_in_order_is_clean() {
    let (house, mut auditor) = ward().await;
    assert_eq!(found(&mut auditor).await, [""; 0]);
    let now = house.clock.now();
    assert!(house.telemetry.is_clean(now) && house.telemetry.is_audited(now));
    house.wait(SignedDuration::from_secs(121));
    assert!(!house.telemetry.is_clean(house.clock.now()), "an old audit proves nothing");
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_watch_that_is_gone_is_put_up_again_and_said_to_have_been() {
    let (house, mut auditor) = ward().await;
    house.run("delete from watch").await;
    assert_eq!(found(&mut auditor).await, ["unwatched ada"]);
    assert_eq!(house.see("select patient_id || ' ' || look_at from watch").await, ["ada 0"]);
    assert_eq!(house.see(STANDING).await, ["unwatched ada repaired"]);
    assert!(!house.telemetry.is_clean(house.clock.now()));

    look(&house, "running", 5).await;
    house.wait(SignedDuration::from_mins(1));
    assert_eq!(found(&mut auditor).await, [""; 0]);
    assert!(house.telemetry.is_clean(house.clock.now()));
    assert_eq!(house.see(STANDING).await, [""; 0]);
    assert_eq!(
        house.see("select action || ' ' || subject || ' ' || detail from audit where actor = 'auditor' order by seq").await,
        [r#"finding.open ada {"kind":"unwatched"}"#, r#"finding.over ada {"kind":"unwatched"}"#]
    );
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_step_that_never_came_is_looked_at_again() {
    let (house, mut auditor) = ward().await;
    house.run("update message set due_at = null, state = 'sent'").await;
    house.wait(SignedDuration::from_mins(8));
    assert_eq!(found(&mut auditor).await, ["overdue ada"]);
    assert_eq!(house.count("watch where look_at = 0").await, 1);
    // Nobody looks at the mark either.
    house.wait(SignedDuration::from_mins(1));
    assert_eq!(found(&mut auditor).await, ["overdue ada"]);
    house.wait(SignedDuration::from_mins(3));
    assert_eq!(found(&mut auditor).await, ["overdue ada", "overlooked ada"]);
    assert_eq!(house.count("finding where over_at is null and since < last_at and withholds = 1").await, 1);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn an_acknowledgement_without_end_or_owner_is_found() {
    let (house, mut auditor) = ward().await;
    let now = house.clock.now().as_millisecond();
    let alert = house.see("select id from alert").await.remove(0);
    for (sql, finding) in [
        (
            format!(
                "update alert set state = 'acknowledged', acknowledged_by = 'anna', lapses_at = {now} + 3600000"
            ),
            None,
        ),
        ("update alert set lapses_at = null".to_owned(), Some("ownerless")),
        (format!("update alert set lapses_at = {now} + 3600000, acknowledged_by = null"), Some("ownerless")),
        (
            format!(
                "update alert set state = 'open', snoozed_until = {now} + 3600000,
                   snooze = '{{\"by\":\"anna\",\"reason\":\"asleep\",\"severity\":\"red\"}}'"
            ),
            None,
        ),
        ("update alert set snooze = 'spoilt'".to_owned(), Some("unattended")),
    ] {
        house.run(&sql).await;
        look(&house, "attended", 60).await;
        let wanted: Vec<String> = finding.iter().map(|kind| format!("{kind} {alert}")).collect();
        assert_eq!(found(&mut auditor).await, wanted, "{sql}");
    }
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_watch_over_nobody_is_looked_at_and_alarms_nobody() {
    let (house, mut auditor) = ward().await;
    house.run("update alert set state = 'resolved', resolved_at = 1, resolved_by = 'anna'").await;
    assert_eq!(found(&mut auditor).await, ["idle ada"]);
    assert!(house.telemetry.is_clean(house.clock.now()));
    assert_eq!(house.count("watch where look_at = 0").await, 1);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn advice_that_is_not_sent_and_work_that_is_not_done_are_found() {
    let (house, mut auditor) = ward().await;
    let now = house.clock.now();
    house.run(&format!("insert into agenda values ('bob', {})", (now + 15.minutes()).as_millisecond())).await;
    house.wait(SignedDuration::from_mins(6));
    look(&house, "running", 5).await;
    assert_eq!(found(&mut auditor).await, ["advice_unsent lamplight"]);
    house.wait(SignedDuration::from_mins(15));
    look(&house, "running", 5).await;
    let all = ["advice_unsent lamplight", "outbox_stuck lamplight", "agenda_overdue lamplight"];
    assert_eq!(found(&mut auditor).await, all);
    let said = house.see("select detail from finding where kind = 'advice_unsent'").await;
    assert_eq!(
        said,
        ["1 texts of advice on something red are not sent, the first since 2026-11-22T09:00:00Z"]
    );
    house.run("update message set due_at = null, state = 'sent'; delete from agenda").await;
    assert_eq!(found(&mut auditor).await, [""; 0]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_text_that_is_held_and_of_which_nobody_is_told_is_found() {
    let (house, mut auditor) = ward().await;
    house.enrol("patient_id,name,phone\neve,Eve,+447700900121\n").await;
    let text = house.text("+447700900121", "what is this");
    house.take([text]).await;
    assert_eq!(house.count("inbox where outcome = 'held'").await, 1);
    house.wait(SignedDuration::from_mins(61));
    look(&house, "running", 5).await;
    let held = |found: Vec<String>| found.contains(&"texts_held lamplight".to_owned());
    assert!(!held(found(&mut auditor).await), "its task tells of it");
    house.run("update task set resolved_at = 1, resolved_by = 'anna'").await;
    assert!(held(found(&mut auditor).await));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_writer_that_commits_nothing_while_events_wait_is_found() {
    let (mut house, _) = ward().await;
    house.stop().await;
    let (intake, waiting) = channel(8);
    let depth = intake.depth();
    let mut auditor =
        Auditor::new(house.store.clone(), house.clock.clone(), house.telemetry.clone(), Some(depth.clone()));
    let (sender, answer) = oneshot::channel();
    intake.offer(house.pressure("bp-1", 120, 70), Asker::One(sender)).unwrap();
    assert_eq!(depth.waiting(), 1);
    assert_eq!(found(&mut auditor).await, [""; 0], "it may be about to");
    house.wait(SignedDuration::from_mins(1));
    assert_eq!(found(&mut auditor).await, ["intake_stalled lamplight"]);
    let writer = Writer {
        store: house.store.clone(),
        catalog: lamplight::engine::activation::CatalogInForce::new(std::sync::Arc::clone(&house.catalog)),
        clock: house.clock.clone(),
        telemetry: house.telemetry.clone(),
        outbox: lamplight::engine::delivery::Nudge::default(),
    };
    drop(intake);
    writer.run(waiting, tokio_util::sync::CancellationToken::new()).await;
    assert!(answer.await.unwrap().is_ok());
    look(&house, "running", 5).await;
    assert_eq!(found(&mut auditor).await, [""; 0]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_store_that_is_gone_leaves_nothing_proved() {
    let (house, mut auditor) = ward().await;
    found(&mut auditor).await;
    house.store.close().await;
    house.wait(SignedDuration::from_mins(3));
    assert!(auditor.look(Vec::new()).await.is_err());
    assert!(!house.telemetry.is_audited(house.clock.now()));
    drop(auditor);
    house.abandon();
}
