//! A server: its listeners, its I/O threads, the lanes to its isolates.
//!
//! Made by `node` (or by a test) in this order: `start`, `attach` for each isolate, `listen`,
//! `close`. Promises that a closed server has no thread, no socket and no socket file left once
//! `is_closed` says so. What a request means is not known here.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};

use lanner_bridge::{Doorbell, IsolateLane, lane};
use lanner_proto::{RouteSpec, RouteTable};

use crate::board::Board;
use crate::config::Config;
use crate::context::Context;
use crate::dispatch::field_sets::{FieldSets, KnownSets};
use crate::dispatch::lanes::Lanes;
use crate::dispatch::permits::{self, Permits};
use crate::error::{Error, ErrorKind};
use crate::io::clock::Clock;
use crate::io::helm::Helm;
use crate::io::remote::{Command, Remote};
use crate::io::thread::{IoThread, WAKER};
use crate::isolate::Isolate;
use crate::metrics::{Counters, Stats};
use crate::rules;
use crate::shared::Shared;
use crate::sightings::Sightings;
use crate::transport::endpoint::Endpoint;
use crate::transport::listen::{Address, Listener};
use crate::watch::run::Watchdog;

/// Batches that may wait on their way to an isolate or back. A batch holds all requests of a turn,
/// so this is time, not requests: an isolate that is this many turns behind is overloaded.
const LANE_BATCHES: usize = 256;

/// A running server.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    remotes: Vec<Arc<Remote>>,
    helms: Vec<Arc<Helm>>,
    board: Arc<Board>,
    field_sets: Arc<FieldSets>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    is_closing: AtomicBool,
}

