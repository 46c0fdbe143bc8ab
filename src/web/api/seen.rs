//! What a read is a look at: named for the audit trail from the path and the query alone, so that a path that comes
//! later is on record without anybody thinking of it.

use axum::extract::Query;
use axum::http::Uri;
use axum::http::request::Parts;
use serde_json::json;

use crate::domain::id::PatientId;
use crate::engine::view::View;
use crate::store::token::Token;
use crate::web::WebState;

/// The header, and the parameter, that say why somebody looks.
pub(super) const REASON: &str = "reason";
const REASON_HEADER: &str = "x-reason";
/// A reason is a sentence.
const LONGEST_REASON: usize = 300;

/// First parts of paths that show nobody: figures, plans, the state of the house.
const NOBODY: [&str; 7] = ["auditor", "coverage", "figures", "intake", "openapi.json", "outcomes", "rotas"];

/// Sums that show nobody, below a list that does.
const COSTS: [&str; 2] = ["/messages/costs", "/messages/costs.csv"];

/// The view that a caller's request is; nothing where it shows nobody.
pub(super) fn view(parts: &Parts, state: &WebState, token: &Token) -> Option<View> {
    let query = query_of(&parts.uri);
    let (noun, subject) = name(parts.uri.path(), &query)?;
    let said = parts.headers.get(REASON_HEADER).and_then(|value| value.to_str().ok());
    let reason = said.or_else(|| find(&query, REASON)).map(str::trim).filter(|reason| !reason.is_empty());
    let Token { name: token_name, user_name, .. } = token;
    Some(View {
        at: state.clock.now(),
        actor: user_name.clone().unwrap_or_else(|| format!("token:{token_name}")),
        action: format!("{noun}.view"),
        subject,
        detail: json!({ "via": "api", "token": token_name }),
        reason: reason.map(|reason| reason.chars().take(LONGEST_REASON).collect()),
    })
}

/// `path` is that below `/api/v1`. The kind of thing and the id of it; of a list the patient that it is of, else its own name.
fn name(path: &str, query: &[(String, String)]) -> Option<(String, String)> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let list = parts.next()?;
    if NOBODY.contains(&list) || COSTS.contains(&path) {
        return None;
    }
    match (parts.next(), find(query, "patient").filter(|id| !id.is_empty())) {
        (Some(id), _) => Some((list.strip_suffix('s').unwrap_or(list).to_owned(), cut(id))),
        (None, Some(patient)) => Some((list.to_owned(), cut(patient))),
        (None, None) => Some((list.to_owned(), list.to_owned())),
    }
}

/// What somebody wrote in place of an id may be a name or a number, which no trail may hold.
fn cut(id: &str) -> String {
    PatientId::parse(id).map_or_else(|_| "?".to_owned(), |id| id.to_string())
}

fn query_of(uri: &Uri) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

fn find<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_what_is_looked_at() {
        let pairs = |query: &str| query_of(&format!("/?{query}").parse().unwrap());
        for (path, query, seen) in [
            ("/patients/ada", "", Some("patient ada")),
            ("/patients/ada/enrolments", "", Some("patient ada")),
            ("/patients", "", Some("patients patients")),
            ("/alerts/e1a0", "", Some("alert e1a0")),
            ("/alerts/e1a0/explain", "", Some("alert e1a0")),
            ("/alerts", "state=open", Some("alerts alerts")),
            ("/readings", "patient=ada&vital=weight", Some("readings ada")),
            ("/something/new", "", Some("something new")),
            ("/messages/e9m0/events", "", Some("message e9m0")),
            ("/messages/costs", "since=2026-11-01", None),
            ("/intake/ledger", "", None),
            ("/auditor", "", None),
        ] {
            let named = name(path, &pairs(query)).map(|(noun, subject)| format!("{noun} {subject}"));
            assert_eq!(named.as_deref(), seen, "{path}");
        }
    }
}
