//! The watches over patients with alerts: whatever changes an alert marks its patient's watch, in its own transaction.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::alert::{AlertState, Severity};
use crate::domain::escalation::{Reason, Snooze, Stage, Watch, WatchedAlert};
use crate::domain::id::{AlertId, PatientId, RuleId, TeamId, UserName};

use super::bulk::Bulk;
use super::enrolment::json as read_json;
use super::{Store, StoreError, Tx, from_ms, set, to_ms};

/// A patient whose alerts are watched, as far as those who watch need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    pub patient: PatientId,
    /// As a notification may show it, where the site allows that.
    pub name: Option<String>,
    /// As the patient's record names it.
    pub team: Option<String>,
    /// Nothing when it is only marked yet.
    pub watch: Option<Watch>,
    /// Those that are not resolved, oldest first.
    pub alerts: Vec<WatchedAlert>,
    /// The highest episode that a notification names.
    pub episodes: u32,
}

const PEOPLE: &str = "
select p.id, p.name, p.team, w.*, p.id as patient_id,
       (select max(episode) from notice n where n.patient_id = p.id) as episodes
from patient p left join watch w on w.patient_id = p.id and w.begun = 1
where p.id in (select value from json_each($1)) order by p.id";

const ALERTS: &str = "
select id, patient_id, rule_id, severity, timely, state, opened_at, worsened_at, acknowledged_by, lapses_at, ends_with_shift, snooze
from alert where state <> 'resolved' and patient_id in (select value from json_each($1)) order by opened_at, id";

static SAVE: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into watch (patient_id, look_at, looked_at, begun, next_at, team_id, severity, chain, site_version, \
         episode, reason, announced, started_at, covers, stage, round, step, exhausted_at)",
        18,
        "on conflict (patient_id) do update set look_at = excluded.look_at, looked_at = excluded.looked_at, begun = 1, \
         next_at = excluded.next_at, team_id = excluded.team_id, severity = excluded.severity, \
         chain = excluded.chain, site_version = excluded.site_version, episode = excluded.episode, \
         reason = excluded.reason, announced = excluded.announced, started_at = excluded.started_at, \
         covers = excluded.covers, stage = excluded.stage, round = excluded.round, step = excluded.step, \
         exhausted_at = excluded.exhausted_at",
    )
});

impl Store {
    /// Waits until a commit has left a watch to be looked at, or takes the one that has already. Whatever changes an alert
    /// rings by itself: nobody who commits must think of it.
    pub async fn watch_marked(&self) {
        self.bell.notified().await;
    }
}

