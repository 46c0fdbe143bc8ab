use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use super::bearer::{MayRead, MayWrite};
use super::deed::{Deed, Subject};
use super::param::{DeedBody, Params, cut, read_form};
use super::queue::team_named;
use crate::domain::id::{PatientId, TaskId, TeamId, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::task::AdHocTask;
use crate::engine::nurse;
use crate::engine::queue::{WorkError, ask, assign};
use crate::store::worklist::QueuedTask;
use crate::web::WebState;

const LONGEST_TITLE: usize = 100;
const LONGEST_DETAIL: usize = 2000;
/// Longer than any name.
const LONGEST_BY: usize = 100;

/// Work that somebody asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskForm {
    patient: Option<PatientId>,
    team: Option<String>,
    title: String,
    #[serde(default)]
    detail: String,
    due_at: Option<Timestamp>,
    #[serde(default)]
    urgent: bool,
    /// Whom it is given to.
    to: Option<String>,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignForm {
    to: String,
    by: Option<String>,
}

/// Open tasks, urgent ones first.
pub(super) async fn list(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(1000)?;
    let rows = state.store.open_tasks(params.cursor()?.as_ref(), limit + 1).await?;
    let (rows, next) = cut(rows, limit, QueuedTask::place);
    Ok(Json(json!({ "tasks": rows.iter().map(show).collect::<Vec<_>>(), "next": next })))
}

pub(super) async fn make(
    caller: MayWrite,
    State(state): State<WebState>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let form: TaskForm = read_form(&body)?;
    let hand = caller.hand(named(form.by.as_deref())?);
    let site = state.catalog.hold().await.site.clone();
    let now = state.clock.now();
    let text = |name: &str, text: &str, longest: usize| {
        let text = text.trim();
        match text.chars().count() <= longest {
            true => Ok(text.to_owned()),
            false => Err(Problem::bad_request(format!("'{name}' is longer than {longest} characters"))),
        }
    };
    let task = AdHocTask {
        id: TaskId::trusted(format!("{}k", state.ids.event(now))),
        patient: form.patient,
        team: form.team.as_deref().map(|team| team_called(team, &site)).transpose()?,
        title: text("title", &form.title, LONGEST_TITLE)?,
        detail: text("detail", &form.detail, LONGEST_DETAIL)?,
        due_at: form.due_at,
        urgent: form.urgent,
        made_by: hand.actor.clone(),
        owner: form.to.as_deref().map(person).transpose()?,
    };
    if task.title.is_empty() {
        return Err(Problem::bad_request("say in 'title' what is to be done"));
    }
    ask(&state.store, &hand, &task, now).await?;
    Ok((StatusCode::CREATED, task.id.shown(&state).await?))
}

/// Gives a task to somebody; whoever accepts it names themselves.
pub(super) async fn give(deed: Deed<TaskId>) -> Result<Json<Value>, Problem> {
    let form: AssignForm = read_form(&deed.body)?;
    let hand = deed.hand(named(form.by.as_deref())?);
    assign(&deed.state.store, &deed.id, &hand, &person(&form.to)?, deed.state.clock.now()).await?;
    deed.shown().await
}

pub(super) async fn resolve(deed: Deed<TaskId>) -> Result<Json<Value>, Problem> {
    let (by, closing) = DeedBody::read(&deed.body)?.into_parts();
    if closing.outcome.is_some() {
        return Err(Problem::bad_request("a task has no outcome: say it in 'note'"));
    }
    let (hand, now) = (deed.hand(by), deed.state.clock.now());
    nurse::resolve_task(&deed.state.store, &deed.id, &hand, closing.note.as_deref(), now).await?;
    deed.shown().await
}

fn unknown() -> Problem {
    Problem::not_found("there is no such task")
}

impl Subject for TaskId {
    fn from_path(id: &str) -> Result<Self, Problem> {
        Self::parse(id).map_err(|_| unknown())
    }

    async fn shown(&self, state: &WebState) -> Result<Json<Value>, Problem> {
        state.store.task(self).await?.map(|task| Json(show(&task))).ok_or_else(unknown)
    }
}

fn named(by: Option<&str>) -> Result<Option<String>, Problem> {
    let by = by.map(str::trim).filter(|by| !by.is_empty());
    match by {
        Some(by) if by.chars().count() > LONGEST_BY => {
            Err(Problem::bad_request(format!("'by' is longer than {LONGEST_BY} characters")))
        }
        by => Ok(by.map(str::to_owned)),
    }
}

fn person(name: &str) -> Result<UserName, Problem> {
    UserName::parse(name).map_err(|error| Problem::bad_request(format!("to: {error}")))
}

fn team_called(name: &str, site: &Organisation) -> Result<TeamId, Problem> {
    team_named(name, site).ok_or_else(|| {
        let known: Vec<_> = site.teams.keys().map(TeamId::as_str).collect();
        Problem::bad_request(format!("'team' must be a team of this site: {}", known.join(", ")))
    })
}

pub(super) fn show(task: &QueuedTask) -> Value {
    json!({
        "id": task.id,
        "kind": task.kind,
        "lane": task.kind.lane(),
        "title": task.title(),
        "subject": task.subject,
        "patient_id": task.patient,
        "detail": task.detail,
        "urgent": task.urgent,
        "team": task.team,
        "due_at": task.due_at,
        "owner": task.owner,
        "owned_at": task.owned_at,
        "made_by": task.made_by,
        "opened_at": task.opened_at,
        "last_at": task.last_at,
        "count": task.count,
        "resolved_at": task.resolved_at,
        "resolved_by": task.resolved_by,
        "note": task.note,
    })
}

impl From<WorkError> for Problem {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::NoPatient | WorkError::Nobody => Self::bad_request(error.to_string()),
            WorkError::Deed(error) => error.into(),
        }
    }
}
