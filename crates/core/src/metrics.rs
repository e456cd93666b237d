//! Counters of one I/O thread, written by whoever holds its state and read by anyone.
//!
//! A plain load and store per event: with a single writer at a time (the thread, or an isolate that
//! helps it, see `io::helm`) no read-modify-write is needed, and threads never share a line. Merged
//! on read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lanner_proto::RejectReason;

use crate::conn::end::End;
use crate::histogram::{Distribution, Histogram};
use crate::request_times::{BOUNDS_US, Outcome, RequestTimes};
use crate::rules::Priority;
use crate::watch::vitals::Vitals;

/// A request series: what its requests have in common, its buckets, the sum in microseconds.
pub type OutcomeTimes = (Outcome, [u64; BOUNDS_US.len() + 1], u64);

/// Merged counters.
#[derive(Debug, Default)]
pub struct Stats {
    /// Sums over the I/O threads, by name.
    pub values: Vec<(&'static str, u64)>,
    /// Refusals by label.
    pub rejects: Vec<(&'static str, u64)>,
    /// Connections that ended, by cause.
    pub closed: Vec<(&'static str, u64)>,
    /// From the head of a request to the last byte of its reply.
    pub request_duration: Distribution,
    /// The same by route, method and outcome.
    pub outcomes: Vec<OutcomeTimes>,
    /// From the first byte of connections to their end.
    pub connection_duration: Distribution,
    /// What the isolates did, each for itself; the last one has those that have gone.
    pub isolates: Vec<IsolateStats>,
    /// Event loops that were stuck for longer than the threshold.
    pub stalls: u64,
}

/// What an isolate did.
#[derive(Debug, Default, Clone)]
pub struct IsolateStats {
    /// Turns: callbacks in which it took requests.
    pub turns: u64,
    /// Microseconds that it spent in them.
    pub busy_us: u64,
    /// Requests that it was given.
    pub dispatched: u64,
    /// Requests that it has taken.
    pub taken: u64,
    /// Requests that it was given and that are not settled, now.
    pub in_flight: u64,
    /// From the turn in which a request was parsed to the turn that took it.
    pub queue_wait: Distribution,
    /// From the turn that took a request to its reply's head.
    pub handler_duration: Distribution,
    /// How its event loop is; none for those that have gone, and for sums.
    pub vitals: Option<Vitals>,
}

impl IsolateStats {
    /// Requests that it was given and has not taken.
    pub fn queued(&self) -> u64 {
        self.dispatched.saturating_sub(self.taken)
    }

    /// Adds those of another one.
    pub fn add(&mut self, other: &Self) {
        self.turns += other.turns;
        self.busy_us += other.busy_us;
        self.dispatched += other.dispatched;
        self.taken += other.taken;
        self.in_flight += other.in_flight;
        self.queue_wait.add(&other.queue_wait);
        self.handler_duration.add(&other.handler_duration);
    }
}

impl Stats {
    /// The sums over all threads.
    pub fn merged(all: &[Arc<Counters>], isolates: Vec<IsolateStats>) -> Self {
        let mut stats = Self {
            isolates,
            ..Self::default()
        };
        for counters in all {
            merge(&mut stats.values, counters.values());
            merge(&mut stats.rejects, counters.rejects());
            merge(&mut stats.closed, counters.closed());
            counters
                .request_times
                .all
                .add_to(&mut stats.request_duration);
            counters
                .connection_times
                .add_to(&mut stats.connection_duration);
            for series in counters.request_times.iter() {
                let buckets = series.buckets.each_ref().map(|bucket| bucket.load(Relaxed));
                stats.add_outcome(series.outcome, buckets, series.sum_us.load(Relaxed));
            }
        }
        stats
            .outcomes
            .sort_unstable_by_key(|(outcome, ..)| *outcome);
        stats
    }

    fn add_outcome(&mut self, outcome: Outcome, buckets: [u64; BOUNDS_US.len() + 1], sum: u64) {
        let found = self
            .outcomes
            .iter_mut()
            .find(|(other, ..)| *other == outcome);
        let Some((_, sums, sum_us)) = found else {
            return self.outcomes.push((outcome, buckets, sum));
        };
        sums.iter_mut().zip(buckets).for_each(|(sum, n)| *sum += n);
        *sum_us += sum;
    }

    /// The sum of a counter over all threads.
    pub fn value(&self, name: &str) -> u64 {
        let found = self.values.iter().find(|(other, _)| *other == name);
        found.map_or(0, |(_, value)| *value)
    }

    /// Requests that the isolates which are there were given and have not taken.
    pub fn queued(&self) -> u64 {
        let here = self.isolates.iter().filter(|one| one.vitals.is_some());
        here.map(IsolateStats::queued).sum()
    }

    /// The worst of each that is known of an event loop; none where there is no isolate.
    pub fn worst_vitals(&self) -> Option<Vitals> {
        let all = self.isolates.iter().filter_map(|one| one.vitals);
        all.reduce(Vitals::worse)
    }

    /// What all isolates did together.
    pub fn all_isolates(&self) -> IsolateStats {
        let mut all = IsolateStats::default();
        self.isolates.iter().for_each(|one| all.add(one));
        all
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

/// One counter, for those who show it.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Name in `server.stats()`.
    pub name: &'static str,
    /// Name in the text for Prometheus; those that only grow end in `_total`.
    pub exported: &'static str,
    /// What it counts.
    pub help: &'static str,
}

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $name:ident = $exported:literal $unit:ident,)*) => {
        /// The counters of one I/O thread.
        #[derive(Debug, Default)]
        #[repr(align(128))]
        pub struct Counters {
            $($(#[doc = $doc])* pub $name: AtomicU64,)*
            rejects: Labelled<{ RejectReason::ALL.len() }>,
            closed: Labelled<{ End::ALL.len() }>,
            /// How long requests took.
            pub request_times: RequestTimes,
            /// How long connections lasted.
            pub connection_times: Histogram,
        }

        /// Names and what they count, in the order of the table.
        pub const METRICS: &[Metric] = &[$(Metric {
            name: stringify!($name),
            exported: $exported,
            help: concat!($($doc),*),
        },)*];

        impl Counters {
            /// Names and values, without the rejects.
            pub fn values(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.load(Relaxed)),)*]
            }
        }
    };
}

