//! The validated options of a server.
//!
//! Made by `node` from the user's options, read everywhere else. After this nothing checks an
//! option again. Defaults and ranges of the limits are in `lanner_proto::limits`.

use std::sync::Arc;

use lanner_proto::{Limits, RejectPages, RetryAfter, RouteTable};

use crate::probes::Probes;
use crate::rules::Rules;
use crate::watch::StallOptions;

/// Points after which something is given up, in milliseconds; 0 means never.
#[derive(Debug, Clone)]
pub struct Timeouts {
    /// From the first byte of a request head to its end. Default 30 s, as Kestrel's (H1-06).
    pub headers_ms: u64,
    /// Between requests of a connection. Default 130 s, as Kestrel's (H1-05): longer than the idle
    /// timeouts of common load balancers, so that they close first.
    pub keep_alive_ms: u64,
    /// For the rest of a body that nobody reads, and for the peer's close after ours. Default 5 s,
    /// as Kestrel's fixed drain (H1-12).
    pub drain_ms: u64,
    /// For a reply after the peer closed its sending side, from the last byte that moved. Default
    /// 5 s: most peers that do this have gone, some (`nc -N`) wait.
    pub half_closed_ms: u64,
    /// From the head of a request to the end of its reply; then 504, or the reply is cut. None by
    /// default: only the application knows how long its work takes.
    pub request_ms: u64,
    /// Age after which a connection ends with its next reply, so that load balancers spread
    /// clients anew. None by default.
    pub connection_age_ms: u64,
}

/// The slowest transfer that is tolerated: slower ones hold memory for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Bytes per second on average; 0 for no minimum. Default 240, as Kestrel's (H1-10, H1-11).
    pub bytes_per_second: u32,
    /// Time before the first verdict. Default 5 s, as Kestrel's.
    pub grace_ms: u64,
}

impl Rate {
    /// The one of the two that asks for less, in each respect.
    pub fn or_less(self, other: Self) -> Self {
        Self {
            bytes_per_second: self.bytes_per_second.min(other.bytes_per_second),
            grace_ms: self.grace_ms.max(other.grace_ms),
        }
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            bytes_per_second: 240,
            grace_ms: 5_000,
        }
    }
}

/// The slowest transfers in both directions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// Of a request body while the handler has room for it.
    pub request: Rate,
    /// Of replies while some of them waits for the peer.
    pub response: Rate,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers_ms: 30_000,
            keep_alive_ms: 130_000,
            drain_ms: 5_000,
            half_closed_ms: 5_000,
            request_ms: 0,
            connection_age_ms: 0,
        }
    }
}

/// When requests are shed, and what they are told.
#[derive(Debug, Clone)]
pub struct Overload {
    /// Requests of the whole server that are dispatched and not settled, but for those that only
    /// wait for their client. Default 10,000.
    pub in_flight: u32,
    /// Time that requests may wait for an isolate: when all of them waited longer for an interval,
    /// what comes is shed. 0 for no bound. Default 100 ms.
    pub queue_delay_ms: u64,
    /// When a shed client may try again. Default 1 s.
    pub retry_after: RetryAfter,
}

impl Default for Overload {
    fn default() -> Self {
        Self {
            in_flight: 10_000,
            queue_delay_ms: 100,
            retry_after: RetryAfter::default(),
        }
    }
}

/// The options of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Limits of requests.
    pub limits: Limits,
    /// Times.
    pub timeouts: Timeouts,
    /// Slowest transfers.
    pub rates: Rates,
    /// Paths that the core answers by itself.
    pub probes: Probes,
    /// When requests are shed.
    pub overload: Overload,
    /// What refusals say; nothing by default.
    pub reject_pages: RejectPages,
    /// When a stuck event loop is reported.
    pub stall: StallOptions,
    /// Connections open at the same time; more are closed without a reply. 0 for no limit.
    pub connections: usize,
    /// Requests of one connection; the last one's reply ends it. 0 for no limit.
    pub requests_per_connection: u32,
    /// Bytes of requests and replies that the whole server holds; past that no body is read and no
    /// request admitted. 0 for no limit. Default 1 GiB.
    pub body_memory_bytes: u64,
    /// Bytes of an unread body that are dropped to keep a connection; longer bodies close it.
    /// Default 1 MiB: what a client has in flight on a good line, so that closing costs more.
    pub drain_bytes: u64,
    /// What requests are held to, by number of their route; the server's own limits hold where
    /// there is none.
    pub routes: Vec<Rules>,
    /// Value of the `Server` field; none by default.
    pub server_header: Option<Vec<u8>>,
    /// Whether a handler wants the requests that match no route.
    pub fallback: bool,
    /// The paths that middleware covers: what no route takes there is a handler's as well, because
    /// middleware wants to see it (CORS, logs, files).
    pub covered: Option<Arc<RouteTable>>,
    /// Number of I/O threads; at least 1.
    pub io_threads: usize,
    /// Hands memory that was freed back to the system, where there is a way.
    pub release_memory: Option<fn()>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            rates: Rates::default(),
            probes: Probes::default(),
            overload: Overload::default(),
            reject_pages: RejectPages::default(),
            stall: StallOptions::default(),
            connections: 0,
            requests_per_connection: 0,
            body_memory_bytes: 1 << 30,
            drain_bytes: 1024 * 1024,
            routes: Vec::new(),
            server_header: None,
            fallback: false,
            covered: None,
            io_threads: 1,
            release_memory: None,
        }
    }
}
