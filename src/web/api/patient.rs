use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::{Params, cut};
use crate::domain::id::PatientId;
use crate::store::view::ShownPatient;
use crate::web::WebState;

pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(100)?;
    let after: Option<String> = params.cursor()?;
    let rows = state.store.shown_patients(after.as_deref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, |patient| patient.id.clone());
    Ok(Json(json!({ "patients": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

pub(super) async fn one(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    shown(&state, &id).await
}

/// The patient of this id as the API shows them.
pub(super) async fn shown(state: &WebState, id: &str) -> Result<Json<Value>, Problem> {
    let unknown = || Problem::not_found("there is no such patient");
    let id = PatientId::parse(id).map_err(|_| unknown())?;
    state.store.shown_patient(&id).await?.map(|patient| Json(show(&patient))).ok_or_else(unknown)
}

/// By the names of the import's columns, and what has become of the patient since.
fn show(patient: &ShownPatient) -> Value {
    json!({
        "patient_id": patient.id,
        "name": patient.name,
        "label": patient.label,
        "phone": patient.phone,
        "phone_doubtful_since": patient.phone_doubtful_since,
        "nhs_number": patient.nhs_number,
        "date_of_birth": patient.date_of_birth,
        "language": patient.language,
        "time_zone": patient.time_zone,
        "team": patient.team,
        "consent": patient.consent,
        "devices": patient.devices,
        "protocols": patient.protocols,
        "thresholds": patient.thresholds,
        "standing": patient.standing,
        "consent_at": patient.consent_at,
        "created_at": patient.created_at,
        "updated_at": patient.updated_at,
    })
}
