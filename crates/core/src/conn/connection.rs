//! The HTTP/1 connection as a state machine: bytes and records in, entries and bytes out.
//!
//! ```text
//!             reject, close, last reply           everything sent        peer closed, or time
//!   Open ───────────────────────────────▶ Closing ──────────────▶ Lingering ──────────────▶ Dead
//! ```
//!
//! The I/O thread calls `on_bytes`, `on_record`, `on_eof` and `on_time`, writes what `output`
//! holds and looks at `phase`. Promises: replies leave in request order (RFC 9112 9.3.2); only
//! safe requests without a body are handed over while an earlier one waits, and none behind a reply
//! that is stuck; at most `limits.pipelined` exchanges and one window of body per connection;
//! nothing here blocks or looks at a clock. Sockets, timers and lanes' wake-ups are elsewhere.

use std::collections::VecDeque;
use std::net::SocketAddr;

use lanner_bridge::SlotId;
use lanner_proto::h1::Decoder;
use lanner_proto::{Method, RejectReason};

use super::deadline::Deadline;
use super::end::End;
use super::exchange::ReplyPhase;
use super::out::Out;
use super::preface::Preface;
use super::rate::RateClock;
use super::settle::cancel_notice;
use crate::config::Rate;
use crate::context::Context;
use crate::dispatch::layout;
use crate::rules::RuleTable;
use crate::sightings::Cause;

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
        /// When the connection is closed instead.
        until: u64,
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
    /// Whether `input` waits for something here, and not for the peer to send the rest.
    pub(super) blocked: bool,
    /// Set while an exchange runs that must not run beside others.
    pub(super) serial: bool,
    /// A refusal that waits for the replies before it.
    pub(super) refusal: Option<RejectReason>,
    /// Whether what is refused is a HEAD request, whose reply has no body.
    pub(super) refuses_head: bool,
    pub(super) out: Out,
    /// Bytes of `input` and `out` that are counted as held.
    pub(super) held: usize,
    /// The pace of the request body that is being read.
    pub(super) body_pace: RateClock,
    /// The pace of what is sent.
    pub(super) send_pace: RateClock,
    /// The slowest that it may be, where replies differ in that; none for the server's.
    pub(super) send_rate: Option<Rate>,
    /// Bytes on their way that are older than the reply that is being sent.
    pub(super) earlier_left: usize,
    /// Their rate; none for the server's.
    pub(super) earlier_rate: Option<Rate>,
    /// The rate of the reply that is being sent; none for the server's.
    pub(super) own_rate: Option<Rate>,
    /// Whether the reply that is being sent has waited for the peer with a full window: nothing
    /// begins behind it before it has ended.
    pub(super) is_stuck: bool,
}

impl Active {
    /// Gives the buffers back and forgets everything.
    pub(super) fn reset(&mut self, cx: &mut Context) {
        self.exchanges.clear();
        cx.pool.give_small(std::mem::take(&mut self.input));
        self.out.clear(&mut cx.pool);
        cx.memory.let_go(std::mem::take(&mut self.held));
        self.body = BodyTarget::None;
        self.blocked = false;
        self.serial = false;
        self.refusal = None;
        self.refuses_head = false;
        self.body_pace = RateClock::default();
        self.send_pace = RateClock::default();
        self.send_rate = None;
        self.earlier_rate = None;
        self.own_rate = None;
        self.earlier_left = 0;
        self.is_stuck = false;
    }

    /// Whether the next reply may go at another rate than the one before it.
    pub(super) fn has_own_rates(&self, rules: &RuleTable) -> bool {
        rules.are_varied() || self.send_rate.is_some()
    }

    /// A reply at `rate` joins what is sent: while earlier bytes are still on their way, the one of
    /// the two that asks for less counts. Those of the server itself go at `server`'s.
    pub(super) fn join_rate(&mut self, rate: Rate, server: Rate) {
        self.earlier_rate = Some(self.send_rate.unwrap_or(server));
        self.change_rate(rate, server);
    }

    /// The reply that is being sent goes at another rate, as far as nothing earlier is on its way.
    pub(super) fn change_rate(&mut self, rate: Rate, server: Rate) {
        self.own_rate = Some(rate);
        self.send_rate = Some(match self.earlier_left {
            0 => rate,
            _ => self.earlier_rate.unwrap_or(server).or_less(rate),
        });
    }

