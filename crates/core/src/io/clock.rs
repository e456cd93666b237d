//! The clock of a server: one thread that wakes the I/O threads whose connections have deadlines.
//!
//! A poller that waits with a time-out sets a timer in the kernel at each wait, which costs a
//! request of its own where requests are few (docs/design/0003); so the I/O threads wait without
//! one and this thread ticks for all of them. Promises a tick at least every `CLOCK_MS`, and to end
//! with the last I/O thread. What is due is decided by each thread's `timers`.
//!
//! Between ticks it asks the allocator to hand memory back that the pools have freed: what many
//! connections leave behind is small pieces all over, which the allocator keeps unless it is asked.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::board::Board;
use crate::shared::Shared;

/// Time between ticks: the slack of every deadline. Kestrel's heartbeat has one second (T-40).
const CLOCK_MS: u64 = 500;
/// Bytes that pools must have freed before the allocator is asked: less is not worth its looking
/// through everything it has, which takes a millisecond or so.
const RELEASE_BYTES: u64 = 1024 * 1024;

/// Ticks until every I/O thread has ended; `Shared::thread_ended` unparks it then. `release` hands
/// memory back to the system, where there is a way.
pub(crate) fn run(shared: &Arc<Shared>, board: &Arc<Board>, release: Option<fn()>) {
    let mut freed = Freed::default();
    while !shared.is_over() {
        thread::park_timeout(Duration::from_millis(CLOCK_MS));
        shared.tick();
        if let Some(release) = release
            && freed.is_due(board.evicted_bytes())
        {
            release();
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
