use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::{MayRead, MayWrite};
use super::param::{DeedBody, Params, cut};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::id::AlertId;
use crate::engine::nurse;
use crate::store::queue::{AlertFilter, QueuedAlert};
use crate::web::WebState;

/// Missing an alert is worse than a long answer.
const DEFAULT_LIMIT: u32 = 1000;

pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["state", "severity", "patient", "team", "limit", "cursor"])?;
    let limit = params.limit(DEFAULT_LIMIT)?;
    let states = params.parsed("state", "open, acknowledged, resolved or all", states)?;
    let filter = AlertFilter {
        states: states.unwrap_or_else(|| vec![AlertState::Open, AlertState::Acknowledged]),
        severity: params.parsed("severity", "red, amber or advice", Severity::from_name)?,
        patient: params.patient()?,
        team: params.text("team").map(str::to_owned),
        after: params.cursor()?,
    };
    let rows = state.store.alerts(&filter, limit + 1).await?;
    let (rows, next) = cut(rows, limit, QueuedAlert::place);
    Ok(Json(json!({ "alerts": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

pub(super) async fn one(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    shown(&state, &parse(&id)?).await
}

pub(super) async fn acknowledge(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let id = parse(&id)?;
    let (by, closing) = DeedBody::read(&body)?.into_parts();
    if closing.outcome.is_some() || closing.note.is_some() {
        return Err(Problem::bad_request("an outcome and a note belong to 'resolve'"));
    }
    nurse::acknowledge(&state.store, &id, &caller.hand(by), state.clock.now()).await?;
    shown(&state, &id).await
}

pub(super) async fn resolve(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let id = parse(&id)?;
    let (by, closing) = DeedBody::read(&body)?.into_parts();
    nurse::resolve(&state.store, &id, &caller.hand(by), &closing, state.clock.now()).await?;
    shown(&state, &id).await
}

/// The paths are promised; there are no escalation chains yet for them to act on.
pub(super) async fn not_yet(_: MayWrite) -> Problem {
    Problem::not_implemented("this version cannot escalate or snooze alerts yet: acknowledge or resolve them")
}

fn states(name: &str) -> Option<Vec<AlertState>> {
    match name {
        "all" => Some(vec![AlertState::Open, AlertState::Acknowledged, AlertState::Resolved]),
        name => AlertState::from_name(name).map(|state| vec![state]),
    }
}

fn parse(id: &str) -> Result<AlertId, Problem> {
    AlertId::parse(id).map_err(|_| Problem::not_found("there is no such alert"))
}

async fn shown(state: &WebState, id: &AlertId) -> Result<Json<Value>, Problem> {
    let alert = state.store.alert(id).await?;
    alert.map(|alert| Json(show(&alert))).ok_or_else(|| Problem::not_found("there is no such alert"))
}

fn show(alert: &QueuedAlert) -> Value {
    json!({
        "id": alert.id,
        "patient_id": alert.patient,
        "team": alert.team,
        "rule_id": alert.rule,
        "rule_version": alert.rule_version,
        "severity": alert.severity,
        "state": alert.state,
        "title": alert.title,
        "why": alert.why,
        "proposal": alert.proposal,
        "opened_at": alert.opened_at,
        "last_at": alert.last_at,
        "count": alert.count,
        "worsened_at": alert.worsened_at,
        "recovered_at": alert.recovered_at,
        "late": alert.late,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by,
        "resolved_at": alert.resolved_at,
        "resolved_by": alert.resolved_by,
        "outcome": alert.outcome,
        "note": alert.note,
        "evidence": alert.evidence,
    })
}
