//! The site's file as it stood when an alert was opened: how soon somebody was to look, and whom its chain tells.

use serde::Serialize;

use crate::catalog;
use crate::domain::organisation::{ChainStep, StandardClock, Target};
use crate::store::queue::QueuedAlert;
use crate::store::{Store, StoreError};

/// What was in force for the team that the patient's record names today: which team it was then is not kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteThen {
    pub version: String,
    pub team: Option<String>,
    /// Of when the team is.
    pub team_as_of: AsOf,
    /// In minutes, `staffed` ones or `always`.
    pub standard: Option<String>,
    /// Step by step: whom it tells and how long it waits.
    pub chain: Vec<String>,
    /// The whole file; nothing for a site without one, and where its text was not kept.
    pub text: Option<String>,
}

/// Of when something is that the past is explained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AsOf {
    /// It may have been otherwise then.
    Today,
}

pub(super) async fn then(store: &Store, alert: &QueuedAlert) -> Result<Option<SiteThen>, StoreError> {
    let Some((version, text)) = store.kept_site(alert.opened_at).await? else { return Ok(None) };
    let mut told = SiteThen {
        version,
        team: None,
        team_as_of: AsOf::Today,
        standard: None,
        chain: Vec::new(),
        text: None,
    };
    let site = text.as_deref().and_then(|text| catalog::parse_site("site.toml", text).ok());
    if let Some(site) = site {
        let team = site.team_of(alert.team.as_deref());
        told.team = Some(team.name.clone());
        told.standard = team.standards.get(&alert.severity).map(|standard| {
            let clock = match standard.clock {
                StandardClock::Staffed => "staffed",
                StandardClock::Always => "always",
            };
            format!("{} min, {clock}", standard.minutes)
        });
        told.chain = team.chain(alert.severity).steps.iter().map(said).collect();
    }
    told.text = text;
    Ok(Some(told))
}

fn said(step: &ChainStep) -> String {
    let whom: Vec<_> = step.notify.iter().map(Target::written).collect();
    format!("{}, then {} min", whom.join(" and "), step.wait_minutes)
}
