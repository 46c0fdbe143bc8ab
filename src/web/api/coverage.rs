//! The proof that somebody is there, for the days ahead.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::Span;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::Params;
use crate::domain::organisation::{Hole, Organisation, Team, holes};
use crate::web::WebState;

const USUAL_DAYS: i64 = 14;

pub(super) async fn show(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["days", "team"])?;
    let days = days(&params)?.unwrap_or(USUAL_DAYS);
    let site = Arc::clone(&state.catalog.hold().await.site);
    let is_named = |team: &&Team, name: &str| {
        team.id.as_str().eq_ignore_ascii_case(name) || team.name.eq_ignore_ascii_case(name)
    };
    let team = params.parsed("team", "a team of the site's file", |name| {
        site.teams.values().find(|team| is_named(team, name)).map(|team| team.id.clone())
    })?;
    let from = state.clock.now();
    let to = from.to_zoned(site.zone.clone()).saturating_add(Span::new().days(days)).timestamp();
    let facts = state.store.roster_facts(from).await?;
    let of_site = Arc::clone(&site);
    // Months of many teams are work for a thread that nobody waits behind.
    let found = tokio::task::spawn_blocking(move || holes(&facts.roster(&of_site), from, to)).await;
    let mut found = found.map_err(|_| Problem::broken())?;
    found.retain(|hole| team.as_ref().is_none_or(|team| hole.team == *team));
    Ok(Json(json!({
        "from": from,
        "to": to,
        "covered": found.is_empty(),
        "holes": found.iter().map(|hole| hole_json(hole, &site)).collect::<Vec<_>>(),
    })))
}

/// How many days ahead somebody wants to see.
pub(super) fn days(params: &Params) -> Result<Option<i64>, Problem> {
    let parse = |value: &str| value.parse().ok().filter(|days| (1..=92).contains(days));
    params.parsed("days", "a whole number from 1 to 92", parse)
}

fn hole_json(hole: &Hole, site: &Organisation) -> Value {
    json!({
        "team": hole.team,
        "severity": hole.severity,
        "from": hole.from,
        "to": hole.to,
        "causes": hole.causes.iter().map(|cause| cause.words(site)).collect::<Vec<_>>(),
    })
}
