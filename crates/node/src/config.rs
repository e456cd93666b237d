//! The options as the TypeScript side passes them, and what the core makes of them.
//!
//! The TypeScript side has checked types, units and ranges and names the path of a wrong option;
//! here values are only translated, field by named field.

use std::sync::Arc;

use lanner_core::{
    Config, Error, ErrorKind, Overload, Priority, Probes, Rate, Rates, Rules, StallOptions,
    Timeouts,
};
use lanner_proto::{
    Limits, RejectPage, RejectPages, RejectReason, RetryAfter, RouteSpec, RouteTable,
};
use napi::bindgen_prelude::{Either, Null};
use napi_derive::napi;

use crate::endpoint::EndpointOptions;
use crate::release::release_memory;

/// A route: its place in the list is its number.
#[napi(object)]
pub struct RouteOptions {
    /// Method in upper case, or `*`.
    pub method: String,
    /// Path pattern.
    pub pattern: String,
    /// What its requests are held to; nothing for what the server says.
    pub rules: Option<RuleOptions>,
}

/// What one request is held to.
#[napi(object)]
pub struct RuleOptions {
    /// Bytes of a request body; -1 for no limit.
    pub body_bytes: f64,
    /// Bytes of an unread body that are dropped to keep a connection.
    pub drain_bytes: f64,
    /// Time for that.
    pub drain_ms: f64,
    /// From the head to the end of the reply; 0 for never.
    pub request_ms: f64,
    /// The slowest pace of the body.
    pub request: RateOptions,
    /// The slowest pace of the reply.
    pub response: RateOptions,
    /// 0 low, 1 normal, 2 high.
    pub priority: u32,
}

impl RuleOptions {
    fn to_core(&self) -> Rules {
        Rules {
            body_bytes: (self.body_bytes >= 0.0).then_some(self.body_bytes as u64),
            drain_bytes: self.drain_bytes as u64,
            drain_ms: self.drain_ms as u64,
            request_ms: self.request_ms as u64,
            request: self.request.to_core(),
            response: self.response.to_core(),
            priority: match self.priority {
                0 => Priority::Low,
                1 => Priority::Normal,
                _ => Priority::High,
            },
        }
    }
}

/// Limits, see `lanner_proto::limits`.
#[napi(object)]
pub struct LimitOptions {
    /// Bytes of a request line.
    pub request_line_bytes: u32,
    /// Bytes of all header lines.
    pub header_bytes: u32,
    /// Number of header lines.
    pub headers: u32,
    /// Bytes of a request body; -1 for no limit.
    pub body_bytes: f64,
    /// Bytes of a request body that wait for the handler.
    pub request_window_bytes: u32,
    /// Bytes of a reply that wait for the peer.
    pub reply_window_bytes: u32,
    /// Exchanges of one connection at the same time.
    pub pipelined: u32,
    /// Connections open at the same time; 0 for no limit.
    pub connections: u32,
    /// Requests of one connection; 0 for no limit.
    pub requests_per_connection: u32,
    /// Bytes of an unread body that are dropped to keep a connection.
    pub drain_bytes: f64,
    /// Bytes of requests and replies that the server holds; -1 for no limit.
    pub body_memory_bytes: f64,
}

/// Times in milliseconds; 0 for never.
#[napi(object)]
pub struct TimeoutOptions {
    /// From the first byte of a head to its end.
    pub headers_ms: f64,
    /// Between requests.
    pub keep_alive_ms: f64,
    /// For the rest of an unread body.
    pub drain_ms: f64,
    /// For a reply to a peer that closed its sending side.
    pub half_closed_ms: f64,
    /// From the head of a request to the end of its reply.
    pub request_ms: f64,
    /// Age after which a connection ends with its next reply.
    pub connection_age_ms: f64,
}

/// A minimum rate.
#[napi(object)]
pub struct RateOptions {
    /// Bytes per second; 0 for no minimum.
    pub bytes_per_second: u32,
    /// Time before the first verdict.
    pub grace_ms: f64,
}

/// Minimum rates.
#[napi(object)]
pub struct RatesOptions {
    /// Of request bodies.
    pub request: RateOptions,
    /// Of replies.
    pub response: RateOptions,
}

impl RateOptions {
    fn to_core(&self) -> Rate {
        Rate {
            bytes_per_second: self.bytes_per_second,
            grace_ms: self.grace_ms as u64,
        }
    }
}

/// Paths that the core answers by itself; an empty one is none.
#[napi(object)]
pub struct ProbeOptions {
    /// Liveness.
    pub live: String,
    /// Readiness.
    pub ready: String,
    /// Counters.
    pub metrics: String,
    /// Loop delay past which the server is not ready; 0 for any.
    pub max_loop_delay_ms: f64,
}

impl ProbeOptions {
    fn to_core(&self) -> Probes {
        let path = |path: &String| (!path.is_empty()).then(|| path.clone());
        Probes {
            live: path(&self.live),
            ready: path(&self.ready),
            metrics: path(&self.metrics),
            max_loop_delay_ms: self.max_loop_delay_ms as u64,
        }
    }
}

/// When requests are shed.
#[napi(object)]
pub struct OverloadOptions {
    /// Requests dispatched and not settled, in the whole server.
    pub in_flight: u32,
    /// Time that requests may wait for an isolate; 0 for no bound.
    pub queue_delay_ms: f64,
    /// Value of `Retry-After`; 0 for none.
    pub retry_after_seconds: u32,
}

