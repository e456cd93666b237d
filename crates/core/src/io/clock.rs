//! The clock of a server: one thread that wakes whoever may have something to do.
//!
//! A poller that waits with a time-out sets a timer in the kernel at each wait, which costs a
//! request of its own where requests are few (docs/design/0003); so the I/O threads wait without
//! one and this thread ticks for all of them. It also samples the event loops, and wakes the
//! watchdog unless all of them sleep: a server at rest has this one thread that wakes. Promises a
//! tick at least every `CLOCK_MS`, a look at each deadline that a thread announced as due, and to
//! end with the last I/O thread. What is due is decided by each thread's `timers`.
//! After a tick it may have the allocator asked to hand memory back: when is in `freed`.
//!
//! # No deadline is overlooked
//!
//! ```text
//!   I/O thread, before it sleeps           clock, before it sleeps
//!   due = ...             (Relaxed)        next look = ...       (Relaxed)
//!   fence SeqCst                           fence SeqCst
//!   is the next look later? (Relaxed)      is something due before it? (Relaxed)
//! ```
//!
//! As in the doorbell of the bridge: of the two fences one comes first, so one of the two sees what
//! the other wrote. Only the I/O thread that moves the next look forward wakes the clock, so a
//! deadline costs one wake-up of each, however many requests there are before it.
//!
//! A look may also come between the announcement and the sleep: it takes what is due, and finds
//! nobody to wake. So what was announced is read again behind the gate's fence, and a thread that
//! misses it has another turn.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst, fence};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::freed::Freed;
use super::remote::Remote;
use crate::board::Board;
use crate::isolate::IfUnknown;
use crate::shared::Shared;

/// Time between ticks: the slack of deadlines for which nobody waits. Kestrel's heartbeat has one
/// second (T-40).
pub(crate) const CLOCK_MS: u64 = 500;
/// A point in time that does not come.
pub(crate) const NEVER: u64 = u64::MAX;

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
        let hand = self.shared.hand();
        hand.belongs_to(thread::current());
        let mut next_tick = self.now() + CLOCK_MS;
        while !self.shared.is_over() {
            let remotes = self.shared.remotes();
            hand.look(remotes, self.now(), next_tick);
            let left = hand.next_look().saturating_sub(self.now());
            if left > 0 {
                thread::park_timeout(Duration::from_millis(left));
            }
            if self.now() < next_tick {
                continue;
            }
            next_tick = self.now() + CLOCK_MS;
            remotes.iter().for_each(|remote| remote.tick());
            self.look_at_loops();
            if let Some(release) = self.release
                && freed.is_due(self.board.connections(), self.board.evicted_bytes())
            {
                release();
            }
        }
    }

    /// The milliseconds of the I/O threads.
    fn now(&self) -> u64 {
        self.board.began.elapsed().as_millis() as u64
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

/// When the clock looks next, for those who need it earlier.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    next_look: AtomicU64,
    /// None until the clock runs: its first look finds what is due by then.
    clock: OnceLock<Thread>,
}

impl Hand {
    fn belongs_to(&self, clock: Thread) {
        // Only the first call counts; there is only one.
        let _ = self.clock.set(clock);
    }

    fn next_look(&self) -> u64 {
        self.next_look.load(Relaxed)
    }

    /// Wakes the threads whose deadlines have come up, and sets the next look: for the first
    /// deadline that is announced, and for the tick at the latest.
    fn look(&self, remotes: &[Arc<Remote>], now: u64, next_tick: u64) {
        for remote in remotes {
            remote.wake_if_due(now);
        }
        self.next_look.store(next_tick, Relaxed);
        // Pairs with the fence in hurry().
        fence(SeqCst);
        let first = remotes.iter().map(|remote| remote.due()).min();
        self.next_look.fetch_min(first.unwrap_or(NEVER), Relaxed);
    }

    /// Sees to it that the clock looks at `due`. The deadline has been announced. Returns whether
    /// the clock had to be woken.
    pub(crate) fn hurry(&self, due: u64) -> bool {
        // Pairs with the fence in look().
        fence(SeqCst);
        let is_late =
            self.next_look.load(Relaxed) > due && self.next_look.fetch_min(due, Relaxed) > due;
        if is_late && let Some(clock) = self.clock.get() {
            clock.unpark();
        }
        is_late
    }
}

#[cfg(test)]
mod tests {
    use super::super::timers::{TICK_MS, Timers};
    use super::*;

    /// One I/O thread that sleeps but for the clock, in the time of the test.
    struct Quiet {
        _poll: mio::Poll,
        remotes: Vec<Arc<Remote>>,
        hand: Hand,
        timers: Timers,
        next_tick: u64,
        now: u64,
        looks: u64,
        hurried: u64,
    }

    impl Quiet {
        fn new() -> Self {
            let poll = mio::Poll::new().expect("a poller");
            let remote = Remote::new(poll.registry(), mio::Token(0)).expect("a waker");
            let quiet = Self {
                _poll: poll,
                remotes: vec![remote],
                hand: Hand::default(),
                timers: Timers::new(),
                next_tick: CLOCK_MS,
                now: 0,
                looks: 0,
                hurried: 0,
            };
            quiet.hand.look(&quiet.remotes, 0, CLOCK_MS);
            quiet
        }

