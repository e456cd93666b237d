//! What all I/O threads of a server share: each other's handles, loads, the clock's next look and
//! the end.

use std::sync::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use crate::io::clock::Hand;
use crate::io::remote::{Command, Remote};
use crate::io::seats::{Seated, Seats};

/// The shared state of a server's I/O threads.
#[derive(Debug)]
pub(crate) struct Shared {
    remotes: OnceLock<Vec<Arc<Remote>>>,
    loads: Vec<AtomicUsize>,
    connections: AtomicU32,
    seats: Seats,
    hand: Hand,
    running: AtomicUsize,
    /// Threads that wait for the end.
    waiting: Mutex<Vec<Thread>>,
}

impl Shared {
    /// State for `threads` threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            remotes: OnceLock::new(),
            loads: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
            connections: AtomicU32::new(0),
            seats: Seats::default(),
            hand: Hand::default(),
            running: AtomicUsize::new(threads),
            waiting: Mutex::default(),
        }
    }

    /// Makes the threads known to each other, once.
    pub(crate) fn introduce(&self, remotes: Vec<Arc<Remote>>) {
        // Only the first call counts; there is only one.
        let _ = self.remotes.set(remotes);
    }

    /// A number for a new connection, unique in the server until it wraps.
    pub(crate) fn next_connection(&self) -> u32 {
        self.connections.fetch_add(1, Relaxed)
    }

    /// Room for connections.
    pub(crate) fn seats(&self) -> &Seats {
        &self.seats
    }

    /// The thread with the fewest connections; `own` wins a tie.
    pub(crate) fn least_loaded(&self, own: usize, own_load: usize) -> usize {
        let loads = self.loads.iter().map(|load| load.load(Relaxed)).enumerate();
        match loads.min_by_key(|&(index, load)| (load, index != own)) {
            Some((index, load)) if load < own_load => index,
            _ => own,
        }
    }

    /// Publishes a thread's number of connections.
    pub(crate) fn set_load(&self, index: usize, load: usize) {
        if let Some(place) = self.loads.get(index) {
            place.store(load, Relaxed);
        }
    }

    /// Gives a connection to another thread, or back when that thread has ended.
    pub(crate) fn adopt(&self, index: usize, accepted: Seated) -> Option<Seated> {
        let remote = self.remotes.get().and_then(|remotes| remotes.get(index));
        let (Some(remote), Some(load)) = (remote, self.loads.get(index)) else {
            return Some(accepted);
        };
        // Counted at once, so that a burst is spread before the other thread has looked.
        load.fetch_add(1, Relaxed);
        match remote.ask(Command::Adopt(accepted)) {
            Err(Command::Adopt(accepted)) => Some(accepted),
            _ => None,
        }
    }

    /// Unparks a thread when the last I/O thread has ended, or now if it has.
    pub(crate) fn unpark_at_end(&self, thread: &Thread) {
        self.lock().push(thread.clone());
        if self.is_over() {
            thread.unpark();
        }
    }

    /// When the clock looks next.
    pub(crate) fn hand(&self) -> &Hand {
        &self.hand
    }

    /// The handles of the threads.
    pub(crate) fn remotes(&self) -> &[Arc<Remote>] {
        self.remotes.get().map_or(&[], Vec::as_slice)
    }

    /// A thread has ended; clock and watchdog end with the last one.
    pub(crate) fn thread_ended(&self) {
        if self.running.fetch_sub(1, SeqCst) == 1 {
            self.lock().iter().for_each(Thread::unpark);
        }
    }

    /// Whether every thread has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.running.load(SeqCst) == 0
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
