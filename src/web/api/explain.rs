use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;

use super::Problem;
use super::bearer::MayRead;
use super::param::Params;
use crate::domain::id::AlertId;
use crate::engine::explain::{Explanation, explain};
use crate::web::WebState;

/// Why an alert was raised, judged anew from what is kept.
pub(super) async fn show(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Explanation>, Problem> {
    Params::read(&uri, &[])?;
    let unknown = || Problem::not_found("there is no such alert");
    let id = AlertId::parse(&id).map_err(|_| unknown())?;
    explain(&state.store, &id).await?.map(Json).ok_or_else(unknown)
}
