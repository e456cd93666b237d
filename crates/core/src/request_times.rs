//! How long requests took, by route, method and outcome: bounded series of few buckets.
//!
//! Written by one I/O thread when it releases an exchange, read by anyone. A series appears with
//! its first request; promises at most `SERIES_BASE + SERIES_PER_ROUTE * routes` of them, so that
//! no client and no handler can make the memory grow: what comes later is counted together. The
//! bounds are those of OpenTelemetry's http.server.request.duration.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use lanner_proto::Method;

use crate::histogram::Histogram;
use crate::metrics::bump;

/// Upper bounds of the buckets in microseconds.
pub const BOUNDS_US: [u64; 14] = [
    5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 250_000, 500_000, 750_000, 1_000_000,
    2_500_000, 5_000_000, 7_500_000, 10_000_000,
];

/// Series beside those of the routes: refusals of the core by method and status.
const SERIES_BASE: usize = 64;
/// Series for each route: a method has few outcomes.
const SERIES_PER_ROUTE: usize = 8;
/// Routes that have room of their own; a table for more would be larger than it is of use.
const ROUTES_MAX: usize = 1024;

/// What requests of a series have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    /// Number of the route; `layout::ABSENT` where none matched.
    pub route: u32,
    /// The method; none in the series of what had no room.
    pub method: Option<Method>,
    /// Status of the reply, 0 where none was begun.
    pub status: u16,
    /// Whether the exchange was given up before its reply was complete.
    pub aborted: bool,
}

impl Outcome {
    /// The series of everything that had no room.
    pub const OTHER: Self = Self {
        route: u32::MAX,
        method: None,
        status: 0,
        aborted: false,
    };

    /// All of it in one word, which compares fast.
    fn key(self) -> u64 {
        let method = self.method.map_or(15, |method| method as u64);
        u64::from(self.route) << 32
            | method << 24
            | u64::from(self.status) << 1
            | u64::from(self.aborted)
    }

    fn hash(self) -> usize {
        // Fibonacci hashing: the upper bits depend on all others.
        (self.key().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
    }
}

/// The requests of one outcome.
#[derive(Debug)]
pub struct Series {
    /// What they have in common.
    pub outcome: Outcome,
    /// Requests up to each bound and above the one before; the last has those above all.
    pub buckets: [AtomicU64; BOUNDS_US.len() + 1],
    /// Microseconds of all together.
    pub sum_us: AtomicU64,
}

impl Series {
    fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            buckets: Default::default(),
            sum_us: AtomicU64::new(0),
        }
    }

    fn record(&self, us: u64, n: u64) {
        let place = BOUNDS_US.iter().take_while(|bound| us >= **bound).count();
        if let Some(bucket) = self.buckets.get(place) {
            bump(bucket, n);
        }
        bump(&self.sum_us, us.saturating_mul(n));
    }
}

/// The series of one I/O thread.
#[derive(Debug)]
pub struct RequestTimes {
    /// Open addressing; a series never moves and never goes.
    places: Box<[OnceLock<Box<Series>>]>,
    used: AtomicUsize,
    room: usize,
    other: Series,
    /// All requests, with more buckets.
    pub all: Histogram,
}

impl Default for RequestTimes {
    fn default() -> Self {
        Self::new(0)
    }
}

impl RequestTimes {
    /// Room for the series of a server with so many routes.
    pub fn new(routes: usize) -> Self {
        let room = SERIES_BASE + SERIES_PER_ROUTE * routes.min(ROUTES_MAX);
        let places = (room * 2).next_power_of_two();
        Self {
            places: (0..places).map(|_| OnceLock::new()).collect(),
            used: AtomicUsize::new(0),
            room,
            other: Series::new(Outcome::OTHER),
            all: Histogram::default(),
        }
    }

    /// Counts `n` requests that took `us` each; only ever called by one thread at a time.
    pub fn record(&self, outcome: Outcome, us: u64, n: u64) {
        self.all.record(us, n);
        self.series(outcome).record(us, n);
    }

