//! Texts put on record: inbound ones as received, outbound ones as queued for the outbox.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use sqlx::Row;

use crate::domain::decide::{DeviceChange, Inbound};
use crate::domain::id::PatientId;
use crate::domain::message::{MessageState, NewMessage};
use crate::domain::patient::Standing;
use crate::domain::phone::Phone;
use crate::domain::segment::in_plain_signs;

use super::bulk::Bulk;
use super::{StoreError, Tx, set, to_ms};

static INBOUND: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into message (id, patient_id, direction, channel, address, body, state, created_at, provider_id, \
         carer, sent_at, repeats, media)",
        13,
        // A held text is on record already; its release says whose it is.
        "on conflict (id) do update set patient_id = excluded.patient_id, carer = excluded.carer",
    )
});

static OUTBOUND: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into message (id, patient_id, direction, channel, address, body, state, purpose, created_at, \
         not_after, due_at, says, basis, pinned)",
        14,
        "",
    )
});

static DEVICE: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into device (id, registered_at, registered_by, clock_offset_ms, clock_seen_at, online, battery, \
         status_at)",
        8,
        // Only registered devices come here, so the row exists and is updated; what is not said stays, and so does
        // what was said later than this: an event that was held may come in after younger ones.
        "on conflict (id) do update set \
           clock_offset_ms = case when excluded.clock_seen_at >= coalesce(clock_seen_at, 0) \
                             then excluded.clock_offset_ms else clock_offset_ms end, \
           clock_seen_at = max(coalesce(clock_seen_at, excluded.clock_seen_at), \
                               coalesce(excluded.clock_seen_at, clock_seen_at)), \
           online = case when excluded.status_at >= coalesce(status_at, 0) \
                    then coalesce(excluded.online, online) else online end, \
           battery = case when excluded.status_at >= coalesce(status_at, 0) \
                     then coalesce(excluded.battery, battery) else battery end, \
           status_at = max(coalesce(status_at, excluded.status_at), coalesce(excluded.status_at, status_at))",
    )
});

const SMS: &str = "sms";

impl Tx {
    pub async fn record_inbound(&mut self, texts: &[&Inbound]) -> Result<(), StoreError> {
        INBOUND
            .insert(self, texts, |values, text| {
                values
                    .add(text.id.shared())
                    .add(text.patient.as_ref().map(|patient| patient.shared()))
                    .word("in")
                    .word(SMS)
                    .text(&text.from)
                    .text(&text.body)
                    .word(MessageState::Received.name())
                    .add(to_ms(text.received_at))
                    .text(&text.provider_id)
                    .add(text.carer.as_deref())
                    .add(text.sent_at.map(to_ms))
                    .add(text.repeats.as_ref().map(|before| before.shared()))
                    .add(Some(i64::from(text.media)).filter(|media| *media > 0));
            })
            .await
    }

    /// Puts texts into the outbox, due at once. They are kept as they travel: a provider that is asked for a text is asked
    /// for these very words.
    pub async fn queue_messages<M: Borrow<NewMessage>>(&mut self, messages: &[M]) -> Result<(), StoreError> {
        OUTBOUND
            .insert(self, messages, |values, message| {
                let message = message.borrow();
                values
                    .add(message.id.shared())
                    .add(message.patient.as_ref().map(|patient| patient.shared()))
                    .word("out")
                    .word(SMS)
                    .text(message.to.as_str())
                    .add(in_plain_signs(&message.body).into_owned())
                    .word(MessageState::Queued.name())
                    .add(serde_json::to_string(&message.purpose).unwrap_or_default())
                    .add(to_ms(message.created_at))
                    .add(to_ms(message.not_after))
                    .add(to_ms(message.created_at))
                    .add(parts(&message.says))
                    .add(parts(&message.basis))
                    .add(message.pinned);
            })
            .await
    }

    /// Which of these patients were told this phrase at or after `since`.
    pub async fn told_since(
        &mut self,
        patients: &[&PatientId],
        phrase: &str,
        since: Timestamp,
    ) -> Result<Vec<PatientId>, StoreError> {
        let rows = sqlx::query(
            "select distinct patient_id from message m \
             where patient_id in (select value from json_each($1)) and created_at >= $3 and direction = 'out' \
               and exists (select 1 from json_each(m.says) where value = $2)",
        )
        .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
        .bind(phrase)
        .bind(to_ms(since))
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(PatientId::trusted(row.try_get::<String, _>(0)?))).collect()
    }

    /// Which of these unknown numbers had their one neutral line.
    pub async fn answered_unknown(&mut self, senders: &[&str]) -> Result<HashSet<String>, StoreError> {
        let rows = sqlx::query(
            "select phone from unknown_sender \
             where replied_at is not null and phone in (select value from json_each($1))",
        )
        .bind(set::texts(senders))
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    pub async fn mark_unknown_answered(&mut self, phone: &Phone, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into unknown_sender (phone, first_at, replied_at) values ($1, $2, $2) \
             on conflict (phone) do update set replied_at = coalesce(replied_at, excluded.replied_at)",
        )
        .bind(phone.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// A patient's own STOP or START.
    pub async fn set_standing(
        &mut self,
        patient: &PatientId,
        standing: Standing,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Whoever texts START agrees anew, and says so themselves.
        sqlx::query(
            "update patient set standing = $2, updated_at = $3,
               consent = case when $2 = 'active' then 'opt_in' else consent end,
               consent_at = case when $2 = 'active' then $3 else consent_at end,
               returned_at = case when $2 = 'active' then $3 end
             where id = $1",
        )
        .bind(patient.as_str())
        .bind(standing.name())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// What devices said of themselves: their clocks, whether they are on line, their batteries.
    pub async fn change_devices(&mut self, changes: &[&DeviceChange]) -> Result<(), StoreError> {
        DEVICE
            .insert(self, changes, |values, change| {
                let status = change.online.is_some() || change.battery.is_some();
                values
                    .add(change.device.shared())
                    .add(to_ms(change.at))
                    .word("")
                    .add(change.clock_offset_ms)
                    .add(change.clock_offset_ms.map(|_| to_ms(change.at)))
                    .add(change.online.map(i64::from))
                    .add(change.battery)
                    .add(status.then(|| to_ms(change.at)));
            })
            .await
    }
}

/// Names as the message row keeps them; nothing where there are none.
fn parts(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| set::texts(names))
}
