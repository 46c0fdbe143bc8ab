//! What judging must know of people besides who they are, asked in one go.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::bulk::json_array;
use super::tx::Inquiry;
use super::{StoreError, Tx, alert, enrolment, reading, streak, threshold};
use crate::domain::alert::OpenAlert;
use crate::domain::decide::Confirmation;
use crate::domain::id::PatientId;
use crate::domain::protocol::Enrolment;
use crate::domain::threshold::Thresholds;

/// How patients stand. Of whom there is nothing to say, there is no entry.
#[derive(Debug)]
pub struct Circumstances {
    /// Their own limits.
    pub thresholds: HashMap<PatientId, Thresholds>,
    /// Their alerts that are not resolved.
    pub alerts: HashMap<PatientId, Vec<OpenAlert>>,
    /// Readings that wait for their YES.
    pub confirmations: HashMap<PatientId, Confirmation>,
    /// How many of their last texts nothing could be made of.
    pub unreadable: HashMap<PatientId, u32>,
    /// Their enrolments that are not over.
    pub enrolments: HashMap<PatientId, Vec<Enrolment>>,
}

impl Tx {
    /// How these patients stand.
    pub async fn circumstances(&mut self, patients: &[&PatientId]) -> Result<Circumstances, StoreError> {
        static ALL: LazyLock<Inquiry<5>> = LazyLock::new(|| {
            Inquiry::of([
                threshold::IN_FORCE,
                alert::UNRESOLVED,
                reading::UNCONFIRMED,
                streak::UNREADABLE,
                enrolment::ENROLMENTS,
            ])
        });
        let names = json_array(patients.iter().map(|patient| patient.as_str()));
        let [thresholds, alerts, confirmations, unreadable, enrolments] = self.ask(&ALL, names).await?;
        Ok(Circumstances {
            thresholds: threshold::in_force(&thresholds)?,
            alerts: alert::unresolved(&alerts)?,
            confirmations: reading::unconfirmed(&confirmations)?,
            unreadable: streak::unreadable(&unreadable)?,
            enrolments: enrolment::running(&enrolments)?,
        })
    }
}
