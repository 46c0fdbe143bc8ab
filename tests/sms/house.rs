//! A store of one's own with people in it, a clock that stands still, and eyes on both.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lamplight::clock::Clock;
use lamplight::domain::alert::Severity;
use lamplight::domain::id::{MessageId, PatientId};
use lamplight::domain::message::{NewMessage, Purpose};
use lamplight::domain::phone::Phone;
use lamplight::engine::delivery::Nudge;
use lamplight::outbox::carrier::Carrier;
use lamplight::outbox::{Pace, Worker};
use lamplight::store::Store;
use lamplight::telemetry::Telemetry;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const PHONE: &str = "+447700900123";

/// Polls until it holds; a deadline makes silence a failure.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "never came: {what}");
}

pub struct House {
    pub store: Store,
    pub clock: Clock,
    pub telemetry: Telemetry,
    pub nudge: Nudge,
    eyes: SqlitePool,
    folder: PathBuf,
}

/// A worker that runs until it is stopped.
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

impl House {
    pub async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lamplight-sms-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("lamplight.db");
        let store = Store::open(&path).await.unwrap();
        let eyes = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path)).await.unwrap();
        let clock = Clock::fixed("2026-11-22T09:00:00Z".parse().unwrap());
        let house = Self { store, clock, telemetry: Telemetry::new(), nudge: Nudge::default(), eyes, folder };
        house.patient("p1", Some(PHONE)).await;
        house
    }

    pub async fn patient(&self, id: &str, phone: Option<&str>) {
        self.run(&format!(
            "insert into patient (id, phone, language, time_zone, consent, consent_at, standing, created_at, updated_at)
             values ('{id}', {}, 'en', 'Europe/London', 'given', 0, 'active', 0, 0)",
            phone.map_or("null".to_owned(), |phone| format!("'{phone}'"))
        ))
        .await;
    }

    /// Changes what is stored behind everybody's back.
    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&self.eyes).await.unwrap();
    }

    /// The one value that a query finds, as text; `-` for null.
    pub async fn see(&self, sql: &str) -> String {
        let sql = format!("select coalesce(cast(({sql}) as text), '-')");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&self.eyes).await.unwrap()
    }

    pub async fn text(&self, id: &str, patient: Option<&str>, body: &str, severity: Option<Severity>) {
        let now = self.clock.now();
        let message = NewMessage {
            id: MessageId::trusted(id),
            patient: patient.map(PatientId::trusted),
            to: Phone::trusted(PHONE),
            body: body.to_owned(),
            purpose: if patient.is_some() { Purpose::Reply(severity) } else { Purpose::Neutral },
            says: Vec::new(),
            basis: Vec::new(),
            pinned: false,
            created_at: now,
            not_after: now + SignedDuration::from_hours(12),
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.queue_messages(&[message]).await.unwrap();
        tx.commit().await.unwrap();
        self.nudge.nudge();
    }

    pub fn work<C: Carrier>(&self, carrier: C) -> Running {
        let pace =
            Pace { tick: Duration::from_millis(20), rest: Duration::from_millis(20), ..Pace::default() };
        let worker = Worker::new(
            carrier,
            self.store.clone(),
            self.clock.clone(),
            self.telemetry.clone(),
            self.nudge.clone(),
        );
        let stop = CancellationToken::new();
        Running { task: tokio::spawn(worker.with_pace(pace).run(stop.clone())), stop }
    }

    pub fn advance(&self, by: SignedDuration) -> Timestamp {
        let now = self.clock.now() + by;
        self.clock.set(now);
        self.nudge.nudge();
        now
    }

    pub async fn state(&self, id: &str) -> String {
        self.see(&format!("select state from message where id = '{id}'")).await
    }

    pub async fn reaches(&self, id: &str, state: &str) {
        until(&format!("{id} {state}"), async || self.state(id).await == state).await;
    }

    /// Open alerts as `rule/severity/state/count`.
    pub async fn alerts(&self) -> String {
        self.see(
            "select group_concat(rule_id || '/' || severity || '/' || state || '/' || count, ' ') from alert",
        )
        .await
    }

    /// Open tasks as `kind/subject/count`.
    pub async fn tasks(&self) -> String {
        self.see("select group_concat(kind || '/' || subject || '/' || count, ' ') from (select * from task order by kind)").await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
