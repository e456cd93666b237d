//! What is known of the whole server at any moment: state, isolates, counters.
//!
//! Written by the server and the isolates, read by every I/O thread when a probe asks. Promises
//! that reading it never waits for JavaScript. How it is shown is in `probes`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use lanner_bridge::Doorbell;

use crate::isolate::Isolate;
use crate::metrics::{Counters, IsolateStats, Stats};
use crate::pulse::Pulse;
use crate::sightings::{Cause, Sightings, Whom};

/// The state of a server.
#[derive(Debug)]
pub struct Board {
    pub(crate) began: Instant,
    /// Whether requests for handlers are shed by hand (`server.busy`).
    pub(crate) busy: AtomicBool,
    pub(crate) closing: AtomicBool,
    /// Refusals and limits, for whoever watches.
    pub sightings: Sightings,
    /// Whether an isolate ever joined.
    joined: AtomicBool,
    /// Stalls of all isolates; counted by the watchdog alone.
    pub(crate) stalls: AtomicU64,
    isolates: Mutex<Vec<Arc<Isolate>>>,
    counters: OnceLock<Vec<Arc<Counters>>>,
    /// Method and pattern of each route, probes among them.
    routes: OnceLock<Vec<Box<str>>>,
    /// What the isolates did that have gone.
    gone: Mutex<IsolateStats>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            busy: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            sightings: Sightings::default(),
            joined: AtomicBool::new(false),
            stalls: AtomicU64::new(0),
            isolates: Mutex::default(),
            counters: OnceLock::new(),
            routes: OnceLock::new(),
            gone: Mutex::default(),
        }
    }
}

impl Board {
    /// The counters of all threads and the patterns of all routes, once.
    pub(crate) fn show(&self, counters: Vec<Arc<Counters>>, routes: Vec<Box<str>>) {
        // Only the first call counts; there is only one.
        let _ = self.counters.set(counters);
        let _ = self.routes.set(routes);
    }

    /// The pattern of a route.
    pub fn pattern(&self, route: u32) -> Option<&str> {
        let routes = self.routes.get()?;
        routes.get(route as usize).map(|pattern| &**pattern)
    }

    /// The isolate that `bell` wakes joins.
    pub(crate) fn join(&self, bell: impl Doorbell + 'static) -> Arc<Isolate> {
        let threads = self.counters.get().map_or(1, Vec::len);
        let isolate = Isolate::new(bell, Pulse::new(self.began, threads));
        self.joined.store(true, Relaxed);
        self.lock().push(Arc::clone(&isolate));
        isolate
    }

    /// The isolates that are there.
    pub(crate) fn isolates(&self) -> Vec<Arc<Isolate>> {
        let mut isolates = self.lock();
        self.part_from_the_gone(&mut isolates);
        isolates.clone()
    }

    /// Tells whoever watches, and rings once for all that is not taken yet.
    pub(crate) fn tell(&self, cause: Cause, whom: Whom, bytes: &[u8], now: u64) {
        if !self.sightings.add(cause, whom, bytes, now) {
            return;
        }
        self.lock().iter().for_each(|isolate| isolate.ring());
    }

    /// Bytes of requests and replies that all threads hold.
    pub(crate) fn body_bytes(&self) -> u64 {
        self.sum(|counters| counters.body_bytes.load(Relaxed))
    }

    /// Connections that are open.
    pub(crate) fn connections(&self) -> u64 {
        self.sum(|counters| counters.connections.load(Relaxed))
    }

    /// Bytes that the pools of all threads have freed.
    pub(crate) fn evicted_bytes(&self) -> u64 {
        self.sum(|counters| counters.pool_evicted_bytes.load(Relaxed))
    }

    fn sum(&self, of: impl Fn(&Counters) -> u64) -> u64 {
        let all = self.counters.get().map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|counters| of(counters)).sum()
    }

    /// The merged counters.
    pub(crate) fn stats(&self) -> Stats {
        let counters = self.counters.get().map(Vec::as_slice);
        let isolates = self.isolates();
        let mut each: Vec<_> = isolates.iter().map(|isolate| isolate.stats()).collect();
        each.push(self.lock_gone().clone());
        Stats {
            stalls: self.stalls.load(Relaxed),
            ..Stats::merged(counters.unwrap_or_default(), each)
        }
    }

    /// Forgets the isolates that have gone, but not what they did.
    fn part_from_the_gone(&self, isolates: &mut Vec<Arc<Isolate>>) {
        isolates.retain(|isolate| {
            let stays = !isolate.gate.is_detached();
            if !stays {
                let mut stats = isolate.pulse.stats();
                // What it had not taken, or not replied, was replied without it.
                (stats.taken, stats.in_flight) = (stats.dispatched, 0);
                self.lock_gone().add(&stats);
            }
            stays
        });
    }

    fn lock_gone(&self) -> MutexGuard<'_, IsolateStats> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether isolates are there, or were.
    pub(crate) fn had_isolates(&self) -> bool {
        self.joined.load(Relaxed)
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Isolate>>> {
        self.isolates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
