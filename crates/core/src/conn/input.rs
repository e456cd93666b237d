//! Bytes that arrived: how many may be read, what is parsed now and what has to wait.
//!
//! Called by the I/O thread with what it received, and again when room was made. Promises that
//! input which cannot be used yet is kept whole and bounded by one read, and that body bytes never
//! pass the credit of their exchange. What a head leads to is in `requests`.

use lanner_bridge::{Chunk, SlotId};
use lanner_proto::RejectReason;
use lanner_proto::h1::Step;

use super::connection::{Active, BodyTarget, Connection, Phase};
use super::exchange::{BodyPhase, Exchange};
use super::preface::Preface;
use crate::context::{Context, Scratch};
use crate::dispatch::{entry, layout};

/// Bytes that are read although they cannot be used yet: enough to notice the peer's end behind
/// the requests that it usually sends ahead.
const INPUT_MAX: usize = 64 * 1024;

/// The same behind a reply that the peer does not read: what it asks for meanwhile stays with it.
const STUCK_INPUT_MAX: usize = 4 * 1024;

/// Bytes that every body may make the server hold although its memory is used up: handlers report
/// what they took in portions of at most this, so a body that is read always goes on.
const BODY_FLOOR: u32 = 64 * 1024;

impl Connection {
    /// How many bytes may be read now: few while an earlier exchange says so, fewer while its reply
    /// is not read, none behind a full window.
    pub fn read_budget(&self, cx: &Context) -> usize {
        if self.eof {
            return 0;
        }
        match self.phase {
            Phase::Dead => 0,
            Phase::Lingering => usize::MAX,
            // So that the peer comes to read; one that only sends waits for its turn.
            Phase::Closing => {
                let left = cx.config.drain_bytes.saturating_sub(self.dropped);
                usize::try_from(left).unwrap_or(usize::MAX)
            }
            Phase::Open => match &self.active {
                None => usize::MAX,
                Some(active) => match active.body {
                    BodyTarget::Exchange(slot) if is_starved(cx, slot) => 0,
                    BodyTarget::Exchange(slot) => body_credit(cx, slot),
                    BodyTarget::Discard { .. } => usize::MAX,
                    BodyTarget::None if self.may_begin(cx, &active.input) => usize::MAX,
                    BodyTarget::None if active.is_stuck => {
                        STUCK_INPUT_MAX.saturating_sub(active.input.len())
                    }
                    BodyTarget::None => INPUT_MAX.saturating_sub(active.input.len()),
                },
            },
        }
    }

    /// Whether a body waits only because too many chunks are on their way to its isolate, or too
    /// many bytes are held in all.
    pub fn is_starved(&self, cx: &Context) -> bool {
        let body = self.active.as_ref().map(|active| active.body);
        matches!(body, Some(BodyTarget::Exchange(slot)) if is_starved(cx, slot))
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
            self.dropped += bytes.len() as u64;
            return;
        }
        if let Preface::Expected(_) = self.preface {
            return self.on_preface(cx, scratch, bytes);
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
    pub fn on_chunk(&mut self, cx: &mut Context, scratch: &mut Scratch, mut chunk: Chunk) {
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
                if len > layout::INLINE_CHUNK_MAX {
                    cx.send_chunk(slot, chunk, last);
                } else {
                    // A peer that trickles must not make each byte cost a chunk.
                    cx.send_body(slot, chunk.as_slice(), last);
                    cx.pool.give_chunk(chunk);
                }
                if last {
                    self.finish_body(cx, scratch, slot);
                }
            }
            (Step::Reject(reason), _) => {
                self.refuse_bytes(cx, reason, chunk.as_slice());
                cx.pool.give_chunk(chunk);
            }
            // `chunk_budget` promises a body of known length with credit left.
            _ => {
                cx.pool.give_chunk(chunk);
                self.abort(cx);
            }
        }
        self.watch(cx);
    }

    /// Whether input that was kept for want of room could be used now: nothing else may come to
    /// say so when the room was made by the last byte that left.
    pub fn can_resume(&self, cx: &Context) -> bool {
        let Some(active) = &self.active else {
            return false;
        };
        if self.phase != Phase::Open || !active.blocked || active.input.is_empty() {
            return false;
        }
        match self.decoder.in_body() {
            true => self.body_room(cx) > 0,
            false => self.may_begin(cx, &active.input),
        }
    }

    /// Goes on after records, credit or output made room: parses what was kept.
    pub fn resume(&mut self, cx: &mut Context, scratch: &mut Scratch) {
        if self.phase == Phase::Open
            && let Some(active) = &mut self.active
            && !active.input.is_empty()
        {
            let input = std::mem::take(&mut active.input);
            self.use_input(cx, scratch, input);
            if self.eof {
                self.end_input(cx);
            }
        }
        self.watch(cx);
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

    pub(super) fn drop_input(&mut self, cx: &mut Context) {
        if let Some(active) = &mut self.active {
            cx.pool.give_small(std::mem::take(&mut active.input));
        }
    }

    /// Parses as much as may be parsed now; returns how many bytes were used.
    fn process(&mut self, cx: &mut Context, scratch: &mut Scratch, bytes: &[u8]) -> usize {
        let mut at = 0;
        let (mut blocked, mut in_trailers) = (false, false);
        while self.phase == Phase::Open {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() && !self.decoder.in_body() {
                break;
            }
            let room = match in_trailers {
                true => usize::MAX,
                false => self.body_room(cx),
            };
            blocked = room == 0 || (!self.decoder.in_body() && !self.may_begin(cx, rest));
            if blocked {
                break;
            }
            let visible = rest.get(..room).unwrap_or(rest);
            match self.decoder.step(visible, &mut scratch.head, &cx.limits) {
                Step::Incomplete { consumed } => {
                    at += consumed;
                    if visible.len() == rest.len() {
                        break;
                    }
                    // Trailers alone are not taken piece by piece, and need no credit.
                    in_trailers = consumed == 0;
                }
                Step::Head { len, .. } if !entry::fits(&scratch.head, len) => {
                    self.refuse_bytes(cx, RejectReason::HeadersTooLarge, rest);
                    return bytes.len();
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
                    self.refuse_bytes(cx, reason, rest);
                    return bytes.len();
                }
            }
        }
        if let Some(active) = &mut self.active {
            active.blocked = blocked;
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
            && !active.is_stuck
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
            BodyTarget::Discard { left, .. } if (data.len() as u64) > left => {
                self.give_up_drain(cx);
            }
            BodyTarget::Discard { ref mut left, .. } => *left -= data.len() as u64,
            BodyTarget::Exchange(slot) => {
                self.spend_body_credit(cx, slot, data.len());
                let last = self.decoder.remaining() == Some(0);
                cx.send_body(slot, data, last);
            }
        }
    }

    fn on_body_end(&mut self, cx: &mut Context, scratch: &mut Scratch) {
        if !entry::trailers_fit(&scratch.head) {
            return self.refuse(cx, RejectReason::HeadersTooLarge);
        }
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
            held,
            ..
        }) = cx.slots.get_mut(slot)
        {
            let _spent = credit.spend_up_to(len as u32);
            *held = held.saturating_add(len as u32);
            cx.memory.hold(len);
        }
        if let Some(active) = &mut self.active {
            let rate = &cx.rules_of(slot).request;
            active.body_pace.moved(len, rate, cx.now);
        }
    }
}

fn is_starved(cx: &Context, slot: SlotId) -> bool {
    let held = cx.slots.get(slot).map_or(0, |exchange| exchange.held);
    !cx.accepts_chunk(slot) || cx.memory.is_full() && held >= BODY_FLOOR
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
