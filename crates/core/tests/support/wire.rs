//! One connection with both of its ends in the test's hands: no socket, no thread, no clock.
//!
//! Moves bytes and records in the order in which an I/O thread does, with the same edges (a socket
//! is read only after an event, and until it is empty), so that a connection which waits for an
//! event that never comes waits here, too. The peer's room, the time and the isolate are the
//! test's.

use std::io::IoSlice;
use std::sync::{Arc, OnceLock};

use lanner_bridge::{Doorbell, Gate, IsolateLane, SlotId, lane};
use lanner_core::conn::Connection;
use lanner_core::conn::connection::Phase;
use lanner_core::conn::out::SLICES_MAX;
use lanner_core::context::{Context, Scratch};
use lanner_core::dispatch::lanes::Lanes;
use lanner_core::dispatch::layout;
use lanner_core::dispatch::record::{Action, Records as RecordReader};
use lanner_core::metrics::Counters;
use lanner_core::pool::CHUNK_BYTES;
use lanner_core::{Config, Rules, config::Timeouts};
use lanner_proto::{RouteSpec, RouteTable};

use super::entries::{self, Entry, Request};
use super::records::Records;

/// Reads of one turn, as the I/O thread's.
const READS_PER_TURN: usize = 4;
/// Bytes of the receive buffer.
const RECEIVE_BYTES: usize = 256 * 1024;

/// The routes of every test that does not bring its own.
pub(crate) const ROUTES: &[(&str, &str)] = &[
    ("GET", "/"),
    ("POST", "/echo"),
    ("GET", "/users/:id/posts/:post?"),
    ("GET", "/files/*rest"),
    ("*", "/any"),
    ("PUT", "/put"),
    ("OPTIONS", "/own-options"),
];

/// How a connection ended for its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It did not.
    Open,
    /// Our side sent FIN; it waits for the peer's.
    Shut,
    /// Closed in order.
    Closed,
    /// Reset.
    Reset,
}

/// The options of a test.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) routes: Arc<RouteTable>,
    /// Batches that fit into the ring to the isolate.
    pub(crate) ring: usize,
}

impl Default for Setup {
    fn default() -> Self {
        static TABLE: OnceLock<Arc<RouteTable>> = OnceLock::new();
        let routes = TABLE.get_or_init(|| Arc::new(table(ROUTES)));
        Self {
            config: config(),
            routes: Arc::clone(routes),
            ring: 64,
        }
    }
}

impl Setup {
    /// The defaults, changed by `change`.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut setup = Self::default();
        change(&mut setup.config);
        setup
    }
}

impl Setup {
    /// The rules of the route that is number `route` among `ROUTES`, changed by `change`; those
    /// of the others are the server's.
    pub(crate) fn rule(mut self, route: usize, change: impl FnOnce(&mut Rules)) -> Self {
        let server = Rules::of_server(&self.config);
        self.config.routes.resize(ROUTES.len(), server);
        change(&mut self.config.routes[route]);
        self
    }
}

/// Times that are easy to read in a test; they differ from each other.
pub(crate) fn config() -> Config {
    Config {
        timeouts: Timeouts {
            headers_ms: 30_000,
            keep_alive_ms: 130_000,
            drain_ms: 5_000,
            ..Timeouts::default()
        },
        ..Config::default()
    }
}

fn table(routes: &[(&str, &str)]) -> RouteTable {
    let specs: Vec<_> = routes
        .iter()
        .map(|&(method, pattern)| RouteSpec { method, pattern })
        .collect();
    RouteTable::build(&specs).expect("routes of tests are valid")
}

struct Silent;

impl Doorbell for Silent {
    fn ring(&self) {}
}

/// What a handler does with an entry, at once.
pub(crate) type Handler = Box<dyn FnMut(&Entry, &mut Records) + Send>;

