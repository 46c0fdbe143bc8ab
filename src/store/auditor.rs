//! What the auditor looks at, and what it found.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::alert::Severity;
use crate::domain::escalation::Stage;
use crate::domain::escalation::audit::{Bedside, Begun, Held, SeenAlert, SeenWatch};
use crate::domain::id::{AlertId, PatientId};

use super::{Store, StoreError, Tx, from_ms, set, to_ms};

/// Something that must not be, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFinding {
    pub kind: &'static str,
    /// A patient's or an alert's id, or the part of the house that it is of.
    pub subject: String,
    /// One sentence, without a name, number or reading.
    pub detail: String,
    pub withholds: bool,
    pub repaired: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFinding {
    pub kind: String,
    pub subject: String,
    pub detail: String,
    pub withholds: bool,
    pub since: Timestamp,
    pub last_at: Timestamp,
    pub repaired_at: Option<Timestamp>,
    pub over_at: Option<Timestamp>,
}

/// What an audit has changed among the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingNews {
    /// Kind and subject of those that were not there before…
    pub new: Vec<(String, String)>,
    /// …and of those that are gone.
    pub over: Vec<(String, String)>,
}

/// Work that waits longer than it may, counted, with the earliest of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overdue {
    pub count: u64,
    pub since: Option<Timestamp>,
}

const ALERTS: &str = "
select id, patient_id, severity, state, coalesce(worsened_at, opened_at) as since, acknowledged_by, lapses_at,
       snoozed_until, snooze
from alert where state <> 'resolved' and severity in ('amber', 'red')
  and patient_id not in (select id from patient where synthetic = 1)";

const WATCHES: &str = "
select patient_id, look_at, begun, next_at, severity, chain, covers, stage, round, step, exhausted_at from watch
where patient_id not in (select id from patient where synthetic = 1)";

/// Keeps what stands and adds what is new.
const KEEP: &str = "
insert into finding (kind, subject, detail, withholds, since, last_at, repaired_at)
select value ->> 'kind', value ->> 'subject', value ->> 'detail', value ->> 'withholds', $2, $2,
       iif(value ->> 'repaired', $2, null)
from json_each($1) where true
on conflict (kind, subject) where over_at is null do update set
  detail = excluded.detail, withholds = excluded.withholds, last_at = excluded.last_at,
  repaired_at = coalesce(excluded.repaired_at, repaired_at)";

impl Tx {
    /// Every patient with a watch, or with alerts that ask for one.
    pub async fn bedsides(&mut self) -> Result<Vec<Bedside>, StoreError> {
        let mut bedsides: BTreeMap<PatientId, Bedside> = BTreeMap::new();
        let at = |row: &SqliteRow| {
            Ok::<_, StoreError>(PatientId::trusted(row.try_get::<String, _>("patient_id")?))
        };
        let empty =
            |patient: &PatientId| Bedside { patient: patient.clone(), alerts: Vec::new(), watch: None };
        for row in &sqlx::query(ALERTS).fetch_all(self.connection().await?).await? {
            let patient = at(row)?;
            let alert = seen_alert(row)?;
            bedsides.entry(patient.clone()).or_insert_with(|| empty(&patient)).alerts.push(alert);
        }
        for row in &sqlx::query(WATCHES).fetch_all(self.connection().await?).await? {
            let patient = at(row)?;
            let watch = seen_watch(row)?;
            bedsides.entry(patient.clone()).or_insert_with(|| empty(&patient)).watch = Some(watch);
        }
        Ok(bedsides.into_values().collect())
    }

    /// Has these watches looked at, and puts those up that are missing.
    pub async fn have_looked_at(&mut self, patients: &BTreeSet<&PatientId>) -> Result<(), StoreError> {
        if patients.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into watch (patient_id, look_at) select value, 0 from json_each($1) where true
             on conflict (patient_id) do update set look_at = 0",
        )
        .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Advice on something red that was not sent yet, and was to be by `before`.
    pub async fn unsent_advice(&mut self, before: Timestamp) -> Result<Overdue, StoreError> {
        self.overdue(
            "select count(*) as n, min(created_at) as since from message
             where due_at is not null and purpose = '{\"reply\":\"red\"}' and created_at < $1",
            before,
        )
        .await
    }

