//! Those who text, whoever they are: what they sent of late, and which of them are ourselves.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::decide::{Earlier, LAST_FEW};
use crate::domain::id::EventId;
use crate::domain::phone::Phone;

/// What is known of senders before anything is decided.
#[derive(Debug, Default)]
pub struct Lately {
    /// By sender, oldest first.
    pub texts: HashMap<String, Vec<Earlier>>,
    /// Those that are numbers of our own.
    pub ours: HashSet<String>,
}

impl Tx {
    /// The last few texts of each of these senders after `since`, and which of them are numbers of our own.
    pub async fn lately(&mut self, senders: &[&str], since: Timestamp) -> Result<Lately, StoreError> {
        let rows = sqlx::query(
            "select i.id, i.sender, i.body, i.received_at, i.outcome <> 'accepted' as baffling
             from json_each($1) as given join inbox i on i.id in
               (select id from inbox where edge = 'text' and sender = given.value and received_at > $2
                order by received_at desc, id desc limit $3 + 0)
             union all
             select '', number, null, since, 0 from own_number where number in (select value from json_each($1))
             order by 1",
        )
        .bind(set::texts(senders))
        .bind(to_ms(since))
        .bind(i64::try_from(LAST_FEW).unwrap_or(i64::MAX))
        .fetch_all(self.connection().await?)
        .await?;
        let mut lately = Lately::default();
        for row in &rows {
            let (id, sender): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if id.is_empty() {
                lately.ours.insert(sender);
                continue;
            }
            let body: Option<String> = row.try_get(2)?;
            let earlier = Earlier {
                id: EventId::trusted(id),
                at: from_ms(row.try_get(3)?),
                body: body.unwrap_or_default(),
                baffling: row.try_get::<i64, _>(4)? != 0,
            };
            lately.texts.entry(sender).or_default().push(earlier);
        }
        Ok(lately)
    }
}

impl Store {
    /// Takes note of the numbers that our texts come from. One that was ours once stays ours: nobody else has it.
    pub async fn note_own_numbers(&self, numbers: &[Phone], now: Timestamp) -> Result<(), StoreError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let numbers: Vec<&str> = numbers.iter().map(Phone::as_str).collect();
        sqlx::query(
            "insert into own_number (number, since) select value, $2 from json_each($1) where true
             on conflict (number) do nothing",
        )
        .bind(set::texts(&numbers))
        .bind(to_ms(now))
        .execute(tx.connection().await?)
        .await?;
        tx.commit().await
    }
}
