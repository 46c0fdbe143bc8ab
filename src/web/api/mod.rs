//! `/api/v1`: JSON over bearer tokens; errors are RFC 9457 problem details; times are RFC 3339.
//!
//! Every list has a `limit` and answers with `next`: pass it back as `cursor` for the rows after these.

mod alert;
mod audit;
mod auditor;
mod bearer;
mod care;
mod carer;
mod contact;
mod cost;
mod coverage;
mod custody;
mod deed;
mod device;
mod enrol;
mod enrolment;
mod explain;
mod figure;
mod held;
mod ledger;
mod message;
mod param;
mod patient;
mod problem;
mod prompt;
mod queue;
mod reading;
mod rota;
mod seen;
mod task;
mod texting;

use axum::Router;
use axum::extract::DefaultBodyLimit;
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
        .route("/alerts/{id}/notices", get(alert::notices))
        .route("/alerts/{id}/acknowledge", post(care::acknowledge))
        .route("/alerts/{id}/note", post(care::note))
        .route("/alerts/{id}/resolve", post(care::resolve))
        .route("/alerts/{id}/escalate", post(care::escalate))
        .route("/alerts/{id}/snooze", post(care::snooze))
        .route("/handovers", post(care::hand_over))
        .route("/audit", get(audit::list))
        .route("/auditor", get(auditor::show))
        .route("/figures", get(figure::show))
        .route("/figures.csv", get(figure::table))
        .route("/queue", get(queue::list))
        .route("/queue/counts", get(queue::counts))
        .route("/tasks", get(task::list).post(task::make))
        .route("/tasks/{id}/assign", post(task::give))
        .route("/tasks/{id}/resolve", post(task::resolve))
        .route("/messages", get(message::list))
        .route("/messages/costs", get(cost::show))
        .route("/messages/costs.csv", get(cost::table))
        .route("/messages/{id}/events", get(message::events))
        .route("/intake/ledger", get(ledger::show))
        .route("/intake/reconciliation", get(ledger::reconcile))
        .route("/patients", get(patient::list).post(enrol::register_patient))
        .route("/patients/{id}", get(patient::one))
        .route("/patients/{id}/acknowledge", post(care::acknowledge_card))
        .route("/patients/{id}/enrolments", get(enrolment::list).post(enrolment::start))
        .route("/patients/{id}/enrolments/{protocol}/pause", post(enrolment::pause))
        .route("/patients/{id}/enrolments/{protocol}/resume", post(enrolment::resume))
        .route("/patients/{id}/enrolments/{protocol}/end", post(enrolment::end))
        .route("/patients/{id}/enrolments/{protocol}/times", post(enrolment::change_times))
        .route("/patients/{id}/carers", get(carer::list).post(carer::add))
        .route("/patients/{id}/carers/{phone}/remove", post(carer::remove))
        .route("/patients/{id}/texts", get(texting::show))
        .route("/patients/{id}/texts/stop", post(texting::stop))
        .route("/patients/{id}/texts/start", post(texting::start))
        .route("/prompts", get(prompt::prompts))
        .route("/answers", get(prompt::answers))
        .route("/devices/ignored", get(device::ignored))
        .route("/devices", get(device::list).post(enrol::register_device))
        .route("/devices/claims", post(custody::issue))
        .route("/devices/{id}", get(device::one))
        .route("/devices/{id}/claim", post(custody::pair))
        .route("/devices/{id}/return", post(custody::take_back))
        .route("/devices/{id}/revoke", post(custody::revoke))
        .route("/held-readings", get(held::list))
        .route("/held-readings/{id}", get(held::one))
        .route("/held-readings/{id}/give", post(held::give))
        .route("/held-readings/{id}/dismiss", post(held::dismiss))
        .route("/users/{name}/contacts", get(contact::list).post(contact::add))
        .route("/contacts/bounced", post(contact::bounced))
        .route("/contacts/{id}/verify", post(contact::verify))
        .route("/contacts/{id}/send-code", post(contact::send_code))
        .route("/contacts/{id}/remove", post(contact::remove))
        .route("/coverage", get(coverage::show))
        .route("/rotas", get(rota::list))
        .route("/rotas/{id}", get(rota::one))
        .route("/rotas/{id}/changes", post(rota::change))
        .route("/rotas/{id}/swap", post(rota::swap))
        .route("/rotas/{id}/ics", post(rota::import).layer(DefaultBodyLimit::max(rota::CALENDAR_LIMIT)))
        .route("/rota-changes/{id}/cancel", post(rota::cancel))
        .route("/leave", post(rota::leave))
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
