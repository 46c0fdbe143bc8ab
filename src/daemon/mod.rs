//! Straight-line wiring: what is started in which order, and stopped in the other.
//!
//! Start: store, catalog, writer, outbox, then the edges, so that nothing is let in that could not be kept. Stop: the
//! edges first, then what is inside works off all it was given; a second signal, or a minute, ends it at once. A part
//! that dies takes the daemon down in the same order, with a failure: a gateway without one of its parts is worse than
//! one that is restarted.

pub mod demo;
mod lookout;
mod provider;
mod reload;
pub mod selfproof;
mod signal;
mod synthetic;
mod tick;
mod upkeep;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::catalog::{self, Source};
use crate::clock::Clock;
use crate::config::{ClinicalConfig, Config};
use crate::domain::cost::Pence;
use crate::domain::decide::Catalog;
use crate::domain::phone::Phone;
use crate::engine::account::Passwords;
use crate::engine::activation::{CatalogInForce, why_missing};
use crate::engine::delivery::Nudge;
use crate::engine::id::IdSource;
use crate::engine::intake::{self, Intake};
use crate::engine::queue::Walks;
use crate::engine::synthetic::Rounds;
use crate::engine::view::{self, ViewLog};
use crate::engine::writer::Writer;
use crate::mqtt;
use crate::mqtt::broker::BrokerConfig;
use crate::notify::heartbeat::Heartbeat;
use crate::outbox::Worker;
use crate::outbox::carrier::Carrier;
use crate::sms::{Door, Hook};
use crate::store::{Store, StoreError};
use crate::telemetry::{Part, Telemetry};
use crate::web::{self, WebState};

use self::synthetic::Walk;
use self::tick::Housekeeping;
use self::upkeep::Upkeep;

/// The civil time that pages are read in.
const HOUSE_ZONE: &str = "Europe/London";
/// How long a stop may take before what is left is given up. What was acknowledged is safe either way.
const LONGEST_STOP: Duration = Duration::from_secs(25);
/// How long the edges may take of that. A client that never ends its request is not waited for; nothing of it was
/// acknowledged.
const LONGEST_FAREWELL: Duration = Duration::from_secs(8);

/// Why the daemon did not start, or did not end as it was told to.
#[derive(Debug, Error)]
pub enum DaemonError {
    #[error("{0}")]
    Settings(String),
    #[error("the database {path} cannot be opened: {source}")]
    Store { path: PathBuf, source: StoreError },
    #[error("the clinical files do not hold:\n{}", .0.join("\n"))]
    Catalog(Vec<String>),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the part '{0}' ended on its own; see the log")]
    PartDied(&'static str),
    #[error("stopping took too long and was cut short; nothing that was acknowledged is lost")]
    CutShort,
}

/// What every part stands on.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    pub store: Store,
    pub catalog: CatalogInForce,
    pub clock: Clock,
    pub telemetry: Telemetry,
    pub ids: Arc<IdSource>,
    pub outbox: Nudge,
}

/// The doors of one gateway.
#[derive(Debug)]
pub(crate) struct Edges {
    pub listener: TcpListener,
    pub public_url: String,
    /// Whose webhooks are believed; without any there are none.
    pub hooks: Vec<Hook>,
    pub broker: Option<BrokerConfig>,
    pub queue_capacity: usize,
    /// How the synthetic patient fares, if there is one.
    pub synthetic: Option<Rounds>,
    /// What a part of a text costs, if the site has said.
    pub pence_per_segment: Option<Pence>,
    pub upkeep: Upkeep,
}

/// Runs the daemon that `config` describes until it is told to stop.
pub async fn serve(config: Config, clock: Clock) -> Result<(), DaemonError> {
    let hangups = reload::hangups()?;
    let ground = Ground::open(&config.store.path, &config.clinical, clock).await?;
    ground.note_start(&config.store.path).await?;
    ground.note_own_numbers(&wire::own_numbers(&config), &config.store.path).await?;
    let address = config.http.listen;
    let listener =
        TcpListener::bind(address).await.map_err(|source| DaemonError::Listen { address, source })?;
    let broker = wire::broker(&config, &ground.catalog).await?;
    let hooks = provider::hooks(&config)?;
    let ignored = broker.as_ref().and_then(|broker| Some(broker.foreign.as_ref()?.ignored.clone()));
    let walk = Walk::set_up(&config, &ground, broker.as_ref()).await?;
    tracing::info!(%address, broker = broker.is_some(), webhooks = hooks.len(), "starting");
    let edges = Edges {
        listener,
        public_url: config.http.public_url.clone(),
        hooks,
        broker,
        queue_capacity: config.intake.queue_capacity,
        synthetic: walk.as_ref().map(|walk| walk.rounds.clone()),
        pence_per_segment: config.sms.traffic.pence_per_segment,
        upkeep: upkeep::of(&config, &ground.clock)?,
    };
    let stop = signal::stop_signal();
    if let Some(walk) = walk {
        tokio::spawn(walk.run(ground.clone(), stop.clone()));
    }
    if let Some(heart) = &config.heartbeat {
        let heartbeat = Heartbeat::new(heart.url.clone(), ground.telemetry.clone(), ground.clock.clone())
            .map_err(|error| DaemonError::Settings(error.to_string()))?;
        tokio::spawn(heartbeat.run(heart.every, stop.clone()));
    }
    if let Some(ignored) = ignored {
        tokio::spawn(ignored.keep(ground.store.clone(), ground.clock.clone(), stop.clone()));
    }
    let profiles = config.mqtt.as_ref().map(|mqtt| mqtt.profiles.clone()).unwrap_or_default();
    tokio::spawn(reload::run(ground.clone(), config.clinical.clone(), profiles, hangups, stop.clone()));
    let carriers = wire::carriers(wire::texts(&config, &ground)?, &config, &ground)?;
    run(ground, edges, carriers, stop).await
}

