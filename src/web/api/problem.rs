//! RFC 9457 problem details: what went wrong and what the caller can do.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::domain::protocol::moves::Refusal;
use crate::engine::carer::CarerError;
use crate::engine::device::DeviceError;
use crate::engine::enrol::{EnrolError, Fault};
use crate::engine::enrolment::MoveError;
use crate::engine::nurse::DeedError;
use crate::engine::rota::RotaError;
use crate::engine::texting::TextsError;
use crate::engine::view::NotNoted;
use crate::store::StoreError;

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    /// A header that says what to do about it.
    header: Option<(HeaderName, &'static str)>,
    faults: Vec<Fault>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), header: None, faults: Vec::new() }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Somebody tries too often; `seconds` until it is of use again.
    pub(super) fn too_often(detail: impl Into<String>, seconds: &'static str) -> Self {
        Self { header: Some((RETRY_AFTER, seconds)), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    pub(super) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not know that method")
    }

    pub(super) fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// A part of the program failed where none can.
    pub(super) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be served; see the log")
    }

    /// `challenge` as RFC 6750 has it: without an error when no token came at all.
    pub(super) fn unauthorised(detail: &str, challenge: &'static str) -> Self {
        let header = Some((WWW_AUTHENTICATE, challenge));
        Self { header, ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// What is wrong with a form, column by column.
    pub(super) fn faults(faults: Vec<Fault>) -> Self {
        let detail = match faults.as_slice() {
            [Fault { column: Some(column), why }] => format!("{column}: {why}"),
            [Fault { column: None, why }] => why.clone(),
            _ => format!("{} columns hold what cannot be used; see 'faults'", faults.len()),
        };
        Self { faults, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }
}

impl From<NotNoted> for Problem {
    fn from(error: NotNoted) -> Self {
        Self {
            header: Some((RETRY_AFTER, "5")),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        }
    }
}

impl From<EnrolError> for Problem {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Faults(faults) => Self::faults(faults),
            EnrolError::Store(error) => error.into(),
        }
    }
}

impl From<MoveError> for Problem {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::UnknownPatient => Self::not_found(error.to_string()),
            MoveError::Refused(why) => match why {
                Refusal::UnknownProtocol(_) | Refusal::UnknownEntry { .. } | Refusal::NoTimes(_) => {
                    Self::bad_request(why.to_string())
                }
                Refusal::NotOn(_) => Self::not_found(why.to_string()),
                _ => Self::new(StatusCode::CONFLICT, why.to_string()),
            },
            MoveError::Store(error) => error.into(),
        }
    }
}

impl From<CarerError> for Problem {
    fn from(error: CarerError) -> Self {
        match error {
            CarerError::Store(error) => error.into(),
            CarerError::UnknownPatient | CarerError::UnknownCarer => Self::not_found(error.to_string()),
            CarerError::TwoProxies => Self::new(StatusCode::CONFLICT, error.to_string()),
            CarerError::Phone(_) | CarerError::OwnPhone | CarerError::Words(_) => {
                Self::bad_request(error.to_string())
            }
        }
    }
}

impl From<TextsError> for Problem {
    fn from(error: TextsError) -> Self {
        match error {
            TextsError::Store(error) => error.into(),
            TextsError::UnknownPatient => Self::not_found(error.to_string()),
            TextsError::AlreadyStopped | TextsError::AlreadyTexted => Self::conflict(error.to_string()),
            TextsError::Nameless | TextsError::Words(_) => Self::bad_request(error.to_string()),
        }
    }
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Store(error) => error.into(),
            DeviceError::BelongsTo { .. } | DeviceError::Revoked(_) => {
                Self::new(StatusCode::CONFLICT, error.to_string())
            }
            DeviceError::Unknown(_) | DeviceError::UnknownPatient(_) => Self::bad_request(error.to_string()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "an API request could not be served");
        match error {
            StoreError::Unavailable(_) => Self {
                header: Some((RETRY_AFTER, "5")),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database is busy: try again soon")
            },
            StoreError::Refused(_) | StoreError::Unreadable { .. } | StoreError::TooNew { .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be served; see the log")
            }
        }
    }
}

impl From<DeedError> for Problem {
    fn from(error: DeedError) -> Self {
        match error {
            DeedError::Unknown(_) => Self::not_found(error.to_string()),
            DeedError::Refused(_) | DeedError::TaskResolved | DeedError::OnlyAdvice => {
                Self::new(StatusCode::CONFLICT, error.to_string())
            }
            DeedError::UnknownOutcome { .. }
            | DeedError::SnoozeTooLong { .. }
            | DeedError::UnknownTarget(_)
            | DeedError::Nameless => Self::bad_request(error.to_string()),
            DeedError::NotAllowed(why) => Self::forbidden(why),
            DeedError::Store(error) => error.into(),
        }
    }
}

impl From<RotaError> for Problem {
    fn from(error: RotaError) -> Self {
        let status = match error {
            RotaError::Store(error) => return error.into(),
            RotaError::Unknown(_) => StatusCode::NOT_FOUND,
            RotaError::Senseless(_) => StatusCode::BAD_REQUEST,
            RotaError::Refused(_) => StatusCode::CONFLICT,
            RotaError::NotYours => StatusCode::FORBIDDEN,
            RotaError::Calendar(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if !self.faults.is_empty() {
            let faults = self.faults.iter().map(|f| json!({ "column": f.column, "why": f.why }));
            body["faults"] = Value::from_iter(faults);
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
