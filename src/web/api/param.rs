//! Query parameters, checked by name; bodies of deeds; and cursors.

use axum::extract::Query;
use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Problem;
use super::seen::REASON;
use crate::domain::id::PatientId;
use crate::engine::nurse::Closing;

const MAX_LIMIT: u32 = 1000;
pub(super) const MAX_NAME: usize = 100;
pub(super) const MAX_NOTE: usize = 2000;

/// The query of a request. An empty value counts as absent.
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Refuses a parameter that is not `known` or comes twice, by name: a misspelt filter must not widen a search.
    pub(super) fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Problem::bad_request("the query cannot be read"))?;
        for (n, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) && name != REASON {
                let detail = match known {
                    [] => format!("unknown parameter '{name}'; this path takes none"),
                    _ => format!("unknown parameter '{name}'; this path takes {}", known.join(", ")),
                };
                return Err(Problem::bad_request(detail));
            }
            if pairs[..n].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::bad_request(format!("the parameter '{name}' comes twice")));
            }
        }
        Ok(Self(pairs))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The parameter as `parse` reads it; `wanted` says in words what fits.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        self.text(name)
            .map(|value| {
                // Not repeated: what stands there may be a person's number.
                parse(value)
                    .ok_or_else(|| Problem::bad_request(format!("the parameter '{name}' must be {wanted}")))
            })
            .transpose()
    }

    pub(super) fn patient(&self) -> Result<Option<PatientId>, Problem> {
        self.parsed("patient", "a patient's id", |id| PatientId::parse(id).ok())
    }

    pub(super) fn limit(&self, default: u32) -> Result<u32, Problem> {
        let parse = |value: &str| value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        Ok(self.parsed("limit", "a whole number from 1 to 1000", parse)?.unwrap_or(default))
    }

    /// Where to go on, as an earlier answer's `next` said it.
    pub(super) fn cursor<P: DeserializeOwned>(&self) -> Result<Option<P>, Problem> {
        self.parsed("cursor", "the 'next' of an earlier answer", |value| {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
        })
    }
}

/// Cuts what was read with one row to spare to `limit` rows, and says where the next page starts, if there is one.
pub(super) fn cut<T, P: Serialize>(
    mut rows: Vec<T>,
    limit: u32,
    place: impl FnOnce(&T) -> P,
) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return (rows, None);
    }
    rows.truncate(limit);
    let next = rows.last().and_then(|last| encode(&place(last)));
    (rows, next)
}

/// A place as a cursor.
pub(super) fn encode<P: Serialize>(place: &P) -> Option<String> {
    serde_json::to_vec(place).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
}

/// What may be said along with a deed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeedBody {
    by: Option<String>,
    outcome: Option<String>,
    note: Option<String>,
}

impl DeedBody {
    /// Reads a JSON body; an empty one says nothing.
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        let mut said: Self = read_body(body)?;
        tidy("by", &mut said.by, MAX_NAME)?;
        tidy("outcome", &mut said.outcome, MAX_NAME)?;
        tidy("note", &mut said.note, MAX_NOTE)?;
        Ok(said)
    }

    /// Who is said to do it, and how it is closed.
    pub(super) fn into_parts(self) -> (Option<String>, Closing) {
        (self.by, Closing { outcome: self.outcome, note: self.note })
    }
}

/// A JSON body; an empty one says nothing.
pub(super) fn read_body<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Ok(T::default());
    }
    read_form(body)
}

/// A JSON body that must say something.
pub(super) fn read_form<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be used: {error}")))
}

/// Trims what somebody wrote. What is empty then counts as absent.
pub(super) fn tidy(name: &str, text: &mut Option<String>, longest: usize) -> Result<(), Problem> {
    *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > longest) {
        return Err(Problem::bad_request(format!("'{name}' is longer than {longest} characters")));
    }
    Ok(())
}
