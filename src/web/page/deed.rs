//! What the page's buttons do. Each answers with the page again, and a line that says what became of it.

use axum::extract::{Path, State};
use axum::response::Redirect;

use super::PageError;
use super::form::{BareForm, ClosingForm, Form};
use super::signed::Signed;
use crate::domain::alert::Refused;
use crate::domain::id::{AlertId, TaskId};
use crate::engine::nurse::{self, DeedError};
use crate::web::WebState;

/// The line above the queue after a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    Acknowledged,
    Resolved,
    TaskResolved,
    AlreadyAcknowledged,
    AlreadyResolved,
    Gone,
    NotYours,
}

impl Notice {
    const ALL: [Self; 7] = [
        Self::Acknowledged,
        Self::Resolved,
        Self::TaskResolved,
        Self::AlreadyAcknowledged,
        Self::AlreadyResolved,
        Self::Gone,
        Self::NotYours,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::TaskResolved => "task-resolved",
            Self::AlreadyAcknowledged => "already-acknowledged",
            Self::AlreadyResolved => "already-resolved",
            Self::Gone => "gone",
            Self::NotYours => "not-yours",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.name() == name)
    }

    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Acknowledged => "The alert is yours: it stays here until somebody resolves it.",
            Self::Resolved => "The alert is resolved.",
            Self::TaskResolved => "The task is resolved.",
            Self::AlreadyAcknowledged => "Somebody acknowledged that alert before you. Nothing was changed.",
            Self::AlreadyResolved => "Somebody resolved that before you. Nothing was changed.",
            Self::NotYours => "Alerts are for clinicians; tasks are for everybody. Nothing was changed.",
            Self::Gone => "That is not here any more. Nothing was changed.",
        }
    }
}

pub(super) async fn acknowledge(
    signed: Signed,
    State(state): State<WebState>,
    Path(id): Path<String>,
    Form(form): Form<BareForm>,
) -> Result<Redirect, PageError> {
    signed.check(&form.form_token)?;
    let id = AlertId::parse(&id).map_err(|_| PageError::NotFound)?;
    let (hand, site) = (signed.hand(), state.site().await);
    let done = state.nurse(&site, &hand).acknowledge(&id).await;
    back(done, Notice::Acknowledged)
}

pub(super) async fn resolve(
    signed: Signed,
    State(state): State<WebState>,
    Path(id): Path<String>,
    Form(form): Form<ClosingForm>,
) -> Result<Redirect, PageError> {
    signed.check(&form.form_token)?;
    let id = AlertId::parse(&id).map_err(|_| PageError::NotFound)?;
    let (hand, site) = (signed.hand(), state.site().await);
    let closing = form.closing(&site)?;
    let done = state.nurse(&site, &hand).resolve(&id, &closing).await;
    back(done, Notice::Resolved)
}

pub(super) async fn resolve_task(
    signed: Signed,
    State(state): State<WebState>,
    Path(id): Path<String>,
    Form(form): Form<ClosingForm>,
) -> Result<Redirect, PageError> {
    signed.check(&form.form_token)?;
    let id = TaskId::parse(&id).map_err(|_| PageError::NotFound)?;
    let note = form.note()?;
    let (hand, now) = (signed.hand(), state.clock.now());
    let done = nurse::resolve_task(&state.store, &id, &hand, note.as_deref(), now).await;
    back(done, Notice::TaskResolved)
}

fn back(done: Result<(), DeedError>, success: Notice) -> Result<Redirect, PageError> {
    let notice = match done {
        Ok(()) => success,
        Err(DeedError::Refused(Refused::AlreadyAcknowledged)) => Notice::AlreadyAcknowledged,
        Err(DeedError::Refused(Refused::AlreadyResolved) | DeedError::TaskResolved) => {
            Notice::AlreadyResolved
        }
        Err(DeedError::Unknown(_)) => Notice::Gone,
        Err(DeedError::Store(error)) => return Err(error.into()),
        // The page offers nothing that these refuse, but to those who may not act on alerts at all.
        Err(DeedError::NotAllowed(_)) => Notice::NotYours,
        Err(_) => return Err(PageError::BadForm),
    };
    Ok(Redirect::to(&format!("/?notice={}", notice.name())))
}
