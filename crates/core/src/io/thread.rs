//! One I/O thread's state and what it does in a turn: read and parse, hand over, take, write.
//!
//! Driven by `helm`, which polls. A readiness loop rather than a task per connection
//! (docs/design/0001): connections live in a table, an event names its place. Promises that all
//! requests of one turn are handed over with one wake-up, that the replies of a turn leave with
//! one write per connection, and that nothing here waits. HTTP is in `conn`, what isolates sent in
//! `records`.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

use lanner_bridge::SlotId;
use mio::{Registry, Token};

use super::accept::ACCEPT_PAUSE_MS;
use super::clock::NEVER;
use super::remote::{Command, Remote};
use super::seats::Seat;
use super::sockets::is_reset;
use super::timers::Timers;
use crate::conn::connection::{Connection, Phase};
use crate::context::{Context, Scratch};
use crate::metrics::{bump, lower};
use crate::shared::Shared;
use crate::transport::listen::Listener;
use crate::transport::stream::Stream;

/// The shared receive buffer. A small one makes uploads two to three times dearer.
const RECEIVE_BYTES: usize = 256 * 1024;
/// How long the poller waits at most while the server closes.
const DRAIN_CLOCK_MS: u64 = 20;
/// A connection that was busy this recently may have a request under way when the server closes;
/// it is answered (with `Connection: close`) rather than cut.
const DRAIN_IDLE_MS: u64 = 250;

/// The poller's token of the waker.
pub(crate) const WAKER: Token = Token(usize::MAX);
/// Tokens from here on, downwards, are listeners.
pub(super) const LISTENERS: usize = usize::MAX - 1;

/// A connection with its socket.
pub(super) struct Conn {
    pub(super) stream: Stream,
    pub(super) http: Connection,
    pub(super) readable: bool,
    /// Whether the poller said that the peer closed its sending side: then only a read that
    /// returns the end empties the socket.
    pub(super) read_closed: bool,
    pub(super) writable: bool,
    pub(super) dirty: bool,
    /// Whether it is in the thread's list of starved connections.
    pub(super) starved: bool,
    pub(super) shut: bool,
    pub(super) _seat: Seat,
}

/// What follows a turn.
pub(super) enum Rest {
    /// The poller waits, for so long at most; without a bound for none.
    Poll(Option<Duration>),
    /// The server has closed, and every connection has ended.
    Over,
}

/// One I/O thread.
pub(crate) struct IoThread {
    _ended: Ended,
    pub(super) index: usize,
    /// Where sockets are registered; the poller itself waits outside (`helm`).
    pub(super) registry: Registry,
    pub(super) remote: Arc<Remote>,
    pub(super) shared: Arc<Shared>,
    pub(super) cx: Context,
    pub(super) scratch: Scratch,
    pub(super) conns: Vec<Option<Conn>>,
    pub(super) free: Vec<usize>,
    /// Places of connections that ended this turn; reused only after it, so that an old event
    /// never meets a new connection.
    pub(super) ended: Vec<usize>,
    pub(super) open: usize,
    pub(super) dirty: Vec<usize>,
    /// The list that `dirty` takes turns with.
    touched: Vec<usize>,
    /// Connections whose body waits until chunks come back.
    pub(super) starved: Vec<usize>,
    pub(super) listeners: Vec<Listener>,
    pub(super) accept_ready: bool,
    pub(super) accept_paused_until: u64,
    pub(super) timers: Timers,
    pub(super) due: Vec<u32>,
    pub(super) receive: Box<[u8]>,
    pub(super) began: Instant,
    pub(super) date_second: u64,
    pub(super) grace_until: Option<u64>,
}

impl IoThread {
    /// A thread's state; `helm` is its life.
    pub(crate) fn new(
        index: usize,
        registry: Registry,
        remote: Arc<Remote>,
        shared: Arc<Shared>,
        cx: Context,
    ) -> Self {
        let ended = Ended {
            remote: Arc::clone(&remote),
            shared: Arc::clone(&shared),
        };
        Self {
            _ended: ended,
            index,
            registry,
            remote,
            shared,
            began: cx.board.began,
            cx,
            scratch: Scratch::default(),
            conns: Vec::new(),
            free: Vec::new(),
            ended: Vec::new(),
            open: 0,
            dirty: Vec::new(),
            touched: Vec::new(),
            starved: Vec::new(),
            listeners: Vec::new(),
            accept_ready: false,
            accept_paused_until: 0,
            timers: Timers::new(),
            due: Vec::new(),
            receive: vec![0; RECEIVE_BYTES].into_boxed_slice(),
            date_second: 0,
            grace_until: None,
        }
    }

    /// Begins a turn: this thread is awake, and knows the time.
    pub(super) fn begin_turn(&mut self) {
        self.remote.gate().awake();
        bump(&self.cx.counters.turns, 1);
        self.tick();
    }

    /// Requests of this turn that wait to be handed over.
    pub(super) fn gathered(&self) -> u32 {
        self.cx.lanes.open_count()
    }

