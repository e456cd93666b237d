//! A bounded ring: one producer, one consumer at a time, and thieves.
//!
//! A [`lane`](mod@crate::lane) has one ring in each direction. It promises that each value is taken
//! once and by one thread, that the values one consumer takes come in the order of publishing, that
//! a full ring refuses at once, and that what is left when the last handle goes is dropped once.
//! Waking a sleeping consumer is not here ([`doorbell`](crate::doorbell)).
//!
//! # Places and positions
//!
//! The ring has `capacity` places (a power of two, at least 2). Positions count from 0 and wrap
//! with `usize`; position `p` lives in place `p mod capacity`. Each place has a sequence number,
//! which says whose the place is:
//!
//! ```text
//!   sequence == p             free: the producer may write position p
//!   sequence == p + 1         full: a consumer may claim position p
//!   sequence == p + capacity  free again, for position p + capacity
//! ```
//!
//! With one place alone "full" and "free again" would be the same number: hence at least 2.
//!
//! # Who reads, who writes
//!
//! - `Producer`: the only writer of `tail` (it keeps its own copy; the shared one only informs
//!   [`Stealer::len`]) and the only one who fills a place. It never reads `head`, so it shares no
//!   cache line with the consumers but the place that it fills.
//! - `Consumer` and every `Stealer`: do the same thing. They move `head` from `p` to `p + 1` by a
//!   compare-and-swap; whoever succeeds owns the value at `p` alone, moves it out, and only then
//!   frees the place. An entry of a lane is a whole batch, so one compare-and-swap per take is
//!   cheap enough.
//!
//! # Orderings
//!
//! - Filling: payload, then `sequence = p + 1` (Release). Pairs with the consumer's Acquire load of
//!   the sequence: who sees `p + 1` sees the payload.
//! - Freeing: payload moved out, then `sequence = p + capacity` (Release). Pairs with the
//!   producer's Acquire load: it overwrites only what has been moved out.
//! - `head` is Relaxed throughout. It decides who owns a position and publishes nothing. A stale
//!   read of it is caught by the compare-and-swap, or by a sequence from the next round; in the
//!   second case the Acquire load makes the newer `head` visible, so that the retry makes progress.
//!
//! # Stalls
//!
//! A consumer that is suspended between claiming and freeing keeps one place: the producer may then
//! find the ring full although later places are free. Nobody waits; it is one place of a bounded
//! ring.
//!
//! # Drop
//!
//! The places are shared by all handles. The last handle to go drops the values from `head` on, for
//! as long as places are full; nobody else exists then. A side that leaves earlier and wants its
//! values gone drains the ring itself, as [`lane`](mod@crate::lane) does.

use std::fmt;
use std::mem::MaybeUninit;

use crate::sync::{
    Arc, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
    UnsafeCell,
};

/// Makes a ring of at least `capacity` places (rounded up to a power of two, at least 2).
///
/// What goes through must be allowed to change threads:
///
/// ```compile_fail,E0277
/// lanner_bridge::ring::<std::rc::Rc<()>>(2);
/// ```
pub fn ring<T: Send>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    ring_from(capacity, 0)
}

/// Positions begin anywhere, so that a test sees them wrap.
fn ring_from<T: Send>(capacity: usize, first: usize) -> (Producer<T>, Consumer<T>) {
    let capacity = capacity.max(2).next_power_of_two();
    let shared = Arc::new(Shared::new(capacity, first));
    let producer = Producer {
        shared: Arc::clone(&shared),
        tail: first,
    };
    (producer, Consumer { shared })
}

/// The end that publishes. There is one per ring.
pub struct Producer<T> {
    shared: Arc<Shared<T>>,
    /// The next position to fill. The shared copy follows it.
    tail: usize,
}

/// The end that takes. There is one per ring; [`Stealer`]s compete with it.
pub struct Consumer<T> {
    shared: Arc<Shared<T>>,
}

/// Takes from the same end as the [`Consumer`], from any thread.
pub struct Stealer<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    /// The next position to take. Moved by consumers only, by compare-and-swap.
    head: Line<AtomicUsize>,
    /// How many values were ever published. Stored by the producer only; informs, decides nothing.
    tail: Line<AtomicUsize>,
    places: Box<[Place<T>]>,
    /// `places.len() - 1`: the length is a power of two.
    mask: usize,
}

struct Place<T> {
    /// Whose the place is: see the table in the file's head.
    sequence: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// Keeps the two indices on cache lines of their own. 128: x86 fetches lines in pairs, Apple's are
/// that long.
#[repr(align(128))]
struct Line<T>(T);

// SAFETY: a value of T is written by one thread and moved out by one other: it is sent, never
// shared by reference, so T: Send is enough. Access to a place's cell is exclusive by its sequence
// number.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Producer<T> {
    /// Appends a value, or gives it back when the ring is full.
    pub fn publish(&mut self, value: T) -> Result<(), T> {
        let position = self.tail;
        let place = self.shared.place(position);
        if place.sequence.load(Acquire) != position {
            return Err(value);
        }
        place.value.with_mut(|cell| {
            debug_assert_eq!(
                place.sequence.load(Acquire),
                position,
                "the place is the producer's"
            );
            // SAFETY: sequence == position says that the place is free and the producer's. There is
            // one producer (&mut self), and consumers touch the cell only at position + 1. The
            // Acquire load ordered the previous consumer's move out of the cell before this write.
            unsafe { cell.write(MaybeUninit::new(value)) }
        });
        self.tail = position.wrapping_add(1);
        self.shared.tail.0.store(self.tail, Relaxed);
        place.sequence.store(self.tail, Release);
        Ok(())
    }

