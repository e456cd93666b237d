//! The ring under the model checker, with two places, so that every run wraps around.
#![cfg(loom)]

mod support;

use lanner_bridge::{Consumer, Producer, Stealer, ring};
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use support::model::model;

/// Publishes `values` and returns those that the ring refused.
fn publish(producer: &mut Producer<Box<u32>>, values: std::ops::Range<u32>) -> Vec<u32> {
    values
        .filter_map(|value| producer.publish(Box::new(value)).err())
        .map(|value| *value)
        .collect()
}

fn take(consumer: &mut Consumer<Box<u32>>, tries: usize) -> Vec<u32> {
    (0..tries)
        .filter_map(|_| consumer.take())
        .map(|value| *value)
        .collect()
}

fn steal(stealer: &Stealer<Box<u32>>, tries: usize) -> Vec<u32> {
    (0..tries)
        .filter_map(|_| stealer.steal())
        .map(|value| *value)
        .collect()
}

/// Each list is in the order of publishing, and together they are every value once.
fn assert_each_once(lists: &[Vec<u32>], values: u32) {
    assert!(
        lists.iter().all(|list| list.is_sorted()),
        "out of order: {lists:?}"
    );
    let mut all = lists.concat();
    all.sort_unstable();
    assert_eq!(all, (0..values).collect::<Vec<_>>(), "{lists:?}");
}

#[test]
fn one_consumer_takes_each_value_once_in_order() {
    model(|| {
        let (mut producer, mut consumer) = ring(2);
        let taker = thread::spawn(move || {
            let taken = take(&mut consumer, 4);
            (consumer, taken)
        });
        let refused = publish(&mut producer, 0..5);
        let (mut consumer, mut taken) = taker.join().unwrap();
        taken.extend(take(&mut consumer, 2));
        assert!(consumer.is_empty() && producer.is_empty() && !producer.is_full());
        assert_each_once(&[taken, refused], 5);
    });
}

#[test]
fn a_thief_and_the_consumer_share_the_values() {
    model(|| {
        let (mut producer, mut consumer) = ring(2);
        let stealer = consumer.stealer();
        let thief = thread::spawn(move || steal(&stealer, 2));
        let taker = thread::spawn(move || {
            let taken = take(&mut consumer, 2);
            (consumer, taken)
        });
        let refused = publish(&mut producer, 0..3);
        let stolen = thief.join().unwrap();
        let (mut consumer, mut taken) = taker.join().unwrap();
        taken.extend(take(&mut consumer, 2));
        assert_each_once(&[taken, stolen, refused], 3);
    });
}

#[test]
fn two_thieves_race_for_a_full_ring_while_it_is_refilled() {
    model(|| {
        let (mut producer, mut consumer) = ring(2);
        assert!(publish(&mut producer, 0..2).is_empty());
        let thieves = [consumer.stealer(), consumer.stealer()]
            .map(|stealer| thread::spawn(move || steal(&stealer, 2)));
        let refused = publish(&mut producer, 2..4);
        let [first, second] = thieves.map(|thief| thief.join().unwrap());
        let left = take(&mut consumer, 2);
        assert_each_once(&[first, second, left, refused], 4);
    });
}

#[test]
fn a_claimed_value_is_not_overwritten() {
    model(|| {
        let (mut producer, mut consumer) = ring(2);
        assert!(publish(&mut producer, 0..2).is_empty());
        let taker = thread::spawn(move || take(&mut consumer, 2));
        // Until the consumer has moved value 0 out, its place must look full to the producer.
        let refused = publish(&mut producer, 2..3);
        let taken = taker.join().unwrap();
        assert_eq!(taken, [0, 1]);
        assert!(refused.is_empty() || refused == [2]);
        assert!(!producer.is_full());
    });
}

#[test]
fn what_is_left_is_dropped_once_by_whoever_goes_last() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (mut producer, mut consumer) = ring(2);
        let stealer = consumer.stealer();
        let taker = thread::spawn(move || drop(consumer.take()));
        let thief = thread::spawn(move || drop(stealer.steal()));
        for _ in 0..3 {
            drop(producer.publish(Counted(Arc::clone(&drops))));
        }
        drop(producer);
        taker.join().unwrap();
        thief.join().unwrap();
        assert_eq!(drops.load(Relaxed), 3);
    });
}

#[test]
fn the_length_stays_within_the_ring() {
    model(|| {
        let (mut producer, mut consumer) = ring(2);
        let stealer = consumer.stealer();
        let watcher = thread::spawn(move || assert!(stealer.len() <= 2));
        let taker = thread::spawn(move || take(&mut consumer, 2));
        publish(&mut producer, 0..3);
        assert!(producer.len() <= 2);
        watcher.join().unwrap();
        taker.join().unwrap();
    });
}
