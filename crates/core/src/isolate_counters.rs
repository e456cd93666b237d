//! What one isolate did, counted on both sides of its lanes: turns, waits, handlers' times.
//!
//! The isolate writes its own part around each turn, each I/O thread writes its part when it hands
//! requests over and takes replies; anyone reads. Promises one writer per counter, and no more than
//! a few stores per batch. When a batch was taken travels back in a small ring rather than with
//! each reply, so that JavaScript has nothing to do with it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::histogram::Histogram;
use crate::metrics::{IsolateStats, bump};

/// Batches whose time of taking is remembered, 8 KiB per lane: four times what a ring holds.
const TAKEN_KEPT: usize = 1024;
/// Bits of a number that are kept beside the time, to see that a place was taken anew.
const NUMBER_BITS: u32 = 16;

/// The counters of one isolate.
#[derive(Debug)]
pub(crate) struct IsolateCounters {
    turns: AtomicU64,
    busy_us: AtomicU64,
    taken: AtomicU64,
    queue_wait: Histogram,
    lanes: Vec<LaneCounters>,
}

/// The part of one I/O thread.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct LaneCounters {
    pub(crate) dispatched: AtomicU64,
    pub(crate) in_flight: AtomicU64,
    pub(crate) handler_duration: Histogram,
    /// When each batch was taken, in microseconds, and its number: written by the isolate.
    taken_at: Box<[AtomicU64]>,
}

impl IsolateCounters {
    /// For a server of so many I/O threads.
    pub(crate) fn new(threads: usize) -> Self {
        let lane = |_| LaneCounters {
            dispatched: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            handler_duration: Histogram::default(),
            taken_at: (0..TAKEN_KEPT).map(|_| AtomicU64::new(0)).collect(),
        };
        Self {
            turns: AtomicU64::new(0),
            busy_us: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            queue_wait: Histogram::default(),
            lanes: (0..threads).map(lane).collect(),
        }
    }

    /// The part of an I/O thread.
    pub(crate) fn lane(&self, thread: usize) -> Option<&LaneCounters> {
        self.lanes.get(thread)
    }

    /// The isolate takes batch `number` of an I/O thread, which was begun at `opened_us` and has
    /// so many requests.
    pub(crate) fn took(&self, thread: usize, number: u32, requests: u64, times: (u64, u64)) {
        let (opened_us, now_us) = times;
        if requests > 0 {
            bump(&self.taken, requests);
            self.queue_wait
                .record(now_us.saturating_sub(opened_us), requests);
        }
        if let Some(lane) = self.lanes.get(thread)
            && let Some(place) = lane.taken_at.get(number as usize % TAKEN_KEPT)
        {
            place.store(pack(number, now_us), Relaxed);
        }
    }

    /// A turn of the isolate has ended.
    pub(crate) fn turned(&self, us: u64) {
        bump(&self.turns, 1);
        bump(&self.busy_us, us);
    }

    /// What was counted so far.
    pub(crate) fn stats(&self) -> IsolateStats {
        let mut stats = IsolateStats {
            turns: self.turns.load(Relaxed),
            busy_us: self.busy_us.load(Relaxed),
            taken: self.taken.load(Relaxed),
            ..IsolateStats::default()
        };
        self.queue_wait.add_to(&mut stats.queue_wait);
        for lane in &self.lanes {
            stats.dispatched += lane.dispatched.load(Relaxed);
            stats.in_flight += lane.in_flight.load(Relaxed);
            lane.handler_duration.add_to(&mut stats.handler_duration);
        }
        stats
    }
}

impl LaneCounters {
    /// When batch `number` was taken, in microseconds; none when that was forgotten because
    /// `TAKEN_KEPT` others were taken since.
    pub(crate) fn taken_at(&self, number: u32) -> Option<u64> {
        let place = self.taken_at.get(number as usize % TAKEN_KEPT)?;
        let packed = place.load(Relaxed);
        let mask = (1 << NUMBER_BITS) - 1;
        (packed & mask == u64::from(number) & mask).then_some(packed >> NUMBER_BITS)
    }
}

/// Time and number in one word, so that both are of the same batch: 48 bits are nine years.
fn pack(number: u32, us: u64) -> u64 {
    us << NUMBER_BITS | u64::from(number) & ((1 << NUMBER_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_those_of_the_batch_for_each_of_its_requests() {
        let counters = IsolateCounters::new(2);
        counters.took(1, 1, 3, (1_000, 1_050));
        counters.took(0, 1, 1, (1_040, 1_050));
        counters.took(0, 2, 0, (0, 1_050));
        let stats = counters.stats();
        assert_eq!((stats.taken, stats.queue_wait.count()), (4, 4));
        assert_eq!(stats.queue_wait.sum_us(), 160);
        assert_eq!(stats.queue_wait.quantile_us(0.5), 50.0);
    }

    #[test]
    fn the_time_of_a_batch_is_known_until_its_place_is_taken_anew() {
        let counters = IsolateCounters::new(1);
        let lane = counters.lane(0).expect("one thread");
        counters.took(0, 7, 1, (0, 5_000));
        assert_eq!(lane.taken_at(7), Some(5_000));
        assert_eq!(lane.taken_at(8), None);
        counters.took(0, 7 + TAKEN_KEPT as u32, 1, (0, 6_000));
        assert_eq!(lane.taken_at(7), None);
        assert_eq!(lane.taken_at(7 + TAKEN_KEPT as u32), Some(6_000));
    }

    #[test]
    fn turns_add_up_to_the_time_that_it_was_busy() {
        let counters = IsolateCounters::new(1);
        counters.turned(10);
        counters.turned(15);
        let stats = counters.stats();
        assert_eq!((stats.turns, stats.busy_us), (2, 25));
    }
}
