//! Liveness, readiness, metrics.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::WebState;
use crate::domain::id::ProtocolId;
use crate::domain::provider::Provider;
use crate::engine::activation::missing;
use crate::telemetry::{ByProvider, Part, Telemetry};

/// A store that takes longer than this to answer `select 1` serves nobody.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn router() -> Router<WebState> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

async fn ready(State(state): State<WebState>) -> impl IntoResponse {
    let readable = matches!(tokio::time::timeout(PATIENCE, state.store.ping()).await, Ok(Ok(())));
    // A full disk can still be read; the last commit says whether it can be written.
    let store = readable && state.telemetry.is_well(Part::Store);
    let broker = state.telemetry.is_well(Part::Broker);
    let outbox = state.telemetry.is_well(Part::Outbox);
    let auditor = state.telemetry.is_audited(state.clock.now());
    // Said, and no reason to be sent no work: everybody else is asked, heard and judged as ever.
    let refused = state.telemetry.catalog_refused.get() != 0;
    let missing = tokio::time::timeout(PATIENCE, missing_protocols(&state)).await.unwrap_or_default();
    let ready = store && outbox && auditor && (broker || !state.expects_broker);
    let word = |well| if well { "up" } else { "down" };
    let body = json!({
        "ready": ready,
        "store": word(store),
        "broker": if state.expects_broker { word(broker) } else { "off" },
        "outbox": word(outbox),
        "auditor": word(auditor),
        "resting_providers": resting(&state.telemetry),
        "clinical_files": if refused { "changed files refused" } else { "in force" },
        "missing_protocols": missing,
    });
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body))
}

/// Providers that failed too often in a row: said, and no reason to be sent no work, for texts go by the others.
fn resting(telemetry: &Telemetry) -> Vec<&'static str> {
    let rests = |provider: &Provider| {
        telemetry
            .provider_resting
            .get(&ByProvider { provider: provider.name() })
            .is_some_and(|resting| resting.get() != 0)
    };
    Provider::ALL.into_iter().filter(rests).map(Provider::name).collect()
}

/// Protocols that patients are on and that have no file. Nothing while the store cannot say.
async fn missing_protocols(state: &WebState) -> Vec<ProtocolId> {
    let running = state.store.running_protocols().await.unwrap_or_default();
    missing(running, &*state.catalog.hold().await)
}

async fn metrics(State(state): State<WebState>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], state.telemetry.render())
}
