//! Questions put to patients, from the minute they are planned to the answer or the recorded miss.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::bulk::Bulk;
use super::enrolment::json;
use super::{StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::{MessageId, PatientId, PromptId, ProtocolId, QuestionId};
use crate::domain::message::MessageState;
use crate::domain::protocol::{MissCause, Prompt, PromptState, Sent};

static UPSERT: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into prompt (id, patient_id, protocol_id, protocol_version, revision, entry, question, planned_at, \
         window_minutes, reminders, reminded, late_minutes, state, cause, since, message_id)",
        16,
        "on conflict (id) do update set \
           protocol_version = excluded.protocol_version, revision = excluded.revision, \
           planned_at = excluded.planned_at, window_minutes = excluded.window_minutes, \
           reminders = excluded.reminders, reminded = excluded.reminded, late_minutes = excluded.late_minutes, \
           state = excluded.state, cause = excluded.cause, since = excluded.since, message_id = excluded.message_id",
    )
});

/// A prompt with what is known of the text that asked it.
pub(super) const SELECT_PROMPT: &str = "select p.*, m.state as text_state, m.sent_at as text_sent_at,
    m.created_at as text_created_at from prompt p left join message m on m.id = p.message_id ";

impl Tx {
    /// The open prompts of these patients, oldest first.
    pub async fn open_prompts(
        &mut self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, Vec<Prompt>>, StoreError> {
        let sql = [
            SELECT_PROMPT,
            "where p.patient_id in (select value from json_each($1)) and p.state in ('waiting', 'asked')
             order by p.planned_at, p.id",
        ]
        .concat();
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
            .fetch_all(self.connection().await?)
            .await?;
        let mut found: HashMap<PatientId, Vec<Prompt>> = HashMap::new();
        for row in &rows {
            let prompt = read_prompt(row)?;
            found.entry(prompt.patient.clone()).or_default().push(prompt);
        }
        Ok(found)
    }

    /// Writes prompts as they now are, in their order.
    pub async fn put_prompts(&mut self, prompts: &[&Prompt]) -> Result<(), StoreError> {
        UPSERT
            .insert(self, prompts, |values, p| {
                values
                    .add(p.id.as_str())
                    .add(p.patient.as_str())
                    .add(p.protocol.as_str())
                    .add(&p.protocol_version)
                    .add(i64::from(p.revision))
                    .add(&p.entry)
                    .add(p.question.as_str())
                    .add(to_ms(p.planned_at))
                    .add(i64::from(p.window_minutes))
                    .add(serde_json::to_string(&p.reminders).unwrap_or_default())
                    .add(i64::from(p.reminded))
                    .add(i64::from(p.late_minutes))
                    .add(state_name(p.state))
                    .add(match p.state {
                        PromptState::Missed(cause) => Some(cause.name()),
                        _ => None,
                    })
                    .add(to_ms(p.since))
                    .add(p.message.as_ref().map(|message| message.as_str()));
            })
            .await
    }
}

/// As a stored prompt names its state; the cause of a miss stands apart.
const fn state_name(state: PromptState) -> &'static str {
    match state {
        PromptState::Waiting => "waiting",
        PromptState::Asked => "asked",
        PromptState::Answered => "answered",
        PromptState::Told => "told",
        PromptState::Missed(_) => "missed",
        PromptState::Cancelled => "cancelled",
    }
}

/// A row of [`SELECT_PROMPT`].
pub(super) fn read_prompt(row: &SqliteRow) -> Result<Prompt, StoreError> {
    let cause: Option<&str> = row.try_get("cause")?;
    let state = match (row.try_get::<&str, _>("state")?, cause.and_then(MissCause::from_name)) {
        ("waiting", None) => PromptState::Waiting,
        ("asked", None) => PromptState::Asked,
        ("answered", None) => PromptState::Answered,
        ("told", None) => PromptState::Told,
        ("cancelled", None) => PromptState::Cancelled,
        ("missed", Some(cause)) => PromptState::Missed(cause),
        _ => return Err(StoreError::Unreadable { place: "prompt.state" }),
    };
    Ok(Prompt {
        id: PromptId::trusted(row.try_get::<String, _>("id")?),
        patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
        protocol: ProtocolId::trusted(row.try_get::<String, _>("protocol_id")?),
        protocol_version: row.try_get("protocol_version")?,
        revision: row.try_get("revision")?,
        entry: row.try_get("entry")?,
        question: QuestionId::trusted(row.try_get::<String, _>("question")?),
        planned_at: from_ms(row.try_get("planned_at")?),
        window_minutes: row.try_get("window_minutes")?,
        reminders: json(row.try_get("reminders")?, "prompt.reminders")?,
        reminded: row.try_get("reminded")?,
        late_minutes: row.try_get("late_minutes")?,
        state,
        since: from_ms(row.try_get("since")?),
        message: row.try_get::<Option<String>, _>("message_id")?.map(MessageId::trusted),
        sent: sent(row)?,
    })
}

/// How far the text that asks has come. One that came back left us all the same: it is told apart.
fn sent(row: &SqliteRow) -> Result<Sent, StoreError> {
    let Some(state) = row.try_get::<Option<&str>, _>("text_state")?.and_then(MessageState::from_name) else {
        return Ok(Sent::Pending);
    };
    let left: Option<i64> = row.try_get("text_sent_at")?;
    let made: Option<i64> = row.try_get("text_created_at")?;
    let at = left.or(made).map(from_ms).unwrap_or_default();
    Ok(match state {
        MessageState::Sent | MessageState::Delivered => Sent::At(at),
        MessageState::Undelivered | MessageState::Failed => Sent::Failed(at),
        MessageState::Queued | MessageState::Sending | MessageState::Ambiguous | MessageState::Received => {
            Sent::Pending
        }
    })
}
