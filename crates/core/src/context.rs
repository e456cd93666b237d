//! What the connections of one I/O thread share: slots, lanes, buffers, limits, the time.
//!
//! Handed to every call of a connection, so that connections stay small and own no clock.
//! Belongs to one thread; nothing in it is locked. Sockets and the poller are not here.

use std::sync::Arc;

use lanner_bridge::slots::SLOTS_MAX;
use lanner_bridge::{Chunk, SlotId, Slots};
use lanner_proto::Head;
use lanner_proto::Limits;
use lanner_proto::RouteTable;
use lanner_proto::Span;
use lanner_proto::h1::{EncodeError, FieldIter};

use crate::board::Board;
use crate::body_memory::BodyMemory;
use crate::config::Config;
use crate::conn::exchange::{Exchange, ReplyPhase};
use crate::dispatch::entry::{self, Fault};
use crate::dispatch::field_sets::KnownSets;
use crate::dispatch::lanes::Lanes;
use crate::dispatch::layout;
use crate::dispatch::permits::{self, Permits};
use crate::metrics::{Counters, bump};
use crate::pool::Pool;
use crate::probes::ProbeTable;
use crate::request_times::{Outcome, OutcomeRun};
use crate::rules::{self, Priority, RuleTable, Rules};

/// Memory for parsing that is reused from request to request.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The head that was parsed last.
    pub head: Head,
    /// Its parameters.
    pub params: Vec<Option<Span>>,
}

/// The shared state of one I/O thread.
#[derive(Debug)]
pub struct Context {
    /// Exchanges that are not settled: those in flight, and at most one shed per connection that
    /// waits for its turn.
    pub slots: Slots<Exchange>,
    /// The ways to the isolates.
    pub lanes: Lanes,
    /// Fields that the isolates made known.
    pub field_sets: KnownSets,
    /// Idle buffers.
    pub pool: Pool,
    /// Bytes of requests and replies that are held.
    pub memory: BodyMemory,
    /// The compiled routes.
    pub routes: Arc<RouteTable>,
    /// Limits of requests.
    pub limits: Limits,
    /// What requests are held to, by route.
    pub rules: RuleTable,
    /// How many more requests the isolates may get.
    pub(crate) permits: Permits,
    /// The other options.
    pub config: Arc<Config>,
    /// The counters of this thread.
    pub counters: Arc<Counters>,
    /// Milliseconds since the server began, from the coarse clock.
    pub now: u64,
    /// The same in microseconds: when the turn began.
    pub now_us: u64,
    /// The `Date` field's value.
    pub date: [u8; 29],
    /// What is known of the whole server.
    pub board: Arc<Board>,
    /// Which routes are probes.
    pub probes: ProbeTable,
    /// Whether requests for handlers are shed by hand.
    pub busy: bool,
    /// Whether the server closes: replies end their connection.
    pub draining: bool,
    /// Requests of the same outcome that were not counted yet.
    finished: OutcomeRun,
    /// The number of this I/O thread, as the upper bits of its slot words.
    slot_base: u32,
}

impl Context {
    /// The context of I/O thread number `thread`, at time 0.
    pub fn new(
        thread: usize,
        config: Arc<Config>,
        routes: Arc<RouteTable>,
        lanes: Lanes,
        counters: Arc<Counters>,
    ) -> Self {
        let limits = config.limits.clone();
        let pool = permits::Pool::new(
            config.overload.in_flight as usize,
            1,
            rules::has_urgent(&config),
        );
        Self {
            rules: RuleTable::new(&config),
            permits: Permits::new(pool),
            slots: Slots::new(SLOTS_MAX),
            lanes,
            field_sets: KnownSets::default(),
            pool: Pool::default(),
            memory: BodyMemory::new(config.body_memory_bytes),
            routes,
            limits,
            config,
            counters,
            now: 0,
            now_us: 0,
            date: lanner_proto::http_date(0),
            board: Arc::default(),
            probes: ProbeTable::default(),
            busy: false,
            draining: false,
            finished: OutcomeRun::default(),
            slot_base: (thread as u32) << layout::SLOT_INDEX_BITS,
        }
    }

