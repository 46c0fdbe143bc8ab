//! Taking up what is due: in which order, by whom it leaves, and what waits for a pace or a budget.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::message::read_purpose;
use super::{StoreError, Tx, from_ms, set, to_ms};
use crate::domain::alert::Severity;
use crate::domain::delivery::{DueText, Occasion, Work};
use crate::domain::dispatch::{Admission, Dispatch, Gate, Limit, SLOT_MS, SLOTS_A_DAY, Spent, Wish};
use crate::domain::escalation::Reason;
use crate::domain::id::{MessageId, PatientId, TeamId};
use crate::domain::message::{MessageState, Purpose};
use crate::domain::organisation::{Address, Channel};
use crate::domain::patient::Standing;
use crate::domain::phone::Phone;
use crate::domain::provider::Provider;
use crate::domain::segment;

/// What a worker takes up, and what it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claimed {
    pub texts: Vec<DueText>,
    /// Something is due and waits for its provider's pace.
    pub is_paced: bool,
    /// Texts that a budget put off.
    pub held: Vec<(Limit, MessageId, Option<PatientId>)>,
    /// Texts that left although a budget is used up.
    pub over: Vec<(Limit, MessageId, Option<PatientId>)>,
}

/// The oldest of all, the oldest with red or amber advice and the oldest to staff, each by its index: however many wait,
/// few rows are looked at.
///
/// A bare `limit $3` is read while the statement is planned, so that SQLite would plan it anew whenever it is bound.
const DUE: &str = "
with due(id) as (
  select id from (select id from message where due_at is not null and purpose = '{\"reply\":\"red\"}'
      and due_at <= $1 and direction = 'out' and state in ('queued', 'sending', 'ambiguous')
    order by due_at limit $3 + 0)
  union
  select id from (select id from message where due_at is not null and purpose = '\"notification\"'
      and due_at <= $1 and direction = 'out' and state in ('queued', 'sending', 'ambiguous')
    order by due_at limit $3 + 0)
  union
  select id from (select id from message where due_at is not null and purpose = '{\"reply\":\"amber\"}'
      and due_at <= $1 and direction = 'out' and state in ('queued', 'sending', 'ambiguous')
    order by due_at limit $3 + 0)
  union
  select id from (select id from message where due_at <= $1 and direction = 'out'
      and state in ('queued', 'sending', 'ambiguous') order by due_at limit $3 + 0))
select m.id, m.body, m.state, m.purpose, m.attempts, m.resent, m.attempted_at, m.created_at, m.provider,
       coalesce(m.not_after, m.created_at + 86400000) as not_after,
       p.id as patient,
       case when c.phone is null or c.phone is p.phone then p.standing
            when c.stopped_at is null and c.removed_at is null then 'active' else 'stopped' end as standing,
       case when m.patient_id is null or m.pinned then m.address else coalesce(x.phone, p.phone) end
         as number,
       m.purpose in ('\"neutral\"', '\"notification\"') or m.channel <> 'sms' or p.id is not null and not m.pinned
         or exists (select 1 from patient where phone = m.address)
         or exists (select 1 from carer where phone = m.address) as is_known,
       m.address, m.channel, m.subject, n.team_id as team, n.severity, n.reason
from due join message m on m.id = due.id left join patient p on p.id = m.patient_id
  left join notice n on n.message_id = m.id
  left join carer x on x.patient_id = m.patient_id and x.answers_for = 1
    and x.removed_at is null and x.stopped_at is null
  left join carer c on m.pinned and c.patient_id = m.patient_id and c.phone = m.address
order by m.purpose = $2 desc, m.purpose = '\"notification\"' desc, m.purpose = $4 desc, m.due_at, m.id
limit $3 + 0";

