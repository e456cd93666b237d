//! The pulse of an isolate: for how long its event loop has not come back to us.
//!
//! Stamped by its bell and by the isolate itself, around each turn; read by probes and by the
//! watchdog. Promises to answer while JavaScript is stuck, whatever it is stuck in: an isolate that
//! was rung and does not come, and a turn that does not end, look the same. A few stores per turn,
//! and two more when it was the longest for a while.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use lanner_bridge::Batch;

use crate::isolate_counters::IsolateCounters;
use crate::metrics::IsolateStats;

/// Bits of `ended` that hold a length in milliseconds (four hours); the others hold the stamp.
const LENGTH_BITS: u32 = 24;
const LENGTH_MAX: u64 = (1 << LENGTH_BITS) - 1;

/// The pulse of one isolate.
#[derive(Debug)]
pub struct Pulse {
    began: Instant,
    /// Milliseconds since `began`, plus one, at which it was rung or began its turn; 0 at rest.
    busy_since: AtomicU64,
    /// The longest delay since it was last asked for, in milliseconds.
    longest: AtomicU64,
    /// The last delay that was the longest for a while: its stamp and its length.
    ended: AtomicU64,
    /// Microseconds since `began` at which the turn began, then at which it ended; only the isolate
    /// looks at it.
    turn_us: AtomicU64,
    pub(crate) counters: IsolateCounters,
}

impl Pulse {
    /// An isolate at rest, of a server with so many I/O threads; its clock is the server's.
    pub fn new(began: Instant, threads: usize) -> Self {
        Self {
            began,
            busy_since: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            turn_us: AtomicU64::new(0),
            counters: IsolateCounters::new(threads),
        }
    }

    /// The isolate begins a turn.
    pub fn begin_turn(&self) {
        let now_us = self.now_us();
        self.turn_us.store(now_us, Relaxed);
        self.step(now_us, now_us / 1_000 + 1);
    }

    /// The isolate takes a batch of an I/O thread, in the turn that it has begun.
    pub fn took(&self, thread: usize, batch: &Batch) {
        let times = (batch.stamp, self.turn_us.load(Relaxed));
        self.counters
            .took(thread, batch.number, u64::from(batch.openings), times);
    }

    /// The turn has ended; says how long it took.
    pub fn end_turn(&self) -> Duration {
        let now_us = self.now_us();
        let us = now_us.saturating_sub(self.turn_us.load(Relaxed));
        self.counters.turned(us);
        self.turn_us.store(now_us, Relaxed);
        Duration::from_micros(us)
    }

    /// When the turn began that has not ended, in microseconds of the server's clock.
    pub fn turn_us(&self) -> u64 {
        self.turn_us.load(Relaxed)
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
        self.step(self.turn_us.load(Relaxed), 0);
    }

    /// Somebody is about to ring. The gate rings once per sleep, so this is the first ring since it
    /// rested, and the turn that it begins comes after this.
    pub(crate) fn rung(&self) {
        self.busy_since.store(self.now() + 1, Relaxed);
    }

    /// Milliseconds since it was rung or began its turn; 0 at rest.
    pub(crate) fn delay(&self) -> u64 {
        match self.stamp() {
            0 => 0,
            since => (self.now() + 1).saturating_sub(since),
        }
    }

    /// What tells one delay from another; 0 at rest.
    pub(crate) fn stamp(&self) -> u64 {
        self.busy_since.load(Relaxed)
    }

    /// The longest delay in milliseconds since the last call, the present one included.
    pub(crate) fn take_longest(&self) -> u64 {
        self.longest.swap(0, Relaxed).max(self.delay())
    }

    /// How long the delay of this stamp was, in milliseconds, once it has ended; none when a later
    /// one was longer.
    pub(crate) fn length_of(&self, stamp: u64) -> Option<u64> {
        let ended = self.ended.load(Relaxed);
        (ended >> LENGTH_BITS == stamp).then_some(ended & LENGTH_MAX)
    }

    /// Ends what there was and begins what comes. Only the isolate calls it.
    fn step(&self, now_us: u64, next: u64) {
        let since = self.busy_since.load(Relaxed);
        self.busy_since.store(next, Relaxed);
        if since == 0 {
            return;
        }
        let length = (now_us / 1_000 + 1).saturating_sub(since);
        // A value that was just taken may be put back here: seen twice, never lost.
        if length > self.longest.load(Relaxed) {
            self.longest.store(length, Relaxed);
            let ended = since << LENGTH_BITS | length.min(LENGTH_MAX);
            self.ended.store(ended, Relaxed);
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
        assert_eq!((pulse.delay(), pulse.stamp()), (0, 0));
        pulse.begin_turn();
        pulse.rest();
        assert_eq!((pulse.delay(), pulse.stamp()), (0, 0));
    }

    #[test]
    fn a_delay_that_ended_is_remembered_by_its_stamp() {
        let pulse = pulse(5_000);
        pulse.busy_since.store(1_001, Relaxed);
        pulse.begin_turn();
        let length = pulse.length_of(1_001).expect("it has just ended");
        assert!((4_000..5_000).contains(&length), "{length}");
        assert_eq!(pulse.length_of(1_002), None);
        assert_eq!(pulse.take_longest(), length);
        assert!(pulse.take_longest() < 1_000);
    }

    #[test]
    fn a_turn_is_as_long_as_until_its_end() {
        let pulse = pulse(5_000);
        pulse.begin_turn();
        let stamp = pulse.stamp();
        std::thread::sleep(Duration::from_millis(20));
        pulse.end_turn();
        pulse.rest();
        let length = pulse.length_of(stamp).expect("it has just ended");
        assert!(length >= 19, "{length}");
        assert_eq!(pulse.take_longest(), length);
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
