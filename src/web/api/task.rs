use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::{MayRead, MayWrite};
use super::param::{DeedBody, Params, cut};
use crate::domain::id::TaskId;
use crate::engine::nurse;
use crate::store::worklist::QueuedTask;
use crate::web::WebState;

/// Open tasks, urgent ones first.
pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(1000)?;
    let rows = state.store.open_tasks(params.cursor()?.as_ref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, QueuedTask::place);
    Ok(Json(json!({ "tasks": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

pub(super) async fn resolve(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let unknown = || Problem::not_found("there is no such task");
    let id = TaskId::parse(&id).map_err(|_| unknown())?;
    let (by, closing) = DeedBody::read(&body)?.into_parts();
    if closing.outcome.is_some() {
        return Err(Problem::bad_request("a task has no outcome: say it in 'note'"));
    }
    let (hand, now) = (caller.hand(by), state.clock.now());
    nurse::resolve_task(&state.store, &id, &hand, closing.note.as_deref(), now).await?;
    let task = state.store.task(&id).await?;
    task.map(|task| Json(show(&task))).ok_or_else(unknown)
}

fn show(task: &QueuedTask) -> Value {
    json!({
        "id": task.id,
        "kind": task.kind,
        "title": task.kind.title(),
        "subject": task.subject,
        "patient_id": task.patient,
        "detail": task.detail,
        "urgent": task.urgent,
        "opened_at": task.opened_at,
        "last_at": task.last_at,
        "count": task.count,
        "resolved_at": task.resolved_at,
        "resolved_by": task.resolved_by,
        "note": task.note,
    })
}
