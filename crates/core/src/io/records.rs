//! What isolates sent: their records, applied to the connections of this thread.
//!
//! Part of a turn of `thread`. Promises that the poller has its turn between many batches, that a
//! record of an exchange that was settled is counted and dropped with the body beside it, and that
//! an isolate which has gone leaves no exchange open: what it sent last counts, the core answers
//! the others.

use lanner_bridge::Batch;

use super::thread::IoThread;
use crate::dispatch::layout;
use crate::dispatch::record::{Action, Records};
use crate::metrics::bump;

/// Batches of records taken before the poller has its turn.
const BATCHES_PER_TURN: usize = 64;

impl IoThread {
    /// Takes what waits, up to so many batches; whether there may be more.
    pub(super) fn take_records(&mut self) -> bool {
        let mut taken = 0;
        for lane in 0..self.cx.lanes.len() {
            while let Some(batch) = self.cx.lanes.take(lane) {
                self.take_batch(lane, batch);
                taken += 1;
                if taken == BATCHES_PER_TURN {
                    return true;
                }
            }
        }
        false
    }

    fn take_batch(&mut self, lane: usize, mut batch: Box<Batch>) {
        bump(&self.cx.counters.batches_in, 1);
        self.apply(lane, &mut batch);
        self.cx.lanes.recycle(lane, batch);
    }

    fn apply(&mut self, lane: usize, batch: &mut Batch) {
        if !batch.spent.is_empty() {
            self.cx.lanes.chunks_returned(lane, batch.spent.len());
            for chunk in batch.spent.drain(..) {
                self.cx.pool.give_chunk(chunk);
            }
            self.mark_starved();
        }
        let mut attachments = batch.large.drain(..);
        let mut records = Records::new(&batch.bytes);
        loop {
            let record = match records.next_record() {
                Ok(Some(record)) => record,
                Ok(None) => return,
                Err(_) => return bump(&self.cx.counters.malformed_batches, 1),
            };
            let attached = match &record.action {
                Action::WriteLarge(_) => attachments.next(),
                Action::Reply(reply) if reply.flags & layout::REPLY_LARGE != 0 => {
                    attachments.next()
                }
                _ => None,
            };
            let token = self
                .cx
                .slots
                .get(record.slot)
                .map(|exchange| exchange.token);
            let conn = token.and_then(|token| self.conns.get_mut(token));
            let (Some(token), Some(Some(conn))) = (token, conn) else {
                bump(&self.cx.counters.stale_records, 1);
                if let Some(chunk) = attached {
                    self.cx.pool.give_chunk(chunk);
                }
                continue;
            };
            conn.http
                .on_record(&mut self.cx, record.slot, record.action, attached);
            if !conn.dirty {
                conn.dirty = true;
                self.dirty.push(token);
            }
        }
    }

    /// An isolate has ended, and its lane with it.
    pub(super) fn on_isolate_gone(&mut self, lane: usize) {
        // What it replied before it went is replied.
        while let Some(batch) = self.cx.lanes.take(lane) {
            self.take_batch(lane, batch);
        }
        let orphans: Vec<_> = self
            .cx
            .slots
            .iter()
            .filter(|(_, exchange)| exchange.lane == Some(lane))
            .map(|(slot, exchange)| (slot, exchange.token))
            .collect();
        for (slot, token) in orphans {
            if let Some(Some(conn)) = self.conns.get_mut(token) {
                conn.http.on_isolate_gone(&mut self.cx, slot);
                self.mark(token);
            }
        }
    }
}
