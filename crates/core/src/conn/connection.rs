//! The HTTP/1 connection as a state machine: bytes and records in, entries and bytes out.
//!
//! ```text
//!             reject, close, last reply           everything sent        peer closed, or time
//!   Open ───────────────────────────────▶ Closing ──────────────▶ Lingering ──────────────▶ Dead
//! ```
//!
//! The I/O thread calls `on_bytes`, `on_record`, `on_eof` and `on_time`, writes what `output`
//! holds and looks at `phase`. Promises: replies leave in request order (RFC 9112 9.3.2); only
//! safe requests without a body are handed over while an earlier one waits; at most
//! `limits.pipelined` exchanges and one window of body per connection; nothing here blocks or
//! looks at a clock. Sockets, timers and lanes' wake-ups are elsewhere.

use std::collections::VecDeque;
use std::net::SocketAddr;

use lanner_bridge::SlotId;
use lanner_proto::RejectReason;
use lanner_proto::h1::{Decoder, Step};

use super::exchange::{BodyPhase, Exchange};
use super::out::Out;
use super::replies::cancel_notice;
use crate::context::{Context, Scratch};
use crate::dispatch::layout;
use crate::metrics::bump;

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Requests are read and replied.
    Open,
    /// No further request is read; what is encoded is still sent.
    Closing,
    /// Our side is shut down; input is dropped until the peer closes, so that no reset eats the
    /// reply (RFC 9112 9.6).
    Lingering,
    /// The socket can be closed.
    Dead,
}

/// What the coarse clock watches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// Nothing: a handler is at work.
    None,
    /// The next request (keep-alive).
    KeepAlive(u64),
    /// The end of a request head that has begun.
    Head(u64),
    /// The end of a body that nobody reads.
    Drain(u64),
    /// The peer's close after ours.
    Linger(u64),
    /// A reply, after the peer closed its sending side.
    HalfClosed(u64),
}

impl Deadline {
    /// The point in time, in milliseconds of the thread's clock.
    pub fn at(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::KeepAlive(at)
            | Self::Head(at)
            | Self::Drain(at)
            | Self::Linger(at)
            | Self::HalfClosed(at) => Some(at),
        }
    }
}

/// Who gets the request body that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum BodyTarget {
    /// No body is being read.
    #[default]
    None,
    /// The handler of this exchange.
    Exchange(SlotId),
    /// Nobody: the exchange was settled before its body ended.
    Discard {
        /// Bytes that are dropped before the connection is closed instead.
        left: u64,
    },
}

/// What a connection holds only while something is going on.
#[derive(Debug, Default)]
pub struct Active {
    /// Exchanges in request order; the first one may send.
    pub(super) exchanges: VecDeque<SlotId>,
    /// Bytes that arrived and could not be used yet.
    pub(super) input: Vec<u8>,
    pub(super) body: BodyTarget,
    /// Set while an exchange runs that must not run beside others.
    pub(super) serial: bool,
    /// A refusal that waits for the replies before it.
    pub(super) refusal: Option<RejectReason>,
    pub(super) out: Out,
}

impl Active {
    /// Gives the buffers back and forgets everything.
    fn reset(&mut self, cx: &mut Context) {
        self.exchanges.clear();
        cx.pool.give_small(std::mem::take(&mut self.input));
        self.out.clear(&mut cx.pool);
        self.body = BodyTarget::None;
        self.serial = false;
        self.refusal = None;
    }

    fn is_quiet(&self) -> bool {
        self.exchanges.is_empty()
            && self.input.is_empty()
            && self.out.is_empty()
            && self.body == BodyTarget::None
            && self.refusal.is_none()
    }
}

/// One HTTP/1 connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) token: usize,
    pub(super) id: u32,
    pub(super) remote: Option<SocketAddr>,
    pub(super) local: Option<SocketAddr>,
    pub(super) decoder: Decoder,
    pub(super) phase: Phase,
    pub(super) eof: bool,
    /// Whether a reply broke off: the peer must see a reset, not an orderly end.
    pub(super) cut: bool,
    pub(super) deadline: Deadline,
    pub(super) last_activity: u64,
    pub(super) active: Option<Box<Active>>,
}

