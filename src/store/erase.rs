//! Lawful removal of a person: every row that is theirs, whatever table it stands in. What came in stays as an empty row,
//! so that the ledger goes on adding up; what was done stays in the audit trail, under an id that names nobody any more.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row};

use super::{StoreError, Tx};
use crate::domain::audit::seal_of;
use crate::domain::id::PatientId;

/// What stands in the way of forgetting somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ties {
    pub unresolved_alerts: i64,
    pub running_protocols: i64,
}

/// Rows of tables that name no patient, found by way of those that do. Before these are gone.
const BY_WAY_OF: [(&str, &str); 5] = [
    (
        "text_part",
        "delete from text_part where event_id in (select id from inbox where outcome = 'rejected' and reason = 'erased')",
    ),
    (
        "alert_evidence",
        "delete from alert_evidence where alert_id in (select id from alert where patient_id = $1)",
    ),
    (
        "message_event",
        "delete from message_event where message_id in (select id from message where patient_id = $1)",
    ),
    (
        "doubtful_number",
        "delete from doubtful_number where phone in (select address from message where patient_id = $1)",
    ),
    (
        "unknown_sender",
        "delete from unknown_sender where phone = (select phone from patient where id = $1)
           and not exists (select 1 from patient where id <> $1 and phone = unknown_sender.phone)",
    ),
];

/// What arrived is emptied, also what was held from their phone, unless it is somebody else's too.
const EMPTY: &str = "
update inbox set dedupe_key = 'erased:' || id, sender = '', address = '', body = null, provider_id = null, raw = x'',
  reason = 'erased', patient_id = null, outcome = iif(outcome = 'held', 'rejected', outcome)
where patient_id = $1
   or patient_id is null and sender in (select id from device where patient_id = $1)
   or sender = (select phone from patient where id = $1)
      and not exists (select 1 from patient where id <> $1 and phone = inbox.sender)";

/// Every table with a column for the patient; later ones too.
const TABLES: &str = "
select t.name from sqlite_schema t join pragma_table_info(t.name) c on c.name = 'patient_id'
where t.type = 'table' and t.name <> 'inbox' order by t.name";

impl Tx {
    /// What ties a patient to work that is going on; nothing when there is no such patient.
    pub async fn ties(&mut self, patient: &PatientId) -> Result<Option<Ties>, StoreError> {
        let row = sqlx::query(
            "select (select count(*) from alert where patient_id = p.id and state <> 'resolved') as alerts,
                    (select count(*) from enrolment where patient_id = p.id and state <> 'ended') as protocols
             from patient p where p.id = $1",
        )
        .bind(patient.as_str())
        .fetch_optional(self.connection().await?)
        .await?;
        row.map(|row| {
            Ok(Ties {
                unresolved_alerts: row.try_get("alerts")?,
                running_protocols: row.try_get("protocols")?,
            })
        })
        .transpose()
    }

    /// Remembers of what the providers' lists may still have that it is not to come back, and nothing else of it.
    async fn forget_keys(&mut self, patient: &PatientId) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "select dedupe_key, received_at from inbox
             where edge = 'text' and received_at >= (select min(until) - 172800000 from listing_cursor)
               and (patient_id = $1 or sender = (select phone from patient where id = $1)
                 and not exists (select 1 from patient where id <> $1 and phone = inbox.sender))",
        )
        .bind(patient.as_str())
        .fetch_all(self.connection().await?)
        .await?;
        for row in &rows {
            sqlx::query("insert into forgotten_key (digest, at) values ($1, $2) on conflict do nothing")
                .bind(seal_of(&row.try_get::<String, _>("dedupe_key")?))
                .bind(row.try_get::<i64, _>("received_at")?)
                .execute(self.connection().await?)
                .await?;
        }
        Ok(())
    }

    /// Removes a patient and all that is held on them. How many rows of each table that were: all that stays.
    pub async fn erase_patient(&mut self, patient: &PatientId) -> Result<BTreeMap<String, u64>, StoreError> {
        self.disturb();
        // Whatever points at whom: at the end nothing points at nobody, or nothing is committed.
        sqlx::query("pragma defer_foreign_keys = on").execute(self.connection().await?).await?;
        self.overwrite_what_goes(true).await?;
        let rows = sqlx::query(
            "select edge, received_at / 86400000 as day, count(*) as n from inbox
             where outcome = 'held' and (sender in (select id from device where patient_id = $1)
               or sender = (select phone from patient where id = $1)
                  and not exists (select 1 from patient where id <> $1 and phone = inbox.sender))
             group by edge, day",
        )
        .bind(patient.as_str())
        .fetch_all(self.connection().await?)
        .await?;
        for row in &rows {
            // What is held for ever would wait for somebody who is not there.
            sqlx::query(
                "update ledger set held = held - $3, rejected = rejected + $3 where edge = $1 and day = $2",
            )
            .bind(row.try_get::<String, _>("edge")?)
            .bind(row.try_get::<i64, _>("day")?)
            .bind(row.try_get::<i64, _>("n")?)
            .execute(self.connection().await?)
            .await?;
        }
        let mut gone: BTreeMap<String, u64> = BTreeMap::new();
        self.forget_keys(patient).await?;
        let emptied = sqlx::query(EMPTY).bind(patient.as_str()).execute(self.connection().await?).await?;
        gone.insert("inbox".to_owned(), emptied.rows_affected());
        for (table, sql) in BY_WAY_OF {
            let done = sqlx::query(sql).bind(patient.as_str()).execute(self.connection().await?).await?;
            gone.insert(table.to_owned(), done.rows_affected());
        }
        // Who had a device before and after stays told apart: their stretch of it stays, and is nobody's.
        sqlx::query("update device_binding set patient_id = null, why = 'erased', ended_why = null where patient_id = $1")
            .bind(patient.as_str())
            .execute(self.connection().await?)
            .await?;
        let tables = sqlx::query(TABLES).fetch_all(self.connection().await?).await?;
        for row in &tables {
            let table: String = row.try_get(0)?;
            let sql = format!("delete from \"{table}\" where patient_id = $1");
            let done = sqlx::query(AssertSqlSafe(sql))
                .bind(patient.as_str())
                .execute(self.connection().await?)
                .await?;
            gone.insert(table, done.rows_affected());
        }
        sqlx::query("delete from patient where id = $1")
            .bind(patient.as_str())
            .execute(self.connection().await?)
            .await?;
        self.overwrite_what_goes(false).await?;
        gone.retain(|_, rows| *rows > 0);
        Ok(gone)
    }

    /// Whether what is removed from now on is overwritten, not only let go. That costs every write, so whoever switches it
    /// on switches it off again.
    pub(super) async fn overwrite_what_goes(&mut self, is_on: bool) -> Result<(), StoreError> {
        let pragma = if is_on { "pragma secure_delete = on" } else { "pragma secure_delete = off" };
        sqlx::query(pragma).execute(self.connection().await?).await?;
        Ok(())
    }
}
