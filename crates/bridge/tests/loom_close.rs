//! Leaving under the model checker: an end or a bell goes while the other side uses it.
#![cfg(loom)]

mod support;

use lanner_bridge::{Doorbell, Gate, lane};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use support::census;
use support::marked;
use support::model::{Sleeper, model};

/// A bell over memory that is its owner's again once the gate is detached, as an isolate's is. Loom
/// reports any access by a ring that detach did not wait for.
struct Fragile(Arc<Memory>);

struct Memory(UnsafeCell<usize>);

// SAFETY: nothing promises this but the gate, and that is what the tests check: loom tracks the
// cell.
unsafe impl Sync for Memory {}
// SAFETY: a number.
unsafe impl Send for Memory {}

impl Memory {
    fn touch(&self) -> usize {
        self.0.with_mut(|count| {
            // SAFETY: loom panics before two threads are in here without an order between them.
            unsafe {
                *count += 1;
                *count
            }
        })
    }
}

impl Doorbell for Fragile {
    fn ring(&self) {
        self.0.touch();
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        self.0.touch();
    }
}

fn fragile() -> (Arc<Gate>, Arc<Memory>) {
    let memory = Arc::new(Memory(UnsafeCell::new(0)));
    (Gate::new(Box::new(Fragile(Arc::clone(&memory)))), memory)
}

#[test]
fn a_detached_bell_is_not_touched_again() {
    model(|| {
        let (gate, memory) = fragile();
        let threads = [0, 1].map(|_| {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.wake())
        });
        let slept = gate.try_sleep(|| true);
        gate.detach();
        // The bell's one drop, its rings, and this.
        let touched = memory.touch();
        assert!(gate.is_detached() && slept);
        let rung = threads.map(|thread| thread.join().unwrap());
        let rings = rung.into_iter().filter(|rang| *rang).count();
        assert!(rings <= 1);
        assert_eq!(
            touched,
            2 + rings,
            "whoever rang did so before detach returned"
        );
    });
}

#[test]
fn two_threads_may_detach_at_once() {
    model(|| {
        let (gate, memory) = fragile();
        assert!(gate.try_sleep(|| true));
        let other = Arc::clone(&gate);
        let ringer = Arc::clone(&gate);
        let detacher = thread::spawn(move || other.detach());
        let ringing = thread::spawn(move || ringer.wake());
        gate.detach();
        memory.touch();
        detacher.join().unwrap();
        let rang = ringing.join().unwrap();
        assert_eq!(memory.touch(), 3 + usize::from(rang));
    });
}

#[test]
fn a_bell_that_detaches_itself_goes_once() {
    /// Detaches its gate when it is rung.
    struct Leaving(Arc<loom::sync::Mutex<Option<Arc<Gate>>>>, Fragile);
    impl Doorbell for Leaving {
        fn ring(&self) {
            self.1.ring();
            let gate = self.0.lock().unwrap().take();
            if let Some(gate) = gate {
                gate.detach();
            }
        }
    }
    model(|| {
        let memory = Arc::new(Memory(UnsafeCell::new(0)));
        let own = Arc::new(loom::sync::Mutex::new(None));
        let bell = Leaving(Arc::clone(&own), Fragile(Arc::clone(&memory)));
        let gate = Gate::new(Box::new(bell));
        *own.lock().unwrap() = Some(Arc::clone(&gate));
        let ringer = Arc::clone(&gate);
        let ringing = thread::spawn(move || ringer.wake());
        let slept = gate.try_sleep(|| true);
        gate.detach();
        memory.touch();
        let rang = ringing.join().unwrap();
        assert_eq!((memory.touch(), slept), (3 + usize::from(rang), true));
        own.lock().unwrap().take();
    });
}

