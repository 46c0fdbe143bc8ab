//! Removes the words of texts that need not be kept any longer: a few rows a transaction, so that nobody who sends a
//! reading waits for it. It may be cut off anywhere and run again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::domain::decide::Catalog;
use crate::domain::id::{PatientId, ProtocolId};
use crate::domain::retention::{Course, RawTexts, Subject};
use crate::store::audit::AuditEntry;
use crate::store::retention::{Keeping, RetentionRun, Shelf, Wordy};
use crate::store::{Store, StoreError};

use super::id::IdSource;

/// Rows in one transaction.
const AT_ONCE: u32 = 500;
/// Between two transactions the writer has its turn.
const REST: Duration = Duration::from_millis(50);
const HOUSE: &str = "lamplight";

/// By protocol; of one that is not in it nobody knows.
pub type Years = HashMap<ProtocolId, u16>;

/// What a run has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Of the journal of what came in.
    pub journalled: u64,
    /// Of texts in both directions.
    pub messages: u64,
    /// Reports of providers that never found their text.
    pub parked: u64,
}

/// Removes what is old enough as of `now`. A run that removes something is one line of the audit trail; so is one that was
/// cut off, once the next begins.
pub async fn run(
    store: &Store,
    years: &Years,
    rule: RawTexts,
    now: Timestamp,
) -> Result<Removed, StoreError> {
    close_runs(store, now).await?;
    let mut removed = Removed::default();
    let Some(before) = rule.before(now) else { return Ok(removed) };
    for (shelf, count) in
        [(Shelf::Journal, &mut removed.journalled), (Shelf::Messages, &mut removed.messages)]
    {
        let (mut after, end) = (String::new(), IdSource::first_of(before));
        loop {
            let wordy = store.wordy(shelf, &after, &end, before, AT_ONCE).await?;
            let Some(last) = wordy.last() else { break };
            after.clone_from(&last.id);
            let old = of_age(store, years, rule, &wordy, now).await?;
            if old.is_empty() {
                continue;
            }
            let mut tx = store.begin_quietly().await?;
            *count += tx.empty(shelf, &old, now, rule.days).await?;
            tx.commit().await?;
            tokio::time::sleep(REST).await;
        }
    }
    loop {
        let mut tx = store.begin_quietly().await?;
        let parked = tx.empty_parked(before, AT_ONCE, now, rule.days).await?;
        tx.commit().await?;
        removed.parked += parked;
        if parked < u64::from(AT_ONCE) {
            break;
        }
        tokio::time::sleep(REST).await;
    }
    close_runs(store, now).await?;
    Ok(removed)
}

/// Those whose words nobody asks to be kept.
async fn of_age<'w>(
    store: &Store,
    years: &Years,
    rule: RawTexts,
    wordy: &'w [Wordy],
    now: Timestamp,
) -> Result<Vec<&'w str>, StoreError> {
    let people: HashSet<&PatientId> = wordy.iter().flat_map(|row| &row.people).collect();
    let keeping = store.keeping(people.into_iter()).await?;
    let before: HashMap<&PatientId, Option<Timestamp>> = keeping
        .iter()
        .map(|(patient, keeping)| (patient, rule.before_of(&subject(years, keeping), now)))
        .collect();
    // Of somebody who is not there any more nothing says how long, so nothing goes.
    let may_go = |row: &Wordy, patient| before.get(patient).copied().flatten().is_some_and(|b| row.at < b);
    let old = wordy.iter().filter(|row| row.people.iter().all(|patient| may_go(row, patient)));
    Ok(old.map(|row| row.id.as_str()).collect())
}

/// How long each protocol wants its records kept.
pub fn years(catalog: &Catalog) -> Years {
    catalog.protocols.iter().map(|(id, protocol)| (id.clone(), protocol.retention_years)).collect()
}

fn subject(years: &Years, keeping: &Keeping) -> Subject {
    let course = |(protocol, ended_at): &(ProtocolId, Option<Timestamp>)| Course {
        years: years.get(protocol).copied(),
        ended_at: *ended_at,
    };
    Subject { born: keeping.born, courses: keeping.courses.iter().map(course).collect() }
}

/// Puts runs on record that are over, or were cut off.
async fn close_runs(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin_quietly().await?;
    for RetentionRun { at, raw_texts_days, journalled, messages, reports } in tx.unended_runs().await? {
        let detail = json!({
            "rule": "retention.raw_texts_days", "days": raw_texts_days, "began_at": at,
            "journalled": journalled, "messages": messages, "reports": reports,
        });
        tx.audit(&AuditEntry::new(now, HOUSE, "words.remove", "texts", detail)).await?;
        tx.end_run(at, now).await?;
    }
    tx.commit().await
}
