//! Whoever must be told of an alert is told: every watch whose time has come is looked at, and what follows is written.
//!
//! Nothing here remembers anything. What changes an alert marks its patient's watch in its own transaction; a look brings
//! the watch in line with the alerts, takes the chain's next step if it is due, and puts the notifications into the outbox,
//! all in one transaction: a run that is cut off anywhere has done all of a patient's part or none.

mod tell;

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::decide::Catalog;
use crate::domain::escalation::{Attended, Card, Notice, Stage, Watch, advance, attend};
use crate::domain::id::{AlertId, PatientId};
use crate::domain::organisation::{Organisation, Roster};
use crate::domain::task::{NewTask, TaskKind};
use crate::store::audit::Audit;
use crate::store::watch::Watched;
use crate::store::{Store, StoreError, Tx};

use super::id::IdSource;

/// Patients in one transaction: the intake waits no longer than that.
const AT_ONCE: u32 = 200;
/// A watch that cannot be worked out begins anew after so long.
const RETRY: SignedDuration = SignedDuration::from_mins(1);
/// Who it was whose acknowledgement or snooze ended by itself.
const ACTOR: &str = "lamplight";

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    pub patients: usize,
    /// Notifications that are new in the outbox.
    pub messages: usize,
    /// Watches that could not be worked out.
    pub failed: usize,
}

/// Looks at every watch that is due by now. Idempotent.
pub async fn run_watches(
    store: &Store,
    catalog: &Catalog,
    ids: &IdSource,
    now: Timestamp,
) -> Result<Looked, StoreError> {
    let run = Run { store, site: &catalog.site, ids, now };
    let mut total = Looked::default();
    loop {
        let looked = match run.some(AT_ONCE, false).await {
            Err(StoreError::Refused(_) | StoreError::Unreadable { .. }) => {
                tracing::warn!("watches were refused together, the first is looked at alone");
                run.first().await?
            }
            looked => looked?,
        };
        if looked.patients == 0 {
            return Ok(total);
        }
        total.patients += looked.patients;
        total.messages += looked.messages;
        total.failed += looked.failed;
    }
}

/// Puts under watch whoever has something amber or red and is not.
pub async fn repair(store: &Store) -> Result<u64, StoreError> {
    let mut tx = store.begin_quietly().await?;
    let missing = tx.repair_watches().await?;
    tx.commit().await?;
    Ok(missing)
}

/// A patient's watch as their alerts ask for it now.
pub(super) fn look(watched: &Watched, site: &Organisation, now: Timestamp) -> Attended {
    let card = Card {
        patient: &watched.patient,
        alerts: &watched.alerts,
        team: site.team_of(watched.team.as_deref()),
        site_version: &site.version,
        episodes: watched.episodes,
    };
    attend(watched.watch.clone(), &card, now)
}

/// What ended by itself is open again, and the record says whose it was. `told`: the alerts that the caller's own record
/// speaks of.
pub(super) async fn reopen(
    tx: &mut Tx,
    watched: &Watched,
    attended: &Attended,
    told: &[&AlertId],
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.lapse_alerts(&attended.lapsed).await?;
    tx.wake_alerts(&attended.woken).await?;
    tx.cut_ends(&attended.cut).await?;
    let ended = attended.lapsed.iter().map(|id| ("alert.lapse", id));
    let ended = ended.chain(attended.woken.iter().map(|id| ("alert.wake", id)));
    let entries: Vec<Audit> = ended
        .filter(|(_, id)| !told.contains(id))
        .map(|(action, id)| Audit {
            action,
            subject: id.to_string(),
            detail: lapse_detail(watched, attended.watch.as_ref(), id),
        })
        .collect();
    if entries.is_empty() { Ok(()) } else { tx.audit_all(now, ACTOR, &entries).await }
}

struct Run<'a> {
    store: &'a Store,
    site: &'a Organisation,
    ids: &'a IdSource,
    now: Timestamp,
}

/// What comes of one patient's watch.
struct Step {
    attended: Attended,
    notices: Vec<Notice>,
}

