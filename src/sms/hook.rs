//! Every provider's webhooks, in one type.

use axum::Router;

use super::android::AndroidHook;
use super::door::Door;
use super::http::HttpHook;
use super::notify::NotifyHook;
use super::webhook::{self, TwilioHook};
use super::{android, http, notify};

/// Whose requests are believed, and how they prove themselves.
#[derive(Debug, Clone)]
pub enum Hook {
    Twilio(TwilioHook),
    Notify(NotifyHook),
    Android(AndroidHook),
    Http(Box<HttpHook>),
}

impl Hook {
    /// The routes, to be merged into the daemon's server.
    pub fn router(self, door: &Door) -> Router {
        match self {
            Self::Twilio(hook) => webhook::router(door, hook),
            Self::Notify(hook) => notify::router(door, hook),
            Self::Android(hook) => android::router(door, hook),
            Self::Http(hook) => http::router(door, *hook),
        }
    }
}
