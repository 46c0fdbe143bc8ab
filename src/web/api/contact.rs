//! How people are reached, and the codes that prove it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::{MayRead, MayWrite};
use super::param::{Params, read_body};
use crate::domain::id::ContactId;
use crate::domain::organisation::{Address, Channel, Contact};
use crate::engine::contact::{ContactDesk, ContactError};
use crate::engine::delivery::{Bounced, bounce};
use crate::web::WebState;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    channel: Channel,
    address: String,
    by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CodeForm {
    code: String,
    by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PlainForm {
    by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BounceForm {
    address: String,
    by: Option<String>,
}

pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    Path(person): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    state.store.user(&person).await?.ok_or_else(|| Problem::not_found("there is no such user"))?;
    let contacts = state.store.contacts().await?;
    let mut shown = Vec::new();
    for contact in contacts.iter().filter(|contact| contact.person.as_str() == person) {
        shown.push(show(&state, contact).await);
    }
    Ok(Json(json!({ "contacts": shown })))
}

pub(super) async fn add(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(person): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let form: NewForm = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be used: {error}")))?;
    let hand = caller.hand(form.by);
    let desk = ContactDesk { store: &state.store, ids: &state.ids, hand: &hand, now: state.clock.now() };
    let contact = desk.add(&person, form.channel, &form.address).await?;
    state.outbox.nudge();
    Ok((StatusCode::CREATED, Json(show(&state, &contact).await)))
}

pub(super) async fn verify(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let form: CodeForm = read_body(&body)?;
    let (id, hand) = (parse(&id)?, caller.hand(form.by));
    let desk = ContactDesk { store: &state.store, ids: &state.ids, hand: &hand, now: state.clock.now() };
    desk.verify(&id, &form.code).await?;
    shown(&state, &id).await
}

pub(super) async fn send_code(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let form: PlainForm = read_body(&body)?;
    let (id, hand) = (parse(&id)?, caller.hand(form.by));
    let desk = ContactDesk { store: &state.store, ids: &state.ids, hand: &hand, now: state.clock.now() };
    desk.send_code(&id).await?;
    state.outbox.nudge();
    shown(&state, &id).await
}

pub(super) async fn remove(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let form: PlainForm = read_body(&body)?;
    let (id, hand) = (parse(&id)?, caller.hand(form.by));
    let desk = ContactDesk { store: &state.store, ids: &state.ids, hand: &hand, now: state.clock.now() };
    desk.remove(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// For the mail server's bounce hook: a mailbox has given back what it was sent.
pub(super) async fn bounced(
    caller: MayWrite,
    State(state): State<WebState>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let form: BounceForm = read_body(&body)?;
    let mailbox = Address::parse(Channel::Email, form.address.trim())
        .map_err(|why| Problem::bad_request(format!("the address {why}")))?;
    let bounced = bounce(&state.store, &mailbox, &caller.hand(form.by), state.clock.now()).await?;
    if bounced == Bounced::default() {
        return Err(Problem::not_found(
            "nobody is reached there, and no mail of the last five days went there",
        ));
    }
    Ok(Json(json!({ "contacts": bounced.contacts, "mails": bounced.mails })))
}

async fn shown(state: &WebState, id: &ContactId) -> Result<Json<Value>, Problem> {
    let contact = state.store.contact(id).await?.ok_or_else(unknown)?;
    Ok(Json(show(state, &contact).await))
}

async fn show(state: &WebState, contact: &Contact) -> Value {
    let days = state.catalog.hold().await.site.verified_days;
    json!({
        "id": contact.id,
        "person": contact.person,
        "channel": contact.address.channel(),
        "address": contact.address.as_str(),
        "verified_at": contact.verified_at,
        "failed_at": contact.failed_at,
        "proved": contact.is_proved(state.clock.now(), days),
    })
}

fn parse(id: &str) -> Result<ContactId, Problem> {
    ContactId::parse(id).map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::not_found("there is no such contact")
}

impl From<ContactError> for Problem {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Store(error) => error.into(),
            ContactError::Unknown(_) => Self::not_found(error.to_string()),
            ContactError::BadAddress(_) | ContactError::WrongCode => Self::bad_request(error.to_string()),
            ContactError::Known
            | ContactError::TooSoon
            | ContactError::NoCode
            | ContactError::Spent
            | ContactError::NoRandomness => Self::conflict(error.to_string()),
        }
    }
}