/// Runs one gateway until `stop` trips or a part of it dies.
pub(crate) async fn run<C: Carrier>(
    ground: Ground,
    edges: Edges,
    carrier: C,
    stop: CancellationToken,
) -> Result<(), DaemonError> {
    let (intake, waiting) = intake::channel(edges.queue_capacity);
    let (views, viewed) = view::channel(ground.store.clone(), ground.telemetry.clone());
    let writer = Writer {
        store: ground.store.clone(),
        catalog: ground.catalog.clone(),
        clock: ground.clock.clone(),
        telemetry: ground.telemetry.clone(),
        outbox: ground.outbox.clone(),
    };
    let worker = Worker::new(
        carrier,
        ground.store.clone(),
        ground.clock.clone(),
        ground.telemetry.clone(),
        ground.outbox.clone(),
    );
    let (stop_inside, stop_edges) = (CancellationToken::new(), CancellationToken::new());
    let close_intake = CancellationToken::new();
    let mut inside: JoinSet<&'static str> = JoinSet::new();
    let mut outside: JoinSet<&'static str> = JoinSet::new();
    {
        // The writer ends when the last way in is gone or closed, so it sees everything that the edges let in.
        let (close, stop) = (close_intake.clone(), stop_inside.clone());
        inside.spawn(async move {
            writer.run(waiting, close).await;
            stop.cancel();
            "intake"
        });
        let stop = stop_inside.clone();
        inside.spawn(async move {
            worker.run(stop).await;
            "outbox"
        });
        let (standing, stop) = (ground.clone(), stop_inside.clone());
        inside.spawn(async move {
            lookout::run(standing, stop).await;
            "escalation"
        });
        // So does whoever keeps what is looked at.
        let close = close_intake.clone();
        inside.spawn(async move {
            viewed.run(close).await;
            "views"
        });
        let (store, stop) = (ground.store.clone(), stop_inside.clone());
        inside.spawn(async move {
            store.checkpoint(stop).await;
            "checkpoints"
        });
    }
    ground.telemetry.set_health(Part::Store, true);
    let caught_up = edges.upkeep.catch_up();
    // What waited while we were down is no finding of the auditor, whose first look comes with the scheduler.
    lookout::look(&ground).await;
    let mut scheduler = Housekeeping::of(&ground, intake.depth(), edges.synthetic.clone(), caught_up.clone())
        .start()
        .await
        .map_err(|error| DaemonError::Settings(format!("the heartbeat does not start: {error}")))?;
    // Held while we run: without webhooks and broker there is no edge to hold it, and that is no reason to end.
    let door = intake.clone();
    // As for the intake.
    let _views = views.clone();
    open_edges(&ground, edges, intake, views, &mut outside, &stop_edges, caught_up);

    let died = tokio::select! {
        () = stop.cancelled() => None,
        part = inside.join_next() => Some(name_of(part)),
        part = outside.join_next() => Some(name_of(part)),
    };
    tracing::info!(died = died.unwrap_or("none"), "stopping");
    stop_edges.cancel();
    drop(door);
    let drained = tokio::time::timeout(LONGEST_STOP, async {
        let gone = async { while outside.join_next().await.is_some() {} };
        if tokio::time::timeout(LONGEST_FAREWELL, gone).await.is_err() {
            tracing::warn!("clients that did not finish are left behind");
            outside.abort_all();
        }
        close_intake.cancel();
        while inside.join_next().await.is_some() {}
    });
    let drained = drained.await.is_ok();
    let _ = scheduler.shutdown().await;
    ground.store.close().await;
    match died {
        Some(part) => Err(DaemonError::PartDied(part)),
        None if drained => Ok(()),
        None => Err(DaemonError::CutShort),
    }
}

