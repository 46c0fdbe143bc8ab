//! Texts to us as providers list them: the only trace of one that was never brought.

use jiff::Timestamp;
use thiserror::Error;

use crate::domain::event::{Event, Origin, TextIn};
use crate::engine::id::IdSource;

/// A text that a provider has for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedText {
    /// The very key that it has when it is brought.
    pub key: String,
    pub sent_at: Timestamp,
    pub text: TextIn,
    /// The list's entry as it came.
    pub raw: Vec<u8>,
}

/// Why a list is not to be had. Nothing of it names a number or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotListed {
    /// An operator must act: credentials or rights.
    #[error("the provider refuses our account or settings")]
    Refused,
    /// It may work the next time.
    #[error("the provider cannot be asked for its list")]
    Unavailable,
    #[error("the provider's list cannot be read")]
    Unreadable,
}

impl ListedText {
    /// The event that takes it in.
    pub fn into_event(self, ids: &IdSource, now: Timestamp) -> Event {
        Event {
            id: ids.event(now),
            key: self.key,
            received_at: now,
            origin: Origin::Text(self.text),
            raw: self.raw,
        }
    }
}
