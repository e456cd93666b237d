//! What one thread can show of the ring; what it takes several to show is in `tests/`.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Consumer, Producer, Stealer, ring, ring_from};

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn takes_in_the_order_of_publishing() {
    let (mut producer, mut consumer) = ring(4);
    for value in 0..3 {
        assert_eq!(producer.publish(value), Ok(()));
    }
    assert_eq!((producer.len(), consumer.is_empty()), (3, false));
    assert_eq!(
        [consumer.take(), consumer.take(), consumer.take()],
        [Some(0), Some(1), Some(2)]
    );
    assert_eq!(
        (consumer.take(), consumer.is_empty(), producer.len()),
        (None, true, 0)
    );
}

#[test]
fn refuses_when_full_and_gives_the_value_back() {
    let (mut producer, mut consumer) = ring(2);
    assert!(!producer.is_full());
    assert_eq!(producer.publish("a"), Ok(()));
    assert_eq!(producer.publish("b"), Ok(()));
    assert!(producer.is_full());
    assert_eq!(producer.publish("c"), Err("c"));
    assert_eq!(consumer.take(), Some("a"));
    assert!(!producer.is_full());
    assert_eq!(producer.publish("c"), Ok(()));
    assert_eq!((consumer.take(), consumer.take()), (Some("b"), Some("c")));
}

#[test]
fn capacity_is_a_power_of_two_and_at_least_two() {
    for (asked, given) in [(0, 2), (1, 2), (2, 2), (3, 4), (64, 64), (65, 128)] {
        assert_eq!(ring::<u8>(asked).0.capacity(), given);
    }
}

#[test]
fn a_ring_asked_to_hold_one_does_not_confuse_full_with_free() {
    let (mut producer, mut consumer) = ring(1);
    for round in 0..10 {
        assert_eq!(producer.publish(round), Ok(()));
        assert_eq!(producer.publish(round + 100), Ok(()));
        assert_eq!(producer.publish(0), Err(0));
        assert_eq!(consumer.take(), Some(round));
        assert_eq!(consumer.take(), Some(round + 100));
        assert_eq!(consumer.take(), None);
    }
}

#[test]
fn positions_wrap_around_without_a_seam() {
    for capacity in [2, 4, 8] {
        for before in 0..20 {
            let first = usize::MAX.wrapping_sub(before);
            let (mut producer, mut consumer) = ring_from(capacity, first);
            for value in 0..if cfg!(miri) { 10 } else { 100usize } {
                assert_eq!(producer.publish(value), Ok(()));
                assert_eq!(producer.publish(value + 1000), Ok(()));
                assert_eq!(producer.len(), 2);
                assert_eq!(consumer.take(), Some(value));
                assert_eq!(consumer.take(), Some(value + 1000));
                assert!(consumer.is_empty());
            }
        }
    }
}

#[test]
fn values_left_across_the_wrap_are_dropped_once() {
    for before in 0..6 {
        let drops = Arc::new(AtomicUsize::new(0));
        let (mut producer, consumer) = ring_from(4, usize::MAX.wrapping_sub(before));
        for _ in 0..4 {
            assert!(producer.publish(Counted(Arc::clone(&drops))).is_ok());
        }
        drop((producer, consumer));
        assert_eq!(drops.load(Ordering::Relaxed), 4);
    }
}

#[test]
fn each_value_is_dropped_once_wherever_it_ends() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (mut producer, mut consumer) = ring(4);
    let stealer = consumer.stealer();
    for _ in 0..4 {
        assert!(producer.publish(Counted(Arc::clone(&drops))).is_ok());
    }
    let refused = producer.publish(Counted(Arc::clone(&drops)));
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(refused);
    drop(consumer.take());
    drop(stealer.steal());
    assert_eq!(drops.load(Ordering::Relaxed), 3);
    drop(consumer);
    drop(producer);
    assert_eq!(
        drops.load(Ordering::Relaxed),
        3,
        "the stealer can still take what is left"
    );
    drop(stealer);
    assert_eq!(drops.load(Ordering::Relaxed), 5);
}

#[test]
fn a_ring_that_was_never_filled_drops_nothing() {
    let (producer, consumer) = ring::<String>(8);
    drop(consumer);
    drop(producer);
}

#[test]
fn values_without_size_are_counted_too() {
    let (mut producer, mut consumer) = ring(2);
    assert_eq!(
        (producer.publish(()), producer.publish(())),
        (Ok(()), Ok(()))
    );
    assert_eq!(producer.publish(()), Err(()));
    assert_eq!(
        (consumer.take(), consumer.take(), consumer.take()),
        (Some(()), Some(()), None)
    );
}

#[test]
fn a_thief_takes_the_oldest() {
    let (mut producer, mut consumer) = ring(4);
    let stealer = consumer.stealer();
    let another = stealer.clone();
    for value in 0..4 {
        assert_eq!(producer.publish(value), Ok(()));
    }
    assert_eq!((stealer.len(), stealer.is_empty()), (4, false));
    assert_eq!(stealer.steal(), Some(0));
    assert_eq!(consumer.take(), Some(1));
    assert_eq!(another.steal(), Some(2));
    assert_eq!(stealer.steal(), Some(3));
    assert_eq!(
        (stealer.steal(), stealer.len(), stealer.is_empty()),
        (None, 0, true)
    );
}

#[test]
fn handles_may_change_threads_when_their_values_may() {
    fn sends<T: Send>() {}
    fn shares<T: Sync>() {}
    // Send, not Sync: nothing is ever shared by reference.
    type Value = Cell<u32>;
    sends::<Producer<Value>>();
    sends::<Consumer<Value>>();
    sends::<Stealer<Value>>();
    shares::<Stealer<Value>>();
}

#[test]
fn debug_output_says_how_much_waits() {
    let (mut producer, consumer) = ring(2);
    assert_eq!(producer.publish(1), Ok(()));
    assert_eq!(format!("{producer:?}"), "Producer { len: 1, .. }");
    assert_eq!(format!("{consumer:?}"), "Consumer { len: 1, .. }");
    assert_eq!(
        format!("{:?}", consumer.stealer()),
        "Stealer { len: 1, .. }"
    );
}
