//! The pulse of an isolate: for how long its event loop has not come back to us.
//!
//! Stamped by whoever rings its bell and by the isolate itself, around each turn; read by probes.
//! Promises to answer while JavaScript is stuck, whatever it is stuck in: an isolate that was rung
//! and does not come, and a turn that does not end, look the same. One store per turn.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// The pulse of one isolate.
#[derive(Debug)]
pub struct Pulse {
    began: Instant,
    /// Milliseconds since `began`, plus one, at which it was rung or began its turn; 0 at rest.
    busy_since: AtomicU64,
}

impl Pulse {
    /// An isolate at rest; its clock is the server's.
    pub(crate) fn new(began: Instant) -> Self {
        Self {
            began,
            busy_since: AtomicU64::new(0),
        }
    }

    /// The isolate begins a turn.
    pub fn begin_turn(&self) {
        self.busy_since.store(self.now() + 1, Relaxed);
    }

    /// The isolate is about to rest. Said before it sleeps, so that a bell which rings at this
    /// moment is not forgotten.
    pub fn rest(&self) {
        self.busy_since.store(0, Relaxed);
    }

    /// Somebody rang; the first ring counts.
    pub(crate) fn rung(&self) {
        // Lost to another ring or to the turn itself: both stamps are as old.
        let _ = self
            .busy_since
            .compare_exchange(0, self.now() + 1, Relaxed, Relaxed);
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
    use std::time::Duration;

    /// A pulse whose server began this long ago.
    fn pulse(ms: u64) -> Pulse {
        let began = Instant::now().checked_sub(Duration::from_millis(ms));
        Pulse::new(began.unwrap_or_else(Instant::now))
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
    fn the_first_ring_counts() {
        let pulse = pulse(5_000);
        pulse.busy_since.store(1_001, Relaxed);
        pulse.rung();
        assert!(pulse.delay() >= 4_000);
        pulse.begin_turn();
        assert!(pulse.delay() < 1_000);
    }
}
