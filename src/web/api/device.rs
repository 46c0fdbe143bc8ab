use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::{Params, cut};
use crate::domain::id::DeviceId;
use crate::store::IgnoredCount;
use crate::store::view::ShownDevice;
use crate::web::WebState;

pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(100)?;
    let after: Option<String> = params.cursor()?;
    let rows = state.store.shown_devices(after.as_deref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, |device| device.id.clone());
    Ok(Json(json!({ "devices": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

/// What device profiles ignore, by profile and topic.
pub(super) async fn ignored(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(100)?;
    let after: Option<(String, String)> = params.cursor()?;
    let rows = state.store.ignored_messages(after.as_ref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, |row| (row.profile.clone(), row.topic.clone()));
    let show = |row: &IgnoredCount| {
        json!({
            "profile": row.profile,
            "topic": row.topic,
            "count": row.count,
            "first_at": row.first_at,
            "last_at": row.last_at,
        })
    };
    Ok(Json(json!({ "ignored": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

/// A device, and who has had it.
pub(super) async fn one(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    let id = DeviceId::parse(&id).map_err(|_| unknown())?;
    with_history(&state, &id).await
}

/// The device of this id, and who has had it.
pub(super) async fn with_history(state: &WebState, id: &DeviceId) -> Result<Json<Value>, Problem> {
    let Json(mut shown) = shown(state, id).await?;
    shown["bindings"] = json!(state.store.bindings(id).await?);
    Ok(Json(shown))
}

pub(super) fn unknown() -> Problem {
    Problem::not_found("there is no such device")
}

/// The device of this id as the API shows it.
pub(super) async fn shown(state: &WebState, id: &DeviceId) -> Result<Json<Value>, Problem> {
    let device = state.store.shown_device(id).await?;
    device.map(|device| Json(show(&device))).ok_or_else(unknown)
}

fn show(device: &ShownDevice) -> Value {
    json!({
        "device_id": device.id,
        "patient_id": device.patient,
        "registered_at": device.registered_at,
        "registered_by": device.registered_by,
        "revoked_at": device.revoked_at,
        "online": device.online,
        "battery": device.battery,
        "status_at": device.status_at,
        "clock_offset_ms": device.clock_offset_ms,
        "clock_seen_at": device.clock_seen_at,
    })
}
