//! Patients and devices by JSON, under the names of the import's columns.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::bearer::MayWrite;
use super::{Problem, device, patient};
use crate::domain::enrolment::{COLUMNS, LABEL};
use crate::domain::id::{DeviceId, PatientId};
use crate::engine;
use crate::engine::enrol::{self, Row};
use crate::engine::release::release_all;
use crate::web::WebState;

type Created = (StatusCode, Json<Value>);

pub(super) async fn register_patient(
    caller: MayWrite,
    State(state): State<WebState>,
    body: Bytes,
) -> Result<Created, Problem> {
    let row = read_row(&body)?;
    let (actor, now) = (caller.hand(None).actor, state.clock.now());
    let catalog = state.catalog.hold().await;
    let registered = enrol::register_patient(&state.store, now, &actor, &catalog, &row).await?;
    drop(catalog);
    take_in_held(&state, now).await?;
    // A welcome may wait.
    state.outbox.nudge();
    let code = if registered.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((code, patient::shown(&state, registered.patient.as_str()).await?))
}

/// A device to register, with whoever uses it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceForm {
    device_id: String,
    patient_id: Option<String>,
}

pub(super) async fn register_device(
    caller: MayWrite,
    State(state): State<WebState>,
    body: Bytes,
) -> Result<Created, Problem> {
    let form: DeviceForm = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be used: {error}")))?;
    let bad = |column: &str, why: &dyn std::fmt::Display| Problem::bad_request(format!("{column}: {why}"));
    let device = DeviceId::parse(&form.device_id).map_err(|error| bad("device_id", &error))?;
    let patient = form
        .patient_id
        .as_deref()
        .map(|id| PatientId::parse(id).map_err(|error| bad("patient_id", &error)))
        .transpose()?;
    let (actor, now) = (caller.hand(None).actor, state.clock.now());
    engine::device::register_device(&state.store, now, &actor, device.clone(), patient).await?;
    take_in_held(&state, now).await?;
    Ok((StatusCode::CREATED, device::shown(&state, &device).await?))
}

/// What was held of a phone or device that is known by now is taken in before the answer is given.
pub(super) async fn take_in_held(state: &WebState, now: Timestamp) -> Result<(), Problem> {
    let released = release_all(&state.store, &*state.catalog.hold().await, now).await?;
    if released.messages > 0 {
        state.outbox.nudge();
    }
    Ok(())
}

/// A JSON object as one row of the import: lists and maps in the spelling that the file uses.
fn read_row(body: &[u8]) -> Result<Row, Problem> {
    let object: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body is no JSON object: {error}")))?;
    let mut row = Row::new();
    for (column, value) in object {
        if !COLUMNS.contains(&column.as_str()) && column != LABEL {
            let known = COLUMNS.join(", ");
            return Err(Problem::bad_request(format!("unknown column '{column}'; there are {known}")));
        }
        let cell = match value {
            Value::Null => continue,
            Value::Array(items) => {
                items.iter().map(entry).collect::<Option<Vec<_>>>().map(|cells| cells.join(";"))
            }
            Value::Object(limits) if column == "thresholds" => limits
                .iter()
                .map(|(limit, value)| Some(format!("{limit}={}", entry(value)?)))
                .collect::<Option<Vec<_>>>()
                .map(|cells| cells.join(";")),
            value => scalar(&value),
        };
        let cell = cell.ok_or_else(|| {
            Problem::bad_request(format!("the column '{column}' holds what is neither text, number nor list"))
        })?;
        row.insert(column, cell);
    }
    Ok(row)
}

/// One entry of a list. With the file's own separator in it, it would become two: it is refused.
fn entry(value: &Value) -> Option<String> {
    scalar(value).filter(|text| !text.contains(';'))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
