//! The clock of a server: one thread that wakes whoever may have something to do.
//!
//! A poller that waits with a time-out sets a timer in the kernel at each wait, which costs a
//! request of its own where requests are few (docs/design/0003); so the I/O threads wait without
//! one and this thread ticks for all of them. It also samples the event loops, and wakes the
//! watchdog unless all of them sleep: a server at rest has this one thread that wakes. Promises a
//! tick at least every `CLOCK_MS`, and to end with the last I/O thread. What is due is decided by
//! each thread's `timers`.
//!
//! After a tick it may have the allocator asked to hand memory back: when is in `freed`.

use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::freed::Freed;
use crate::board::Board;
use crate::isolate::IfUnknown;
use crate::shared::Shared;

/// Time between ticks: the slack of every deadline. Kestrel's heartbeat has one second (T-40).
pub(crate) const CLOCK_MS: u64 = 500;
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
                && freed.is_due(self.board.connections(), self.board.evicted_bytes())
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
