//! What proves to the outside that somebody is there: the heartbeat, and the patient who is none.

use std::time::Duration;

use jiff::SignedDuration;

use super::draft::Draft;
use super::{ConfigError, url};
use crate::domain::id::{DeviceId, PatientId};
use crate::domain::phone::Phone;

#[derive(Debug, Clone)]
pub struct HeartbeatConfig {
    /// Often a secret by itself: never shown.
    pub url: String,
    pub every: Duration,
}

/// The patient who is none.
#[derive(Debug, Clone)]
pub struct SyntheticConfig {
    pub path: SyntheticPath,
    pub every: SignedDuration,
    pub within: SignedDuration,
    pub patient: PatientId,
    /// There whenever it texts.
    pub phone: Option<Phone>,
    /// There whenever it publishes.
    pub device: Option<DeviceId>,
}

/// The way that its readings take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntheticPath {
    Text,
    Mqtt,
}

impl HeartbeatConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let every = draft.read("heartbeat.every_seconds", |text| whole(text, 1..=3600))?;
        Ok(Self {
            url: draft.need("heartbeat.url", url::parse_web)?,
            every: Duration::from_secs(every.unwrap_or(60)),
        })
    }
}

impl SyntheticConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let path = draft.need("synthetic.path", |text| match text {
            "text" => Ok(SyntheticPath::Text),
            "mqtt" => Ok(SyntheticPath::Mqtt),
            _ => Err("is not a way in; the ways are text and mqtt".to_owned()),
        })?;
        let number = |key, range, usual: i64| {
            let read = draft.read(key, |text| whole(text, range))?;
            Ok(read.and_then(|number| i64::try_from(number).ok()).unwrap_or(usual))
        };
        let phone = |text: &str| {
            Phone::from_carrier(text)
                .ok_or_else(|| "must be a number in E.164 form like +447700900456".to_owned())
        };
        let patient = draft
            .read("synthetic.patient", |text| PatientId::parse(text).map_err(|error| error.to_string()))?;
        let device = draft
            .read("synthetic.device", |text| DeviceId::parse(text).map_err(|error| error.to_string()))?;
        Ok(Self {
            path,
            every: SignedDuration::from_mins(number("synthetic.every_minutes", 1..=1440, 15)?),
            within: SignedDuration::from_secs(number("synthetic.within_seconds", 1..=3600, 60)?),
            patient: patient.unwrap_or_else(|| PatientId::trusted("synthetic")),
            phone: match path {
                SyntheticPath::Text => Some(draft.need("synthetic.phone", phone)?),
                SyntheticPath::Mqtt => draft.read("synthetic.phone", phone)?,
            },
            device: match path {
                SyntheticPath::Text => device,
                SyntheticPath::Mqtt => Some(device.unwrap_or_else(|| DeviceId::trusted("synthetic"))),
            },
        })
    }
}

fn whole(text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    let fits = |number: &u64| range.contains(number);
    let (least, most) = (range.start(), range.end());
    text.parse().ok().filter(fits).ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}
