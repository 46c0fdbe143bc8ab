//! What staff answer by text: what deciding must know of their phones, and their deeds carried out in the transaction
//! that keeps the answer.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::json;

use crate::domain::alert::Severity;
use crate::domain::decide::Decision;
use crate::domain::escalation::{StaffDeed, StaffPhone, StaffReply, lapse};
use crate::domain::event::{Event, Origin};
use crate::domain::id::{AlertId, PatientId, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::phone::Phone;
use crate::store::audit::AuditEntry;
use crate::store::{RosterFacts, StoreError, Tx};

/// The staff among the senders of a batch. Of a patient's phone only what may be an answer is looked into, so that a
/// reading costs nothing here.
pub(super) async fn phones(
    tx: &mut Tx,
    events: &[&Event],
    patients: &HashMap<Phone, Vec<PatientId>>,
    now: Timestamp,
) -> Result<HashMap<Phone, StaffPhone>, StoreError> {
    let mut asked: HashSet<Phone> = HashSet::new();
    for event in events {
        let Origin::Text(text) = &event.origin else { continue };
        let Some(phone) = Phone::from_carrier(&text.from) else { continue };
        if patients.get(&phone).is_none_or(Vec::is_empty) || StaffReply::read(&text.body).is_some() {
            asked.insert(phone);
        }
    }
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    tx.staff_phones(&asked.iter().collect::<Vec<_>>(), now).await
}

/// Carries out all deeds of these decisions, in their order. Whether there were any.
pub(super) async fn carry_out(
    tx: &mut Tx,
    site: &Organisation,
    decisions: &[&Decision],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let deeds: Vec<&StaffDeed> = decisions.iter().flat_map(|decision| &decision.deeds).collect();
    if deeds.is_empty() {
        return Ok(false);
    }
    let facts = tx.roster_facts(now).await?;
    let mut desk = Desk { tx, site, facts, now };
    for deed in deeds {
        desk.carry_out(deed).await?;
    }
    Ok(true)
}

struct Desk<'a> {
    tx: &'a mut Tx,
    site: &'a Organisation,
    facts: RosterFacts,
    now: Timestamp,
}

impl Desk<'_> {
    async fn carry_out(&mut self, deed: &StaffDeed) -> Result<(), StoreError> {
        let now = self.now;
        match deed {
            StaffDeed::Proved { phone, person } => {
                self.tx.mark_phone_verified(phone, person.as_ref(), now).await
            }
            StaffDeed::Verified { contact, person } => {
                self.tx.mark_verified(contact, now).await?;
                let person = person.as_ref().map_or("lamplight", UserName::as_str);
                self.record(person, "contact.verify", contact.as_str()).await
            }
            StaffDeed::Took { patient, person, alerts } => self.take(patient, person, alerts).await,
            StaffDeed::Resolved { patient, person, alerts, outcome, note } => {
                self.tx.disturb();
                for alert in self.unchanged(patient, alerts).await?.1 {
                    self.tx
                        .mark_resolved(&alert, person.as_str(), Some(outcome), note.as_deref(), now)
                        .await?;
                    self.record(person.as_str(), "alert.resolve", alert.as_str()).await?;
                }
                Ok(())
            }
            StaffDeed::PassedOn { patient, by, held } => self.pass_on(patient, by, held).await,
            StaffDeed::Used { phone, code } => self.tx.use_reply_code(phone, code, now).await,
            StaffDeed::Wrong { phone } => self.tx.count_wrong_code(phone, now).await,
            StaffDeed::Left { phone } => self.tx.fail_phone(phone, now).await,
        }
    }

    /// The patient's team, and those of the alerts that are no worse than the answer found them. What a reading of the same
    /// batch made worse is left for its own notification.
    async fn unchanged(
        &mut self,
        patient: &PatientId,
        alerts: &[(AlertId, Severity)],
    ) -> Result<(Option<String>, Vec<AlertId>), StoreError> {
        let Some(one) = self.tx.watched(std::slice::from_ref(patient)).await?.pop() else {
            return Ok((None, Vec::new()));
        };
        let found =
            one.alerts.into_iter().filter(|alert| alerts.contains(&(alert.id.clone(), alert.severity)));
        Ok((one.team, found.map(|alert| alert.id).collect()))
    }

    async fn take(
        &mut self,
        patient: &PatientId,
        person: &UserName,
        alerts: &[(AlertId, Severity)],
    ) -> Result<(), StoreError> {
        let (team, alerts) = self.unchanged(patient, alerts).await?;
        let team = self.site.team_of(team.as_deref());
        let lapse = lapse(person, team, &self.facts.roster(self.site), self.now);
        for alert in &alerts {
            if self.tx.take_on(alert, person, lapse, self.now).await? {
                self.record(person.as_str(), "alert.acknowledge", alert.as_str()).await?;
            }
        }
        Ok(())
    }

    async fn pass_on(&mut self, patient: &PatientId, by: &str, held: &[AlertId]) -> Result<(), StoreError> {
        self.tx.lapse_alerts(held).await?;
        let watched = self.tx.watched(std::slice::from_ref(patient)).await?;
        let Some(one) = watched.into_iter().next() else { return Ok(()) };
        if let Some(watch) = one.watch {
            self.tx.keep_watch(&watch.pass_on(None, self.now), self.now, self.now).await?;
        }
        for alert in &one.alerts {
            self.record(by, "alert.escalate", alert.id.as_str()).await?;
        }
        Ok(())
    }

    async fn record(&mut self, actor: &str, action: &str, subject: &str) -> Result<(), StoreError> {
        self.tx.audit(&AuditEntry::new(self.now, actor, action, subject, json!({ "via": "text" }))).await
    }
}
