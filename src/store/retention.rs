//! Emptying texts whose words need not be kept any longer. A row loses its words and what arrived raw, and nothing else.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::{PatientId, ProtocolId};

/// Where words of texts stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// What came in, as it came.
    Journal,
    /// Texts, mails and calls in both directions, and what providers reported on them.
    Messages,
}

/// A row that still has its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wordy {
    pub id: String,
    pub at: Timestamp,
    /// Everybody whom it may be of: the patient, or all who have the phone or care for somebody from it.
    pub people: Vec<PatientId>,
}

/// A patient, as far as it matters for how long words are kept.
#[derive(Debug, Clone, Default)]
pub struct Keeping {
    pub born: Option<Date>,
    /// Every protocol they were ever on, and when that ended.
    pub courses: Vec<(ProtocolId, Option<Timestamp>)>,
}

/// A run, as far as it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionRun {
    pub at: Timestamp,
    pub raw_texts_days: u32,
    pub journalled: i64,
    pub messages: i64,
    pub reports: i64,
}

/// Patients about whom something is still to be done, and events that an unresolved alert rests on: all of these keep
/// their words.
macro_rules! at_work {
    () => {
        "with busy(id) as (
           select patient_id from alert where state <> 'resolved'
           union select patient_id from task where resolved_at is null and patient_id is not null
           union select patient_id from confirmation
           union select patient_id from enrolment where state <> 'ended'),
         busy_phone(phone) as (
           select phone from patient where phone is not null and id in (select id from busy)
           union select phone from carer where patient_id in (select id from busy)
           union select subject from task where resolved_at is null),
         resting(event) as (
           select e.set_id from alert_evidence e join alert a on a.id = e.alert_id where a.state <> 'resolved'
           union select subject from task where resolved_at is null
           union select id from inbox where outcome = 'held'
           union select event_id from text_part)"
    };
}

const JOURNAL: &str = "
select i.id, i.received_at as at, i.patient_id, i.sender as phone
from inbox i
where i.id > $1 and i.id < $2 and i.edge = 'text' and i.emptied_at is null and i.outcome <> 'held' and i.received_at < $3
order by i.id limit $4";

/// What has not left for good keeps its words: it may have to leave yet, or be looked for by them.
const MESSAGES: &str = "
select m.id, m.created_at as at, coalesce(m.patient_id, (select n.patient_id from notice n where n.message_id = m.id))
         as patient_id, m.address as phone
from message m
where m.id > $1 and m.id < $2 and m.emptied_at is null and m.created_at < $3 and m.due_at is null
  and m.state in ('received', 'sent', 'delivered', 'undelivered', 'failed')
order by m.id limit $4";

const EMPTY_JOURNAL: &str = concat!(
    at_work!(),
    "update inbox set body = iif(body is null, null, ''), raw = x'', emptied_at = $2
     where id in (select value from json_each($1)) and edge = 'text' and outcome <> 'held' and emptied_at is null
       and (patient_id is null or patient_id not in (select id from busy))
       and (patient_id is not null or sender not in (select phone from busy_phone))
       and id not in (select event from resting)"
);

const EMPTY_MESSAGES: &str = concat!(
    at_work!(),
    "update message set body = '', subject = iif(subject is null, null, ''), emptied_at = $2
     where id in (select value from json_each($1)) and due_at is null and emptied_at is null
       and state in ('received', 'sent', 'delivered', 'undelivered', 'failed')
       and coalesce(patient_id, (select n.patient_id from notice n where n.message_id = message.id), '')
         not in (select id from busy)
       and (patient_id is not null or address not in (select phone from busy_phone))
       and substr(id, 1, 20) not in (select event from resting)
     returning id"
);

impl Store {
    /// The next `limit` rows after `after` that are older than `before`; `end` is an id that is made at that instant.
    pub async fn wordy(
        &self,
        shelf: Shelf,
        after: &str,
        end: &str,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Wordy>, StoreError> {
        let sql = match shelf {
            Shelf::Journal => JOURNAL,
            Shelf::Messages => MESSAGES,
        };
        let rows = sqlx::query(sql)
            .bind(after)
            .bind(end)
            .bind(to_ms(before))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        let mut wordy = Vec::with_capacity(rows.len());
        let mut nobodys: Vec<(usize, String)> = Vec::new();
        for row in &rows {
            let patient: Option<String> = row.try_get("patient_id")?;
            if patient.is_none() {
                nobodys.push((wordy.len(), row.try_get("phone")?));
            }
            wordy.push(Wordy {
                id: row.try_get("id")?,
                at: from_ms(row.try_get("at")?),
                people: patient.map(PatientId::trusted).into_iter().collect(),
            });
        }
        let known = self.people_of_phones(nobodys.iter().map(|(_, phone)| phone.as_str())).await?;
        for (n, phone) in nobodys {
            wordy[n].people = known.get(&phone).cloned().unwrap_or_default();
        }
        Ok(wordy)
    }

    /// Everybody who has one of these phones, or is or was cared for from it.
    async fn people_of_phones<'p>(
        &self,
        phones: impl Iterator<Item = &'p str>,
    ) -> Result<HashMap<String, Vec<PatientId>>, StoreError> {
        let rows = sqlx::query(
            "select phone, id from patient where phone in (select value from json_each($1))
             union select phone, patient_id from carer where phone in (select value from json_each($1))",
        )
        .bind(set::texts(phones))
        .fetch_all(&self.readers)
        .await?;
        let mut people: HashMap<String, Vec<PatientId>> = HashMap::new();
        for row in &rows {
            let of_it = people.entry(row.try_get(0)?).or_default();
            of_it.push(PatientId::trusted(row.try_get::<String, _>(1)?));
        }
        Ok(people)
    }

