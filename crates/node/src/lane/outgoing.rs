//! What an isolate hands to the I/O threads: records of the outbox, and bodies beside them.
//!
//! JavaScript's `flush` and `attach` come here, and the end of each dispatch. Records wait in one
//! batch per I/O thread while a dispatch runs, so that each thread is woken once for it. Promises
//! that the outbox is only read while JavaScript stands still, and that memory of bodies comes back
//! for the next ones within a bound.

use lanner_bridge::{Batch, Chunk, Home};
use lanner_core::dispatch::layout;

use super::Lane;

/// Smallest memory for an attached body; others are powers of two, so that they can be reused.
const ATTACHED_MIN: usize = 32 * 1024;
/// Records up to which this thread writes them for an I/O thread that sleeps, instead of waking it:
/// two or three small replies (docs/design/0003).
const HELP_BYTES_MAX: usize = 512;
/// Bytes of idle memory for attached bodies; more is freed.
const SPARE_BYTES_MAX: usize = 8 * 1024 * 1024;

impl Lane {
    /// Takes the records in the first `len` bytes of the outbox; they leave now, or with the
    /// dispatch that runs.
    pub(super) fn flush(&mut self, len: usize) {
        if self.bell.is_none() {
            return;
        }
        let len = len.min(self.outbox.len);
        match self.lanes.len() {
            1 => {
                let attached = std::mem::take(&mut self.attached);
                self.stage(0, 0..len, attached);
            }
            _ => self.stage_by_thread(len),
        }
        if !self.is_dispatching {
            for to in 0..self.lanes.len() {
                self.send(to);
            }
        }
    }

    /// Sorts the records by the I/O thread that their slot names.
    fn stage_by_thread(&mut self, len: usize) {
        let mut at = 0;
        while let Some(record) = self.outbox.record(at, len) {
            let thread = (record.slot >> layout::SLOT_INDEX_BITS) as usize;
            let attached = if record.has_attachment() {
                self.attached.pop_front()
            } else {
                None
            };
            self.stage(thread, at..at + record.size, attached);
            at += record.size;
        }
    }

    /// Copies records of the outbox into the batch of an I/O thread.
    fn stage(
        &mut self,
        to: usize,
        range: std::ops::Range<usize>,
        attached: impl IntoIterator<Item = Chunk>,
    ) {
        // SAFETY: `flush` runs inside a callback from JavaScript, so nothing writes the outbox
        // meanwhile; `range` lies inside it (`flush` and `record` check that). The bytes are
        // copied before the return.
        let bytes: *const [u8] = unsafe { self.outbox.slice(range) };
        let Some(batch) = self.staged(to) else { return };
        // SAFETY: as above; the outbox is not part of what `staged` borrows.
        batch.bytes.extend_from_slice(unsafe { &*bytes });
        batch.large.extend(attached);
        batch.count += 1;
    }

    /// Hands the batch of an I/O thread over and wakes the thread.
    fn send(&mut self, to: usize) {
        let mut waiting = self.staged.get_mut(to).and_then(Option::take);
        let Some(lane) = self.lanes.get_mut(to) else {
            return;
        };
        let Some(batch) = &mut waiting else { return };
        batch.stamp = self.isolate.pulse.now_us();
        // Body memory that comes home lets connections be read, which is not this thread's work.
        let is_few = batch.bytes.len() <= HELP_BYTES_MAX && batch.spent.is_empty();
        // A full ring empties without this thread's help: the I/O thread waits for nobody.
        while let Some(batch) = waiting.take() {
            match lane.publish(batch) {
                Ok(()) => {}
                Err(_) if lane.io_closed() => return,
                Err(batch) => {
                    lane.wake_io();
                    std::thread::yield_now();
                    waiting = Some(batch);
                }
            }
        }
        if is_few && lane.io_sleeps() && self.server.help(to) {
            return;
        }
        lane.wake_io();
    }

    /// Ends a dispatch: what it flushed leaves now, together with the chunks that it was shown, so
    /// that each I/O thread is woken once.
    pub(super) fn end_dispatch(&mut self) {
        self.is_dispatching = false;
        for (from, mut batch) in std::mem::take(&mut self.on_show) {
            let spent = std::mem::take(&mut batch.large);
            self.recycle(from, batch);
            if let Some(staged) = self.staged(from) {
                staged.spent.extend(spent);
            }
        }
        for to in 0..self.lanes.len() {
            self.send(to);
        }
        for from in self.awaiting.drain(..) {
            if let Some(lane) = self.lanes.get(from) {
                lane.wake_io();
            }
        }
    }

    /// The batch that collects for an I/O thread.
    fn staged(&mut self, to: usize) -> Option<&mut Batch> {
        let lane = self.lanes.get_mut(to)?;
        let staged = self.staged.get_mut(to)?;
        Some(staged.get_or_insert_with(|| lane.spare()))
    }

    /// Gives a batch's box back, and keeps the memory that came home with it.
    pub(super) fn recycle(&mut self, from: usize, mut batch: Box<Batch>) {
        for chunk in batch.spent.drain(..) {
            if self.spare_bytes + chunk.capacity() <= SPARE_BYTES_MAX {
                self.spare_bytes += chunk.capacity();
                self.spares.push(chunk);
            }
        }
        if let Some(lane) = self.lanes.get_mut(from) {
            lane.recycle(batch);
        }
    }

    /// Copies a body that will travel with the next flush.
    pub(super) fn attach(&mut self, bytes: &[u8]) {
        let size = bytes.len().next_power_of_two().max(ATTACHED_MIN);
        let found = self
            .spares
            .iter()
            .rposition(|chunk| chunk.capacity() == size);
        let mut chunk = match found {
            Some(place) => {
                self.spare_bytes -= size;
                self.spares.remove(place)
            }
            None => Chunk::with_capacity(Home::Isolate, size),
        };
        chunk.fill_from(bytes);
        self.attached.push_back(chunk);
    }
}
