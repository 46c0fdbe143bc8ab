//! The demo: the real daemon with a stand-in for everything around it, in one process and one fresh folder.
//!
//! Nothing in here is a short cut: patients are imported as a list, texts come through the signed webhook, devices
//! publish to a broker. Only the broker, the phones, the people and their past are made up.

mod answer;
mod broker;
mod past;
mod people;
mod ward;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::catalog;
use crate::clock::Clock;
use crate::domain::phone::Phone;
use crate::domain::protocol::Quiet;
use crate::engine::activation::CatalogInForce;
use crate::engine::enrol::{ImportError, import};
use crate::engine::id::IdSource;
use crate::mqtt::broker::{BrokerConfig, BrokerSettings};
use crate::mqtt::simulator;
use crate::outbox::Carriers;
use crate::sms::Hook;
use crate::sms::signature::Verifier;
use crate::sms::simulator::{Air, Phones};
use crate::sms::webhook::TwilioHook;
use crate::store::Store;
use crate::telemetry::{Part, Telemetry};
use crate::web;

use self::ward::{FIRST_TEXTS, Soon, Ward};
use super::upkeep::Upkeep;
use super::{DaemonError, Edges, Ground, HOUSE_ZONE, run, signal};

const ACCOUNT: &str = "ACdem0dem0dem0dem0dem0dem0dem0dem0";
const NUMBER: &str = "+447700900456";
/// How often a simulated device sends a reading: at first, so that all have been heard soon, and later, so that the
/// queue stays readable.
const PACE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(12));
/// How often somebody texts in the first half minute.
const TEXT_PACE: Duration = Duration::from_millis(1_500);

/// Who looks at the ward's alerts.
const SITE: &str = include_str!("site.toml");

/// The hours in which most protocols leave people in peace: what they have where their file says nothing else.
const USUAL_QUIET: Quiet = Quiet::NIGHT;

/// Where the demo listens. A port that is taken is replaced by a free one, and what is printed is what is true.
#[derive(Debug, Clone, Copy)]
pub struct Doors {
    pub console: SocketAddr,
    pub phones: SocketAddr,
    pub broker: SocketAddr,
}

/// What a visitor needs to know.
#[derive(Debug, Clone)]
pub struct Welcome {
    pub folder: PathBuf,
    pub console: SocketAddr,
    pub phones: SocketAddr,
    pub broker: SocketAddr,
    pub patients: usize,
    pub devices: usize,
    /// Sign-in name, password, full name and role.
    pub people: Vec<(String, String, &'static str)>,
    pub token: String,
    /// The ward's civil time, and whether it lies in the usual quiet hours.
    pub now: String,
    pub is_quiet: bool,
    /// Who is asked in the next minutes.
    pub asked: Vec<Asked>,
}

/// A question that arrives soon.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Civil time of the ward.
    pub at: String,
    pub who: &'static str,
    pub what: &'static str,
    pub answers: &'static str,
}

/// Runs the demo in `folder`, which must be fresh, until it is told to stop. `welcome` is called when all doors are
/// open.
pub async fn demo(
    folder: &Path,
    doors: Doors,
    clock: Clock,
    welcome: impl FnOnce(&Welcome),
) -> Result<(), DaemonError> {
    let stop = signal::stop_signal();
    let ground = open_ground(folder, clock.clone()).await?;
    ground.note_start(&folder.join("lamplight.db")).await?;
    let ward = Ward::believable();
    let now = clock.now();
    let here = now.to_zoned(TimeZone::get(HOUSE_ZONE).unwrap_or(TimeZone::UTC));
    let soon = ward.soon(&here);
    enrol(&ground, &ward, past::beginning(now)).await?;
    let (people, token) = ward::staff(&ground).await?;

    let console = listen(doors.console).await?;
    let phones_door = listen(doors.phones).await?;
    let console_at = console.local_addr().map_err(|source| listen_fault(doors.console, source))?;
    let phones_at = phones_door.local_addr().map_err(|source| listen_fault(doors.phones, source))?;
    // Ends after the daemon, which would otherwise mourn its connection.
    let broker_end = CancellationToken::new();
    let _broker_end = broker_end.clone().drop_guard();
    let broker_at = broker::start(doors.broker, broker_end).await?;

    let public_url = format!("http://{console_at}");
    let secret = IdSource::default().event(clock.now()).to_string();
    let number = Phone::trusted(NUMBER);
    let phones = Phones::new(
        Air {
            webhook: format!("{public_url}/sms/twilio/inbound"),
            account_sid: ACCOUNT.to_owned(),
            auth_token: secret.clone(),
            number,
            queue: public_url.clone(),
        },
        ward.phones(),
        clock.clone(),
    );
    past::live(&ground, &ward, &phones, &soon, now).await?;
    let edges = Edges {
        listener: console,
        hooks: vec![Hook::Twilio(TwilioHook {
            verifier: verifier(&secret)?,
            public_url: public_url.clone(),
            account_sid: ACCOUNT.to_owned(),
        })],
        public_url,
        broker: Some(session(broker_at)?),
        queue_capacity: 4096,
        synthetic: None,
        pence_per_segment: None,
        upkeep: Upkeep::default(),
    };
    tokio::spawn(web::serve(phones_door, crate::sms::simulator::router(phones.clone()), stop.clone()));
    let telemetry = ground.telemetry.clone();
    let mut daemon = pin!(run(ground, edges, Carriers::only_texts(phones.clone()), stop.clone()));
    // What is published before the gateway has subscribed reaches nobody.
    tokio::select! {
        ended = &mut daemon => return ended,
        () = until_subscribed(&telemetry) => {}
    }
    tokio::spawn(simulator::run(broker_at.port(), ward.devices(), PACE, clock, stop.clone()));
    tokio::spawn(first_texts(phones, stop));
    welcome(&Welcome {
        folder: folder.to_owned(),
        console: console_at,
        phones: phones_at,
        broker: broker_at,
        patients: ward.patients(),
        devices: ward.devices().len(),
        people,
        token,
        now: here.strftime("%H:%M").to_string(),
        is_quiet: USUAL_QUIET.holds(here.time()),
        asked: soon.iter().map(Asked::of).collect(),
    });
    daemon.await
}

