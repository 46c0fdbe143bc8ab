//! Who calls: a bearer token of enough scope, asked for by a handler's signature.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::{Problem, seen};
use crate::engine::account::{Secret, bearer};
use crate::engine::nurse::{Hand, Via};
use crate::store::token::{Scope, Token};
use crate::web::WebState;

/// A caller whose token may read. That they look is on record before they are shown anything.
#[derive(Debug)]
pub(super) struct MayRead;

/// A caller whose token may write.
#[derive(Debug, Clone)]
pub(super) struct MayWrite(Token);

impl MayWrite {
    /// Whose deed it is: the token's user, else the person that the caller names, else the token.
    pub(super) fn hand(self, by: Option<String>) -> Hand {
        let Token { name, user_name, .. } = self.0;
        let actor = user_name.or(by).unwrap_or_else(|| format!("token:{name}"));
        Hand { actor, via: Via::Api { token: name } }
    }
}

impl FromRequestParts<WebState> for MayRead {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Problem> {
        let token = caller(parts, state).await?;
        if let Some(view) = seen::view(parts, state, &token) {
            state.views.note(view).await?;
        }
        Ok(Self)
    }
}

impl FromRequestParts<WebState> for MayWrite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Problem> {
        let token = caller(parts, state).await?;
        match token.scope {
            Scope::Write => Ok(Self(token)),
            Scope::Read => {
                Err(Problem::forbidden("this token may only read; use one with the scope 'write'"))
            }
        }
    }
}

async fn caller(parts: &Parts, state: &WebState) -> Result<Token, Problem> {
    let Some(header) = parts.headers.get(AUTHORIZATION) else {
        return Err(Problem::unauthorised(
            "send a token as 'Authorization: Bearer …'; 'lamplight token add' makes one",
            r#"Bearer realm="lamplight""#,
        ));
    };
    let secret = header.to_str().ok().and_then(|value| {
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(secret.trim()))
    });
    let token = match secret {
        Some(secret) => bearer(&state.store, &secret).await?,
        None => None,
    };
    token.ok_or_else(|| {
        Problem::unauthorised(
            "this token is unknown or revoked",
            r#"Bearer realm="lamplight", error="invalid_token""#,
        )
    })
}
