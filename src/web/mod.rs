//! Nurses' page and JSON API.
//!
//! - [`api`]: `/api/v1`, bearer tokens, problem details.
//! - `page`: sign-in and the queue of alerts, rendered here, usable without scripts.
//! - `health`: `/healthz`, `/readyz`, `/metrics`, for whoever watches over the daemon.
//!
//! This room holds the one fallback for unknown paths: routers merged with it have none of their own.

pub mod api;
mod guard;
mod health;
mod page;

use std::io;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::cost::Pence;
use crate::domain::organisation::Organisation;
use crate::engine::account::Passwords;
use crate::engine::activation::CatalogInForce;
use crate::engine::delivery::Nudge;
use crate::engine::id::IdSource;
use crate::engine::nurse::{Hand, Nurse};
use crate::engine::queue::Walks;
use crate::engine::view::ViewLog;
use crate::store::Store;
use crate::telemetry::Telemetry;

/// Nothing that people or programs send here is large.
const BODY_LIMIT: usize = 64 * 1024;

/// What every handler may use. Clones share everything.
#[derive(Debug, Clone)]
pub struct WebState {
    pub store: Store,
    pub catalog: CatalogInForce,
    /// Woken when something done here queues texts.
    pub outbox: Nudge,
    pub clock: Clock,
    pub telemetry: Telemetry,
    pub ids: Arc<IdSource>,
    /// Who reads through the queue page by page.
    pub walks: Walks,
    /// Who looks at what.
    pub views: ViewLog,
    pub passwords: Passwords,
    /// The public address is https, so cookies may only travel there.
    pub secure_cookies: bool,
    /// A broker is configured, so being ready needs one.
    pub expects_broker: bool,
    /// The civil time that the page is read in.
    pub time_zone: TimeZone,
    /// What a part of a text costs, if the site has said.
    pub pence_per_segment: Option<Pence>,
}

impl WebState {
    /// The site as it is now.
    async fn site(&self) -> Arc<Organisation> {
        Arc::clone(&self.catalog.hold().await.site)
    }

    fn nurse<'a>(&'a self, site: &'a Organisation, hand: &'a Hand) -> Nurse<'a> {
        Nurse { store: &self.store, site, hand, now: self.clock.now() }
    }
}

/// All that people and programs see of Lamplight, save the carriers' webhooks.
pub fn router(state: WebState) -> Router {
    Router::new()
        .nest("/api/v1", api::router())
        .merge(page::router())
        .merge(health::router())
        .fallback(unknown_path)
        .layer(middleware::from_fn(guard::add_headers))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(state)
}

/// Serves until `stop` trips, then lets open requests finish.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn unknown_path(uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        api::unknown_path().await.into_response()
    } else {
        page::PageError::NotFound.into_response()
    }
}
