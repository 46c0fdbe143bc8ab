//! The auditor: compares what should be with what is, sets right what it can, and says what it found. While something
//! stands that it cannot answer for, the outside heartbeat is withheld.
//!
//! It takes no input and trusts no memory but for one thing: since when it has seen a mark, or a full queue, stand. After
//! a restart it allows them their minutes anew.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::clock::Clock;
use crate::domain::escalation::audit::{Bedside, audit};
use crate::domain::id::PatientId;
use crate::store::audit::AuditEntry;
use crate::store::auditor::{NewFinding, Overdue};
use crate::store::{Store, StoreError, Tx};
use crate::telemetry::Telemetry;

use super::intake::Depth;

/// Whose hand it is in the audit trail.
const AUDITOR: &str = "auditor";
/// Advice on something red that was not sent after so long is too late.
const ADVICE_WAITS: SignedDuration = SignedDuration::from_mins(5);
/// Any text that nobody has touched for so long: the outbox does not run.
const TEXT_WAITS: SignedDuration = SignedDuration::from_mins(15);
/// The agenda is looked at every few seconds.
const WAKE_WAITS: SignedDuration = SignedDuration::from_mins(5);
/// A text that a patient sent, and that nobody is told of.
const HELD_WAITS: SignedDuration = SignedDuration::from_hours(1);

/// The auditor and what it looks at.
#[derive(Debug)]
pub struct Auditor {
    store: Store,
    clock: Clock,
    telemetry: Telemetry,
    /// Nothing where there is no intake to look at.
    intake: Option<Depth>,
    /// Since when each mark has been seen.
    marked: BTreeMap<PatientId, Timestamp>,
    /// Since when events wait without a commit, and how many there had been by then.
    stalled: Option<(Timestamp, u64)>,
}

/// What one audit came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audited {
    pub findings: Vec<NewFinding>,
    /// Nothing withholds the heartbeat.
    pub clean: bool,
}

impl Auditor {
    pub fn new(store: Store, clock: Clock, telemetry: Telemetry, intake: Option<Depth>) -> Self {
        Self { store, clock, telemetry, intake, marked: BTreeMap::new(), stalled: None }
    }

    /// Looks at everything once. An audit that fails is no audit: what it would have proved stays unproved.
    pub async fn look(&mut self, besides: Vec<NewFinding>) -> Result<Audited, StoreError> {
        let now = self.clock.now();
        // Nothing that readings are judged by changes here.
        let mut tx = self.store.begin_quietly().await?;
        let bedsides = tx.bedsides().await?;
        let (mut findings, repaired) = self.look_at(&bedsides, now);
        tx.have_looked_at(&repaired).await?;
        findings.extend(waiting(&mut tx, now).await?);
        findings.extend(self.look_at_intake(now));
        findings.extend(besides);
        let news = tx.keep_findings(&findings, now).await?;
        let entry = |action, (kind, subject): &(String, String)| {
            AuditEntry::new(now, AUDITOR, action, subject, json!({ "kind": kind }))
        };
        let mut entries: Vec<AuditEntry> = news.new.iter().map(|key| entry("finding.open", key)).collect();
        entries.extend(news.over.iter().map(|key| entry("finding.over", key)));
        tx.audit_entries(&entries).await?;
        tx.commit().await?;
        for (kind, subject) in &news.new {
            tracing::error!(kind, subject, "the auditor found something");
        }
        let clean = findings.iter().all(|finding| !finding.withholds);
        self.telemetry.auditor_findings.set(i64::try_from(findings.len()).unwrap_or(i64::MAX));
        self.telemetry.note_audit(now, clean);
        Ok(Audited { findings, clean })
    }

    fn look_at<'b>(
        &mut self,
        bedsides: &'b [Bedside],
        now: Timestamp,
    ) -> (Vec<NewFinding>, BTreeSet<&'b PatientId>) {
        let (mut findings, mut repaired) = (Vec::new(), BTreeSet::new());
        let mut marked = BTreeMap::new();
        for bedside in bedsides {
            if bedside.watch.as_ref().is_some_and(|watch| watch.marked) {
                let since = self.marked.get(&bedside.patient).copied().unwrap_or(now).min(now);
                marked.insert(bedside.patient.clone(), since);
            }
            for flaw in audit(bedside, marked.get(&bedside.patient).copied(), now) {
                if flaw.is_repairable() {
                    repaired.insert(&bedside.patient);
                }
                let subject =
                    flaw.alert().map_or_else(|| bedside.patient.to_string(), |alert| alert.to_string());
                findings.push(NewFinding {
                    kind: flaw.name(),
                    subject,
                    detail: flaw.words().to_owned(),
                    withholds: flaw.withholds(),
                    repaired: flaw.is_repairable(),
                });
            }
        }
        self.marked = marked;
        (findings, repaired)
    }

    /// A writer that has committed nothing between two audits while events wait.
    fn look_at_intake(&mut self, now: Timestamp) -> Option<NewFinding> {
        let waiting = self.intake.as_ref().map_or(0, Depth::waiting);
        let commits = self.telemetry.intake_commits.get();
        if waiting == 0 {
            self.stalled = None;
            return None;
        }
        let (since, _) = match self.stalled {
            Some(stalled) if stalled.1 == commits => stalled,
            _ => *self.stalled.insert((now, commits)),
        };
        (since < now).then(|| house("intake_stalled", format!("{waiting} events wait and none is committed")))
    }
}

/// A finding of the house itself, which nobody can repair from here.
pub fn house(kind: &'static str, detail: String) -> NewFinding {
    NewFinding { kind, subject: "lamplight".to_owned(), detail, withholds: true, repaired: false }
}

/// Work that waits longer than it may.
async fn waiting(tx: &mut Tx, now: Timestamp) -> Result<Vec<NewFinding>, StoreError> {
    let before = |span| now.saturating_sub(span).unwrap_or(Timestamp::MIN);
    let mut findings = Vec::new();
    let mut tell = |kind, Overdue { count, since }: Overdue, what: &str, withholds| {
        if let Some(since) = since.filter(|_| count > 0) {
            let detail = format!("{count} {what}, the first since {since}");
            findings.push(NewFinding { withholds, ..house(kind, detail) });
        }
    };
    let advice = tx.unsent_advice(before(ADVICE_WAITS)).await?;
    tell("advice_unsent", advice, "texts of advice on something red are not sent", true);
    let texts = tx.stuck_texts(before(TEXT_WAITS)).await?;
    tell("outbox_stuck", texts, "texts are due and nobody sends them", true);
    let wakes = tx.missed_wakes(before(WAKE_WAITS)).await?;
    tell("agenda_overdue", wakes, "patients were to be looked at", true);
    let held = tx.forgotten_texts(before(HELD_WAITS)).await?;
    tell("texts_held", held, "texts from patients' phones are held and no open task tells of them", false);
    Ok(findings)
}
