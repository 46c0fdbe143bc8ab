//! Reads `[team.…]`: members, standards and chains.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::domain::alert::Severity;
use crate::domain::id::{TeamId, UserName};
use crate::domain::organisation::{Chain, ChainStep, MemberRole, Standard, StandardClock, Target, Team};

use super::super::fault::Report;
use super::super::table::{Table, text_of};
use super::reference::References;
use super::service::read_addresses;
use super::{hours, id, is_new, maybe_flag, named_tables, word};

/// An acknowledgement that lapses within five minutes leaves nobody time to call; one that stands for a day is none.
const LAPSE_MINUTES: std::ops::RangeInclusive<i64> = 5..=24 * 60;
const USUAL_LAPSE_MINUTES: u16 = 60;
/// Of a step, and between rounds.
const WAIT_MINUTES: std::ops::RangeInclusive<u32> = 1..=24 * 60;
const USUAL_AGAIN_MINUTES: u16 = 30;
const ROUNDS: std::ops::RangeInclusive<i64> = 1..=10;
/// A standard beyond a week is none.
const LONGEST_STANDARD: u32 = 7 * 24 * 60;

pub(super) fn read(
    root: &mut Table<'_>,
    references: &mut References,
    report: &mut Report<'_>,
) -> BTreeMap<TeamId, Team> {
    let (mut teams, mut names) = (BTreeMap::new(), BTreeMap::new());
    root.must("team", report);
    for (id, key, table) in named_tables(root, "team", TeamId::parse, report) {
        let Some(team) = read_team(&id, table, references, &mut names, report) else { continue };
        // Patients name their team by its id or its name: one must not be another's.
        if !team.name.eq_ignore_ascii_case(id.as_str()) {
            is_new(&mut names, &key, "the team", report);
        }
        teams.insert(id, team);
    }
    teams
}

fn read_team(
    id: &TeamId,
    mut table: Table<'_>,
    references: &mut References,
    names: &mut BTreeMap<String, ()>,
    report: &mut Report<'_>,
) -> Option<Team> {
    let name = table.text("name", report);
    if let Some(name) = &name {
        is_new(names, name, "the team", report);
    }
    let locality = table.maybe_text("locality", report).map(Spanned::into_inner);
    let staffed = hours::read(&mut table, "staffed", report);
    let members = read_members(&mut table, report);
    let standards = read_standards(&mut table, report);
    let chains = read_chains(&mut table, id, references, report);
    let addresses = read_addresses(&mut table, report);
    let lapse = table.maybe_whole("lapse_minutes", LAPSE_MINUTES, report);
    let tells_seen = maybe_flag(&mut table, "tells_seen", report);
    let tells_unseen = maybe_flag(&mut table, "tells_unseen", report);
    table.close(report);
    Some(Team {
        id: id.clone(),
        name: name?.into_inner(),
        locality,
        staffed: staffed?,
        members,
        standards,
        chains,
        addresses,
        lapse_minutes: lapse
            .and_then(|minutes| u16::try_from(minutes.into_inner()).ok())
            .unwrap_or(USUAL_LAPSE_MINUTES),
        tells_seen,
        tells_unseen,
    })
}

fn read_members(table: &mut Table<'_>, report: &mut Report<'_>) -> BTreeMap<UserName, MemberRole> {
    let mut members = BTreeMap::new();
    table.must("members", report);
    let Some(entries) = table.maybe_table("members", report) else { return members };
    for (name, value) in entries.into_entries() {
        let person = id(&name, UserName::parse, report);
        let Some(role) = text_of(value, name.get_ref(), report) else { continue };
        let known = MemberRole::from_name(role.get_ref());
        if known.is_none() {
            let names = MemberRole::ALL.map(MemberRole::name).join(", ");
            report.add(role.span(), format!("'{}' is no role; use one of {names}", role.get_ref()));
        }
        members.extend(person.zip(known));
    }
    members
}

/// Red and amber must have one: without a standard there is no telling when somebody has waited too long.
fn read_standards(table: &mut Table<'_>, report: &mut Report<'_>) -> BTreeMap<Severity, Standard> {
    let mut standards = BTreeMap::new();
    table.must("standard", report);
    let Some(mut entries) = table.maybe_table("standard", report) else { return standards };
    for (severity, must) in [(Severity::Red, true), (Severity::Amber, true), (Severity::Advice, false)] {
        let text = match must {
            true => entries.text(severity.name(), report),
            false => entries.maybe_text(severity.name(), report),
        };
        let Some(text) = text else { continue };
        match standard(text.get_ref()) {
            Some(standard) => drop(standards.insert(severity, standard)),
            None => {
                let why = format!(
                    "'{}' is no standard; write \"15 min\", or \"4 h staffed\" where only staffed hours count, a week at most",
                    text.get_ref()
                );
                report.add(text.span(), why);
            }
        }
    }
    entries.close(report);
    standards
}

fn standard(text: &str) -> Option<Standard> {
    let (minutes, after) = word::minutes(text)?;
    let clock = match after {
        "" => StandardClock::Always,
        "staffed" => StandardClock::Staffed,
        _ => return None,
    };
    (1..=LONGEST_STANDARD).contains(&minutes).then_some(Standard { minutes, clock })
}

/// `rounds` and `again` count for each of the team's chains.
fn read_chains(
    table: &mut Table<'_>,
    team: &TeamId,
    references: &mut References,
    report: &mut Report<'_>,
) -> BTreeMap<Severity, Chain> {
    let mut chains = BTreeMap::new();
    let Some(mut entries) = table.maybe_table("chain", report) else { return chains };
    let rounds = entries.maybe_whole("rounds", ROUNDS, report);
    let rounds = rounds.and_then(|rounds| u8::try_from(rounds.into_inner()).ok()).unwrap_or(1);
    let again = word::maybe_minutes(&mut entries, "again", WAIT_MINUTES, report);
    for severity in [Severity::Red, Severity::Amber] {
        if entries.maybe(severity.name()).is_none() {
            continue;
        }
        let steps = entries.list(severity.name(), report);
        let steps = steps.into_iter().filter_map(|value| read_step(value, team, references, report));
        let again_minutes = again.unwrap_or(USUAL_AGAIN_MINUTES);
        chains.insert(severity, Chain { steps: steps.collect(), rounds, again_minutes });
    }
    entries.close(report);
    chains
}

fn read_step(
    value: &Spanned<DeValue<'_>>,
    team: &TeamId,
    references: &mut References,
    report: &mut Report<'_>,
) -> Option<ChainStep> {
    let mut table = Table::from_value(value, "a step", report)?;
    let mut notify: Vec<Target> = Vec::new();
    for value in table.list("notify", report) {
        let Some(text) = text_of(value, "notify", report) else { continue };
        let Some(target) = Target::from_written(text.get_ref()) else {
            let why = format!(
                "'{}' is nobody to notify; write \"person:…\", \"rota:…\", \"team:…\" or \"service:…\"",
                text.get_ref()
            );
            report.add(text.span(), why);
            continue;
        };
        if notify.contains(&target) {
            report.add(text.span(), format!("'{}' is there already", text.get_ref()));
        }
        references.targets.push((text.span(), team.clone(), target.clone()));
        notify.push(target);
    }
    table.must("wait", report);
    let wait = word::maybe_minutes(&mut table, "wait", WAIT_MINUTES, report);
    table.close(report);
    Some(ChainStep { notify, wait_minutes: wait? })
}
