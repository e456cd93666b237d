//! Replies that the core gives by itself, without waking JavaScript.
//!
//! Used by the connection for requests that match no route and for `OPTIONS`. Promises problem
//! details (RFC 9457) without anything of the request in them. Refusals of malformed requests are
//! not here: they are `RejectReason`, and end the connection.

use lanner_proto::RetryAfter;

use crate::probes::Report;

/// What the core replies.
#[derive(Debug, Clone)]
pub enum NativeReply {
    /// No route has this path.
    NotFound,
    /// A route has this path, with other methods.
    MethodNotAllowed {
        /// Value of the `Allow` field.
        allow: Box<[u8]>,
    },
    /// `OPTIONS` for a path whose routes do not answer it themselves.
    Options {
        /// Value of the `Allow` field.
        allow: Box<[u8]>,
    },
    /// `OPTIONS *`.
    OptionsServer,
    /// Every isolate is busy.
    Overloaded(RetryAfter),
    /// The isolate that had the request has gone.
    IsolateGone(RetryAfter),
    /// What a probe found.
    Report(Box<Report>),
    /// The handler did not reply in time.
    DeadlinePassed,
    /// The handler's reply could not be encoded (an invalid field).
    InvalidReply,
}

impl NativeReply {
    /// Status code.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::Options { .. } | Self::OptionsServer => 204,
            Self::Overloaded(_) | Self::IsolateGone(_) => 503,
            Self::Report(report) => report.status,
            Self::DeadlinePassed => 504,
            Self::InvalidReply => 500,
        }
    }

    /// Fields beside the framing.
    pub fn field(&self) -> Option<(&[u8], &[u8])> {
        match self {
            Self::MethodNotAllowed { allow } | Self::Options { allow } => Some((b"allow", allow)),
            Self::OptionsServer => {
                Some((b"allow", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
            }
            Self::Report(report) => Some((b"content-type", report.content_type.as_bytes())),
            Self::Overloaded(after) | Self::IsolateGone(after) => {
                after.value().map(|value| (&b"retry-after"[..], value))
            }
            Self::NotFound | Self::DeadlinePassed | Self::InvalidReply => None,
        }
    }

    /// The problem document; empty where there is no body.
    pub fn body(&self) -> &[u8] {
        match self {
            Self::NotFound => br#"{"title":"Not Found","status":404}"#,
            Self::MethodNotAllowed { .. } => br#"{"title":"Method Not Allowed","status":405}"#,
            Self::Options { .. } | Self::OptionsServer => b"",
            Self::Overloaded(_) | Self::IsolateGone(_) => {
                br#"{"title":"Service Unavailable","status":503}"#
            }
            Self::Report(report) => &report.body,
            Self::DeadlinePassed => br#"{"title":"Gateway Timeout","status":504}"#,
            Self::InvalidReply => br#"{"title":"Internal Server Error","status":500}"#,
        }
    }
}