    /// Texts that nobody has touched though they were due by `before`, while none has left since. Where some do, the
    /// others only wait for their provider's pace.
    pub async fn stuck_texts(&mut self, before: Timestamp) -> Result<Overdue, StoreError> {
        self.overdue(
            "select count(*) as n, min(due_at) as since from message where due_at is not null and due_at < $1
             and not exists (select 1 from message where segments is not null and sent_at >= $1)",
            before,
        )
        .await
    }

    /// Patients who were to be looked at by `before`.
    pub async fn missed_wakes(&mut self, before: Timestamp) -> Result<Overdue, StoreError> {
        self.overdue("select count(*) as n, min(wake_at) as since from agenda where wake_at < $1", before)
            .await
    }

    /// Texts from patients' own phones that came before `before` and are still held, of which no open task tells.
    pub async fn forgotten_texts(&mut self, before: Timestamp) -> Result<Overdue, StoreError> {
        self.overdue(
            "select count(*) as n, min(received_at) as since from inbox i
             where outcome = 'held' and edge = 'text' and received_at < $1
               and exists (select 1 from patient p where p.phone = i.sender)
               and not exists (select 1 from task t where t.resolved_at is null and t.subject in (i.id, i.sender))",
            before,
        )
        .await
    }

    async fn overdue(&mut self, sql: &'static str, before: Timestamp) -> Result<Overdue, StoreError> {
        let row = sqlx::query(sql).bind(to_ms(before)).fetch_one(self.connection().await?).await?;
        let count: i64 = row.try_get("n")?;
        Ok(Overdue {
            count: u64::try_from(count).unwrap_or(0),
            since: row.try_get::<Option<i64>, _>("since")?.map(from_ms),
        })
    }

    /// Keeps what an audit found: what was not found again is over.
    pub async fn keep_findings(
        &mut self,
        found: &[NewFinding],
        now: Timestamp,
    ) -> Result<FindingNews, StoreError> {
        let rows = sqlx::query("select kind, subject from finding where over_at is null")
            .fetch_all(self.connection().await?)
            .await?;
        let mut stood: HashSet<(String, String)> = HashSet::new();
        for row in &rows {
            stood.insert((row.try_get(0)?, row.try_get(1)?));
        }
        let mut news = FindingNews::default();
        for finding in found {
            let key = (finding.kind.to_owned(), finding.subject.clone());
            if !stood.remove(&key) {
                news.new.push(key);
            }
        }
        news.over = stood.into_iter().collect();
        news.over.sort();
        let found = set::rows(found.iter().map(|finding| {
            json!({
                "kind": finding.kind, "subject": finding.subject, "detail": finding.detail,
                "withholds": i64::from(finding.withholds), "repaired": i64::from(finding.repaired),
            })
        }));
        sqlx::query(KEEP).bind(found).bind(to_ms(now)).execute(self.connection().await?).await?;
        sqlx::query("update finding set over_at = $1 where over_at is null and last_at <> $1")
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(news)
    }
}

impl Store {
    /// What the auditor found: all that stands, and what was over since then, latest first.
    pub async fn findings(&self, over_since: Timestamp, limit: u32) -> Result<Vec<KeptFinding>, StoreError> {
        let rows = sqlx::query(
            "select kind, subject, detail, withholds, since, last_at, repaired_at, over_at from finding
             where over_at is null or over_at >= $1
             order by over_at is null desc, withholds desc, since desc, id desc limit $2",
        )
        .bind(to_ms(over_since))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let instant =
                    |column| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(column)?.map(from_ms));
                Ok(KeptFinding {
                    kind: row.try_get("kind")?,
                    subject: row.try_get("subject")?,
                    detail: row.try_get("detail")?,
                    withholds: row.try_get("withholds")?,
                    since: from_ms(row.try_get("since")?),
                    last_at: from_ms(row.try_get("last_at")?),
                    repaired_at: instant("repaired_at")?,
                    over_at: instant("over_at")?,
                })
            })
            .collect()
    }
}

