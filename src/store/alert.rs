//! Alerts and what they rest on.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::alert::{
    AlertChange, AlertState, Evidence, JoinAlert, NewAlert, OpenAlert, Recovery, Severity, Timely,
};
use crate::domain::id::{AlertId, PatientId, RuleId};

use super::bulk::Bulk;
use super::{StoreError, Tx, from_ms, set, to_ms};

static OPEN: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, \
         opened_at, last_at, late, timely, timely_at)",
        14,
        "",
    )
});

static EVIDENCE: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into alert_evidence (alert_id, set_id, at, detail)",
        4,
        "on conflict (alert_id, set_id) do update set detail = excluded.detail",
    )
});

/// `restated`: the alert says this firing's words from now on.
const JOIN: &str = "update alert set severity = j.value ->> 'severity', state = j.value ->> 'state', \
       rule_version = iif(j.value ->> 'restated', j.value ->> 'version', rule_version), \
       why = iif(j.value ->> 'restated', j.value ->> 'why', why), \
       proposal = iif(j.value ->> 'restated', j.value ->> 'proposal', proposal), \
       last_at = j.value ->> 'at', count = count + (j.value ->> 'repeat'), \
       worsened_at = iif(j.value ->> 'worsened', j.value ->> 'at', worsened_at), \
       recovered_at = null, timely = j.value ->> 'timely', timely_at = j.value ->> 'timely_at', \
       late = j.value ->> 'timely' is null, \
       acknowledged_at = iif(j.value ->> 'state' = 'open', null, acknowledged_at), \
       acknowledged_by = iif(j.value ->> 'state' = 'open', null, acknowledged_by), \
       lapses_at = iif(j.value ->> 'state' = 'open', null, lapses_at), \
       snoozed_until = iif(j.value ->> 'cry', null, snoozed_until), snooze = iif(j.value ->> 'cry', null, snooze) \
     from json_each(?) as j where alert.id = j.value ->> 'id'";

fn joined_row(join: &JoinAlert) -> Value {
    json!({
        "id": join.id, "severity": join.severity.name(), "state": join.state.name(),
        "version": join.rule_version, "why": join.why, "proposal": join.proposal, "at": to_ms(join.at),
        "repeat": i64::from(join.repeat), "worsened": join.worsened, "restated": join.restated,
        "cry": join.is_cry,
        "timely": join.timely.map(|timely| timely.severity.name()),
        "timely_at": join.timely.map(|timely| to_ms(timely.at)),
    })
}

/// The worst firing in time of an alert's row, and the last.
fn timely(row: &SqliteRow) -> Result<Option<Timely>, StoreError> {
    let severity = row.try_get::<Option<&str>, _>("timely")?;
    let at = row.try_get::<Option<i64>, _>("timely_at")?;
    let (Some(severity), Some(at)) = (severity, at) else { return Ok(None) };
    let severity = Severity::from_name(severity).ok_or(StoreError::Unreadable { place: "alert.timely" })?;
    Ok(Some(Timely { severity, at: from_ms(at) }))
}

/// Those of some patients that are not resolved.
pub(super) const UNRESOLVED: &str = "
select id, patient_id, rule_id, severity, state, timely, timely_at, recovered_at from alert
where state <> 'resolved' and patient_id in (select value from json_each($1))";

/// What rows of [`UNRESOLVED`] say.
pub(super) fn unresolved(rows: &[SqliteRow]) -> Result<HashMap<PatientId, Vec<OpenAlert>>, StoreError> {
    let mut alerts: HashMap<PatientId, Vec<OpenAlert>> = HashMap::new();
    for row in rows {
        let severity: String = row.try_get("severity")?;
        let state: String = row.try_get("state")?;
        let alert = OpenAlert {
            id: AlertId::trusted(row.try_get::<String, _>("id")?),
            rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
            severity: Severity::from_name(&severity)
                .ok_or(StoreError::Unreadable { place: "alert.severity" })?,
            state: AlertState::from_name(&state).ok_or(StoreError::Unreadable { place: "alert.state" })?,
            timely: timely(row)?,
            recovered: row.try_get::<Option<i64>, _>("recovered_at")?.is_some(),
        };
        alerts.entry(PatientId::trusted(row.try_get::<String, _>("patient_id")?)).or_default().push(alert);
    }
    Ok(alerts)
}

impl Tx {
    /// The alerts of a patient that are not resolved.
    pub async fn open_alerts(&mut self, patient: &PatientId) -> Result<Vec<OpenAlert>, StoreError> {
        let rows = sqlx::query(UNRESOLVED)
            .bind(set::texts([patient.as_str()]))
            .fetch_all(self.connection().await?)
            .await?;
        Ok(unresolved(&rows)?.remove(patient).unwrap_or_default())
    }

    /// Opens and joins alerts in order: a change may join an alert that one before it opened.
    pub async fn apply_alerts<C: Borrow<AlertChange>>(&mut self, changes: &[C]) -> Result<(), StoreError> {
        self.disturb();
        let mut rest = changes;
        while !rest.is_empty() {
            let (together, after) = rest.split_at(until_reopened(rest));
            self.apply_together(together).await?;
            rest = after;
        }
        Ok(())
    }

