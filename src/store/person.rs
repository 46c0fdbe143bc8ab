//! Everything held on one person, for the person to have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::{Store, StoreError, from_ms};
use crate::domain::id::PatientId;

/// Every table that holds something of a patient, and how it is found; readings by their view. A new table belongs in
/// here.
const HELD: &[(&str, &str)] = &[
    ("enrolment", "select * from enrolment where patient_id = $1"),
    ("prompt", "select * from prompt where patient_id = $1 order by planned_at"),
    ("missed", "select * from missed where patient_id = $1"),
    ("follow_count", "select * from follow_count where patient_id = $1"),
    ("unreadable", "select * from unreadable where patient_id = $1"),
    ("answer", "select * from answer where patient_id = $1 order by at"),
    ("agenda", "select * from agenda where patient_id = $1"),
    ("threshold", "select * from threshold where patient_id = $1"),
    ("carer", "select * from carer where patient_id = $1"),
    ("watch", "select * from watch where patient_id = $1"),
    ("notice", "select * from notice where patient_id = $1 order by at"),
    ("reply_code", "select * from reply_code where patient_id = $1"),
    ("device", "select * from device where patient_id = $1"),
    ("device_binding", "select * from device_binding where patient_id = $1 order by since"),
    // Codes themselves are not kept, and their hashes are nobody's.
    (
        "device_claim",
        "select patient_id, issued_at, issued_by, expires_at, used_at, device_id from device_claim
         where patient_id = $1 order by issued_at",
    ),
    ("reading", "select * from reading where patient_id = $1 order by taken_at"),
    ("alert", "select * from alert where patient_id = $1 order by opened_at"),
    (
        "alert_evidence",
        "select * from alert_evidence where alert_id in (select id from alert where patient_id = $1)",
    ),
    (
        "alert_note",
        "select * from alert_note where alert_id in (select id from alert where patient_id = $1) order by at",
    ),
    ("watch", "select * from watch where patient_id = $1"),
    // Who was told, and not where: addresses and codes are the staff's own.
    (
        "notice",
        "select id, patient_id, team_id, severity, episode, round, step, reason, target, person, channel, missed, at
         from notice where patient_id = $1 order by at",
    ),
    ("reply_code", "select patient_id, episode, person, expires_at, used_at from reply_code where patient_id = $1"),
    ("task", "select * from task where patient_id = $1 order by opened_at"),
    ("queue_change", "select * from queue_change where patient_id = $1"),
    ("told", "select * from told where patient_id = $1 order by at"),
    ("message", "select * from message where patient_id = $1 order by created_at"),
    (
        "message_event",
        "select * from message_event where message_id in (select id from message where patient_id = $1)",
    ),
    ("confirmation", "select * from confirmation where patient_id = $1"),
    ("inbox", "select * from inbox where patient_id = $1 order by id"),
    ("audit", "select seq, at, actor, action, subject, detail from audit where subject = $1 order by seq"),
];

/// Columns that hold milliseconds since the epoch; they are given as times.
const TIMES: [&str; 7] = ["at", "since", "until", "not_after", "lease_until", "claimed_at", "settled_until"];

impl Store {
    /// All rows of a patient, table by table, as of one moment; nothing when there is no such patient.
    pub async fn export_patient(&self, id: &PatientId) -> Result<Option<Value>, StoreError> {
        let mut snapshot = self.readers.begin().await?;
        let patient = rows(&mut snapshot, "select * from patient where id = $1", id).await?.pop();
        let Some(patient) = patient else { return Ok(None) };
        let mut held = Map::from_iter([("patient".to_owned(), patient)]);
        for (name, sql) in HELD {
            held.insert((*name).to_owned(), rows(&mut snapshot, sql, id).await?.into());
        }
        Ok(Some(held.into()))
    }
}

async fn rows(
    db: &mut SqliteConnection,
    sql: &'static str,
    id: &PatientId,
) -> Result<Vec<Value>, StoreError> {
    let found = sqlx::query(sql).bind(id.as_str()).fetch_all(db).await?;
    found.iter().map(|row| Ok(Value::Object(object(row)?))).collect()
}

fn object(row: &SqliteRow) -> Result<Map<String, Value>, StoreError> {
    let value = |column: usize, name: &str| -> Result<Value, StoreError> {
        let raw = row.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        Ok(match raw.type_info().name() {
            "INTEGER" => {
                let number: i64 = row.try_get(column)?;
                let is_time = name.ends_with("_at") || TIMES.contains(&name);
                if is_time { json!(from_ms(number).to_string()) } else { json!(number) }
            }
            "REAL" => json!(row.try_get::<f64, _>(column)?),
            // What arrived is text nearly always; what is not cannot stand in JSON but encoded.
            "BLOB" => {
                let bytes: Vec<u8> = row.try_get(column)?;
                match String::from_utf8(bytes) {
                    Ok(text) => json!(text),
                    Err(bytes) => json!({ "base64": STANDARD.encode(bytes.into_bytes()) }),
                }
            }
            _ => json!(row.try_get::<String, _>(column)?),
        })
    };
    let columns = row.columns().iter();
    columns.map(|column| Ok((column.name().to_owned(), value(column.ordinal(), column.name())?))).collect()
}
