//! Every attempt to tell somebody, and every target that reached nobody.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::alert::Severity;
use crate::domain::escalation::{Notice, Reason, Told};
use crate::domain::id::{AlertId, MessageId, PatientId, UserName};
use crate::domain::organisation::{Channel, Unreached};
use crate::domain::phone::Phone;

use super::{Store, StoreError, Tx, from_ms, to_ms};

/// A notice as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptNotice {
    pub id: String,
    pub at: Timestamp,
    pub severity: Severity,
    pub episode: u32,
    pub round: u16,
    pub step: u16,
    pub reason: Reason,
    /// As the site's file writes it.
    pub target: String,
    pub person: Option<String>,
    /// With most of it hidden.
    pub address: Option<String>,
    pub channel: Option<Channel>,
    /// Why it reached nobody.
    pub missed: Option<String>,
    /// How far its message has come.
    pub message_state: Option<String>,
}

impl Store {
    /// Whom was told of an alert's patient while the alert stood, oldest first.
    pub async fn notices(&self, alert: &AlertId) -> Result<Vec<KeptNotice>, StoreError> {
        let rows = sqlx::query(
            "select n.*, m.state as message_state from alert a join notice n on n.patient_id = a.patient_id
             left join message m on m.id = n.message_id
             where a.id = $1 and n.at >= a.opened_at and (a.resolved_at is null or n.at <= a.resolved_at)
             order by n.at, n.id",
        )
        .bind(alert.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }
}

impl Tx {
    /// Records a notice under this id. False when just this was said before: whoever asks must not say it again.
    pub async fn keep_notice(
        &mut self,
        id: &str,
        notice: &Notice,
        message: Option<&MessageId>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (recipient, missed) = match &notice.told {
            Told::Recipient(recipient) => (Some(recipient), None),
            Told::Nobody(why) => (None, Some(sentence(why))),
        };
        let done = sqlx::query(
            "insert into notice (id, patient_id, team_id, severity, episode, round, step, reason, target,
               person, channel, address, missed, message_id, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing",
        )
        .bind(id)
        .bind(notice.patient.as_str())
        .bind(notice.team.as_str())
        .bind(notice.severity.name())
        .bind(notice.episode)
        .bind(notice.round)
        .bind(notice.step)
        .bind(notice.reason.name())
        .bind(notice.target.written())
        .bind(recipient.and_then(|recipient| recipient.person.as_ref()).map(UserName::as_str))
        .bind(recipient.map(|recipient| recipient.address.channel().name()))
        .bind(recipient.map(|recipient| recipient.address.as_str()))
        .bind(missed)
        .bind(message.map(MessageId::as_str))
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps a code that a phone may answer with until `expires_at`. False when the phone has it already.
    pub async fn keep_reply_code(
        &mut self,
        phone: &Phone,
        code: &str,
        notice: &Notice,
        person: Option<&UserName>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into reply_code (phone, code, patient_id, episode, person, expires_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (phone, code) do update set patient_id = excluded.patient_id, episode = excluded.episode,
               person = excluded.person, expires_at = excluded.expires_at, used_at = null
             where reply_code.expires_at <= $7",
        )
        .bind(phone.as_str())
        .bind(code)
        .bind(notice.patient.as_str())
        .bind(notice.episode)
        .bind(person.map(UserName::as_str))
        .bind(to_ms(expires_at))
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes back what still waits to be sent about these patients: somebody has it, or it is over.
    pub async fn cancel_notifications(&mut self, patients: &[&PatientId]) -> Result<(), StoreError> {
        if patients.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "update message set state = 'failed', due_at = null, error = 'Nobody needs to be told any more.'
             where state = 'queued' and id in (select message_id from notice
               where message_id is not null and patient_id in (select value from json_each($1)))",
        )
        .bind(json!(patients).to_string())
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// A notification did not arrive. Its address no longer counts as proved if the address is at fault, and if nobody
    /// else may have heard of this step the chain goes on at once, until it has been gone through: after that it keeps its
    /// pace, or a provider that refuses everything would be asked without end. Whom it was for, as the site's file writes it.
    pub async fn lose_notification(
        &mut self,
        message: &MessageId,
        at_fault: bool,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select * from notice where message_id = $1")
            .bind(message.as_str())
            .fetch_optional(self.connection().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        if at_fault {
            sqlx::query(
                "update contact set failed_at = $3 where channel = $1 and address = $2 and removed_at is null",
            )
            .bind(row.try_get::<Option<String>, _>("channel")?)
            .bind(row.try_get::<Option<String>, _>("address")?)
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        }
        sqlx::query(
            "update watch set next_at = min(next_at, $3), look_at = 0
             where patient_id = $1 and begun = 1 and stage = 'running' and episode = $2 and exhausted_at is null
               and not exists (select 1 from notice n join message m on m.id = n.message_id
                 where n.patient_id = $1 and n.episode = $2 and n.at >= $4
                   and m.state not in ('failed', 'undelivered'))",
        )
        .bind(row.try_get::<String, _>("patient_id")?)
        .bind(row.try_get::<i64, _>("episode")?)
        .bind(to_ms(now))
        .bind(row.try_get::<i64, _>("at")?)
        .execute(self.connection().await?)
        .await?;
        self.rings = true;
        Ok(Some(row.try_get("target")?))
    }
}

/// Why a target reaches nobody, for those who read the record.
fn sentence(why: &Unreached) -> String {
    match why {
        Unreached::NobodyOnCall(rota) => format!("nobody is on call on '{rota}'"),
        Unreached::Gone(person) => format!("'{person}' may not sign in any more"),
        Unreached::NoContact(person) => format!("'{person}' has no phone, mailbox or hook"),
        Unreached::ServiceClosed(service) => format!("the service '{service}' is closed"),
        Unreached::NotServed(service) => format!("the service '{service}' does not serve this team"),
        Unreached::NoAddress(name) => format!("'{name}' has no address of its own"),
    }
}

fn read(row: &SqliteRow) -> Result<KeptNotice, StoreError> {
    let severity: String = row.try_get("severity")?;
    let reason: String = row.try_get("reason")?;
    let channel: Option<String> = row.try_get("channel")?;
    let address: Option<String> = row.try_get("address")?;
    Ok(KeptNotice {
        id: row.try_get("id")?,
        at: from_ms(row.try_get("at")?),
        severity: Severity::from_name(&severity)
            .ok_or(StoreError::Unreadable { place: "notice.severity" })?,
        episode: row.try_get("episode")?,
        round: row.try_get("round")?,
        step: row.try_get("step")?,
        reason: Reason::from_name(&reason).ok_or(StoreError::Unreadable { place: "notice.reason" })?,
        target: row.try_get("target")?,
        person: row.try_get("person")?,
        address: address.map(|address| masked(&address)),
        channel: channel.as_deref().and_then(Channel::from_name),
        missed: row.try_get("missed")?,
        message_state: row.try_get("message_state")?,
    })
}

/// The last three characters: enough to tell two phones of one person apart.
fn masked(address: &str) -> String {
    let kept: String = address.chars().skip(address.chars().count().saturating_sub(3)).collect();
    format!("…{kept}")
}
