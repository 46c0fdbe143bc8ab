//! The page: open alerts in the order of the queue, patient by patient, then tasks, then proof that nothing that arrived is
//! missing.

use std::collections::{HashMap, HashSet};

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
use crate::domain::id::{PatientId, TaskId};
use crate::domain::queue::Deadlines;
use crate::engine::nurse::queue_view;
use crate::engine::queue::{placed, worked};
use crate::store::queue::{AlertCounts, QueuedAlert};
use crate::store::view::Balance;
use crate::store::worklist::QueuedTask;
use crate::web::WebState;

/// More than anybody can work through; the page says when there are more.
const SHOWN: usize = 500;

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
    outcomes: Vec<&'a str>,
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
    put_off: Option<PutOff<'a>>,
    unconfirmed: bool,
    /// Nobody has it in hand, and its standard is breached.
    overdue: bool,
}

struct Acknowledged<'a> {
    by: &'a str,
    at: Moment,
}

struct PutOff<'a> {
    /// Civil time: it lies ahead, where minutes ago say nothing.
    until: String,
    by: &'a str,
    reason: &'a str,
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
    let site = state.site().await;
    let counts = state.store.alert_counts().await?;
    let placed = placed(&state.store, &site, None, now).await?;
    let patients: Vec<&PatientId> = placed.iter().take(SHOWN).map(|placed| &placed.patient).collect();
    let mut alerts = state.store.alerts_of(&patients).await?;
    alerts.truncate(SHOWN);
    let breached: HashSet<&PatientId> =
        placed.iter().filter(|placed| placed.is_breached(now)).map(|placed| &placed.patient).collect();
    let mut deadlines = Deadlines::new(&site, now);
    let mut is_overdue = |alert: &QueuedAlert| {
        let team = site.team_of(alert.team.as_deref());
        let due = deadlines.of(team, alert.severity, alert.worsened_at.unwrap_or(alert.opened_at));
        // One that is put off is open too: only where the queue says that something waits too long.
        alert.state == AlertState::Open
            && breached.contains(&alert.patient)
            && due.is_some_and(|due| due <= now)
    };
    let work = worked(&state.store, &site, now).await?;
    let more_tasks = work.len() > SHOWN;
    let ids: Vec<&TaskId> = work.iter().take(SHOWN).map(|work| &work.task).collect();
    let tasks = state.store.tasks_of(&ids).await?;
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
        alerts: alerts
            .iter()
            .map(|alert| AlertCard::new(alert, is_overdue(alert), &names, now, zone))
            .collect(),
        hidden_alerts: (counts.total() - shown).max(0),
        tasks: tasks.iter().map(|task| TaskCard::new(task, now, zone)).collect(),
        more_tasks,
        ledger,
        outcomes: site.outcomes.iter().map(|outcome| outcome.name.as_str()).collect(),
    })
}

impl<'a> AlertCard<'a> {
    fn new(
        alert: &'a QueuedAlert,
        overdue: bool,
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
        let put_off = alert.snooze.as_ref().filter(|snooze| snooze.until > now).map(|snooze| PutOff {
            until: moment(snooze.until).civil,
            by: names.get(snooze.by.as_str()).map_or(snooze.by.as_str(), String::as_str),
            reason: &snooze.reason,
        });
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
            put_off,
            overdue,
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
