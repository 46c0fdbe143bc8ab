//! Passing alerts on: to the next of the chain, to somebody named, or all that one person has to another.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::alert::{AlertState, Refused, Severity};
use crate::domain::id::{AlertId, PatientId, UserName};
use crate::domain::organisation::{MemberRole, Organisation, Target};
use crate::engine::escalation::{look, reopen};
use crate::store::deed::{DeedAlert, DeedScope};
use crate::store::{RosterFacts, StoreError, Tx};

use super::care::detail;
use super::{DeedError, Nurse};

impl Nurse<'_> {
    /// Passes an alert on: to whom is named, as the chain's next step, else to whoever is next in it. It is open again.
    pub async fn escalate(&self, id: &AlertId, to: Option<Target>) -> Result<(), DeedError> {
        let mut tx = self.store.begin().await?;
        let alert = self.alert(&mut tx, id).await?;
        if alert.state == AlertState::Resolved {
            return Err(Refused::AlreadyResolved.into());
        }
        if alert.severity == Severity::Advice {
            return Err(DeedError::OnlyAdvice);
        }
        if let Some(to) = &to {
            self.check(&tx.roster_facts(self.now).await?, to)?;
        }
        let mut detail = detail(&alert);
        detail["to"] = json!(to.as_ref().map(Target::written));
        detail["owner"] = json!(alert.owner);
        self.pass_on(&mut tx, &alert.patient, &[&alert.id], to).await?;
        tx.audit(&self.hand.entry(self.now, "alert.escalate", id.as_str(), detail)).await?;
        Ok(tx.commit().await?)
    }

    /// Passes on whatever of a patient's waits or is theirs. Which alerts that were.
    pub async fn escalate_card(&self, patient: &PatientId) -> Result<Vec<AlertId>, DeedError> {
        let mut tx = self.store.begin().await?;
        let mut alerts = tx.deed_alerts(DeedScope::Card(patient)).await?;
        alerts.retain(|alert| alert.severity > Severity::Advice && self.is_free_or_theirs(alert));
        if alerts.is_empty() {
            return Err(DeedError::Unknown("patient with an alert that waits"));
        }
        let ids: Vec<&AlertId> = alerts.iter().map(|alert| &alert.id).collect();
        self.pass_on(&mut tx, patient, &ids, None).await?;
        for alert in &alerts {
            let entry = self.hand.entry(self.now, "alert.escalate", alert.id.as_str(), detail(alert));
            tx.audit(&entry).await?;
        }
        tx.commit().await?;
        Ok(alerts.into_iter().map(|alert| alert.id).collect())
    }

    /// What one person has taken on is another's from now on. The other one says so, or a lead of the team.
    pub async fn hand_over(&self, from: &UserName, to: &UserName) -> Result<Vec<AlertId>, DeedError> {
        let mut tx = self.store.begin().await?;
        if !tx.roster_facts(self.now).await?.staff.contains(to) {
            return Err(DeedError::UnknownTarget(to.to_string()));
        }
        let alerts = tx.deed_alerts(DeedScope::Owner(from.as_str())).await?;
        if alerts.is_empty() {
            return Err(DeedError::Unknown("person with an alert to hand over"));
        }
        for alert in &alerts {
            let leads = self.role_in(self.team_of(alert)) == Some(MemberRole::Lead);
            if self.hand.actor != to.as_str() && !leads {
                return Err(DeedError::NotAllowed(
                    "a hand-over is accepted by the person who takes over, or made by a lead of the team",
                ));
            }
            let lapse = self.lapse(&mut tx, to.as_str(), alert).await?;
            tx.set_owner(&alert.id, to.as_str(), lapse).await?;
            let mut detail = detail(alert);
            detail["owner"] = json!(from);
            detail["to"] = json!(to);
            tx.audit(&self.hand.entry(self.now, "alert.hand_over", alert.id.as_str(), detail)).await?;
        }
        tx.commit().await?;
        Ok(alerts.into_iter().map(|alert| alert.id).collect())
    }

    async fn pass_on(
        &self,
        tx: &mut Tx,
        patient: &PatientId,
        alerts: &[&AlertId],
        to: Option<Target>,
    ) -> Result<(), DeedError> {
        let passed = pass_on(tx, self.site, patient, alerts, to, self.now).await?;
        if passed { Ok(()) } else { Err(DeedError::OnlyAdvice) }
    }

    fn is_free_or_theirs(&self, alert: &DeedAlert) -> bool {
        alert.state == AlertState::Open || alert.owner.as_ref() == Some(&self.hand.actor)
    }

    /// Whether this site has such a target.
    fn check(&self, facts: &RosterFacts, to: &Target) -> Result<(), DeedError> {
        let known = match to {
            Target::Person(person) => facts.staff.contains(person),
            Target::OnCall(rota) => self.site.rotas.contains_key(rota),
            Target::Team(team) => self.site.teams.contains_key(team),
            Target::Service(service) => self.site.services.contains_key(service),
        };
        if known { Ok(()) } else { Err(DeedError::UnknownTarget(to.written())) }
    }
}

/// Ends what stands in the chain's way as if its time had come, and moves the chain on. False when nobody is watched over.
pub(in crate::engine) async fn pass_on(
    tx: &mut Tx,
    site: &Organisation,
    patient: &PatientId,
    alerts: &[&AlertId],
    to: Option<Target>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut watched) = tx.watched(std::slice::from_ref(patient)).await?.pop() else { return Ok(false) };
    for alert in watched.alerts.iter_mut().filter(|alert| alerts.contains(&&alert.id)) {
        alert.lapses_at = alert.lapses_at.map(|at| at.min(now));
        if let Some(snooze) = &mut alert.snooze {
            snooze.until = snooze.until.min(now);
        }
    }
    let attended = look(&watched, site, now);
    reopen(tx, &watched, &attended, alerts, now).await?;
    let Some(watch) = attended.watch else { return Ok(false) };
    tx.keep_watches(&[(&watch.pass_on(to, now), now)], now).await?;
    Ok(true)
}