/// A connection, its peer and its isolate.
pub(crate) struct Wire {
    pub(crate) cx: Context,
    pub(crate) conn: Connection,
    scratch: Scratch,
    isolate: Option<IsolateLane>,
    /// Entries that the isolate got and the test has not taken.
    entries: Vec<Entry>,
    /// Records that the isolate has not flushed.
    pub(crate) records: Records,
    handler: Option<Handler>,
    /// Whether the isolate is stuck and takes nothing.
    stuck: bool,
    /// What the peer sent and nobody has received.
    kernel: Vec<u8>,
    fin: bool,
    readable: bool,
    writable: bool,
    dirty: bool,
    starved: bool,
    /// Bytes that the peer still takes.
    room: usize,
    received: Vec<u8>,
    shut: bool,
    end: End,
    /// Most bytes of memory that request body pieces held at once, as the isolate saw them.
    pub(crate) held: usize,
    pub(crate) sends: usize,
}

const TOKEN: usize = 7;

impl Wire {
    /// A connection whose isolate does nothing by itself.
    pub(crate) fn new(setup: &Setup) -> Self {
        let config = Arc::new(setup.config.clone());
        let mut lanes = Lanes::default();
        let gates = [(); 2].map(|()| Gate::new(Box::new(Silent)));
        let [isolate_gate, io_gate] = gates;
        let (io, isolate) = lane(setup.ring, 64, isolate_gate, io_gate);
        lanes.attach(io);
        let counters = Arc::new(Counters::default());
        let cx = Context::new(0, config, Arc::clone(&setup.routes), lanes, counters);
        let remote = "192.0.2.1:4711".parse().expect("an address");
        let local = "[2001:db8::2]:8080".parse().expect("an address");
        let conn = Connection::new(TOKEN, 99, Some(remote), Some(local), &cx);
        Self {
            cx,
            conn,
            scratch: Scratch::default(),
            isolate: Some(isolate),
            entries: Vec::new(),
            records: Records::default(),
            handler: None,
            stuck: false,
            kernel: Vec::new(),
            fin: false,
            readable: false,
            writable: true,
            dirty: false,
            starved: false,
            room: usize::MAX,
            received: Vec::new(),
            shut: false,
            end: End::Open,
            held: 0,
            sends: 0,
        }
    }

    /// A connection whose isolate lets `handler` have every entry at once.
    pub(crate) fn served(setup: &Setup, handler: Handler) -> Self {
        let mut wire = Self::new(setup);
        wire.handler = Some(handler);
        wire
    }

    // The peer.