impl Server {
    /// Compiles the routes and starts the I/O threads; nothing listens yet.
    pub fn start(config: Config, routes: &[RouteSpec<'_>]) -> Result<Self, Error> {
        let names = routes.iter();
        let names = names.map(|route| (route.method.into(), route.pattern.into()));
        let names = names.collect();
        let (routes, probes) = config.probes.extend(routes);
        let patterns: Vec<Box<str>> = routes.iter().map(|route| route.pattern.into()).collect();
        let routes = RouteTable::build(&routes)
            .map_err(|error| Error::new(ErrorKind::RouteInvalid, error.to_string()))?;
        let (routes, config) = (Arc::new(routes), Arc::new(config));
        let count = config.io_threads.max(1);
        let shared = Arc::new(Shared::new(count));
        let mut server = Self {
            shared: Arc::clone(&shared),
            remotes: Vec::new(),
            helms: Vec::new(),
            board: Arc::default(),
            field_sets: Arc::default(),
            threads: Mutex::new(Vec::new()),
            is_closing: AtomicBool::new(false),
        };
        let release = config.release_memory;
        let in_flight = config.overload.in_flight as usize;
        let permits = permits::Pool::new(in_flight, count, rules::has_urgent(&config));
        let (mut prepared, mut all_counters) = (Vec::new(), Vec::new());
        for index in 0..count {
            let poll = mio::Poll::new().map_err(|error| resources(&error))?;
            let remote = Remote::new(poll.registry(), WAKER).map_err(|error| resources(&error))?;
            let counters = Arc::new(Counters::for_routes(patterns.len()));
            let mut cx = Context::new(
                index,
                Arc::clone(&config),
                Arc::clone(&routes),
                Lanes::of_thread(index),
                Arc::clone(&counters),
            );
            cx.board = Arc::clone(&server.board);
            cx.probes = probes.clone();
            cx.field_sets = KnownSets::of(Arc::clone(&server.field_sets));
            cx.permits = Permits::new(Arc::clone(&permits));
            server.remotes.push(Arc::clone(&remote));
            all_counters.push(counters);
            let registry = poll.registry().try_clone();
            let registry = registry.map_err(|error| resources(&error))?;
            prepared.push((index, poll, registry, remote, cx));
        }
        server.board.show(all_counters, patterns);
        shared.introduce(server.remotes.clone());
        for (index, poll, registry, remote, cx) in prepared {
            let (shared, helm) = (Arc::clone(&shared), Arc::new(Helm::default()));
            server.helms.push(Arc::clone(&helm));
            let body = move || {
                let state = IoThread::new(index, registry, remote, shared, cx);
                helm.run(poll, state);
            };
            let thread = std::thread::Builder::new()
                .name(format!("lanner-io-{index}"))
                .spawn(body);
            match thread {
                Ok(thread) => server.lock_threads().push(thread),
                Err(error) => {
                    // The threads that did start are told to end by `drop`.
                    (index..count).for_each(|_| server.shared.thread_ended());
                    return Err(resources(&error));
                }
            }
        }
        let watchdog = server.start_watchdog(&config, names)?;
        server.start_clock(watchdog, release)?;
        Ok(server)
    }

    fn start_clock(&self, watchdog: Option<Thread>, release: Option<fn()>) -> Result<(), Error> {
        let clock = Clock {
            shared: Arc::clone(&self.shared),
            board: Arc::clone(&self.board),
            watchdog,
            release,
        };
        let thread = std::thread::Builder::new()
            .name("lanner-clock".into())
            .spawn(move || clock.run())
            .map_err(|error| resources(&error))?;
        self.shared.unpark_at_end(thread.thread());
        self.lock_threads().push(thread);
        Ok(())
    }

    /// None where stalls are not reported.
    fn start_watchdog(
        &self,
        config: &Config,
        routes: Vec<(String, String)>,
    ) -> Result<Option<Thread>, Error> {
        if config.stall.threshold_ms == 0 {
            return Ok(None);
        }
        let watchdog = Watchdog {
            options: config.stall.clone(),
            board: Arc::clone(&self.board),
            shared: Arc::clone(&self.shared),
            helms: self.helms.clone(),
            routes,
        };
        let thread = std::thread::Builder::new()
            .name("lanner-watchdog".into())
            .spawn(move || watchdog.run())
            .map_err(|error| resources(&error))?;
        // Nobody joins it: it may be held up by a standard error that nobody reads.
        self.shared.unpark_at_end(thread.thread());
        Ok(Some(thread.thread().clone()))
    }

    /// Joins the isolate that `bell` wakes to every I/O thread.
    pub fn attach(&self, bell: impl Doorbell + 'static) -> (Arc<Isolate>, Vec<IsolateLane>) {
        let mut ends = Vec::new();
        let isolate = self.board.join(bell);
        for remote in &self.remotes {
            let (io, end) = lane(
                LANE_BATCHES,
                LANE_BATCHES,
                Arc::clone(&isolate.gate),
                Arc::clone(remote.gate()),
            );
            // Where the thread has ended, the lane does too.
            let _ = remote.ask(Command::Attach(io, Arc::clone(&isolate.pulse)));
            ends.push(end);
        }
        (isolate, ends)
    }

    /// The number by which records may name these fields, which are given as they would stand in
    /// one; None when they have to stand there.
    pub fn field_set(&self, lengths: &[u8], bytes: &[u8]) -> Option<u32> {
        self.field_sets.number(lengths, bytes)
    }

    /// Opens the endpoints and begins to accept; all of them or none.
    pub fn listen(&self, endpoints: &[Endpoint]) -> Result<Vec<Address>, Error> {
        let closed = || {
            Error::new(
                ErrorKind::Closed,
                "the server was closed; start another one",
            )
        };
        if self.is_closing.load(SeqCst) {
            return Err(closed());
        }
        let mut listeners = Vec::new();
        for endpoint in endpoints {
            listeners.extend(Listener::open(endpoint)?);
        }
        let mut addresses = Vec::new();
        for listener in &listeners {
            let address = listener.address();
            addresses
                .push(address.map_err(|e| Error::new(ErrorKind::ListenFailed, e.to_string()))?);
        }
        if let Some(acceptor) = self.remotes.first() {
            let asked = acceptor.ask(Command::Listen(listeners));
            asked.map_err(|_| closed())?;
        }
        Ok(addresses)
    }

    /// Stops accepting and gives what runs `grace_ms` milliseconds. Returns at once; a second call
    /// can only shorten the grace.
    pub fn close(&self, grace_ms: u64) {
        self.is_closing.store(true, SeqCst);
        self.board.closing.store(true, Relaxed);
        for remote in &self.remotes {
            // A thread that has ended has nothing to finish.
            let _ = remote.ask(Command::Drain { grace_ms });
        }
    }

    /// Whether every connection has ended and every I/O thread with them.
    pub fn is_closed(&self) -> bool {
        self.shared.is_over()
    }

    /// Waits for the I/O threads of a closing server.
    pub fn join(&self) {
        let threads = std::mem::take(&mut *self.lock_threads());
        for thread in threads {
            // A thread that panicked has ended as well; its lanes told the isolates.
            let _ = thread.join();
        }
    }

    /// Sheds requests for handlers, except those of high priority, or no longer does.
    pub fn set_busy(&self, busy: bool) {
        self.board.busy.store(busy, Relaxed);
        for remote in &self.remotes {
            // So that a thread at rest sees it before its next request.
            remote.gate().wake();
        }
    }

    /// Whether requests for handlers are shed by hand.
    pub fn is_busy(&self) -> bool {
        self.board.is_busy()
    }

    /// Lets the replies that an isolate has just published for the I/O thread go on the caller's
    /// thread. Asked for when that thread sleeps and the replies are few; false when it has to be
    /// woken after all.
    pub fn help(&self, thread: usize) -> bool {
        match (self.helms.get(thread), self.remotes.get(thread)) {
            (Some(helm), Some(remote)) => helm.help(remote.gate()),
            _ => false,
        }
    }

    /// Refusals and limits, one by one. Who watches is rung for when something waits.
    pub fn sightings(&self) -> &Sightings {
        &self.board.sightings
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        self.board.stats()
    }

    fn lock_threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close(0);
    }
}

fn resources(error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Resources,
        format!("the system gave no poller or thread ({error})"),
    )
}
