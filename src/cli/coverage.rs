//! `lamplight check coverage`: proves that somebody is there, from the site's file and what the database holds.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp};

use super::config::{ConfigFile, open};
use super::failure::Failure;
use crate::catalog;
use crate::clock::Clock;
use crate::domain::organisation::{Hole, Organisation, holes};
use crate::store::RosterFacts;

#[derive(Debug, Clone, Args)]
pub struct CoverageArgs {
    /// How many days are proved
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// The first of these days, like 2026-10-24; from now on otherwise
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// The site's file, in place of the configuration's clinical.site
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
}

/// Prints each hole on a line, or one line when there is none. Says whether there is none.
pub async fn run(
    args: &CoverageArgs,
    file: &ConfigFile,
    clock: &Clock,
    out: &mut impl Write,
) -> Result<bool, Failure> {
    let house = file.house()?;
    let named = house.as_ref().and_then(|house| house.clinical.site.clone());
    let Some(path) = args.site.clone().or(named) else {
        let why = "no site's file is named: give --site FILE, or set clinical.site in the configuration";
        return Err(Failure::Usage(why.to_owned()));
    };
    let site = match catalog::read_site(&path) {
        Ok(site) => site,
        Err(faults) => {
            for fault in faults {
                writeln!(out, "{fault}")?;
            }
            return Ok(false);
        }
    };
    let (from, to) = window(args, &site, clock.now())?;
    let facts = match house.map(|house| house.store.path).filter(|path| path.exists()) {
        Some(path) => {
            let store = open(&path).await?;
            let facts = store.roster_facts(from).await?;
            store.close().await;
            facts
        }
        None => {
            writeln!(out, "there is no database here, so nobody has a verified channel of their own")?;
            RosterFacts::default()
        }
    };
    let holes = holes(&facts.roster(&site), from, to);
    let civil = |at: Timestamp| at.to_zoned(site.zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string();
    for hole in &holes {
        let Hole { team, severity, .. } = hole;
        let (begin, end) = (civil(hole.from), civil(hole.to));
        writeln!(out, "{team} {}: {begin} to {end}: {}", severity.name(), hole.why(&site))?;
    }
    let (begin, end, teams) = (civil(from), civil(to), site.teams.len());
    match holes.len() {
        0 => writeln!(
            out,
            "{begin} to {end}: an amber and a red alert of each of {teams} teams reach somebody at every instant"
        )?,
        holes => writeln!(out, "{begin} to {end}: {holes} holes")?,
    }
    Ok(holes.is_empty())
}

/// From midnight of a day or from now, and so many civil days on.
fn window(
    args: &CoverageArgs,
    site: &Organisation,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Failure> {
    let unreal = |_| Failure::Usage("these days lie outside of all calendars".to_owned());
    let from = match args.from {
        Some(day) => day.to_datetime(Time::midnight()).to_zoned(site.zone.clone()).map_err(unreal)?,
        None => now.to_zoned(site.zone.clone()),
    };
    let to = from.checked_add(Span::new().days(i64::from(args.days))).map_err(unreal)?;
    Ok((from.timestamp(), to.timestamp()))
}
