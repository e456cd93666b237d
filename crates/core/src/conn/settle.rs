//! The end of exchanges: settled in request order, refused, or given up.
//!
//! Called when a reply is complete, when bytes have left, and when a connection ends. Promises that
//! every exchange is released once and that its handler hears of an end that is not its own doing.
//! Encoding is in `replies`.

use lanner_bridge::SlotId;
use lanner_proto::{RejectReason, RejectReply, write_reject};

use super::connection::{BodyTarget, Connection};
use super::end::End;
use super::exchange::{BodyPhase, ReplyPhase};
use crate::context::Context;
use crate::dispatch::layout;
use crate::metrics::bump;

impl Connection {
    /// Releases the exchanges whose turn is over, in request order.
    pub(super) fn settle(&mut self, cx: &mut Context) {
        loop {
            let Some(active) = &mut self.active else {
                return;
            };
            let Some(&slot) = active.exchanges.front() else {
                break;
            };
            if let Some(exchange) = cx.slots.get_mut(slot) {
                if !exchange.early.is_empty() {
                    let early = std::mem::take(&mut exchange.early);
                    active.earlier_left = active.out.len();
                    if active.has_own_rates(&cx.rules) {
                        let rate = exchange.rules_in(&cx.rules).response;
                        let server = cx.rules.of_server().response;
                        active.join_rate(rate, server);
                    }
                    cx.memory.let_go(early.len());
                    active.out.adopt(&mut cx.pool, early);
                }
                if !matches!(exchange.reply, ReplyPhase::Complete) {
                    break;
                }
            }
            active.exchanges.pop_front();
            let Some(exchange) = cx.release(slot) else {
                continue;
            };
            bump(&cx.counters.settled, 1);
            let mut drain = None;
            if active.body == BodyTarget::Exchange(slot) {
                let rules = cx.rules_for(&exchange);
                active.body = BodyTarget::Discard {
                    left: rules.drain_bytes,
                    until: cx.now + rules.drain_ms,
                };
                drain = Some(rules.drain_bytes);
            }
            if exchange.close {
                self.cancel_all(cx, layout::CANCEL_PEER_GONE);
                self.begin_close(End::LastReply);
                return;
            }
            if drain.is_some_and(|bytes| self.rest_is_over(bytes)) {
                return self.give_up_drain(cx);
            }
            let Some(active) = &mut self.active else {
                return;
            };
            if active.exchanges.is_empty() {
                active.serial = false;
            }
        }
        self.send_continue(cx);
        self.send_refusal(cx);
    }

    /// Sends the refusal once nothing waits before it.
    fn send_refusal(&mut self, cx: &mut Context) {
        let Some(active) = &mut self.active else {
            return;
        };
        if !active.exchanges.is_empty() {
            return;
        }
        let Some(reason) = active.refusal.take() else {
            return;
        };
        let Context {
            pool, date, config, ..
        } = cx;
        let reply = RejectReply {
            date,
            retry_after: &config.overload.retry_after,
            page: config.reject_pages.get(reason),
            is_head: active.refuses_head,
        };
        active
            .out
            .append(pool, |into| write_reject(into, reason, &reply));
        self.begin_close(End::Refused);
    }

    /// Gives the handler back the credit of what has left.
    pub(super) fn return_credit(&mut self, cx: &mut Context) {
        let Some(active) = &self.active else { return };
        let Some(&slot) = active.exchanges.front() else {
            return;
        };
        let waiting = active.out.len();
        self.return_credit_of(cx, slot, waiting);
    }

    pub(super) fn return_credit_of(&mut self, cx: &mut Context, slot: SlotId, waiting: usize) {
        let half = cx.limits.reply_window_bytes as usize / 2;
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return;
        };
        let ReplyPhase::Streaming { outstanding, .. } = &mut exchange.reply else {
            return;
        };
        let sent = outstanding.saturating_sub(waiting);
        if sent > 0 && (sent >= half || waiting == 0) {
            *outstanding -= sent;
            cx.retake_permit(slot);
            cx.send_credit(slot, sent as u32);
        }
    }

    /// Tells the handlers of all exchanges; replies stay possible.
    pub(super) fn tell_all(&self, cx: &mut Context, reason: u32) {
        let Some(active) = &self.active else { return };
        for &slot in &active.exchanges {
            cx.send_cancel(slot, reason);
        }
    }

    /// Ends all exchanges: handlers hear of it, late replies are dropped.
    pub(super) fn cancel_all(&mut self, cx: &mut Context, reason: u32) {
        let Some(active) = &mut self.active else {
            return;
        };
        active.body = BodyTarget::None;
        while let Some(slot) = active.exchanges.pop_front() {
            let unsettled = cx
                .slots
                .get(slot)
                .is_some_and(|e| !matches!(e.reply, ReplyPhase::Complete));
            if unsettled {
                cx.send_cancel(slot, reason);
            }
            if let Some(mut exchange) = cx.release(slot) {
                bump(&cx.counters.cancelled, 1);
                exchange.early.clear(&mut cx.pool);
            }
        }
    }

    /// The body of `slot` broke: its handler hears of it. Returns whether something of its reply
    /// was sent; if not, the refusal takes its place.
    pub(super) fn cancel_body_owner(
        &mut self,
        cx: &mut Context,
        slot: SlotId,
        reason: u32,
    ) -> bool {
        cx.send_cancel(slot, reason);
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return false;
        };
        exchange.body = BodyPhase::Finished;
        match exchange.reply {
            ReplyPhase::Complete => {
                exchange.close = true;
                return true;
            }
            // The handler was told to stop, so the rest of its reply will not come.
            ReplyPhase::Streaming { .. } if self.is_first(slot) => {
                self.cut(cx, slot);
                return true;
            }
            ReplyPhase::Streaming { .. } | ReplyPhase::Waiting => {}
        }
        bump(&cx.counters.cancelled, 1);
        if let Some(active) = &mut self.active {
            active.exchanges.retain(|&other| other != slot);
        }
        if let Some(mut exchange) = cx.release(slot) {
            exchange.early.clear(&mut cx.pool);
        }
        false
    }
}

/// What the handler hears when its request body is refused.
pub(super) fn cancel_notice(reason: RejectReason) -> u32 {
    match reason {
        RejectReason::UnexpectedEnd => layout::CANCEL_PEER_GONE,
        RejectReason::ContentTooLarge => layout::CANCEL_BODY_TOO_LARGE,
        RejectReason::BodyTimeout => layout::CANCEL_BODY_TIMEOUT,
        _ => layout::CANCEL_BODY_MALFORMED,
    }
}
