//! Where texts may go, how fast, how many, and at what price.

use super::ConfigError;
use super::draft::Draft;
use crate::domain::cost::Pence;
use crate::domain::dispatch::Budget;
use crate::domain::line::Countries;

/// A messaging service's senders together carry about this much; one long number of the United Kingdom less, and the
/// provider queues the rest. What matters is that our queue, where red advice overtakes, is the long one.
const SEGMENTS_PER_SECOND: u32 = 10;
/// More than the fullest protocol asks of one patient in a day, twice over.
const NUMBER_BUDGET: u32 = 30;
/// A thousand patients' days.
const DAY_BUDGET: u32 = 30_000;
/// Just under what the usual pace carries in ten minutes, so that a runaway is held before it has gone on for as long.
const BURST_BUDGET: u32 = 5000;
const MOST_SEGMENTS: u32 = 10_000_000;

#[derive(Debug, Clone)]
pub struct TrafficConfig {
    /// Whose mobile phones are texted.
    pub countries: Countries,
    /// By each provider; 0 for as many as there are.
    pub segments_per_second: u32,
    pub budget: Budget,
    /// Without it costs are counted in segments alone.
    pub pence_per_segment: Option<Pence>,
}

impl TrafficConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let budget = |key, usual| {
            let read = draft.read(key, count)?.unwrap_or(usual);
            Ok(Some(read).filter(|segments| *segments > 0))
        };
        Ok(Self {
            countries: draft.read("sms.countries", countries)?.unwrap_or_default(),
            segments_per_second: draft.read("sms.segments_per_second", count)?.unwrap_or(SEGMENTS_PER_SECOND),
            budget: Budget {
                number: budget("sms.budget.number", NUMBER_BUDGET)?,
                day: budget("sms.budget.day", DAY_BUDGET)?,
                burst: budget("sms.budget.burst", BURST_BUDGET)?,
            },
            pence_per_segment: draft.read("sms.pence_per_segment", pence)?,
        })
    }
}

fn countries(text: &str) -> Result<Countries, String> {
    Countries::parse(text).ok_or_else(|| "must be calling codes parted by commas, like 44, 353".to_owned())
}

fn pence(text: &str) -> Result<Pence, String> {
    Pence::parse(text).ok_or_else(|| "must be pence like 2.3, with three places at most".to_owned())
}

fn count(text: &str) -> Result<u32, String> {
    let fits = |count: &u32| *count <= MOST_SEGMENTS;
    text.parse().ok().filter(fits).ok_or_else(|| format!("must be a whole number up to {MOST_SEGMENTS}"))
}
