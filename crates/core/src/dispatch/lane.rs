//! One lane of an I/O thread: the open batch of an isolate, and how it is handed over.
//!
//! Kept by `lanes`, which fills the batches and chooses among isolates. Promises that a batch has a
//! bounded number of requests while the ring has room, and that a full ring loses nothing: the
//! batch stays open, or waits in the backlog in front of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use lanner_bridge::{Batch, IoLane};

use super::admission::Admission;
use super::credit_turns::CreditTurns;
use super::layout;
use crate::histogram::Run;
use crate::isolate_counters::LaneCounters;
use crate::pulse::Pulse;

/// Requests in a batch while the ring has room. The isolate takes a batch whole, and replies leave
/// at the end of a turn: one with a thousand requests of slow handlers would be a turn of seconds.
const REQUESTS_MAX: u32 = 32;

/// The network side of a lane.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) io: IoLane,
    pub(super) open: Box<Batch>,
    pub(super) backlog: VecDeque<Box<Batch>>,
    /// How many requests each batch has that was handed over since the isolate was woken.
    pub(super) unannounced: Vec<u32>,
    /// Requests handed over minus replies seen: the load of the isolate from here.
    pub(super) in_flight: usize,
    /// Chunks that have not come back.
    pub(super) chunks_out: usize,
    pub(super) gone: bool,
    pub(super) admission: Admission,
    pub(super) credits: CreditTurns,
    pub(super) pulse: Option<Arc<Pulse>>,
    /// The number of the open batch.
    pub(super) number: u32,
    /// Requests that the lane was given, ever.
    pub(super) sent: u64,
    /// When the isolate handed over the records that are being applied.
    pub(super) replied_us: u64,
    /// The batch of the request that was replied last, while that was in the same batch.
    pub(super) replied_number: Option<u32>,
    pub(super) handled: Run,
}

impl Lane {
    /// A lane that nothing was sent on.
    pub(super) fn new(mut io: IoLane) -> Self {
        let open = io.spare();
        Self {
            io,
            open,
            backlog: VecDeque::new(),
            unannounced: Vec::new(),
            in_flight: 0,
            chunks_out: 0,
            gone: false,
            admission: Admission::default(),
            credits: CreditTurns::default(),
            pulse: None,
            number: 0,
            sent: 0,
            replied_us: 0,
            replied_number: None,
            handled: Run::default(),
        }
    }

    /// Writes the counters of the turn.
    pub(super) fn count(&mut self, thread: usize) {
        let Some(pulse) = &self.pulse else { return };
        let Some(LaneCounters {
            dispatched,
            in_flight,
            handler_duration,
            ..
        }) = pulse.counters.lane(thread)
        else {
            return;
        };
        self.handled.end(handler_duration);
        in_flight.store(self.in_flight as u64, Relaxed);
        dispatched.store(self.sent, Relaxed);
    }

    /// Hands the open batch over when it has enough requests, or `size` more bytes would not fit
    /// the inbox. Only a full ring makes a larger batch, and a backlog.
    pub(super) fn make_room(&mut self, size: usize) {
        let Batch {
            bytes, openings, ..
        } = &*self.open;
        if bytes.len() + size > layout::BATCH_BYTES_MAX {
            let full = std::mem::replace(&mut self.open, self.io.spare());
            self.backlog.push_back(full);
            self.publish_backlog();
        } else if *openings > 0 && openings.is_multiple_of(REQUESTS_MAX) {
            self.publish_open();
        }
    }

    fn publish_backlog(&mut self) {
        while let Some(batch) = self.backlog.pop_front() {
            if let Err(batch) = self.hand_over(batch) {
                self.backlog.push_front(batch);
                break;
            }
        }
    }

    fn publish_open(&mut self) {
        if !self.backlog.is_empty() {
            return;
        }
        let batch = std::mem::replace(&mut self.open, self.io.spare());
        // The ring is full: the batch stays open and goes on collecting.
        if let Err(batch) = self.hand_over(batch) {
            let spare = std::mem::replace(&mut self.open, batch);
            self.io.recycle(spare);
        }
    }

    /// Gives the batch back when the ring is full.
    fn hand_over(&mut self, batch: Box<Batch>) -> Result<(), Box<Batch>> {
        let (requests, credit) = (batch.openings, batch.credit);
        self.io.publish(batch)?;
        self.unannounced.push(requests);
        self.credits.handed_over(credit);
        Ok(())
    }

    /// Hands over what is open and wakes the isolate when it sleeps; false when there was nothing.
    pub(super) fn publish(&mut self, now: u64) -> bool {
        self.publish_backlog();
        if self.open.count > 0 {
            self.publish_open();
        }
        if self.unannounced.is_empty() {
            return false;
        }
        let queued = self.io.queued();
        let first = self.unannounced.len();
        for (place, requests) in self.unannounced.drain(..).enumerate() {
            let behind = first - place - 1;
            let queued = queued.saturating_sub(behind);
            self.admission.published(now, queued, u64::from(requests));
        }
        self.io.wake_isolate();
        true
    }
}
