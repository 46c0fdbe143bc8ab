//! The page: open alerts worst first, then tasks, then proof that nothing that arrived is missing.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::asset::{ICON, SCRIPT, STYLE};
use super::civil::Moment;
use super::deed::Notice;
use super::signed::Signed;
use super::{PageError, render};
use crate::domain::alert::{AlertState, Severity};
use crate::engine::nurse::{OUTCOMES, queue_view};
use crate::store::queue::{AlertCounts, AlertFilter, QueuedAlert};
use crate::store::view::Balance;
use crate::store::worklist::QueuedTask;
use crate::web::WebState;

/// More than anybody can work through; the page says when there are more.
const SHOWN: u32 = 500;

#[derive(Deserialize)]
pub(super) struct QueueQuery {
    #[serde(default)]
    notice: String,
}

#[derive(Template)]
#[template(path = "queue.html", config = "web/askama.toml")]
struct QueuePage<'a> {
    style: &'a str,
    script: &'a str,
    icon: &'a str,
    full_name: &'a str,
    form_token: &'a str,
    now: Moment,
    notice: Option<&'static str>,
    counts: AlertCounts,
    alerts: Vec<AlertCard<'a>>,
    hidden_alerts: i64,
    tasks: Vec<TaskCard<'a>>,
    more_tasks: bool,
    ledger: Balance,
    outcomes: [&'static str; 5],
}

/// An alert as the page words it.
struct AlertCard<'a> {
    alert: &'a QueuedAlert,
    severity: &'static str,
    opened: Moment,
    last: Moment,
    worsened: Option<Moment>,
    recovered: Option<Moment>,
    /// When the last reading of a late alert was taken: long before it opened.
    taken: Option<Moment>,
    acknowledged: Option<Acknowledged<'a>>,
    unconfirmed: bool,
}

struct Acknowledged<'a> {
    by: &'a str,
    at: Moment,
}

struct TaskCard<'a> {
    task: &'a QueuedTask,
    opened: Moment,
    last: Moment,
}

pub(super) async fn show(
    signed: Signed,
    State(state): State<WebState>,
    Query(query): Query<QueueQuery>,
) -> Result<Html<String>, PageError> {
    let now = state.clock.now();
    let zone = &state.time_zone;
    let filter =
        AlertFilter { states: vec![AlertState::Open, AlertState::Acknowledged], ..AlertFilter::default() };
    let counts = state.store.alert_counts().await?;
    let alerts = state.store.alerts(&filter, SHOWN).await?;
    let mut tasks = state.store.open_tasks(None, SHOWN + 1).await?;
    let more_tasks = tasks.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
    tasks.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let names = state.store.full_names().await?;
    let ledger = state.store.intake_ledger().await?.total();

    let Signed(session) = &signed;
    // Seeing the alerts matters more than having it on record that they were seen.
    if state.views.note(queue_view(&session.user_name, alerts.len(), tasks.len(), now)).await.is_err() {
        tracing::error!("a view of the queue is missing from the audit trail");
    }
    let shown = i64::try_from(alerts.len()).unwrap_or(i64::MAX);
    render(&QueuePage {
        style: &STYLE.name,
        script: &SCRIPT.name,
        icon: &ICON.name,
        full_name: &session.full_name,
        form_token: &session.form_token,
        now: Moment::new(now, now, zone),
        notice: Notice::from_name(&query.notice).map(Notice::sentence),
        counts,
        alerts: alerts.iter().map(|alert| AlertCard::new(alert, &names, now, zone)).collect(),
        hidden_alerts: (counts.total() - shown).max(0),
        tasks: tasks.iter().map(|task| TaskCard::new(task, now, zone)).collect(),
        more_tasks,
        ledger,
        outcomes: OUTCOMES,
    })
}

impl<'a> AlertCard<'a> {
    fn new(
        alert: &'a QueuedAlert,
        names: &'a HashMap<String, String>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Self {
        let moment = |at| Moment::new(at, now, zone);
        let by = |name: &'a String| names.get(name).unwrap_or(name).as_str();
        let acknowledged = match (alert.state, &alert.acknowledged_by, alert.acknowledged_at) {
            (AlertState::Acknowledged, Some(name), Some(at)) => {
                Some(Acknowledged { by: by(name), at: moment(at) })
            }
            _ => None,
        };
        let latest = alert.evidence.last();
        let taken = latest.and_then(|firing| firing["taken_at"].as_str()?.parse().ok());
        Self {
            alert,
            severity: match alert.severity {
                Severity::Red => "Red",
                Severity::Amber => "Amber",
                Severity::Advice => "Advice",
            },
            opened: moment(alert.opened_at),
            last: moment(alert.last_at),
            worsened: alert.worsened_at.map(moment),
            recovered: alert.recovered_at.map(moment),
            taken: taken.filter(|_| alert.late).map(moment),
            acknowledged,
            unconfirmed: latest.is_some_and(|firing| firing["unconfirmed"] == true),
        }
    }
}

impl<'a> TaskCard<'a> {
    fn new(task: &'a QueuedTask, now: Timestamp, zone: &TimeZone) -> Self {
        let moment = |at| Moment::new(at, now, zone);
        Self { task, opened: moment(task.opened_at), last: moment(task.last_at) }
    }
}
