//! `[status]`: where a message says whether the device is there, and how full its battery is.

use toml::Spanned;

use crate::catalog::fault::Report;
use crate::catalog::table::Table;
use crate::domain::profile::{Presence, StatusRule};

use super::part::place;

pub(super) fn read(mut table: Table<'_>, report: &mut Report<'_>) -> Option<StatusRule> {
    let from = table.maybe_text("from", report);
    let words = |texts: Vec<Spanned<String>>| texts.into_iter().map(Spanned::into_inner).collect();
    let online: Vec<String> = words(table.texts("online", report));
    let offline: Vec<String> = words(table.texts("offline", report));
    let battery = table.maybe_text("battery", report);
    let span = table.span();
    table.close(report);
    let has_words = !online.is_empty() || !offline.is_empty();
    if from.is_some() != has_words || (from.is_none() && battery.is_none()) {
        report.add(
            span,
            "'status' needs 'from' with words for 'online' or 'offline', or 'battery', or all of them",
        );
        return None;
    }
    let presence = match from {
        Some(from) => Some(Presence { from: place(&from, report)?, online, offline }),
        None => None,
    };
    let battery = match battery {
        Some(battery) => Some(place(&battery, report)?),
        None => None,
    };
    Some(StatusRule { presence, battery })
}
