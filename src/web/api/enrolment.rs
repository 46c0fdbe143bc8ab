//! Patients onto protocols and off them.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::{MayRead, MayWrite};
use super::param::Params;
use crate::domain::decide::Catalog;
use crate::domain::id::{PatientId, ProtocolId};
use crate::domain::patient::Consent;
use crate::domain::protocol::{Enrolment, EnrolmentState};
use crate::engine::enrolment::{Desk, Move, Wish};
use crate::web::WebState;

/// Longer than any reason that is one.
const LONGEST_REASON: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartForm {
    protocol: ProtocolId,
    from: Option<Date>,
    to: Option<Date>,
    consent: Option<Consent>,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PauseForm {
    to: Option<Timestamp>,
    reason: String,
    by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainForm {
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimesForm {
    times: BTreeMap<String, Vec<String>>,
    by: Option<String>,
}

type Place = Path<(String, String)>;
type Shown = Result<Json<Value>, Problem>;

/// Every enrolment of a patient, those that are over too.
pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Shown {
    Params::read(&uri, &[])?;
    let patient = patient(&id)?;
    if state.store.shown_patient(&patient).await?.is_none() {
        return Err(no_patient());
    }
    shown(&state, &patient).await
}

pub(super) async fn start(
    caller: MayWrite,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let patient = patient(&id)?;
    let form: StartForm = read(&body)?;
    let wish =
        Wish { protocol: form.protocol, first_day: form.from, last_day: form.to, consent: form.consent };
    let catalog = state.catalog.hold().await;
    desk(&state, &catalog).start(&patient, &wish, &caller.hand(form.by)).await?;
    drop(catalog);
    state.outbox.nudge();
    Ok((StatusCode::CREATED, shown(&state, &patient).await?))
}

pub(super) async fn pause(
    caller: MayWrite,
    State(state): State<WebState>,
    place: Place,
    body: Bytes,
) -> Shown {
    let form: PauseForm = read(&body)?;
    let reason = form.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(Problem::bad_request(format!("'reason' must have 1 to {LONGEST_REASON} characters")));
    }
    if form.to.is_some_and(|to| to <= state.clock.now()) {
        return Err(Problem::bad_request("'to' is over already"));
    }
    change(caller, &state, place, Move::Pause { to: form.to, reason }, form.by).await
}

pub(super) async fn resume(
    caller: MayWrite,
    State(state): State<WebState>,
    place: Place,
    body: Bytes,
) -> Shown {
    let form = read_plain(&body)?;
    change(caller, &state, place, Move::Resume, form.by).await
}

pub(super) async fn end(caller: MayWrite, State(state): State<WebState>, place: Place, body: Bytes) -> Shown {
    let form = read_plain(&body)?;
    change(caller, &state, place, Move::End, form.by).await
}

pub(super) async fn change_times(
    caller: MayWrite,
    State(state): State<WebState>,
    place: Place,
    body: Bytes,
) -> Shown {
    let form: TimesForm = read(&body)?;
    let mut times = BTreeMap::new();
    for (entry, given) in form.times {
        let read = given.iter().map(|time| time_of_day(time)).collect::<Result<Vec<_>, _>>()?;
        times.insert(entry, read);
    }
    change(caller, &state, place, Move::Times(times), form.by).await
}

async fn change(
    caller: MayWrite,
    state: &WebState,
    Path((id, protocol)): Place,
    deed: Move,
    by: Option<String>,
) -> Shown {
    let patient = patient(&id)?;
    let protocol =
        ProtocolId::parse(&protocol).map_err(|_| Problem::not_found("there is no such protocol"))?;
    let catalog = state.catalog.hold().await;
    desk(state, &catalog).change(&patient, &protocol, deed, &caller.hand(by)).await?;
    drop(catalog);
    state.outbox.nudge();
    shown(state, &patient).await
}

fn desk<'a>(state: &'a WebState, catalog: &'a Catalog) -> Desk<'a> {
    Desk { store: &state.store, catalog, ids: &state.ids, now: state.clock.now() }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be used: {error}")))
}

/// An empty body says nothing.
fn read_plain(body: &[u8]) -> Result<PlainForm, Problem> {
    if body.is_empty() { Ok(PlainForm::default()) } else { read(body) }
}

fn time_of_day(text: &str) -> Result<Time, Problem> {
    Time::strptime("%H:%M", text)
        .map_err(|_| Problem::bad_request(format!("'{}' is no time of day; write 07:30", cut(text))))
}

fn cut(text: &str) -> String {
    text.chars().take(20).collect()
}

fn patient(id: &str) -> Result<PatientId, Problem> {
    PatientId::parse(id).map_err(|_| no_patient())
}

fn no_patient() -> Problem {
    Problem::not_found("there is no such patient")
}

async fn shown(state: &WebState, patient: &PatientId) -> Shown {
    let enrolments = state.store.enrolments_of(patient).await?;
    Ok(Json(json!({ "enrolments": enrolments.iter().map(show).collect::<Vec<_>>() })))
}

fn show(enrolment: &Enrolment) -> Value {
    let (state, at, why) = match enrolment.state {
        EnrolmentState::Invited { at } => ("invited", Some(at), None),
        EnrolmentState::Active => ("active", None, None),
        EnrolmentState::Ended { at, why } => ("ended", Some(at), Some(why)),
    };
    json!({
        "protocol": enrolment.protocol,
        "from": enrolment.first_day,
        "to": enrolment.last_day,
        "state": state,
        "state_at": at,
        "end_reason": why,
        "consent": enrolment.consent,
        "pause": enrolment.pause,
        "times": enrolment.own_times,
        "revision": enrolment.revision,
    })
}
