use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::{Params, cut};
use crate::domain::reading::ReadingSource;
use crate::domain::vital::Vital;
use crate::store::view::{ReadingFilter, ShownReading};
use crate::web::WebState;

/// How far back is looked when nobody says.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(90 * 24);
/// A device's clock may run ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["patient", "vital", "since", "limit", "cursor"])?;
    let now = state.clock.now();
    let limit = params.limit(100)?;
    let since = params.parsed("since", "a time like 2026-11-22T07:31:00Z", |t| t.parse().ok())?;
    let filter = ReadingFilter {
        patient: params.patient()?,
        vital: params.parsed("vital", "a vital sign such as systolic", Vital::from_name)?,
        since: since.unwrap_or_else(|| now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::UNIX_EPOCH)),
        until: now.saturating_add(AHEAD).unwrap_or(now),
        after: params.cursor()?,
    };
    let rows = state.store.readings(&filter, limit + 1).await?;
    let (rows, next) = cut(rows, limit, ShownReading::place);
    Ok(Json(json!({ "readings": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

fn show(reading: &ShownReading) -> Value {
    let mut shown = json!({
        "id": reading.id(),
        "set_id": reading.set,
        "patient_id": reading.patient,
        "vital": reading.vital,
        "value": reading.value.map(number),
        "unit": reading.vital.unit().ucum(),
        "taken_at": reading.taken_at,
        "received_at": reading.received_at,
        "source": reading.source,
        "device_id": reading.device,
        "state": reading.state,
    });
    if let Some(beyond) = &reading.beyond {
        shown["beyond"] = json!(beyond);
    }
    // A text is taken when it was sent: one that came later was found in the provider's list.
    if reading.source == ReadingSource::Text.name() && reading.taken_at < reading.received_at {
        shown["late"] = json!(true);
    }
    if let Some(claimed_at) = reading.claimed_at {
        shown["claimed_at"] = json!(claimed_at);
    }
    shown
}

/// 141, not 141.0.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e9 { json!(value as i64) } else { json!(value) }
}
