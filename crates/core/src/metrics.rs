//! Counters of one I/O thread, written by whoever holds its state and read by anyone.
//!
//! A plain load and store per event: with a single writer at a time (the thread, or an isolate that
//! helps it, see `io::helm`) no read-modify-write is needed, and threads never share a line. Merged
//! on read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lanner_proto::RejectReason;

use crate::rules::Priority;

/// Merged counters.
#[derive(Debug, Default)]
pub struct Stats {
    /// Sums over the I/O threads, by name.
    pub values: Vec<(&'static str, u64)>,
    /// Refusals by label.
    pub rejects: Vec<(&'static str, u64)>,
}

impl Stats {
    /// The sums over all threads.
    pub fn merged(all: &[Arc<Counters>]) -> Self {
        let mut stats = Self::default();
        for counters in all {
            merge(&mut stats.values, counters.values());
            merge(&mut stats.rejects, counters.rejects());
        }
        stats
    }
}

fn merge(into: &mut Vec<(&'static str, u64)>, from: impl IntoIterator<Item = (&'static str, u64)>) {
    for (name, value) in from {
        match into.iter_mut().find(|(other, _)| *other == name) {
            Some((_, sum)) => *sum += value,
            None => into.push((name, value)),
        }
    }
}

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// The counters of one I/O thread.
        #[derive(Debug, Default)]
        #[repr(align(128))]
        pub struct Counters {
            $($(#[doc = $doc])* pub $name: AtomicU64,)*
            rejects: RejectCounters,
        }

        /// Names and what they count.
        pub const HELP: &[(&str, &str)] = &[$((stringify!($name), concat!($($doc),*)),)*];

        impl Counters {
            /// Names and values, without the rejects.
            pub fn values(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.load(Relaxed)),)*]
            }
        }
    };
}

counters! {
    /// Connections accepted.
    accepted,
    /// Connections open now.
    connections,
    /// Times that accepting paused because the system had no descriptor left.
    accept_pauses,
    /// Request heads parsed.
    requests,
    /// Requests handed to an isolate.
    dispatched,
    /// Replies begun, by isolates and by the core.
    replies,
    /// Replies of the core itself (404, 405, OPTIONS, 503).
    native_replies,
    /// Exchanges settled.
    settled,
    /// Exchanges given up before their reply was complete, or before its turn to be sent came.
    cancelled,
    /// Requests refused by their heads alone; every other request is settled or cancelled.
    refused,
    /// Requests refused because of overload.
    shed,
    /// Those of routes of low priority among them.
    shed_low,
    /// Those of routes of high priority among them.
    shed_high,
    /// Records for exchanges that were settled already.
    stale_records,
    /// Replies after a reply.
    double_replies,
    /// Replies with invalid fields, replaced by a 500.
    invalid_replies,
    /// Replies cut after they began.
    replies_cut,
    /// Unread bodies that were too long, or too slow, to drain.
    drains_given_up,
    /// Connections closed by the keep-alive timeout.
    keep_alive_timeouts,
    /// Requests whose handler did not reply in time.
    deadlines_passed,
    /// Connections reset because the peer took a reply too slowly.
    slow_replies_cut,
    /// Connections closed at once because too many were open.
    connections_refused,
    /// Bytes received.
    bytes_in,
    /// Bytes sent.
    bytes_out,
    /// Receive system calls.
    receives,
    /// Send system calls.
    sends,
    /// Batches taken from isolates.
    batches_in,
    /// Turns of the loop.
    turns,
    /// Turns that an isolate took over while the thread slept.
    helped,
    /// Batches that did not follow the layout.
    malformed_batches,
    /// Exchanges that are not settled, now.
    in_flight,
    /// Bytes of idle buffers, now.
    pool_idle_bytes,
}

#[derive(Debug)]
struct RejectCounters(Vec<AtomicU64>);

impl Default for RejectCounters {
    fn default() -> Self {
        Self(
            RejectReason::ALL
                .iter()
                .map(|_| AtomicU64::new(0))
                .collect(),
        )
    }
}

impl Counters {
    /// Counts a request that was shed.
    pub(crate) fn shed_one(&self, priority: Priority) {
        bump(&self.shed, 1);
        match priority {
            Priority::Low => bump(&self.shed_low, 1),
            Priority::Normal => {}
            Priority::High => bump(&self.shed_high, 1),
        }
    }

    /// Counts a refusal.
    pub fn reject(&self, reason: RejectReason) {
        let place = RejectReason::ALL.iter().position(|&other| other == reason);
        if let Some(counter) = place.and_then(|place| self.rejects.0.get(place)) {
            bump(counter, 1);
        }
    }

    /// Labels and counts of the refusals that happened.
    pub fn rejects(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.rejects.0.iter().map(|counter| counter.load(Relaxed));
        RejectReason::ALL
            .iter()
            .map(|reason| reason.label())
            .zip(counts)
            .filter(|(_, n)| *n > 0)
    }
}

/// Adds to a counter that only this thread writes.
pub fn bump(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
}

/// Subtracts from a counter that only this thread writes.
pub fn lower(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Relaxed).saturating_sub(n), Relaxed);
}