    /// What there is to know of these patients; nothing of one who is not there any more.
    pub async fn keeping(
        &self,
        patients: impl Iterator<Item = &PatientId>,
    ) -> Result<HashMap<PatientId, Keeping>, StoreError> {
        let rows = sqlx::query(
            "select p.id, p.date_of_birth, e.protocol_id, e.state, e.state_at
             from patient p left join enrolment e on e.patient_id = p.id
             where p.id in (select value from json_each($1))",
        )
        .bind(set::texts(patients.map(PatientId::as_str)))
        .fetch_all(&self.readers)
        .await?;
        let mut keeping: HashMap<PatientId, Keeping> = HashMap::new();
        for row in &rows {
            let of_them = keeping.entry(PatientId::trusted(row.try_get::<String, _>("id")?)).or_default();
            let born: Option<String> = row.try_get("date_of_birth")?;
            of_them.born = born.and_then(|born| born.parse().ok());
            if let Some(protocol) = row.try_get::<Option<String>, _>("protocol_id")? {
                let has_ended = row.try_get::<Option<String>, _>("state")?.as_deref() == Some("ended");
                let ended = row.try_get::<Option<i64>, _>("state_at")?.filter(|_| has_ended).map(from_ms);
                of_them.courses.push((ProtocolId::trusted(protocol), ended));
            }
        }
        Ok(keeping)
    }

    /// Under which run's rule a row was emptied.
    pub async fn retention_rule(&self, run: Timestamp) -> Result<Option<u32>, StoreError> {
        let row = sqlx::query("select raw_texts_days from retention_run where at = $1")
            .bind(to_ms(run))
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }
}

impl Tx {
    /// Runs that were cut off before they were on record.
    pub async fn unended_runs(&mut self) -> Result<Vec<RetentionRun>, StoreError> {
        let rows = sqlx::query("select * from retention_run where ended_at is null order by at")
            .fetch_all(self.connection().await?)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(RetentionRun {
                    at: from_ms(row.try_get("at")?),
                    raw_texts_days: row.try_get("raw_texts_days")?,
                    journalled: row.try_get("journalled")?,
                    messages: row.try_get("messages")?,
                    reports: row.try_get("reports")?,
                })
            })
            .collect()
    }

    pub async fn end_run(&mut self, run: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update retention_run set ended_at = $2 where at = $1")
            .bind(to_ms(run))
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// Empties these, but for what is at work by now, and counts them to the run. How many that were.
    pub async fn empty(
        &mut self,
        shelf: Shelf,
        ids: &[&str],
        run: Timestamp,
        days: u32,
    ) -> Result<u64, StoreError> {
        self.overwrite_what_goes(true).await?;
        let sql = match shelf {
            Shelf::Journal => EMPTY_JOURNAL,
            Shelf::Messages => EMPTY_MESSAGES,
        };
        let query = sqlx::query(sql).bind(set::texts(ids.iter().copied())).bind(to_ms(run));
        let (journalled, messages, reports) = match shelf {
            Shelf::Journal => (query.execute(self.connection().await?).await?.rows_affected(), 0, 0),
            Shelf::Messages => {
                let rows = query.fetch_all(self.connection().await?).await?;
                let emptied: Vec<String> =
                    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, sqlx::Error>>()?;
                let reports = sqlx::query(
                    "update message_event set raw = '' where raw <> ''
                       and message_id in (select value from json_each($1))",
                )
                .bind(set::texts(emptied.iter().map(String::as_str)))
                .execute(self.connection().await?)
                .await?;
                (0, u64::try_from(emptied.len()).unwrap_or(0), reports.rows_affected())
            }
        };
        self.overwrite_what_goes(false).await?;
        if journalled + messages > 0 {
            self.count_emptied(run, days, [journalled, messages, reports]).await?;
        }
        Ok(journalled + messages)
    }

    /// Empties reports that never found their text, at most `limit`.
    pub async fn empty_parked(
        &mut self,
        before: Timestamp,
        limit: u32,
        run: Timestamp,
        days: u32,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "update message_event set raw = '' where id in (
               select id from message_event where message_id is null and at < $1 and raw <> '' limit $2)",
        )
        .bind(to_ms(before))
        .bind(i64::from(limit))
        .execute(self.connection().await?)
        .await?;
        if done.rows_affected() > 0 {
            self.count_emptied(run, days, [0, 0, done.rows_affected()]).await?;
        }
        Ok(done.rows_affected())
    }

    async fn count_emptied(&mut self, run: Timestamp, days: u32, more: [u64; 3]) -> Result<(), StoreError> {
        let [journalled, messages, reports] = more.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        sqlx::query(
            "insert into retention_run (at, raw_texts_days, journalled, messages, reports) values ($1, $2, $3, $4, $5)
             on conflict (at) do update set journalled = journalled + excluded.journalled,
               messages = messages + excluded.messages, reports = reports + excluded.reports",
        )
        .bind(to_ms(run))
        .bind(days)
        .bind(journalled)
        .bind(messages)
        .bind(reports)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}
