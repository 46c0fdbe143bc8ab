//! What people do to alerts through the API.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayWrite;
use super::deed::Deed;
use super::param::{DeedBody, MAX_NAME, MAX_NOTE, read_body, tidy};
use crate::domain::id::{AlertId, PatientId, UserName};
use crate::domain::organisation::Target;
use crate::web::WebState;

/// What a deed may be told besides who does it. Each deed refuses what is not its own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CareBody {
    by: Option<String>,
    note: Option<String>,
    /// RFC 3339.
    until: Option<String>,
    minutes: Option<u32>,
    reason: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl CareBody {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let mut said: Self = read_body(body)?;
        for (name, text, longest) in [
            ("by", &mut said.by, MAX_NAME),
            ("note", &mut said.note, MAX_NOTE),
            ("until", &mut said.until, MAX_NAME),
            ("reason", &mut said.reason, MAX_NOTE),
            ("from", &mut said.from, MAX_NAME),
            ("to", &mut said.to, MAX_NAME),
        ] {
            tidy(name, text, longest)?;
        }
        Ok(said)
    }

    /// Refuses whatever is said beyond these.
    fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let said = [
            ("note", self.note.is_some()),
            ("until", self.until.is_some()),
            ("minutes", self.minutes.is_some()),
            ("reason", self.reason.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
        ];
        match said.into_iter().find(|(name, is_said)| *is_said && !known.contains(name)) {
            Some((name, _)) => Err(Problem::bad_request(format!("'{name}' does not belong here"))),
            None => Ok(()),
        }
    }

    /// When a snooze ends.
    fn end(&self, now: Timestamp) -> Result<Timestamp, Problem> {
        match (&self.until, self.minutes) {
            (Some(until), None) => until
                .parse()
                .map_err(|_| Problem::bad_request("'until' is no time like 2026-11-22T09:00:00Z")),
            (None, Some(minutes)) => now
                .checked_add(SignedDuration::from_mins(i64::from(minutes)))
                .map_err(|_| Problem::bad_request("'minutes' is too many")),
            _ => Err(Problem::bad_request("say until when: either 'until' or 'minutes'")),
        }
    }
}

pub(super) async fn acknowledge(deed: Deed<AlertId>) -> Result<Json<Value>, Problem> {
    let (by, closing) = DeedBody::read(&deed.body)?.into_parts();
    if closing.outcome.is_some() || closing.note.is_some() {
        return Err(Problem::bad_request("an outcome and a note belong to 'resolve'"));
    }
    let (hand, site) = (deed.hand(by), deed.state.site().await);
    deed.state.nurse(&site, &hand).acknowledge(&deed.id).await?;
    deed.shown().await
}

pub(super) async fn acknowledge_card(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(patient): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let patient = PatientId::parse(&patient).map_err(|_| Problem::not_found("there is no such patient"))?;
    let said = CareBody::read(&body)?;
    said.only(&[])?;
    let (hand, site) = (caller.hand(said.by), state.site().await);
    let alerts = state.nurse(&site, &hand).acknowledge_card(&patient).await?;
    Ok(Json(json!({ "acknowledged": alerts })))
}

pub(super) async fn resolve(deed: Deed<AlertId>) -> Result<Json<Value>, Problem> {
    let (by, closing) = DeedBody::read(&deed.body)?.into_parts();
    let (hand, site) = (deed.hand(by), deed.state.site().await);
    deed.state.nurse(&site, &hand).resolve(&deed.id, &closing).await?;
    deed.shown().await
}

pub(super) async fn note(deed: Deed<AlertId>) -> Result<Json<Value>, Problem> {
    let said = CareBody::read(&deed.body)?;
    said.only(&["note"])?;
    let note = said.note.ok_or_else(|| Problem::bad_request("write the progress as 'note'"))?;
    let (hand, site) = (deed.hand(said.by), deed.state.site().await);
    deed.state.nurse(&site, &hand).note(&deed.id, &note).await?;
    deed.shown().await
}

pub(super) async fn snooze(deed: Deed<AlertId>) -> Result<Json<Value>, Problem> {
    let said = CareBody::read(&deed.body)?;
    said.only(&["until", "minutes", "reason"])?;
    let until = said.end(deed.state.clock.now())?;
    let reason = said.reason.ok_or_else(|| Problem::bad_request("say why as 'reason'"))?;
    let (hand, site) = (deed.hand(said.by), deed.state.site().await);
    deed.state.nurse(&site, &hand).snooze(&deed.id, until, &reason).await?;
    deed.shown().await
}

pub(super) async fn escalate(deed: Deed<AlertId>) -> Result<Json<Value>, Problem> {
    let said = CareBody::read(&deed.body)?;
    said.only(&["to"])?;
    let unknown = "'to' is written like person:amina, rota:nights, team:north or service:navigator";
    let target = |to: &str| Target::from_written(to).ok_or_else(|| Problem::bad_request(unknown));
    let to = said.to.as_deref().map(target).transpose()?;
    let (hand, site) = (deed.hand(said.by), deed.state.site().await);
    deed.state.nurse(&site, &hand).escalate(&deed.id, to).await?;
    deed.shown().await
}

pub(super) async fn hand_over(
    caller: MayWrite,
    State(state): State<WebState>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let said = CareBody::read(&body)?;
    said.only(&["from", "to"])?;
    let person = |name: Option<&String>| name.and_then(|name| UserName::parse(name).ok());
    let (Some(from), Some(to)) = (person(said.from.as_ref()), person(said.to.as_ref())) else {
        return Err(Problem::bad_request("name both people, as 'from' and 'to'"));
    };
    let (hand, site) = (caller.hand(said.by), state.site().await);
    let alerts = state.nurse(&site, &hand).hand_over(&from, &to).await?;
    Ok(Json(json!({ "handed_over": alerts })))
}