    /// Whether [`publish`](Self::publish) would refuse now. Stays false until the next publish.
    pub fn is_full(&self) -> bool {
        self.shared.place(self.tail).sequence.load(Acquire) != self.tail
    }

    /// How many values wait to be taken; at once out of date while consumers run.
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// Whether nothing waits to be taken; at once out of date while consumers run.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values fit.
    pub fn capacity(&self) -> usize {
        self.shared.places.len()
    }
}

impl<T> Consumer<T> {
    /// Takes the oldest value.
    pub fn take(&mut self) -> Option<T> {
        self.shared.take()
    }

    /// Whether there is nothing to take. After a SeqCst fence it does not miss a value whose
    /// producer went through its own SeqCst fence before: this is what [`Gate`](crate::Gate) builds
    /// on.
    pub fn is_empty(&self) -> bool {
        self.shared.claimable().is_none()
    }

    /// A handle with which other threads take from this ring.
    pub fn stealer(&self) -> Stealer<T> {
        Stealer {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Stealer<T> {
    /// Takes the oldest value in the consumer's stead.
    pub fn steal(&self) -> Option<T> {
        self.shared.take()
    }

    /// How many values wait to be taken; at once out of date.
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// Whether there is nothing to steal; at once out of date.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for Stealer<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Shared<T> {
    fn new(capacity: usize, first: usize) -> Self {
        debug_assert!(capacity.is_power_of_two() && capacity >= 2);
        let mask = capacity - 1;
        // The place at `index` waits for the first position that lives there.
        let place = |index: usize| Place {
            sequence: AtomicUsize::new(first.wrapping_add(index.wrapping_sub(first) & mask)),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        };
        Self {
            head: Line(AtomicUsize::new(first)),
            tail: Line(AtomicUsize::new(first)),
            places: (0..capacity).map(place).collect(),
            mask,
        }
    }

    #[inline]
    fn place(&self, position: usize) -> &Place<T> {
        // In range, as mask == len - 1.
        &self.places[position & self.mask]
    }

    /// The position to claim next, if its value is there.
    #[inline]
    fn claimable(&self) -> Option<usize> {
        loop {
            let position = self.head.0.load(Relaxed);
            let sequence = self.place(position).sequence.load(Acquire);
            match lead(sequence, position.wrapping_add(1)) {
                0 => return Some(position),
                // Not published yet.
                ..0 => return None,
                // From a later round: another consumer was here and head has moved on. The Acquire
                // load above made that move visible.
                1.. => {}
            }
        }
    }

    fn take(&self) -> Option<T> {
        let position = loop {
            let position = self.claimable()?;
            let next = position.wrapping_add(1);
            if self
                .head
                .0
                .compare_exchange_weak(position, next, Relaxed, Relaxed)
                .is_ok()
            {
                break position;
            }
        };
        let place = self.place(position);
        // As if to write: under loom a second thread in this cell, even a reader, is then an error.
        let value = place.value.with_mut(|cell| {
            debug_assert_eq!(
                place.sequence.load(Acquire),
                position.wrapping_add(1),
                "the place is this consumer's"
            );
            // SAFETY: claimable() saw sequence == position + 1 with Acquire, so the producer's
            // write of the value happened before. The compare-and-swap gave this position to this
            // thread alone, and the producer stays away until the sequence changes below. The value
            // is read once: no later claim can get this position before the place has been filled
            // anew.
            unsafe { cell.read().assume_init() }
        });
        place
            .sequence
            .store(position.wrapping_add(self.places.len()), Release);
        Some(value)
    }

    fn len(&self) -> usize {
        let head = self.head.0.load(Relaxed);
        let tail = self.tail.0.load(Relaxed);
        // The two loads are no snapshot: between them consumers and producer move on.
        lead(tail, head)
            .clamp(0, self.places.len().cast_signed())
            .cast_unsigned()
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        let mut position = self.head.0.load(Relaxed);
        loop {
            let place = self.place(position);
            let next = position.wrapping_add(1);
            if place.sequence.load(Relaxed) != next {
                break;
            }
            place.value.with_mut(|cell| {
                debug_assert_eq!(place.sequence.load(Relaxed), next, "the place is full");
                // SAFETY: &mut self: no handle is left, and their drops (a reference count, Release
                // then Acquire) ordered all they did before this. sequence == position + 1 says
                // that the value was written and not moved out; the walk visits each position once.
                unsafe { (*cell).assume_init_drop() }
            });
            position = next;
        }
    }
}

/// How far `a` is ahead of `b`, on a circle: negative when it is behind.
#[inline]
fn lead(a: usize, b: usize) -> isize {
    a.wrapping_sub(b).cast_signed()
}

impl<T> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("len", &self.shared.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Stealer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stealer")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
