//! The gate under the model checker: no wake-up is lost, and none is given twice.
//!
//! A consumer that sleeps while something waits for it never wakes: loom reports the deadlock.
#![cfg(loom)]

mod support;

use lanner_bridge::{Consumer, Gate, Producer, ring};
use loom::sync::Arc;
use loom::thread;
use support::model::{Sleeper, model};

fn produce(mut producer: Producer<u32>, gate: &Gate, values: u32) {
    for value in 0..values {
        assert_eq!(producer.publish(value), Ok(()));
        gate.wake();
    }
}

/// Takes until it has `wanted` values, asleep in between.
fn consume(rings: &mut [Consumer<u32>], sleeper: &mut Sleeper, wanted: usize) {
    let mut taken = 0;
    loop {
        for ring in &mut *rings {
            while ring.take().is_some() {
                taken += 1;
            }
        }
        if taken >= wanted {
            break;
        }
        sleeper.sleep_if(|| rings.iter().all(Consumer::is_empty));
    }
    assert_eq!(taken, wanted);
}

#[test]
fn one_producer_never_leaves_the_consumer_asleep() {
    model(|| {
        let mut sleeper = Sleeper::new();
        let (producer, consumer) = ring(2);
        let gate = Arc::clone(&sleeper.gate);
        let thread = thread::spawn(move || produce(producer, &gate, 2));
        consume(&mut [consumer], &mut sleeper, 2);
        thread.join().unwrap();
        sleeper.assert_rung_no_more_than_it_slept();
    });
}

#[test]
fn two_producers_share_the_bell_and_neither_is_overheard() {
    model(|| {
        let mut sleeper = Sleeper::new();
        let (first, first_ring) = ring(2);
        let (second, second_ring) = ring(2);
        let threads = [first, second].map(|producer| {
            let gate = Arc::clone(&sleeper.gate);
            thread::spawn(move || produce(producer, &gate, 1))
        });
        consume(&mut [first_ring, second_ring], &mut sleeper, 2);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        sleeper.assert_rung_no_more_than_it_slept();
    });
}

#[test]
fn one_wake_covers_all_that_was_published_before_it() {
    model(|| {
        let mut sleeper = Sleeper::new();
        let (mut producer, consumer) = ring(2);
        let gate = Arc::clone(&sleeper.gate);
        let thread = thread::spawn(move || {
            assert_eq!((producer.publish(0), producer.publish(1)), (Ok(()), Ok(())));
            gate.wake();
        });
        consume(&mut [consumer], &mut sleeper, 2);
        thread.join().unwrap();
        sleeper.assert_rung_no_more_than_it_slept();
    });
}

#[test]
fn a_thief_cannot_make_the_consumer_miss_what_follows() {
    model(|| {
        let mut sleeper = Sleeper::new();
        let (producer, mut consumer) = ring(2);
        let stealer = consumer.stealer();
        let thief = thread::spawn(move || stealer.steal().is_some());
        let gate = Arc::clone(&sleeper.gate);
        let thread = thread::spawn(move || produce(producer, &gate, 2));
        // Whatever the thief gets, at least one of the two is the consumer's.
        while consumer.take().is_none() {
            sleeper.sleep_if(|| consumer.is_empty());
        }
        let left = usize::from(!thief.join().unwrap());
        thread.join().unwrap();
        assert_eq!(std::iter::from_fn(|| consumer.take()).count(), left);
    });
}
