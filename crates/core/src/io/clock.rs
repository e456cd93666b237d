//! The clock of a server: one thread that wakes the I/O threads whose connections have deadlines.
//!
//! A poller that waits with a time-out sets a timer in the kernel at each wait, which costs a
//! request of its own where requests are few (docs/design/0003); so the I/O threads wait without
//! one and this thread ticks for all of them. Promises a tick at least every `CLOCK_MS`, and to end
//! with the last I/O thread. What is due is decided by each thread's `timers`.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::shared::Shared;

/// Time between ticks: the slack of every deadline. Kestrel's heartbeat has one second (T-40).
const CLOCK_MS: u64 = 500;

/// Ticks until every I/O thread has ended; `Shared::thread_ended` unparks it then.
pub(crate) fn run(shared: &Arc<Shared>) {
    while !shared.is_over() {
        thread::park_timeout(Duration::from_millis(CLOCK_MS));
        shared.tick();
    }
}
