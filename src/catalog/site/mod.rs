//! Reads the site's file: its teams with their standards and chains, rotas, outside services, holidays and outcomes.
//!
//! A site loads whole or not at all. What can be known without the database is proved here: every id that is named is
//! defined, and no step of a chain names what could never reach anybody.

mod hours;
mod reference;
mod rota;
mod service;
mod team;
mod version;
mod word;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::id::{BadId, TeamId};
use crate::domain::organisation::{Detail, Organisation, Outcome};

use super::Fault;
use super::fault::{Report, position};
use super::source::unreadable;
use super::table::{self, Table};
use reference::References;

/// A site that proves its channels more seldom than once in ten years proves nothing.
const VERIFIED_DAYS: std::ops::RangeInclusive<i64> = 1..=3650;
/// Twice a year is plenty, and once a quarter is what most rotas are renewed in.
const USUAL_VERIFIED_DAYS: u16 = 90;

/// Reads and proves the site's file at `path`.
///
/// # Errors
/// Every fault of the file, in the order of lines.
pub fn read_site(path: &Path) -> Result<Organisation, Vec<Fault>> {
    let shown = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| vec![Fault::whole(&shown, unreadable("file", &error))])?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => parse_site(&shown, text),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let (line, column) = position(&good, good.len());
            let why = "this is not UTF-8 text; save it as UTF-8".to_owned();
            Err(vec![Fault { file: shown, line, column, why }])
        }
    }
}

/// As [`read_site`], of a text that `shown` names.
///
/// # Errors
/// As [`read_site`].
pub fn parse_site(shown: &str, text: &str) -> Result<Organisation, Vec<Fault>> {
    let mut report = Report::new(shown, text);
    let site = read(text, &mut report);
    match site {
        Some(site) if report.is_clean() => Ok(site),
        _ => {
            let mut faults = report.into_faults();
            faults.sort();
            faults.dedup();
            Err(faults)
        }
    }
}

/// Nothing comes back when any part is missing or wrong; the report says which.
fn read(text: &str, report: &mut Report<'_>) -> Option<Organisation> {
    let document = table::parse(text, report)?;
    let mut root = Table::new(&document);
    let mut references = References::default();
    let name = root.text("name", report);
    let zone = read_zone(&mut root, report);
    let default_team = root.text("default_team", report);
    let verified_days = root.maybe_whole("verified_days", VERIFIED_DAYS, report);
    let detail = read_detail(&mut root, report);
    let holidays = read_holidays(&mut root, report);
    let outcomes = read_outcomes(&mut root, report);
    let teams = team::read(&mut root, &mut references, report);
    let rotas = rota::read(&mut root, report);
    let services = service::read(&mut root, &mut references, report);
    root.close(report);
    // Of parts that did not load no name can be told right from wrong.
    if !report.is_clean() {
        return None;
    }
    let default_team = default_team?;
    let site = Organisation {
        name: name?.into_inner(),
        zone: zone?,
        default_team: TeamId::trusted(default_team.get_ref().clone()),
        teams,
        rotas,
        services,
        holidays,
        outcomes,
        detail,
        verified_days: verified_days
            .and_then(|days| u16::try_from(days.into_inner()).ok())
            .unwrap_or(USUAL_VERIFIED_DAYS),
        version: version::of(&document),
        text: text.to_owned(),
    };
    if !site.teams.contains_key(&site.default_team) {
        let known: Vec<_> = site.teams.keys().map(TeamId::as_str).collect();
        let why = format!("there is no team '{}'; the teams are {}", site.default_team, known.join(", "));
        report.add(default_team.span(), why);
    }
    references.prove(&site, report);
    Some(site)
}

fn read_zone(root: &mut Table<'_>, report: &mut Report<'_>) -> Option<TimeZone> {
    let name = root.text("time_zone", report)?;
    let zone = TimeZone::get(name.get_ref()).ok();
    if zone.is_none() {
        let why = format!("'{}' is not a time zone; use a name like \"Europe/London\"", name.get_ref());
        report.add(name.span(), why);
    }
    zone
}