// Each row: name in `server.stats()`, name for Prometheus, unit. docs/metrics.md and the types of
// `server.stats()` are generated from it.
counters! {
    /// Connections accepted.
    accepted = "lanner_accepted_connections_total" connections,
    /// Connections open now.
    connections = "lanner_active_connections" connections,
    /// Times that accepting paused because the system had no descriptor left.
    accept_pauses = "lanner_accept_pauses_total" pauses,
    /// Request heads parsed.
    requests = "lanner_requests_total" requests,
    /// Requests with a line feed alone as a line end, where `allowBareLf` lets them in.
    bare_line_feed_requests = "lanner_bare_line_feed_requests_total" requests,
    /// Requests handed to an isolate.
    dispatched = "lanner_dispatched_requests_total" requests,
    /// Replies begun, by isolates and by the core.
    replies = "lanner_replies_total" replies,
    /// Replies of the core itself (404, 405, OPTIONS, 503).
    native_replies = "lanner_native_replies_total" replies,
    /// Exchanges settled.
    settled = "lanner_settled_requests_total" requests,
    /// Exchanges given up before their reply was complete, or before its turn to be sent came.
    cancelled = "lanner_cancelled_requests_total" requests,
    /// Requests refused by their heads alone; every other request is settled or cancelled.
    refused = "lanner_refused_requests_total" requests,
    /// Requests refused because of overload.
    shed = "lanner_shed_requests_total" requests,
    /// Those of routes of low priority among them.
    shed_low = "lanner_shed_low_requests_total" requests,
    /// Those of routes of high priority among them.
    shed_high = "lanner_shed_high_requests_total" requests,
    /// Records for exchanges that were settled already.
    stale_records = "lanner_stale_records_total" records,
    /// Replies after a reply.
    double_replies = "lanner_double_replies_total" replies,
    /// Replies with invalid fields, replaced by a 500.
    invalid_replies = "lanner_invalid_replies_total" replies,
    /// Replies cut after they began.
    replies_cut = "lanner_cut_replies_total" replies,
    /// Unread bodies that were too long, or too slow, to drain.
    drains_given_up = "lanner_drains_given_up_total" bodies,
    /// Connections closed by the keep-alive timeout.
    keep_alive_timeouts = "lanner_keep_alive_timeouts_total" connections,
    /// Connections closed because no reply came in time after the peer closed its sending side.
    half_closed_timeouts = "lanner_half_closed_timeouts_total" connections,
    /// Connections that ended because of `limits.requestsPerConnection`.
    connections_used_up = "lanner_used_up_connections_total" connections,
    /// Connections that ended because of `timeouts.connectionAge`.
    connections_aged_out = "lanner_aged_out_connections_total" connections,
    /// Requests whose handler did not reply in time.
    deadlines_passed = "lanner_request_deadlines_passed_total" requests,
    /// Connections reset because the peer took a reply too slowly.
    slow_replies_cut = "lanner_slow_replies_cut_total" connections,
    /// Connections closed at once because too many were open.
    connections_refused = "lanner_rejected_connections_total" connections,
    /// Bytes received.
    bytes_in = "lanner_received_bytes_total" bytes,
    /// Bytes sent.
    bytes_out = "lanner_sent_bytes_total" bytes,
    /// Receive system calls.
    receives = "lanner_receive_calls_total" calls,
    /// Send system calls.
    sends = "lanner_send_calls_total" calls,
    /// Batches taken from isolates.
    batches_in = "lanner_reply_batches_total" batches,
    /// Turns of the loop.
    turns = "lanner_io_turns_total" turns,
    /// Turns that an isolate took over while the thread slept.
    helped = "lanner_io_helped_turns_total" turns,
    /// Batches that did not follow the layout.
    malformed_batches = "lanner_malformed_batches_total" batches,
    /// Exchanges that are not settled, now.
    in_flight = "http_server_active_requests" requests,
    /// Requests shed because `limits.bodyMemoryBytes` was reached; they are in `shed` as well.
    shed_for_memory = "lanner_memory_shed_requests_total" requests,
    /// Bytes of requests and replies that are held, now.
    body_bytes = "lanner_body_memory_bytes" bytes,
    /// Bytes of buffers that were allocated.
    pool_allocated_bytes = "lanner_memory_pool_allocated_bytes_total" bytes,
    /// Bytes of buffers that were taken from the pool, again and again.
    pool_rented_bytes = "lanner_memory_pool_rented_bytes_total" bytes,
    /// Bytes of idle buffers that were freed, because there were too many or nobody needed them.
    pool_evicted_bytes = "lanner_memory_pool_evicted_bytes_total" bytes,
    /// Bytes of idle buffers, now.
    pool_idle_bytes = "lanner_memory_pool_pooled_bytes" bytes,
}

