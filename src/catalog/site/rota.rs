//! Reads `[rota.…]` and its shifts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::id::{RotaId, UserName};
use crate::domain::organisation::{OVERRIDE, Rota, Shift};

use super::super::fault::Report;
use super::super::table::Table;
use super::{id, is_new, named_tables, word};

/// Days of one turn: a year is the most that anybody plans.
const TURN_MINUTES: std::ops::RangeInclusive<u32> = 24 * 60..=366 * 24 * 60;
const DAY_MINUTES: u32 = 24 * 60;

pub(super) fn read(root: &mut Table<'_>, report: &mut Report<'_>) -> BTreeMap<RotaId, Rota> {
    let mut rotas = BTreeMap::new();
    for (id, _, mut table) in named_tables(root, "rota", RotaId::parse, report) {
        let name = table.text("name", report);
        let mut known = BTreeMap::new();
        let shifts = table.list("shift", report);
        let shifts = shifts.into_iter().filter_map(|value| read_shift(value, &mut known, report)).collect();
        table.close(report);
        if let Some(name) = name {
            rotas.insert(id.clone(), Rota { id, name: name.into_inner(), shifts });
        }
    }
    rotas
}

fn read_shift(
    value: &Spanned<DeValue<'_>>,
    known: &mut BTreeMap<String, ()>,
    report: &mut Report<'_>,
) -> Option<Shift> {
    let mut table = Table::from_value(value, "a shift", report)?;
    let name = table.text("name", report);
    if let Some(name) = &name {
        is_new(known, name, "the shift", report);
        if name.get_ref().eq_ignore_ascii_case(OVERRIDE) {
            report.add(name.span(), format!("a shift cannot be called '{OVERRIDE}'; changes are called so"));
        }
    }
    let days = table.text("days", report).and_then(|text| {
        let days = word::days(text.get_ref());
        if days.is_none() {
            let why = format!("'{}' are no days; write {}", text.get_ref(), word::DAYS_LOOK_LIKE);
            report.add(text.span(), why);
        }
        days
    });
    let from = word::time_at(&mut table, "from", report);
    let to = word::time_at(&mut table, "to", report);
    table.must("people", report);
    let people: Vec<Option<UserName>> =
        table.texts("people", report).iter().map(|person| id(person, UserName::parse, report)).collect();
    let turn = read_turn(&mut table, people.len() > 1, report);
    table.close(report);
    let (turn_days, first) = turn?;
    Some(Shift {
        name: name?.into_inner(),
        days: days?,
        from: from?,
        to: to?,
        people: people.into_iter().collect::<Option<_>>()?,
        turn_days,
        first,
    })
}

/// How long a turn is and when the first begins. People who take turns must say so; one alone may.
fn read_turn(table: &mut Table<'_>, takes_turns: bool, report: &mut Report<'_>) -> Option<(u16, Date)> {
    let before = report.is_clean();
    if takes_turns {
        for key in ["turn", "first"] {
            if table.maybe(key).is_none() {
                let why = format!(
                    "people who take turns need '{key}': {}",
                    match key {
                        "turn" => "how long a turn is, such as \"7 days\"",
                        _ => "the first day of the first person's first turn",
                    }
                );
                report.add(table.span(), why);
            }
        }
    }
    let turn = table.maybe_text("turn", report).map(|text| {
        let minutes = word::minutes(text.get_ref()).filter(|(_, after)| after.is_empty());
        let days = minutes
            .filter(|(minutes, _)| TURN_MINUTES.contains(minutes) && minutes % DAY_MINUTES == 0)
            .and_then(|(minutes, _)| u16::try_from(minutes / DAY_MINUTES).ok());
        if days.is_none() {
            report.add(text.span(), format!("'{}' is no turn; write it like \"7 days\"", text.get_ref()));
        }
        days
    });
    let first = table.maybe("first").map(|value| word::date(value, "first", report));
    match (turn, first) {
        (Some(None), _) | (_, Some(None)) => None,
        _ if takes_turns && before && !report.is_clean() => None,
        (turn, first) => {
            // Nobody takes turns: any day will do.
            Some((turn.flatten().unwrap_or(1), first.flatten().unwrap_or(Date::constant(2000, 1, 1))))
        }
    }
}
