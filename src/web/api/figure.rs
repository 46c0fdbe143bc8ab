//! Figures, as JSON and as a table for a spreadsheet.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::Params;
use super::queue::team;
use crate::domain::figure::By;
use crate::engine::figure::{Answer, Question, work_out};
use crate::web::WebState;

/// What is looked at when nobody says.
const USUAL: SignedDuration = SignedDuration::from_hours(28 * 24);
/// More than a year is more than is worked out while somebody waits.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

const HEADINGS: &str = "team,group,red,amber,advice,action,no_action,unsaid,closed_itself,unresolved,\
acknowledge_median_minutes,acknowledge_90th_minutes,resolve_median_minutes,resolve_90th_minutes,\
standards_met,standards_missed,standards_met_percent,reopened,notifications";

pub(super) async fn show(
    caller: MayRead,
    State(state): State<WebState>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.split(',').any(|kind| kind.trim().starts_with("text/csv")) {
        return table(caller, State(state), uri).await;
    }
    let (question, answer) = answer(&state, &uri).await?;
    Ok(Json(json!({
        "from": question.from,
        "to": question.to,
        "by": question.by,
        "groups": answer.groups.iter().map(|(group, figures)| {
            let mut shown = json!(group);
            if let (Some(shown), Ok(Value::Object(figures))) =
                (shown.as_object_mut(), serde_json::to_value(figures))
            {
                shown.extend(figures);
            }
            shown
        }).collect::<Vec<_>>(),
        "next_shifts": answer.forecasts.iter().map(|forecast| {
            let mut shown = json!(forecast);
            shown["note"] = json!("a guess: the mean of the same weekday and hours in the weeks before");
            shown
        }).collect::<Vec<_>>(),
    }))
    .into_response())
}

/// The groups alone, one a line.
pub(super) async fn table(_: MayRead, State(state): State<WebState>, uri: Uri) -> Result<Response, Problem> {
    let (_, answer) = answer(&state, &uri).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"figures.csv\""),
    ];
    Ok((headers, lines(&answer)).into_response())
}

async fn answer(state: &WebState, uri: &Uri) -> Result<(Question, Answer), Problem> {
    let params = Params::read(uri, &["team", "from", "to", "by"])?;
    let site = state.catalog.hold().await.site.clone();
    let now = state.clock.now();
    let wanted = "a day like 2026-11-01 or a time like 2026-11-01T08:00:00Z";
    let to = params.parsed("to", wanted, |text| instant(text, &site.zone))?.unwrap_or(now);
    let from = params.parsed("from", wanted, |text| instant(text, &site.zone))?;
    let from = from.unwrap_or_else(|| to.saturating_sub(USUAL).unwrap_or(to));
    let by = params.parsed("by", "rule, shift or team", By::from_name)?.unwrap_or(By::Rule);
    if from >= to {
        return Err(Problem::bad_request("'from' must be before 'to'"));
    }
    if to.duration_since(from) > LONGEST {
        return Err(Problem::bad_request("ask for 400 days at most"));
    }
    let question = Question { from, to, by, team: team(&params, &site)? };
    let answer = work_out(&state.store, &site, &question, now).await?;
    Ok((question, answer))
}

/// A day is its midnight in the site's civil time.
pub(super) fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let day = |day: Date| day.to_zoned(zone.clone()).ok().map(|midnight| midnight.timestamp());
    text.parse().ok().or_else(|| text.parse().ok().and_then(day))
}

fn lines(answer: &Answer) -> String {
    let number = |number: Option<i64>| number.map_or(String::new(), |number| number.to_string());
    let mut table = format!("{HEADINGS}\r\n");
    for (group, figures) in &answer.groups {
        let f = figures;
        let team = group.team.as_ref().map_or("", |team| team.as_str());
        let _ = write!(table, "{},{},", cell(team), cell(&group.name));
        let counts =
            [f.red, f.amber, f.advice, f.action, f.no_action, f.unsaid, f.closed_itself, f.unresolved];
        let mut cells: Vec<String> = counts.iter().map(u32::to_string).collect();
        for spread in [f.minutes_to_acknowledge, f.minutes_to_resolve] {
            cells.extend([number(spread.median), number(spread.ninetieth)]);
        }
        cells.extend([f.standards_met, f.standards_missed].map(|count| count.to_string()));
        cells.push(number(f.standards_met_percent.map(i64::from)));
        cells.extend([f.reopened, f.notifications].map(|count| count.to_string()));
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

/// A name as a cell. One that a spreadsheet would take for a formula is told to be text.
pub(super) fn cell(name: &str) -> String {
    let name = match name.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{name}"),
        false => name.to_owned(),
    };
    match name.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name,
    }
}