    /// Ends a turn: hands the requests over, does what it was asked, lets the replies go.
    pub(super) fn end_turn(&mut self) -> Rest {
        self.cx.publish();
        self.tick();
        self.obey();
        let more = self.take_records();
        self.finish_dirty();
        self.accept();
        self.finish_dirty();
        self.cx.publish();
        self.count_in_flight();
        if self.is_finished() {
            return Rest::Over;
        }
        Rest::Poll(self.wait(more))
    }

    /// A turn that an isolate takes over with its replies while this thread sleeps. False when it
    /// has to be woken instead.
    pub(super) fn help(&mut self) -> bool {
        if self.grace_until.is_some() || self.remote.is_pending() {
            return false;
        }
        bump(&self.cx.counters.helped, 1);
        self.tick();
        let more = self.take_records();
        self.finish_dirty();
        self.cx.publish();
        self.count_in_flight();
        self.ask_clock();
        !more && self.dirty.is_empty()
    }

    /// The age of an exchange that is not settled, in milliseconds.
    pub(super) fn age(&self, slot: SlotId) -> Option<u64> {
        let now_us = self.began.elapsed().as_micros() as u64;
        let exchange = self.cx.slots.get(slot)?;
        Some(now_us.saturating_sub(exchange.began_us) / 1_000)
    }

    /// Reads the clocks, and looks at the deadlines that came up.
    fn tick(&mut self) {
        self.cx.now_us = self.began.elapsed().as_micros() as u64;
        self.cx.now = self.cx.now_us / 1_000;
        self.cx.busy = self.cx.board.is_busy();
        self.cx.look_at_memory();
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let second = since_epoch.map_or(0, |time| time.as_secs());
        if second != self.date_second {
            self.date_second = second;
            self.cx.date = lanner_proto::http_date(second);
            self.cx.pool.on_time(self.cx.now);
        }
        let mut due = std::mem::take(&mut self.due);
        self.timers.take_due(self.cx.now, &mut due);
        for place in due.drain(..) {
            let token = place as usize;
            if let Some(Some(conn)) = self.conns.get_mut(token) {
                conn.http.on_time(&mut self.cx);
                self.mark(token);
            }
        }
        self.due = due;
        self.tick_drain();
    }

    fn tick_drain(&mut self) {
        let Some(grace_until) = self.grace_until else {
            return;
        };
        let over = self.cx.now >= grace_until;
        let idle_since = self.cx.now.saturating_sub(DRAIN_IDLE_MS);
        for token in 0..self.conns.len() {
            let Some(Some(conn)) = self.conns.get_mut(token) else {
                continue;
            };
            if over {
                if conn.http.exchange_count() > 0 {
                    conn.stream.reset_on_close();
                }
                conn.http.on_grace_over(&mut self.cx);
            } else {
                conn.http.on_drain(idle_since);
            }
            if conn.http.phase() == Phase::Dead {
                self.mark(token);
            }
        }
    }

    fn obey(&mut self) {
        while let Some(lane) = self.cx.lanes.take_gone() {
            self.on_isolate_gone(lane);
        }
        if !self.remote.is_pending() {
            return;
        }
        for command in self.remote.take() {
            match command {
                Command::Attach(lane, pulse) => {
                    let lane = self.cx.lanes.attach(lane);
                    self.cx.lanes.set_pulse(lane, pulse);
                }
                Command::Listen(listeners) => self.listen(listeners),
                Command::Adopt(accepted) => self.adopt(accepted),
                Command::Drain { grace_ms } => {
                    self.stop_accepting();
                    self.cx.draining = true;
                    let until = self.cx.now.saturating_add(grace_ms);
                    self.grace_until = Some(self.grace_until.map_or(until, |old| old.min(until)));
                    self.tick_drain();
                }
            }
        }
    }

    pub(super) fn on_event(&mut self, event: &mio::event::Event) {
        let Token(token) = event.token();
        if event.token() == WAKER {
            return;
        }
        if token > LISTENERS - self.listeners.len() {
            self.accept_ready = true;
            return;
        }
        let Some(Some(conn)) = self.conns.get_mut(token) else {
            return;
        };
        if is_reset(event) {
            // Nothing can be sent any more, and what was received asks for nothing. Seen here,
            // because behind a full window nobody reads.
            conn.http.abort(&mut self.cx);
            return self.mark(token);
        }
        conn.writable |= event.is_writable();
        conn.read_closed |= event.is_read_closed();
        conn.readable |= event.is_readable() || event.is_read_closed();
        self.read(token);
        if event.is_read_closed()
            && let Some(Some(conn)) = self.conns.get_mut(token)
        {
            conn.http.on_read_closed(&mut self.cx);
        }
        if let Some(Some(conn)) = self.conns.get(token)
            && (conn.http.output().is_some() || conn.http.phase() != Phase::Open || conn.readable)
        {
            self.mark(token);
        } else {
            self.arm(token);
        }
    }

    pub(super) fn mark(&mut self, token: usize) {
        if let Some(Some(conn)) = self.conns.get_mut(token)
            && !conn.dirty
        {
            conn.dirty = true;
            self.dirty.push(token);
        }
    }

