use jiff::Timestamp;
use sqlx::Row;

use super::super::enrolment::json;
use super::super::prompt::{SELECT_PROMPT, read_prompt};
use super::super::{Store, StoreError, from_ms, to_ms};
use crate::domain::answer::AnswerValue;
use crate::domain::id::PatientId;
use crate::domain::protocol::Prompt;

/// An answer as it was understood.
#[derive(Debug, Clone)]
pub struct ShownAnswer {
    /// The event that brought it: the id of the text in the journal.
    pub event: String,
    pub question: String,
    pub value: AnswerValue,
    pub at: Timestamp,
    pub prompt: Option<String>,
}

/// Where a prompt or an answer stands in its list, newest first: its time, then its id and question.
pub type PromptPlace = (i64, String);
pub type AnswerPlace = (i64, String, String);

pub fn place_of(prompt: &Prompt) -> PromptPlace {
    (to_ms(prompt.planned_at), prompt.id.as_str().to_owned())
}

impl ShownAnswer {
    pub fn place(&self) -> AnswerPlace {
        (to_ms(self.at), self.event.clone(), self.question.clone())
    }
}

impl Store {
    /// At most `limit` prompts of a patient, the one planned last first.
    pub async fn prompts(
        &self,
        patient: &PatientId,
        after: Option<&PromptPlace>,
        limit: u32,
    ) -> Result<Vec<Prompt>, StoreError> {
        let sql = [
            SELECT_PROMPT,
            "where p.patient_id = $1 and ($2 is null or (p.planned_at, p.id) < ($2, $3))
             order by p.planned_at desc, p.id desc limit $4",
        ]
        .concat();
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(patient.as_str())
            .bind(after.map(|place| place.0))
            .bind(after.map(|place| place.1.as_str()))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(read_prompt).collect()
    }

    /// At most `limit` answers of a patient, newest first.
    pub async fn answers(
        &self,
        patient: &PatientId,
        after: Option<&AnswerPlace>,
        limit: u32,
    ) -> Result<Vec<ShownAnswer>, StoreError> {
        let rows = sqlx::query(
            "select * from answer where patient_id = $1
               and ($2 is null or (at, event_id, question) < ($2, $3, $4))
             order by at desc, event_id desc, question desc limit $5",
        )
        .bind(patient.as_str())
        .bind(after.map(|place| place.0))
        .bind(after.map(|place| place.1.as_str()))
        .bind(after.map(|place| place.2.as_str()))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ShownAnswer {
                    event: row.try_get("event_id")?,
                    question: row.try_get("question")?,
                    value: json(row.try_get("value")?, "answer.value")?,
                    at: from_ms(row.try_get("at")?),
                    prompt: row.try_get("prompt_id")?,
                })
            })
            .collect()
    }
}
