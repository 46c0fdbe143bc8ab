//! Rotas: who is on call, now and later, and what changes it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Span, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::{MayRead, MayWrite};
use super::coverage::days;
use super::param::Params;
use crate::domain::id::{RotaId, UserName};
use crate::domain::organisation::{Change, ChangeKind, Organisation, Rota, Spell};
use crate::engine::rota::{Booked, Imported, RotaDesk, Wish, write_calendar};
use crate::store::RosterFacts;
use crate::web::WebState;

/// A year of shifts.
pub(super) const CALENDAR_LIMIT: usize = 2 * 1024 * 1024;
const USUAL_DAYS: i64 = 7;
/// How far a calendar reaches ahead, unless it is asked for more or less, and how far back.
const CALENDAR_DAYS: i64 = 56;
const CALENDAR_PAST: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    kind: BookedKind,
    person: Option<String>,
    stands_in: String,
    from: Timestamp,
    to: Timestamp,
    by: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BookedKind {
    Override,
    Cover,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeaveForm {
    person: String,
    from: Timestamp,
    to: Timestamp,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwapForm {
    one: Turn,
    other: Turn,
    by: Option<String>,
}

/// Whose shifts within which time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    person: String,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainForm {
    by: Option<String>,
}

type Shown = Result<Json<Value>, Problem>;
type Made = Result<(StatusCode, Json<Value>), Problem>;

/// Every rota with who is on call and the spells of the days ahead, and the changes in force.
pub(super) async fn list(_: MayRead, State(state): State<WebState>, uri: Uri) -> Shown {
    let params = Params::read(&uri, &["days"])?;
    let days = days(&params)?.unwrap_or(USUAL_DAYS);
    let site = Arc::clone(&state.catalog.hold().await.site);
    let now = state.clock.now();
    let facts = state.store.roster_facts(now).await?;
    let rotas: Vec<Value> = site.rotas.values().map(|rota| show(rota, &site, &facts, now, days)).collect();
    Ok(Json(json!({
        "rotas": rotas,
        "changes": facts.changes.iter().map(show_change).collect::<Vec<_>>(),
    })))
}

/// One rota; with `.ics` after its id, as a calendar.
pub(super) async fn one(
    _: MayRead,
    State(state): State<WebState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let params = Params::read(&uri, &["days"])?;
    let days = days(&params)?;
    let site = Arc::clone(&state.catalog.hold().await.site);
    let now = state.clock.now();
    if let Some(rota) = site.rotas.get(&RotaId::trusted(name.as_str())) {
        let facts = state.store.roster_facts(now).await?;
        return Ok(Json(show(rota, &site, &facts, now, days.unwrap_or(USUAL_DAYS))).into_response());
    }
    let rota = name.strip_suffix(".ics").and_then(|id| site.rotas.get(&RotaId::trusted(id)));
    let rota = rota.ok_or_else(no_rota)?;
    let from = now.saturating_sub(CALENDAR_PAST).unwrap_or(now);
    let to = ahead(now, days.unwrap_or(CALENDAR_DAYS), &site);
    let changes = state.store.rota_changes(from).await?;
    let calendar = write_calendar(rota, &site, &changes, (from, to), now);
    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8")], calendar).into_response())
}

pub(super) async fn change(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Made {
    let form: ChangeForm = read(&body)?;
    let (rota, stands_in) = (rota(&id)?, person("stands_in", &form.stands_in)?);
    let kind = match (form.kind, form.person) {
        (BookedKind::Override, None) => ChangeKind::Override { rota, stands_in },
        (BookedKind::Override, Some(_)) => {
            let why = "an override is of whoever has the shift: it names no 'person'";
            return Err(Problem::bad_request(why));
        }
        (BookedKind::Cover, Some(whose)) => {
            ChangeKind::Cover { rota, person: person("person", &whose)?, stands_in }
        }
        (BookedKind::Cover, None) => {
            return Err(Problem::bad_request("'person' is missing: whose shifts are covered"));
        }
    };
    let wish = Wish { kind, from: form.from, to: form.to };
    let site = Arc::clone(&state.catalog.hold().await.site);
    let booked = desk(&state, &site).book(wish, &caller.hand(form.by)).await?;
    Ok((StatusCode::CREATED, Json(show_booked(&booked))))
}

pub(super) async fn leave(caller: MayWrite, State(state): State<WebState>, body: Bytes) -> Made {
    let form: LeaveForm = read(&body)?;
    let kind = ChangeKind::Leave { person: person("person", &form.person)? };
    let wish = Wish { kind, from: form.from, to: form.to };
    let site = Arc::clone(&state.catalog.hold().await.site);
    let booked = desk(&state, &site).book(wish, &caller.hand(form.by)).await?;
    Ok((StatusCode::CREATED, Json(show_booked(&booked))))
}

pub(super) async fn swap(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Made {
    let form: SwapForm = read(&body)?;
    let rota = rota(&id)?;
    let (one, other) = (person("person", &form.one.person)?, person("person", &form.other.person)?);
    let cover = |turn: &Turn, person: &UserName, stands_in: &UserName| {
        let (rota, person, stands_in) = (rota.clone(), person.clone(), stands_in.clone());
        Wish { kind: ChangeKind::Cover { rota, person, stands_in }, from: turn.from, to: turn.to }
    };
    let wishes = (cover(&form.one, &one, &other), cover(&form.other, &other, &one));
    let site = Arc::clone(&state.catalog.hold().await.site);
    let booked = desk(&state, &site).swap(wishes.0, wishes.1, &caller.hand(form.by)).await?;
    Ok((StatusCode::CREATED, Json(show_booked(&booked))))
}

pub(super) async fn cancel(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Shown {
    let form: PlainForm = if body.is_empty() { PlainForm::default() } else { read(&body)? };
    let site = Arc::clone(&state.catalog.hold().await.site);
    let booked = desk(&state, &site).cancel(&id, &caller.hand(form.by)).await?;
    Ok(Json(show_booked(&booked)))
}

/// A calendar comes in: all of it, or none.
pub(super) async fn import(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Shown {
    let text = std::str::from_utf8(&body)
        .map_err(|_| Problem::bad_request("the calendar is not UTF-8 text; save it as UTF-8"))?;
    let site = Arc::clone(&state.catalog.hold().await.site);
    let imported = desk(&state, &site).import(&rota(&id)?, text, &caller.hand(None)).await?;
    let Imported { added, unchanged, taken_back, past } = imported;
    Ok(Json(json!({ "added": added, "unchanged": unchanged, "taken_back": taken_back, "past": past })))
}

fn desk<'a>(state: &'a WebState, site: &'a Organisation) -> RotaDesk<'a> {
    RotaDesk { store: &state.store, site, ids: &state.ids, now: state.clock.now() }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be used: {error}")))
}

fn rota(id: &str) -> Result<RotaId, Problem> {
    RotaId::parse(id).map_err(|_| no_rota())
}

fn no_rota() -> Problem {
    Problem::not_found("there is no such rota")
}

fn person(key: &str, name: &str) -> Result<UserName, Problem> {
    UserName::parse(name).map_err(|why| Problem::bad_request(format!("'{key}': {why}")))
}

fn ahead(now: Timestamp, days: i64, site: &Organisation) -> Timestamp {
    now.to_zoned(site.zone.clone()).saturating_add(Span::new().days(days)).timestamp()
}

fn show(rota: &Rota, site: &Organisation, facts: &RosterFacts, now: Timestamp, days: i64) -> Value {
    let spells = rota.spells(now, ahead(now, days, site), site, &facts.changes);
    json!({
        "id": rota.id,
        "name": rota.name,
        "on_call": rota.on_call(now, site, &facts.changes),
        "spells": spells.iter().map(show_spell).collect::<Vec<_>>(),
    })
}

fn show_spell(spell: &Spell) -> Value {
    json!({
        "shift": spell.shift,
        "from": spell.from,
        "to": spell.to,
        "person": spell.person,
        "planned": spell.planned,
    })
}

fn show_change(change: &Change) -> Value {
    let (rota, person, stands_in) = match &change.kind {
        ChangeKind::Override { rota, stands_in } => (Some(rota), None, Some(stands_in)),
        ChangeKind::Cover { rota, person, stands_in } => (Some(rota), Some(person), Some(stands_in)),
        ChangeKind::Leave { person } => (None, Some(person), None),
    };
    json!({
        "id": change.id,
        "kind": change.kind.name(),
        "rota": rota,
        "person": person,
        "stands_in": stands_in,
        "from": change.from,
        "to": change.to,
        "made_by": change.made_by,
        "made_at": change.made_at,
    })
}

fn show_booked(booked: &Booked) -> Value {
    let open = booked.open.iter().map(|(rota, spell)| {
        let mut shown = show_spell(spell);
        shown["rota"] = json!(rota);
        shown
    });
    json!({
        "changes": booked.changes.iter().map(show_change).collect::<Vec<_>>(),
        "open": open.collect::<Vec<_>>(),
    })
}
