//! How often providers' lists are searched.

use std::time::Duration;

/// Between two looks when nobody says.
pub(super) const USUAL: Duration = Duration::from_secs(300);

/// Minutes between two looks; none for nought.
pub(super) fn parse(text: &str) -> Result<Option<Duration>, String> {
    match text.parse::<u64>() {
        Ok(0) => Ok(None),
        Ok(minutes @ 1..=1440) => Ok(Some(Duration::from_secs(minutes * 60))),
        _ => Err("must be a whole number of minutes from 0 (never) to 1440".to_owned()),
    }
}
