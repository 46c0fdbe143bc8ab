//! What a message says of the device itself: whether it is there, and how full its battery is.

use serde_json::Value;

use super::test::number;
use super::{Place, Scope};
use crate::domain::payload::StatusReport;

#[derive(Debug, Clone, PartialEq)]
pub struct StatusRule {
    pub presence: Option<Presence>,
    /// Where the charge of its battery stands, in per cent.
    pub battery: Option<Place>,
}

/// Where a message says whether whoever sends it is there, and in which words. Other words say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Presence {
    pub from: Place,
    pub online: Vec<String>,
    pub offline: Vec<String>,
}

impl StatusRule {
    /// Nothing where neither is said.
    pub(super) fn read(&self, scope: Scope<'_>) -> Option<StatusReport> {
        let online = self.presence.as_ref().and_then(|presence| presence.read(scope));
        let charge = self.battery.as_ref().and_then(|place| number(&place.value(scope)?));
        let battery = charge.filter(|percent| (0.0..=100.0).contains(percent));
        (online.is_some() || battery.is_some()).then_some(StatusReport { online, battery })
    }
}

impl Presence {
    fn read(&self, scope: Scope<'_>) -> Option<bool> {
        let said = match self.from.value(scope)? {
            Value::String(word) => word,
            other => other.to_string(),
        };
        let among = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(&said));
        match (among(&self.online), among(&self.offline)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        }
    }
}
