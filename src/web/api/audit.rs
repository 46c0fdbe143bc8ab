use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::{Params, cut};
use crate::store::audit::{AuditFilter, KeptEntry};
use crate::web::WebState;

/// Who did what, newest first.
pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["subject", "actor", "since", "limit", "cursor"])?;
    let limit = params.limit(100)?;
    let filter = AuditFilter {
        subject: params.text("subject").map(str::to_owned),
        actor: params.text("actor").map(str::to_owned),
        since: params.parsed("since", "a time like 2026-11-22T07:31:00Z", |t| t.parse().ok())?,
        before: params.cursor()?,
    };
    let rows = state.store.audit_entries(&filter, limit + 1).await?;
    let (rows, next) = cut(rows, limit, |kept| kept.seq);
    let head = state.store.audit_head().await?.map(|head| head.to_string());
    Ok(Json(json!({ "entries": rows.iter().map(show).collect::<Vec<_>>(), "head": head, "next": next })))
}

fn show(kept: &KeptEntry) -> Value {
    json!({
        "seq": kept.seq,
        "at": kept.entry.at,
        "actor": kept.entry.actor,
        "action": kept.entry.action,
        "subject": kept.entry.subject,
        "detail": kept.entry.detail,
        "hash": kept.hash,
    })
}