    /// `n` bytes have left: once the earlier ones are gone, the reply behind them goes at its own
    /// rate. The time that those took is not held against it.
    fn leave_earlier(&mut self, n: usize, now: u64) {
        self.earlier_left = self.earlier_left.saturating_sub(n);
        if self.earlier_left == 0
            && let (Some(joint), Some(own)) = (self.send_rate, self.own_rate)
            && joint != own
        {
            self.send_pace.run(false, now);
            self.send_pace.renew(&joint);
            self.send_rate = Some(own);
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
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
    pub(super) preface: Preface,
    pub(super) decoder: Decoder,
    pub(super) phase: Phase,
    pub(super) eof: bool,
    /// Whether the peer closed its sending side behind bytes that were not read yet.
    pub(super) end_follows: bool,
    /// Whether a reply broke off that only the end of the connection ends: the peer must see a
    /// reset, not an orderly end.
    pub(super) cut: bool,
    /// Why it ends.
    pub(super) end: Option<End>,
    pub(super) deadline: Deadline,
    pub(super) last_activity: u64,
    /// When it began.
    pub(super) born: u64,
    /// Requests that it brought.
    pub(super) requests: u32,
    /// Bytes that were dropped since it is closing.
    pub(super) dropped: u64,
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
            preface: Preface::None,
            decoder: Decoder::new(),
            phase: Phase::Open,
            eof: false,
            end_follows: false,
            cut: false,
            end: None,
            deadline: Deadline::None,
            last_activity: cx.now,
            born: cx.now,
            requests: 0,
            dropped: 0,
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

    /// Whether a request body is being read.
    pub fn in_body(&self) -> bool {
        self.decoder.in_body()
    }

    /// Whether nothing is going on: no exchange, no partial head, nothing to send.
    pub fn is_idle(&self) -> bool {
        self.active.is_none() && self.decoder.is_idle()
    }

    /// Whether a reply broke off that only the end of the connection ends.
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

    /// The peer closed its sending side, and what it sent before may not have been read: a full
    /// window hides the end. What is there is still delivered when the handler makes room.
    pub fn on_read_closed(&mut self, cx: &mut Context) {
        // Later events say it again.
        if !std::mem::replace(&mut self.end_follows, true) && !self.eof {
            self.last_activity = cx.now;
            self.watch(cx);
        }
    }

    /// The peer closed its sending side, and everything before was read.
    pub fn on_eof(&mut self, cx: &mut Context) {
        self.eof = true;
        self.last_activity = cx.now;
        match self.phase {
            Phase::Dead | Phase::Closing => {}
            Phase::Lingering => self.phase = Phase::Dead,
            Phase::Open => {
                self.end_preface(cx);
                self.end_input(cx);
                // Handlers hear of it, and what they still reply is sent. Requests that wait for
                // their turn were sent before the end, so they have it.
                self.tell_all(cx, layout::CANCEL_HALF_CLOSED);
                self.watch(cx);
            }
        }
    }

    /// Nothing comes behind the input: a request that broke off is refused, and a connection
    /// without requests ends.
    pub(super) fn end_input(&mut self, cx: &mut Context) {
        let active = self.active.as_ref();
        let waits = active.is_some_and(|a| a.refusal.is_some() || a.blocked && !a.input.is_empty());
        if waits || self.phase != Phase::Open {
            return;
        }
        match active.map(|active| active.body).unwrap_or_default() {
            BodyTarget::Discard { .. } => self.begin_close(End::ClientClosed),
            BodyTarget::Exchange(_) => self.refuse(cx, RejectReason::UnexpectedEnd),
            BodyTarget::None if !self.decoder.is_idle() => {
                self.refuse(cx, RejectReason::UnexpectedEnd);
            }
            BodyTarget::None if self.exchange_count() == 0 => {
                self.begin_close(End::ClientClosed);
            }
            BodyTarget::None => {}
        }
    }

    /// Everything ends now: the peer reset, or the server gives up.
    pub fn abort(&mut self, cx: &mut Context) {
        self.cancel_all(cx, layout::CANCEL_PEER_GONE);
        self.die(End::ClientReset);
    }

    /// The grace period of a closing server is over.
    pub fn on_grace_over(&mut self, cx: &mut Context) {
        self.cancel_all(cx, layout::CANCEL_CLOSING);
        self.die(End::Shutdown);
    }

    /// The server closes: idle connections end, busy ones end with their reply.
    pub fn on_drain(&mut self, idle_since: u64) {
        if self.phase == Phase::Open && self.is_idle() && self.last_activity <= idle_since {
            self.die(End::Shutdown);
        }
    }

    /// `n` bytes of the output were sent.
    pub fn on_sent(&mut self, cx: &mut Context, n: usize) {
        self.last_activity = cx.now;
        if let Some(active) = &mut self.active {
            active.out.advance(&mut cx.pool, n);
            let rate = active.send_rate.unwrap_or(cx.rules.of_server().response);
            active.send_pace.moved(n, &rate, cx.now);
            if active.earlier_left > 0 {
                active.leave_earlier(n, cx.now);
            }
        }
        if let Deadline::Stalled(_) = self.deadline {
            self.deadline = Deadline::None;
        }
        self.return_credit(cx);
        self.settle_output(cx);
    }

    /// Everything was written that the peer takes now; what is left waits for it.
    pub fn after_output(&mut self, cx: &mut Context) {
        if self.output().is_some() && self.waits_for_peer(cx) {
            self.active(cx).is_stuck = true;
        }
        self.settle_output(cx);
    }

    /// Settles what an empty output allows: further requests, the end of the connection, or rest.
    fn settle_output(&mut self, cx: &mut Context) {
        let was_stuck = self.active.as_ref().is_some_and(|active| active.is_stuck);
        if was_stuck && !self.is_streaming(cx) {
            self.active(cx).is_stuck = false;
        }
        if self.output().is_none() {
            match self.phase {
                // Nobody waits for the peer's end where there is no time for it.
                Phase::Closing if self.eof || self.cut || cx.config.timeouts.drain_ms == 0 => {
                    self.phase = Phase::Dead;
                }
                Phase::Closing => self.phase = Phase::Lingering,
                Phase::Open if self.eof && self.exchange_count() == 0 && !self.can_resume(cx) => {
                    self.die(End::ClientClosed);
                }
                _ => {}
            }
        }
        self.watch(cx);
    }

    /// Whether the handler whose reply is being sent has no credit left.
    fn waits_for_peer(&self, cx: &Context) -> bool {
        let window = cx.limits.reply_window_bytes as usize;
        match self.first_reply(cx) {
            Some(&ReplyPhase::Streaming { outstanding, .. }) => outstanding >= window,
            _ => false,
        }
    }

    /// The reply whose turn it is.
    pub(super) fn first_reply<'a>(&self, cx: &'a Context) -> Option<&'a ReplyPhase> {
        let first = self.active.as_ref()?.exchanges.front()?;
        cx.slots.get(*first).map(|exchange| &exchange.reply)
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
        let end = self.end.unwrap_or(End::Shutdown);
        let lasted = cx.now.saturating_sub(self.born);
        cx.counters.connection_ended(end, lasted);
        if let Some(mut active) = self.active.take() {
            active.reset(cx);
            cx.pool.give_active(active);
        }
    }

