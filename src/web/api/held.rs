//! Readings of devices that are held: looked at, given to a patient, or put aside.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::Uri;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::{MayRead, MayWrite};
use super::param::{Params, cut};
use crate::domain::decide::Gift;
use crate::domain::id::{EventId, PatientId};
use crate::domain::payload;
use crate::domain::reading::Measurement;
use crate::engine::held::{HeldDesk, HeldError, HeldReading, held_reading, held_readings};
use crate::web::WebState;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GiveForm {
    patient_id: String,
    why: String,
    taken_at: Option<Timestamp>,
    /// As in a device's own message.
    readings: Option<Vec<Value>>,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DismissForm {
    why: String,
    by: Option<String>,
}

/// What is held, oldest first.
pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(100)?;
    let after: Option<EventId> = params.cursor()?;
    let devices = state.catalog.hold().await.devices.clone();
    let rows = held_readings(&state.store, &devices, after.as_ref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, |held| held.kept.event.id.clone());
    Ok(Json(json!({ "held_readings": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
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

/// Gives it to a patient: it is judged as of when it was taken.
pub(super) async fn give(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let id = parse(&id)?;
    let form: GiveForm = read(&body)?;
    let patient = PatientId::parse(&form.patient_id)
        .map_err(|error| Problem::bad_request(format!("patient_id: {error}")))?;
    let measurements = form.readings.map(measure).transpose()?.unwrap_or_default();
    let gift = Gift { patient, taken_at: form.taken_at, measurements };
    let hand = caller.hand(form.by);
    let catalog = state.catalog.hold().await;
    let desk = HeldDesk { store: &state.store, catalog: &catalog, hand: &hand, now: state.clock.now() };
    let texts = desk.give(&id, &gift, &form.why).await?;
    drop(catalog);
    if texts > 0 {
        state.outbox.nudge();
    }
    shown(&state, &id).await
}

/// Puts it aside.
pub(super) async fn dismiss(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let id = parse(&id)?;
    let form: DismissForm = read(&body)?;
    let hand = caller.hand(form.by);
    let catalog = state.catalog.hold().await;
    let desk = HeldDesk { store: &state.store, catalog: &catalog, hand: &hand, now: state.clock.now() };
    desk.dismiss(&id, &form.why).await?;
    drop(catalog);
    shown(&state, &id).await
}

/// Numbers as a device would send them, all of them possible.
fn measure(readings: Vec<Value>) -> Result<Vec<Measurement>, Problem> {
    let message = json!({ "readings": readings }).to_string();
    let payload = payload::decode(message.as_bytes())
        .map_err(|refusal| Problem::bad_request(format!("readings: {refusal}")))?;
    Ok(payload.measurements)
}

async fn shown(state: &WebState, id: &EventId) -> Result<Json<Value>, Problem> {
    let devices = state.catalog.hold().await.devices.clone();
    let held = held_reading(&state.store, &devices, id).await?;
    held.map(|held| Json(show(&held))).ok_or_else(|| HeldError::Unknown.into())
}

fn show(held: &HeldReading) -> Value {
    let (kept, event) = (&held.kept, &held.kept.event);
    let measured = held.says.iter().flat_map(|payload| &payload.measurements);
    json!({
        "id": event.id,
        "device_id": event.sender,
        "topic": event.address,
        "received_at": event.received_at,
        "outcome": kept.outcome,
        "why": kept.reason,
        "patient_id": kept.patient,
        "claimed_at": held.says.as_ref().and_then(|payload| payload.taken_at),
        "claimed_wall": held.says.as_ref().and_then(|payload| payload.wall.map(|wall| wall.to_string())),
        "readings": measured.map(measurement).collect::<Vec<_>>(),
        "raw": String::from_utf8_lossy(&event.raw),
    })
}

fn measurement(measured: &Measurement) -> Value {
    let mut shown = json!({
        "vital": measured.vital().name(),
        "value": measured.amount().value(),
        "unit": measured.vital().unit().ucum(),
    });
    if let Some(side) = measured.amount().beyond() {
        shown["beyond"] = json!(side.name());
    }
    shown
}

fn read<F: DeserializeOwned>(body: &[u8]) -> Result<F, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be used: {error}")))
}

fn parse(id: &str) -> Result<EventId, Problem> {
    EventId::parse(id).map_err(|_| HeldError::Unknown.into())
}

impl From<HeldError> for Problem {
    fn from(error: HeldError) -> Self {
        match error {
            HeldError::Store(error) => error.into(),
            HeldError::Unknown => Self::not_found(error.to_string()),
            HeldError::Settled(_) | HeldError::NotJudged(_) => Self::conflict(error.to_string()),
            HeldError::UnknownPatient(_)
            | HeldError::Nameless
            | HeldError::NoReason
            | HeldError::NotGiven(_) => Self::bad_request(error.to_string()),
        }
    }
}
