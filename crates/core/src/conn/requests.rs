//! A parsed head on its way to an isolate: limits, route, admission, entry.
//!
//! Called by the connection for each head. Promises that whatever the core itself replies (404,
//! 405, automatic OPTIONS, a shed) keeps its place among pipelined replies and never reaches
//! JavaScript. Which isolate is asked is the lanes' choice.

use lanner_bridge::{Credit, SlotId};
use lanner_proto::BodyLength;
use lanner_proto::Method;
use lanner_proto::RejectReason;
use lanner_proto::h1::Step;

use super::connection::{BodyTarget, Connection};
use super::exchange::{BodyPhase, Exchange, ReplyPhase};
use super::out::Out;
use super::rate::RateClock;
use crate::context::{Context, Scratch};
use crate::dispatch::entry::RequestEntry;
use crate::dispatch::layout;
use crate::metrics::bump;
use crate::native_reply::NativeReply;
use crate::routing::{Answer, find_answer};
use crate::rules::Rules;
use crate::sightings::{Breach, Cause};

impl Connection {
    /// Handles a head; returns how many bytes behind it were used (a small complete body).
    pub(super) fn on_head(
        &mut self,
        cx: &mut Context,
        scratch: &mut Scratch,
        head_bytes: &[u8],
        behind: &[u8],
    ) -> usize {
        bump(&cx.counters.requests, 1);
        self.requests = self.requests.saturating_add(1);
        if cx.limits.allow_bare_lf && has_bare_line_feed(head_bytes) {
            bump(&cx.counters.bare_line_feed_requests, 1);
        }
        if scratch.head.method == Method::Connect {
            // The seam for tunnels: a CONNECT that is accepted would take the connection over here.
            bump(&cx.counters.refused, 1);
            self.refuse_bytes(cx, RejectReason::UnsupportedConnect, head_bytes);
            return 0;
        }
        let answer = find_answer(&cx.routes, &cx.config, scratch, head_bytes);
        let route = match answer {
            Answer::Isolate { route } => route,
            Answer::Core(_) => layout::ABSENT,
        };
        if let Err(reason) = self.decoder.limit_body(cx.rules.of_route(route).body_bytes) {
            bump(&cx.counters.refused, 1);
            self.refuse_bytes(cx, reason, head_bytes);
            return 0;
        }
        let Some(slot) = cx.slots.claim(self.exchange_for(cx, scratch, route)) else {
            bump(&cx.counters.shed, 1);
            bump(&cx.counters.refused, 1);
            self.refuse_bytes(cx, RejectReason::Overloaded, head_bytes);
            return 0;
        };
        self.enqueue(cx, scratch, slot);
        match answer {
            Answer::Core(reply) => {
                self.reply_natively(cx, slot, reply);
                0
            }
            Answer::Isolate { route } => match cx.probes.find(route) {
                Some(probe) => {
                    let report = cx.config.probes.report(probe, &cx.board);
                    self.reply_natively(cx, slot, NativeReply::Report(report.into()));
                    0
                }
                None => self.dispatch(cx, scratch, (slot, route), (head_bytes, behind)),
            },
        }
    }

    fn exchange_for(&self, cx: &Context, scratch: &Scratch, route: u32) -> Exchange {
        let head = &scratch.head;
        let body = match head.body {
            BodyLength::None => BodyPhase::Finished,
            length => BodyPhase::Reading {
                credit: Credit::new(cx.limits.request_window_bytes),
                chunked: length == BodyLength::Chunked,
            },
        };
        Exchange {
            token: self.token,
            lane: None,
            began_us: cx.now_us,
            route,
            rules: None,
            has_permit: false,
            method: head.method,
            batch: 0,
            status: 0,
            credit: 0,
            held: 0,
            version: head.version,
            keep_alive: head.keep_alive,
            is_last: self.worn_by(cx).is_some(),
            close: false,
            expects_continue: head.expect_continue,
            continue_wanted: false,
            reply: ReplyPhase::Waiting,
            body,
            early: Out::default(),
        }
    }

    /// Why the connection ends with the request that it brought last, if it does: it has had its
    /// number of requests, or its time.
    pub(super) fn worn_by(&self, cx: &Context) -> Option<Breach> {
        let requests = cx.config.requests_per_connection;
        let age = cx.config.timeouts.connection_age_ms;
        if requests != 0 && self.requests >= requests {
            return Some(Breach::ConnectionUsedUp);
        }
        let is_old = age != 0 && cx.now.saturating_sub(self.born) >= age;
        is_old.then_some(Breach::ConnectionAgedOut)
    }

