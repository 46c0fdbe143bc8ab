//! Which topics are ours, and which device speaks on them.

use crate::domain::id::DeviceId;

/// A topic of the native format: `lamplight/v1/{device_id}/reading` or `…/status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    Reading(DeviceId),
    Status(DeviceId),
}

/// Why a topic is none of ours. The topic itself is journalled beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("The topic is neither lamplight/v1/{{device_id}}/reading nor lamplight/v1/{{device_id}}/status.")]
    Shape,
    #[error("The topic's device id is not 1 to 64 letters, digits, '.', '_', ':' or '-'.")]
    Device,
}

impl Topic {
    pub fn parse(topic: &str) -> Result<Self, Unknown> {
        let rest = topic.strip_prefix("lamplight/v1/").ok_or(Unknown::Shape)?;
        let (device, kind) = rest.split_once('/').ok_or(Unknown::Shape)?;
        let named = match kind {
            "reading" => Self::Reading,
            "status" => Self::Status,
            _ => return Err(Unknown::Shape),
        };
        DeviceId::parse(device).map(named).map_err(|_| Unknown::Device)
    }

    pub fn device(&self) -> &DeviceId {
        match self {
            Self::Reading(device) | Self::Status(device) => device,
        }
    }
}

/// The filters to subscribe to: readings, status, then those of the device profiles in use. With a group, the broker
/// shares the messages out among its members.
pub fn filters(share_group: Option<&str>, profiles: &[String]) -> Vec<String> {
    let native = ["reading", "status"].map(|kind| format!("lamplight/v1/+/{kind}"));
    let mut filters = profile_filters(share_group, &native);
    filters.extend(profile_filters(share_group, profiles));
    filters
}

/// The filters of a profile's topics.
pub(super) fn profile_filters(share_group: Option<&str>, topics: &[String]) -> Vec<String> {
    let share = share_group.map(|group| format!("$share/{group}/")).unwrap_or_default();
    topics.iter().map(|topic| format!("{share}{topic}")).collect()
}
