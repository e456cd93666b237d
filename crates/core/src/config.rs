//! The validated options of a server.
//!
//! Made by `node` from the user's options, read everywhere else. After this nothing checks an
//! option again. Defaults and ranges of the limits are in `lanner_proto::limits`.

use lanner_proto::Limits;

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
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers_ms: 30_000,
            keep_alive_ms: 130_000,
            drain_ms: 5_000,
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
    /// Bytes of an unread body that are dropped to keep a connection; longer bodies close it.
    /// Default 1 MiB: what a client has in flight on a good line, so that closing costs more.
    pub drain_bytes: u64,
    /// Value of the `Server` field; none by default.
    pub server_header: Option<Vec<u8>>,
    /// Whether a handler wants the requests that match no route.
    pub fallback: bool,
    /// Number of I/O threads; at least 1.
    pub io_threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            drain_bytes: 1024 * 1024,
            server_header: None,
            fallback: false,
            io_threads: 1,
        }
    }
}