/// Counters by label.
#[derive(Debug)]
struct Labelled<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Labelled<N> {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; N])
    }
}

impl<const N: usize> Labelled<N> {
    fn count(&self, place: Option<usize>) {
        if let Some(counter) = place.and_then(|place| self.0.get(place)) {
            bump(counter, 1);
        }
    }

    fn values(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|counter| counter.load(Relaxed))
    }
}

impl Counters {
    /// Counters of a server with so many routes.
    pub fn for_routes(routes: usize) -> Self {
        Self {
            request_times: RequestTimes::new(routes),
            ..Self::default()
        }
    }

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
        self.rejects.count(place);
    }

    /// Labels and counts of the refusals that happened.
    pub fn rejects(&self) -> impl Iterator<Item = (&'static str, u64)> {
        RejectReason::ALL
            .iter()
            .map(|reason| reason.label())
            .zip(self.rejects.values())
            .filter(|(_, n)| *n > 0)
    }

    /// Counts the end of a connection that lasted `ms`.
    pub fn connection_ended(&self, end: End, ms: u64) {
        self.closed.count(Some(end as usize));
        self.connection_times.record(ms.saturating_mul(1_000), 1);
    }

    /// Causes and counts of the connections that ended.
    pub fn closed(&self) -> impl Iterator<Item = (&'static str, u64)> {
        End::ALL
            .iter()
            .map(|end| end.label())
            .zip(self.closed.values())
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
