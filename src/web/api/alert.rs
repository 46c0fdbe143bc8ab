use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::deed::Subject;
use super::param::{Params, cut};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::id::AlertId;
use crate::store::notice::KeptNotice;
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
    AlertId::from_path(&id)?.shown(&state).await
}

/// Whom was told of the alert's patient while it stood, and why.
pub(super) async fn notices(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    let id = AlertId::from_path(&id)?;
    if state.store.alert(&id).await?.is_none() {
        return Err(Problem::not_found("there is no such alert"));
    }
    let notices = state.store.notices(&id).await?;
    Ok(Json(json!({ "notices": notices.iter().map(show_notice).collect::<Vec<_>>() })))
}

fn states(name: &str) -> Option<Vec<AlertState>> {
    match name {
        "all" => Some(vec![AlertState::Open, AlertState::Acknowledged, AlertState::Resolved]),
        name => AlertState::from_name(name).map(|state| vec![state]),
    }
}

impl Subject for AlertId {
    fn from_path(id: &str) -> Result<Self, Problem> {
        Self::parse(id).map_err(|_| Problem::not_found("there is no such alert"))
    }

    async fn shown(&self, state: &WebState) -> Result<Json<Value>, Problem> {
        let alert = state.store.alert(self).await?;
        alert.map(|alert| Json(show(&alert))).ok_or_else(|| Problem::not_found("there is no such alert"))
    }
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
        "lapses_at": alert.lapses_at,
        "snoozed_until": alert.snooze.as_ref().map(|snooze| snooze.until),
        "snoozed_by": alert.snooze.as_ref().map(|snooze| &snooze.by),
        "snooze_reason": alert.snooze.as_ref().map(|snooze| &snooze.reason),
        "watch": alert.watch.as_ref().map(|watch| json!({
            "stage": watch.stage,
            "next_at": watch.next_at,
            "exhausted_at": watch.exhausted_at,
            "episode": watch.episode,
        })),
        "notes": alert.notes,
        "evidence": alert.evidence,
        "covered": alert.covered,
    })
}

fn show_notice(notice: &KeptNotice) -> Value {
    json!({
        "id": notice.id,
        "at": notice.at,
        "severity": notice.severity,
        "episode": notice.episode,
        "round": notice.round,
        "step": notice.step,
        "reason": notice.reason,
        "target": notice.target,
        "person": notice.person,
        "channel": notice.channel,
        "address": notice.address,
        "missed": notice.missed,
        "state": notice.message_state,
    })
}
