//! What other threads may ask of an I/O thread: commands in a list, a wake-up when it is due.
//!
//! Used by the server (lanes, listeners, drain) and by the accepting thread (connections). Rare,
//! so a lock is right. Replies do not come this way: they have their lanes.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanner_bridge::{Doorbell, Gate, IoLane};

use super::clock::NEVER;
use super::seats::Seated;
use crate::pulse::Pulse;
use crate::transport::listen::Listener;

/// A request to an I/O thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// Hand requests to this isolate, too.
    Attach(IoLane, Arc<Pulse>),
    /// Accept from these.
    Listen(Vec<Listener>),
    /// Run this connection.
    Adopt(Seated),
    /// Stop accepting, finish what runs, end what has not finished after so many milliseconds.
    Drain {
        /// Milliseconds from now.
        grace_ms: u64,
    },
}

/// The handle of an I/O thread.
#[derive(Debug)]
pub(crate) struct Remote {
    /// None once the thread has ended.
    commands: Mutex<Option<Vec<Command>>>,
    pending: AtomicBool,
    /// Whether deadlines are open, so that the clock has to wake the thread.
    wants_clock: AtomicBool,
    /// When the first deadline comes up for which the thread has to be awake; `NEVER` for none.
    due: AtomicU64,
    gate: Arc<Gate>,
}

/// The poller's waker as the bell of the thread's gate.
struct Bell(mio::Waker);

impl Doorbell for Bell {
    fn ring(&self) {
        // The one failure is a full event queue, and then the thread is awake.
        let _ = self.0.wake();
    }
}

impl Remote {
    /// A handle that wakes the poller of `registry` with `token`.
    pub(crate) fn new(registry: &mio::Registry, token: mio::Token) -> io::Result<Arc<Self>> {
        let bell = Bell(mio::Waker::new(registry, token)?);
        Ok(Arc::new(Self {
            commands: Mutex::new(Some(Vec::new())),
            pending: AtomicBool::new(false),
            wants_clock: AtomicBool::new(false),
            due: AtomicU64::new(NEVER),
            gate: Gate::new(Box::new(bell)),
        }))
    }

    /// The gate that lanes wake.
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Asks, and wakes the thread. Gives the command back when the thread has ended.
    pub(crate) fn ask(&self, command: Command) -> Result<(), Command> {
        match &mut *self.lock() {
            Some(commands) => commands.push(command),
            None => return Err(command),
        }
        self.pending.store(true, SeqCst);
        self.gate.wake();
        Ok(())
    }

    /// The thread ends: what was asked for last is dropped, and so is whatever comes.
    pub(crate) fn end(&self) {
        let last = self.lock().take();
        drop(last);
    }

    /// Says whether the clock has to wake the thread.
    pub(crate) fn set_wants_clock(&self, wants: bool) {
        self.wants_clock.store(wants, Relaxed);
    }

    /// Says when the first deadline comes up that must not be late. `Hand::hurry` follows.
    pub(crate) fn set_due(&self, due: Option<u64>) {
        self.due.store(due.unwrap_or(NEVER), Relaxed);
    }

    /// When that is; `NEVER` for none.
    pub(crate) fn due(&self) -> u64 {
        self.due.load(Relaxed)
    }

    /// Puts the thread to sleep unless there is something for it: on its lanes, a command, or a
    /// deadline that the clock saw to since it was announced as `due`. False where there is.
    pub(crate) fn try_sleep(&self, due: u64, is_quiet: impl FnOnce() -> bool) -> bool {
        let is_unseen = || self.due() == due;
        self.gate
            .try_sleep(|| is_quiet() && !self.is_pending() && is_unseen())
    }

    /// Wakes the thread if its deadline has come up. It says anew what is due before it sleeps.
    pub(crate) fn wake_if_due(&self, now: u64) {
        let due = self.due.load(Relaxed);
        let is_mine = due <= now && {
            let taken = self.due.compare_exchange(due, NEVER, Relaxed, Relaxed);
            taken.is_ok()
        };
        if is_mine {
            self.gate.wake();
        }
    }

    /// The clock has moved.
    pub(crate) fn tick(&self) {
        if self.wants_clock.load(Relaxed) {
            self.gate.wake();
        }
    }

    /// Whether somebody asked for something.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending.load(SeqCst)
    }

    /// What was asked for.
    pub(crate) fn take(&self) -> Vec<Command> {
        self.pending.store(false, SeqCst);
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Command>>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
