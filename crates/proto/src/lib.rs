//! The HTTP rules of Lanner: what a message is, which bytes are refused, how a reply is written,
//! which route a path belongs to.
//!
//! Called by `core`, which owns sockets and clocks, and by the fuzz targets. Everything here is a
//! pure function or a state machine over byte slices: bytes in, steps and bytes out.
//!
//! Promises: nothing panics whatever the network sends, nothing is allocated per request once the
//! scratch buffers have grown, and a verdict depends on the bytes alone, never on how the network
//! happened to cut them.
//!
//! Deliberately not here: sockets, threads, `Instant`, timers, logging, JavaScript. Deadlines are
//! the caller's; it reports a missed one as a [`RejectReason`] like any other.

#![forbid(unsafe_code)]

mod body_length;
mod chars;
pub mod date;
pub mod fields;
pub mod h1;
mod head;
mod limits;
mod method;
pub mod proxy;
mod reject;
pub mod router;
mod span;
pub mod status;

pub use body_length::BodyLength;
pub use date::http_date;
pub use fields::{Field, known};
pub use head::{Head, TargetForm, Version};
pub use limits::{LIMITS, LimitDoc, Limits};
pub use method::Method;
pub use reject::{RejectPage, RejectPages, RejectReason, RejectReply, RetryAfter, write_reject};
pub use router::{Found, RouteError, RouteSpec, RouteTable};
pub use span::Span;