    /// Refuses what the peer sent, or did not send: after the replies before it, then the
    /// connection ends.
    pub(super) fn refuse(&mut self, cx: &mut Context, reason: RejectReason) {
        let input = self.active.as_mut().map(|a| std::mem::take(&mut a.input));
        let input = input.unwrap_or_default();
        self.refuse_bytes(cx, reason, &input);
        cx.pool.give_small(input);
    }

    /// As `refuse`; `bytes` begin with what is refused.
    pub(super) fn refuse_bytes(&mut self, cx: &mut Context, reason: RejectReason, bytes: &[u8]) {
        cx.counters.reject(reason);
        self.sight(cx, Cause::Reject(reason), bytes);
        let body = self
            .active
            .as_ref()
            .map(|active| active.body)
            .unwrap_or_default();
        // Asked before the exchange is released: pieces of a body say nothing of its request.
        let is_head = match body {
            BodyTarget::Exchange(slot) => {
                cx.slots.get(slot).is_some_and(|e| e.method == Method::Head)
            }
            BodyTarget::None | BodyTarget::Discard { .. } => begins_with_head(bytes),
        };
        let replied = match body {
            BodyTarget::None => false,
            BodyTarget::Discard { .. } => true,
            BodyTarget::Exchange(slot) => self.cancel_body_owner(cx, slot, cancel_notice(reason)),
        };
        let active = self.active(cx);
        active.body = BodyTarget::None;
        // One request gets one reply: a body that breaks after its reply only ends the connection.
        active.refusal = (!replied).then_some(reason);
        active.refuses_head = is_head;
        active.serial = true;
        self.drop_input(cx);
        if replied && self.exchange_count() == 0 {
            return self.begin_close(End::Refused);
        }
        self.settle(cx);
    }

    /// Stops reading requests; what is encoded is sent, then the connection ends.
    pub(super) fn begin_close(&mut self, end: End) {
        self.end.get_or_insert(end);
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
        }
    }

    /// Ends at once; the first cause of an end is the one that counts.
    pub(super) fn die(&mut self, end: End) {
        self.end.get_or_insert(end);
        self.phase = Phase::Dead;
    }

    pub(super) fn active(&mut self, cx: &mut Context) -> &mut Active {
        self.active.get_or_insert_with(|| cx.pool.active())
    }
}

/// Whether a request that could not be parsed is HEAD; empty lines may stand before it (RFC 9112
/// section 2.2).
fn begins_with_head(bytes: &[u8]) -> bool {
    let is_text = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let start = bytes.iter().position(is_text).unwrap_or_default();
    let request = bytes.get(start..).unwrap_or_default();
    request.starts_with(b"HEAD ")
}
