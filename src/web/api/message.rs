use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::{Params, cut};
use crate::store::view::ShownMessage;
use crate::web::WebState;

/// Texts in both directions, newest first.
pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["patient", "limit", "cursor"])?;
    let limit = params.limit(100)?;
    let (patient, after) = (params.patient()?, params.cursor()?);
    let rows = state.store.messages(patient.as_ref(), after.as_ref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, ShownMessage::place);
    Ok(Json(json!({ "messages": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

fn show(message: &ShownMessage) -> Value {
    json!({
        "id": message.id,
        "patient_id": message.patient,
        "direction": message.direction,
        "channel": message.channel,
        "address": message.address,
        "body": message.body,
        "state": message.state,
        "created_at": message.created_at,
        "sent_at": message.sent_at,
        "delivered_at": message.delivered_at,
        "error_code": message.error_code,
        "provider": message.provider,
        "segments": message.segments,
        "repeats": message.repeats,
        "media": message.media,
        "words_removed_at": message.words_removed_at,
    })
}

/// Everything that providers said of one text, as it came, whatever it changed.
pub(super) async fn events(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    let events = state.store.message_events(&id).await?;
    let events = events.ok_or_else(|| Problem::not_found("there is no such text from here"))?;
    let shown: Vec<_> = events
        .iter()
        .map(|event| {
            json!({
                "at": event.at,
                "provider": event.provider,
                "state": event.is_known.then_some(&event.state),
                "word": event.state,
                "error_code": event.error_code,
            })
        })
        .collect();
    Ok(Json(json!({ "events": shown })))
}
