//! The bridge on real threads, for a second or two: what the model checker's few steps cannot
//! reach.
#![cfg(not(loom))]

mod support;

use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread::{self, Thread};
use std::time::Duration;

use lanner_bridge::{Doorbell, Gate, IoLane, IsolateLane, Stealer, lane, ring};
use support::{census, marked};

/// Miri runs the same code thousands of times more slowly.
const fn rounds(natively: usize, under_miri: usize) -> usize {
    if cfg!(miri) { under_miri } else { natively }
}

/// Unparks a thread and counts how often.
struct Unpark(Thread, Arc<AtomicUsize>);

impl Doorbell for Unpark {
    fn ring(&self) {
        self.1.fetch_add(1, Relaxed);
        self.0.unpark();
    }
}

/// The gate of the calling thread.
fn gate() -> (Arc<Gate>, Arc<AtomicUsize>) {
    let rings = Arc::new(AtomicUsize::new(0));
    (
        Gate::new(Box::new(Unpark(thread::current(), Arc::clone(&rings)))),
        rings,
    )
}

/// Sleeps until the bell rings. A minute without one is a lost wake-up, not a slow machine.
fn sleep(gate: &Gate, sleeps: &mut usize, is_empty: impl FnOnce() -> bool) {
    *sleeps += 1;
    if gate.try_sleep(is_empty) {
        let begin = std::time::Instant::now();
        thread::park_timeout(Duration::from_secs(60));
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "a wake-up was lost"
        );
        gate.awake();
    }
}

#[test]
fn values_are_taken_once_by_a_consumer_and_two_thieves() {
    let values = rounds(100_000, 200);
    for capacity in [2, 8, 64] {
        let (mut producer, mut consumer) = ring(capacity);
        let done = Arc::new(AtomicBool::new(false));
        let thief = |stealer: Stealer<Box<usize>>| {
            let done = Arc::clone(&done);
            thread::spawn(move || drain(&done, || stealer.steal()))
        };
        let thieves = [thief(consumer.stealer()), thief(consumer.stealer())];
        let own = Arc::clone(&done);
        let owner = thread::spawn(move || drain(&own, || consumer.take()));
        for value in 0..values {
            let mut value = Box::new(value);
            while let Err(refused) = producer.publish(value) {
                value = refused;
                thread::yield_now();
            }
        }
        done.store(true, Release);
        let mut all = owner.join().unwrap();
        for thief in thieves {
            all.extend(thief.join().unwrap());
        }
        all.sort_unstable();
        assert!(
            all.iter().copied().eq(0..values),
            "{} of {values} values",
            all.len()
        );
    }
}

/// Takes until it is told that all has been published and finds nothing more. In order, or it
/// fails.
fn drain(done: &AtomicBool, mut take: impl FnMut() -> Option<Box<usize>>) -> Vec<usize> {
    let mut taken = Vec::new();
    loop {
        let last_look = done.load(Acquire);
        while let Some(value) = take() {
            taken.push(*value);
        }
        if last_look {
            assert!(
                taken.is_sorted(),
                "a consumer's values come in the order of publishing"
            );
            return taken;
        }
        thread::yield_now();
    }
}

/// As many batches as a lane's down ring holds here: no more are ever under way.
const UNDER_WAY_MAX: usize = 8;

/// Publishes `requests` batches and takes their replies, asleep whenever there is nothing to do.
fn io_thread(mut io: IoLane, gate: &Gate, requests: usize) -> usize {
    let (mut published, mut answered, mut sleeps) = (0, 0, 0);
    while answered < requests {
        while published < requests.min(answered + UNDER_WAY_MAX) && !io.is_full() {
            let mut batch = io.spare();
            batch.count = published as u32;
            batch.bytes.extend_from_slice(&published.to_le_bytes());
            assert!(io.publish(batch).is_ok());
            published += 1;
        }
        io.wake_isolate();
        // Something is under way, so a reply will come and ring.
        sleep(gate, &mut sleeps, || io.is_quiet());
        while let Some(batch) = io.take() {
            assert_eq!(batch.count as usize, answered, "replies come in order");
            assert_eq!(batch.bytes, answered.to_le_bytes());
            answered += 1;
            io.recycle(batch);
        }
    }
    sleeps
}

/// Answers every request with its own bytes until all I/O threads have closed.
fn isolate(mut lanes: Vec<IsolateLane>, gate: &Gate) -> usize {
    let mut sleeps = 0;
    loop {
        let closed = lanes.iter().filter(|lane| lane.io_closed()).count();
        for lane in &mut lanes {
            while let Some(request) = lane.take() {
                let mut reply = lane.spare();
                reply.count = request.count;
                reply.bytes.extend_from_slice(&request.bytes);
                lane.recycle(request);
                assert!(
                    lane.publish(reply).is_ok(),
                    "as many replies as requests, and they fit"
                );
            }
            lane.wake_io();
        }
        if closed == lanes.len() {
            return sleeps;
        }
        sleep(gate, &mut sleeps, || {
            lanes.iter().all(IsolateLane::is_quiet)
        });
    }
}

#[test]
fn two_io_threads_and_an_isolate_answer_everything_and_sleep_in_between() {
    let requests = rounds(20_000, 50);
    let (isolate_gate, isolate_rings) = gate();
    let (sender, receiver) = std::sync::mpsc::channel();
    let threads = [0, 1].map(|_| {
        let (isolate_gate, sender) = (Arc::clone(&isolate_gate), sender.clone());
        thread::spawn(move || {
            let (io_gate, rings) = gate();
            let (io, isolate) = lane(4, UNDER_WAY_MAX, isolate_gate, Arc::clone(&io_gate));
            sender.send(isolate).unwrap();
            let sleeps = io_thread(io, &io_gate, requests);
            assert!(
                rings.load(Relaxed) <= sleeps + 1,
                "one ring a sleep, and one for the close"
            );
        })
    });
    let lanes = vec![receiver.recv().unwrap(), receiver.recv().unwrap()];
    let sleeps = isolate(lanes, &isolate_gate);
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert!(
        isolate_rings.load(Relaxed) <= sleeps,
        "at most one ring for each sleep"
    );
}

#[test]
fn isolates_come_and_go_under_load() {
    /// Fails if it is rung after its isolate has gone.
    struct Mortal(Arc<AtomicBool>);
    impl Doorbell for Mortal {
        fn ring(&self) {
            assert!(!self.0.load(Relaxed), "rung after detach returned");
        }
    }
    const SIZE: usize = census::size(6);
    let (io_gate, _) = gate();
    for round in 0..rounds(400, 10) {
        let gone = Arc::new(AtomicBool::new(false));
        let isolate_gate = Gate::new(Box::new(Mortal(Arc::clone(&gone))));
        let (mut io, mut isolate) = lane(4, 4, Arc::clone(&isolate_gate), Arc::clone(&io_gate));
        let stealer = isolate.stealer();
        let thief = thread::spawn(move || while stealer.steal().is_some() {});
        let leaver = thread::spawn(move || {
            for _ in 0..round % 7 {
                drop(isolate.take());
                drop(isolate.publish(marked(SIZE, 1)));
                let _ = isolate_gate.try_sleep(|| isolate.is_quiet());
            }
            isolate_gate.detach();
            gone.store(true, Relaxed);
        });
        while !io.isolate_closed() {
            drop(io.publish(marked(SIZE, 2)));
            io.wake_isolate();
            drop(io.take());
        }
        leaver.join().unwrap();
        thief.join().unwrap();
        drop(io);
    }
    assert_eq!(census::live(SIZE), 0);
}
