//! The queue as teams work through it.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::bearer::MayRead;
use super::param::{Params, encode};
use super::{Problem, task};
use crate::domain::id::{TeamId, UserName};
use crate::domain::organisation::{Organisation, Team};
use crate::domain::queue::{Card, CardAlert, Lane, Mark, Page, Tallies, Tally, tally};
use crate::engine::queue::{Choice, placed, tasks, worked};
use crate::web::WebState;

pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["team", "lane", "mine", "limit", "cursor"])?;
    let site = state.catalog.hold().await.site.clone();
    let lane = params.parsed("lane", "alerts, tasks or ad_hoc", Lane::from_name)?.unwrap_or(Lane::Alerts);
    let choice = Choice {
        team: team(&params, &site)?,
        mine: params
            .parsed("mine", "the name that somebody signs in with", |name| UserName::parse(name).ok())?,
        limit: usize::try_from(params.limit(100)?).unwrap_or(usize::MAX),
        mark: params.cursor::<Mark>()?,
    };
    let now = state.clock.now();
    Ok(Json(match lane {
        Lane::Alerts => {
            let page = state.walks.cards(&state.store, &site, &choice, now).await?;
            show(lane, "cards", &page, |card| show_card(card, &site, page.asked_at))
        }
        Lane::Tasks | Lane::AdHoc => {
            let page = tasks(&state.store, &site, lane, &choice, now).await?;
            show(lane, "tasks", &page, |(work, queued)| {
                let mut shown = task::show(queued);
                shown["team"] = json!(work.team);
                shown["due_at"] = json!(work.due_at);
                shown["breached"] = json!(work.is_breached(page.asked_at));
                shown
            })
        }
    }))
}

pub(super) async fn counts(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    let site = state.catalog.hold().await.site.clone();
    let now = state.clock.now();
    let cards = placed(&state.store, &site, None, now).await?;
    let work = worked(&state.store, &site, now).await?;
    let teams = tally(&site, &cards, &work, now);
    let teams = teams.iter().map(|(id, tallies)| show_tallies(id, tallies, &site));
    Ok(Json(json!({ "at": now, "teams": teams.collect::<Vec<_>>() })))
}

/// The team that a request names, by id or name.
pub(super) fn team(params: &Params, site: &Organisation) -> Result<Option<TeamId>, Problem> {
    let known = || site.teams.keys().map(TeamId::as_str).collect::<Vec<_>>().join(", ");
    params.parsed("team", &format!("a team of this site: {}", known()), |name| team_named(name, site))
}

pub(super) fn team_named(name: &str, site: &Organisation) -> Option<TeamId> {
    let named =
        |team: &&Team| team.id.as_str().eq_ignore_ascii_case(name) || team.name.eq_ignore_ascii_case(name);
    site.teams.values().find(named).map(|team| team.id.clone())
}

fn show<T>(lane: Lane, rows: &str, page: &Page<T>, row: impl Fn(&T) -> Value) -> Value {
    let mut shown = json!({
        "lane": lane,
        "at": page.asked_at,
        "ahead": page.ahead,
        "next": page.next.as_ref().and_then(encode),
    });
    shown[rows] = page.rows.iter().map(row).collect();
    shown
}

fn show_card(card: &Card, site: &Organisation, now: Timestamp) -> Value {
    json!({
        "patient_id": card.placed.patient,
        "name": card.name,
        "team": card.placed.team,
        "team_name": site.team(&card.placed.team).name,
        "rank": card.placed.place.rank,
        "severity": card.worst,
        "waiting": card.waiting,
        "since": card.placed.since,
        "due_at": card.placed.due_at,
        "breached": card.placed.is_breached(now),
        "owners": card.owners,
        "snoozed_until": card.snoozed_until,
        "late": card.late,
        "recovered": card.recovered,
        "tasks": card.tasks,
        "next_step_at": card.next_step_at,
        "exhausted_at": card.exhausted_at,
        "alerts": card.alerts.iter().map(|alert| show_alert(alert, now)).collect::<Vec<_>>(),
    })
}

fn show_alert(alert: &CardAlert, now: Timestamp) -> Value {
    json!({
        "id": alert.id,
        "rule_id": alert.rule,
        "severity": alert.severity,
        "state": alert.state,
        "held": alert.is_held(now),
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
        "acknowledged_by": alert.owner,
        "lapses_at": alert.lapses_at,
        "snooze": alert.snooze,
    })
}

fn show_tallies(id: &TeamId, tallies: &Tallies, site: &Organisation) -> Value {
    json!({
        "team": id,
        "name": site.team(id).name,
        "red": show_tally(&tallies.red),
        "amber": show_tally(&tallies.amber),
        "advice": show_tally(&tallies.advice),
        "tasks": show_tally(&tallies.tasks),
        "ad_hoc": show_tally(&tallies.ad_hoc),
    })
}

fn show_tally(tally: &Tally) -> Value {
    json!({
        "waiting": tally.waiting,
        "held": tally.held,
        "breached": tally.breached,
        "due_at": tally.due_at,
        "oldest": tally.oldest,
    })
}
