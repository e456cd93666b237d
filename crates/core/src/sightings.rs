//! What was refused and which limits were hit, one by one, for whoever watches
//! (`server.on('reject')`, `server.on('limit')`).
//!
//! Filled by the I/O threads, emptied by the isolate that watches. Promises that it costs one load
//! per refusal while nobody watches; that it holds no more than `QUEUE_MAX` sightings and takes no
//! more than `PER_SECOND`, however many peers misbehave and however long JavaScript is stuck; and
//! that what is left out is counted. Counters by reason are in `metrics`, and count all of them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use lanner_proto::RejectReason;

/// Most bytes of what was refused: a request line of the usual length and its Host field.
pub const FIRST_BYTES_MAX: usize = 128;
/// Sightings that wait to be taken: what a second brings, and a little patience.
pub const QUEUE_MAX: usize = 256;
/// Sightings per second of the server, and as many at once: enough to see what goes on, too few to
/// keep an isolate busy.
pub const PER_SECOND: u32 = 100;

/// Bit of `watch`: refused requests.
pub const WATCH_REJECTS: u32 = 1;
/// Bit of `watch`: limits that were hit.
pub const WATCH_LIMITS: u32 = 2;

/// A limit that ends something without refusing a request; its label is its counter's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// The next request did not come in time.
    KeepAliveTimeout,
    /// No reply came in time after the peer had closed its sending side.
    HalfClosedTimeout,
    /// The connection had had all its requests.
    ConnectionUsedUp,
    /// The connection had had its time.
    ConnectionAgedOut,
    /// The handler did not reply in time.
    DeadlinePassed,
    /// The peer took a reply too slowly.
    SlowReply,
    /// An unread body was too long, or too slow, to drain.
    DrainGivenUp,
    /// Too many connections were open.
    ConnectionRefused,
    /// The system had no descriptor left.
    AcceptPaused,
}

impl Breach {
    /// Every limit, for tests and docs.
    pub const ALL: &[Self] = &[
        Self::KeepAliveTimeout,
        Self::HalfClosedTimeout,
        Self::ConnectionUsedUp,
        Self::ConnectionAgedOut,
        Self::DeadlinePassed,
        Self::SlowReply,
        Self::DrainGivenUp,
        Self::ConnectionRefused,
        Self::AcceptPaused,
    ];

    /// The stable name: that of the counter.
    pub fn label(self) -> &'static str {
        match self {
            Self::KeepAliveTimeout => "keep_alive_timeouts",
            Self::HalfClosedTimeout => "half_closed_timeouts",
            Self::ConnectionUsedUp => "connections_used_up",
            Self::ConnectionAgedOut => "connections_aged_out",
            Self::DeadlinePassed => "deadlines_passed",
            Self::SlowReply => "slow_replies_cut",
            Self::DrainGivenUp => "drains_given_up",
            Self::ConnectionRefused => "connections_refused",
            Self::AcceptPaused => "accept_pauses",
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A request was refused.
    Reject(RejectReason),
    /// A limit was hit.
    Limit(Breach),
}

impl Cause {
    /// The stable name in metrics and events.
    pub fn label(self) -> &'static str {
        match self {
            Self::Reject(reason) => reason.label(),
            Self::Limit(breach) => breach.label(),
        }
    }

    fn bit(self) -> u32 {
        match self {
            Self::Reject(_) => WATCH_REJECTS,
            Self::Limit(_) => WATCH_LIMITS,
        }
    }
}

/// Whom it concerns.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whom {
    /// Number of the connection; none before it has one.
    pub connection: Option<u32>,
    /// Peer address; none for a Unix socket.
    pub remote: Option<SocketAddr>,
    /// Local address; none for a Unix socket.
    pub local: Option<SocketAddr>,
}

/// One refusal, or one limit that was hit.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// What.
    pub cause: Cause,
    /// Whom.
    pub whom: Whom,
    /// The first bytes of what was refused; may be empty.
    pub first: Vec<u8>,
    /// Milliseconds since 1970.
    pub at: u64,
    /// How many were left out since the one before.
    pub dropped: u64,
}

/// The sightings of a server.
#[derive(Debug, Default)]
pub struct Sightings {
    wanted: AtomicU32,
    pending: AtomicBool,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Sighting>,
    dropped: u64,
    allowance: Allowance,
}

/// `PER_SECOND`, of which no more than a second's worth can be saved up.
#[derive(Debug, Default)]
struct Allowance {
    spent: u32,
    since: u64,
}

impl Allowance {
    fn take(&mut self, now: u64) -> bool {
        let back = now.saturating_sub(self.since) * u64::from(PER_SECOND) / 1000;
        if back > 0 {
            let back = u32::try_from(back).unwrap_or(u32::MAX);
            self.spent = self.spent.saturating_sub(back);
            self.since = now;
        }
        let is_left = self.spent < PER_SECOND;
        self.spent += u32::from(is_left);
        is_left
    }
}

impl Sightings {
    /// Says what is wanted from now on: bits of `WATCH_*`. What waits and is not wanted goes.
    pub fn watch(&self, wanted: u32) {
        let mut queue = self.lock();
        self.wanted.store(wanted, Relaxed);
        queue.waiting.retain(|seen| wanted & seen.cause.bit() != 0);
        if wanted == 0 {
            queue.dropped = 0;
            self.pending.store(false, SeqCst);
        }
    }

