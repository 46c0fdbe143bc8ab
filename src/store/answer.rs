//! Answers to questions that ask for no vital sign.

use std::sync::LazyLock;

use super::bulk::Bulk;
use super::{StoreError, Tx, to_ms};
use crate::domain::answer::Answer;
use crate::domain::id::PatientId;

static KEEP: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into answer (event_id, question, patient_id, value, at, prompt_id)",
        6,
        // One event answers a question once; the last word of it counts.
        "on conflict (event_id, question) do update set value = excluded.value, prompt_id = excluded.prompt_id",
    )
});

impl Tx {
    pub async fn keep_answers(&mut self, answers: &[(&PatientId, &Answer)]) -> Result<(), StoreError> {
        KEEP.insert(self, answers, |values, (patient, answer)| {
            values
                .add(answer.event.as_str())
                .add(answer.question.as_str())
                .add(patient.as_str())
                .add(serde_json::to_string(&answer.value).unwrap_or_default())
                .add(to_ms(answer.at))
                .add(answer.prompt.as_ref().map(|prompt| prompt.as_str()));
        })
        .await
    }
}
