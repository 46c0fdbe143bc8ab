//! Texts and notifications that are lost, and what follows for whoever waits for them.

use super::Desk;
use crate::domain::alert::AlertChange;
use crate::domain::id::{MessageId, PatientId};
use crate::domain::lost::{Cause, Lost, UNDELIVERED_RULE, unreached};
use crate::domain::message::Purpose;
use crate::store::StoreError;

impl Desk {
    /// A text is lost: whoever must know is told in the same transaction.
    pub(super) async fn lose(
        &mut self,
        message: &MessageId,
        patient: Option<&PatientId>,
        purpose: Purpose,
        cause: Cause,
    ) -> Result<(), StoreError> {
        self.aftermath.lost += 1;
        if purpose == Purpose::Notification {
            return self.lose_notification(message, cause).await;
        }
        let open = match patient {
            Some(patient) => self.tx.open_alerts(patient).await?,
            None => Vec::new(),
        };
        let standing = open.into_iter().find(|alert| alert.rule.as_str() == UNDELIVERED_RULE);
        let carer = self.tx.carer_reached_by(message).await?;
        let has_returned = match patient.filter(|_| cause == Cause::OptedOut) {
            Some(patient) => self.tx.has_returned(patient).await?,
            None => false,
        };
        let to_carer = carer.is_some();
        let lost = Lost { message, patient, to_carer, has_returned, purpose, cause, at: self.now };
        let consequence = lost.consequence(standing.as_ref());
        if let Some(carer) = carer.filter(|_| cause == Cause::OptedOut) {
            self.tx.disturb();
            self.tx.change_carer(&carer.change(true), self.now).await?;
        }
        if let Some(patient) = patient.filter(|_| consequence.stop) {
            self.tx.stop_texting(patient, self.now).await?;
        }
        if let Some(AlertChange::Open(alert)) = &consequence.alert {
            self.aftermath.opened.push(alert.severity);
        }
        self.tx.apply_alerts(consequence.alert.as_slice()).await?;
        self.tx.open_tasks(&consequence.tasks, self.now).await
    }

    /// Somebody on duty was not told: whoever is next is told at once, and how this one is reached counts as failed.
    async fn lose_notification(&mut self, message: &MessageId, cause: Cause) -> Result<(), StoreError> {
        // Whoever is at fault: the next attempt must look for another way to the same person.
        if self.tx.lose_notification(message, true, self.now).await?.is_none() {
            self.tx.fail_contact(message, self.now).await?;
        }
        let Some(lost) = self.tx.notified(message).await? else { return Ok(()) };
        let task = unreached(message, lost.channel, lost.person.as_ref(), cause, self.now);
        self.tx.open_tasks(&[task], self.now).await
    }
}