impl Connection {
    /// A fresh connection, known to its I/O thread as `token`.
    pub fn new(
        token: usize,
        id: u32,
        remote: Option<SocketAddr>,
        local: Option<SocketAddr>,
        cx: &Context,
    ) -> Self {
        let mut connection = Self {
            token,
            id,
            remote,
            local,
            decoder: Decoder::new(),
            phase: Phase::Open,
            eof: false,
            cut: false,
            deadline: Deadline::None,
            last_activity: cx.now,
            active: None,
        };
        connection.deadline = connection.next_deadline(cx);
        connection
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What the clock should watch for.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Time of the last byte in or out, in milliseconds of the thread's clock.
    pub fn last_activity(&self) -> u64 {
        self.last_activity
    }

    /// Whether nothing is going on: no exchange, no partial head, nothing to send.
    pub fn is_idle(&self) -> bool {
        self.active.is_none() && self.decoder.is_idle()
    }

    /// Whether a reply broke off.
    pub fn was_cut(&self) -> bool {
        self.cut
    }

    /// Bytes to send.
    pub fn output(&self) -> Option<&Out> {
        self.active
            .as_ref()
            .map(|active| &active.out)
            .filter(|out| !out.is_empty())
    }

    /// How many bytes may be read now: none while an earlier exchange or a full window says so.
    pub fn read_budget(&self, cx: &Context) -> usize {
        if self.eof {
            return 0;
        }
        match self.phase {
            Phase::Dead => 0,
            Phase::Lingering | Phase::Closing => usize::MAX,
            Phase::Open => match &self.active {
                None => usize::MAX,
                Some(active) if !active.input.is_empty() && !self.may_parse(active, cx) => 0,
                Some(active) => match active.body {
                    BodyTarget::Exchange(slot) => body_credit(cx, slot),
                    BodyTarget::Discard { .. } => usize::MAX,
                    BodyTarget::None if self.may_parse(active, cx) => usize::MAX,
                    BodyTarget::None => 0,
                },
            },
        }
    }

    /// Length of the body piece that can be read straight into a chunk, when that pays.
    pub fn chunk_budget(&self, cx: &Context) -> Option<usize> {
        let active = self.active.as_ref()?;
        let BodyTarget::Exchange(slot) = active.body else {
            return None;
        };
        if !active.input.is_empty() || self.phase != Phase::Open {
            return None;
        }
        let remaining = usize::try_from(self.decoder.remaining()?).unwrap_or(usize::MAX);
        let budget = remaining.min(body_credit(cx, slot));
        (budget > layout::INLINE_CHUNK_MAX).then_some(budget)
    }

    /// Takes bytes that arrived.
    pub fn on_bytes(&mut self, cx: &mut Context, scratch: &mut Scratch, bytes: &[u8]) {
        self.last_activity = cx.now;
        if matches!(self.phase, Phase::Lingering | Phase::Dead | Phase::Closing) {
            return;
        }
        let waiting = match &mut self.active {
            Some(active) if !active.input.is_empty() => {
                active.input.extend_from_slice(bytes);
                Some(std::mem::take(&mut active.input))
            }
            _ => None,
        };
        match waiting {
            Some(input) => self.use_input(cx, scratch, input),
            None => {
                let used = self.process(cx, scratch, bytes);
                if let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
                    self.keep_input(cx, rest);
                }
            }
        }
        self.watch(cx);
    }

    /// Takes a body piece that was read straight into a chunk (see `chunk_budget`).
    pub fn on_chunk(
        &mut self,
        cx: &mut Context,
        scratch: &mut Scratch,
        mut chunk: lanner_bridge::Chunk,
    ) {
        self.last_activity = cx.now;
        let target = self
            .active
            .as_ref()
            .map(|active| active.body)
            .unwrap_or_default();
        let step = self
            .decoder
            .step(chunk.as_slice(), &mut scratch.head, &cx.limits);
        match (step, target) {
            (Step::Data { start: 0, len }, BodyTarget::Exchange(slot)) => {
                chunk.set_len(len);
                let last = self.decoder.remaining() == Some(0);
                self.spend_body_credit(cx, slot, len);
                cx.send_chunk(slot, chunk, last);
                if last {
                    self.finish_body(cx, scratch, slot);
                }
            }
            (Step::Reject(reason), _) => {
                cx.pool.give_chunk(chunk);
                self.refuse(cx, reason);
            }
            // `chunk_budget` promises a body of known length with credit left.
            _ => {
                cx.pool.give_chunk(chunk);
                self.abort(cx);
            }
        }
        self.watch(cx);
    }

