//! A lane under the model checker: requests up, replies down, both ends asleep whenever they can
//! be.
#![cfg(loom)]

mod support;

use lanner_bridge::{Batch, IoLane, IsolateLane, lane};
use loom::sync::Arc;
use loom::thread;
use support::census;
use support::marked;
use support::model::{Sleeper, model};

/// Takes one batch, asleep until there is one.
fn await_request(isolate: &mut IsolateLane, sleeper: &mut Sleeper) -> Box<Batch> {
    loop {
        if let Some(batch) = isolate.take() {
            return batch;
        }
        sleeper.sleep_if(|| isolate.is_quiet());
    }
}

fn await_reply(io: &mut IoLane, sleeper: &mut Sleeper) -> Box<Batch> {
    loop {
        if let Some(batch) = io.take() {
            return batch;
        }
        sleeper.sleep_if(|| io.is_quiet());
    }
}

#[test]
fn every_request_is_answered() {
    model(|| {
        let (mut at_io, mut at_isolate) = (Sleeper::new(), Sleeper::new());
        let gates = (Arc::clone(&at_isolate.gate), Arc::clone(&at_io.gate));
        let (mut io, mut isolate) = lane(2, 2, gates.0, gates.1);
        let thread = thread::spawn(move || {
            let mut batch = await_request(&mut isolate, &mut at_isolate);
            batch.count += 10;
            assert!(isolate.publish(batch).is_ok());
            isolate.wake_io();
            at_isolate.assert_rung_no_more_than_it_slept();
        });
        let mut batch = io.spare();
        batch.count = 1;
        assert!(io.publish(batch).is_ok());
        io.wake_isolate();
        let reply = await_reply(&mut io, &mut at_io);
        assert_eq!(reply.count, 11);
        thread.join().unwrap();
    });
}

/// The I/O thread may sleep until what it published has been taken: the isolate says so by a ring,
/// with nothing published.
#[test]
fn what_was_taken_can_be_slept_for() {
    model(|| {
        let (mut at_io, mut at_isolate) = (Sleeper::new(), Sleeper::new());
        let gates = (Arc::clone(&at_isolate.gate), Arc::clone(&at_io.gate));
        let (mut io, mut isolate) = lane(2, 2, gates.0, gates.1);
        let thread = thread::spawn(move || {
            let batch = await_request(&mut isolate, &mut at_isolate);
            isolate.wake_io();
            (isolate, batch)
        });
        let batch = io.spare();
        assert!(io.publish(batch).is_ok());
        io.wake_isolate();
        while io.queued() > 0 {
            at_io.sleep_if(|| io.queued() > 0);
        }
        drop(thread.join().unwrap());
    });
}

#[test]
fn boxes_go_round() {
    const SIZE: usize = census::size(0);
    model(|| {
        let (at_io, at_isolate) = (Sleeper::new(), Sleeper::new());
        let (mut io, mut isolate) = lane(2, 2, at_isolate.gate, at_io.gate);
        let thread = thread::spawn(move || {
            for _ in 0..2 {
                if let Some(batch) = isolate.take() {
                    assert_eq!(batch.large.len(), 1);
                    isolate.recycle(batch);
                    let spare = isolate.spare();
                    assert!(spare.is_empty());
                    drop(isolate.publish(spare));
                }
            }
        });
        for count in 0..2 {
            drop(io.publish(marked(SIZE, count)));
            if let Some(batch) = io.take() {
                assert!(batch.is_empty());
                io.recycle(batch);
            }
        }
        thread.join().unwrap();
        drop(io);
        assert_eq!(census::live(SIZE), 0);
    });
}

#[test]
fn a_surplus_of_boxes_goes_home() {
    model(|| {
        let (at_io, at_isolate) = (Sleeper::new(), Sleeper::new());
        let (mut io, mut isolate) = lane(2, 2, at_isolate.gate, at_io.gate);
        let thread = thread::spawn(move || {
            // Two are kept, two go home, one is too many.
            for _ in 0..5 {
                let mut batch = Box::new(Batch::new());
                batch.bytes.reserve(8);
                isolate.recycle(batch);
            }
        });
        let early = (0..2).filter(|_| io.spare().bytes.capacity() > 0).count();
        thread.join().unwrap();
        let late = (0..3).filter(|_| io.spare().bytes.capacity() > 0).count();
        assert!((2..=3).contains(&(early + late)), "{early} and {late}");
    });
}

#[test]
fn a_stolen_request_is_answered_by_the_thief() {
    model(|| {
        let (io_gate, gates) = (
            Sleeper::new().gate,
            [Sleeper::new().gate, Sleeper::new().gate],
        );
        let [one, two] = gates.map(|gate| lane(2, 2, gate, Arc::clone(&io_gate)));
        let ((mut home, mut isolate), (mut other, mut thief)) = (one, two);
        let stealer = isolate.stealer();
        let owner = thread::spawn(move || {
            if let Some(batch) = isolate.take() {
                assert!(isolate.publish(batch).is_ok());
            }
            isolate
        });
        let robber = thread::spawn(move || {
            if let Some(batch) = stealer.steal() {
                assert!(thief.publish(batch).is_ok());
            }
        });
        let mut batch = home.spare();
        batch.count = 7;
        assert!(home.publish(batch).is_ok());
        robber.join().unwrap();
        let mut isolate = owner.join().unwrap();
        let counts =
            [home.take(), other.take(), isolate.take()].map(|batch| batch.map(|b| b.count));
        let found: Vec<u32> = counts.into_iter().flatten().collect();
        assert_eq!(found, [7], "answered once, or still queued");
    });
}