impl Tx {
    /// Says that something has changed about these alerts that somebody may have to be told of.
    pub(super) fn mark_watches<'a>(&mut self, alerts: impl IntoIterator<Item = &'a AlertId>) {
        let alerts: Vec<&AlertId> = alerts.into_iter().collect();
        if alerts.is_empty() {
            return;
        }
        self.soon(
            "insert into watch (patient_id, look_at)
             select distinct patient_id, 0 from alert where id in (select value from json_each(?))
             on conflict (patient_id) do update set look_at = 0",
            |values| {
                values.add(json!(alerts).to_string());
            },
        );
        self.rings = true;
    }

    /// Puts every patient under watch who has something amber or red and is not. How many that were: none, unless
    /// something else has written into the database.
    pub async fn repair_watches(&mut self) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "insert into watch (patient_id, look_at)
             select distinct patient_id, 0 from alert where state <> 'resolved' and severity in ('amber', 'red')
               and patient_id not in (select patient_id from watch)",
        )
        .execute(self.connection().await?)
        .await?;
        self.rings = true;
        Ok(done.rows_affected())
    }

    /// Whose watch is to be looked at, longest overdue first; also those that were looked at in what is the future now,
    /// because the clock has gone back since.
    pub async fn due_watches(&mut self, now: Timestamp, limit: u32) -> Result<Vec<PatientId>, StoreError> {
        // Both found by their index; of either at once SQLite looks through everybody.
        let rows = sqlx::query(
            "select patient_id from (select patient_id, look_at from watch where look_at <= $1
                                     union select patient_id, look_at from watch where looked_at > $1)
             order by look_at, patient_id limit $2",
        )
        .bind(to_ms(now))
        .bind(i64::from(limit))
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(PatientId::trusted(row.try_get::<String, _>(0)?))).collect()
    }

    /// All that a look at these patients needs, in the order of their ids.
    pub async fn watched(&mut self, patients: &[PatientId]) -> Result<Vec<Watched>, StoreError> {
        let ids = set::texts(patients.iter().map(PatientId::as_str));
        let rows = sqlx::query(ALERTS).bind(&ids).fetch_all(self.connection().await?).await?;
        let mut alerts: HashMap<PatientId, Vec<WatchedAlert>> = HashMap::new();
        for row in &rows {
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            alerts.entry(patient).or_default().push(read_alert(row)?);
        }
        let rows = sqlx::query(PEOPLE).bind(&ids).fetch_all(self.connection().await?).await?;
        rows.iter()
            .map(|row| {
                let patient = PatientId::trusted(row.try_get::<String, _>("id")?);
                let begun = row.try_get::<Option<i64>, _>("begun")?.is_some();
                Ok(Watched {
                    name: row.try_get("name")?,
                    team: row.try_get("team")?,
                    watch: begun.then(|| read_watch(row)).transpose()?,
                    alerts: alerts.remove(&patient).unwrap_or_default(),
                    episodes: row.try_get::<Option<u32>, _>("episodes")?.unwrap_or(0),
                    patient,
                })
            })
            .collect()
    }

    /// Keeps watches, each until its own time.
    pub async fn keep_watches(
        &mut self,
        watches: &[(&Watch, Timestamp)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        SAVE.insert(self, watches, |values, (watch, look_at)| {
            let (stage, round, step) = match watch.stage {
                Stage::Running { round, step } => ("running", round, step),
                Stage::Attended { round, step } => ("attended", round, step),
            };
            values
                .add(watch.patient.as_str())
                .add(to_ms(*look_at))
                .add(to_ms(now))
                .add(1)
                .add(to_ms(watch.next_at))
                .add(watch.team.as_str())
                .add(watch.severity.name())
                .add(json!(watch.chain).to_string())
                .add(&watch.site_version)
                .add(watch.episode)
                .add(watch.reason.name())
                .add(watch.announced)
                .add(to_ms(watch.started_at))
                .add(json!(watch.covers).to_string())
                .add(stage)
                .add(round)
                .add(step)
                .add(watch.exhausted_at.map(to_ms));
        })
        .await?;
        self.rings |= watches.iter().any(|(_, look_at)| *look_at <= now);
        Ok(())
    }

    /// Nobody needs to be told of these patients any more.
    pub async fn end_watches(&mut self, patients: &[&PatientId]) -> Result<(), StoreError> {
        if patients.is_empty() {
            return Ok(());
        }
        sqlx::query("delete from watch where patient_id in (select value from json_each($1))")
            .bind(json!(patients).to_string())
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// What cannot be made out of a watch is forgotten: it begins anew from the alerts at `look_at`.
    pub async fn forget_watch(
        &mut self,
        patient: &PatientId,
        look_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("update watch set begun = 0, look_at = $2, looked_at = $3 where patient_id = $1")
            .bind(patient.as_str())
            .bind(to_ms(look_at))
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// Alerts that their owners showed no progress with are open again. Marks no watch: it is whoever looks at one that
    /// finds this.
    pub async fn lapse_alerts(&mut self, alerts: &[AlertId]) -> Result<(), StoreError> {
        if alerts.is_empty() {
            return Ok(());
        }
        // Readings are judged by how the alerts stand.
        self.disturb();
        sqlx::query(
            "update alert set state = 'open', acknowledged_at = null, acknowledged_by = null, lapses_at = null,
               ends_with_shift = 0
             where state = 'acknowledged' and id in (select value from json_each($1))",
        )
        .bind(json!(alerts).to_string())
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Alerts that were put off are so no longer. Marks no watch, as [`Tx::lapse_alerts`].
    pub async fn wake_alerts(&mut self, alerts: &[AlertId]) -> Result<(), StoreError> {
        if alerts.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "update alert set snoozed_until = null, snooze = null where id in (select value from json_each($1))",
        )
        .bind(json!(alerts).to_string())
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Puts alerts off that can wait for the team. Marks no watch, as [`Tx::lapse_alerts`].
    pub async fn put_off(&mut self, alerts: &[(AlertId, Snooze)]) -> Result<(), StoreError> {
        if alerts.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "update alert set snoozed_until = j.value ->> 'at', snooze = j.value ->> 'snooze'
             from json_each($1) as j where alert.id = j.value ->> 'id' and alert.state = 'open'",
        )
        .bind(set::rows(
            alerts
                .iter()
                .map(|(id, snooze)| json!({ "id": id, "at": to_ms(snooze.until), "snooze": snooze })),
        ))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Brings the ends of acknowledgements and snoozes nearer. Marks no watch, as [`Tx::lapse_alerts`].
    pub async fn cut_ends(&mut self, ends: &[(AlertId, Timestamp)]) -> Result<(), StoreError> {
        if ends.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "update alert set lapses_at = iif(state = 'acknowledged', end.value ->> 'at', lapses_at),
               snoozed_until = iif(state = 'acknowledged' or snooze is null, snoozed_until, end.value ->> 'at'),
               snooze = iif(state = 'acknowledged' or snooze is null, snooze,
                 json_set(snooze, '$.until', end.value ->> 'said'))
             from json_each($1) as end where alert.id = end.value ->> 'id'",
        )
        .bind(set::rows(
            ends.iter().map(|(id, at)| json!({ "id": id, "at": to_ms(*at), "said": at.to_string() })),
        ))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}

fn read_watch(row: &SqliteRow) -> Result<Watch, StoreError> {
    let text = |column| row.try_get::<String, _>(column);
    let (round, step) = (row.try_get("round")?, row.try_get("step")?);
    Ok(Watch {
        patient: PatientId::trusted(text("patient_id")?),
        team: TeamId::trusted(text("team_id")?),
        severity: severity(row)?,
        chain: read_json(&text("chain")?, "watch.chain")?,
        site_version: text("site_version")?,
        episode: row.try_get("episode")?,
        reason: Reason::from_name(&text("reason")?)
            .ok_or(StoreError::Unreadable { place: "watch.reason" })?,
        announced: row.try_get("announced")?,
        started_at: from_ms(row.try_get("started_at")?),
        covers: read_json::<BTreeSet<AlertId>>(&text("covers")?, "watch.covers")?,
        stage: match text("stage")?.as_str() {
            "running" => Stage::Running { round, step },
            "attended" => Stage::Attended { round, step },
            _ => return Err(StoreError::Unreadable { place: "watch.stage" }),
        },
        next_at: from_ms(row.try_get("next_at")?),
        exhausted_at: row.try_get::<Option<i64>, _>("exhausted_at")?.map(from_ms),
    })
}

fn read_alert(row: &SqliteRow) -> Result<WatchedAlert, StoreError> {
    let instant = |column| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(from_ms));
    let state: String = row.try_get("state")?;
    let snooze: Option<String> = row.try_get("snooze")?;
    Ok(WatchedAlert {
        id: AlertId::trusted(row.try_get::<String, _>("id")?),
        rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
        severity: severity(row)?,
        timely: row
            .try_get::<Option<&str>, _>("timely")?
            .map(|name| Severity::from_name(name).ok_or(StoreError::Unreadable { place: "alert.timely" }))
            .transpose()?,
        state: AlertState::from_name(&state).ok_or(StoreError::Unreadable { place: "alert.state" })?,
        opened_at: from_ms(row.try_get("opened_at")?),
        worsened_at: instant("worsened_at")?,
        owner: row.try_get::<Option<String>, _>("acknowledged_by")?.map(UserName::trusted),
        lapses_at: instant("lapses_at")?,
        ends_with_shift: row.try_get("ends_with_shift")?,
        snooze: snooze.map(|json| read_json::<Snooze>(&json, "alert.snooze")).transpose()?,
    })
}

fn severity(row: &SqliteRow) -> Result<Severity, StoreError> {
    let name: String = row.try_get("severity")?;
    Severity::from_name(&name).ok_or(StoreError::Unreadable { place: "severity" })
}