    /// A slot as the isolates know it: with the number of its I/O thread.
    pub fn wire_slot(&self, slot: SlotId) -> SlotId {
        SlotId {
            index: slot.index | self.slot_base,
            generation: slot.generation,
        }
    }

    /// Releases an exchange and takes it off its isolate's load.
    pub fn release(&mut self, slot: SlotId) -> Option<Exchange> {
        let exchange = self.slots.release(slot)?;
        let outcome = Outcome {
            route: exchange.route,
            method: Some(exchange.method),
            status: exchange.status,
            aborted: !matches!(exchange.reply, ReplyPhase::Complete),
        };
        let held = exchange.held as usize + exchange.early.len();
        if held > 0 {
            self.memory.let_go(held);
        }
        let us = self.now_us.saturating_sub(exchange.began_us);
        let times = &self.counters.request_times;
        self.finished.add(outcome, us, times);
        if let Some(lane) = exchange.lane {
            self.lanes.settled(lane);
        }
        if exchange.has_permit {
            self.permits.give_back();
        }
        if let Some(rules) = &exchange.rules {
            self.rules.end_own(rules);
        }
        Some(exchange)
    }

    /// Nothing of the reply was sent: what was written of it goes, and another one can begin. False
    /// when there is no such exchange any more.
    pub(crate) fn take_back_reply(&mut self, slot: SlotId) -> bool {
        let Some(exchange) = self.slots.get_mut(slot) else {
            return false;
        };
        self.memory.let_go(exchange.early.len());
        exchange.early.clear(&mut self.pool);
        exchange.reply = ReplyPhase::Waiting;
        true
    }

    /// The exchange only waits for its client: another request may have its permit.
    pub(crate) fn lend_permit(&mut self, slot: SlotId) {
        if let Some(exchange) = self.slots.get_mut(slot)
            && std::mem::take(&mut exchange.has_permit)
        {
            self.permits.give_back();
        }
    }

    /// Its isolate has work for the exchange again.
    pub(crate) fn retake_permit(&mut self, slot: SlotId) {
        if let Some(exchange) = self.slots.get_mut(slot)
            && exchange.lane.is_some()
            && !std::mem::replace(&mut exchange.has_permit, true)
        {
            self.permits.take_again();
        }
    }

    /// Looks at what the other threads hold.
    pub fn look_at_memory(&mut self) {
        self.memory.look(&self.board, &self.counters, self.now);
    }

    /// The lane for the next request, and the permit to use it; none when every isolate is full or
    /// gone, or too many requests are in flight.
    pub fn admit(&mut self, priority: Priority) -> Option<usize> {
        if self.busy && priority != Priority::High {
            return None;
        }
        let target = self.config.overload.queue_delay_ms;
        let lane = self.lanes.choose(priority, target, self.now)?;
        self.permits.take(priority).then_some(lane)
    }

    /// What an exchange is held to.
    pub fn rules_of(&self, slot: SlotId) -> &Rules {
        match self.slots.get(slot) {
            Some(exchange) => self.rules_for(exchange),
            None => self.rules.of_server(),
        }
    }

    /// The same, where the exchange is at hand.
    pub fn rules_for<'a>(&'a self, exchange: &'a Exchange) -> &'a Rules {
        exchange.rules_in(&self.rules)
    }

    /// Hands a piece of a request body over.
    pub fn send_body(&mut self, slot: SlotId, bytes: &[u8], last: bool) {
        let wire = self.wire_slot(slot);
        if bytes.len() <= layout::INLINE_CHUNK_MAX {
            self.send(slot, bytes.len() + layout::BODY_WORDS * 4 + 4, |out| {
                entry::write_body(out, wire, bytes, last);
            });
            return;
        }
        let mut pieces = bytes.chunks(crate::pool::CHUNK_BYTES).peekable();
        while let Some(piece) = pieces.next() {
            let mut chunk = self.pool.chunk();
            chunk.fill_from(piece);
            self.send_chunk(slot, chunk, last && pieces.peek().is_none());
        }
    }