fn read_detail(root: &mut Table<'_>, report: &mut Report<'_>) -> Detail {
    let Some(name) = root.maybe_text("detail", report) else { return Detail::Nothing };
    Detail::from_name(name.get_ref()).unwrap_or_else(|| {
        let known = Detail::ALL.map(Detail::name).join(", ");
        report.add(name.span(), format!("'{}' is no such detail; use one of {known}", name.get_ref()));
        Detail::Nothing
    })
}

fn read_holidays(root: &mut Table<'_>, report: &mut Report<'_>) -> BTreeSet<Date> {
    let mut holidays = BTreeSet::new();
    for value in root.maybe_list("holidays", report) {
        let Some(day) = word::date(value, "holidays", report) else { continue };
        if !holidays.insert(day) {
            report.add(value.span(), format!("{day} is there already"));
        }
    }
    holidays
}

/// Without a list the usual outcomes are offered; an empty list would leave nothing to resolve an alert with.
fn read_outcomes(root: &mut Table<'_>, report: &mut Report<'_>) -> Vec<Outcome> {
    if root.maybe("outcome").is_none() {
        return Outcome::usual();
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    for value in root.list("outcome", report) {
        let Some(mut table) = Table::from_value(value, "an outcome", report) else { continue };
        let name = table.text("name", report);
        let action = table.must("action", report).and_then(|value| word::flag(value, "action", report));
        table.close(report);
        let (Some(name), Some(action)) = (name, action) else { continue };
        if outcomes.iter().any(|other| other.name.eq_ignore_ascii_case(name.get_ref())) {
            report.add(name.span(), format!("the outcome '{}' is there already", name.get_ref()));
        }
        outcomes.push(Outcome { name: name.into_inner(), action });
    }
    outcomes
}

/// A table of named parts, such as `[team.north]`: each with its name as an id.
fn named_tables<'t, Id>(
    root: &mut Table<'t>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<Id, BadId>,
    report: &mut Report<'_>,
) -> Vec<(Id, Spanned<&'t str>, Table<'t>)> {
    let Some(tables) = root.maybe_table(key, report) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in tables.into_entries() {
        let table = Table::from_value(value, &format!("'{key}.{}'", name.get_ref()), report);
        match (id(&name, &parse, report), table) {
            (Some(id), Some(table)) => found.push((id, name, table)),
            _ => continue,
        }
    }
    found
}

/// An id as a key or a text has it. A colon would part it from what it is an id of.
fn id<Id>(
    name: &Spanned<impl AsRef<str>>,
    parse: impl Fn(&str) -> Result<Id, BadId>,
    report: &mut Report<'_>,
) -> Option<Id> {
    let text = name.get_ref().as_ref();
    let known = parse(text).ok().filter(|_| !text.contains(':'));
    if known.is_none() {
        let why = format!("'{text}' is not an id: use 1 to 64 letters, digits, '.', '_' or '-'");
        report.add(name.span(), why);
    }
    known
}

/// Whether a name is new among those before it; a fault if it is not.
fn is_new(
    known: &mut BTreeMap<String, ()>,
    name: &Spanned<impl AsRef<str>>,
    what: &str,
    report: &mut Report<'_>,
) {
    let text = name.get_ref().as_ref();
    if known.insert(text.to_lowercase(), ()).is_some() {
        report.add(name.span(), format!("{what} '{text}' is there already; give each its own"));
    }
}

/// A flag that is off unless the file says otherwise.
fn maybe_flag(table: &mut Table<'_>, key: &'static str, report: &mut Report<'_>) -> bool {
    let value: Option<&Spanned<DeValue<'_>>> = table.maybe(key);
    value.and_then(|value| word::flag(value, key, report)).unwrap_or_default()
}
