use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Problem;
use super::bearer::MayRead;
use super::param::Params;
use crate::store::auditor::KeptFinding;
use crate::web::WebState;

/// How long what is over is shown.
const SHOWN: SignedDuration = SignedDuration::from_hours(24);

/// What the auditor found: whether somebody would be told if nobody were there.
pub(super) async fn show(
    _: MayRead,
    State(state): State<WebState>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let params = Params::read(&uri, &["limit"])?;
    let limit = params.limit(100)?;
    let now = state.clock.now();
    let findings = state.store.findings(now.saturating_sub(SHOWN).unwrap_or(Timestamp::MIN), limit).await?;
    let (standing, over): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.over_at.is_none());
    let shown =
        |findings: &[&KeptFinding]| findings.iter().map(|finding| finding_of(finding)).collect::<Vec<_>>();
    Ok(Json(json!({
        "fresh": state.telemetry.is_audited(now),
        "clean": state.telemetry.is_clean(now),
        "audited_at": state.telemetry.audited_at(),
        "standing": shown(&standing),
        "over": shown(&over),
    })))
}

fn finding_of(finding: &KeptFinding) -> Value {
    json!({
        "kind": finding.kind,
        "subject": finding.subject,
        "detail": finding.detail,
        "withholds_heartbeat": finding.withholds,
        "since": finding.since,
        "last_at": finding.last_at,
        "repaired_at": finding.repaired_at,
        "over_at": finding.over_at,
    })
}
