use axum::Json;
use axum::extract::State;
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
        "repeats": message.repeats,
    })
}
