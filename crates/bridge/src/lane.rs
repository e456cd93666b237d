//! A lane: the two rings and the two gates between one I/O thread and one isolate.
//!
//! `core` holds the [`IoLane`], `node` the [`IsolateLane`]. It promises order within each
//! direction, bounded rings, boxes that are reused, and that either end may go at any moment: the
//! other end sees it, and each batch left behind is dropped once. Which exchanges were in a lost
//! batch is not known here.
//!
//! # Who owns what
//!
//! - The *up* ring carries requests: the I/O end produces, the isolate's end consumes, thieves
//!   steal.
//! - The *down* ring carries replies: the isolate's end produces, the I/O end consumes.
//! - A box belongs to the end that holds it, and to the ring while it is in one. Spent boxes go to
//!   the holder's own list of spares; from there they carry the next batch the other way. Where one
//!   direction has more batches than the other, the list fills up and further boxes go home over a
//!   third or fourth ring, so that a warm lane allocates nothing in either case.
//! - Each end's gate is shared with the thread's other lanes; the lane wakes the *other* end's
//!   gate.
//!
//! # Closing
//!
//! An end closes by storing its flag (Release) after its last publish, then it wakes the other end.
//! Who sees the flag (Acquire) and then takes until there is nothing has seen every batch of the
//! closed end. A close counts as news in `is_quiet` until this end has asked for it once, so no
//! consumer sleeps through it, and none stays awake for it.
//!
//! A dropped end drains the ring that it consumes. A batch that the other end publishes at that
//! same moment may stay in the ring: it is dropped with the ring, when the other end and the last
//! thief go.

use std::cell::Cell;

use crate::batch::Batch;
use crate::doorbell::Gate;
use crate::ring::{Consumer, Producer, Stealer, ring};
use crate::sync::{
    Arc, AtomicBool,
    Ordering::{AcqRel, Acquire},
};

/// How many spare boxes each end keeps, and as many again may be on their way home. Loom gets few,
/// so that it reaches the full list.
pub const SPARES_MAX: usize = if cfg!(loom) { 2 } else { 16 };

/// A spare whose bytes grew beyond this is dropped rather than kept: 16 of them on each end of each
/// lane must not pin what one large burst needed.
pub const SPARE_BYTES_MAX: usize = 256 * 1024;

/// Joins an I/O thread and an isolate. The capacities are in batches, rounded up to powers of two.
pub fn lane(
    up_capacity: usize,
    down_capacity: usize,
    isolate_gate: Arc<Gate>,
    io_gate: Arc<Gate>,
) -> (IoLane, IsolateLane) {
    let (up_producer, up_consumer) = ring(up_capacity);
    let (down_producer, down_consumer) = ring(down_capacity);
    let (home_to_io, io_home) = ring(SPARES_MAX);
    let (home_to_isolate, isolate_home) = ring(SPARES_MAX);
    let io_closed = Arc::new(AtomicBool::new(false));
    let isolate_closed = Arc::new(AtomicBool::new(false));
    let io = End {
        publish: up_producer,
        take: down_consumer,
        spares: Spares {
            kept: Vec::new(),
            away: home_to_isolate,
            home: io_home,
        },
        closed: Arc::clone(&io_closed),
        peer_closed: Arc::clone(&isolate_closed),
        peer_close_seen: Cell::new(false),
        peer_gate: isolate_gate,
    };
    let isolate = End {
        publish: down_producer,
        take: up_consumer,
        spares: Spares {
            kept: Vec::new(),
            away: home_to_io,
            home: isolate_home,
        },
        closed: isolate_closed,
        peer_closed: io_closed,
        peer_close_seen: Cell::new(false),
        peer_gate: io_gate,
    };
    (IoLane { end: io }, IsolateLane { end: isolate })
}

/// The I/O thread's end: publishes requests, takes replies.
#[derive(Debug)]
pub struct IoLane {
    end: End,
}

/// The isolate's end: takes requests, publishes replies.
#[derive(Debug)]
pub struct IsolateLane {
    end: End,
}

impl IoLane {
    /// Hands a batch to the isolate, or gives it back: the ring is full, or the isolate has closed.
    /// Call [`wake_isolate`](Self::wake_isolate) once after the turn's last publish.
    pub fn publish(&mut self, batch: Box<Batch>) -> Result<(), Box<Batch>> {
        self.end.publish(batch)
    }

    /// Wakes the isolate if it sleeps. Returns whether its bell was rung.
    pub fn wake_isolate(&self) -> bool {
        self.end.peer_gate.wake()
    }

    /// Takes a batch of replies, also after the isolate has closed.
    pub fn take(&mut self) -> Option<Box<Batch>> {
        self.end.take.take()
    }

    /// Whether [`publish`](Self::publish) would find no room.
    pub fn is_full(&self) -> bool {
        self.end.publish.is_full()
    }

    /// How many batches the isolate (or a thief) has still to take. It can be slept for: an isolate
    /// that takes one and then wakes this end is seen (see [`Gate::try_sleep`]).
    pub fn queued(&self) -> usize {
        self.end.publish.len()
    }

