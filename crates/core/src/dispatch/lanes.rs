//! The lanes of one I/O thread: the open batch of each isolate, and which isolate is next.
//!
//! Requests of one turn collect in an open batch; `publish` hands the batches over and rings once
//! per isolate that sleeps. Promises that a full ring never blocks and never grows the queue of
//! requests: `choose` then says no and the request is shed. Body pieces and cancels are bounded by
//! the credits of their exchanges and wait in the backlog; credits have their turns. How one batch
//! is filled up and handed over is in `lane`.

use std::sync::Arc;

use lanner_bridge::{Batch, Chunk, IoLane, SlotId};

use super::entry::{self, RequestEntry};
use super::lane::Lane;
use super::layout;
use crate::pulse::Pulse;
use crate::rules::Priority;

/// Chunks of request bodies on their way to an isolate and back, 2 MiB: more would only push each
/// other out of the caches before they are read. Past it bodies wait in their sockets.
const CHUNKS_OUT_MAX: usize = 16;
/// Batches that may wait for room in the ring before requests are shed.
const BACKLOG_MAX: usize = 4;

/// All lanes of one I/O thread.
#[derive(Debug, Default)]
pub struct Lanes {
    lanes: Vec<Lane>,
    /// The number of this I/O thread.
    thread: usize,
}

impl Lanes {
    /// The lanes of I/O thread number `thread`.
    pub fn of_thread(thread: usize) -> Self {
        Self {
            thread,
            ..Self::default()
        }
    }

    /// Adds the lane of an isolate; its number is its place.
    pub fn attach(&mut self, io: IoLane) -> usize {
        self.lanes.push(Lane::new(io));
        self.lanes.len() - 1
    }

