use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::Params;
use crate::store::listing::{ListedDay, beginning_of, day_of};
use crate::store::view::Balance;
use crate::web::WebState;

/// How far back days are shown when nobody says.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What became of everything that ever arrived.
pub(super) async fn show(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    Params::read(&uri, &[])?;
    let ledger = state.store.intake_ledger().await?;
    let total = ledger.total();
    let mut shown = figures(total);
    shown["balanced"] = json!(total.is_balanced());
    shown["edges"] = json!({ "text": figures(ledger.text), "device": figures(ledger.device) });
    Ok(Json(shown))
}

/// Day by day, what the providers received for us and what we have of it.
pub(super) async fn reconcile(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["since"])?;
    let month_ago = state.clock.now().saturating_sub(LOOK_BACK).unwrap_or(Timestamp::UNIX_EPOCH);
    let since = params.parsed("since", "a day like 2026-11-22", |text| text.parse::<Date>().ok())?;
    let since = match since {
        Some(day) => day.to_zoned(TimeZone::UTC).map_or(month_ago, |midnight| midnight.timestamp()),
        None => month_ago,
    };
    let days = state.store.listed_days(day_of(since)).await?;
    Ok(Json(json!({
        "days": days.iter().map(show_day).collect::<Vec<_>>(),
        "balanced": days.iter().all(|day| day.missing() == 0),
    })))
}

fn show_day(day: &ListedDay) -> Value {
    json!({
        "provider": day.provider.name(),
        "day": beginning_of(day.day).to_zoned(TimeZone::UTC).date().to_string(),
        "listed": day.listed,
        "kept": day.kept,
        "late": day.late,
        "missing": day.missing(),
        "looked_at": day.looked_at,
    })
}

fn figures(balance: Balance) -> Value {
    json!({
        "received": balance.received,
        "accepted": balance.accepted,
        "duplicate": balance.duplicate,
        "rejected": balance.rejected,
        "held": balance.held,
    })
}
