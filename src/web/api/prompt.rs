//! What patients were asked and what they answered.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::{Params, cut};
use crate::domain::answer::AnswerValue;
use crate::domain::id::PatientId;
use crate::domain::protocol::{Prompt, Sent};
use crate::store::view::{ShownAnswer, place_of};
use crate::web::WebState;

/// A patient's prompts, the one planned last first: each is answered, missed with its cause, or open.
pub(super) async fn prompts(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["patient", "limit", "cursor"])?;
    let (limit, after) = (params.limit(100)?, params.cursor()?);
    let rows = state.store.prompts(&of_whom(&params)?, after.as_ref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, place_of);
    Ok(Json(json!({ "prompts": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

/// A patient's answers to questions that ask for no vital sign, newest first.
pub(super) async fn answers(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["patient", "limit", "cursor"])?;
    let (limit, after) = (params.limit(100)?, params.cursor()?);
    let rows = state.store.answers(&of_whom(&params)?, after.as_ref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, ShownAnswer::place);
    Ok(Json(json!({ "answers": rows.iter().map(show_answer).collect::<Vec<_>>(), "next": next })))
}

fn of_whom(params: &Params) -> Result<PatientId, Problem> {
    params.patient()?.ok_or_else(|| Problem::bad_request("name whose with 'patient'"))
}

fn show(prompt: &Prompt) -> Value {
    let sent_at = match prompt.sent {
        Sent::At(at) => Some(at),
        Sent::Pending | Sent::Failed(_) => None,
    };
    let mut shown = json!({
        "id": prompt.id,
        "patient_id": prompt.patient,
        "protocol_id": prompt.protocol,
        "protocol_version": prompt.protocol_version,
        "entry": prompt.entry,
        "question": prompt.question,
        "planned_at": prompt.planned_at,
        "since": prompt.since,
        "message_id": prompt.message,
        "sent_at": sent_at,
        "window_minutes": prompt.window_minutes,
        "reminded": prompt.reminded,
    });
    // `state`, and `cause` where it was missed.
    if let (Some(shown), Ok(Value::Object(state))) =
        (shown.as_object_mut(), serde_json::to_value(prompt.state))
    {
        shown.insert("cause".to_owned(), Value::Null);
        shown.extend(state);
    }
    shown
}

fn show_answer(answer: &ShownAnswer) -> Value {
    let value = match &answer.value {
        AnswerValue::YesNo(yes) => json!(yes),
        AnswerValue::Scale(step) => json!(step),
        AnswerValue::Number(number) => json!(number),
        AnswerValue::Choice(choice) => json!(choice),
        AnswerValue::Words => Value::Null,
    };
    json!({
        "event_id": answer.event,
        "question": answer.question,
        "value": value,
        "at": answer.at,
        "prompt_id": answer.prompt,
    })
}
