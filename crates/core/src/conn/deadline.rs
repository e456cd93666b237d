//! What the clock watches for on a connection, and what happens when it is reached.
//!
//! Chosen anew after each event (`watch`), so that no event has to know which deadlines it ends.
//! Promises that the first of all deadlines is the one that is armed, and that the time of a head
//! or a drain is not prolonged by the bytes that trickle in. The wheel is in `io::timers`.

use lanner_bridge::SlotId;
use lanner_proto::RejectReason;

use super::connection::{Active, BodyTarget, Connection, Phase};
use super::end::End;
use super::exchange::ReplyPhase;
use crate::context::Context;
use crate::dispatch::layout;
use crate::metrics::bump;
use crate::native_reply::NativeReply;
use crate::sightings::{Breach, Cause};

/// What the coarse clock watches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// Nothing: a handler is at work.
    None,
    /// The next request (keep-alive).
    KeepAlive(u64),
    /// The end of the PROXY header.
    Preface(u64),
    /// The end of a request head that has begun.
    Head(u64),
    /// The end of a body that nobody reads.
    Drain(u64),
    /// The peer's close after ours.
    Linger(u64),
    /// A reply, after the peer closed its sending side.
    HalfClosed(u64),
    /// The reply to the request whose turn it is.
    Request(u64),
    /// More of a request body that arrives too slowly.
    SlowBody(u64),
    /// Room for a reply that the peer takes too slowly.
    SlowReply(u64),
    /// A byte of what is left of a connection that ends, where slow peers are tolerated.
    Stalled(u64),
}

/// How long a connection that ends may stand still with something to send where there is no
/// minimum rate: nothing else would ever end it.
pub const STALLED_MS: u64 = 30_000;

impl Deadline {
    /// The point in time, in milliseconds of the thread's clock.
    pub fn at(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::KeepAlive(at)
            | Self::Preface(at)
            | Self::Head(at)
            | Self::Drain(at)
            | Self::Linger(at)
            | Self::HalfClosed(at)
            | Self::Request(at)
            | Self::SlowBody(at)
            | Self::SlowReply(at)
            | Self::Stalled(at) => Some(at),
        }
    }

    /// Whether somebody waits for it. Nobody does for the end of a connection that rests, and there
    /// may be very many of those.
    pub fn is_exact(self) -> bool {
        !matches!(self, Self::None | Self::KeepAlive(_))
    }

    /// The one that comes first.
    fn or_earlier(self, other: Option<Self>) -> Self {
        match (self.at(), other) {
            (None, Some(other)) => other,
            (Some(at), Some(other)) if other.at().is_some_and(|earlier| earlier < at) => other,
            _ => self,
        }
    }
}

