//! A named person does something to a thing that the path names: who may, to what, and what is said along with it.

use std::future::Future;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Problem;
use super::bearer::MayWrite;
use crate::engine::nurse::Hand;
use crate::web::WebState;

/// What deeds are done to.
pub(super) trait Subject: Sized + Send {
    fn from_path(id: &str) -> Result<Self, Problem>;

    /// The thing as it stands: what every deed answers with.
    fn shown(&self, state: &WebState) -> impl Future<Output = Result<Json<Value>, Problem>> + Send;
}

/// A deed that is asked for by somebody who may. Nobody learns of a thing's id before that.
#[derive(Debug)]
pub(super) struct Deed<I> {
    pub state: WebState,
    pub id: I,
    pub body: Bytes,
    caller: MayWrite,
}

impl<I: Subject> Deed<I> {
    /// Whose hand it is; `by` is whom the body names.
    pub(super) fn hand(&self, by: Option<String>) -> Hand {
        self.caller.clone().hand(by)
    }

    pub(super) async fn shown(&self) -> Result<Json<Value>, Problem> {
        self.id.shown(&self.state).await
    }
}

impl<I: Subject> FromRequest<WebState> for Deed<I> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let caller = MayWrite::from_request_parts(&mut parts, state).await;
        let caller = caller.map_err(IntoResponse::into_response)?;
        let path = Path::<String>::from_request_parts(&mut parts, state).await;
        let Path(id) = path.map_err(IntoResponse::into_response)?;
        let body = Bytes::from_request(Request::from_parts(parts, body), state).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let id = I::from_path(&id).map_err(IntoResponse::into_response)?;
        Ok(Self { state: state.clone(), id, body, caller })
    }
}