    /// All series that have something.
    pub fn iter(&self) -> impl Iterator<Item = &Series> {
        let own = self.places.iter().filter_map(OnceLock::get);
        let other = &self.other;
        let is_used = other.buckets.iter().any(|bucket| bucket.load(Relaxed) > 0);
        own.map(|series| &**series).chain(is_used.then_some(other))
    }

    fn series(&self, outcome: Outcome) -> &Series {
        let first = outcome.hash();
        for step in 0..self.places.len() {
            // Never more than half full, so this ends soon.
            let Some(place) = self.places.get((first + step) & (self.places.len() - 1)) else {
                break;
            };
            match place.get() {
                Some(series) if series.outcome == outcome => return series,
                Some(_) => {}
                None if self.used.load(Relaxed) >= self.room => break,
                None => {
                    self.used.store(self.used.load(Relaxed) + 1, Relaxed);
                    return place.get_or_init(|| Box::new(Series::new(outcome)));
                }
            }
        }
        &self.other
    }
}

/// Equal outcomes in a row, as `histogram::Run` is for one histogram.
#[derive(Debug)]
pub struct OutcomeRun {
    outcome: Outcome,
    key: u64,
    us: u64,
    n: u64,
}

impl Default for OutcomeRun {
    fn default() -> Self {
        Self {
            outcome: Outcome::OTHER,
            key: Outcome::OTHER.key(),
            us: 0,
            n: 0,
        }
    }
}

impl OutcomeRun {
    /// Adds a request; what stood in the row before is written when it was another.
    #[inline]
    pub fn add(&mut self, outcome: Outcome, us: u64, times: &RequestTimes) {
        let key = outcome.key();
        if self.key != key || self.us != us {
            self.end(times);
            (self.outcome, self.key, self.us) = (outcome, key, us);
        }
        self.n += 1;
    }

    /// Writes what stands in the row.
    pub fn end(&mut self, times: &RequestTimes) {
        if self.n > 0 {
            times.record(self.outcome, self.us, self.n);
            self.n = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(route: u32, status: u16) -> Outcome {
        Outcome {
            route,
            method: Some(Method::Get),
            status,
            aborted: false,
        }
    }

    fn count(series: &Series) -> u64 {
        series
            .buckets
            .iter()
            .map(|bucket| bucket.load(Relaxed))
            .sum()
    }

    #[test]
    fn each_outcome_has_its_series_and_each_bound_its_bucket() {
        let times = RequestTimes::new(2);
        for (index, us) in BOUNDS_US.into_iter().enumerate() {
            times.record(outcome(0, 200), us - 1, 1);
            times.record(outcome(1, 200), us, index as u64);
        }
        times.record(outcome(1, 404), 0, 3);
        let mut series: Vec<_> = times.iter().collect();
        series.sort_by_key(|series| series.outcome);
        let buckets = |index: usize| -> Vec<u64> {
            let buckets = &series[index].buckets;
            buckets.iter().map(|bucket| bucket.load(Relaxed)).collect()
        };
        assert_eq!(series.len(), 3);
        assert_eq!(buckets(0), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
        assert_eq!(
            buckets(1),
            [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
        );
        assert_eq!(buckets(2)[0], 3);
    }

    #[test]
    fn their_number_is_bounded_and_nothing_is_lost() {
        let times = RequestTimes::new(1);
        for route in 0..1_000 {
            times.record(outcome(route, 200), 1, 2);
        }
        times.record(outcome(0, 200), 1, 1);
        assert_eq!(times.iter().count(), SERIES_BASE + SERIES_PER_ROUTE + 1);
        assert_eq!(times.iter().map(count).sum::<u64>(), 2_001);
        let other = times.iter().find(|series| series.outcome == Outcome::OTHER);
        assert_eq!(other.map(count), Some(2 * (1_000 - 72)));
    }

    #[test]
    fn requests_in_a_row_are_all_counted() {
        let (times, mut run) = (RequestTimes::new(1), OutcomeRun::default());
        for (route, us) in [(0, 5), (0, 5), (1, 5), (1, 6), (0, 5)] {
            run.add(outcome(route, 200), us, &times);
        }
        run.end(&times);
        run.end(&times);
        let mut counts: Vec<_> = times.iter().map(count).collect();
        counts.sort_unstable();
        assert_eq!(counts, [2, 3]);
    }
}
