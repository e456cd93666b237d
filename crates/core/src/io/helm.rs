//! Who drives an I/O thread's state: the thread itself, or an isolate while the thread sleeps.
//!
//! Run by the server, one per I/O thread; `help` is called by isolates after they published few
//! replies. Waking a thread for one reply costs more than the reply (docs/design/0003), so the
//! isolate that finds it asleep writes for it. Promises that one thread at a time drives, that the
//! poller never waits with the state in its hands, and that the state ends on the I/O thread. What
//! a turn does is in `thread`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io, thread};

use lanner_bridge::{Gate, SlotId};
use mio::{Events, Poll};

use super::thread::{IoThread, Rest};

/// Events taken from the poller at once.
const EVENTS_MAX: usize = 1024;
/// Further looks at the poller before a turn's requests are handed over.
const GATHERS_MAX: u32 = 3;
/// Entries that are handed over without another look.
const GATHERED_ENOUGH: u32 = 32;

/// The state of one I/O thread, for whoever drives it. None before the thread runs and after it
/// has ended.
#[derive(Default)]
pub(crate) struct Helm(Mutex<Option<IoThread>>);

impl Helm {
    /// The life of the I/O thread: until the server has closed and every connection has ended.
    pub(crate) fn run(&self, mut poll: Poll, state: IoThread) {
        *self.lock() = Some(state);
        let _end = End(self);
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut wait = Some(Duration::ZERO);
        loop {
            if let Err(error) = poll.poll(&mut events, wait)
                && error.kind() != io::ErrorKind::Interrupted
            {
                // A poller that fails for good would make this loop spin; end the connections.
                return;
            }
            // Poisoned: whoever helped panicked, and nobody knows where.
            let Ok(mut state) = self.0.lock() else { return };
            let Some(thread) = state.as_mut() else { return };
            thread.begin_turn();
            for event in &events {
                thread.on_event(event);
            }
            gather(thread, &mut poll, &mut events);
            match thread.end_turn() {
                Rest::Poll(longest) => wait = longest,
                Rest::Over => return,
            }
        }
    }

    /// Lets the replies that the caller has just published go, on the caller's thread. False when
    /// somebody else drives, or when there is more to do than that: then the thread, whose gate
    /// this is, has to be woken.
    pub(crate) fn help(&self, gate: &Gate) -> bool {
        // Declared first: the state is let go, poisoned, before the thread is woken.
        let _alarm = Alarm(gate);
        let Ok(mut state) = self.0.try_lock() else {
            return false;
        };
        state.as_mut().is_some_and(IoThread::help)
    }

    /// The age of an exchange that is not settled, in milliseconds.
    pub(crate) fn age(&self, slot: SlotId) -> Option<u64> {
        self.lock().as_ref().and_then(|thread| thread.age(slot))
    }

    fn lock(&self) -> MutexGuard<'_, Option<IoThread>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks for more requests before few are handed over: while some arrive together others are on
/// their way, and a look costs a tenth of a hand-over (docs/design/0003). A single request is not
/// kept waiting.
fn gather(thread: &mut IoThread, poll: &mut Poll, events: &mut Events) {
    for _ in 0..GATHERS_MAX {
        let isolated = !(2..GATHERED_ENOUGH).contains(&thread.gathered());
        if isolated || poll.poll(events, Some(Duration::ZERO)).is_err() {
            return;
        }
        for event in &*events {
            thread.on_event(event);
        }
    }
}

/// Wakes the thread when its helper panics: it finds its state poisoned, and ends.
struct Alarm<'a>(&'a Gate);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.wake();
        }
    }
}

/// Ends the state with its thread, however that ends.
struct End<'a>(&'a Helm);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let is_whole = !self.0.0.is_poisoned();
        let state = self.0.lock().take();
        match state {
            Some(thread) if is_whole => thread.end(),
            // After a panic: its sockets are closed and its lanes tell the isolates, no more.
            other => drop(other),
        }
    }
}

impl fmt::Debug for Helm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helm").finish_non_exhaustive()
    }
}
