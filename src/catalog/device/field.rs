//! `[[field]]`: one vital of a profile.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::catalog::fault::Report;
use crate::catalog::table::{Table, number_of, text_of};
use crate::domain::profile::{Field, UnitFrom};
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

use super::part::{alternatives, place, tests};

pub(super) fn read(value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Field> {
    let mut table = Table::from_value(value, "a field", report)?;
    let named = table.text("vital", report);
    let from = table.must("from", report).map(|value| alternatives(value, report));
    let unit = unit(&mut table, report);
    let sentinels = table
        .maybe_list("sentinels", report)
        .into_iter()
        .filter_map(|value| number_of(value, "sentinels", report))
        .collect();
    let scale = table.maybe_number("scale", report).map_or(Some(1.0), |given| given.map(Spanned::into_inner));
    let exponent = table.maybe_text("exponent", report).and_then(|text| place(&text, report));
    let decimals = table.maybe_whole("decimals", 0..=6, report);
    let when = tests(table.maybe_list("when", report), report);
    table.close(report);
    let named = named?;
    let Some(vital) = Vital::from_name(named.get_ref()) else {
        let known = Vital::ALL.map(Vital::name).join(", ");
        report.add(named.span(), format!("this is no vital; the vitals are {known}"));
        return None;
    };
    let unit = unit?;
    let units = match &unit {
        UnitFrom::Always(unit) => vec![*unit],
        UnitFrom::Said { words, .. } => words.values().copied().collect(),
    };
    if units.iter().any(|unit| unit.to_canonical(vital, 1.0).is_none()) {
        report.add(named.span(), format!("a unit of this field does not measure {}", vital.title()));
        return None;
    }
    Some(Field {
        vital,
        from: from?,
        unit,
        sentinels,
        scale: scale?,
        exponent,
        decimals: decimals.and_then(|given| u8::try_from(given.into_inner()).ok()),
        when,
    })
}

/// `unit = "kg"`, or `unit_from` with `units`, the make's words and ours.
fn unit(table: &mut Table<'_>, report: &mut Report<'_>) -> Option<UnitFrom> {
    let always = table.maybe_text("unit", report);
    let said = table.maybe_text("unit_from", report);
    let words = table.maybe_table("units", report);
    match (always, said, words) {
        (Some(unit), None, None) => known(unit.get_ref(), unit.span(), report).map(UnitFrom::Always),
        (None, Some(said), Some(words)) => {
            let place = place(&said, report)?;
            let mut known_words = BTreeMap::new();
            for (word, value) in words.into_entries() {
                let code = text_of(value, "a unit", report)?;
                known_words.insert((*word.get_ref()).to_owned(), known(code.get_ref(), code.span(), report)?);
            }
            Some(UnitFrom::Said { place, words: known_words })
        }
        _ => {
            report.add(table.span(), "a field needs either 'unit', or 'unit_from' with 'units'");
            None
        }
    }
}

fn known(code: &str, span: std::ops::Range<usize>, report: &mut Report<'_>) -> Option<Unit> {
    let unit = Unit::from_code(code);
    if unit.is_none() {
        report.add(span, format!("'{code}' is no unit that we know; write it in UCUM, such as mm[Hg] or kg"));
    }
    unit
}
