//! What a crossing costs: nanoseconds per publish and take, per wake, and per round trip of two
//! threads.
//!
//! `cargo run --release -p lanner-bridge --example hop`. For comparing two versions of the bridge
//! on one idle machine; every figure is the best of five rounds, and each round checks what it
//! carried.

#![allow(clippy::print_stdout, reason = "it prints its results")]

use std::hint::black_box;
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::Instant;

use lanner_bridge::{Doorbell, Gate, IoLane, IsolateLane, SlotId, Slots, lane, ring};

const ROUNDS: usize = 5;

struct Unpark(Thread);

impl Doorbell for Unpark {
    fn ring(&self) {
        self.0.unpark();
    }
}

fn gate() -> Arc<Gate> {
    Gate::new(Box::new(Unpark(thread::current())))
}

/// Runs `work` a few times over `count` operations and prints the best time of one.
fn measure(name: &str, count: u64, mut work: impl FnMut(u64)) {
    let round = || {
        let begin = Instant::now();
        work(count);
        begin.elapsed().as_nanos() as f64 / count as f64
    };
    let best = std::iter::repeat_with(round)
        .take(ROUNDS)
        .fold(f64::INFINITY, f64::min);
    println!("{name:<58} {best:>9.1} ns");
}

fn main() {
    one_thread();
    two_threads();
}

fn one_thread() {
    let (mut producer, mut consumer) = ring::<u64>(64);
    measure(
        "publish and take, one thread, value by value",
        10_000_000,
        |count| {
            for value in 0..count {
                assert_eq!(producer.publish(value), Ok(()));
                assert_eq!(consumer.take(), Some(value));
            }
        },
    );
    measure("take from an empty ring", 10_000_000, |count| {
        for _ in 0..count {
            assert_eq!(black_box(&mut consumer).take(), None);
        }
    });
    let gate = gate();
    measure("wake, consumer awake", 10_000_000, |count| {
        for _ in 0..count {
            assert!(!black_box(&gate).wake());
        }
    });
    measure("try_sleep and awake", 10_000_000, |count| {
        for _ in 0..count {
            assert!(black_box(&gate).try_sleep(|| true));
            gate.awake();
        }
    });
    measure(
        "try_sleep and wake, with the ring (an unpark)",
        1_000_000,
        |count| {
            for _ in 0..count {
                assert!(gate.try_sleep(|| true));
                assert!(gate.wake());
            }
        },
    );
    let (mut io, mut isolate) = lane(64, 64, Arc::clone(&gate), Arc::clone(&gate));
    measure(
        "batch up and down: spare, publish, wake, take, recycle",
        5_000_000,
        |count| {
            for _ in 0..count {
                turn(&mut io, &mut isolate);
            }
        },
    );
    let mut slots = Slots::new(1024);
    measure("slot: claim, get, release", 10_000_000, |count| {
        for value in 0..count {
            let id: SlotId = slots.claim(value).expect("the table is empty");
            assert_eq!(slots.get(black_box(id)), Some(&value));
            assert_eq!(slots.release(id), Some(value));
        }
    });
}

fn turn(io: &mut IoLane, isolate: &mut IsolateLane) {
    let request = io.spare();
    assert!(io.publish(request).is_ok());
    io.wake_isolate();
    let request = isolate.take().expect("just published");
    let reply = isolate.spare();
    isolate.recycle(request);
    assert!(isolate.publish(reply).is_ok());
    isolate.wake_io();
    let reply = io.take().expect("just published");
    io.recycle(reply);
}

fn two_threads() {
    measure(
        "publish and take, two threads, ring of 64",
        5_000_000,
        |count| {
            let (mut producer, mut consumer) = ring::<u64>(64);
            let taker = thread::spawn(move || {
                let mut next = 0;
                while next < count {
                    match consumer.take() {
                        Some(value) => {
                            assert_eq!(value, next);
                            next += 1;
                        }
                        None => thread::yield_now(),
                    }
                }
            });
            for value in 0..count {
                while producer.publish(value).is_err() {
                    thread::yield_now();
                }
            }
            taker.join().expect("took every value");
        },
    );
    measure(
        "round trip of one batch, both threads sleep in between",
        50_000,
        round_trips,
    );
}

/// An I/O thread that sends one batch at a time, and an isolate that answers it.
fn round_trips(count: u64) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let io_gate = gate();
    let at_io = Arc::clone(&io_gate);
    let answering = thread::spawn(move || {
        let gate = gate();
        let (io, mut isolate) = lane(4, 4, Arc::clone(&gate), at_io);
        sender.send(io).expect("the I/O thread waits for it");
        while !isolate.io_closed() {
            while let Some(batch) = isolate.take() {
                assert!(isolate.publish(batch).is_ok());
            }
            isolate.wake_io();
            if gate.try_sleep(|| isolate.is_quiet()) {
                thread::park();
                gate.awake();
            }
        }
    });
    let mut io: IoLane = receiver.recv().expect("the isolate sends it");
    let mut batch = io.spare();
    for _ in 0..count {
        assert!(io.publish(batch).is_ok());
        io.wake_isolate();
        batch = loop {
            if let Some(reply) = io.take() {
                break reply;
            }
            if io_gate.try_sleep(|| io.is_quiet()) {
                thread::park();
                io_gate.awake();
            }
        };
    }
    drop(io);
    answering.join().expect("answered every batch");
}
