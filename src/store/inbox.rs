//! The journal: every event raw, with what became of it. A row is written once, in the transaction that acts on it.

use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::alert::{NOT_CONFIRMED, NOT_THEIRS};
use crate::domain::decide::Decision;
use crate::domain::event::{Edge, Event, Origin, RAW_LIMIT, Way};
use crate::domain::id::EventId;

use super::bulk::Bulk;
use super::{Store, StoreError, Tx, from_ms, set, to_ms};

static INSERT: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into inbox (id, dedupe_key, edge, kind, sender, address, body, provider_id, retained, raw, \
         received_at, outcome, reason, patient_id, sent_at, part)",
        16,
        "",
    )
});

/// A journalled event that waits for its sender to be known.
#[derive(Debug, Clone)]
pub struct HeldEvent {
    pub id: EventId,
    pub key: String,
    pub edge: Edge,
    pub kind: String,
    pub sender: String,
    pub address: String,
    pub body: Option<String>,
    pub provider_id: Option<String>,
    pub retained: bool,
    pub raw: Vec<u8>,
    pub received_at: Timestamp,
    /// When it was sent, where the carrier did not bring it.
    pub sent_at: Option<Timestamp>,
}

impl HeldEvent {
    pub(super) fn read(row: &SqliteRow, edge: Edge) -> Result<Self, StoreError> {
        Ok(Self {
            id: EventId::trusted(row.try_get::<String, _>("id")?),
            key: row.try_get("dedupe_key")?,
            edge,
            kind: row.try_get("kind")?,
            sender: row.try_get("sender")?,
            address: row.try_get("address")?,
            body: row.try_get("body")?,
            provider_id: row.try_get("provider_id")?,
            retained: row.try_get::<i64, _>("retained")? != 0,
            raw: row.try_get("raw")?,
            received_at: from_ms(row.try_get("received_at")?),
            sent_at: row.try_get::<Option<i64>, _>("sent_at")?.map(from_ms),
        })
    }
}

/// Which of some keys the journal holds already.
pub(super) const KNOWN_KEYS: &str =
    "select dedupe_key from inbox where dedupe_key in (select value from json_each($1))";

/// What rows of [`KNOWN_KEYS`] say.
pub(super) fn keys(rows: &[SqliteRow]) -> Result<HashSet<String>, StoreError> {
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

impl Tx {
    /// Which of these keys the journal holds already.
    pub async fn known_keys(&mut self, keys: &[&str]) -> Result<HashSet<String>, StoreError> {
        let rows = sqlx::query(KNOWN_KEYS).bind(set::texts(keys)).fetch_all(self.connection().await?).await?;
        self::keys(&rows)
    }

    /// Journals events with their decisions.
    pub async fn journal(&mut self, events: &[(&Event, &Decision)]) -> Result<(), StoreError> {
        INSERT
            .insert(self, events, |values, (event, decision)| {
                let text = match &event.origin {
                    Origin::Text(text) => Some(text),
                    _ => None,
                };
                let retained = matches!(&event.origin, Origin::Reading(reading) if reading.retained);
                values
                    .add(event.id.shared())
                    .text(&event.key)
                    .word(event.edge().name())
                    .word(kind(event))
                    .text(event.sender())
                    .text(event.address())
                    .add(text.map(|text| text.body.as_str()))
                    .add(text.map(|text| text.provider_id.as_str()))
                    .add(i64::from(retained))
                    .add(&event.raw[..event.raw.len().min(RAW_LIMIT)])
                    .add(to_ms(event.received_at))
                    .word(decision.outcome.name())
                    .text(&decision.reason)
                    .add(decision.patient.as_ref().map(|patient| patient.shared()))
                    .add(text.filter(|text| text.way != Way::Pushed).map(|_| to_ms(event.said_at())))
                    .add(
                        text.and_then(|text| text.part.as_ref())
                            .map(|part| format!("{}/{}", part.number, part.total)),
                    );
            })
            .await
    }

    /// Counts further copies of journalled events.
    pub async fn count_copies(&mut self, keys: &[&str], now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update inbox set copies = copies + given.n, last_copy_at = $2 \
             from (select value as key, count(*) as n from json_each($1) group by value) as given \
             where inbox.dedupe_key = given.key",
        )
        .bind(set::texts(keys))
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// What is held from this sender, oldest first, at most `limit`, of those after `after`.
    pub async fn held_from(
        &mut self,
        edge: Edge,
        sender: &str,
        after: Option<&EventId>,
        limit: u32,
    ) -> Result<Vec<HeldEvent>, StoreError> {
        let rows = sqlx::query(
            "select id, dedupe_key, kind, sender, address, body, provider_id, retained, raw, received_at, sent_at \
             from inbox where outcome = 'held' and part is null and edge = $1 and sender = $2 and id > $4 \
             order by id limit $3",
        )
        .bind(edge.name())
        .bind(sender)
        .bind(i64::from(limit))
        .bind(after.map_or("", EventId::as_str))
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| HeldEvent::read(row, edge)).collect()
    }

    /// Writes what became of an event that was held. What it has raised meanwhile for patients whose it is not says so from
    /// now on: nobody must ring them as if they were in danger, nor find gone what they have seen.
    pub async fn release(&mut self, event: &EventId, decision: &Decision) -> Result<(), StoreError> {
        sqlx::query("update inbox set outcome = $2, reason = $3, patient_id = $4 where id = $1")
            .bind(event.as_str())
            .bind(decision.outcome.name())
            .bind(&decision.reason)
            .bind(decision.patient.as_ref().map(|patient| patient.as_str()))
            .execute(self.connection().await?)
            .await?;
        if let Some(owner) = &decision.patient {
            sqlx::query(
                "update alert set why = replace(why, $3, $4) \
                 where patient_id <> $1 and id in (select alert_id from alert_evidence where set_id = $2)",
            )
            .bind(owner.as_str())
            .bind(event.as_str())
            .bind(NOT_CONFIRMED)
            .bind(NOT_THEIRS)
            .execute(self.connection().await?)
            .await?;
        }
        Ok(())
    }
}

impl Store {
    /// Senders with held events whose device is bound, or whose number one patient has, by now.
    pub async fn releasable(&self) -> Result<Vec<(Edge, String)>, StoreError> {
        let rows = sqlx::query(
            "select distinct i.edge, i.sender from inbox i \
             where i.outcome = 'held' and i.part is null and i.sender not in (select number from own_number) and ( \
               (i.edge = 'device' and exists (select 1 from device d \
                 where d.id = i.sender and d.patient_id is not null and d.revoked_at is null)) \
               or (i.edge = 'text' and 1 = (select count(*) from patient p where p.phone = i.sender)) \
               or (i.edge = 'text' and not exists (select 1 from patient p where p.phone = i.sender) \
                 and (1, 1) = (select count(*), sum(c.may_report) from carer c \
                               where c.phone = i.sender and c.removed_at is null)))",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let edge = if row.try_get::<String, _>(0)? == "text" { Edge::Text } else { Edge::Device };
                Ok((edge, row.try_get(1)?))
            })
            .collect()
    }
}

fn kind(event: &Event) -> &'static str {
    match event.origin {
        Origin::Text(_) => "text",
        Origin::Reading(_) | Origin::Call(_) | Origin::Doubt(_) => "reading",
        Origin::Status(_) => "status",
        Origin::Stray { .. } => "stray",
    }
}
