//! What one thread can show of a lane; closing under way is in `tests/loom_close.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{IoLane, IsolateLane, SPARE_BYTES_MAX, SPARES_MAX, lane};
use crate::{Batch, Chunk, Doorbell, Gate, Home};

struct Counting(Arc<AtomicUsize>);

impl Doorbell for Counting {
    fn ring(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

struct Rig {
    io: IoLane,
    isolate: IsolateLane,
    io_gate: Arc<Gate>,
    isolate_gate: Arc<Gate>,
    io_rings: Arc<AtomicUsize>,
    isolate_rings: Arc<AtomicUsize>,
}

fn rig() -> Rig {
    let (io_rings, isolate_rings) = (Arc::default(), Arc::default());
    let gate = |rings: &Arc<AtomicUsize>| Gate::new(Box::new(Counting(Arc::clone(rings))));
    let (io_gate, isolate_gate) = (gate(&io_rings), gate(&isolate_rings));
    let (io, isolate) = lane(2, 2, Arc::clone(&isolate_gate), Arc::clone(&io_gate));
    Rig {
        io,
        isolate,
        io_gate,
        isolate_gate,
        io_rings,
        isolate_rings,
    }
}

fn batch(count: u32) -> Box<Batch> {
    Box::new(Batch {
        count,
        ..Batch::default()
    })
}

fn count(batch: Option<Box<Batch>>) -> Option<u32> {
    batch.map(|batch| batch.count)
}

#[test]
fn a_batch_goes_up_and_its_answer_comes_down() {
    let mut rig = rig();
    assert!(rig.isolate_gate.try_sleep(|| rig.isolate.is_quiet()));
    assert!(rig.io.publish(batch(1)).is_ok());
    assert!(rig.io.publish(batch(2)).is_ok());
    assert!(rig.io.wake_isolate());
    assert!(!rig.io.wake_isolate());
    assert_eq!((rig.io.queued(), rig.io.is_full()), (2, true));
    assert!(rig.io_gate.try_sleep(|| rig.io.is_quiet()));
    assert_eq!(count(rig.isolate.take()), Some(1));
    assert_eq!(count(rig.isolate.take()), Some(2));
    assert_eq!(count(rig.isolate.take()), None);
    assert!(rig.isolate.publish(batch(3)).is_ok());
    assert!(rig.isolate.wake_io());
    assert_eq!(count(rig.io.take()), Some(3));
    assert_eq!(
        (rig.isolate_rings.load(Relaxed), rig.io_rings.load(Relaxed)),
        (1, 1)
    );
}

#[test]
fn a_full_ring_gives_the_batch_back() {
    let mut rig = rig();
    assert!(rig.io.publish(batch(1)).is_ok() && rig.io.publish(batch(2)).is_ok());
    assert_eq!(count(rig.io.publish(batch(3)).err()), Some(3));
    assert!(!rig.isolate.is_full());
    assert!(rig.isolate.publish(batch(1)).is_ok() && rig.isolate.publish(batch(2)).is_ok());
    assert!(rig.isolate.is_full());
    assert_eq!(count(rig.isolate.publish(batch(3)).err()), Some(3));
}

#[test]
fn a_thief_takes_what_the_isolate_has_not() {
    let mut rig = rig();
    let stealer = rig.isolate.stealer();
    assert!(rig.io.publish(batch(1)).is_ok() && rig.io.publish(batch(2)).is_ok());
    assert_eq!(count(stealer.steal()), Some(1));
    assert_eq!(count(rig.isolate.take()), Some(2));
    assert!(stealer.steal().is_none());
}

#[test]
fn the_io_end_sees_the_isolate_close_and_takes_what_is_left() {
    let mut rig = rig();
    assert!(rig.isolate.publish(batch(1)).is_ok());
    assert!(rig.io.publish(batch(2)).is_ok());
    assert_eq!(count(rig.io.take()), Some(1));
    assert!(rig.isolate.publish(batch(3)).is_ok());
    assert_eq!(count(rig.io.take()), Some(3));
    assert!(rig.io_gate.try_sleep(|| rig.io.is_quiet()));
    rig.isolate.close();
    rig.isolate.close();
    assert_eq!(rig.io_rings.load(Relaxed), 1);
    assert!(
        !rig.io_gate.try_sleep(|| rig.io.is_quiet()),
        "a close is news"
    );
    assert!(rig.io.isolate_closed());
    assert!(
        rig.io_gate.try_sleep(|| rig.io.is_quiet()),
        "until it has been seen"
    );
    assert_eq!(count(rig.io.publish(batch(4)).err()), Some(4));
    assert_eq!(
        count(rig.isolate.take()),
        Some(2),
        "a closed end may still take"
    );
    drop(rig.isolate);
    assert_eq!(rig.io_rings.load(Relaxed), 1);
    assert_eq!(count(rig.io.take()), None);
}

#[test]
fn the_isolate_sees_the_io_end_drop() {
    let mut rig = rig();
    assert!(rig.io.publish(batch(1)).is_ok());
    assert!(rig.isolate_gate.try_sleep(|| true));
    assert!(!rig.isolate.io_closed());
    drop(rig.io);
    assert_eq!(rig.isolate_rings.load(Relaxed), 1);
    assert!(!rig.isolate_gate.try_sleep(|| rig.isolate.is_quiet()));
    assert!(rig.isolate.io_closed());
    assert_eq!(count(rig.isolate.publish(batch(2)).err()), Some(2));
    assert_eq!(count(rig.isolate.take()), Some(1));
    assert!(rig.isolate_gate.try_sleep(|| rig.isolate.is_quiet()));
}

#[test]
fn a_dropped_end_leaves_nothing_in_the_ring_it_takes_from() {
    let mut rig = rig();
    let stealer = rig.isolate.stealer();
    assert!(rig.io.publish(batch(1)).is_ok());
    assert_eq!(stealer.len(), 1);
    drop(rig.isolate);
    assert!(stealer.is_empty());
    assert_eq!(rig.io.queued(), 0);
}

#[test]
fn spent_boxes_are_reused_empty_with_their_memory() {
    let mut rig = rig();
    let mut first = rig.io.spare();
    first.bytes.extend_from_slice(&[7; 500]);
    first.count = 9;
    first.large.push(Chunk::copy_of(Home::Io, &[1]));
    let memory = std::ptr::from_ref(&*first);
    assert!(rig.io.publish(first).is_ok());
    let spent = rig.isolate.take().expect("published");
    rig.isolate.recycle(spent);
    let again = rig.isolate.spare();
    assert!(std::ptr::eq(&raw const *again, memory));
    assert!(again.is_empty() && again.bytes.capacity() >= 500);
}

/// Runs turns of `up` batches one way and `down` the other, and counts the boxes ever made.
fn boxes_made(up: usize, down: usize, turns: usize) -> usize {
    let mut rig = rig();
    let mut made = 0;
    let mut mark = |mut batch: Box<Batch>| {
        made += usize::from(batch.bytes.capacity() == 0);
        batch.bytes.reserve_exact(64);
        batch
    };
    for _ in 0..turns {
        for _ in 0..up {
            let batch = mark(rig.io.spare());
            assert!(rig.io.publish(batch).is_ok());
        }
        while let Some(batch) = rig.isolate.take() {
            rig.isolate.recycle(batch);
        }
        for _ in 0..down {
            let batch = mark(rig.isolate.spare());
            assert!(rig.isolate.publish(batch).is_ok());
        }
        while let Some(batch) = rig.io.take() {
            rig.io.recycle(batch);
        }
    }
    made
}

#[test]
fn a_warm_lane_makes_no_boxes_however_lopsided_its_traffic() {
    for (up, down) in [(1, 1), (2, 1), (1, 2), (2, 0), (0, 2)] {
        let warm = boxes_made(up, down, 50);
        assert!(
            warm <= 2 * SPARES_MAX + 2,
            "{up} up, {down} down: {warm} boxes"
        );
        assert_eq!(
            boxes_made(up, down, if cfg!(miri) { 60 } else { 2000 }),
            warm
        );
    }
}

#[test]
fn spares_are_few_and_small() {
    let mut rig = rig();
    let mut large = rig.io.spare();
    large.bytes.reserve(SPARE_BYTES_MAX + 1);
    rig.io.recycle(large);
    assert_eq!(rig.io.spare().bytes.capacity(), 0);
    for _ in 0..5 * SPARES_MAX {
        let mut full = batch(1);
        full.bytes.reserve(10);
        rig.io.recycle(full);
    }
    let kept = |spare: Box<Batch>| spare.bytes.capacity() > 0;
    let at_io = (0..5 * SPARES_MAX).filter(|_| kept(rig.io.spare())).count();
    let at_isolate = (0..5 * SPARES_MAX)
        .filter(|_| kept(rig.isolate.spare()))
        .count();
    assert_eq!((at_io, at_isolate), (SPARES_MAX, SPARES_MAX));
}

#[test]
fn ends_may_change_threads() {
    fn sends<T: Send>() {}
    sends::<IoLane>();
    sends::<IsolateLane>();
    sends::<Gate>();
}
