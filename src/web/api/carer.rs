//! Who looks after a patient from a phone of their own.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bearer::{MayRead, MayWrite};
use super::param::Params;
use super::{Problem, enrol};
use crate::domain::carer::{Carer, Copies};
use crate::domain::id::PatientId;
use crate::engine::carer::{self, CarerError, NewCarer};
use crate::web::WebState;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CarerForm {
    phone: String,
    name: String,
    #[serde(default)]
    may_report: bool,
    gets_copies: Option<Copies>,
    #[serde(default)]
    answers_for: bool,
    consent_by: String,
    by: Option<String>,
}

type Shown = Result<Json<Value>, Problem>;

pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Shown {
    Params::read(&uri, &[])?;
    shown(&state, &patient(&id)?).await
}

pub(super) async fn add(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let patient = patient(&id)?;
    let form: CarerForm = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be used: {error}")))?;
    let new = NewCarer {
        phone: form.phone,
        name: form.name,
        may_report: form.may_report,
        gets_copies: form.gets_copies,
        answers_for: form.answers_for,
        consent_by: form.consent_by,
    };
    let (actor, now) = (caller.hand(form.by).actor, state.clock.now());
    carer::add_carer(&state.store, &patient, &new, &actor, now).await?;
    // What the phone sent before is theirs now.
    enrol::take_in_held(&state, now).await?;
    Ok((StatusCode::CREATED, shown(&state, &patient).await?))
}

pub(super) async fn remove(
    caller: MayWrite,
    State(state): State<WebState>,
    Path((id, phone)): Path<(String, String)>,
) -> Shown {
    let patient = patient(&id)?;
    let actor = caller.hand(None).actor;
    carer::remove_carer(&state.store, &patient, &phone, &actor, state.clock.now()).await?;
    shown(&state, &patient).await
}

async fn shown(state: &WebState, patient: &PatientId) -> Shown {
    let carers = carer::carers(&state.store, patient).await?;
    Ok(Json(json!({ "carers": carers.iter().map(show).collect::<Vec<_>>() })))
}

fn show(carer: &Carer) -> Value {
    json!({
        "phone": carer.phone,
        "name": carer.name,
        "may_report": carer.may_report,
        "gets_copies": carer.gets_copies,
        "answers_for": carer.answers_for,
        "consent_by": carer.consent.by,
        "consent_at": carer.consent.at,
        "stopped": carer.stopped,
    })
}

fn patient(id: &str) -> Result<PatientId, Problem> {
    PatientId::parse(id).map_err(|_| CarerError::UnknownPatient.into())
}