    /// Goes on after records, credit or output made room: parses what was kept.
    pub fn resume(&mut self, cx: &mut Context, scratch: &mut Scratch) {
        if self.phase == Phase::Open
            && let Some(active) = &mut self.active
            && !active.input.is_empty()
        {
            let input = std::mem::take(&mut active.input);
            self.use_input(cx, scratch, input);
        }
        self.watch(cx);
    }

    /// The peer closed its sending side.
    pub fn on_eof(&mut self, cx: &mut Context) {
        self.eof = true;
        let waits = self
            .active
            .as_ref()
            .is_some_and(|a| !a.exchanges.is_empty());
        let mid_body = self.decoder.in_body();
        match self.phase {
            Phase::Dead => {}
            Phase::Lingering => self.phase = Phase::Dead,
            Phase::Closing => {}
            Phase::Open if mid_body => self.abort(cx),
            Phase::Open if waits => {
                // Half-closed: handlers hear of it, and what they still reply is sent.
                self.tell_all(cx, layout::CANCEL_HALF_CLOSED);
                self.drop_input(cx);
                self.watch(cx);
            }
            Phase::Open if self.output().is_some() => {
                self.drop_input(cx);
                self.phase = Phase::Closing;
            }
            Phase::Open => self.abort(cx),
        }
    }

    /// Everything ends now: the peer reset, or the server gives up.
    pub fn abort(&mut self, cx: &mut Context) {
        self.cancel_all(cx, layout::CANCEL_PEER_GONE);
        self.phase = Phase::Dead;
    }

    /// The grace period of a closing server is over.
    pub fn on_grace_over(&mut self, cx: &mut Context) {
        self.cancel_all(cx, layout::CANCEL_CLOSING);
        self.phase = Phase::Dead;
    }

    /// The server closes: idle connections end, busy ones end with their reply.
    pub fn on_drain(&mut self, idle_since: u64) {
        if self.phase == Phase::Open && self.is_idle() && self.last_activity <= idle_since {
            self.phase = Phase::Dead;
        }
    }

    /// The clock reached the deadline.
    pub fn on_time(&mut self, cx: &mut Context) {
        let Some(at) = self.deadline.at() else { return };
        if at > cx.now {
            return;
        }
        match self.deadline {
            Deadline::None => {}
            Deadline::KeepAlive(_) => {
                bump(&cx.counters.keep_alive_timeouts, 1);
                self.phase = Phase::Dead;
            }
            Deadline::Head(_) => self.refuse(cx, RejectReason::HeadersTimeout),
            Deadline::Drain(_) => {
                bump(&cx.counters.drains_given_up, 1);
                self.begin_close();
            }
            Deadline::Linger(_) => self.phase = Phase::Dead,
            Deadline::HalfClosed(_) => self.abort(cx),
        }
        self.watch(cx);
    }

    /// `n` bytes of the output were sent.
    pub fn on_sent(&mut self, cx: &mut Context, n: usize) {
        self.last_activity = cx.now;
        if let Some(active) = &mut self.active {
            active.out.advance(&mut cx.pool, n);
        }
        self.return_credit(cx);
        self.after_output(cx);
    }

    /// Settles what an empty output allows: the end of the connection, or rest.
    pub fn after_output(&mut self, cx: &mut Context) {
        if self.output().is_none() {
            match self.phase {
                Phase::Closing if self.eof => self.phase = Phase::Dead,
                Phase::Closing => self.phase = Phase::Lingering,
                Phase::Open if self.eof && self.exchange_count() == 0 => self.phase = Phase::Dead,
                _ => {}
            }
        }
        self.watch(cx);
    }

    /// Exchanges that are not settled.
    pub fn exchange_count(&self) -> usize {
        self.active
            .as_ref()
            .map_or(0, |active| active.exchanges.len())
    }

    /// Gives everything back; the socket is gone.
    pub fn release(&mut self, cx: &mut Context) {
        self.cancel_all(cx, layout::CANCEL_PEER_GONE);
        if let Some(mut active) = self.active.take() {
            active.reset(cx);
            cx.pool.give_active(active);
        }
    }

    fn use_input(&mut self, cx: &mut Context, scratch: &mut Scratch, mut input: Vec<u8>) {
        let used = self.process(cx, scratch, &input);
        if used < input.len() && self.phase == Phase::Open {
            if used > 0 {
                input.copy_within(used.., 0);
                input.truncate(input.len() - used);
            }
            self.active(cx).input = input;
        } else {
            cx.pool.give_small(input);
        }
    }