impl Asked {
    fn of(soon: &Soon) -> Self {
        let at = soon.at.strftime("%H:%M").to_string();
        Self { at, who: soon.name, what: soon.what, answers: soon.answers }
    }
}

async fn until_subscribed(telemetry: &Telemetry) {
    while !telemetry.is_well(Part::Broker) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn open_ground(folder: &Path, clock: Clock) -> Result<Ground, DaemonError> {
    let path = folder.join("lamplight.db");
    let loaded = catalog::built_in().and_then(|catalog| {
        let site = catalog::parse_site("the demo's site", SITE)?;
        Ok(catalog::at_site(catalog, site))
    });
    let catalog =
        loaded.map_err(|faults| DaemonError::Catalog(faults.iter().map(ToString::to_string).collect()))?;
    let store = Store::open(&path).await.map_err(|source| DaemonError::Store { path, source })?;
    Ok(Ground {
        store,
        catalog: CatalogInForce::new(catalog),
        clock,
        telemetry: Telemetry::new(),
        ids: std::sync::Arc::default(),
        outbox: crate::engine::delivery::Nudge::default(),
    })
}

async fn enrol(ground: &Ground, ward: &Ward, now: Timestamp) -> Result<(), DaemonError> {
    let catalog = ground.catalog.hold().await;
    let imported = import(&ground.store, now, "demo", &catalog, ward.list().as_bytes()).await;
    match imported {
        Ok(_) => Ok(()),
        Err(ImportError::Faults(faults)) => {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Err(DaemonError::Settings(format!("the demo's ward cannot be imported:\n{}", lines.join("\n"))))
        }
        Err(error) => Err(DaemonError::Settings(error.to_string())),
    }
}

/// What the ward's patients text in the first half minute, so that there is a queue to look at.
async fn first_texts(phones: Phones, stop: CancellationToken) {
    let mut pause = tokio::time::interval(TEXT_PACE);
    for (phone, text) in FIRST_TEXTS {
        tokio::select! {
            _ = pause.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = phones.text(&Phone::trusted(*phone), text).await {
            tracing::warn!(%error, "a simulated text did not get through");
        }
    }
}

fn verifier(secret: &str) -> Result<Verifier, DaemonError> {
    Verifier::new(secret, None).map_err(|error| DaemonError::Settings(error.to_string()))
}

fn session(broker: SocketAddr) -> Result<BrokerConfig, DaemonError> {
    let settings = BrokerSettings { broker: format!("mqtt://{broker}"), ..BrokerSettings::default() };
    BrokerConfig::load(settings).map_err(|error| DaemonError::Settings(error.to_string()))
}

/// Listens where asked, or on a free port if that one is taken.
async fn listen(wanted: SocketAddr) -> Result<TcpListener, DaemonError> {
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok(listener),
        Err(_) => {
            let any = SocketAddr::new(wanted.ip(), 0);
            TcpListener::bind(any).await.map_err(|source| listen_fault(any, source))
        }
    }
}

fn listen_fault(address: SocketAddr, source: std::io::Error) -> DaemonError {
    DaemonError::Listen { address, source }
}
