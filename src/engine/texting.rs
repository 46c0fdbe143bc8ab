//! Staff stop the texts to a patient, and start them again on the patient's word. Each deed and its audit row are one
//! transaction; readings are judged and alerts raised as before.

use std::convert::Infallible;

use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;

use crate::domain::decide::{Catalog, stopped_by_staff, texted_again_by_staff};
use crate::domain::id::PatientId;
use crate::domain::patient::Standing;
use crate::domain::task::{NewTask, TaskKind};
use crate::store::{Store, StoreError, Tx};

use super::batch::Known;
use super::effect::{Plan, carry_out};
use super::id::IdSource;
use super::nurse::Hand;

const LONGEST_WHY: usize = 500;
/// What the provider's refusal is about.
const CONSENTS: &str = "consents";
/// Who closes a task that has done itself.
const HOUSE: &str = "lamplight";

/// What staff want of a patient's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextsWish {
    Stop {
        why: String,
    },
    /// Only the patient can want texts again: `word` is how they said so.
    Again {
        word: String,
    },
}

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum TextsError {
    #[error("there is no such patient")]
    UnknownPatient,
    #[error("say who does this: only a named person can")]
    Nameless,
    #[error("{0}: give 1 to {LONGEST_WHY} characters")]
    Words(&'static str),
    #[error("this patient is not texted as it is")]
    AlreadyStopped,
    #[error("this patient is texted as it is")]
    AlreadyTexted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stops or starts the texts to a patient.
pub async fn change_texts(
    store: &Store,
    catalog: &Catalog,
    ids: &IdSource,
    patient: &PatientId,
    wish: &TextsWish,
    hand: &Hand,
    now: Timestamp,
) -> Result<(), TextsError> {
    if hand.is_nameless() {
        return Err(TextsError::Nameless);
    }
    let (standing, why) = match wish {
        TextsWish::Stop { why } => (Standing::Stopped, words("why", why)?),
        TextsWish::Again { word } => (Standing::Active, words("patients_word", word)?),
    };
    let tick = ids.event(now);
    let mut tx = store.begin().await?;
    let mut known = Known::of(&mut tx, std::slice::from_ref(patient), now).await?;
    let decided = known.decide_about(catalog, patient, now, |state| {
        Ok::<_, Infallible>(match standing {
            Standing::Stopped => stopped_by_staff(state, &tick, now),
            Standing::Active => texted_again_by_staff(state, now),
        })
    });
    let Some(Ok(mut decision)) = decided else { return Err(TextsError::UnknownPatient) };
    if decision.standings.is_empty() {
        return Err(match standing {
            Standing::Stopped => TextsError::AlreadyStopped,
            Standing::Active => TextsError::AlreadyTexted,
        });
    }
    // Written here, under the hand that did it: what a decision says of a standing is the patient's own word.
    decision.standings.clear();
    let plan = Plan::of(&mut known, &[&decision]);
    carry_out(&mut tx, &plan, &[&decision], now).await?;
    tx.note_texting(patient, standing, &hand.actor, &why, now).await?;
    tx.set_standing(patient, standing, now).await?;
    let action = match standing {
        Standing::Stopped => "patient.stopped",
        Standing::Active => "patient.restarted",
    };
    if standing == Standing::Active {
        let left = [(TaskKind::LeftMonitoring, patient.as_str())];
        tx.close_tasks(&left, &hand.actor, "The patient wants texts again.", now).await?;
    }
    let detail = match standing {
        Standing::Stopped => json!({ "by": "staff" }),
        Standing::Active => json!({ "by": "staff", "consent": "opt_in" }),
    };
    tx.audit(&hand.entry(now, action, patient.as_str(), detail)).await?;
    Ok(tx.commit().await?)
}

/// The provider does not take from us who has left: one task for all of it.
pub async fn open_refusal(
    tx: &mut Tx,
    ids: &IdSource,
    code: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let code = code.map_or(String::new(), |code| format!(" It gave the code {code}."));
    let task = NewTask {
        id: ids.event(now).task(0),
        kind: TaskKind::ProviderRefuses,
        subject: CONSENTS.to_owned(),
        patient: None,
        detail: format!(
            "The text provider does not take from us who has left or is back, so its list and ours differ. It is tried \
             again. Nobody who has left is texted by us. See whether the account may manage consents, or switch \
             sms.twilio.consents off.{code}"
        ),
    };
    tx.open_tasks(&[task], now).await
}

/// The provider takes it again.
pub async fn close_refusal(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let over = [(TaskKind::ProviderRefuses, CONSENTS)];
    tx.close_tasks(&over, HOUSE, "The provider takes from us who has left.", now).await
}

fn words(name: &'static str, text: &str) -> Result<String, TextsError> {
    let text = text.trim();
    match text.chars().count() {
        1..=LONGEST_WHY => Ok(text.to_owned()),
        _ => Err(TextsError::Words(name)),
    }
}
