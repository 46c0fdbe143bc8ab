//! `/api/v1`: JSON over bearer tokens; errors are RFC 9457 problem details; times are RFC 3339.
//!
//! Every list has a `limit` and answers with `next`: pass it back as `cursor` for the rows after these.

mod alert;
mod audit;
mod auditor;
mod bearer;
mod device;
mod enrol;
mod enrolment;
mod explain;
mod ledger;
mod message;
mod param;
mod patient;
mod problem;
mod prompt;
mod reading;
mod seen;
mod task;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};

use super::WebState;
use problem::Problem;

/// The description that `/api/v1/openapi.json` serves.
pub const OPENAPI: &str = include_str!("../../../web/openapi.json");

pub(super) fn router() -> Router<WebState> {
    Router::new()
        .route("/openapi.json", get(describe))
        .route("/readings", get(reading::list))
        .route("/alerts", get(alert::list))
        .route("/alerts/{id}", get(alert::one))
        .route("/alerts/{id}/explain", get(explain::show))
        .route("/alerts/{id}/acknowledge", post(alert::acknowledge))
        .route("/alerts/{id}/resolve", post(alert::resolve))
        .route("/alerts/{id}/escalate", post(alert::not_yet))
        .route("/alerts/{id}/snooze", post(alert::not_yet))
        .route("/audit", get(audit::list))
        .route("/auditor", get(auditor::show))
        .route("/tasks", get(task::list))
        .route("/tasks/{id}/resolve", post(task::resolve))
        .route("/messages", get(message::list))
        .route("/intake/ledger", get(ledger::show))
        .route("/patients", get(patient::list).post(enrol::register_patient))
        .route("/patients/{id}", get(patient::one))
        .route("/patients/{id}/enrolments", get(enrolment::list).post(enrolment::start))
        .route("/patients/{id}/enrolments/{protocol}/pause", post(enrolment::pause))
        .route("/patients/{id}/enrolments/{protocol}/resume", post(enrolment::resume))
        .route("/patients/{id}/enrolments/{protocol}/end", post(enrolment::end))
        .route("/patients/{id}/enrolments/{protocol}/times", post(enrolment::change_times))
        .route("/prompts", get(prompt::prompts))
        .route("/answers", get(prompt::answers))
        .route("/devices", get(device::list).post(enrol::register_device))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
}

pub(super) async fn unknown_path() -> Problem {
    Problem::not_found("there is no such path; see /api/v1/openapi.json for those there are")
}

async fn wrong_method() -> Problem {
    Problem::wrong_method()
}

async fn describe() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}