    fn keep_input(&mut self, cx: &mut Context, rest: &[u8]) {
        if self.phase == Phase::Open {
            let mut input = cx.pool.small();
            input.extend_from_slice(rest);
            self.active(cx).input = input;
        }
    }

    fn drop_input(&mut self, cx: &mut Context) {
        if let Some(active) = &mut self.active {
            cx.pool.give_small(std::mem::take(&mut active.input));
        }
    }

    /// Parses as much as may be parsed now; returns how many bytes were used.
    fn process(&mut self, cx: &mut Context, scratch: &mut Scratch, bytes: &[u8]) -> usize {
        let mut at = 0;
        while self.phase == Phase::Open {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() && !self.decoder.in_body() {
                break;
            }
            if !self.decoder.in_body() && !self.may_begin(cx, rest) {
                break;
            }
            let room = self.body_room(cx);
            if room == 0 {
                break;
            }
            let visible = rest.get(..room).unwrap_or(rest);
            match self.decoder.step(visible, &mut scratch.head, &cx.limits) {
                Step::Incomplete { consumed } => {
                    at += consumed;
                    if visible.len() == rest.len() || consumed == 0 {
                        break;
                    }
                }
                Step::Head { start, len } => {
                    let (_, from_head) = rest.split_at_checked(start).unwrap_or((&[], &[]));
                    let (head, behind) = from_head.split_at_checked(len).unwrap_or((&[], &[]));
                    at += start + len;
                    at += self.on_head(cx, scratch, head, behind);
                }
                Step::Data { start, len } => {
                    let data = visible.get(start..start + len).unwrap_or_default();
                    self.on_data(cx, data);
                    at += start + len;
                }
                Step::BodyEnd { consumed } => {
                    at += consumed;
                    self.on_body_end(cx, scratch);
                }
                Step::Reject(reason) => {
                    self.refuse(cx, reason);
                    return bytes.len();
                }
            }
        }
        if self.phase == Phase::Open {
            at
        } else {
            bytes.len()
        }
    }

    /// Whether the next head may be parsed beside the exchanges that are running.
    fn may_parse(&self, active: &Active, cx: &Context) -> bool {
        active.refusal.is_none()
            && !active.serial
            && active.exchanges.len() < usize::from(cx.limits.pipelined)
            && active.out.len() <= cx.limits.reply_window_bytes as usize
    }

    /// As `may_parse`, and a request that is not safe waits until it is alone.
    fn may_begin(&self, cx: &Context, rest: &[u8]) -> bool {
        let Some(active) = &self.active else {
            return true;
        };
        if !self.may_parse(active, cx) {
            return false;
        }
        active.exchanges.is_empty()
            || rest.starts_with(b"GET ")
            || rest.starts_with(b"HEAD ")
            || rest.starts_with(b"OPTIONS ")
    }

    /// Bytes that the body's target accepts now; unlimited outside a body.
    fn body_room(&self, cx: &Context) -> usize {
        match self.active.as_ref().map(|active| active.body) {
            // What stands behind the last byte needs no credit: a body that fills its window
            // to the byte still ends.
            Some(BodyTarget::Exchange(slot)) if self.decoder.remaining() != Some(0) => {
                body_credit(cx, slot)
            }
            _ => usize::MAX,
        }
    }

    fn on_data(&mut self, cx: &mut Context, data: &[u8]) {
        let Some(active) = &mut self.active else {
            return;
        };
        match active.body {
            BodyTarget::None => {}
            BodyTarget::Discard { left } if (data.len() as u64) > left => {
                bump(&cx.counters.drains_given_up, 1);
                self.begin_close();
            }
            BodyTarget::Discard { ref mut left } => *left -= data.len() as u64,
            BodyTarget::Exchange(slot) => {
                self.spend_body_credit(cx, slot, data.len());
                let last = self.decoder.remaining() == Some(0);
                cx.send_body(slot, data, last);
            }
        }
    }