    /// Changes in the order of their kinds.
    async fn apply_together<C: Borrow<AlertChange>>(&mut self, changes: &[C]) -> Result<(), StoreError> {
        let opened: Vec<&NewAlert> = changes
            .iter()
            .filter_map(|change| match change.borrow() {
                AlertChange::Open(new) => Some(new),
                AlertChange::Join(_) | AlertChange::Recover(_) => None,
            })
            .collect();
        OPEN.insert(self, &opened, |values, new| {
            values
                .add(new.id.shared())
                .add(new.patient.shared())
                .add(new.rule.shared())
                .text(&new.rule_version)
                .word(new.severity.name())
                .word(AlertState::Open.name())
                .text(&new.title)
                .text(&new.why)
                .text(&new.proposal)
                .add(to_ms(new.opened_at))
                .add(to_ms(new.opened_at))
                .add(new.timely().is_none())
                .add(new.timely().map(|timely| timely.severity.name()))
                .add(new.timely().map(|timely| to_ms(timely.at)));
        })
        .await?;
        let joins: Vec<&JoinAlert> = changes
            .iter()
            .filter_map(|change| match change.borrow() {
                AlertChange::Join(join) => Some(join),
                AlertChange::Open(_) | AlertChange::Recover(_) => None,
            })
            .collect();
        self.join_alerts(&joins);
        let told = opened.iter().filter(|new| new.severity > Severity::Advice).map(|new| &new.id);
        // Also what a late reading made worse: whoever looks knows whether the team is there to be told.
        let is_news = |join: &&&JoinAlert| join.surpasses || join.raised || join.is_cry;
        let worse = joins.iter().filter(|join| join.severity > Severity::Advice).filter(is_news);
        self.mark_watches(told.chain(worse.map(|join| &join.id)));
        let evidence: Vec<(&AlertId, &Evidence, i64)> = changes
            .iter()
            .filter_map(|change| match change.borrow() {
                AlertChange::Open(new) => Some((&new.id, new.evidence.as_ref()?, to_ms(new.opened_at))),
                AlertChange::Join(join) => Some((&join.id, join.evidence.as_ref()?, to_ms(join.at))),
                AlertChange::Recover(_) => None,
            })
            .collect();
        EVIDENCE
            .insert(self, &evidence, |values, (alert, evidence, at)| {
                let detail = serde_json::to_string(evidence).unwrap_or_default();
                values.add(alert.shared()).add(evidence.set_id.shared()).add(*at).add(detail);
            })
            .await?;
        let mut recoveries: BTreeMap<&AlertId, &Recovery> = BTreeMap::new();
        for change in changes {
            match change.borrow() {
                AlertChange::Recover(recovery) => drop(recoveries.insert(&recovery.id, recovery)),
                // Joined again later in the same batch: it stands as if it had never recovered.
                AlertChange::Join(join) => drop(recoveries.remove(&join.id)),
                AlertChange::Open(_) => {}
            }
        }
        self.recover_alerts(recoveries.into_values().collect()).await
    }

    /// Each once, as it last recovered.
    async fn recover_alerts(&mut self, recoveries: Vec<&Recovery>) -> Result<(), StoreError> {
        if recoveries.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = recoveries.iter().map(|r| json!({"id": r.id, "at": to_ms(r.at)})).collect();
        self.soon(
            "update alert set recovered_at = j.value ->> 'at' from json_each(?) as j
             where alert.id = j.value ->> 'id'",
            |values| {
                values.add(json!(rows).to_string());
            },
        );
        // Rare: most wait for a person to close them.
        for recovery in recoveries.into_iter().filter(|recovery| recovery.closes) {
            self.mark_resolved(&recovery.id, "lamplight", Some("recovered"), None, recovery.now).await?;
        }
        Ok(())
    }

    /// Joins in order. Alerts that are joined once go in one statement; the next join of one of them begins another.
    fn join_alerts(&mut self, joins: &[&JoinAlert]) {
        let mut rest = joins;
        while !rest.is_empty() {
            let mut met = HashSet::new();
            let once = rest.iter().take_while(|join| met.insert(&join.id)).count();
            let (round, after) = rest.split_at(once);
            rest = after;
            let rows: Vec<_> = round.iter().map(|join| joined_row(join)).collect();
            self.soon(JOIN, |values| {
                values.add(json!(rows).to_string());
            });
        }
    }
}

/// How many changes may be written in the order of their kinds: those before the first that opens anew what another of
/// them closes.
fn until_reopened<C: Borrow<AlertChange>>(changes: &[C]) -> usize {
    let mut closed = HashSet::new();
    for (place, change) in changes.iter().enumerate() {
        match change.borrow() {
            AlertChange::Open(new) if closed.contains(&(&new.patient, &new.rule)) => return place,
            AlertChange::Recover(recovery) if recovery.closes => {
                closed.insert((&recovery.patient, &recovery.rule));
            }
            AlertChange::Open(_) | AlertChange::Join(_) | AlertChange::Recover(_) => {}
        }
    }
    changes.len()
}