/// Opens the doors, last of all. The intake handle moves in here: it is gone when the edges are.
fn open_edges(
    ground: &Ground,
    edges: Edges,
    intake: Intake,
    views: ViewLog,
    outside: &mut JoinSet<&'static str>,
    stop: &CancellationToken,
    caught_up: CancellationToken,
) {
    let mut router = web::router(WebState {
        store: ground.store.clone(),
        catalog: ground.catalog.clone(),
        outbox: ground.outbox.clone(),
        clock: ground.clock.clone(),
        telemetry: ground.telemetry.clone(),
        ids: Arc::clone(&ground.ids),
        walks: Walks::default(),
        views,
        passwords: Passwords::default(),
        secure_cookies: edges.public_url.starts_with("https:"),
        expects_broker: edges.broker.is_some(),
        time_zone: TimeZone::get(HOUSE_ZONE).unwrap_or(TimeZone::UTC),
        pence_per_segment: edges.pence_per_segment,
    });
    let door = Door {
        intake: intake.clone(),
        ids: Arc::clone(&ground.ids),
        clock: ground.clock.clone(),
        telemetry: ground.telemetry.clone(),
        store: ground.store.clone(),
    };
    for hook in edges.hooks {
        router = router.merge(hook.router(&door));
    }
    // Its way in goes with the doors.
    drop(door);
    edges.upkeep.start(ground, &intake, outside, stop, caught_up);
    let (listener, end) = (edges.listener, stop.clone());
    outside.spawn(async move {
        if let Err(error) = web::serve(listener, router, end).await {
            tracing::error!(%error, "the web server failed");
        }
        "web"
    });
    if let Some(broker) = edges.broker {
        let (ids, clock) = (Arc::clone(&ground.ids), ground.clock.clone());
        let session = mqtt::session::run(broker, intake, ids, clock, ground.telemetry.clone(), stop.clone());
        outside.spawn(async move {
            session.await;
            "broker session"
        });
    }
}

fn name_of(part: Option<Result<&'static str, tokio::task::JoinError>>) -> &'static str {
    match part {
        Some(Ok(name)) => name,
        Some(Err(_)) => "one that panicked",
        None => "none",
    }
}

impl Ground {
    /// Opens the store and loads the clinical files: all of it, or a sentence why not.
    pub(crate) async fn open(
        path: &Path,
        clinical: &ClinicalConfig,
        clock: Clock,
    ) -> Result<Self, DaemonError> {
        let catalog = load_catalog(clinical)?;
        let store =
            Store::open(path).await.map_err(|source| DaemonError::Store { path: path.to_owned(), source })?;
        Ok(Self {
            store,
            catalog: CatalogInForce::new(catalog),
            clock,
            telemetry: Telemetry::new(),
            ids: Arc::default(),
            outbox: Nudge::default(),
        })
    }

    /// Records the clinical files of this start, if they are others than at the last.
    async fn note_start(&self, path: &Path) -> Result<(), DaemonError> {
        let noted = self.catalog.note_start(&self.store, &reload::os_user(), self.clock.now()).await;
        let cannot = |source| DaemonError::Store { path: path.to_owned(), source };
        noted.map_err(cannot)?;
        let missing = self.catalog.note_missing(&self.store, &self.ids, self.clock.now()).await;
        for protocol in missing.map_err(cannot)? {
            tracing::error!("{}", why_missing(&protocol));
        }
        Ok(())
    }

    /// Whatever comes from one of these is never answered.
    async fn note_own_numbers(&self, numbers: &[Phone], path: &Path) -> Result<(), DaemonError> {
        let noted = self.store.note_own_numbers(numbers, self.clock.now()).await;
        noted.map_err(|source| DaemonError::Store { path: path.to_owned(), source })
    }
}

/// The clinical files that the configuration names, tested, with the site's file if it names one.
pub fn load_catalog(clinical: &ClinicalConfig) -> Result<Catalog, DaemonError> {
    let rules = Source::Directory(clinical.rules.clone());
    let words = Source::Directory(clinical.protocols.join("clinical"));
    let folder = clinical.protocols.join("devices");
    // A site without devices of its own need not have the folder.
    let devices = folder.is_dir().then(|| catalog::devices(&Source::Directory(folder))).transpose();
    let site = clinical.site.as_deref().map(catalog::read_site).transpose();
    match (catalog::load(&rules, &words), devices, site) {
        (Ok(catalog), Ok(devices), Ok(site)) => {
            let catalog = match devices {
                Some(devices) => catalog::with_devices(catalog, devices),
                None => catalog,
            };
            Ok(match site {
                Some(site) => catalog::at_site(catalog, site),
                None => catalog,
            })
        }
        (catalog, devices, site) => {
            let faults = catalog.err().into_iter().chain(devices.err()).chain(site.err()).flatten();
            Err(DaemonError::Catalog(faults.map(|fault| fault.to_string()).collect()))
        }
    }
}
