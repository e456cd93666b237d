//! The clock of a server: one thread that wakes whoever may have something to do.
//!
//! A poller that waits with a time-out sets a timer in the kernel at each wait, which costs a
//! request of its own where requests are few (docs/design/0003); so the I/O threads wait without
//! one and this thread ticks for all of them. It also samples the event loops, and wakes the
//! watchdog unless all of them sleep: a server at rest has this one thread that wakes. Promises a
//! tick at least every `CLOCK_MS`, and to end with the last I/O thread. What is due is decided by
//! each thread's `timers`.
//!
//! Between ticks it asks the allocator to hand memory back that the pools have freed: what many
//! connections leave behind is small pieces all over, which the allocator keeps unless it is asked.

use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::board::Board;
use crate::isolate::IfUnknown;
use crate::shared::Shared;

/// Time between ticks: the slack of every deadline. Kestrel's heartbeat has one second (T-40).
pub(crate) const CLOCK_MS: u64 = 500;
/// Bytes that pools must have freed before the allocator is asked: less is not worth its looking
/// through everything it has, which takes a millisecond or so.
const RELEASE_BYTES: u64 = 1024 * 1024;

/// What the clock's thread needs.
pub(crate) struct Clock {
    pub(crate) shared: Arc<Shared>,
    pub(crate) board: Arc<Board>,
    /// None where stalls are not reported.
    pub(crate) watchdog: Option<Thread>,
    /// Hands memory back to the system, where there is a way.
    pub(crate) release: Option<fn()>,
}

impl Clock {
    /// Ticks until every I/O thread has ended; `Shared::thread_ended` unparks it then.
    pub(crate) fn run(self) {
        let mut freed = Freed::default();
        while !self.shared.is_over() {
            thread::park_timeout(Duration::from_millis(CLOCK_MS));
            self.shared.tick();
            self.look_at_loops();
            if let Some(release) = self.release
                && freed.is_due(self.board.evicted_bytes())
            {
                release();
            }
        }
    }

    fn look_at_loops(&self) {
        let (now, mut all_rest) = (Instant::now(), true);
        for isolate in self.board.isolates() {
            isolate.sample(now);
            all_rest &= isolate.feel(IfUnknown::Ring);
        }
        if let Some(watchdog) = self.watchdog.as_ref().filter(|_| !all_rest) {
            watchdog.unpark();
        }
    }
}

/// What the pools have freed.
#[derive(Debug, Default)]
struct Freed {
    /// At the last tick.
    seen: u64,
    /// When the allocator was asked last.
    released: u64,
}

impl Freed {
    /// Whether enough was freed by now, and nothing since the last tick: while pools still free,
    /// the question would have to be asked again.
    fn is_due(&mut self, evicted: u64) -> bool {
        let is_over = std::mem::replace(&mut self.seen, evicted) == evicted;
        let is_due = is_over && evicted.saturating_sub(self.released) >= RELEASE_BYTES;
        if is_due {
            self.released = evicted;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allocator_is_asked_once_when_the_pools_have_freed_enough() {
        let mut freed = Freed::default();
        let enough = RELEASE_BYTES;
        let ticks = [
            (0, false),
            (enough - 1, false),
            (enough - 1, false),
            (enough, false),
            (enough, true),
            (enough, false),
            (2 * enough - 1, false),
            (2 * enough - 1, false),
            (3 * enough, false),
            (3 * enough, true),
        ];
        for (tick, (evicted, is_due)) in ticks.into_iter().enumerate() {
            assert_eq!(freed.is_due(evicted), is_due, "{tick}");
        }
    }
}
