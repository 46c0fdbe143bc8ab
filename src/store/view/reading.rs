use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::super::{Store, StoreError, from_ms, to_ms};
use crate::domain::id::PatientId;
use crate::domain::vital::Vital;

const DAY_MS: i64 = 86_400_000;

/// One number of one vital.
#[derive(Debug, Clone)]
pub struct ShownReading {
    /// The event it came in: the numbers of one set share it.
    pub set: String,
    pub patient: PatientId,
    pub vital: Vital,
    /// Tells a vital's repeats in one set apart.
    pub seq: i64,
    /// In the vital's canonical unit; nothing when it is off the meter's scale.
    pub value: Option<f64>,
    pub beyond: Option<String>,
    pub taken_at: Timestamp,
    pub received_at: Timestamp,
    pub claimed_at: Option<Timestamp>,
    pub source: String,
    pub device: Option<String>,
    pub state: String,
}

/// Where a reading stands in the list, newest first: taken_at, patient, set, vital, seq.
pub type ReadingPlace = (i64, String, String, String, i64);

/// Which readings to show, taken from `since` to the end of the day `until`.
#[derive(Debug, Clone)]
pub struct ReadingFilter {
    pub patient: Option<PatientId>,
    pub vital: Option<Vital>,
    pub since: Timestamp,
    pub until: Timestamp,
    pub after: Option<ReadingPlace>,
}

// Sets are indexed by day, then patient. Naming the days lets one patient's rows be found day by day; for
// everybody's, days are read whole, newest first, until there are enough.
const OF_PATIENT: &str = "
select * from reading
where day in (select value from json_each($1)) and patient_id = $2 and taken_at >= $3
  and ($4 is null or vital = $4)
  and ($5 is null or (taken_at, patient_id, set_id, vital, seq) < ($5, $6, $7, $8, $9))
order by taken_at desc, patient_id desc, set_id desc, vital desc, seq desc limit $10";

const OF_DAY: &str = "
select * from reading
where day = $1 and taken_at >= $3
  and (patient_id = $2 or $2 is null and patient_id not in (select id from patient where synthetic = 1))
  and ($4 is null or vital = $4)
  and ($5 is null or (taken_at, patient_id, set_id, vital, seq) < ($5, $6, $7, $8, $9))
order by taken_at desc, patient_id desc, set_id desc, vital desc, seq desc limit $10";

impl ShownReading {
    pub fn id(&self) -> String {
        match self.seq {
            0 => format!("{}.{}", self.set, self.vital),
            seq => format!("{}.{}.{seq}", self.set, self.vital),
        }
    }

    pub fn place(&self) -> ReadingPlace {
        (
            to_ms(self.taken_at),
            self.patient.as_str().to_owned(),
            self.set.clone(),
            self.vital.name().to_owned(),
            self.seq,
        )
    }
}

impl Store {
    /// At most `limit` readings, newest first.
    pub async fn readings(
        &self,
        filter: &ReadingFilter,
        limit: u32,
    ) -> Result<Vec<ShownReading>, StoreError> {
        let first = to_ms(filter.since).max(0).div_euclid(DAY_MS);
        let newest = filter.after.as_ref().map_or(to_ms(filter.until), |place| place.0);
        let last = newest.div_euclid(DAY_MS);
        let rows = if filter.patient.is_some() {
            let days = serde_json::Value::from_iter(first..=last).to_string();
            self.reading_rows(OF_PATIENT, days, filter, limit).await?
        } else {
            let mut rows = Vec::new();
            let mut next = self.last_day_with_readings(first, last).await?;
            while let Some(day) = next {
                let wanted = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
                if wanted == 0 {
                    break;
                }
                rows.extend(self.reading_rows(OF_DAY, day, filter, wanted).await?);
                next = self.last_day_with_readings(first, day - 1).await?;
            }
            rows
        };
        rows.iter().map(read).collect()
    }

    async fn reading_rows<'q, D>(
        &self,
        sql: &'static str,
        days: D,
        filter: &'q ReadingFilter,
        limit: u32,
    ) -> Result<Vec<SqliteRow>, StoreError>
    where
        D: 'q + Send + sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        let after = filter.after.as_ref();
        Ok(sqlx::query(sql)
            .bind(days)
            .bind(filter.patient.as_ref().map(PatientId::as_str))
            .bind(to_ms(filter.since))
            .bind(filter.vital.map(Vital::name))
            .bind(after.map(|place| place.0))
            .bind(after.map(|place| place.1.as_str()))
            .bind(after.map(|place| place.2.as_str()))
            .bind(after.map(|place| place.3.as_str()))
            .bind(after.map(|place| place.4))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?)
    }

    async fn last_day_with_readings(&self, first: i64, last: i64) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query("select max(day) from reading_set where day between $1 and $2")
            .bind(first)
            .bind(last)
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get(0)?)
    }
}

fn read(row: &SqliteRow) -> Result<ShownReading, StoreError> {
    let vital: String = row.try_get("vital")?;
    Ok(ShownReading {
        set: row.try_get("set_id")?,
        patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
        vital: Vital::from_name(&vital).ok_or(StoreError::Unreadable { place: "reading.vital" })?,
        seq: row.try_get("seq")?,
        value: row.try_get("value")?,
        beyond: row.try_get("beyond")?,
        taken_at: from_ms(row.try_get("taken_at")?),
        received_at: from_ms(row.try_get("received_at")?),
        claimed_at: row.try_get::<Option<i64>, _>("claimed_at")?.map(from_ms),
        source: row.try_get("source")?,
        device: row.try_get("device_id")?,
        state: row.try_get("state")?,
    })
}
