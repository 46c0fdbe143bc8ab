use jiff::Timestamp;
use sqlx::Row;

use super::super::{Store, StoreError, from_ms, to_ms};
use crate::domain::cost::{Sent, Stretch};
use crate::domain::id::TeamId;
use crate::domain::message::MessageState;

/// One thing that a provider said of a text.
#[derive(Debug, Clone)]
pub struct ShownEvent {
    pub at: Timestamp,
    pub provider: Option<String>,
    /// Where it put the text, or the provider's own word where we know none.
    pub state: String,
    pub error_code: Option<i64>,
    /// It moved the text there, or could have: it names a state of ours.
    pub is_known: bool,
}

/// What a quarter of an hour has, in milliseconds.
const QUARTER: i64 = 900_000;

impl Store {
    /// Texts that left from `since` until before `until`, by team and quarter of an hour. What went nowhere, because
    /// the provider only writes down that it would have, cost nothing and is left out. A text counts once, and its
    /// segments as often as it was, or may have been, carried: again after a doubt, and again by another provider of
    /// whom a report says that it had it too.
    pub async fn texts_sent(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Stretch>, StoreError> {
        let rows = sqlx::query(
            "select coalesce(p.team, n.team_id) as team, m.sent_at / $3 as quarter, count(*) as texts,
                    sum(m.segments * (1 + max(m.resent,
                      (select count(distinct e.provider) from message_event e
                       where e.message_id = m.id and e.provider <> m.provider and e.provider <> 'log'
                         and e.state in ('sent', 'delivered', 'undelivered'))))) as segments
             from message m left join patient p on p.id = m.patient_id left join notice n on n.message_id = m.id
             where m.segments is not null and m.sent_at >= $1 and m.sent_at < $2 and m.provider is not 'log'
             group by 1, 2 order by 1, 2",
        )
        .bind(to_ms(since))
        .bind(to_ms(until))
        .bind(QUARTER)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let number = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
                Ok(Stretch {
                    team: row.try_get::<Option<String>, _>("team")?.map(TeamId::trusted),
                    at: from_ms(row.try_get::<i64, _>("quarter")? * QUARTER),
                    sent: Sent { texts: number("texts")?, segments: number("segments")? },
                })
            })
            .collect()
    }

    /// Everything that providers said of a text, as it came. Nothing when there is no such text of ours.
    pub async fn message_events(&self, message: &str) -> Result<Option<Vec<ShownEvent>>, StoreError> {
        let known = sqlx::query("select 1 from message where id = $1 and direction = 'out'")
            .bind(message)
            .fetch_optional(&self.readers)
            .await?;
        if known.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query("select * from message_event where message_id = $1 order by id")
            .bind(message)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let state: String = row.try_get("state")?;
                Ok(ShownEvent {
                    at: from_ms(row.try_get("at")?),
                    provider: row.try_get("provider")?,
                    is_known: MessageState::from_name(&state).is_some_and(MessageState::is_reported),
                    state,
                    error_code: row.try_get("error_code")?,
                })
            })
            .collect::<Result<_, StoreError>>()
            .map(Some)
    }
}