impl Tx {
    /// [`Self::dispatch_texts`] where there is one carrier and neither pace nor budget.
    pub async fn claim_texts(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueText>, StoreError> {
        Ok(self.dispatch_texts(now, lease_until, limit, &Dispatch::default()).await?.texts)
    }

    /// Takes up to `limit` messages that are due, red advice and notifications of staff first, writes down by whom each
    /// leaves, and holds them until `lease_until`.
    ///
    /// A text that is sent goes to the patient's number of this moment, or to that of whoever answers for them, unless it
    /// is pinned. A text whose lease ran out comes back to be reconciled with the provider that was to have it: whoever
    /// held it may have sent it.
    pub async fn dispatch_texts(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
        dispatch: &Dispatch,
    ) -> Result<Claimed, StoreError> {
        let rows = sqlx::query(DUE)
            .bind(to_ms(now))
            .bind(purpose_json(Purpose::Reply(Some(Severity::Red))))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(purpose_json(Purpose::Reply(Some(Severity::Amber))))
            .fetch_all(self.connection().await?)
            .await?;
        let due = rows
            .iter()
            .map(|row| due_text(row, now, lease_until))
            .collect::<Result<Vec<_>, sqlx::Error>>()?;
        if due.is_empty() {
            return Ok(Claimed::default());
        }
        let mut gate = Gate::new(dispatch, self.spent(dispatch, &due, now).await?);
        let mut claimed = Claimed::default();
        for mut text in due {
            if text.work == Work::Reconcile || text.tried.channel() != Channel::Sms {
                claimed.texts.push(text);
                continue;
            }
            if text.stays(now).is_some() {
                // Given up as soon as it is looked at, at nobody's cost.
                text.segments = 0;
                claimed.texts.push(text);
                continue;
            }
            let wish = Wish {
                to: text.tried.as_str(),
                purpose: text.purpose,
                segments: text.segments,
                next: text.provider,
            };
            match gate.admit(&wish) {
                Admission::Go { by, over } => {
                    claimed.over.extend(over.map(|limit| (limit, text.id.clone(), text.patient.clone())));
                    text.provider = by;
                    claimed.texts.push(text);
                }
                Admission::Wait => claimed.is_paced = true,
                Admission::Hold(limit) => claimed.held.push((limit, text.id, text.patient)),
            }
        }
        self.hold(&claimed.texts, lease_until).await?;
        self.hold_back(&claimed.held, now).await?;
        if dispatch.budget.is_set() && gate.passed() > 0 {
            self.spend(gate.passed(), now).await?;
        }
        Ok(claimed)
    }

    /// Writes down who is handed what, before anybody is.
    async fn hold(&mut self, texts: &[DueText], lease_until: Timestamp) -> Result<(), StoreError> {
        let held: Vec<_> = texts
            .iter()
            .map(|t| {
                json!({
                    "id": t.id, "tried": t.tried.as_str(), "at": to_ms(t.attempted_at),
                    "by": t.provider.map(Provider::name),
                    "segments": (t.segments > 0).then_some(t.segments),
                })
            })
            .collect();
        sqlx::query(
            "update message set state = case state when 'queued' then 'sending' else 'ambiguous' end,
                    address = held.value ->> 'tried', attempted_at = held.value ->> 'at',
                    provider = held.value ->> 'by', segments = coalesce(held.value ->> 'segments', segments),
                    attempts = attempts + 1, lease_until = $2, due_at = $2
             from json_each($1) as held
             where message.id = held.value ->> 'id'",
        )
        .bind(json!(held).to_string())
        .bind(to_ms(lease_until))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Looks at texts that a budget held back again when its stretch of time is over.
    async fn hold_back(
        &mut self,
        held: &[(Limit, MessageId, Option<PatientId>)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if held.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "update message set due_at = min($2, coalesce(not_after, $2)), error = 'A budget for texts is used up, so it waits.'
             where id in (select value from json_each($1)) and state = 'queued'",
        )
        .bind(set::texts(held.iter().map(|(_, id, _)| id.as_str())))
        .bind((slot(now) + 1) * SLOT_MS)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// What has left lately, as far as a budget asks.
    async fn spent(
        &mut self,
        dispatch: &Dispatch,
        due: &[DueText],
        now: Timestamp,
    ) -> Result<Spent, StoreError> {
        let mut spent = Spent::default();
        if dispatch.lanes.is_empty() || !dispatch.budget.is_set() {
            return Ok(spent);
        }
        let today = slot(now) + 1 - SLOTS_A_DAY;
        let row = sqlx::query(
            "select coalesce(sum(segments), 0) as day, coalesce(sum(segments) filter (where slot = $2), 0) as burst
             from spent where slot >= $1",
        )
        .bind(today)
        .bind(slot(now))
        .fetch_one(self.connection().await?)
        .await?;
        spent.day = row.try_get::<i64, _>("day")?.unsigned_abs();
        spent.burst = row.try_get::<i64, _>("burst")?.unsigned_abs();
        if dispatch.budget.number.is_some() {
            let numbers: BTreeSet<&str> = due
                .iter()
                .filter(|text| text.work == Work::Send && text.tried.channel() == Channel::Sms)
                .map(|text| text.tried.as_str())
                .collect();
            let rows = sqlx::query(
                "select address, sum(segments) as segments from message
                 where address in (select value from json_each($1)) and attempted_at >= $2 and segments is not null
                 group by address",
            )
            .bind(set::texts(numbers))
            .bind(today * SLOT_MS)
            .fetch_all(self.connection().await?)
            .await?;
            spent.numbers = rows
                .iter()
                .map(|row| Ok((row.try_get("address")?, row.try_get::<i64, _>("segments")?.unsigned_abs())))
                .collect::<Result<HashMap<_, _>, sqlx::Error>>()?;
        }
        Ok(spent)
    }

    async fn spend(&mut self, segments: u64, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into spent (slot, segments) values ($1, $2)
             on conflict (slot) do update set segments = segments + excluded.segments",
        )
        .bind(slot(now))
        .bind(i64::try_from(segments).unwrap_or(i64::MAX))
        .execute(self.connection().await?)
        .await?;
        sqlx::query("delete from spent where slot < $1")
            .bind(slot(now) - 2 * SLOTS_A_DAY)
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }
}

/// The stretch of ten minutes that an instant lies in.
fn slot(now: Timestamp) -> i64 {
    to_ms(now).div_euclid(SLOT_MS)
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
    let provider: Option<String> = row.try_get("provider")?;
    let body: String = row.try_get("body")?;
    let is_text = address.channel() == Channel::Sms;
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
        provider: provider.as_deref().and_then(Provider::from_name),
        is_known: row.try_get::<Option<bool>, _>("is_known")?.unwrap_or(false),
        subject: row.try_get("subject")?,
        segments: if is_text && work == Work::Send { segment::count(&body).segments } else { 0 },
        body,
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
