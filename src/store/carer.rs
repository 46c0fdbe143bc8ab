//! Carers: found by their phones for what they text, and by their patients for what those are texted.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::alert::Severity;
use crate::domain::carer::{Carer, CarerChange, CarerConsent, Copies};
use crate::domain::id::{MessageId, PatientId};
use crate::domain::message::Purpose;
use crate::domain::phone::Phone;

macro_rules! select_carer {
    ($rest:literal) => {
        concat!(
            "select patient_id, phone, name, may_report, gets_copies, answers_for, consent_by, consent_at, \
               stopped_at from carer where removed_at is null and ",
            $rest,
            " order by patient_id, phone"
        )
    };
}

/// The carers of some patients.
pub(super) const CARERS: &str = select_carer!("patient_id in (select value from json_each($1))");

/// What rows of [`CARERS`] say.
pub(super) fn caring(rows: &[SqliteRow]) -> Result<HashMap<PatientId, Vec<Carer>>, StoreError> {
    let mut found: HashMap<PatientId, Vec<Carer>> = HashMap::new();
    for row in rows {
        let carer = carer(row)?;
        found.entry(carer.patient.clone()).or_default().push(carer);
    }
    Ok(found)
}

/// Red advice that never reached the patient, and that no carer was asked to pass on.
#[derive(Debug, Clone, PartialEq)]
pub struct LostAdvice {
    pub id: MessageId,
    pub patient: PatientId,
    /// The number that it went to.
    pub to: Phone,
    pub body: String,
    pub purpose: Purpose,
}

/// The first text to a carer is named after the one that was lost: its being there says that they were asked.
const LOST: &str = "select distinct m.id, m.patient_id, m.address, m.body
    from carer c join message m on m.patient_id = c.patient_id and m.created_at >= $1
    where c.removed_at is null and c.stopped_at is null and (c.gets_copies <> 'none' or c.answers_for = 1)
      and c.phone <> m.address and m.direction = 'out' and m.purpose = '{\"reply\":\"red\"}'
      and m.state in ('undelivered', 'failed')
      and not exists (select 1 from message asked where asked.id = m.id || 'p0')
    order by m.id limit 200";

fn lost(row: &SqliteRow) -> Result<LostAdvice, StoreError> {
    Ok(LostAdvice {
        id: MessageId::trusted(row.try_get::<String, _>("id")?),
        patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
        to: Phone::trusted(row.try_get::<String, _>("address")?),
        body: row.try_get("body")?,
        purpose: Purpose::Reply(Some(Severity::Red)),
    })
}

impl Store {
    /// What was lost since then.
    pub async fn lost_red_advice(&self, since: Timestamp) -> Result<Vec<LostAdvice>, StoreError> {
        let rows = sqlx::query(LOST).bind(to_ms(since)).fetch_all(&self.readers).await?;
        rows.iter().map(lost).collect()
    }
}

impl Tx {
    /// [`Store::lost_red_advice`] as this transaction sees it.
    pub async fn lost_red_advice(&mut self, since: Timestamp) -> Result<Vec<LostAdvice>, StoreError> {
        let rows = sqlx::query(LOST).bind(to_ms(since)).fetch_all(self.connection().await?).await?;
        rows.iter().map(lost).collect()
    }

    /// Everybody who is cared for from one of `phones`, in the order of the patients' ids. Carers who left are among them:
    /// what they text still counts.
    pub async fn carers_at(&mut self, phones: &[&str]) -> Result<HashMap<Phone, Vec<Carer>>, StoreError> {
        let rows = sqlx::query(select_carer!("phone in (select value from json_each($1))"))
            .bind(set::texts(phones.iter().copied()))
            .fetch_all(self.connection().await?)
            .await?;
        let mut found: HashMap<Phone, Vec<Carer>> = HashMap::new();
        for row in &rows {
            let carer = carer(row)?;
            found.entry(carer.phone.clone()).or_default().push(carer);
        }
        Ok(found)
    }

    /// The carers of these patients.
    pub async fn carers_of(
        &mut self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, Vec<Carer>>, StoreError> {
        let rows = sqlx::query(CARERS)
            .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
            .fetch_all(self.connection().await?)
            .await?;
        caring(&rows)
    }

    /// Writes a carer as they now are, new or known.
    pub async fn put_carer(&mut self, carer: &Carer, actor: &str, now: Timestamp) -> Result<(), StoreError> {
        self.disturb();
        sqlx::query(
            "insert into carer (patient_id, phone, name, may_report, gets_copies, answers_for, consent_by,
                                consent_at, added_by, added_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (patient_id, phone) do update set
               name = excluded.name, may_report = excluded.may_report, gets_copies = excluded.gets_copies,
               answers_for = excluded.answers_for, consent_by = excluded.consent_by,
               consent_at = excluded.consent_at, added_by = excluded.added_by, added_at = excluded.added_at,
               removed_at = null, removed_by = null",
        )
        .bind(carer.patient.as_str())
        .bind(carer.phone.as_str())
        .bind(&carer.name)
        .bind(carer.may_report)
        .bind(carer.gets_copies.name())
        .bind(carer.answers_for)
        .bind(&carer.consent.by)
        .bind(to_ms(carer.consent.at))
        .bind(actor)
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Takes a carer off. True when there was one.
    pub async fn remove_carer(
        &mut self,
        patient: &PatientId,
        phone: &Phone,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.disturb();
        let done = sqlx::query(
            "update carer set removed_at = $3, removed_by = $4
             where patient_id = $1 and phone = $2 and removed_at is null",
        )
        .bind(patient.as_str())
        .bind(phone.as_str())
        .bind(to_ms(now))
        .bind(actor)
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A carer left, or is back.
    pub async fn change_carer(&mut self, change: &CarerChange, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update carer set stopped_at = $3 where patient_id = $1 and phone = $2")
            .bind(change.patient.as_str())
            .bind(change.phone.as_str())
            .bind(change.stopped.then(|| to_ms(now)))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// The carer at whose phone a text arrived, or did not, where that is not the patient's own too.
    pub async fn carer_reached_by(&mut self, message: &MessageId) -> Result<Option<Carer>, StoreError> {
        let row = sqlx::query(select_carer!(
            "(patient_id, phone) in (select m.patient_id, m.address from message m
                                     join patient p on p.id = m.patient_id
                                     where m.id = $1 and p.phone is not m.address)"
        ))
        .bind(message.as_str())
        .fetch_optional(self.connection().await?)
        .await?;
        row.as_ref().map(carer).transpose()
    }
}

impl Store {
    /// The carers of a patient, in the order of their phones.
    pub async fn carers(&self, patient: &PatientId) -> Result<Vec<Carer>, StoreError> {
        let rows = sqlx::query(select_carer!("patient_id = $1"))
            .bind(patient.as_str())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(carer).collect()
    }
}

fn carer(row: &SqliteRow) -> Result<Carer, StoreError> {
    Ok(Carer {
        patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
        phone: Phone::trusted(row.try_get::<String, _>("phone")?),
        name: row.try_get("name")?,
        may_report: row.try_get("may_report")?,
        gets_copies: Copies::from_name(row.try_get("gets_copies")?)
            .ok_or(StoreError::Unreadable { place: "carer.gets_copies" })?,
        answers_for: row.try_get("answers_for")?,
        consent: CarerConsent { by: row.try_get("consent_by")?, at: from_ms(row.try_get("consent_at")?) },
        stopped: row.try_get::<Option<i64>, _>("stopped_at")?.is_some(),
    })
}