    /// The peer sends.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> &mut Self {
        self.kernel.extend_from_slice(bytes);
        self.on_readable();
        self
    }

    /// The peer sends in pieces of `size` bytes.
    pub(crate) fn feed_in(&mut self, bytes: &[u8], size: usize) -> &mut Self {
        bytes.chunks(size).for_each(|piece| {
            self.feed(piece);
        });
        self
    }

    /// The peer closes its sending side.
    pub(crate) fn fin(&mut self) -> &mut Self {
        self.fin = true;
        self.on_readable();
        self
    }

    /// The peer takes no more than `room` bytes from now on.
    pub(crate) fn peer_takes(&mut self, room: usize) -> &mut Self {
        self.room = room;
        self.writable = true;
        self.dirty |= self.conn.output().is_some();
        self.pump();
        self
    }

    /// The peer resets the connection.
    pub(crate) fn reset(&mut self) -> &mut Self {
        self.conn.abort(&mut self.cx);
        self.dirty = true;
        self.pump();
        self
    }

    /// What the peer got since the last call.
    pub(crate) fn sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.received)
    }

    /// The same as text.
    pub(crate) fn sent_text(&mut self) -> String {
        String::from_utf8_lossy(&self.sent()).into_owned()
    }

    /// How the connection ended for the peer.
    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// Bytes that the peer sent and that wait in the kernel.
    pub(crate) fn unread(&self) -> usize {
        self.kernel.len()
    }

    // The clock.

    /// Time passes; what is due happens once, at its end.
    pub(crate) fn pass(&mut self, ms: u64) -> &mut Self {
        self.cx.now += ms;
        self.cx.now_us += ms * 1_000;
        if self
            .conn
            .deadline()
            .at()
            .is_some_and(|at| at <= self.cx.now)
        {
            self.conn.on_time(&mut self.cx);
            self.dirty = true;
        }
        self.pump();
        self
    }

    // The server.

    /// The server closes, with grace.
    pub(crate) fn drain(&mut self) -> &mut Self {
        self.cx.draining = true;
        self.conn.on_drain(self.cx.now.saturating_sub(250));
        self.dirty |= self.conn.phase() == Phase::Dead;
        self.pump();
        self
    }

    /// The grace is over.
    pub(crate) fn grace_over(&mut self) -> &mut Self {
        self.conn.on_grace_over(&mut self.cx);
        self.dirty = true;
        self.pump();
        self
    }

    // The isolate.

    /// The entries since the last call.
    pub(crate) fn entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// The requests since the last call; other entries are forgotten.
    pub(crate) fn requests(&mut self) -> Vec<Request> {
        let entries = self.entries().into_iter();
        let requests = entries.filter_map(|entry| match entry {
            Entry::Request(request) => Some(*request),
            _ => None,
        });
        requests.collect()
    }

    /// The one request since the last call.
    pub(crate) fn request(&mut self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }

    /// The isolate flushes records.
    pub(crate) fn flush(
        &mut self,
        write: impl for<'a> FnOnce(&'a mut Records) -> &'a mut Records,
    ) -> &mut Self {
        write(&mut self.records);
        self.pump();
        self
    }

    /// The isolate is stuck, or no longer.
    pub(crate) fn set_stuck(&mut self, stuck: bool) -> &mut Self {
        self.stuck = stuck;
        self.pump();
        self
    }

    /// The isolate ends.
    pub(crate) fn end_isolate(&mut self) -> &mut Self {
        self.isolate = None;
        while let Some(lane) = self.cx.lanes.take_gone() {
            let slots: Vec<SlotId> = self
                .cx
                .slots
                .iter()
                .filter(|(_, exchange)| exchange.lane == Some(lane))
                .map(|(slot, _)| slot)
                .collect();
            for slot in slots {
                self.conn.on_isolate_gone(&mut self.cx, slot);
            }
            self.dirty = true;
        }
        self.pump();
        self
    }

    /// A counter by its name.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let values = self.cx.counters.values();
        let found = values.iter().find(|(other, _)| *other == name);
        found
            .map(|(_, value)| *value)
            .expect("a counter of this name")
    }

    /// How often this refusal happened.
    pub(crate) fn rejects(&self, label: &str) -> u64 {
        let found = self
            .cx
            .counters
            .rejects()
            .find(|(other, _)| *other == label);
        found.map_or(0, |(_, count)| count)
    }

    // What the I/O thread does.

    fn on_readable(&mut self) {
        self.readable = true;
        if self.is_open() {
            self.read();
            if self.fin {
                self.conn.on_read_closed(&mut self.cx);
            }
            let phase = self.conn.phase();
            self.dirty |= self.conn.output().is_some() || phase != Phase::Open || self.readable;
        }
        self.pump();
    }

    fn is_open(&self) -> bool {
        matches!(self.end, End::Open | End::Shut)
    }

    /// Goes on until nothing happens any more.
    fn pump(&mut self) {
        for round in 0.. {
            assert!(round < 100_000, "the connection never comes to rest");
            self.cx.publish();
            let handed_over = self.take_entries();
            let applied = self.apply_records();
            let was_dirty = self.dirty;
            self.finish_dirty();
            let relieved = self.cx.memory.take_relief();
            self.dirty |= relieved && std::mem::take(&mut self.starved);
            if relieved {
                continue;
            }
            if !handed_over && !applied && !was_dirty {
                return;
            }
        }
    }

    fn take_entries(&mut self) -> bool {
        let Some(isolate) = self.isolate.as_mut().filter(|_| !self.stuck) else {
            return false;
        };
        let mut taken = false;
        while let Some(mut batch) = isolate.take() {
            taken = true;
            let entries = entries::read(&mut batch);
            for entry in &entries {
                if let Entry::Body { held, .. } = entry {
                    self.held += held;
                }
                if let Some(handler) = &mut self.handler {
                    handler(entry, &mut self.records);
                }
            }
            self.entries.extend(entries);
            self.records.batch.spent.append(&mut batch.spent);
            isolate.recycle(batch);
        }
        taken
    }

    fn apply_records(&mut self) -> bool {
        let Some(isolate) = &mut self.isolate else {
            return false;
        };
        if self.records.is_empty() {
            return false;
        }
        let full = std::mem::replace(&mut self.records.batch, isolate.spare());
        isolate.publish(full).expect("a test's batches fit");
        while let Some(mut batch) = self.cx.lanes.take(0) {
            self.cx.lanes.chunks_returned(0, batch.spent.len());
            batch
                .spent
                .drain(..)
                .for_each(|chunk| self.cx.pool.give_chunk(chunk));
            self.dirty |= std::mem::take(&mut self.starved);
            let mut attachments = batch.large.drain(..);
            let mut records = RecordReader::new(&batch.bytes);
            while let Some(record) = records.next_record().expect("records of a test are whole") {
                let large = match &record.action {
                    Action::WriteLarge(_) => true,
                    Action::Reply(reply) => reply.flags & layout::REPLY_LARGE != 0,
                    _ => false,
                };
                let attached = large.then(|| attachments.next()).flatten();
                if self.cx.slots.get(record.slot).is_some() {
                    self.conn
                        .on_record(&mut self.cx, record.slot, record.action, attached);
                    self.dirty = true;
                }
            }
            drop(attachments);
            self.cx.lanes.recycle(0, batch);
        }
        true
    }

    fn finish_dirty(&mut self) {
        if !std::mem::take(&mut self.dirty) || !self.is_open() {
            return;
        }
        self.conn.resume(&mut self.cx, &mut self.scratch);
        if self.readable {
            self.read();
        }
        self.write();
        self.conclude();
    }

    fn read(&mut self) {
        for _ in 0..READS_PER_TURN {
            let budget = if self.readable {
                self.conn.read_budget(&self.cx)
            } else {
                0
            };
            if budget == 0 {
                self.note_starved();
                return;
            }
            let chunk = self.conn.chunk_budget(&self.cx);
            let room = chunk.map_or(budget, |piece| piece.min(CHUNK_BYTES));
            let room = room.min(RECEIVE_BYTES);
            let n = room.min(self.kernel.len());
            if n == 0 {
                self.readable = false;
                if self.fin {
                    self.conn.on_eof(&mut self.cx);
                }
                return;
            }
            let rest = self.kernel.split_off(n);
            let bytes = std::mem::replace(&mut self.kernel, rest);
            if chunk.is_some() {
                let mut chunk = self.cx.pool.chunk();
                chunk.fill_from(&bytes);
                self.conn.on_chunk(&mut self.cx, &mut self.scratch, chunk);
            } else {
                self.conn.on_bytes(&mut self.cx, &mut self.scratch, &bytes);
            }
            if n < room && !self.fin {
                self.readable = false;
                return;
            }
        }
    }

    fn note_starved(&mut self) {
        if self.readable && self.conn.is_starved(&self.cx) {
            self.starved = true;
            self.cx.memory.wait_for();
        }
    }

    fn write(&mut self) {
        while self.writable {
            let Some(out) = self.conn.output() else { break };
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let before = self.received.len();
            match out.only_slice() {
                Some(bytes) => self.received.extend(bytes.iter().take(self.room)),
                None => {
                    let count = out.slices(&mut slices);
                    let bytes = slices[..count].iter().flat_map(|slice| slice.iter());
                    self.received.extend(bytes.take(self.room));
                }
            }
            let n = self.received.len() - before;
            self.sends += 1;
            if n == 0 {
                self.writable = false;
            } else {
                self.room -= n;
                self.conn.on_sent(&mut self.cx, n);
            }
        }
        self.conn.after_output(&mut self.cx);
    }

    fn conclude(&mut self) {
        match self.conn.phase() {
            Phase::Dead => {
                let broken = self.conn.output().is_some() || self.conn.was_cut();
                self.end = if broken { End::Reset } else { End::Closed };
                self.conn.release(&mut self.cx);
                assert_eq!(self.cx.slots.len(), 0, "a closed connection holds no slot");
                return;
            }
            Phase::Lingering if !self.shut => {
                self.shut = true;
                self.end = End::Shut;
            }
            _ => {}
        }
        let can_read = self.readable && self.conn.read_budget(&self.cx) > 0;
        if can_read || self.conn.can_resume(&self.cx) {
            self.dirty = true;
        } else {
            self.note_starved();
        }
    }
}
