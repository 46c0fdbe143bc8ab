use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::Params;
use crate::store::view::Balance;
use crate::web::WebState;

/// What became of everything that ever arrived.
pub(super) async fn show(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    let ledger = state.store.intake_ledger().await?;
    let total = ledger.total();
    let mut shown = figures(total);
    shown["balanced"] = json!(total.is_balanced());
    shown["edges"] = json!({ "text": figures(ledger.text), "device": figures(ledger.device) });
    Ok(Json(shown))
}

fn figures(balance: Balance) -> Value {
    json!({
        "received": balance.received,
        "accepted": balance.accepted,
        "duplicate": balance.duplicate,
        "rejected": balance.rejected,
        "held": balance.held,
    })
}