#[test]
fn an_isolate_leaves_while_an_io_thread_publishes_and_rings() {
    const SIZE: usize = census::size(1);
    model(|| {
        let (gate, memory) = fragile();
        let io_gate = Sleeper::new().gate;
        let (mut io, mut isolate) = lane(2, 2, Arc::clone(&gate), io_gate);
        let thread = thread::spawn(move || {
            let mut refused = 0;
            for count in 0..2 {
                refused += usize::from(io.publish(marked(SIZE, count)).is_err());
                io.wake_isolate();
            }
            (io, refused)
        });
        // The order in which an isolate goes: the bell first, then its lanes.
        let _ = gate.try_sleep(|| isolate.is_quiet());
        gate.detach();
        memory.touch();
        let taken = isolate.take();
        drop(isolate);
        let (mut io, _) = thread.join().unwrap();
        assert!(io.isolate_closed());
        assert!(io.publish(marked(SIZE, 9)).is_err());
        assert!(io.take().is_none());
        drop((io, taken));
        assert_eq!(census::live(SIZE), 0);
    });
}

#[test]
fn an_io_thread_leaves_while_an_isolate_publishes_and_rings() {
    const SIZE: usize = census::size(2);
    model(|| {
        let (gate, memory) = fragile();
        let (mut io, mut isolate) = lane(2, 2, Sleeper::new().gate, Arc::clone(&gate));
        let thread = thread::spawn(move || {
            for count in 0..2 {
                drop(isolate.publish(marked(SIZE, count)));
                isolate.wake_io();
            }
            isolate
        });
        let _ = gate.try_sleep(|| io.is_quiet());
        gate.detach();
        memory.touch();
        drop(io.take());
        drop(io);
        let isolate = thread.join().unwrap();
        assert!(isolate.io_closed());
        drop(isolate);
        assert_eq!(census::live(SIZE), 0);
    });
}

#[test]
fn a_sleeping_io_thread_learns_that_the_isolate_has_gone() {
    const SIZE: usize = census::size(3);
    model(|| {
        let mut at_io = Sleeper::new();
        let (mut io, mut isolate) = lane(2, 2, Sleeper::new().gate, Arc::clone(&at_io.gate));
        // A last reply, published and not announced: the close is what announces it.
        let thread = thread::spawn(move || assert!(isolate.publish(marked(SIZE, 1)).is_ok()));
        let mut replies = 0;
        loop {
            let closed = io.isolate_closed();
            while io.take().is_some() {
                replies += 1;
            }
            if closed {
                break;
            }
            at_io.sleep_if(|| io.is_quiet());
        }
        assert_eq!(replies, 1, "all that was published before the close");
        assert!(io.is_quiet());
        thread.join().unwrap();
        assert_eq!(census::live(SIZE), 0);
    });
}

#[test]
fn a_sleeping_isolate_learns_that_the_io_thread_has_gone() {
    const SIZE: usize = census::size(4);
    model(|| {
        let mut at_isolate = Sleeper::new();
        let gate = Arc::clone(&at_isolate.gate);
        let (mut io, mut isolate) = lane(2, 2, gate, Sleeper::new().gate);
        let thread = thread::spawn(move || assert!(io.publish(marked(SIZE, 1)).is_ok()));
        let mut requests = 0;
        while !isolate.io_closed() {
            at_isolate.sleep_if(|| isolate.is_quiet());
            while isolate.take().is_some() {
                requests += 1;
            }
        }
        requests += usize::from(isolate.take().is_some());
        assert_eq!(requests, 1);
        thread.join().unwrap();
        drop(isolate);
        assert_eq!(census::live(SIZE), 0);
    });
}

#[test]
fn both_ends_and_a_thief_leave_at_once() {
    const SIZE: usize = census::size(5);
    model(|| {
        let (io_gate, isolate_gate) = (Sleeper::new().gate, Sleeper::new().gate);
        let (mut io, mut isolate) = lane(2, 2, isolate_gate, io_gate);
        let stealer = isolate.stealer();
        assert!(io.publish(marked(SIZE, 1)).is_ok());
        assert!(isolate.publish(marked(SIZE, 2)).is_ok());
        let thief = thread::spawn(move || drop(stealer.steal()));
        let leaver = thread::spawn(move || drop(isolate));
        drop(io.publish(marked(SIZE, 3)));
        drop(io);
        thief.join().unwrap();
        leaver.join().unwrap();
        assert_eq!(census::live(SIZE), 0);
    });
}