    /// Whether there is neither a reply to take nor an unseen close: what the I/O thread asks of
    /// each lane in [`Gate::try_sleep`].
    pub fn is_quiet(&self) -> bool {
        self.end.is_quiet()
    }

    /// Whether the isolate has closed. Once true, what [`take`](Self::take) still finds is all
    /// there is.
    pub fn isolate_closed(&self) -> bool {
        self.end.peer_closed()
    }

    /// Tells the isolate that nothing more will come, and wakes it. Idempotent; drop does it too.
    pub fn close(&self) {
        self.end.close();
    }

    /// An empty box: a recycled one, or a new one.
    pub fn spare(&mut self) -> Box<Batch> {
        self.end.spares.take()
    }

    /// Gives a spent box back.
    pub fn recycle(&mut self, batch: Box<Batch>) {
        self.end.spares.put(batch);
    }
}

impl IsolateLane {
    /// Hands a batch of replies to the I/O thread, or gives it back: the ring is full, or the I/O
    /// thread has closed. Call [`wake_io`](Self::wake_io) once after the turn's last publish.
    pub fn publish(&mut self, batch: Box<Batch>) -> Result<(), Box<Batch>> {
        self.end.publish(batch)
    }

    /// Wakes the I/O thread if it sleeps. Returns whether its bell was rung.
    pub fn wake_io(&self) -> bool {
        self.end.peer_gate.wake()
    }

    /// Whether the I/O thread has announced its sleep: a hint, see [`Gate::is_asleep`].
    pub fn io_sleeps(&self) -> bool {
        self.end.peer_gate.is_asleep()
    }

    /// Takes a batch of requests, also after the I/O thread has closed.
    pub fn take(&mut self) -> Option<Box<Batch>> {
        self.end.take.take()
    }

    /// Whether [`publish`](Self::publish) would find no room.
    pub fn is_full(&self) -> bool {
        self.end.publish.is_full()
    }

    /// Whether there is neither a request to take nor an unseen close: what the isolate asks of
    /// each lane in [`Gate::try_sleep`].
    pub fn is_quiet(&self) -> bool {
        self.end.is_quiet()
    }

    /// Whether the I/O thread has closed. Once true, what [`take`](Self::take) still finds is all.
    pub fn io_closed(&self) -> bool {
        self.end.peer_closed()
    }

    /// Tells the I/O thread that nothing more will come, and wakes it. Idempotent; drop does it
    /// too.
    pub fn close(&self) {
        self.end.close();
    }

    /// A handle with which another isolate takes requests that this one has not taken yet.
    pub fn stealer(&self) -> Stealer<Box<Batch>> {
        self.end.take.stealer()
    }

    /// An empty box: a recycled one, or a new one.
    pub fn spare(&mut self) -> Box<Batch> {
        self.end.spares.take()
    }

    /// Gives a spent box back.
    pub fn recycle(&mut self, batch: Box<Batch>) {
        self.end.spares.put(batch);
    }
}

/// What both ends have in common.
#[derive(Debug)]
struct End {
    publish: Producer<Box<Batch>>,
    take: Consumer<Box<Batch>>,
    spares: Spares,
    /// Stored by this end, read by the other.
    closed: Arc<AtomicBool>,
    /// Stored by the other end, read by this one.
    peer_closed: Arc<AtomicBool>,
    /// Whether this end's owner has asked for the close and been told.
    peer_close_seen: Cell<bool>,
    peer_gate: Arc<Gate>,
}

impl End {
    fn publish(&mut self, batch: Box<Batch>) -> Result<(), Box<Batch>> {
        if self.peer_closed.load(Acquire) {
            return Err(batch);
        }
        self.publish.publish(batch)
    }

    fn is_quiet(&self) -> bool {
        self.take.is_empty() && (self.peer_close_seen.get() || !self.peer_closed.load(Acquire))
    }

    fn peer_closed(&self) -> bool {
        let closed = self.peer_closed.load(Acquire);
        if closed {
            self.peer_close_seen.set(true);
        }
        closed
    }

    fn close(&self) {
        // Release: after the last publish. The swap keeps a second close from waking again.
        if !self.closed.swap(true, AcqRel) {
            self.peer_gate.wake();
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.close();
        while let Some(batch) = self.take.take() {
            drop(batch);
        }
    }
}

/// Spent boxes, kept for the next batch.
#[derive(Debug)]
struct Spares {
    #[expect(
        clippy::vec_box,
        reason = "the boxes themselves travel: a ring moves 8 bytes, not 56"
    )]
    kept: Vec<Box<Batch>>,
    /// Boxes that this end has too many of, on their way to the other end.
    away: Producer<Box<Batch>>,
    /// Boxes that the other end had too many of.
    home: Consumer<Box<Batch>>,
}

impl Spares {
    fn take(&mut self) -> Box<Batch> {
        self.kept
            .pop()
            .or_else(|| self.home.take())
            .unwrap_or_default()
    }

    fn put(&mut self, mut batch: Box<Batch>) {
        batch.clear();
        if batch.bytes.capacity() > SPARE_BYTES_MAX {
            return;
        }
        if self.kept.len() < SPARES_MAX {
            self.kept.push(batch);
        } else if let Err(batch) = self.away.publish(batch) {
            // The other end has enough, too.
            drop(batch);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
