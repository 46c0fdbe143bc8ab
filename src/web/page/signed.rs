//! Who looks at the page, asked for by a handler's signature.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::{PageError, cookie};
use crate::engine::account::{same, signed_in};
use crate::engine::nurse::{Hand, Via};
use crate::store::session::Session;
use crate::web::WebState;

/// Somebody signed in. Everybody else is sent to the sign-in page.
#[derive(Debug)]
pub(super) struct Signed(pub(super) Session);

impl Signed {
    /// Refuses a form that does not carry this session's token.
    pub(super) fn check(&self, form_token: &str) -> Result<(), PageError> {
        if same(&self.0.form_token, form_token) { Ok(()) } else { Err(PageError::StaleForm) }
    }

    pub(super) fn hand(&self) -> Hand {
        Hand { actor: self.0.user_name.clone(), via: Via::Page }
    }
}

impl FromRequestParts<WebState> for Signed {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, PageError> {
        let secret = cookie::read(&parts.headers, cookie::SESSION).ok_or(PageError::SignedOut)?;
        let session = signed_in(&state.store, &secret, state.clock.now()).await?;
        session.map(Self).ok_or(PageError::SignedOut)
    }
}