    /// Where the lane's isolate is counted.
    pub fn set_pulse(&mut self, lane: usize, pulse: Arc<Pulse>) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.pulse = Some(pulse);
        }
    }

    /// The least loaded lane that accepts a request; `target` is the waiting time that is aimed
    /// at, in milliseconds, 0 for none.
    pub fn choose(&mut self, priority: Priority, target: u64, now: u64) -> Option<usize> {
        let accepting = |lane: &mut Lane| {
            let Lane {
                io,
                admission,
                sent,
                ..
            } = lane;
            let admitted = admission.admits(priority, (target, now), *sent, || io.queued());
            admitted && !lane.gone && lane.backlog.len() < BACKLOG_MAX
        };
        let lanes = self
            .lanes
            .iter_mut()
            .enumerate()
            .filter_map(|(index, lane)| accepting(lane).then_some((index, &*lane)));
        lanes
            .min_by_key(|(_, lane)| lane.in_flight)
            .map(|(index, _)| index)
    }

    /// Adds a request to the open batch; returns the batch's number.
    pub fn send_request(&mut self, lane: usize, entry: &RequestEntry<'_>, now_us: u64) -> u32 {
        let Some(lane) = self.lanes.get_mut(lane).filter(|lane| !lane.gone) else {
            return 0;
        };
        lane.make_room(entry.size());
        let Lane { open, number, .. } = lane;
        entry.write(&mut open.bytes);
        open.count += 1;
        if open.openings == 0 {
            *number = number.wrapping_add(1);
            (open.number, open.stamp) = (*number, now_us);
        }
        open.openings += 1;
        lane.in_flight += 1;
        lane.sent += 1;
        lane.number
    }

    /// The head of a reply came whose request was in batch `number`.
    pub fn replied(&mut self, lane: usize, number: u32, began_us: u64) {
        let Some(Lane {
            replied_us,
            replied_number,
            handled,
            pulse: Some(pulse),
            ..
        }) = self.lanes.get_mut(lane)
        else {
            return;
        };
        // Most replies are to requests of one batch, and come in one batch.
        if *replied_number == Some(number) {
            return handled.again();
        }
        *replied_number = Some(number);
        if let Some(counters) = pulse.counters.lane(self.thread) {
            // Forgotten after many batches: against those its own wait does not count.
            let taken_us = counters.taken_at(number).unwrap_or(began_us);
            let us = replied_us.saturating_sub(taken_us);
            handled.add(us, &counters.handler_duration);
        }
    }

    /// Adds an entry of at most `size` bytes to the open batch.
    pub fn send(&mut self, lane: usize, size: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(lane) = self.lanes.get_mut(lane).filter(|lane| !lane.gone) else {
            return;
        };
        lane.make_room(size);
        write(&mut lane.open.bytes);
        lane.open.count += 1;
    }

    /// The exchange has credit to come, in its turn.
    pub fn await_credit(&mut self, lane: usize, slot: SlotId) {
        if let Some(lane) = self.lanes.get_mut(lane).filter(|lane| !lane.gone) {
            lane.credits.wait(slot);
        }
    }

    /// Whose turn it is to get its credit, and on which lane.
    pub fn next_credit(&mut self) -> Option<(usize, SlotId)> {
        self.lanes.iter_mut().enumerate().find_map(|(index, lane)| {
            let Lane { io, credits, .. } = lane;
            Some((index, credits.next(|| io.queued())?))
        })
    }

    /// Adds credit for a reply stream.
    pub fn send_credit(&mut self, lane: usize, slot: SlotId, bytes: u32) {
        self.send(lane, layout::PREFIX_BYTES + 4, |out| {
            entry::write_credit(out, slot, bytes);
        });
        if let Some(lane) = self.lanes.get_mut(lane) {
            let (credit, is_last) = lane.credits.sent(bytes);
            lane.open.credit = lane.open.credit.saturating_add(credit);
            lane.open.is_awaited |= is_last;
        }
    }

    /// Adds a chunk and its announcement.
    pub fn send_chunk(&mut self, lane: usize, slot: SlotId, chunk: Chunk, last: bool) {
        let Some(lane) = self.lanes.get_mut(lane).filter(|lane| !lane.gone) else {
            return;
        };
        lane.make_room(layout::PREFIX_BYTES + 12);
        let Batch {
            bytes,
            large,
            count,
            ..
        } = &mut *lane.open;
        entry::write_body_large(bytes, slot, chunk.as_slice().len(), last, large.len());
        large.push(chunk);
        *count += 1;
        lane.chunks_out += 1;
    }

    /// Whether another chunk may be sent.
    pub fn accepts_chunk(&self, lane: usize) -> bool {
        self.lanes
            .get(lane)
            .is_none_or(|lane| lane.chunks_out < CHUNKS_OUT_MAX)
    }

    /// `n` chunks came back.
    pub fn chunks_returned(&mut self, lane: usize, n: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.chunks_out = lane.chunks_out.saturating_sub(n);
        }
    }

    /// One reply of the lane was seen.
    pub fn settled(&mut self, lane: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.in_flight = lane.in_flight.saturating_sub(1);
        }
    }

    /// Entries that wait in the open batches.
    pub fn open_count(&self) -> u32 {
        self.lanes.iter().map(|lane| lane.open.count).sum()
    }

    /// Hands the open batches over and wakes the isolates that sleep; chunks of `away` go home
    /// with them. Returns whether there was something to hand over.
    pub fn publish(&mut self, away: &mut Vec<Chunk>, now: u64) -> bool {
        let mut published = false;
        for lane in &mut self.lanes {
            if lane.open.count > 0 {
                lane.open.spent.append(away);
            }
            lane.count(self.thread);
            published |= lane.publish(now);
        }
        published
    }

    /// Whether some batch waits for room in its ring.
    pub fn has_backlog(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.backlog.is_empty())
    }

    /// Number of lanes.
    pub fn len(&self) -> usize {
        self.lanes.len()
    }

    /// Whether there is no lane.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// The next batch of records of a lane.
    pub fn take(&mut self, lane: usize) -> Option<Box<Batch>> {
        let lane = self.lanes.get_mut(lane)?;
        let batch = lane.io.take()?;
        lane.replied_us = batch.stamp;
        lane.replied_number = None;
        Some(batch)
    }

    /// Gives a read batch back for reuse.
    pub fn recycle(&mut self, lane: usize, batch: Box<Batch>) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.io.recycle(batch);
        }
    }

    /// Whether no lane has records waiting, credit that can be sent, or an isolate that has just
    /// gone.
    pub fn is_quiet(&self) -> bool {
        self.lanes.iter().all(|lane| {
            let is_quiet = lane.io.is_quiet() && !lane.credits.is_due(|| lane.io.queued());
            lane.gone || is_quiet
        })
    }

    /// The lanes whose isolate has just gone; each is named once.
    pub fn take_gone(&mut self) -> Option<usize> {
        let gone = self
            .lanes
            .iter()
            .position(|lane| !lane.gone && lane.io.isolate_closed())?;
        let lane = self.lanes.get_mut(gone)?;
        lane.gone = true;
        lane.backlog.clear();
        lane.credits.clear();
        lane.open.clear();
        Some(gone)
    }
}

