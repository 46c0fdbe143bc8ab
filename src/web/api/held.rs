//! Readings of devices that are held: looked at, given to a patient, or put aside.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::deed::{Deed, Subject};
use super::param::{Params, cut, read_form};
use crate::domain::decide::{Catalog, Gift};
use crate::domain::id::{EventId, PatientId};
use crate::domain::payload;
use crate::domain::reading::Measurement;
use crate::engine::held::{HeldDesk, HeldError, HeldReading, held_reading, held_readings};
use crate::engine::nurse::Hand;
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
    EventId::from_path(&id)?.shown(&state).await
}

/// Gives it to a patient: it is judged as of when it was taken.
pub(super) async fn give(deed: Deed<EventId>) -> Result<Json<Value>, Problem> {
    let form: GiveForm = read_form(&deed.body)?;
    let patient = PatientId::parse(&form.patient_id)
        .map_err(|error| Problem::bad_request(format!("patient_id: {error}")))?;
    let measurements = form.readings.map(measure).transpose()?.unwrap_or_default();
    let gift = Gift { patient, taken_at: form.taken_at, measurements };
    let hand = deed.hand(form.by);
    let texts = {
        let catalog = deed.state.catalog.hold().await;
        desk(&deed.state, &catalog, &hand).give(&deed.id, &gift, &form.why).await?
    };
    if texts > 0 {
        deed.state.outbox.nudge();
    }
    deed.shown().await
}

/// Puts it aside.
pub(super) async fn dismiss(deed: Deed<EventId>) -> Result<Json<Value>, Problem> {
    let form: DismissForm = read_form(&deed.body)?;
    let hand = deed.hand(form.by);
    {
        let catalog = deed.state.catalog.hold().await;
        desk(&deed.state, &catalog, &hand).dismiss(&deed.id, &form.why).await?;
    }
    deed.shown().await
}

fn desk<'a>(state: &'a WebState, catalog: &'a Catalog, hand: &'a Hand) -> HeldDesk<'a> {
    HeldDesk { store: &state.store, catalog, hand, now: state.clock.now() }
}

/// Numbers as a device would send them, all of them possible.
fn measure(readings: Vec<Value>) -> Result<Vec<Measurement>, Problem> {
    let message = json!({ "readings": readings }).to_string();
    let payload = payload::decode(message.as_bytes())
        .map_err(|refusal| Problem::bad_request(format!("readings: {refusal}")))?;
    Ok(payload.measurements)
}

impl Subject for EventId {
    fn from_path(id: &str) -> Result<Self, Problem> {
        Self::parse(id).map_err(|_| HeldError::Unknown.into())
    }

    async fn shown(&self, state: &WebState) -> Result<Json<Value>, Problem> {
        let devices = state.catalog.hold().await.devices.clone();
        let held = held_reading(&state.store, &devices, self).await?;
        held.map(|held| Json(show(&held))).ok_or_else(|| HeldError::Unknown.into())
    }
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