    /// Lets every touched connection go on: write, parse what waited, read, rest or end.
    fn finish_dirty(&mut self) {
        // Connections that are marked meanwhile have their turn in the next round.
        std::mem::swap(&mut self.dirty, &mut self.touched);
        let mut touched = std::mem::take(&mut self.touched);
        for token in touched.drain(..) {
            if let Some(Some(conn)) = self.conns.get_mut(token) {
                conn.dirty = false;
                conn.http.resume(&mut self.cx, &mut self.scratch);
                if conn.readable {
                    self.read(token);
                }
                self.write(token);
                self.conclude(token);
            }
        }
        self.touched = touched;
        if !self.ended.is_empty() {
            self.free.append(&mut self.ended);
        }
        self.relieve();
    }

    /// After a connection's turn: end it, or see to its timer and to what is left to do.
    fn conclude(&mut self, token: usize) {
        let Some(Some(conn)) = self.conns.get_mut(token) else {
            return;
        };
        match conn.http.phase() {
            Phase::Dead => return self.close(token),
            Phase::Lingering if !conn.shut => {
                conn.shut = true;
                conn.stream.shutdown_write();
            }
            _ => {}
        }
        let can_read = conn.readable && conn.http.read_budget(&self.cx) > 0;
        if can_read || conn.http.can_resume(&self.cx) {
            self.mark(token);
        } else {
            self.note_starved(token);
        }
        self.arm(token);
    }

    /// Remembers a connection that could be read if chunks came back: no event will name it.
    pub(super) fn note_starved(&mut self, token: usize) {
        if let Some(Some(conn)) = self.conns.get_mut(token)
            && conn.readable
            && !conn.starved
            && conn.http.is_starved(&self.cx)
        {
            conn.starved = true;
            self.cx.memory.wait_for();
            self.starved.push(token);
        }
    }

    pub(super) fn arm(&mut self, token: usize) {
        let Some(Some(conn)) = self.conns.get_mut(token) else {
            return;
        };
        let deadline = conn.http.deadline();
        if let Some(at) = deadline.at() {
            self.timers.arm(token, at, deadline.is_exact());
        }
    }

    fn close(&mut self, token: usize) {
        let Some(mut conn) = self.conns.get_mut(token).and_then(Option::take) else {
            return;
        };
        if conn.http.output().is_some() || conn.http.was_cut() {
            conn.stream.reset_on_close();
        }
        conn.http.release(&mut self.cx);
        conn.stream.deregister(&self.registry);
        self.ended.push(token);
        self.open -= 1;
        lower(&self.cx.counters.connections, 1);
        self.shared.set_load(self.index, self.open);
    }

    fn is_finished(&self) -> bool {
        let Some(until) = self.grace_until else {
            return false;
        };
        self.open == 0 && (!self.cx.lanes.has_backlog() || self.cx.now >= until)
    }

    /// How long the poller may wait. None: until something happens.
    fn wait(&mut self, more_records: bool) -> Option<Duration> {
        let busy = more_records || !self.dirty.is_empty();
        let accepting = self.accept_ready && self.cx.now >= self.accept_paused_until;
        if busy || accepting {
            return Some(Duration::ZERO);
        }
        let due = self.ask_clock();
        if !self.remote.try_sleep(due, || self.cx.lanes.is_quiet()) {
            return Some(Duration::ZERO);
        }
        if self.grace_until.is_some() {
            return Some(Duration::from_millis(DRAIN_CLOCK_MS));
        }
        if self.accept_ready {
            return Some(Duration::from_millis(ACCEPT_PAUSE_MS));
        }
        None
    }

    fn count_in_flight(&self) {
        let count = self.cx.slots.len() as u64;
        self.cx.counters.in_flight.store(count, Relaxed);
    }

    /// Says what the clock has to wake this thread for; gives when that is.
    fn ask_clock(&self) -> u64 {
        self.remote.set_wants_clock(self.wants_clock());
        let soon = self.timers.soon();
        self.remote.set_due(soon);
        if let Some(due) = soon {
            self.shared.hand().hurry(due);
        }
        soon.unwrap_or(NEVER)
    }

    /// Whether something is due later that no event will tell of.
    fn wants_clock(&self) -> bool {
        let Context {
            lanes,
            pool,
            memory,
            ..
        } = &self.cx;
        let waits = lanes.open_count() > 0 || memory.is_waited_for();
        !self.timers.is_empty() || waits || pool.idle_bytes() > 0
    }

    /// Ends every connection.
    pub(super) fn end(mut self) {
        for token in 0..self.conns.len() {
            self.close(token);
        }
        self.listeners.clear();
        self.remote.end();
        self.cx.publish();
        self.cx.counters.in_flight.store(0, Relaxed);
    }
}

/// Says that a thread has ended, however it ended: a panic must not leave a server that never
/// closes. The first field of `IoThread`, so that it is dropped before the lanes, whose end wakes
/// the isolates that then ask whether the server is over.
struct Ended {
    remote: Arc<Remote>,
    shared: Arc<Shared>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.remote.end();
        self.remote.gate().detach();
        self.shared.thread_ended();
    }
}