#[cfg(test)]
mod tests {
    use lanner_bridge::{Doorbell, Gate, IsolateLane, Slots, lane};
    use lanner_proto::Head;

    use super::*;

    struct Silent;

    impl Doorbell for Silent {
        fn ring(&self) {}
    }

    fn joined() -> (Lanes, IsolateLane) {
        let [isolate_gate, io_gate] = [(); 2].map(|()| Gate::new(Box::new(Silent)));
        let (io, isolate) = lane(16, 16, isolate_gate, io_gate);
        let mut lanes = Lanes::default();
        lanes.attach(io);
        (lanes, isolate)
    }

    /// Hands `count` batches over in one turn.
    fn publish(lanes: &mut Lanes, count: usize, now: u64) {
        for _ in 0..count {
            let size = layout::BATCH_BYTES_MAX;
            lanes.send(0, size, |out| out.resize(size, 0));
        }
        lanes.publish(&mut Vec::new(), now);
    }

    fn send_requests(lanes: &mut Lanes, count: usize) {
        let mut slots = Slots::new(count);
        for _ in 0..count {
            let entry = RequestEntry {
                slot: slots.claim(()).expect("room"),
                route: 0,
                head: &Head::default(),
                head_bytes: &[],
                params: &[],
                body: None,
                connection: 1,
                remote: None,
                local: None,
                proxy: None,
            };
            lanes.send_request(0, &entry, 0);
        }
    }

