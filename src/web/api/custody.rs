//! Pairing devices with patients by a code, taking them back, and out of use.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bearer::MayWrite;
use super::deed::{Deed, Subject};
use super::param::{read_body, read_form};
use super::{Problem, device, enrol};
use crate::domain::id::{DeviceId, PatientId};
use crate::engine::custody::{CustodyDesk, CustodyError, Pairing};
use crate::engine::device::{DeviceError, revoke_device};
use crate::web::WebState;

/// How long whoever tries too often waits, in seconds.
const WAIT: &str = "900";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimForm {
    patient_id: String,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairForm {
    code: String,
    since: Option<Timestamp>,
    #[serde(default, rename = "move")]
    moves: bool,
    why: Option<String>,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnForm {
    why: String,
    by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeForm {
    by: Option<String>,
}

/// A code for a patient, shown this once.
pub(super) async fn issue(
    caller: MayWrite,
    State(state): State<WebState>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let form: ClaimForm = read_form(&body)?;
    let patient = PatientId::parse(&form.patient_id)
        .map_err(|error| Problem::bad_request(format!("patient_id: {error}")))?;
    let actor = caller.hand(form.by).actor;
    let claim = desk(&state, &actor).issue(&patient).await?;
    let shown = json!({ "code": claim.code, "patient_id": claim.patient, "expires_at": claim.expires_at });
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Binds a device to the patient of a code, and takes in what was held of it.
pub(super) async fn pair(deed: Deed<DeviceId>) -> Result<Json<Value>, Problem> {
    let form: PairForm = read_form(&deed.body)?;
    let actor = deed.hand(form.by).actor;
    let desk = desk(&deed.state, &actor);
    let pairing = Pairing { since: form.since, moves: form.moves, why: form.why };
    desk.pair(&deed.id, &form.code, &pairing).await?;
    enrol::take_in_held(&deed.state, desk.now).await?;
    deed.shown().await
}

/// Takes a device back from its patient.
pub(super) async fn take_back(deed: Deed<DeviceId>) -> Result<Json<Value>, Problem> {
    let form: ReturnForm = read_form(&deed.body)?;
    let actor = deed.hand(form.by).actor;
    desk(&deed.state, &actor).take_back(&deed.id, &form.why).await?;
    deed.shown().await
}

/// Takes a device out of use for good and at once: what it sends from now on is nobody's.
pub(super) async fn revoke(deed: Deed<DeviceId>) -> Result<Json<Value>, Problem> {
    let form: RevokeForm = read_body(&deed.body)?;
    let actor = deed.hand(form.by).actor;
    let state = &deed.state;
    match revoke_device(&state.store, state.clock.now(), &actor, &deed.id).await {
        Err(DeviceError::Unknown(_)) => return Err(device::unknown()),
        done => done?,
    }
    deed.shown().await
}

impl Subject for DeviceId {
    fn from_path(id: &str) -> Result<Self, Problem> {
        // No device has an id that cannot be one.
        Self::parse(id).map_err(|_| device::unknown())
    }

    async fn shown(&self, state: &WebState) -> Result<Json<Value>, Problem> {
        device::with_history(state, self).await
    }
}

fn desk<'a>(state: &'a WebState, actor: &'a str) -> CustodyDesk<'a> {
    CustodyDesk { store: &state.store, ids: &state.ids, actor, now: state.clock.now() }
}

impl From<CustodyError> for Problem {
    fn from(error: CustodyError) -> Self {
        match error {
            CustodyError::Store(error) => error.into(),
            CustodyError::UnknownDevice(_) => Self::not_found(error.to_string()),
            CustodyError::UnknownPatient(_)
            | CustodyError::WrongCode
            | CustodyError::BadSince
            | CustodyError::NoReason => Self::bad_request(error.to_string()),
            CustodyError::Locked | CustodyError::TooMany => Self::too_often(error.to_string(), WAIT),
            CustodyError::Revoked(_) | CustodyError::HasPatient { .. } | CustodyError::NoRandomness => {
                Self::conflict(error.to_string())
            }
        }
    }
}
