//! What decisions ask for, written: everything but the journal and the ledger, in the transaction that they were made in.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;

use crate::domain::alert::AlertChange;
use crate::domain::audit::seal_of;
use crate::domain::decide::{ConfirmationChange, Decision, DeviceChange};
use crate::domain::id::DeviceId;
use crate::domain::patient::Standing;
use crate::domain::task::{NewTask, TaskKind};
use crate::store::audit::AuditEntry;
use crate::store::{StoreError, Tx};

use super::batch::Known;
use super::course::{self, Moved};
use super::shared;

/// Whose hand it is where nobody's was.
const HOUSE: &str = "lamplight";

/// What is written besides the decisions themselves: all that writing needs of what deciding knew.
#[derive(Debug)]
pub(super) struct Plan {
    /// One a device for its clock and one for the rest, however often it spoke.
    devices: Vec<DeviceChange>,
    moved: Moved,
}

impl Plan {
    /// What follows from decisions; `known` takes it as done.
    pub(super) fn of(known: &mut Known, decisions: &[&Decision]) -> Self {
        let mut devices: HashMap<(&DeviceId, bool), DeviceChange> = HashMap::new();
        for change in decisions.iter().filter_map(|decision| decision.device.as_ref()) {
            if known.is_news(change) {
                devices
                    .entry((&change.device, change.clock_offset_ms.is_some()))
                    .and_modify(|before| before.follow(change))
                    .or_insert_with(|| change.clone());
            }
        }
        let devices: Vec<DeviceChange> = devices.into_values().collect();
        for change in &devices {
            if let Some(device) = known.devices.get_mut(&change.device) {
                device.note_clock(change.clock_offset_ms, change.at);
            }
        }
        Self { devices, moved: std::mem::take(&mut known.moved) }
    }
}

/// Writes everything that decisions ask for, but for the journal and the ledger.
pub(super) async fn carry_out(
    tx: &mut Tx,
    plan: &Plan,
    decisions: &[&Decision],
    now: Timestamp,
) -> Result<(), StoreError> {
    macro_rules! all {
        ($field:ident) => {
            decisions.iter().flat_map(|decision| &decision.$field).collect::<Vec<_>>()
        };
    }
    let inbound = all!(inbound);
    let readings = all!(readings);
    let alerts = all!(alerts);
    let messages = all!(messages);
    tx.record_inbound(&inbound).await?;
    tx.keep_readings(&readings).await?;
    tx.apply_alerts(&alerts).await?;
    tx.audit_entries(&alerts.iter().filter_map(|change| fired(change, now)).collect::<Vec<_>>()).await?;
    tx.queue_messages(&messages).await?;
    tx.change_devices(&plan.devices.iter().collect::<Vec<_>>()).await?;
    let hubs = decisions.iter().filter_map(|decision| decision.hub.as_ref()).collect::<Vec<_>>();
    tx.change_hubs(&hubs).await?;
    course::keep(tx, decisions, &plan.moved).await?;
    // In turn: what one closes the one before may have opened, and whoever returns may leave again.
    let mut tasks: Vec<&NewTask> = Vec::new();
    for decision in decisions {
        tasks.extend(&decision.tasks);
        if closes_tasks(decision) {
            tx.open_tasks(&std::mem::take(&mut tasks), now).await?;
            shared::release(tx, decision, now).await?;
            leave_and_return(tx, decision, now).await?;
        }
        let Some(patient) = &decision.patient else {
            if let Some(phone) = &decision.answered_unknown {
                tx.mark_unknown_answered(phone, now).await?;
            }
            continue;
        };
        for closed in decision.alerts.iter().filter_map(AlertChange::closed) {
            let how = json!({ "why": "recovered" });
            tx.audit(&AuditEntry::new(now, HOUSE, "alert.resolve", closed.as_str(), how)).await?;
        }
        if decision.confirmation != ConfirmationChange::Keep {
            tx.change_confirmation(patient, &decision.confirmation, now).await?;
        }
        if let Some(in_a_row) = decision.unreadable_in_a_row {
            tx.set_unreadable(patient, in_a_row).await?;
        }
    }
    tx.open_tasks(&tasks, now).await
}

/// The trail's entry of a rule that has fired, with the seal of what it rests on.
fn fired(change: &AlertChange, now: Timestamp) -> Option<AuditEntry> {
    let (action, alert, rule_version, severity, evidence) = match change {
        AlertChange::Open(new) => {
            ("alert.open", &new.id, &new.rule_version, new.severity, new.evidence.as_ref())
        }
        AlertChange::Join(join) => {
            ("alert.join", &join.id, &join.rule_version, join.severity, join.evidence.as_ref())
        }
        // Recoveries are read off the alert; one that closes it is a deed of its own.
        AlertChange::Recover(_) => return None,
    };
    let mut detail = json!({ "rule_version": rule_version, "severity": severity });
    if matches!(change, AlertChange::Join(join) if join.is_cry) {
        // It has ended a snooze, if there was one.
        detail["cry"] = json!(true);
    }
    if let Some(evidence) = evidence {
        detail["set_id"] = json!(evidence.set_id);
        detail["evidence"] = json!(seal_of(&serde_json::to_string(evidence).unwrap_or_default()));
    }
    Some(AuditEntry::new(now, HOUSE, action, alert.as_str(), detail))
}

fn closes_tasks(decision: &Decision) -> bool {
    !decision.standings.is_empty() || !decision.carers.is_empty() || !decision.releases.is_empty()
}

/// Writes who is texted no more, and who is texted again.
async fn leave_and_return(tx: &mut Tx, decision: &Decision, now: Timestamp) -> Result<(), StoreError> {
    let by = || json!({"by": "text"});
    let agreed = || json!({"by": "text", "consent": "opt_in"});
    for (patient, standing) in &decision.standings {
        tx.set_standing(patient, *standing, now).await?;
        let action = match standing {
            Standing::Stopped => "patient.stopped",
            Standing::Active => "patient.restarted",
        };
        if *standing == Standing::Active {
            let left = [(TaskKind::LeftMonitoring, patient.as_str())];
            tx.close_tasks(&left, patient.as_str(), "The patient has texted START.", now).await?;
        }
        let how = if *standing == Standing::Active { agreed() } else { by() };
        tx.audit(&AuditEntry::new(now, patient.as_str(), action, patient.as_str(), how)).await?;
    }
    for change in &decision.carers {
        tx.change_carer(change, now).await?;
        let action = if change.stopped { "carer.stopped" } else { "carer.restarted" };
        if !change.stopped {
            let subject = format!("{}/carer", change.patient);
            let left = [(TaskKind::LeftMonitoring, subject.as_str())];
            tx.close_tasks(&left, "carer", "The carer has texted START.", now).await?;
        }
        tx.audit(&AuditEntry::new(now, "carer", action, change.patient.as_str(), by())).await?;
    }
    Ok(())
}
