//! Whether a patient is texted, and who of the staff has changed that.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bearer::{MayRead, MayWrite};
use super::param::{MAX_NAME, Params, read_body, tidy};
use super::{Problem, patient};
use crate::domain::id::PatientId;
use crate::engine::texting::{TextsError, TextsWish, change_texts};
use crate::web::WebState;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StopBody {
    by: Option<String>,
    why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StartBody {
    by: Option<String>,
    patients_word: String,
}

type Shown = Result<Json<Value>, Problem>;

pub(super) async fn show(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Shown {
    Params::read(&uri, &[])?;
    shown(&state, &id).await
}

pub(super) async fn stop(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Shown {
    let StopBody { by, why } = read_body(&body)?;
    change(caller, &state, &id, by, TextsWish::Stop { why }).await
}

pub(super) async fn start(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Shown {
    let StartBody { by, patients_word } = read_body(&body)?;
    change(caller, &state, &id, by, TextsWish::Again { word: patients_word }).await
}

async fn change(
    caller: MayWrite,
    state: &WebState,
    id: &str,
    mut by: Option<String>,
    wish: TextsWish,
) -> Shown {
    tidy("by", &mut by, MAX_NAME)?;
    let patient = PatientId::parse(id).map_err(|_| TextsError::UnknownPatient)?;
    let (hand, now) = (caller.hand(by), state.clock.now());
    {
        let catalog = state.catalog.hold().await;
        change_texts(&state.store, &catalog, &state.ids, &patient, &wish, &hand, now).await?;
    }
    shown(state, id).await
}

async fn shown(state: &WebState, id: &str) -> Shown {
    let Json(known) = patient::shown(state, id).await?;
    let changes = match PatientId::parse(id) {
        Ok(patient) => state.store.texting_changes(&patient).await?,
        Err(_) => Vec::new(),
    };
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({ "at": change.at, "standing": change.standing, "by": change.by, "why": change.why })
        })
        .collect();
    Ok(Json(json!({
        "patient_id": known["patient_id"],
        "standing": known["standing"],
        "consent": known["consent"],
        "consent_at": known["consent_at"],
        "changes": changes,
    })))
}