impl Connection {
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
                self.sight(cx, Cause::Limit(Breach::KeepAliveTimeout), &[]);
                self.die(End::KeepAliveTimeout);
            }
            Deadline::Preface(_) => self.on_preface_timeout(cx),
            Deadline::Head(_) => self.refuse(cx, RejectReason::HeadersTimeout),
            Deadline::Drain(_) => self.give_up_drain(cx),
            Deadline::Linger(_) => self.phase = Phase::Dead,
            Deadline::HalfClosed(_) => {
                bump(&cx.counters.half_closed_timeouts, 1);
                self.sight(cx, Cause::Limit(Breach::HalfClosedTimeout), &[]);
                // A reply that ends with its connection would look whole.
                self.cut |= self.is_streaming(cx);
                self.end.get_or_insert(End::HalfClosedTimeout);
                self.abort(cx);
            }
            Deadline::Request(_) => self.on_request_deadline(cx),
            Deadline::SlowBody(_) => self.refuse(cx, RejectReason::BodyTimeout),
            Deadline::SlowReply(_) | Deadline::Stalled(_) => {
                bump(&cx.counters.slow_replies_cut, 1);
                self.sight(cx, Cause::Limit(Breach::SlowReply), &[]);
                self.cut = true;
                self.end.get_or_insert(End::SlowReply);
                self.abort(cx);
            }
        }
        self.watch(cx);
    }

    /// Whether the reply whose turn it is has begun and not ended.
    pub(super) fn is_streaming(&self, cx: &Context) -> bool {
        matches!(self.first_reply(cx), Some(ReplyPhase::Streaming { .. }))
    }

    /// The handler took too long: the peer gets a 504, or a reply that visibly breaks off.
    fn on_request_deadline(&mut self, cx: &mut Context) {
        let mut exchanges = self.active.iter().flat_map(|active| &active.exchanges);
        let is_due = |slot: &SlotId| deadline_of(cx, *slot).is_some_and(|at| at <= cx.now);
        let Some(slot) = exchanges.find(|&slot| is_due(slot)).copied() else {
            return;
        };
        bump(&cx.counters.deadlines_passed, 1);
        self.sight(cx, Cause::Limit(Breach::DeadlinePassed), &[]);
        cx.send_cancel(slot, layout::CANCEL_DEADLINE);
        match cx.slots.get(slot).map(|exchange| &exchange.reply) {
            Some(ReplyPhase::Waiting) => {
                self.reply_natively(cx, slot, NativeReply::DeadlinePassed);
            }
            Some(ReplyPhase::Streaming { .. }) if self.is_first(slot) => self.cut(cx, slot),
            // Nothing of it was sent: the peer can be told.
            Some(ReplyPhase::Streaming { .. }) => {
                cx.take_back_reply(slot);
                self.reply_natively(cx, slot, NativeReply::DeadlinePassed);
            }
            Some(ReplyPhase::Complete) | None => {}
        }
    }

    /// Chooses what the clock watches for, and rests when nothing is going on.
    pub(super) fn watch(&mut self, cx: &mut Context) {
        let is_quiet = self.active.as_ref().is_some_and(|active| active.is_quiet());
        if self.phase == Phase::Open
            && is_quiet
            && let Some(mut active) = self.active.take()
        {
            active.reset(cx);
            cx.pool.give_active(active);
        }
        if let Some(active) = &mut self.active {
            let held = active.input.len() + active.out.len();
            cx.memory
                .change(std::mem::replace(&mut active.held, held), held);
        }
        self.run_paces(cx);
        self.deadline = self.next_deadline(cx);
    }

    /// Lets the clocks of the minimum rates run while the peer is the one who is waited for.
    fn run_paces(&mut self, cx: &Context) {
        let waits_for_body = self.waits_for_body(cx);
        let Some(active) = &mut self.active else {
            return;
        };
        active.body_pace.run(waits_for_body, cx.now);
        let is_waiting = !active.out.is_empty();
        active.send_pace.run(is_waiting, cx.now);
        if !is_waiting {
            let rate = active.send_rate.unwrap_or(cx.rules.of_server().response);
            active.send_pace.renew(&rate);
        }
    }

    /// Whether the handler has room for a body that the peer was told to send.
    fn waits_for_body(&self, cx: &Context) -> bool {
        let Some(active) = &self.active else {
            return false;
        };
        let BodyTarget::Exchange(slot) = active.body else {
            return false;
        };
        let is_invited = cx
            .slots
            .get(slot)
            .is_some_and(|exchange| !exchange.expects_continue);
        self.phase == Phase::Open && !self.eof && is_invited && self.read_budget(cx) > 0
    }

    pub(super) fn next_deadline(&self, cx: &Context) -> Deadline {
        let timeouts = &cx.config.timeouts;
        match self.phase {
            Phase::Dead => Deadline::None,
            Phase::Closing => match (self.slow_reply(cx), self.deadline) {
                (Some(slow), _) => slow,
                (None, Deadline::Stalled(at)) => Deadline::Stalled(at),
                (None, _) => Deadline::Stalled(cx.now + STALLED_MS),
            },
            Phase::Lingering => match self.deadline {
                Deadline::Linger(at) => Deadline::Linger(at),
                _ => Deadline::Linger(cx.now + timeouts.drain_ms),
            },
            Phase::Open if self.eof => self
                .half_closed_deadline(cx)
                .or_earlier(self.request_deadline(cx))
                .or_earlier(self.slow_reply(cx)),
            Phase::Open if self.end_follows => self
                .half_closed_deadline(cx)
                .or_earlier(Some(self.open_deadline(cx))),
            Phase::Open => self
                .preface_deadline()
                .unwrap_or_else(|| self.open_deadline(cx)),
        }
    }

    /// How long a peer that closed its sending side is waited with, from the last byte that moved:
    /// a long reply that is read has its time. What buffers of the system take moves unseen, so a
    /// reply that waits for the peer has the time of the minimum rate instead.
    fn half_closed_deadline(&self, cx: &Context) -> Deadline {
        match cx.config.timeouts.half_closed_ms {
            0 => Deadline::None,
            _ if self.slow_reply(cx).is_some() => Deadline::None,
            ms => Deadline::HalfClosed(self.last_activity + ms),
        }
    }

    fn open_deadline(&self, cx: &Context) -> Deadline {
        let timeouts = &cx.config.timeouts;
        if let Some(active) = &self.active
            && let Some(deadline) = self.busy_deadline(active, cx)
        {
            return deadline;
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

    /// The deadline while something is being received, handled or sent.
    fn busy_deadline(&self, active: &Active, cx: &Context) -> Option<Deadline> {
        let drain = match active.body {
            BodyTarget::Discard { until, .. } => Deadline::Drain(until),
            _ if active.exchanges.is_empty() && active.out.is_empty() => return None,
            _ => Deadline::None,
        };
        let slow_body = match active.body {
            BodyTarget::Exchange(slot) => active.body_pace.due(&cx.rules_of(slot).request),
            _ => None,
        };
        Some(
            drain
                .or_earlier(self.request_deadline(cx))
                .or_earlier(slow_body.map(Deadline::SlowBody))
                .or_earlier(self.slow_reply(cx)),
        )
    }

    /// The first deadline of a request. Where all have the same, it is that of the one whose turn
    /// it is: those behind it came later.
    fn request_deadline(&self, cx: &Context) -> Option<Deadline> {
        let exchanges = &self.active.as_ref()?.exchanges;
        let first = if cx.rules.are_varied() {
            let all = exchanges.iter().filter_map(|&slot| deadline_of(cx, slot));
            all.min()
        } else if cx.rules.of_server().request_ms == 0 {
            None
        } else {
            deadline_of(cx, *exchanges.front()?)
        };
        first.map(Deadline::Request)
    }

    fn slow_reply(&self, cx: &Context) -> Option<Deadline> {
        let active = self.active.as_ref()?;
        let rate = active.send_rate.as_ref();
        let rate = rate.unwrap_or(&cx.rules.of_server().response);
        active.send_pace.due(rate).map(Deadline::SlowReply)
    }
}

/// When the request must have been replied; none when it was, or has no deadline.
fn deadline_of(cx: &Context, slot: SlotId) -> Option<u64> {
    let exchange = cx.slots.get(slot)?;
    let ms = cx.rules_for(exchange).request_ms;
    let is_open = !matches!(exchange.reply, ReplyPhase::Complete);
    (ms != 0 && is_open).then(|| (exchange.began_us / 1_000).saturating_add(ms))
}
