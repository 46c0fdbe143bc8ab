//! Loads the clinical files into domain types and proves them; faults name file, line and column.
//!
//! Rules stand in `alert_rules/<condition>/<rule>.toml` with their tests beside them; what patients are told stands in
//! `protocols/clinical/messages.en.toml`. A catalog loads whole or not at all: one rule that does not hold, or that
//! has too few tests, keeps the rest from running without it unseen. Nothing here knows a patient or a store.

mod case;
mod fault;
mod folder;
mod proof;
mod rule;
mod soundness;
mod source;
mod table;
mod term;
mod wording;
mod words;

pub use fault::Fault;
pub use source::Source;

use std::collections::BTreeMap;

use crate::domain::decide::Catalog;

/// A catalog whose tests all hold, and how much was proved.
#[derive(Debug, Clone)]
pub struct Proved {
    pub catalog: Catalog,
    pub cases: usize,
    pub phrases: usize,
}

/// Loads rules (`alert_rules/`) and words (`protocols/clinical/`), and runs the rules' tests.
///
/// # Errors
/// Every fault of every file, in the order of files and lines.
pub fn load(rules: &Source, wording: &Source) -> Result<Catalog, Vec<Fault>> {
    prove(rules, wording).map(|proved| proved.catalog)
}

/// The catalog that this binary was built with.
///
/// # Errors
/// None in a binary whose tests passed.
pub fn built_in() -> Result<Catalog, Vec<Fault>> {
    load(&Source::BuiltInRules, &Source::BuiltInProtocols)
}

/// As [`load`], and says how much was proved.
///
/// # Errors
/// As [`load`].
pub fn prove(rules: &Source, wording: &Source) -> Result<Proved, Vec<Fault>> {
    let mut faults = Vec::new();
    let wording = wording::read(wording, &mut faults);
    let rules = folder::read(rules, wording.as_ref(), &mut faults);
    match wording {
        Some(wording) if faults.is_empty() => Ok(Proved {
            cases: rules.cases,
            phrases: wording.templates().count(),
            catalog: Catalog { rules: rules.rules, wording, protocols: BTreeMap::new() },
        }),
        _ => {
            faults.sort();
            faults.dedup();
            Err(faults)
        }
    }
}
