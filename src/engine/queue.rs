//! A team's queue as it stands: everybody in order, and one page of it.

mod walk;

use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;

use crate::domain::id::{TaskId, TeamId, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::queue::{Lane, Mark, Page, Placed, Work, place_all, place_work};
use crate::domain::task::AdHocTask;
use crate::store::card::PatientLoad;
use crate::store::worklist::QueuedTask;
use crate::store::{Store, StoreError};

use super::nurse::{DeedError, Hand};

pub use walk::Walks;

/// Which part of the queue.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub team: Option<TeamId>,
    /// Only what this person has in hand.
    pub mine: Option<UserName>,
    pub limit: usize,
    pub mark: Option<Mark>,
}

/// Everybody with an unresolved alert, in order.
pub async fn placed(
    store: &Store,
    site: &Organisation,
    mine: Option<&UserName>,
    now: Timestamp,
) -> Result<Vec<Placed>, StoreError> {
    Ok(place(&store.loads(mine, now).await?, None, site, now))
}

/// Every open task, in order.
pub async fn worked(store: &Store, site: &Organisation, now: Timestamp) -> Result<Vec<Work>, StoreError> {
    Ok(place_work(&store.pieces().await?, site, now))
}

/// Everybody in order, or those of one team.
fn place(loads: &[PatientLoad], team: Option<&TeamId>, site: &Organisation, now: Timestamp) -> Vec<Placed> {
    let mut placed = place_all(loads, site, now);
    placed.retain(|placed| team.is_none_or(|team| placed.team == *team));
    placed
}

/// A page of a lane of tasks.
pub async fn tasks(
    store: &Store,
    site: &Organisation,
    lane: Lane,
    choice: &Choice,
    now: Timestamp,
) -> Result<Page<(Work, QueuedTask)>, StoreError> {
    let asked_at = choice.asked_at(now);
    let mut all = worked(store, site, asked_at).await?;
    all.retain(|work| {
        work.lane == lane
            && choice.team.as_ref().is_none_or(|team| work.team == *team)
            && choice.mine.as_ref().is_none_or(|mine| work.owner.as_ref() == Some(mine))
    });
    let page = Page::of(all, choice.mark.as_ref(), choice.limit, asked_at, |work| &work.place);
    let ids: Vec<_> = page.rows.iter().map(|work| &work.task).collect();
    let mut found = store.tasks_of(&ids).await?.into_iter().peekable();
    // Both are in the same order, and what is closed meanwhile is missing from the second.
    let rows =
        page.rows.into_iter().filter_map(|work| Some((found.next_if(|task| task.id == work.task)?, work)));
    let rows = rows.map(|(task, work)| (work, task)).collect();
    Ok(Page { rows, asked_at, ahead: page.ahead, next: page.next })
}

impl Choice {
    fn asked_at(&self, now: Timestamp) -> Timestamp {
        self.mark.as_ref().map_or(now, |mark| mark.asked_at)
    }
}

/// Why a task is not made or given.
#[derive(Debug, Error)]
pub enum WorkError {
    #[error("there is no such patient")]
    NoPatient,
    #[error("nobody of that name may sign in: 'lamplight user list' shows who may")]
    Nobody,
    #[error(transparent)]
    Deed(#[from] DeedError),
}

impl From<StoreError> for WorkError {
    fn from(error: StoreError) -> Self {
        Self::Deed(error.into())
    }
}

/// Makes work for somebody.
pub async fn ask(store: &Store, hand: &Hand, task: &AdHocTask, now: Timestamp) -> Result<(), WorkError> {
    if let Some(patient) = &task.patient
        && store.shown_patient(patient).await?.is_none()
    {
        return Err(WorkError::NoPatient);
    }
    if let Some(owner) = &task.owner {
        must_be_here(store, owner).await?;
    }
    let mut tx = store.begin_quietly().await?;
    tx.add_task(task, now).await?;
    let detail = json!({ "team": task.team, "urgent": task.urgent, "owner": task.owner });
    tx.audit(&hand.entry(now, "task.make", task.id.as_str(), detail)).await?;
    Ok(tx.commit().await?)
}

/// Gives a task to somebody who may sign in; whoever accepts it gives it to themselves.
pub async fn assign(
    store: &Store,
    id: &TaskId,
    hand: &Hand,
    to: &UserName,
    now: Timestamp,
) -> Result<(), WorkError> {
    must_be_here(store, to).await?;
    let mut tx = store.begin_quietly().await?;
    if !tx.give_task(id, to, now).await? {
        let known = tx.is_task_resolved(id).await?.is_some();
        return Err(if known { DeedError::TaskResolved } else { DeedError::Unknown("task") }.into());
    }
    tx.audit(&hand.entry(now, "task.assign", id.as_str(), json!({ "to": to }))).await?;
    Ok(tx.commit().await?)
}

async fn must_be_here(store: &Store, person: &UserName) -> Result<(), WorkError> {
    let user = store.user(person.as_str()).await?;
    match user.filter(|user| user.disabled_at.is_none()) {
        Some(_) => Ok(()),
        None => Err(WorkError::Nobody),
    }
}
