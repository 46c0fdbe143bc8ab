//! What texts cost, as JSON and as a table for a spreadsheet.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::figure::{cell, instant};
use super::param::Params;
use crate::domain::cost::{ByDay, Sent, by_day};
use crate::domain::id::TeamId;
use crate::web::WebState;

/// What is looked at when nobody says.
const USUAL: SignedDuration = SignedDuration::from_hours(28 * 24);
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

struct Asked {
    since: Timestamp,
    until: Timestamp,
    days: ByDay,
}

/// By team and civil day. Each text counts once, its parts as often as it was carried.
pub(super) async fn show(
    caller: MayRead,
    State(state): State<WebState>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.split(',').any(|kind| kind.trim().starts_with("text/csv")) {
        return table(caller, State(state), uri).await;
    }
    let asked = answer(&state, &uri).await?;
    let mut total = Sent::default();
    let mut days = Vec::with_capacity(asked.days.len());
    for ((team, day), sent) in &asked.days {
        total.texts += sent.texts;
        total.segments += sent.segments;
        days.push(json!({
            "team": team,
            "day": day,
            "texts": sent.texts,
            "segments": sent.segments,
            "pence": pence(&state, *sent),
        }));
    }
    Ok(Json(json!({
        "since": asked.since,
        "until": asked.until,
        "pence_per_segment": state.pence_per_segment.map(|price| price.to_string()),
        "days": days,
        "total": { "texts": total.texts, "segments": total.segments, "pence": pence(&state, total) },
    }))
    .into_response())
}

/// The days alone, one a line.
pub(super) async fn table(_: MayRead, State(state): State<WebState>, uri: Uri) -> Result<Response, Problem> {
    let asked = answer(&state, &uri).await?;
    let mut lines = "team,day,texts,segments,pence\r\n".to_owned();
    for ((team, day), sent) in &asked.days {
        let team = cell(team.as_ref().map_or("", TeamId::as_str));
        let cost = match pence(&state, *sent) {
            Value::String(cost) => cost,
            _ => String::new(),
        };
        let _ = write!(lines, "{team},{day},{},{},{cost}\r\n", sent.texts, sent.segments);
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"costs.csv\""),
    ];
    Ok((headers, lines).into_response())
}

async fn answer(state: &WebState, uri: &Uri) -> Result<Asked, Problem> {
    let params = Params::read(uri, &["since", "until"])?;
    let site = state.site().await;
    let wanted = "a day like 2026-11-01 or a time like 2026-11-01T08:00:00Z";
    let until = params.parsed("until", wanted, |text| instant(text, &site.zone))?;
    let until = until.unwrap_or_else(|| state.clock.now());
    let since = params.parsed("since", wanted, |text| instant(text, &site.zone))?;
    let since = since.unwrap_or_else(|| until.saturating_sub(USUAL).unwrap_or(until));
    if since >= until {
        return Err(Problem::bad_request("'since' must be before 'until'"));
    }
    if until.duration_since(since) > LONGEST {
        return Err(Problem::bad_request("ask for 400 days at most"));
    }
    let days = by_day(&state.store.texts_sent(since, until).await?, &site.zone);
    Ok(Asked { since, until, days })
}

/// Exact, so a string; nothing where no price is set.
fn pence(state: &WebState, sent: Sent) -> Value {
    state.pence_per_segment.map_or(Value::Null, |price| Value::from(price.times(sent.segments).to_string()))
}