fn seen_alert(row: &SqliteRow) -> Result<SeenAlert, StoreError> {
    let severity = severity_of(row.try_get("severity")?)?;
    let instant = |column| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(column)?.map(from_ms));
    let snooze: Option<String> = row.try_get("snooze")?;
    // A snooze that cannot be read puts nothing off.
    let put_off = snooze.and_then(|text| {
        let snooze: Value = serde_json::from_str(&text).ok()?;
        let severity = Severity::from_name(snooze.get("severity")?.as_str()?)?;
        let late = &snooze["late"];
        let waits = late["waits"].as_bool().unwrap_or(false);
        let in_time = late["in_time"].as_str().and_then(Severity::from_name).filter(|_| waits);
        Some((severity, in_time))
    });
    let owner: Option<String> = row.try_get("acknowledged_by")?;
    let held = match (row.try_get::<&str, _>("state")?, instant("lapses_at")?, instant("snoozed_until")?) {
        ("acknowledged", Some(until), _) if owner.is_some() => Held::Owned { until },
        ("acknowledged", _, _) => Held::Ownerless,
        (_, _, Some(until)) => match put_off {
            Some((severity, None)) => Held::Snoozed { until, severity },
            Some((severity, Some(in_time))) => Held::Adjourned { until, severity, in_time },
            None => Held::Waits,
        },
        (_, _, None) => Held::Waits,
    };
    Ok(SeenAlert {
        id: AlertId::trusted(row.try_get::<String, _>("id")?),
        severity,
        since: from_ms(row.try_get("since")?),
        held,
    })
}

/// A watch that cannot be read never began.
fn seen_watch(row: &SqliteRow) -> Result<SeenWatch, StoreError> {
    let begun: i64 = row.try_get("begun")?;
    let look_at: i64 = row.try_get("look_at")?;
    Ok(SeenWatch { marked: look_at == 0, begun: if begun == 0 { None } else { read_begun(row)? } })
}

fn read_begun(row: &SqliteRow) -> Result<Option<Begun>, StoreError> {
    let severity: Option<String> = row.try_get("severity")?;
    let chain: Option<String> = row.try_get("chain")?;
    let covers: String = row.try_get("covers")?;
    let next_at: Option<i64> = row.try_get("next_at")?;
    let exhausted_at: Option<i64> = row.try_get("exhausted_at")?;
    let (round, step): (u16, u16) = (row.try_get("round")?, row.try_get("step")?);
    let stage = match row.try_get::<Option<&str>, _>("stage")? {
        Some("running") => Some(Stage::Running { round, step }),
        Some("attended") => Some(Stage::Attended { round, step }),
        _ => None,
    };
    let read = || {
        Some(Begun {
            severity: Severity::from_name(&severity?)?,
            stage: stage?,
            next_at: from_ms(next_at?),
            longest_wait: longest_wait(&serde_json::from_str(&chain?).ok()?),
            covers: serde_json::from_str::<BTreeSet<String>>(&covers)
                .ok()?
                .into_iter()
                .map(AlertId::trusted)
                .collect(),
            exhausted_at: exhausted_at.map(from_ms),
        })
    };
    Ok(read())
}

/// Of a chain as the watch keeps it. The least there can be where it says none.
fn longest_wait(chain: &Value) -> SignedDuration {
    let steps =
        chain["steps"].as_array().into_iter().flatten().filter_map(|step| step["wait_minutes"].as_i64());
    let longest = steps.chain(chain["again_minutes"].as_i64()).max().unwrap_or(1);
    SignedDuration::from_mins(longest.max(1))
}

fn severity_of(name: &str) -> Result<Severity, StoreError> {
    Severity::from_name(name).ok_or(StoreError::Unreadable { place: "alert.severity" })
}