impl Run<'_> {
    /// The longest overdue watch; refused even alone, it becomes a task and begins anew.
    async fn first(&self) -> Result<Looked, StoreError> {
        match self.some(1, false).await {
            Err(error @ (StoreError::Refused(_) | StoreError::Unreadable { .. })) => {
                tracing::error!(%error, "a watch was refused");
                self.some(1, true).await
            }
            looked => looked,
        }
    }

    /// Up to `limit` watches in one transaction. With `helpless` nothing is loaded or worked out: each becomes a task.
    async fn some(&self, limit: u32, helpless: bool) -> Result<Looked, StoreError> {
        // Most looks change nothing that readings are judged by; a lapse says so itself.
        let mut tx = self.store.begin_quietly().await?;
        let patients = tx.due_watches(self.now, limit).await?;
        if patients.is_empty() {
            return Ok(Looked::default());
        }
        let mut looked = Looked { patients: patients.len(), ..Looked::default() };
        if helpless {
            for patient in &patients {
                self.give_up(&mut tx, patient).await?;
            }
            looked.failed = patients.len();
            tx.commit().await?;
            return Ok(looked);
        }
        let facts = tx.roster_facts(self.now).await?;
        let roster = facts.roster(self.site);
        let mut quiet: Vec<&PatientId> = Vec::new();
        let mut over: Vec<&PatientId> = Vec::new();
        let watched = tx.watched(&patients).await?;
        let mut steps = Vec::with_capacity(watched.len());
        for one in &watched {
            match self.work_out(one, &roster) {
                Some(step) => steps.push((one, step)),
                None => {
                    self.give_up(&mut tx, &one.patient).await?;
                    looked.failed += 1;
                }
            }
        }
        let mut kept = Vec::with_capacity(steps.len());
        for (one, step) in &steps {
            reopen(&mut tx, one, &step.attended, &[], self.now).await?;
            match &step.attended.watch {
                Some(watch) => {
                    let look_at = step.attended.until.map_or(watch.next_at, |until| until.min(watch.next_at));
                    kept.push((watch, look_at));
                    if matches!(watch.stage, Stage::Attended { .. }) {
                        quiet.push(&one.patient);
                    }
                }
                None => over.push(&one.patient),
            }
            looked.messages += self.tell(&mut tx, one, step).await?;
        }
        tx.keep_watches(&kept, self.now).await?;
        tx.end_watches(&over).await?;
        quiet.extend(over);
        tx.cancel_notifications(&quiet).await?;
        tx.commit().await?;
        Ok(looked)
    }

    /// What follows for one patient; nothing when it cannot be worked out.
    fn work_out(&self, watched: &Watched, roster: &Roster<'_>) -> Option<Step> {
        catch_unwind(AssertUnwindSafe(|| {
            let mut attended = look(watched, self.site, self.now);
            let mut notices = Vec::new();
            if let Some(watch) = attended.watch.take() {
                let advanced = advance(watch, roster, self.now);
                attended.watch = Some(advanced.watch);
                notices = advanced.notices;
            }
            Step { attended, notices }
        }))
        .ok()
    }

    async fn give_up(&self, tx: &mut Tx, patient: &PatientId) -> Result<(), StoreError> {
        let again = self.now.saturating_add(RETRY).unwrap_or(self.now);
        tx.forget_watch(patient, again, self.now).await?;
        let task = NewTask {
            id: self.ids.event(self.now).task(0),
            kind: TaskKind::FailingWatch,
            subject: patient.to_string(),
            patient: Some(patient.clone()),
            detail: "Who must be told of this patient's alerts could not be worked out. Look at the alerts now, and tell \
                     whoever looks after Lamplight."
                .to_owned(),
        };
        tx.open_tasks(&[task], self.now).await
    }
}

fn lapse_detail(watched: &Watched, watch: Option<&Watch>, id: &AlertId) -> serde_json::Value {
    let alert = watched.alerts.iter().find(|alert| alert.id == *id);
    json!({
        "why": watch.map(|watch| watch.reason.name()),
        "severity": alert.map(|alert| alert.severity),
        "owner": alert.and_then(|alert| alert.owner.as_ref()),
        "put_off_by": alert.and_then(|alert| alert.snooze.as_ref()).map(|snooze| &snooze.by),
    })
}