    #[test]
    fn a_batch_has_so_many_requests_at_most() {
        let (mut lanes, mut isolate) = joined();
        for expected in [vec![1], vec![32], vec![32, 1], vec![32, 32, 32, 8]] {
            send_requests(&mut lanes, expected.iter().sum::<u32>() as usize);
            lanes.publish(&mut Vec::new(), 1_000);
            let sizes = std::iter::from_fn(|| isolate.take()).map(|batch| batch.openings);
            assert_eq!(sizes.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn behind_a_full_ring_requests_collect_in_one_batch() {
        let (mut lanes, mut isolate) = joined();
        for _ in 0..16 {
            send_requests(&mut lanes, 1);
            lanes.publish(&mut Vec::new(), 1_000);
        }
        send_requests(&mut lanes, 1_000);
        lanes.publish(&mut Vec::new(), 1_000);
        assert!(!lanes.has_backlog());
        assert_eq!(std::iter::from_fn(|| isolate.take()).count(), 16);
        lanes.publish(&mut Vec::new(), 1_001);
        let batch = isolate.take().expect("a batch");
        assert_eq!(batch.openings, 1_000);
    }

    /// Ends a turn of the network side with credits that wait; says how many were handed over.
    fn end_turn(lanes: &mut Lanes) -> usize {
        end_turn_of(lanes, 1)
    }

    fn end_turn_of(lanes: &mut Lanes, bytes: u32) -> usize {
        let mut sent = 0;
        while let Some((lane, slot)) = lanes.next_credit() {
            lanes.send_credit(lane, slot, bytes);
            sent += 1;
        }
        lanes.publish(&mut Vec::new(), 1_000);
        sent
    }

    #[test]
    fn credits_have_their_turns_and_requests_come_between_them() {
        let (mut lanes, mut isolate) = joined();
        let mut slots = Slots::new(80);
        for _ in 0..80 {
            lanes.await_credit(0, slots.claim(()).expect("room"));
        }
        for (sent, awaited) in [(32, true), (32, true), (16, false), (0, false)] {
            assert_eq!(end_turn(&mut lanes), sent);
            send_requests(&mut lanes, 1);
            assert_eq!(end_turn(&mut lanes), 0, "those before were not taken");
            assert!(lanes.is_quiet());
            let batches: Vec<_> = std::iter::from_fn(|| isolate.take()).collect();
            let all = |of: fn(&Batch) -> u32| batches.iter().map(|batch| of(batch)).sum::<u32>();
            assert_eq!(all(|batch| batch.count), sent as u32 + 1);
            assert_eq!(all(|batch| batch.openings), 1);
            assert_eq!(batches.iter().any(|batch| batch.is_awaited), awaited);
            assert_eq!(lanes.is_quiet(), !awaited, "the thread does not sleep now");
        }
    }

    #[test]
    fn long_credits_are_fewer_and_one_goes_always() {
        for (bytes, sent) in [(16_384, 32), (32_768, 16), (500_000, 2), (1 << 30, 1)] {
            let (mut lanes, mut isolate) = joined();
            let mut slots = Slots::new(64);
            for _ in 0..64 {
                lanes.await_credit(0, slots.claim(()).expect("room"));
            }
            for _ in 0..2 {
                assert_eq!(end_turn_of(&mut lanes, bytes), sent, "{bytes} bytes each");
                assert_eq!(end_turn_of(&mut lanes, bytes), 0);
                assert!(isolate.take().is_some_and(|batch| batch.is_awaited));
            }
        }
    }

    #[test]
    fn each_batch_with_credits_that_is_taken_makes_room() {
        let (mut lanes, mut isolate) = joined();
        let mut slots = Slots::new(100);
        let mut wait = |lanes: &mut Lanes, count: usize| {
            for _ in 0..count {
                lanes.await_credit(0, slots.claim(()).expect("room"));
            }
        };
        for _ in 0..3 {
            wait(&mut lanes, 10);
            assert_eq!(end_turn(&mut lanes), 10);
        }
        wait(&mut lanes, 10);
        assert_eq!(end_turn(&mut lanes), 2);
        for (taken_awaited, sent) in [(false, 8), (false, 0), (false, 0), (true, 0)] {
            let batch = isolate.take().expect("a batch");
            assert_eq!(batch.is_awaited, taken_awaited);
            assert_eq!(end_turn(&mut lanes), sent);
        }
    }

    #[test]
    fn an_isolate_that_has_gone_leaves_no_credit_behind() {
        let (mut lanes, isolate) = joined();
        let mut slots = Slots::new(41);
        for _ in 0..40 {
            lanes.await_credit(0, slots.claim(()).expect("room"));
        }
        assert_eq!(end_turn(&mut lanes), 32);
        drop(isolate);
        assert_eq!(lanes.take_gone(), Some(0));
        assert_eq!(end_turn(&mut lanes), 0);
        lanes.await_credit(0, slots.claim(()).expect("room"));
        assert!(end_turn(&mut lanes) == 0 && lanes.is_quiet());
    }

    #[test]
    fn each_batch_of_a_turn_waits_by_itself() {
        let (mut lanes, mut isolate) = joined();
        for now in [1_000, 1_500] {
            publish(&mut lanes, 3, now);
            assert_eq!(lanes.choose(Priority::Low, 100, now + 99), Some(0), "{now}");
            assert_eq!(lanes.choose(Priority::Low, 100, now + 100), None, "{now}");
            let taken = std::iter::from_fn(|| isolate.take()).count();
            assert_eq!(taken, 3);
        }
        // Two of three were taken: the third waits since then.
        publish(&mut lanes, 3, 2_000);
        publish(&mut lanes, 1, 2_050);
        for left in [3, 2, 1] {
            isolate.take().expect("a batch");
            let now = 2_104 - left;
            let since = if left == 1 { 2_050 } else { 2_000 };
            let admitted = now - since < 100;
            assert_eq!(lanes.choose(Priority::Low, 100, now).is_some(), admitted);
        }
    }
}