/// What the refusals for one reason say.
#[napi(object)]
pub struct RejectPageOptions {
    /// Label of the reason.
    pub reason: String,
    /// Value of `Content-Type`.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// When a stuck event loop is reported.
#[napi(object)]
pub struct StallReportOptions {
    /// From which length on; 0 for never.
    pub threshold_ms: f64,
    /// Least time between two reports.
    pub interval_ms: f64,
    /// Whether a line is written to standard error.
    pub log: bool,
}

/// All options.
#[napi(object)]
pub struct NativeConfig {
    /// Where to listen.
    pub endpoints: Vec<EndpointOptions>,
    /// The routes.
    pub routes: Vec<RouteOptions>,
    /// Whether unmatched requests go to JavaScript.
    pub fallback: bool,
    /// Patterns of the paths that middleware covers, none twice.
    pub covered: Vec<String>,
    /// Limits.
    pub limits: LimitOptions,
    /// Times.
    pub timeouts: TimeoutOptions,
    /// Slowest transfers.
    pub rates: RatesOptions,
    /// Paths that the core answers by itself.
    pub probes: ProbeOptions,
    /// When requests are shed.
    pub overload: OverloadOptions,
    /// What refusals say.
    pub reject_pages: Vec<RejectPageOptions>,
    /// Reports of a stuck event loop.
    pub stall: StallReportOptions,
    /// Number of I/O threads, 0 for the default.
    pub io_threads: u32,
    /// Value of the `Server` field; null for none.
    pub server_header: Either<String, Null>,
    /// Whether a lone LF ends a line.
    pub allow_bare_lf: bool,
}

impl NativeConfig {
    /// What the core is started with.
    pub(crate) fn to_core(&self) -> Config {
        let mut config = self.server_config();
        if self.routes.iter().any(|route| route.rules.is_some()) {
            let server = Rules::of_server(&config);
            let rules = |route: &RouteOptions| {
                let own = route.rules.as_ref();
                own.map_or(server, RuleOptions::to_core)
            };
            config.routes = self.routes.iter().map(rules).collect();
        }
        config
    }

    /// The paths that middleware covers.
    pub(crate) fn covered(&self) -> Result<Option<Arc<RouteTable>>, Error> {
        if self.covered.is_empty() {
            return Ok(None);
        }
        let patterns = self.covered.iter();
        let specs: Vec<_> = patterns
            .map(|pattern| RouteSpec {
                method: "*",
                pattern,
            })
            .collect();
        let table = RouteTable::build(&specs)
            .map_err(|error| Error::new(ErrorKind::RouteInvalid, error.to_string()))?;
        Ok(Some(Arc::new(table)))
    }

    fn server_config(&self) -> Config {
        let limits = &self.limits;
        let body_bytes = (limits.body_bytes >= 0.0).then_some(limits.body_bytes as u64);
        Config {
            limits: Limits {
                request_line_bytes: limits.request_line_bytes,
                header_bytes: limits.header_bytes,
                headers: u16::try_from(limits.headers).unwrap_or(u16::MAX),
                body_bytes,
                request_window_bytes: limits.request_window_bytes,
                reply_window_bytes: limits.reply_window_bytes,
                pipelined: u16::try_from(limits.pipelined).unwrap_or(u16::MAX),
                allow_bare_lf: self.allow_bare_lf,
                ..Limits::default()
            },
            timeouts: Timeouts {
                headers_ms: self.timeouts.headers_ms as u64,
                keep_alive_ms: self.timeouts.keep_alive_ms as u64,
                drain_ms: self.timeouts.drain_ms as u64,
                half_closed_ms: self.timeouts.half_closed_ms as u64,
                request_ms: self.timeouts.request_ms as u64,
                connection_age_ms: self.timeouts.connection_age_ms as u64,
            },
            rates: Rates {
                request: self.rates.request.to_core(),
                response: self.rates.response.to_core(),
            },
            probes: self.probes.to_core(),
            overload: Overload {
                in_flight: self.overload.in_flight,
                queue_delay_ms: self.overload.queue_delay_ms as u64,
                retry_after: RetryAfter::seconds(self.overload.retry_after_seconds),
            },
            reject_pages: self.reject_pages(),
            stall: StallOptions {
                threshold_ms: self.stall.threshold_ms as u64,
                interval_ms: self.stall.interval_ms as u64,
                log: self.stall.log,
            },
            drain_bytes: limits.drain_bytes as u64,
            routes: Vec::new(),
            body_memory_bytes: match limits.body_memory_bytes {
                none if none < 0.0 => 0,
                bytes => (bytes as u64).max(1),
            },
            connections: limits.connections as usize,
            requests_per_connection: limits.requests_per_connection,
            server_header: match &self.server_header {
                Either::A(value) => Some(value.as_bytes().to_vec()),
                Either::B(Null) => None,
            },
            fallback: self.fallback,
            covered: None,
            io_threads: match self.io_threads {
                0 => default_io_threads(),
                n => n as usize,
            },
            release_memory: release_memory(),
        }
    }
}

impl NativeConfig {
    fn reject_pages(&self) -> RejectPages {
        let mut pages = RejectPages::default();
        for page in &self.reject_pages {
            // The labels are those of this list's own twin.
            if let Some(reason) = RejectReason::from_label(&page.reason) {
                pages.set(
                    reason,
                    RejectPage {
                        content_type: page.content_type.clone().into_bytes(),
                        body: page.body.clone().into_bytes(),
                    },
                );
            }
        }
        pages
    }
}

/// One I/O thread feeds several isolates; a second one pays where cores are idle beside the
/// JavaScript thread (docs/design/0007).
fn default_io_threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, 8)
}
