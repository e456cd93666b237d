//! Records from an isolate become bytes for the peer, in request order.
//!
//! Called by the I/O thread for each record, with the exchange's slot already checked. Promises
//! one reply per exchange, announced lengths that hold (H1-72), and that bytes encoded before
//! their turn wait in the exchange. Writing to the socket is not here.

use lanner_bridge::{Chunk, SlotId};
use lanner_proto::h1::{
    CONTINUE, EncodeContext, FieldIter, Framing, ReplyBody, ReplyHead, encode_chunk_end,
    encode_chunk_head, encode_head, encode_informational, encode_last_chunk,
};
use lanner_proto::{Method, Version};

use super::connection::Connection;
use super::end::End;
use super::exchange::{BodyPhase, Exchange, ReplyPhase};
use super::out::Out;
use crate::context::Context;
use crate::dispatch::layout;
use crate::dispatch::record::{Action, Reply};
use crate::metrics::bump;
use crate::native_reply::NativeReply;

/// Number of `application/problem+json` among the common content types.
const CONTENT_TYPE_PROBLEM: u8 = 5;
/// The number of no set of fields.
const NO_FIELD_SET: u32 = 0;

impl Connection {
    /// Applies one record; `attached` is the chunk that travelled beside it.
    pub fn on_record(
        &mut self,
        cx: &mut Context,
        slot: SlotId,
        action: Action<'_>,
        attached: Option<Chunk>,
    ) {
        match action {
            Action::Reply(reply) => self.on_reply(cx, slot, &reply, attached),
            Action::Write(bytes) => self.on_write(cx, slot, bytes.len(), |cx, out| {
                out.append(&mut cx.pool, |into| into.extend_from_slice(bytes));
            }),
            Action::WriteLarge(_) => {
                if let Some(chunk) = attached {
                    self.on_write(cx, slot, chunk.as_slice().len(), |_, out| out.push(chunk));
                }
            }
            Action::End(fields) => self.on_end(cx, slot, fields),
            Action::Abort => self.cut(cx, slot),
            Action::Inform { status, fields } => self.on_inform(cx, slot, status, fields),
            Action::Read(bytes) => self.on_read(cx, slot, bytes as usize),
            Action::Rules(rules) => self.on_rules(cx, slot, rules),
        }
    }

    /// Replies without an isolate.
    pub(super) fn reply_natively(&mut self, cx: &mut Context, slot: SlotId, native: NativeReply) {
        let body = native.body();
        let fields = native.field();
        let head = ReplyHead {
            status: native.status(),
            content_type: match native {
                NativeReply::Report(_) => 0,
                _ if body.is_empty() => 0,
                _ => CONTENT_TYPE_PROBLEM,
            },
            lines: None,
            fields: FieldIter::slice(fields.as_slice()),
            body: if body.is_empty() {
                ReplyBody::None
            } else {
                ReplyBody::Length(body.len() as u64)
            },
            close: false,
        };
        bump(&cx.counters.native_replies, 1);
        let Some(framing) = self.begin_reply(cx, slot, head, (NO_FIELD_SET, false)) else {
            return;
        };
        if framing != Framing::NoBody {
            self.with_out(cx, slot, |cx, out| {
                out.append(&mut cx.pool, |into| into.extend_from_slice(body));
            });
        }
        self.complete(cx, slot);
    }

