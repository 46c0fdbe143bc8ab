//! A gateway without its edges: a store in a folder of its own, the shipped rules, a clock that a hand turns, and the
//! real writer behind the real intake.
//!
//! A test ends by saying what it leaves ([`House::leaves`]). One that forgets to, fails.

mod event;
mod sight;

pub use event::pressure;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use lamplight::catalog;
use lamplight::clock::Clock;
use lamplight::domain::decide::Catalog;
use lamplight::domain::event::Event;
use lamplight::domain::id::AlertId;
use lamplight::engine::activation::CatalogInForce;
use lamplight::engine::delivery::Nudge;
use lamplight::engine::enrol::import;
use lamplight::engine::id::IdSource;
use lamplight::engine::intake::{Asker, Intake, NotKept, Settled, channel};
use lamplight::engine::nurse::{Closing, Hand, Nurse, Via};
use lamplight::engine::release::{Released, release_all};
use lamplight::engine::writer::Writer;
use lamplight::store::Store;
use lamplight::telemetry::Telemetry;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const NOW: &str = "2026-11-22T09:00:00Z";
/// Ada, who has the cuff `bp-1`.
pub const ADA: &str = "+447700900121";
/// Bob, who has the meter `gl-2`.
pub const BOB: &str = "+447700900122";
pub const STRANGER: &str = "+447700900199";
/// Room for as many as any test lets wait at once.
const CAPACITY: usize = 1_000;

const PEOPLE: &str =
    "patient_id,name,phone,devices\nada,Ada,+447700900121,bp-1\nbob,Bob,+447700900122,gl-2\n";

pub type Kept = Result<Settled, NotKept>;

pub struct House {
    pub store: Store,
    pub clock: Clock,
    pub telemetry: Telemetry,
    pub catalog: Arc<Catalog>,
    pub ids: Arc<IdSource>,
    eyes: SqlitePool,
    folder: PathBuf,
    running: Option<(Intake, JoinHandle<()>)>,
    ended: bool,
}

/// What a test leaves behind in the gateway's queues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Texts that wait for the outbox.
    pub texts: i64,
    /// Events that wait for their sender to be known.
    pub held: i64,
}

impl House {
    /// Ada and Bob are enrolled, and nothing has happened.
    pub async fn new() -> Self {
        let house = Self::empty().await;
        house.enrol(PEOPLE).await;
        house
    }

    /// [`Self::new`] under these clinical files, at this time.
    pub async fn under(catalog: Catalog, now: Timestamp) -> Self {
        let house = Self::start_in(Arc::new(catalog), now).await;
        house.enrol(PEOPLE).await;
        house
    }

    async fn empty() -> Self {
        Self::start_in(Arc::new(catalog::built_in().unwrap()), NOW.parse().unwrap()).await
    }

