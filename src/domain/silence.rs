//! Answers that did not come, and whose doing that was.

use serde::{Deserialize, Serialize};

/// Answers in a row that did not come to one question, or for one vital sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The name of the question or the vital sign; `any` for a patient of whom nothing at all comes.
    pub of: String,
    pub missed: u32,
    /// Of the last of them.
    pub cause: Cause,
}

/// Why nothing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// We never asked: it counts as silence, and against us.
    NotPrompted,
    /// We were down.
    OurOutage,
    /// The question never reached the phone.
    TextUndelivered,
    HubOffline,
    Battery,
    /// Asked, delivered, and no answer.
    TrulySilent,
}

impl Cause {
    pub const ALL: [Self; 6] = [
        Self::NotPrompted,
        Self::OurOutage,
        Self::TextUndelivered,
        Self::HubOffline,
        Self::Battery,
        Self::TrulySilent,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::NotPrompted => "not_prompted",
            Self::OurOutage => "our_outage",
            Self::TextUndelivered => "text_undelivered",
            Self::HubOffline => "hub_offline",
            Self::Battery => "battery",
            Self::TrulySilent => "truly_silent",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// Whether it is our doing. Such silence never counts against the patient, and is told to staff.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::NotPrompted | Self::OurOutage)
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::NotPrompted => "we did not ask",
            Self::OurOutage => "we were down",
            Self::TextUndelivered => "our text was not delivered",
            Self::HubOffline => "the hub is offline",
            Self::Battery => "a battery is empty",
            Self::TrulySilent => "asked, and no answer",
        }
    }
}
