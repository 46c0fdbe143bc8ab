//! What judging must know of people besides who they are, asked in one go.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::sqlite::SqliteRow;

use super::tx::Inquiry;
use super::{StoreError, Tx, alert, carer, enrolment, patient, reading, set, streak, threshold};
use crate::domain::alert::OpenAlert;
use crate::domain::carer::Carer;
use crate::domain::decide::Confirmation;
use crate::domain::id::PatientId;
use crate::domain::patient::Patient;
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
    /// Whoever looks after them from a phone of their own.
    pub carers: HashMap<PatientId, Vec<Carer>>,
}

/// One query each, in the order in which [`Circumstances::read`] takes them.
const QUERIES: [&str; 6] = [
    threshold::IN_FORCE,
    alert::UNRESOLVED,
    reading::UNCONFIRMED,
    streak::UNREADABLE,
    enrolment::ENROLMENTS,
    carer::CARERS,
];

impl Circumstances {
    fn read(answers: [Vec<SqliteRow>; 6]) -> Result<Self, StoreError> {
        let [thresholds, alerts, confirmations, unreadable, enrolments, carers] = answers;
        Ok(Self {
            thresholds: threshold::in_force(&thresholds)?,
            alerts: alert::unresolved(&alerts)?,
            confirmations: reading::unconfirmed(&confirmations)?,
            unreadable: streak::unreadable(&unreadable)?,
            enrolments: enrolment::running(&enrolments)?,
            carers: carer::caring(&carers)?,
        })
    }
}

impl Tx {
    /// How these patients stand.
    pub async fn circumstances(&mut self, patients: &[&PatientId]) -> Result<Circumstances, StoreError> {
        static STANDING: LazyLock<Inquiry<6>> = LazyLock::new(|| Inquiry::of(QUERIES));
        Circumstances::read(self.ask(&STANDING, [names(patients)]).await?)
    }

    /// Those of these patients that are enrolled, and how they stand.
    pub async fn people(
        &mut self,
        ids: &[&PatientId],
    ) -> Result<(HashMap<PatientId, Patient>, Circumstances), StoreError> {
        static ALL: LazyLock<Inquiry<7>> = LazyLock::new(|| {
            let [thresholds, alerts, confirmations, unreadable, enrolments, carers] = QUERIES;
            let patients = patient::PATIENTS;
            Inquiry::of([patients, thresholds, alerts, confirmations, unreadable, enrolments, carers])
        });
        let [patients, standing @ ..] = self.ask(&ALL, [names(ids)]).await?;
        Ok((patient::patients(&patients)?, Circumstances::read(standing)?))
    }
}

fn names(patients: &[&PatientId]) -> String {
    set::texts(patients.iter().map(|patient| patient.as_str()))
}
