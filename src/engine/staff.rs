//! What staff answer by text: what deciding must know of their phones, and their deeds carried out in the transaction
//! that keeps the answer.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::json;

use crate::domain::alert::Severity;
use crate::domain::decide::Decision;
use crate::domain::escalation::{StaffDeed, StaffPhone, StaffReply};
use crate::domain::event::{Event, Origin};
use crate::domain::id::{AlertId, PatientId, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::phone::Phone;
use crate::store::deed::{DeedAlert, DeedScope};
use crate::store::{StoreError, Tx};

use super::nurse::care::{detail, take_on};
use super::nurse::pass::pass_on;
use super::nurse::{Hand, Via};

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
    let mut desk = Desk { tx, site, now };
    let mut any = false;
    for deed in decisions.iter().flat_map(|decision| &decision.deeds) {
        desk.carry_out(deed).await?;
        any = true;
    }
    Ok(any)
}

struct Desk<'a> {
    tx: &'a mut Tx,
    site: &'a Organisation,
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
                let hand = hand(person.as_ref().map_or("lamplight", UserName::as_str));
                self.tx.audit(&hand.entry(now, "contact.verify", contact.as_str(), json!({}))).await
            }
            StaffDeed::Took { patient, person, alerts } => {
                self.tx.disturb();
                let alerts = self.unchanged(patient, alerts).await?;
                take_on(self.tx, self.site, &hand(person.as_str()), &alerts, now).await
            }
            StaffDeed::Resolved { patient, person, alerts, outcome, note } => {
                self.tx.disturb();
                let hand = hand(person.as_str());
                for alert in self.unchanged(patient, alerts).await? {
                    let (id, note) = (&alert.id, note.as_deref());
                    self.tx.mark_resolved(id, person.as_str(), Some(outcome), note, now).await?;
                    self.tx.audit(&hand.entry(now, "alert.resolve", id.as_str(), detail(&alert))).await?;
                }
                Ok(())
            }
            StaffDeed::PassedOn { patient, by, alerts } => {
                self.tx.disturb();
                let ids: Vec<&AlertId> = alerts.iter().collect();
                let hand = hand(by);
                for alert in self.card(patient).await?.iter().filter(|alert| alerts.contains(&alert.id)) {
                    let entry = hand.entry(now, "alert.escalate", alert.id.as_str(), detail(alert));
                    self.tx.audit(&entry).await?;
                }
                pass_on(self.tx, self.site, patient, &ids, None, now).await.map(drop)
            }
            StaffDeed::Used { phone, code } => self.tx.use_reply_code(phone, code, now).await,
            StaffDeed::Wrong { phone } => self.tx.count_wrong_code(phone, now).await,
            StaffDeed::Left { phone } => self.tx.fail_phone(phone, now).await,
        }
    }

    async fn card(&mut self, patient: &PatientId) -> Result<Vec<DeedAlert>, StoreError> {
        self.tx.deed_alerts(DeedScope::Card(patient)).await
    }

    /// Those of the alerts that are no worse than the answer found them. What a reading of the same batch made worse is
    /// left for its own notification.
    async fn unchanged(
        &mut self,
        patient: &PatientId,
        alerts: &[(AlertId, Severity)],
    ) -> Result<Vec<DeedAlert>, StoreError> {
        let mut found = self.card(patient).await?;
        found.retain(|alert| alerts.contains(&(alert.id.clone(), alert.severity)));
        Ok(found)
    }
}

fn hand(actor: &str) -> Hand {
    Hand { actor: actor.to_owned(), via: Via::Text }
}
