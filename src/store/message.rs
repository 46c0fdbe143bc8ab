//! The outbox: texts that must leave, under whose lease they are, and what came of each attempt.
//!
//! `due_at` is the one thing that drives the worker. While a text is held it is the end of the lease, so that a text
//! whose worker died comes up again by itself, as one that may have left.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, from_ms, to_ms};
use crate::domain::alert::Severity;
use crate::domain::delivery::{DueText, Occasion, Work};
use crate::domain::escalation::Reason;
use crate::domain::id::{MessageId, PatientId, TeamId};
use crate::domain::message::{MessageState, Purpose};
use crate::domain::organisation::{Address, Channel};
use crate::domain::patient::Standing;
use crate::domain::phone::Phone;

impl Store {
    /// When the worker must next look, or nothing when no text waits.
    pub async fn next_due_text(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "select min(due_at) from message
             where due_at is not null and direction = 'out' and state in ('queued', 'sending', 'ambiguous')",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(from_ms))
    }
}

impl Tx {
    /// Takes up to `limit` messages that are due, red advice and notifications of staff first, and holds them until
    /// `lease_until`.
    ///
    /// A text that is sent goes to the patient's number of this moment, or to that of whoever answers for them, unless it
    /// is pinned. A text whose lease ran out comes back to be
    /// reconciled: whoever held it may have sent it.
    pub async fn claim_texts(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueText>, StoreError> {
        // The oldest of all, the oldest red ones and the oldest to staff, each by its index: however many wait, few rows
        // are looked at.
        let rows = sqlx::query(
            "with due(id) as (
               select id from (select id from message where due_at is not null and purpose = '{\"reply\":\"red\"}'
                   and due_at <= $1 and direction = 'out' and state in ('queued', 'sending', 'ambiguous')
                 order by due_at limit $3)
               union
               select id from (select id from message where due_at is not null and purpose = '\"notification\"'
                   and due_at <= $1 and direction = 'out' and state in ('queued', 'sending', 'ambiguous')
                 order by due_at limit $3)
               union
               select id from (select id from message where due_at <= $1 and direction = 'out'
                   and state in ('queued', 'sending', 'ambiguous') order by due_at limit $3))
             select m.id, m.body, m.state, m.purpose, m.attempts, m.resent, m.attempted_at, m.created_at,
                    coalesce(m.not_after, m.created_at + 86400000) as not_after,
                    p.id as patient,
                    case when c.phone is null or c.phone is p.phone then p.standing
                         when c.stopped_at is null and c.removed_at is null then 'active' else 'stopped' end as standing,
                    case when m.patient_id is null or m.pinned then m.address else coalesce(x.phone, p.phone) end
                      as number,
                    m.address, m.channel, m.subject, n.team_id as team, n.severity, n.reason
             from due join message m on m.id = due.id left join patient p on p.id = m.patient_id
               left join notice n on n.message_id = m.id
               left join carer x on x.patient_id = m.patient_id and x.answers_for = 1
                 and x.removed_at is null and x.stopped_at is null
               left join carer c on m.pinned and c.patient_id = m.patient_id and c.phone = m.address
             order by m.purpose = $2 desc, m.purpose = '\"notification\"' desc, m.due_at, m.id
             limit $3",
        )
        .bind(to_ms(now))
        .bind(purpose_json(Purpose::Reply(Some(Severity::Red))))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.inner)
        .await?;
        let texts = rows
            .iter()
            .map(|row| due_text(row, now, lease_until))
            .collect::<Result<Vec<_>, sqlx::Error>>()?;
        if texts.is_empty() {
            return Ok(texts);
        }
        let held: Vec<_> = texts
            .iter()
            .map(|t| json!({ "id": t.id, "tried": t.tried.as_str(), "at": to_ms(t.attempted_at) }))
            .collect();
        sqlx::query(
            "update message set state = case state when 'queued' then 'sending' else 'ambiguous' end,
                    address = held.value ->> 'tried', attempted_at = held.value ->> 'at',
                    attempts = attempts + 1, lease_until = $2, due_at = $2
             from json_each($1) as held
             where message.id = held.value ->> 'id'",
        )
        .bind(json!(held).to_string())
        .bind(to_ms(lease_until))
        .execute(&mut *self.inner)
        .await?;
        Ok(texts)
    }

    /// The provider has the text. Says so even when the lease is gone, and never leads a state back.
    pub async fn record_sent(
        &mut self,
        id: &MessageId,
        provider_id: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(provider_id) = provider_id {
            self.bind_provider_id(id, provider_id).await?;
        }
        sqlx::query(
            "update message set state = 'sent', sent_at = coalesce(sent_at, $2), error = null, due_at = null,
                    lease_until = null
             where id = $1 and state in ('queued', 'sending', 'ambiguous')",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    /// [`Self::record_sent`] for many texts, each with the provider's name for it.
    pub async fn record_all_sent(
        &mut self,
        sent: &[(&MessageId, &str)],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let names: Vec<_> = sent.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
        let names = json!(names).to_string();
        sqlx::query(
            "update message set
               provider_id = case when message.provider_id is null and not exists (select 1 from message other
                   where other.provider_id = given.value ->> 'name' and other.direction = 'out')
                 then given.value ->> 'name' else message.provider_id end,
               sent_at = case when state in ('queued', 'sending', 'ambiguous') then coalesce(sent_at, $2) else sent_at end,
               due_at = case when state in ('queued', 'sending', 'ambiguous') then null else due_at end,
               lease_until = case when state in ('queued', 'sending', 'ambiguous') then null else lease_until end,
               state = case when state in ('queued', 'sending', 'ambiguous') then 'sent' else state end
             from json_each($1) as given
             where message.id = given.value ->> 'id'",
        )
        .bind(&names)
        .bind(to_ms(now))
        .execute(&mut *self.inner)
        .await?;
        let rows = sqlx::query(
            "select distinct provider_id from message_event where message_id is null
             and provider_id in (select value ->> 'name' from json_each($1))",
        )
        .bind(&names)
        .fetch_all(&mut *self.inner)
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Hands a held text back: `queued` to be sent again, `ambiguous` to be reconciled. Does nothing when the lease is
    /// not this one any more: somebody else knows better.
    pub async fn record_wait(
        &mut self,
        text: &DueText,
        state: MessageState,
        at: Timestamp,
        resent: bool,
        why: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update message set state = $3, due_at = $4, resent = max(resent, $5), error = $6, lease_until = null
             where id = $1 and lease_until = $2 and state in ('sending', 'ambiguous')",
        )
        .bind(text.id.as_str())
        .bind(to_ms(text.lease_until))
        .bind(state.name())
        .bind(to_ms(at))
        .bind(i64::from(resent))
        .bind(why)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    /// Gives a held text up. True when this did it; false when it had come further, or another held it.
    pub async fn record_failed(
        &mut self,
        text: &DueText,
        code: Option<u32>,
        why: &str,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update message set state = 'failed', due_at = null, lease_until = null,
                    error_code = coalesce($3, error_code), error = $4
             where id = $1 and lease_until = $2 and state in ('sending', 'ambiguous')",
        )
        .bind(text.id.as_str())
        .bind(to_ms(text.lease_until))
        .bind(code)
        .bind(why)
        .execute(&mut *self.inner)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Names a text as the provider does. The first name stays; a name that another text bears is not taken.
    pub async fn bind_provider_id(&mut self, id: &MessageId, provider_id: &str) -> Result<(), StoreError> {
        sqlx::query(
            "update message set provider_id = $2
             where id = $1 and provider_id is null
               and not exists (select 1 from message where provider_id = $2 and direction = 'out')",
        )
        .bind(id.as_str())
        .bind(provider_id)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    /// The first of these names that no other text of ours bears.
    pub async fn first_unclaimed<'a>(
        &mut self,
        id: &MessageId,
        provider_ids: &'a [String],
    ) -> Result<Option<&'a str>, StoreError> {
        let row = sqlx::query(
            "select value as name from json_each($1)
             where not exists (select 1 from message where provider_id = value and direction = 'out' and id <> $2)
             order by key limit 1",
        )
        .bind(json!(provider_ids).to_string())
        .bind(id.as_str())
        .fetch_optional(&mut *self.inner)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let name: String = row.try_get("name")?;
        Ok(provider_ids.iter().find(|id| **id == name).map(String::as_str))
    }

    /// Whether the last thing that a patient texted about our texts was START.
    pub async fn has_returned(&mut self, patient: &PatientId) -> Result<bool, StoreError> {
        let row = sqlx::query("select returned_at is not null from patient where id = $1")
            .bind(patient.as_str())
            .fetch_optional(&mut *self.inner)
            .await?;
        Ok(row.map(|row| row.try_get::<bool, _>(0)).transpose()?.unwrap_or_default())
    }

    /// Marks a patient as one whom we may not text, because the provider will not. True when that is news.
    pub async fn stop_texting(&mut self, patient: &PatientId, now: Timestamp) -> Result<bool, StoreError> {
        self.disturb();
        let done = sqlx::query(
            "update patient set standing = 'stopped', updated_at = $2 where id = $1 and standing <> 'stopped'",
        )
        .bind(patient.as_str())
        .bind(to_ms(now))
        .execute(&mut *self.inner)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn due_text(row: &SqliteRow, now: Timestamp, lease_until: Timestamp) -> Result<DueText, sqlx::Error> {
    let state: String = row.try_get("state")?;
    let work = if state == MessageState::Queued.name() { Work::Send } else { Work::Reconcile };
    let standing: Option<String> = row.try_get("standing")?;
    let channel: String = row.try_get("channel")?;
    let to = row.try_get::<Option<String>, _>("number")?.map(|number| address_by(&channel, number));
    let address = address_by(&channel, row.try_get("address")?);
    let purpose: Option<String> = row.try_get("purpose")?;
    let attempted_at: Option<i64> = row.try_get("attempted_at")?;
    Ok(DueText {
        id: MessageId::trusted(row.try_get::<String, _>("id")?),
        patient: row.try_get::<Option<String>, _>("patient")?.map(PatientId::trusted),
        standing: match standing {
            Some(name) if name == Standing::Stopped.name() => Standing::Stopped,
            _ => Standing::Active,
        },
        tried: match work {
            Work::Send => to.clone().unwrap_or(address),
            Work::Reconcile => address,
        },
        to,
        subject: row.try_get("subject")?,
        body: row.try_get("body")?,
        occasion: occasion(row)?,
        purpose: read_purpose(purpose.as_deref()),
        not_after: from_ms(row.try_get("not_after")?),
        attempts: row.try_get::<u32, _>("attempts")? + 1,
        resent: row.try_get::<i64, _>("resent")? != 0,
        attempted_at: match work {
            Work::Send => now,
            Work::Reconcile => from_ms(attempted_at.unwrap_or(row.try_get("created_at")?)),
        },
        lease_until,
        work,
    })
}

/// An address as a message keeps it.
fn address_by(channel: &str, address: String) -> Address {
    match Channel::from_name(channel) {
        Some(Channel::Email) => Address::Email(address),
        Some(Channel::Webhook) => Address::Webhook(address),
        Some(Channel::Sms) | None => Address::Sms(Phone::trusted(address)),
    }
}

/// What a message is about, if it is a notice of a patient's watch.
fn occasion(row: &SqliteRow) -> Result<Option<Occasion>, sqlx::Error> {
    let column = |name| row.try_get::<Option<String>, _>(name);
    let (Some(team), Some(severity), Some(reason)) =
        (column("team")?, column("severity")?, column("reason")?)
    else {
        return Ok(None);
    };
    let read = Severity::from_name(&severity).zip(Reason::from_name(&reason));
    Ok(read.map(|(severity, reason)| Occasion { team: TeamId::trusted(team), severity, reason }))
}

fn purpose_json(purpose: Purpose) -> String {
    // A purpose has a name and at most a severity: it always has a JSON form.
    serde_json::to_string(&purpose).unwrap_or_default()
}

/// A purpose that cannot be read must not hold up the outbox; it counts as what nobody may miss.
pub(super) fn read_purpose(stored: Option<&str>) -> Purpose {
    stored.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Purpose::Reply(Some(Severity::Red)))
}
