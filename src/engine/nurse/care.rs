//! Taking alerts on, noting progress, putting them off, closing them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::alert::{AlertState, Refused};
use crate::domain::escalation::{Lapse, Snooze, lapse};
use crate::domain::id::{AlertId, PatientId, UserName};
use crate::domain::organisation::{MemberRole, Organisation, Team};
use crate::store::deed::{DeedAlert, DeedScope};
use crate::store::{Store, StoreError, Tx};

use super::{Closing, DeedError, Hand};

/// Somebody at work: whose hand it is, at which site, when.
#[derive(Debug, Clone, Copy)]
pub struct Nurse<'a> {
    pub store: &'a Store,
    pub site: &'a Organisation,
    pub hand: &'a Hand,
    pub now: Timestamp,
}

impl Nurse<'_> {
    /// Takes an alert on, with the readings that it rests on so far. It is theirs until it lapses.
    pub async fn acknowledge(&self, id: &AlertId) -> Result<(), DeedError> {
        let mut tx = self.store.begin().await?;
        let alert = self.alert(&mut tx, id).await?;
        alert.state.acknowledge()?;
        self.take_on(&mut tx, &[alert]).await?;
        Ok(tx.commit().await?)
    }

    /// Takes on whatever is open of a patient's. Which alerts that were.
    pub async fn acknowledge_card(&self, patient: &PatientId) -> Result<Vec<AlertId>, DeedError> {
        let mut tx = self.store.begin().await?;
        let mut alerts = tx.deed_alerts(DeedScope::Card(patient)).await?;
        if alerts.is_empty() {
            return Err(DeedError::Unknown("patient with an alert"));
        }
        alerts.retain(|alert| alert.state == AlertState::Open);
        if alerts.is_empty() {
            return Err(Refused::AlreadyAcknowledged.into());
        }
        for alert in &alerts {
            self.may_act(alert)?;
        }
        self.take_on(&mut tx, &alerts).await?;
        tx.commit().await?;
        Ok(alerts.into_iter().map(|alert| alert.id).collect())
    }

    /// Notes progress. What somebody has stays theirs for longer.
    pub async fn note(&self, id: &AlertId, text: &str) -> Result<(), DeedError> {
        let mut tx = self.store.begin().await?;
        let alert = self.alert(&mut tx, id).await?;
        if alert.state == AlertState::Resolved {
            return Err(Refused::AlreadyResolved.into());
        }
        tx.add_note(id, &self.hand.actor, text, self.now).await?;
        let mut detail = detail(&alert);
        if let (AlertState::Acknowledged, Some(owner)) = (alert.state, &alert.owner) {
            let lapse = self.lapse(&mut tx, owner, &alert).await?;
            tx.set_owner(id, owner, lapse).await?;
            detail["lapses_at"] = json!(lapse.at);
        }
        tx.audit(&self.hand.entry(self.now, "alert.note", id.as_str(), detail)).await?;
        Ok(tx.commit().await?)
    }

    /// Closes an alert, taken on before or not. A site with a file of its own knows its outcomes.
    pub async fn resolve(&self, id: &AlertId, closing: &Closing) -> Result<(), DeedError> {
        let mut tx = self.store.begin().await?;
        let alert = self.alert(&mut tx, id).await?;
        alert.state.resolve()?;
        if self.site.is_written() {
            let given = closing.outcome.as_deref().unwrap_or_default();
            if !self.site.outcomes.iter().any(|outcome| outcome.name == given) {
                let allowed = self.site.outcomes.iter().map(|outcome| outcome.name.clone()).collect();
                return Err(DeedError::UnknownOutcome { given: given.to_owned(), allowed });
            }
        }
        let (outcome, note) = (closing.outcome.as_deref(), closing.note.as_deref());
        tx.mark_resolved(id, &self.hand.actor, outcome, note, self.now).await?;
        tx.audit(&self.hand.entry(self.now, "alert.resolve", id.as_str(), detail(&alert))).await?;
        Ok(tx.commit().await?)
    }

    /// Puts an alert off until `until`. Something worse ends that, whatever was said.
    pub async fn snooze(&self, id: &AlertId, until: Timestamp, reason: &str) -> Result<(), DeedError> {
        let mut tx = self.store.begin().await?;
        let alert = self.alert(&mut tx, id).await?;
        if alert.state == AlertState::Resolved {
            return Err(Refused::AlreadyResolved.into());
        }
        let latest = self.now.saturating_add(Snooze::longest(alert.severity)).unwrap_or(self.now);
        if until <= self.now || until > latest {
            return Err(DeedError::SnoozeTooLong { latest });
        }
        let snooze = Snooze {
            until,
            by: UserName::trusted(self.hand.actor.clone()),
            reason: reason.to_owned(),
            severity: alert.severity,
            late: None,
        };
        tx.mark_snoozed(id, &snooze).await?;
        let mut detail = detail(&alert);
        detail["until"] = json!(until);
        tx.audit(&self.hand.entry(self.now, "alert.snooze", id.as_str(), detail)).await?;
        Ok(tx.commit().await?)
    }

    /// The alert that a deed is about, if whoever does it may.
    pub(super) async fn alert(&self, tx: &mut Tx, id: &AlertId) -> Result<DeedAlert, DeedError> {
        let found = tx.deed_alerts(DeedScope::Alert(id)).await?.pop();
        let alert = found.ok_or(DeedError::Unknown("alert"))?;
        self.may_act(&alert)?;
        Ok(alert)
    }

    /// Where a site has written down who works there, an alert is a named person's, and no clerk's.
    fn may_act(&self, alert: &DeedAlert) -> Result<(), DeedError> {
        if self.site.is_written() && self.hand.is_nameless() {
            return Err(DeedError::Nameless);
        }
        match self.role_in(self.team_of(alert)) {
            Some(MemberRole::Clerk) => {
                Err(DeedError::NotAllowed("a clerk acts on tasks; alerts are for clinicians"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn role_in(&self, team: &Team) -> Option<MemberRole> {
        team.members.get(&UserName::trusted(self.hand.actor.clone())).copied()
    }

    pub(super) fn team_of(&self, alert: &DeedAlert) -> &Team {
        self.site.team_of(alert.team.as_deref())
    }

    /// How long an alert is somebody's who takes it on now.
    pub(super) async fn lapse(
        &self,
        tx: &mut Tx,
        owner: &str,
        alert: &DeedAlert,
    ) -> Result<Lapse, DeedError> {
        Ok(lapse_of(tx, self.site, owner, alert, self.now).await?)
    }

    async fn take_on(&self, tx: &mut Tx, alerts: &[DeedAlert]) -> Result<(), DeedError> {
        Ok(take_on(tx, self.site, self.hand, alerts, self.now).await?)
    }
}

async fn lapse_of(
    tx: &mut Tx,
    site: &Organisation,
    owner: &str,
    alert: &DeedAlert,
    now: Timestamp,
) -> Result<Lapse, StoreError> {
    let facts = tx.roster_facts(now).await?;
    let team = site.team_of(alert.team.as_deref());
    Ok(lapse(&UserName::trusted(owner), team, &facts.roster(site), now))
}

/// Gives alerts that somebody may take on to whose hand it is, in an open transaction.
pub(in crate::engine) async fn take_on(
    tx: &mut Tx,
    site: &Organisation,
    hand: &Hand,
    alerts: &[DeedAlert],
    now: Timestamp,
) -> Result<(), StoreError> {
    for alert in alerts {
        let lapse = lapse_of(tx, site, &hand.actor, alert, now).await?;
        tx.mark_acknowledged(&alert.id, &hand.actor, lapse, now).await?;
        let mut detail = detail(alert);
        detail["lapses_at"] = json!(lapse.at);
        tx.audit(&hand.entry(now, "alert.acknowledge", alert.id.as_str(), detail)).await?;
    }
    Ok(())
}

/// What a deed's audit row tells of an alert: how it stood, by which version of its rule, and on which reading sets.
pub(in crate::engine) fn detail(alert: &DeedAlert) -> Value {
    json!({
        "from": alert.state.name(),
        "severity": alert.severity.name(),
        "rule_version": alert.rule_version,
        "sets": alert.sets,
    })
}