        fn remote(&self) -> &Remote {
            &self.remotes[0]
        }

        /// What an I/O thread does before it sleeps, with what others do before each step of it.
        /// False when it has another turn instead.
        fn try_sleep(&mut self, mut meanwhile: impl FnMut(&Self, usize)) -> bool {
            let soon = self.timers.soon();
            meanwhile(self, 0);
            self.remote().set_due(soon);
            meanwhile(self, 1);
            let hurried = soon.is_some_and(|due| self.hand.hurry(due));
            self.hurried += u64::from(hurried);
            meanwhile(self, 2);
            let due = soon.unwrap_or(NEVER);
            self.remote().try_sleep(due, || {
                meanwhile(self, 3);
                true
            })
        }

        fn sleep(&mut self) {
            assert!(self.try_sleep(|_, _| {}));
        }

        /// Lets time pass up to the next look of the clock; the places that came up by it.
        fn next(&mut self) -> Vec<u32> {
            self.now = self.now.max(self.hand.next_look());
            self.looks += 1;
            if self.now >= self.next_tick {
                self.next_tick = self.now + CLOCK_MS;
                self.remote().gate().wake();
            }
            self.hand.look(&self.remotes, self.now, self.next_tick);
            let mut due = Vec::new();
            if !self.remote().gate().is_asleep() {
                self.timers.take_due(self.now, &mut due);
                self.sleep();
            }
            due
        }

        fn next_due(&mut self) -> Vec<u32> {
            loop {
                let due = self.next();
                if !due.is_empty() {
                    return due;
                }
            }
        }
    }

    #[test]
    fn a_deadline_that_somebody_waits_for_is_late_by_no_more_than_its_bucket() {
        for at in (1..3_000).step_by(7) {
            let mut quiet = Quiet::new();
            quiet.timers.arm(1, at, true);
            quiet.sleep();
            assert_eq!(quiet.next_due(), [1]);
            let late = quiet.now - at;
            assert!(late <= TICK_MS, "at {at}: {late} ms late");
        }
    }

    #[test]
    fn one_that_is_set_between_two_looks_is_not_late_either() {
        for after in (0..CLOCK_MS).step_by(9) {
            let mut quiet = Quiet::new();
            quiet.sleep();
            quiet.now = after;
            quiet.timers.take_due(after, &mut Vec::new());
            quiet.timers.arm(1, after + 200, true);
            quiet.sleep();
            assert_eq!(quiet.next_due(), [1]);
            let late = quiet.now - after - 200;
            assert!(late <= TICK_MS, "set at {after}: {late} ms late");
        }
    }

    #[test]
    fn a_deadline_is_not_late_whenever_the_clock_looks_while_its_thread_goes_to_sleep() {
        for (look_at, step) in (0..400)
            .step_by(9)
            .flat_map(|at| (0..4).map(move |step| (at, step)))
        {
            let mut quiet = Quiet::new();
            quiet.timers.arm(1, 200, true);
            let slept = quiet.try_sleep(|quiet, at| {
                if at == step {
                    quiet.hand.look(&quiet.remotes, look_at, CLOCK_MS);
                }
            });
            quiet.now = look_at;
            let mut due = Vec::new();
            if !slept {
                quiet.remote().gate().awake();
                quiet.timers.take_due(look_at, &mut due);
                quiet.sleep();
            }
            if due.is_empty() {
                due = quiet.next_due();
            }
            assert_eq!(due, [1]);
            let late = quiet.now.saturating_sub(look_at.max(200));
            let found = format!("a look at {look_at} before step {step}: {late} ms late");
            assert!(late <= TICK_MS, "{found}");
        }
    }

    #[test]
    fn connections_that_rest_are_looked_at_when_the_clock_ticks_anyway() {
        let mut quiet = Quiet::new();
        for place in 0..10_000 {
            quiet.timers.arm(place, 130_000 + place as u64 * 7, false);
        }
        quiet.sleep();
        while quiet.now < 60_000 {
            quiet.next();
        }
        assert_eq!(quiet.looks, 60_000 / CLOCK_MS);
    }

    #[test]
    fn a_deadline_that_moves_with_each_request_wakes_the_clock_once_a_second() {
        let mut quiet = Quiet::new();
        let mut looked_at = 0;
        for now in 0..10_000 {
            quiet.now = now;
            quiet.timers.take_due(now, &mut Vec::new());
            quiet.timers.arm(1, now + 1_000, true);
            quiet.sleep();
            if quiet.hand.next_look() <= now {
                quiet.next();
                looked_at += 1;
            }
        }
        assert!(quiet.hurried <= 11, "{} times", quiet.hurried);
        assert!(looked_at <= 10_000 / CLOCK_MS + 11, "{looked_at} looks");
    }
}