    /// Hands a piece of a request body over without copying it.
    pub fn send_chunk(&mut self, slot: SlotId, chunk: Chunk, last: bool) {
        match self.lane_of(slot) {
            Some(lane) => self
                .lanes
                .send_chunk(lane, self.wire_slot(slot), chunk, last),
            None => self.pool.give_chunk(chunk),
        }
    }

    /// Hands the end of a chunked request body over.
    pub fn send_body_end(&mut self, slot: SlotId, head: &Head) {
        let wire = self.wire_slot(slot);
        let size = layout::END_WORDS * 4 + head.trailers.len() * 8 + head.trailer_bytes.len() + 4;
        self.send(slot, size, |out| entry::write_body_end(out, wire, head));
    }

    /// Tells the handler that its exchange was given up.
    pub fn send_cancel(&mut self, slot: SlotId, reason: u32) {
        let wire = self.wire_slot(slot);
        self.send(slot, layout::PREFIX_BYTES + 4, |out| {
            entry::write_cancel(out, wire, reason)
        });
    }

    /// Gives the handler credit for its reply stream, in its turn.
    pub fn send_credit(&mut self, slot: SlotId, bytes: u32) {
        let Some(exchange) = self.slots.get_mut(slot) else {
            return;
        };
        let waits = exchange.credit > 0;
        exchange.credit += bytes;
        if let Some(lane) = exchange.lane.filter(|_| !waits) {
            self.lanes.await_credit(lane, slot);
        }
    }

    fn send_credits(&mut self) {
        while let Some((lane, slot)) = self.lanes.next_credit() {
            let wire = self.wire_slot(slot);
            // Of an exchange that is over nobody needs it.
            if let Some(exchange) = self.slots.get_mut(slot) {
                let bytes = std::mem::take(&mut exchange.credit);
                self.lanes.send_credit(lane, wire, bytes);
            }
        }
    }

    /// Tells the isolate that a part of what it wrote for the exchange, with `fields`, cannot be
    /// sent, and counts it.
    pub fn send_fault(
        &mut self,
        slot: SlotId,
        part: u32,
        error: EncodeError,
        mut fields: FieldIter<'_>,
    ) {
        bump(&self.counters.invalid_replies, 1);
        let field = error.field().and_then(|at| fields.nth(at as usize));
        let fault = Fault {
            route: self.slots.get(slot).map_or(layout::ABSENT, |e| e.route),
            part,
            code: error.code(),
            name: field.map_or(&[], |(name, _)| name),
        };
        let wire = self.wire_slot(slot);
        self.send(slot, fault.size(), |out| fault.write(out, wire));
    }

    /// Whether a piece of the exchange's body may be handed over as a chunk now.
    pub fn accepts_chunk(&self, slot: SlotId) -> bool {
        self.lane_of(slot)
            .is_none_or(|lane| self.lanes.accepts_chunk(lane))
    }

    /// Hands the turn's entries over; see `Lanes::publish`.
    pub fn publish(&mut self) -> bool {
        self.finished.end(&self.counters.request_times);
        self.pool.count(&self.counters);
        self.send_credits();
        self.lanes.publish(self.pool.away(), self.now)
    }

    fn lane_of(&self, slot: SlotId) -> Option<usize> {
        self.slots.get(slot).and_then(|exchange| exchange.lane)
    }

    fn send(&mut self, slot: SlotId, size: usize, write: impl FnOnce(&mut Vec<u8>)) {
        if let Some(lane) = self.lane_of(slot) {
            self.lanes.send(lane, size, write);
        }
    }
}
