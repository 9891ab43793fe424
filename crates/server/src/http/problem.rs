//! What goes wrong is told as `application/problem+json` (RFC 9457).
//!
//! A problem has a stable code, says what is wrong and what to do, and where in the request;
//! it never repeats content. Defects tell nothing but the request's id, by which the log line
//! is found.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seawall_model::{Rejection, RejectionCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::request::RequestId;
use crate::service::ServiceError;

/// Where the codes are explained: on the server itself, so that the type leads somewhere.
const CODES: &str = "/problems/";

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Box<ProblemTold>);

/// A problem, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemTold {
    /// Identifies the code, as a reference to the page of this server that explains it.
    #[serde(rename = "type")]
    #[schema(example = "/problems/too_large")]
    pub kind: String,
    /// What is wrong in general.
    pub title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// A stable name to branch on.
    #[schema(example = "too_large")]
    pub code: String,
    /// What is wrong here, and what to do about it.
    pub detail: String,
    /// JSON pointer to what is wrong in the body, or the name of a parameter; absent for the
    /// whole request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The request, as the log names it.
    pub request_id: String,
    /// Seconds to wait before another try, where waiting helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// The codes, each with its status and its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The body or a parameter cannot be read.
    Malformed,
    /// A field that must be there is not.
    Missing,
    /// A field has a value that is not allowed.
    Invalid,
    /// A type, version or format that is not known.
    Unknown,
    /// Nobody is logged in, or the key is none.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// The password has to be entered again.
    StepUp,
    /// There is nothing here.
    NotFound,
    /// The method is not one of this resource.
    Method,
    /// What was read has changed meanwhile.
    Stale,
    /// It cannot be done as things stand.
    Conflict,
    /// Law 1 or another rule of the product refuses it.
    Refused,
    /// A size limit is exceeded.
    TooLarge,
    /// The body is of a type that is not read here.
    MediaType,
    /// Too many requests.
    TooMany,
    /// Too much waits.
    Busy,
    /// The server is stopping.
    Stopping,
    /// It took too long.
    Timeout,
    /// The request is not acceptable HTTP.
    Defect,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 19] = [
        Self::Malformed,
        Self::Missing,
        Self::Invalid,
        Self::Unknown,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::StepUp,
        Self::NotFound,
        Self::Method,
        Self::Stale,
        Self::Conflict,
        Self::Refused,
        Self::TooLarge,
        Self::MediaType,
        Self::TooMany,
        Self::Busy,
        Self::Stopping,
        Self::Timeout,
        Self::Defect,
    ];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.told().0
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.told().1
    }

    /// What is wrong in general.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.told().2
    }

    fn told(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Malformed => ("malformed", StatusCode::BAD_REQUEST, "This cannot be read"),
            Self::Missing => ("missing", StatusCode::UNPROCESSABLE_ENTITY, "Something is missing"),
            Self::Invalid => {
                ("invalid", StatusCode::UNPROCESSABLE_ENTITY, "A value is not allowed")
            }
            Self::Unknown => {
                ("unknown", StatusCode::UNPROCESSABLE_ENTITY, "This is not known here")
            }
            Self::Unauthenticated => {
                ("unauthenticated", StatusCode::UNAUTHORIZED, "Log in, or send an API key")
            }
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "You may not do this"),
            Self::StepUp => ("step_up_needed", StatusCode::FORBIDDEN, "Enter your password again"),
            Self::NotFound => ("not_found", StatusCode::NOT_FOUND, "There is nothing here"),
            Self::Method => {
                ("method", StatusCode::METHOD_NOT_ALLOWED, "This method is not used here")
            }
            Self::Stale => ("stale", StatusCode::CONFLICT, "It has changed since it was read"),
            Self::Conflict => {
                ("conflict", StatusCode::CONFLICT, "It cannot be done as things stand")
            }
            Self::Refused => {
                ("refused", StatusCode::UNPROCESSABLE_ENTITY, "The rules of Seawall refuse it")
            }
            Self::TooLarge => ("too_large", StatusCode::PAYLOAD_TOO_LARGE, "It is too large"),
            Self::MediaType => (
                "media_type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "This type of body is not read here",
            ),
            Self::TooMany => ("too_many", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Self::Busy => ("busy", StatusCode::SERVICE_UNAVAILABLE, "Too much waits"),
            Self::Stopping => {
                ("stopping", StatusCode::SERVICE_UNAVAILABLE, "The server is stopping")
            }
            Self::Timeout => ("timeout", StatusCode::GATEWAY_TIMEOUT, "It took too long"),
            Self::Defect => {
                ("defect", StatusCode::INTERNAL_SERVER_ERROR, "Seawall failed; report it")
            }
        }
    }
}

impl Problem {
    /// A problem with the whole request.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let (name, status, title) = code.told();
        Self(Box::new(ProblemTold {
            kind: format!("{CODES}{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            code: name.to_owned(),
            detail: detail.into(),
            pointer: None,
            request_id: RequestId::of_this_task(),
            retry_after: match code {
                Code::Busy | Code::TooMany => Some(1),
                Code::Stopping => Some(5),
                _ => None,
            },
        }))
    }

    /// Whether it is of this code.
    #[must_use]
    pub fn is(&self, code: Code) -> bool {
        self.0.code == code.as_str()
    }

    /// Says where in the request it is.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.0.pointer = Some(pointer.into());
        self
    }

    /// Says how long to wait, in seconds.
    #[must_use]
    pub fn after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// A defect: what happened goes to the log, under the id of the request.
    #[must_use]
    pub fn defect(error: &dyn std::error::Error) -> Self {
        tracing::error!(request_id = RequestId::of_this_task(), error = %error, "defect");
        Self::new(Code::Defect, "the log tells what happened, under this request_id")
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Busy => Self::new(Code::Busy, error.to_string()),
            ServiceError::Stopping => Self::new(Code::Stopping, error.to_string()),
        }
    }
}

impl From<&Rejection> for Problem {
    fn from(rejection: &Rejection) -> Self {
        let code = match rejection.code {
            RejectionCode::Malformed => Code::Malformed,
            RejectionCode::TooLarge => Code::TooLarge,
            RejectionCode::Missing => Code::Missing,
            RejectionCode::Invalid | RejectionCode::Future => Code::Invalid,
            RejectionCode::Unknown => Code::Unknown,
            RejectionCode::Altered => Code::Conflict,
            RejectionCode::Defect => Code::Defect,
        };
        let problem = Self::new(code, format!("{}: {}", rejection.detail, rejection.remedy));
        match rejection.pointer.as_str() {
            "" => problem,
            pointer => problem.at(pointer),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut told = self.0;
        // Made on a thread that knows no request, such as one that waits for the disk.
        if told.request_id.is_empty() {
            told.request_id = RequestId::of_this_task();
        }
        let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&told).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = told.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // What is left of the body is not read: the line cannot be used again.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
