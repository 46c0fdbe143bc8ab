//! What a person sees instead of the page they wanted.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::asset::{ICON, STYLE};
use crate::store::StoreError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageError {
    /// Nobody is signed in.
    SignedOut,
    /// The form is not ours, or older than the session.
    StaleForm,
    /// The form lacks something that it asks for, or says what it cannot.
    BadForm,
    NotFound,
    /// The database cannot be read or written: alerts may be waiting unseen.
    Unavailable,
    Broken,
}

#[derive(Template)]
#[template(path = "error.html", config = "web/askama.toml")]
struct ErrorPage {
    style: &'static str,
    icon: &'static str,
    title: &'static str,
    sentence: &'static str,
    /// Whether the page tries again by itself: a queue that comes back must not stay hidden.
    passes: bool,
}

impl PageError {
    fn words(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::SignedOut => (StatusCode::UNAUTHORIZED, "Signed out", "Please sign in."),
            Self::StaleForm => (
                StatusCode::FORBIDDEN,
                "That form has expired",
                "Nothing was changed. Go back, reload the page and try again.",
            ),
            Self::BadForm => (
                StatusCode::BAD_REQUEST,
                "That form is not complete",
                "Nothing was changed. Go back, choose an outcome, keep the note under 2000 characters and try again.",
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "There is no such page", "The address may be old or mistyped.")
            }
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The alerts cannot be shown just now",
                "The database does not answer. Alerts may be waiting unseen: tell whoever runs Lamplight, and \
                 watch your patients by other means until this page is back.",
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "The page could not be shown",
                "Alerts may be waiting unseen: tell whoever runs Lamplight, and watch your patients by other \
                 means until this page is back.",
            ),
        }
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a page could not be served");
        match error {
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Refused(_) | StoreError::Unreadable { .. } | StoreError::TooNew { .. } => {
                Self::Broken
            }
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        if self == Self::SignedOut {
            return Redirect::to("/sign-in").into_response();
        }
        let (status, title, sentence) = self.words();
        let passes = status.is_server_error();
        let page = ErrorPage { style: &STYLE.name, icon: &ICON.name, title, sentence, passes };
        (status, Html(page.render().unwrap_or_else(|_| sentence.to_owned()))).into_response()
    }
}