    /// Whether somebody wants to know; one load.
    pub fn wants(&self, cause: Cause) -> bool {
        self.wanted.load(Relaxed) & cause.bit() != 0
    }

    /// Adds one at `now`, in milliseconds of the server's clock. Returns whether the isolate has to
    /// be woken for it.
    pub fn add(&self, cause: Cause, whom: Whom, bytes: &[u8], now: u64) -> bool {
        let mut queue = self.lock();
        if !self.wants(cause) {
            return false;
        }
        if queue.waiting.len() >= QUEUE_MAX || !queue.allowance.take(now) {
            queue.dropped += 1;
            return false;
        }
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let dropped = std::mem::take(&mut queue.dropped);
        queue.waiting.push_back(Sighting {
            cause,
            whom,
            first: bytes.iter().take(FIRST_BYTES_MAX).copied().collect(),
            at: since_epoch.map_or(0, |time| time.as_millis() as u64),
            dropped,
        });
        !self.pending.swap(true, SeqCst)
    }

    /// Whether something waits to be taken.
    pub fn is_pending(&self) -> bool {
        self.pending.load(SeqCst)
    }

    /// Takes what waits.
    pub fn take(&self) -> Vec<Sighting> {
        let mut queue = self.lock();
        self.pending.store(false, SeqCst);
        queue.waiting.drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REJECT: Cause = Cause::Reject(RejectReason::MissingHost);
    const LIMIT: Cause = Cause::Limit(Breach::SlowReply);

    fn see(sightings: &Sightings, cause: Cause, now: u64) -> bool {
        sightings.add(cause, Whom::default(), b"GET /", now)
    }

    #[test]
    fn nothing_is_kept_while_nobody_watches() {
        let sightings = Sightings::default();
        assert!(!sightings.wants(REJECT) && !see(&sightings, REJECT, 0));
        assert!(!sightings.is_pending() && sightings.take().is_empty());
    }

    #[test]
    fn each_kind_is_wanted_by_itself() {
        for (wanted, expected) in [
            (WATCH_REJECTS, vec![REJECT]),
            (WATCH_LIMITS, vec![LIMIT]),
            (WATCH_REJECTS | WATCH_LIMITS, vec![REJECT, LIMIT]),
        ] {
            let sightings = Sightings::default();
            sightings.watch(wanted);
            see(&sightings, REJECT, 0);
            see(&sightings, LIMIT, 0);
            let causes: Vec<_> = sightings.take().iter().map(|seen| seen.cause).collect();
            assert_eq!(causes, expected);
        }
    }

    #[test]
    fn one_ring_until_they_are_taken() {
        let sightings = Sightings::default();
        sightings.watch(WATCH_REJECTS);
        assert!(see(&sightings, REJECT, 0));
        assert!(!see(&sightings, REJECT, 0));
        assert!(sightings.is_pending());
        assert_eq!(sightings.take().len(), 2);
        assert!(!sightings.is_pending());
        assert!(see(&sightings, REJECT, 0));
    }

    #[test]
    fn no_more_than_the_rate_and_the_rest_is_counted() {
        let sightings = Sightings::default();
        sightings.watch(WATCH_REJECTS);
        for _ in 0..1000 {
            see(&sightings, REJECT, 0);
        }
        assert_eq!(sightings.take().len(), PER_SECOND as usize);
        see(&sightings, REJECT, 9);
        assert!(
            sightings.take().is_empty(),
            "nine milliseconds are not enough"
        );
        see(&sightings, REJECT, 10);
        let taken = sightings.take();
        assert_eq!((taken.len(), taken[0].dropped), (1, 901));
        // Silence saves up one second's worth and no more.
        for _ in 0..1000 {
            see(&sightings, REJECT, 1 << 40);
        }
        assert_eq!(sightings.take().len(), PER_SECOND as usize);
    }

    #[test]
    fn no_more_than_the_queue_holds() {
        let sightings = Sightings::default();
        sightings.watch(WATCH_REJECTS);
        for second in 0..10 {
            for _ in 0..PER_SECOND {
                see(&sightings, REJECT, second * 1000);
            }
        }
        assert_eq!(sightings.take().len(), QUEUE_MAX);
        see(&sightings, REJECT, 20_000);
        assert_eq!(sightings.take()[0].dropped, 10 * 100 - QUEUE_MAX as u64);
    }

    #[test]
    fn the_bytes_are_bounded_and_who_stops_watching_gets_nothing_more() {
        let sightings = Sightings::default();
        sightings.watch(WATCH_REJECTS);
        sightings.add(REJECT, Whom::default(), &[b'a'; 10_000], 0);
        assert_eq!(sightings.take()[0].first.len(), FIRST_BYTES_MAX);
        see(&sightings, REJECT, 0);
        sightings.watch(0);
        assert!(!sightings.is_pending() && sightings.take().is_empty());
    }

    #[test]
    fn each_limit_has_the_label_of_its_counter() {
        for breach in Breach::ALL {
            let found = crate::metrics::METRICS
                .iter()
                .any(|metric| metric.name == breach.label());
            assert!(found, "{breach:?}");
        }
    }
}
