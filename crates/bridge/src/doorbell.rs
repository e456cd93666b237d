//! Wakes a sleeping consumer: once per sleep, and not at all while it is awake.
//!
//! A [`Gate`] belongs to one consumer thread (an I/O thread or an isolate), however many rings that
//! thread reads; all producers of those rings share it. It promises that no published value is left
//! with a sleeping consumer, that a bell is rung at most once per announced sleep, and that a
//! detached bell is never rung again. How a thread sleeps and what rings it is behind [`Doorbell`];
//! what was published is not looked at.
//!
//! # Who reads, who writes
//!
//! - `sleeping`: set by the consumer, in [`Gate::try_sleep`]; cleared by whoever ends the sleep:
//!   the one producer whose exchange finds it set (that one rings), or the consumer itself.
//! - `bell`: under its lock. Rung by producers, taken out by [`Gate::detach`]. The lock is touched
//!   only by a producer that ends a sleep, which is about to pay for a system call anyway.
//!
//! # No lost wake-up
//!
//! ```text
//!   producer                              consumer
//!   publish        (Release)              sleeping = true  (Relaxed)
//!   fence SeqCst                          fence SeqCst
//!   read sleeping  (Relaxed)              is there anything to take?  (Acquire)
//! ```
//!
//! Of the two fences one comes first. If the producer's: the consumer sees what was published, and
//! stays awake. If the consumer's: the producer sees the flag, and rings. Without either fence both
//! sides may read the old state, and the value would wait for the next one. What is published after
//! the bell, but before the consumer sleeps again, is found by the look before that next sleep.
//!
//! # Leaving
//!
//! An isolate ends while I/O threads publish. [`Gate::detach`] takes the bell out under the lock:
//! it waits for a ring that is under way, and every later one finds nothing. A bell that detaches
//! its own gate while it is being rung does not wait for itself: it is dropped as soon as that ring
//! returns.

use std::fmt;
use std::sync::PoisonError;

use crate::sync::{
    Arc, AtomicBool, AtomicUsize, Mutex, MutexGuard,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence, thread_token,
};

/// Wakes one consumer thread.
///
/// `ring` is called from any thread, and a bell is dropped, under the gate's lock: both must be
/// short, must not panic, and must not wait for the consumer nor for a lock that the consumer holds
/// while it detaches. Of its own gate it may call [`Gate::detach`] and nothing else. A ring may
/// reach a consumer that is awake already.
pub trait Doorbell: Send + Sync {
    /// Wakes the consumer.
    fn ring(&self);
}

/// One consumer thread's sleeping flag, and the bell that wakes it.
pub struct Gate {
    sleeping: AtomicBool,
    detached: AtomicBool,
    /// Set by a bell that detaches its own gate; read by the frame that rings it. One thread only.
    detached_inside: AtomicBool,
    /// The token of the thread that is ringing, or 0. A thread only asks whether it is its own,
    /// which no other thread ever stores: so the answer is never out of date.
    ringer: AtomicUsize,
    bell: Mutex<Option<Box<dyn Doorbell>>>,
}

impl Gate {
    /// A gate whose consumer is awake.
    pub fn new(bell: Box<dyn Doorbell>) -> Arc<Gate> {
        Arc::new(Gate {
            sleeping: AtomicBool::new(false),
            detached: AtomicBool::new(false),
            detached_inside: AtomicBool::new(false),
            ringer: AtomicUsize::new(0),
            bell: Mutex::new(Some(bell)),
        })
    }

    /// Consumer: announces sleep, then asks `is_empty` once more. True: nothing is there, and
    /// whatever comes will ring the bell. False: the consumer is awake still and has something to
    /// take.
    ///
    /// After [`detach`](Self::detach) no bell will ring: a consumer that goes on must wake by
    /// itself.
    #[must_use = "a consumer that may not sleep has something to take"]
    pub fn try_sleep(&self, is_empty: impl FnOnce() -> bool) -> bool {
        self.sleeping.store(true, Relaxed);
        // Pairs with the fence in wake().
        fence(SeqCst);
        let may_sleep = is_empty();
        if !may_sleep {
            self.awake();
        }
        may_sleep
    }

    /// Consumer: is awake, whatever woke it. Saves producers a ring; idempotent.
    pub fn awake(&self) {
        self.sleeping.store(false, Relaxed);
    }

    /// Whether the consumer has announced its sleep. Out of date at once: a hint on whether
    /// [`wake`](Self::wake) would ring, and no replacement for it.
    pub fn is_asleep(&self) -> bool {
        self.sleeping.load(Relaxed)
    }

    /// Producer, after publishing: rings if the consumer sleeps. Returns whether it rang.
    pub fn wake(&self) -> bool {
        // Pairs with the fence in try_sleep().
        fence(SeqCst);
        // One producer wins the exchange and rings. The others, and all of them while the consumer
        // is awake, only read: the line stays shared.
        let asleep = self.sleeping.load(Relaxed)
            && self
                .sleeping
                .compare_exchange(true, false, Relaxed, Relaxed)
                .is_ok();
        asleep && self.ring()
    }

    /// Takes the bell away. When this returns no thread is ringing it, and none ever will; it has
    /// been dropped. Called from inside the bell's own ring, it returns at once, and the bell is
    /// dropped when that ring returns. Idempotent.
    pub fn detach(&self) {
        self.detached.store(true, Release);
        if self.ringer.load(Relaxed) == thread_token() {
            self.detached_inside.store(true, Relaxed);
            return;
        }
        // Dropped before the lock is let go: a second detach must not return while the first one
        // drops.
        *self.lock() = None;
    }

