//! One life of a daemon that is to die: the real one in a folder of its own, with a drawer for a provider.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

use super::drawer::Drawer;
use super::{ACCOUNT, SITE, TOKEN};
use crate::catalog;
use crate::clock::Clock;
use crate::daemon::upkeep::Upkeep;
use crate::daemon::{DaemonError, Edges, Ground, run, signal};
use crate::engine::activation::CatalogInForce;
use crate::outbox::Carriers;
use crate::sms::Hook;
use crate::sms::signature::Verifier;
use crate::sms::webhook::TwilioHook;
use crate::store::Store;
use crate::telemetry::Telemetry;

pub(super) const DATABASE: &str = "lamplight.db";
/// Where a daemon says how it is reached.
pub(super) const DOOR: &str = "door";
pub(super) const DRAWER: &str = "drawer";

/// Lives in `folder` until it is killed, or dies where it was told to.
pub async fn live(folder: &Path, clock: Clock) -> Result<(), DaemonError> {
    let ground = open(folder, clock).await?;
    ground.note_start(&database(folder)).await?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let closed = |source| DaemonError::Listen { address: any, source };
    let listener = TcpListener::bind(any).await.map_err(closed)?;
    let public_url = format!("http://{}", listener.local_addr().map_err(closed)?);
    let verifier = Verifier::new(TOKEN, None).map_err(|error| DaemonError::Settings(error.to_string()))?;
    let hook = TwilioHook { verifier, public_url: public_url.clone(), account_sid: ACCOUNT.to_owned() };
    // Whole or not there: whoever waits for it reads it as soon as it is.
    let (draft, door) = (folder.join("door.draft"), folder.join(DOOR));
    tokio::fs::write(&draft, &public_url).await.map_err(closed)?;
    tokio::fs::rename(&draft, &door).await.map_err(closed)?;
    let edges = Edges {
        listener,
        public_url,
        hooks: vec![Hook::Twilio(hook)],
        broker: None,
        queue_capacity: 1_024,
        synthetic: None,
        pence_per_segment: None,
        upkeep: Upkeep::default(),
    };
    let carriers = Carriers::only_texts(Drawer(folder.join(DRAWER)));
    run(ground, edges, carriers, signal::stop_signal()).await
}

/// The database of a folder with the built-in clinical files and a site of one ward.
pub(super) async fn open(folder: &Path, clock: Clock) -> Result<Ground, DaemonError> {
    let loaded = catalog::built_in().and_then(|catalog| {
        let site = catalog::parse_site("the site of the self-proof", SITE)?;
        Ok(catalog::at_site(catalog, site))
    });
    let catalog =
        loaded.map_err(|faults| DaemonError::Catalog(faults.iter().map(ToString::to_string).collect()))?;
    let path = database(folder);
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

pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}