    /// Gives the exchange its place in the reply order.
    fn enqueue(&mut self, cx: &mut Context, scratch: &Scratch, slot: SlotId) {
        let head = &scratch.head;
        let has_body = head.body != BodyLength::None;
        // Nothing is read behind a request that says "close" (RFC 9112 9.6).
        let ends = !head.keep_alive || self.worn_by(cx).is_some();
        let serial = has_body || !head.method.is_safe() || ends;
        let active = self.active(cx);
        active.exchanges.push_back(slot);
        active.serial |= serial;
        if has_body {
            active.body = BodyTarget::Exchange(slot);
            active.body_pace = RateClock::default();
        }
    }

    /// Writes the entry of a request into the batch of an isolate. `received` is its head, and
    /// what came behind it; returns how much of the latter was used.
    fn dispatch(
        &mut self,
        cx: &mut Context,
        scratch: &mut Scratch,
        (slot, route): (SlotId, u32),
        (head_bytes, behind): (&[u8], &[u8]),
    ) -> usize {
        let priority = cx.rules.of_route(route).priority;
        let no_memory = cx.memory.is_full();
        if no_memory {
            bump(&cx.counters.shed_for_memory, 1);
        }
        let lane = if no_memory { None } else { cx.admit(priority) };
        let Some(lane) = lane else {
            cx.counters.shed_one(priority);
            cx.counters.reject(RejectReason::Overloaded);
            self.sight(cx, Cause::Reject(RejectReason::Overloaded), head_bytes);
            // Those behind it wait in the socket rather than here.
            self.active(cx).serial = true;
            let after = cx.config.overload.retry_after;
            self.reply_natively(cx, slot, NativeReply::Overloaded(after));
            return 0;
        };
        let inline = match scratch.head.body {
            BodyLength::Known(n) if n <= layout::INLINE_BODY_MAX as u64 => behind.get(..n as usize),
            _ => None,
        };
        let entry = RequestEntry {
            slot: cx.wire_slot(slot),
            route,
            head: &scratch.head,
            head_bytes,
            params: &scratch.params,
            body: inline,
            connection: self.id,
            remote: self.remote,
            local: self.local,
            proxy: self.proxy(),
        };
        let batch = cx.lanes.send_request(lane, &entry, cx.now_us);
        if let Some(exchange) = cx.slots.get_mut(slot) {
            exchange.lane = Some(lane);
            exchange.has_permit = true;
            exchange.batch = batch;
            exchange.held = inline.map_or(0, |body| body.len() as u32);
        }
        bump(&cx.counters.dispatched, 1);
        let Some(body) = inline else { return 0 };
        cx.memory.hold(body.len());
        self.skip_inline_body(cx, scratch, slot, body)
    }

    /// The handler changed what its request is held to.
    pub(super) fn on_rules(&mut self, cx: &mut Context, slot: SlotId, rules: Box<Rules>) {
        let Some(exchange) = cx.slots.get_mut(slot) else {
            return;
        };
        cx.rules.begin_own(&rules);
        let (response, body_bytes) = (rules.response, rules.body_bytes);
        if let Some(earlier) = exchange.rules.replace(rules) {
            cx.rules.end_own(&earlier);
        }
        let Some(active) = &mut self.active else {
            return;
        };
        let is_first = active.exchanges.front() == Some(&slot);
        if is_first && !matches!(exchange.reply, ReplyPhase::Waiting) {
            let server = cx.rules.of_server().response;
            active.change_rate(response, server);
        }
        if active.body == BodyTarget::Exchange(slot)
            && let Err(reason) = self.decoder.limit_body(body_bytes)
        {
            self.refuse(cx, reason);
        }
    }

    /// Moves the decoder over a body that travelled with its request.
    fn skip_inline_body(
        &mut self,
        cx: &mut Context,
        scratch: &mut Scratch,
        slot: SlotId,
        body: &[u8],
    ) -> usize {
        let mut used = 0;
        while used < body.len() {
            let rest = body.get(used..).unwrap_or_default();
            match self.decoder.step(rest, &mut scratch.head, &cx.limits) {
                Step::Data { start, len } => used += start + len,
                Step::Reject(reason) => {
                    self.refuse(cx, reason);
                    return used;
                }
                _ => break,
            }
        }
        self.finish_body(cx, scratch, slot);
        used
    }
}

/// Whether a line of a head ends with LF alone.
fn has_bare_line_feed(head: &[u8]) -> bool {
    let lines = head.split_inclusive(|&byte| byte == b'\n');
    lines.into_iter().any(|line| !line.ends_with(b"\r\n"))
}