    /// The isolate that had the exchange has gone: what was not replied is replied here.
    pub fn on_isolate_gone(&mut self, cx: &mut Context, slot: SlotId) {
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return;
        };
        exchange.lane = None;
        match exchange.reply {
            ReplyPhase::Waiting => {
                let after = cx.config.overload.retry_after;
                self.reply_natively(cx, slot, NativeReply::IsolateGone(after));
            }
            ReplyPhase::Streaming { .. } => self.cut(cx, slot),
            ReplyPhase::Complete => {}
        }
    }

    fn on_reply(
        &mut self,
        cx: &mut Context,
        slot: SlotId,
        reply: &Reply<'_>,
        attached: Option<Chunk>,
    ) {
        let Some(exchange) = cx.slots.get(slot) else {
            return;
        };
        if !matches!(exchange.reply, ReplyPhase::Waiting) {
            bump(&cx.counters.double_replies, 1);
            return;
        }
        if let Some(lane) = exchange.lane {
            cx.lanes.replied(lane, exchange.batch, exchange.began_us);
        }
        let streams = reply.flags & layout::REPLY_STREAM != 0;
        // What is sent is counted, not what was announced: a length that does not hold would let
        // the next reply be taken for this one's body.
        let whole = match &attached {
            Some(chunk) => chunk.as_slice().len() as u64,
            None => reply.body.len() as u64,
        };
        let field_set = reply.field_set;
        let is_unknown = field_set != NO_FIELD_SET && !cx.field_sets.knows(field_set);
        if is_unknown || reply.flags & layout::REPLY_LARGE != 0 && attached.is_none() {
            if let Some(chunk) = attached {
                cx.pool.give_chunk(chunk);
            }
            bump(&cx.counters.invalid_replies, 1);
            return self.reply_natively(cx, slot, NativeReply::InvalidReply);
        }
        let body = if streams && reply.flags & layout::REPLY_LENGTH == 0 {
            ReplyBody::Stream
        } else if reply.flags & layout::REPLY_NO_BODY != 0 {
            ReplyBody::None
        } else {
            ReplyBody::Length(if streams { reply.length } else { whole })
        };
        let head = ReplyHead {
            status: reply.status,
            content_type: reply.content_type,
            lines: None,
            fields: reply.fields,
            body,
            close: reply.flags & layout::REPLY_CLOSE != 0,
        };
        let Some(framing) = self.begin_reply(cx, slot, head, (field_set, streams)) else {
            if let Some(chunk) = attached {
                cx.pool.give_chunk(chunk);
            }
            return;
        };
        if streams {
            let left = match framing {
                Framing::Length(n) => n,
                _ => 0,
            };
            if let Some(exchange) = cx.slots.get_mut(slot) {
                exchange.reply = ReplyPhase::Streaming {
                    framing,
                    left,
                    outstanding: 0,
                };
            }
            return;
        }
        match attached {
            _ if framing == Framing::Length(whole) && whole > 0 => {
                self.with_out(cx, slot, |cx, out| match attached {
                    Some(chunk) => out.push(chunk),
                    None => out.append(&mut cx.pool, |into| into.extend_from_slice(reply.body)),
                });
            }
            Some(chunk) => cx.pool.give_chunk(chunk),
            None => {}
        }
        self.complete(cx, slot);
    }

    /// Encodes a head. None when its fields are invalid: then an error was replied instead.
    fn begin_reply(
        &mut self,
        cx: &mut Context,
        slot: SlotId,
        head: ReplyHead<'_>,
        (field_set, streams): (u32, bool),
    ) -> Option<Framing> {
        let unread_body = self.unread_body_closes(cx, slot, streams);
        let status = head.status;
        let exchange = cx.slots.get(slot)?;
        let (version, head_request) = (exchange.version, exchange.method == Method::Head);
        let worn_by = self.worn_by(cx);
        let ends = exchange.is_last || (cx.draining || worn_by.is_some()) && self.is_last(slot);
        let may_stay = exchange.keep_alive && !exchange.close && !unread_body;
        let keep_alive = exchange.keep_alive && !unread_body && !ends;
        if self.is_first(slot) {
            let active = self.active(cx);
            active.earlier_left = active.out.len();
            if active.has_own_rates(&cx.rules) {
                let (rate, server) = (cx.rules_of(slot).response, cx.rules.of_server().response);
                self.active(cx).join_rate(rate, server);
            }
        }
        let encoded = self.with_out(cx, slot, |cx, out| {
            let Context {
                pool,
                date,
                config,
                field_sets,
                ..
            } = cx;
            let lines = field_sets.get(field_set);
            let context = EncodeContext {
                version,
                head_request,
                connect: false,
                keep_alive,
                date,
                server: config.server_header.as_deref(),
            };
            out.append(pool, |into| {
                encode_head(into, &ReplyHead { lines, ..head }, &context)
            })
        })?;
        match encoded {
            Ok(encoded) => {
                bump(&cx.counters.replies, 1);
                if let Some(exchange) = cx.slots.get_mut(slot) {
                    exchange.close = encoded.close;
                    exchange.status = status;
                }
                if encoded.close {
                    // Nothing is read behind a reply that says "close" (RFC 9112 9.6).
                    self.active(cx).serial = true;
                    if may_stay && let Some(breach) = worn_by {
                        self.tell_worn(cx, breach);
                    }
                }
                Some(encoded.framing)
            }
            Err(error) => {
                cx.send_fault(slot, layout::FAULT_REPLY, error, head.fields);
                self.reply_natively(cx, slot, NativeReply::InvalidReply);
                None
            }
        }
    }

    /// Whether it is this exchange's turn.
    pub(super) fn is_first(&self, slot: SlotId) -> bool {
        let active = self.active.as_ref();
        active.is_some_and(|a| a.exchanges.front() == Some(&slot))
    }

    /// Whether no request waits behind this exchange.
    fn is_last(&self, slot: SlotId) -> bool {
        self.active
            .as_ref()
            .is_some_and(|a| a.exchanges.back() == Some(&slot) && a.input.is_empty())
    }

    /// Whether the unread rest of the body makes it cheaper, or safer, to close. While a reply
    /// streams its handler may still read all of it; `settle` looks at what is left then.
    fn unread_body_closes(&self, cx: &Context, slot: SlotId, streams: bool) -> bool {
        let Some(exchange) = cx.slots.get(slot) else {
            return false;
        };
        if matches!(exchange.body, BodyPhase::Finished) {
            return false;
        }
        // A client that still waits for `100 Continue` may or may not send the body now, so the
        // connection cannot be read further (RFC 9110 10.1.1).
        if exchange.expects_continue {
            return true;
        }
        let rules = cx.rules_for(exchange);
        !streams && (rules.drain_ms == 0 || self.rest_is_over(rules.drain_bytes))
    }

    /// Whether more of a body is to come, as its length says, than may be dropped.
    pub(super) fn rest_is_over(&self, drain_bytes: u64) -> bool {
        let remaining = self.decoder.remaining();
        remaining.is_some_and(|left| left > drain_bytes)
    }

    fn on_write(
        &mut self,
        cx: &mut Context,
        slot: SlotId,
        len: usize,
        append: impl FnOnce(&mut Context, &mut Out),
    ) {
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return;
        };
        let ReplyPhase::Streaming {
            framing,
            left,
            outstanding,
        } = &mut exchange.reply
        else {
            bump(&cx.counters.double_replies, 1);
            return;
        };
        let framing = *framing;
        *outstanding += len;
        if len == 0 {
            return;
        }
        let has_credit = *outstanding < cx.limits.reply_window_bytes as usize;
        match framing {
            Framing::Length(_) if len as u64 > *left => {
                cx.send_cancel(slot, layout::CANCEL_PEER_GONE);
                return self.cut(cx, slot);
            }
            Framing::Length(_) => *left -= len as u64,
            Framing::NoBody => return self.return_credit_of(cx, slot, 0),
            Framing::Chunked | Framing::UntilClose => {}
        }
        if !has_credit {
            // Nothing more is done for it until the client reads.
            cx.lend_permit(slot);
        }
        self.with_out(cx, slot, |cx, out| {
            if framing == Framing::Chunked {
                out.append(&mut cx.pool, |into| encode_chunk_head(into, len));
                append(cx, out);
                out.append(&mut cx.pool, encode_chunk_end);
            } else {
                append(cx, out);
            }
        });
    }

    fn on_end(&mut self, cx: &mut Context, slot: SlotId, trailers: FieldIter<'_>) {
        let Some(exchange) = cx.slots.get(slot) else {
            return;
        };
        let ReplyPhase::Streaming { framing, left, .. } = exchange.reply else {
            bump(&cx.counters.double_replies, 1);
            return;
        };
        match framing {
            // Fewer bytes than announced: the peer must not take it for complete (H1-72).
            Framing::Length(_) if left > 0 => return self.cut(cx, slot),
            Framing::Chunked => {
                let ended = self.with_out(cx, slot, |cx, out| {
                    out.append(&mut cx.pool, |into| encode_last_chunk(into, trailers))
                });
                if let Some(Err(error)) = ended {
                    cx.send_fault(slot, layout::FAULT_TRAILERS, error, trailers);
                    return self.cut(cx, slot);
                }
            }
            Framing::Length(_) | Framing::UntilClose | Framing::NoBody => {}
        }
        self.complete(cx, slot);
    }

    fn on_inform(&mut self, cx: &mut Context, slot: SlotId, status: u16, fields: FieldIter<'_>) {
        let Some(exchange) = cx.slots.get(slot) else {
            return;
        };
        // A 1.0 client does not know 1xx (RFC 9110 15.2).
        if exchange.version == Version::Http10 || !matches!(exchange.reply, ReplyPhase::Waiting) {
            return;
        }
        let informed = self.with_out(cx, slot, |cx, out| {
            out.append(&mut cx.pool, |into| {
                encode_informational(into, status, fields)
            })
        });
        if let Some(Err(error)) = informed {
            cx.send_fault(slot, layout::FAULT_INFORMATIONAL, error, fields);
        }
    }

    /// Credit for the request body; the first of it asks for `100 Continue`.
    fn on_read(&mut self, cx: &mut Context, slot: SlotId, bytes: usize) {
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return;
        };
        let taken = exchange.held.min(bytes as u32);
        exchange.held -= taken;
        cx.memory.let_go(taken as usize);
        if let BodyPhase::Reading { credit, .. } = &mut exchange.body {
            credit.give_back(bytes as u32);
            if exchange.expects_continue {
                exchange.continue_wanted = true;
            }
        }
        self.send_continue(cx);
    }

    /// Sends `100 Continue` when the exchange whose turn it is asked for its body.
    pub(super) fn send_continue(&mut self, cx: &mut Context) {
        let Some(active) = &mut self.active else {
            return;
        };
        let Some(&slot) = active.exchanges.front() else {
            return;
        };
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return;
        };
        if !exchange.continue_wanted || !matches!(exchange.reply, ReplyPhase::Waiting) {
            return;
        }
        exchange.continue_wanted = false;
        exchange.expects_continue = false;
        active
            .out
            .append(&mut cx.pool, |into| into.extend_from_slice(CONTINUE));
    }

    /// Every byte of the reply is encoded.
    fn complete(&mut self, cx: &mut Context, slot: SlotId) {
        if let Some(exchange) = cx.slots.get_mut(slot) {
            exchange.reply = ReplyPhase::Complete;
        }
        match self.is_first(slot) {
            true => self.settle(cx),
            // Its handler has done its work; the replies before it have not left.
            false => cx.lend_permit(slot),
        }
    }

    /// The reply broke off after it began: what was sent is all that the peer gets. Its handler
    /// knows already.
    pub(super) fn cut(&mut self, cx: &mut Context, slot: SlotId) {
        bump(&cx.counters.replies_cut, 1);
        if self.is_first(slot) {
            // A chunked or counted message stays visibly incomplete. What is encoded is sent
            // nevertheless: it may hold whole replies to earlier requests.
            let framing = cx.slots.get(slot).map(|exchange| &exchange.reply);
            self.cut = matches!(
                framing,
                Some(ReplyPhase::Streaming {
                    framing: Framing::UntilClose,
                    ..
                })
            );
            bump(&cx.counters.cancelled, 1);
            if let Some(active) = &mut self.active {
                active.exchanges.pop_front();
            }
            cx.release(slot);
            self.cancel_all(cx, layout::CANCEL_PEER_GONE);
            return self.begin_close(End::ReplyCut);
        }
        if cx.take_back_reply(slot) {
            self.reply_natively(cx, slot, NativeReply::InvalidReply);
        }
    }

    /// Calls `write` with the output that belongs to the exchange: the connection's when it is
    /// its turn, else its own.
    fn with_out<R>(
        &mut self,
        cx: &mut Context,
        slot: SlotId,
        write: impl FnOnce(&mut Context, &mut Out) -> R,
    ) -> Option<R> {
        let active = self.active.as_mut()?;
        if active.exchanges.front() == Some(&slot) {
            return Some(write(cx, &mut active.out));
        }
        let exchange: &mut Exchange = cx.slots.get_mut(slot)?;
        let mut early = std::mem::take(&mut exchange.early);
        let before = early.len();
        let result = write(cx, &mut early);
        cx.memory.change(before, early.len());
        if let Some(exchange) = cx.slots.get_mut(slot) {
            exchange.early = early;
        }
        Some(result)
    }
}
