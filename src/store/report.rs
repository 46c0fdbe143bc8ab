//! What providers report on texts that they have: every report kept, and each text as far as its reports lead.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::message::read_purpose;
use super::{StoreError, Tx, to_ms};
use crate::domain::delivery::Report;
use crate::domain::id::{MessageId, PatientId};
use crate::domain::message::{MessageState, Purpose};
use crate::domain::provider::Provider;

/// An outbound text as reports and results find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: MessageId,
    pub patient: Option<PatientId>,
    pub purpose: Purpose,
    pub state: MessageState,
    /// Who has it, may have it or is to be tried next; nothing where nobody wrote that down.
    pub provider: Option<Provider>,
}

/// A report that named no text of ours when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParkedReport {
    pub provider: Option<Provider>,
    pub state: Option<MessageState>,
    pub code: Option<u32>,
}

impl Tx {
    /// The text that a report is about: the one it names by our id, else the one that bears the id of this provider's.
    pub async fn reported_message(&mut self, report: &Report) -> Result<Option<Outgoing>, StoreError> {
        let row = sqlx::query(
            "select id, patient_id, purpose, state, provider from message
             where direction = 'out' and (id = $1 or provider_id = $2 and coalesce(provider, $3) = $3)
             order by id = $1 desc limit 1",
        )
        .bind(report.message.as_ref().map(MessageId::as_str))
        .bind(&report.provider_id)
        .bind(report.provider.name())
        .fetch_optional(self.connection().await?)
        .await?;
        row.as_ref().map(outgoing).transpose()
    }

    /// A text by our own id, as it stands now.
    pub async fn outgoing_message(&mut self, id: &MessageId) -> Result<Option<Outgoing>, StoreError> {
        let row = sqlx::query(
            "select id, patient_id, purpose, state, provider from message where id = $1 and direction = 'out'",
        )
        .bind(id.as_str())
        .fetch_optional(self.connection().await?)
        .await?;
        row.as_ref().map(outgoing).transpose()
    }

    /// Keeps a report, whatever it says. Without a message it is parked under the provider's id.
    pub async fn keep_report(
        &mut self,
        message: Option<&MessageId>,
        report: &Report,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into message_event (message_id, provider_id, at, state, error_code, raw, provider)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(message.map(MessageId::as_str))
        .bind(&report.provider_id)
        .bind(to_ms(now))
        .bind(report.state.map_or(report.word.as_str(), |state| state.name()))
        .bind(report.code)
        .bind(&report.raw)
        .bind(report.provider.name())
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Gives a text the reports of its provider that came before its name there was known, oldest first. `provider`:
    /// nothing where nobody wrote down which one it is.
    pub async fn adopt_reports(
        &mut self,
        id: &MessageId,
        provider: Option<Provider>,
        provider_id: &str,
    ) -> Result<Vec<ParkedReport>, StoreError> {
        let rows = sqlx::query(
            "update message_event set message_id = $1 where provider_id = $2 and message_id is null
               and coalesce(provider, $3, '') = coalesce($3, provider, '')
             returning id, state, error_code, provider",
        )
        .bind(id.as_str())
        .bind(provider_id)
        .bind(provider.map(Provider::name))
        .fetch_all(self.connection().await?)
        .await?;
        let mut reports = rows
            .iter()
            .map(|row| {
                let state: String = row.try_get("state")?;
                let provider: Option<String> = row.try_get("provider")?;
                let report = ParkedReport {
                    provider: provider.as_deref().and_then(Provider::from_name),
                    // A provider's own word is kept too, and may look like a state of ours.
                    state: MessageState::from_name(&state).filter(|state| state.is_reported()),
                    code: row.try_get("error_code")?,
                };
                Ok((row.try_get::<i64, _>("id")?, report))
            })
            .collect::<Result<Vec<_>, sqlx::Error>>()?;
        // The order of RETURNING is not promised.
        reports.sort_by_key(|(id, _)| *id);
        Ok(reports.into_iter().map(|(_, report)| report).collect())
    }

    /// Moves a text to where a report has it. A reason that is known stays.
    pub async fn advance_message(
        &mut self,
        id: &MessageId,
        state: MessageState,
        code: Option<u32>,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update message set state = $2, due_at = null, lease_until = null,
                    sent_at = case when $2 in ('sent', 'delivered') then coalesce(sent_at, $5) else sent_at end,
                    delivered_at = case $2 when 'delivered' then $5 else delivered_at end,
                    error_code = coalesce(error_code, $3), error = case when $2 in ('undelivered', 'failed') then $4 end
             where id = $1",
        )
        .bind(id.as_str())
        .bind(state.name())
        .bind(code)
        .bind(why)
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Notes that a text came back from its number as from nobody's.
    pub async fn doubt_number(
        &mut self,
        id: &MessageId,
        code: Option<u32>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into doubtful_number (phone, since, error_code)
             select address, $2, $3 from message where id = $1 and channel = 'sms' and patient_id is not null
             on conflict (phone) do nothing",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .bind(code)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// A text arrived: whoever has the number can be reached.
    pub async fn trust_number(&mut self, id: &MessageId) -> Result<(), StoreError> {
        sqlx::query("delete from doubtful_number where phone = (select address from message where id = $1)")
            .bind(id.as_str())
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// Adds the code that a failure came without.
    pub async fn add_reason(&mut self, id: &MessageId, code: u32, why: &str) -> Result<(), StoreError> {
        sqlx::query(
            "update message set error_code = $2, error = $3
             where id = $1 and error_code is null and state in ('undelivered', 'failed')",
        )
        .bind(id.as_str())
        .bind(code)
        .bind(why)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}

fn outgoing(row: &SqliteRow) -> Result<Outgoing, StoreError> {
    let state: String = row.try_get("state")?;
    let purpose: Option<String> = row.try_get("purpose")?;
    let provider: Option<String> = row.try_get("provider")?;
    Ok(Outgoing {
        provider: provider.as_deref().and_then(Provider::from_name),
        id: MessageId::trusted(row.try_get::<String, _>("id")?),
        patient: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        purpose: read_purpose(purpose.as_deref()),
        state: MessageState::from_name(&state).ok_or(StoreError::Unreadable { place: "message.state" })?,
    })
}
