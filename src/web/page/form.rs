//! Form bodies, with one answer to whatever cannot be read.

use axum::extract::{FromRequest, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::PageError;
use crate::domain::organisation::Organisation;
use crate::engine::nurse::Closing;

const MAX_NOTE: usize = 2000;

/// A posted form.
#[derive(Debug)]
pub(super) struct Form<T>(pub(super) T);

/// A form with nothing but its token.
#[derive(Debug, Deserialize)]
pub(super) struct BareForm {
    #[serde(default)]
    pub(super) form_token: String,
}

/// The form that closes an alert or a task.
#[derive(Debug, Deserialize)]
pub(super) struct ClosingForm {
    #[serde(default)]
    pub(super) form_token: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    note: String,
}

impl ClosingForm {
    /// How an alert was dealt with: one of the site's outcomes, and perhaps a note.
    pub(super) fn closing(&self, site: &Organisation) -> Result<Closing, PageError> {
        let outcome = site.outcomes.iter().find(|known| known.name == self.outcome);
        let outcome = outcome.ok_or(PageError::BadForm)?.name.clone();
        Ok(Closing { outcome: Some(outcome), note: self.note()? })
    }

    pub(super) fn note(&self) -> Result<Option<String>, PageError> {
        let note = self.note.trim();
        if note.chars().count() > MAX_NOTE {
            return Err(PageError::BadForm);
        }
        Ok((!note.is_empty()).then(|| note.to_owned()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let form = axum::Form::<T>::from_request(request, state).await;
        form.map(|axum::Form(form)| Self(form)).map_err(|_| PageError::BadForm)
    }
}
