//! Pages for people: sign-in and the queue. Rendered here, checked and escaped at build time, usable without scripts.

mod asset;
mod civil;
mod cookie;
mod deed;
mod error;
mod form;
mod queue;
mod sign_in;
mod signed;

use askama::Template;
use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};

use super::WebState;

pub(super) use error::PageError;

pub(super) fn router() -> Router<WebState> {
    Router::new()
        .route("/", get(queue::show))
        .route("/alerts/{id}/acknowledge", post(deed::acknowledge))
        .route("/alerts/{id}/resolve", post(deed::resolve))
        .route("/tasks/{id}/resolve", post(deed::resolve_task))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/assets/{name}", get(asset::serve))
}

fn render(template: &impl Template) -> Result<Html<String>, PageError> {
    template.render().map(Html).map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        PageError::Broken
    })
}
