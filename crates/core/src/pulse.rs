//! The pulse of an isolate: for how long its event loop has not come back to us.
//!
//! Stamped by whoever rings its bell and by the isolate itself, around each turn; read by probes.
//! Promises to answer while JavaScript is stuck, whatever it is stuck in: an isolate that was rung
//! and does not come, and a turn that does not end, look the same. A few stores per turn.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use lanner_bridge::Batch;

use crate::isolate_counters::IsolateCounters;
use crate::metrics::IsolateStats;

/// The pulse of one isolate.
#[derive(Debug)]
pub struct Pulse {
    began: Instant,
    /// Milliseconds since `began`, plus one, at which it was rung or began its turn; 0 at rest.
    busy_since: AtomicU64,
    /// Microseconds since `began` at which the turn began; only the isolate looks at it.
    turn_us: AtomicU64,
    pub(crate) counters: IsolateCounters,
}

impl Pulse {
    /// An isolate at rest, of a server with so many I/O threads; its clock is the server's.
    pub fn new(began: Instant, threads: usize) -> Self {
        Self {
            began,
            busy_since: AtomicU64::new(0),
            turn_us: AtomicU64::new(0),
            counters: IsolateCounters::new(threads),
        }
    }

    /// The isolate begins a turn.
    pub fn begin_turn(&self) {
        let now_us = self.now_us();
        self.turn_us.store(now_us, Relaxed);
        self.busy_since.store(now_us / 1_000 + 1, Relaxed);
    }

    /// The isolate takes a batch of an I/O thread, in the turn that it has begun.
    pub fn took(&self, thread: usize, batch: &Batch) {
        let times = (batch.stamp, self.turn_us.load(Relaxed));
        self.counters
            .took(thread, batch.number, u64::from(batch.openings), times);
    }

    /// The turn has ended; says how long it took.
    pub fn end_turn(&self) -> Duration {
        let since = self.turn_us.load(Relaxed);
        let us = self.now_us().saturating_sub(since);
        self.counters.turned(us);
        Duration::from_micros(us)
    }

    /// Microseconds of the server's clock: the stamp of replies.
    pub fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// What the isolate did so far.
    pub(crate) fn stats(&self) -> IsolateStats {
        self.counters.stats()
    }

    /// The isolate is about to rest. Said before it sleeps, so that a bell which rings at this
    /// moment is not forgotten.
    pub fn rest(&self) {
        self.busy_since.store(0, Relaxed);
    }

    /// Somebody is about to ring. The gate rings once per sleep, so this is the first ring since it
    /// rested, and the turn that it begins comes after this.
    pub(crate) fn rung(&self) {
        self.busy_since.store(self.now() + 1, Relaxed);
    }

    /// Milliseconds since it was rung or began its turn; 0 at rest.
    pub(crate) fn delay(&self) -> u64 {
        match self.busy_since.load(Relaxed) {
            0 => 0,
            since => (self.now() + 1).saturating_sub(since),
        }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pulse whose server began this long ago.
    fn pulse(ms: u64) -> Pulse {
        let began = Instant::now().checked_sub(Duration::from_millis(ms));
        Pulse::new(began.unwrap_or_else(Instant::now), 1)
    }

    #[test]
    fn at_rest_there_is_no_delay() {
        let pulse = pulse(5_000);
        assert_eq!(pulse.delay(), 0);
        pulse.begin_turn();
        pulse.rest();
        assert_eq!(pulse.delay(), 0);
    }

    #[test]
    fn a_ring_and_a_turn_count_from_themselves() {
        let pulse = pulse(5_000);
        pulse.busy_since.store(1_001, Relaxed);
        assert!(pulse.delay() >= 4_000);
        pulse.rung();
        assert!(pulse.delay() < 1_000);
        pulse.begin_turn();
        assert!(pulse.delay() < 1_000);
    }
}