    fn on_body_end(&mut self, cx: &mut Context, scratch: &mut Scratch) {
        let target = self
            .active
            .as_ref()
            .map(|active| active.body)
            .unwrap_or_default();
        let Some(active) = &mut self.active else {
            return;
        };
        active.body = BodyTarget::None;
        let BodyTarget::Exchange(slot) = target else {
            return;
        };
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return;
        };
        let chunked = matches!(exchange.body, BodyPhase::Reading { chunked: true, .. });
        exchange.body = BodyPhase::Finished;
        if chunked {
            cx.send_body_end(slot, &scratch.head);
        }
    }

    /// The last byte of a body of known length was handed over; its `BodyEnd` carries nothing.
    pub(super) fn finish_body(&mut self, cx: &mut Context, scratch: &mut Scratch, slot: SlotId) {
        if let Step::BodyEnd { .. } = self.decoder.step(&[], &mut scratch.head, &cx.limits) {
            if let Some(active) = &mut self.active {
                active.body = BodyTarget::None;
            }
            if let Some(exchange) = cx.slots.get_mut(slot) {
                exchange.body = BodyPhase::Finished;
            }
        }
    }

    fn spend_body_credit(&mut self, cx: &mut Context, slot: SlotId, len: usize) {
        if let Some(Exchange {
            body: BodyPhase::Reading { credit, .. },
            ..
        }) = cx.slots.get_mut(slot)
        {
            let _spent = credit.spend_up_to(len as u32);
        }
    }

    /// Refuses what the peer sent: after the replies before it, then the connection ends.
    pub(super) fn refuse(&mut self, cx: &mut Context, reason: RejectReason) {
        cx.counters.reject(reason);
        let body = self
            .active
            .as_ref()
            .map(|active| active.body)
            .unwrap_or_default();
        let replied = match body {
            BodyTarget::None => false,
            BodyTarget::Discard { .. } => true,
            BodyTarget::Exchange(slot) => self.cancel_body_owner(cx, slot, cancel_notice(reason)),
        };
        let active = self.active(cx);
        active.body = BodyTarget::None;
        // One request gets one reply: a body that breaks after its reply only ends the connection.
        active.refusal = (!replied).then_some(reason);
        active.serial = true;
        self.drop_input(cx);
        if replied && self.exchange_count() == 0 {
            return self.begin_close();
        }
        self.settle(cx);
    }

    /// Stops reading requests; what is encoded is sent, then the connection ends.
    pub(super) fn begin_close(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
        }
    }

    pub(super) fn active(&mut self, cx: &mut Context) -> &mut Active {
        self.active.get_or_insert_with(|| cx.pool.active())
    }

    /// Chooses what the clock watches for, and rests when nothing is going on.
    fn watch(&mut self, cx: &mut Context) {
        if self.phase == Phase::Open && self.active.as_ref().is_some_and(|a| a.is_quiet()) {
            if let Some(mut active) = self.active.take() {
                active.reset(cx);
                cx.pool.give_active(active);
            }
        }
        self.deadline = self.next_deadline(cx);
    }

    fn next_deadline(&self, cx: &Context) -> Deadline {
        let timeouts = &cx.config.timeouts;
        match self.phase {
            Phase::Dead => Deadline::None,
            Phase::Closing => Deadline::None,
            Phase::Lingering => match self.deadline {
                Deadline::Linger(at) => Deadline::Linger(at),
                _ => Deadline::Linger(cx.now + timeouts.drain_ms.max(1)),
            },
            Phase::Open if self.eof => match self.deadline {
                Deadline::HalfClosed(at) => Deadline::HalfClosed(at),
                _ => Deadline::HalfClosed(cx.now + timeouts.drain_ms.max(1)),
            },
            Phase::Open => self.open_deadline(cx),
        }
    }

    fn open_deadline(&self, cx: &Context) -> Deadline {
        let timeouts = &cx.config.timeouts;
        let body = self
            .active
            .as_ref()
            .map(|active| active.body)
            .unwrap_or_default();
        if let BodyTarget::Discard { .. } = body {
            return match self.deadline {
                Deadline::Drain(at) => Deadline::Drain(at),
                _ => Deadline::Drain(cx.now + timeouts.drain_ms.max(1)),
            };
        }
        if self.exchange_count() > 0 || self.output().is_some() {
            return Deadline::None;
        }
        if !self.is_idle() {
            // Counted from the first byte of the head, not reset by later ones (H1-06).
            return match self.deadline {
                Deadline::Head(at) => Deadline::Head(at),
                _ if timeouts.headers_ms == 0 => Deadline::None,
                _ => Deadline::Head(cx.now + timeouts.headers_ms),
            };
        }
        match timeouts.keep_alive_ms {
            0 => Deadline::None,
            ms => Deadline::KeepAlive(self.last_activity + ms),
        }
    }
}

fn body_credit(cx: &Context, slot: SlotId) -> usize {
    match cx.slots.get(slot) {
        Some(Exchange {
            body: BodyPhase::Reading { credit, .. },
            ..
        }) => credit.available() as usize,
        _ => usize::MAX,
    }
}