    async fn start_in(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("lamplight-engine-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self::open(folder, Clock::fixed(now), catalog).await
    }

    async fn open(folder: PathBuf, clock: Clock, catalog: Arc<Catalog>) -> Self {
        let path = folder.join("lamplight.db");
        let store = Store::open(&path).await.unwrap();
        let eyes = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path)).await.unwrap();
        let telemetry = Telemetry::new();
        let mut house = Self {
            store,
            clock,
            telemetry,
            catalog,
            ids: Arc::default(),
            eyes,
            folder,
            running: None,
            ended: false,
        };
        house.start(CAPACITY);
        house
    }

    /// Starts the writer behind a queue of this length.
    pub fn start(&mut self, capacity: usize) {
        let (intake, waiting) = channel(capacity);
        let writer = Writer {
            store: self.store.clone(),
            catalog: CatalogInForce::new(Arc::clone(&self.catalog)),
            clock: self.clock.clone(),
            telemetry: self.telemetry.clone(),
            outbox: Nudge::default(),
        };
        let writer = tokio::spawn(writer.run(waiting, CancellationToken::new()));
        self.running = Some((intake, writer));
    }

    /// Closes the way in and waits until the writer has worked off all that waited.
    pub async fn stop(&mut self) {
        if let Some((intake, writer)) = self.running.take() {
            drop(intake);
            writer.await.unwrap();
        }
    }

    /// The same folder under a new process.
    pub async fn restart(mut self) -> Self {
        self.stop().await;
        self.restart_abandoned().await
    }

    /// As [`Self::restart`], where something still holds a way in to the process before.
    pub async fn restart_abandoned(mut self) -> Self {
        self.running = None;
        self.store.close().await;
        self.eyes.close().await;
        self.ended = true;
        let folder = std::mem::take(&mut self.folder);
        Self::open(folder, self.clock.clone(), Arc::clone(&self.catalog)).await
    }

    pub async fn enrol(&self, csv: &str) {
        import(&self.store, self.clock.now(), "test", &self.catalog, csv.as_bytes()).await.unwrap();
    }

    pub fn intake(&self) -> Intake {
        self.running.as_ref().unwrap().0.clone()
    }

    /// Turns the clock on.
    pub fn wait(&self, duration: SignedDuration) {
        self.clock.set(self.clock.now().saturating_add(duration).unwrap());
    }

    // What is done.

    /// Offers everything before the writer can look, so that all of it goes in as one batch.
    pub async fn take(&self, events: impl IntoIterator<Item = Event>) -> Vec<Kept> {
        let intake = self.intake();
        let answers: Vec<_> = events
            .into_iter()
            .map(|event| {
                let (sender, answer) = oneshot::channel();
                intake.offer(event, Asker::One(sender)).map(|()| answer)
            })
            .collect();
        let mut kept = Vec::new();
        for answer in answers {
            kept.push(match answer {
                Ok(answer) => answer.await.unwrap(),
                Err(not_kept) => Err(not_kept),
            });
        }
        kept
    }

    /// Takes one event in, which must end so.
    pub async fn settles(&self, event: Event, end: Settled) {
        assert_eq!(self.take([event]).await, [Ok(end)]);
    }

    pub async fn accepts(&self, event: Event) {
        self.settles(event, Settled::Accepted).await;
    }

    pub async fn release(&self) -> Released {
        release_all(&self.store, &self.catalog, self.clock.now()).await.unwrap()
    }

    pub async fn acknowledge(&self, alert: &str) {
        self.nurse(&sister()).acknowledge(&AlertId::trusted(alert)).await.unwrap();
    }

    pub async fn resolve(&self, alert: &str) {
        let closing = Closing::default();
        self.nurse(&sister()).resolve(&AlertId::trusted(alert), &closing).await.unwrap();
    }

    pub fn nurse<'a>(&'a self, hand: &'a Hand) -> Nurse<'a> {
        Nurse { store: &self.store, site: &self.catalog.site, hand, now: self.clock.now() }
    }

    /// Changes what is stored behind everybody's back.
    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&self.eyes).await.unwrap();
    }

    /// Ends the test: the intake is empty, the books are right, and this is all that still waits.
    pub async fn leaves(mut self, left: Left) {
        self.stop().await;
        self.ended = true;
        self.audits().await;
        let texts = self.count("message where direction = 'out' and state = 'queued'").await;
        let held = self.count("inbox where outcome = 'held'").await;
        assert_eq!(Left { texts, held }, left, "{:?}", self.texts().await);
    }

    /// Ends a test that cannot know what it leaves: only the books must be right.
    pub async fn leaves_whatever(mut self) {
        self.stop().await;
        self.ended = true;
        self.audits().await;
    }

    /// Ends a test that has taken the store away.
    pub fn abandon(mut self) {
        self.running = None;
        self.ended = true;
    }

    pub fn path(&self) -> &Path {
        self.store.path()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
        assert!(self.ended || std::thread::panicking(), "the test does not say what it leaves");
    }
}

impl Left {
    pub const NOTHING: Self = Self { texts: 0, held: 0 };

    pub const fn texts(texts: i64) -> Self {
        Self { texts, held: 0 }
    }

    pub const fn held(held: i64) -> Self {
        Self { texts: 0, held }
    }
}

pub fn sister() -> Hand {
    Hand { actor: "sister".to_owned(), via: Via::Page }
}