    /// Whether [`detach`](Self::detach) was called. False may be out of date at once; true stays.
    pub fn is_detached(&self) -> bool {
        self.detached.load(Acquire)
    }

    fn ring(&self) -> bool {
        let mut bell = self.lock();
        let Some(present) = bell.as_ref() else {
            return false;
        };
        let ringing = Ringing::enter(&self.ringer);
        present.ring();
        drop(ringing);
        if self.detached_inside.load(Relaxed) {
            *bell = None;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<dyn Doorbell>>> {
        // A bell that panicked, against its contract, leaves an Option that is as whole as before.
        self.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("sleeping", &self.sleeping.load(Relaxed))
            .field("detached", &self.detached.load(Relaxed))
            .finish_non_exhaustive()
    }
}

/// Names the ringing thread for as long as it rings, also when the bell unwinds.
struct Ringing<'a>(&'a AtomicUsize);

impl<'a> Ringing<'a> {
    fn enter(ringer: &'a AtomicUsize) -> Self {
        ringer.store(thread_token(), Relaxed);
        Self(ringer)
    }
}

impl Drop for Ringing<'_> {
    fn drop(&mut self) {
        self.0.store(0, Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::OnceLock;
    use std::sync::Weak;

    use super::*;

    /// Counts its rings, and its drops a thousandfold.
    struct Counting(Arc<AtomicUsize>);

    impl Doorbell for Counting {
        fn ring(&self) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    impl Drop for Counting {
        fn drop(&mut self) {
            self.0.fetch_add(1000, Relaxed);
        }
    }

    fn gate() -> (Arc<Gate>, Arc<AtomicUsize>) {
        let rings = Arc::new(AtomicUsize::new(0));
        (Gate::new(Box::new(Counting(Arc::clone(&rings)))), rings)
    }

    #[test]
    fn an_awake_consumer_is_left_alone() {
        let (gate, rings) = gate();
        assert!(!gate.wake());
        assert_eq!(rings.load(Relaxed), 0);
    }

    #[test]
    fn a_sleeping_consumer_is_rung_once() {
        let (gate, rings) = gate();
        for round in 1..=3 {
            assert!(gate.try_sleep(|| true));
            assert!(gate.wake());
            assert!(!gate.wake());
            assert_eq!(rings.load(Relaxed), round);
        }
    }

    #[test]
    fn a_consumer_with_something_to_take_stays_awake() {
        let (gate, rings) = gate();
        assert!(!gate.try_sleep(|| false));
        assert!(!gate.wake());
        assert_eq!(rings.load(Relaxed), 0);
    }

    #[test]
    fn what_arrives_during_the_last_look_rings() {
        let (gate, rings) = gate();
        assert!(gate.try_sleep(|| {
            assert!(gate.wake());
            true
        }));
        assert_eq!(rings.load(Relaxed), 1);
    }

    #[test]
    fn a_consumer_that_woke_by_itself_is_not_rung() {
        let (gate, rings) = gate();
        assert!(gate.try_sleep(|| true));
        gate.awake();
        gate.awake();
        assert!(!gate.wake());
        assert_eq!(rings.load(Relaxed), 0);
    }

    #[test]
    fn a_detached_gate_drops_its_bell_and_never_rings() {
        let (gate, rings) = gate();
        assert!(gate.try_sleep(|| true));
        assert!(!gate.is_detached());
        gate.detach();
        assert!(gate.is_detached());
        assert_eq!(rings.load(Relaxed), 1000);
        assert!(!gate.wake());
        gate.detach();
        assert!(gate.try_sleep(|| true));
        assert!(!gate.wake());
        assert_eq!(rings.load(Relaxed), 1000);
    }

    #[test]
    fn a_bell_may_detach_its_own_gate() {
        struct Leaving(Arc<OnceLock<Weak<Gate>>>, Counting);
        impl Doorbell for Leaving {
            fn ring(&self) {
                self.1.ring();
                let gate = self
                    .0
                    .get()
                    .and_then(Weak::upgrade)
                    .expect("the test holds the gate");
                gate.detach();
                gate.detach();
                assert!(gate.is_detached());
                assert_eq!(self.1.0.load(Relaxed), 1, "not dropped while it rings");
            }
        }
        let (own, rings) = (Arc::new(OnceLock::new()), Arc::new(AtomicUsize::new(0)));
        let bell = Leaving(Arc::clone(&own), Counting(Arc::clone(&rings)));
        let gate = Gate::new(Box::new(bell));
        own.set(Arc::downgrade(&gate)).expect("set once");
        assert!(gate.try_sleep(|| true));
        assert!(gate.wake());
        assert_eq!(rings.load(Relaxed), 1001);
        assert!(gate.try_sleep(|| true));
        assert!(!gate.wake());
    }

    #[test]
    fn a_bell_that_panics_leaves_the_gate_usable() {
        struct Broken;
        impl Doorbell for Broken {
            fn ring(&self) {
                panic!("against the contract");
            }
        }
        let gate = Gate::new(Box::new(Broken));
        let ring = || std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.wake()));
        for _ in 0..2 {
            assert!(gate.try_sleep(|| true));
            assert!(ring().is_err());
        }
        gate.detach();
        assert!(gate.try_sleep(|| true));
        assert!(!ring().expect("the bell is gone"));
    }
}
