//! Loom, bounded: every interleaving with up to three preemptions, or as many as the environment
//! says.

use lanner_bridge::{Doorbell, Gate};
use loom::sync::{Arc, Notify, atomic::AtomicUsize, atomic::Ordering::Relaxed};

/// Runs `body` once for each interleaving.
pub(crate) fn model(body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(body);
}

/// A thread's bed: sleeps until its bell is rung. Nobody rings: loom reports a deadlock.
pub(crate) struct Sleeper {
    pub(crate) gate: Arc<Gate>,
    notify: Arc<Notify>,
    rings: Arc<AtomicUsize>,
    sleeps: usize,
}

struct Bell(Arc<Notify>, Arc<AtomicUsize>);

impl Doorbell for Bell {
    fn ring(&self) {
        self.1.fetch_add(1, Relaxed);
        self.0.notify();
    }
}

impl Sleeper {
    pub(crate) fn new() -> Self {
        let (notify, rings) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let gate = Gate::new(Box::new(Bell(Arc::clone(&notify), Arc::clone(&rings))));
        Self {
            gate,
            notify,
            rings,
            sleeps: 0,
        }
    }

    /// Sleeps, unless there is something to take after all. Loom also wakes it for no reason.
    pub(crate) fn sleep_if(&mut self, is_empty: impl FnOnce() -> bool) {
        self.sleeps += 1;
        if self.gate.try_sleep(is_empty) {
            self.notify.wait();
            self.gate.awake();
        }
    }

    /// At most one ring for each time that this thread said it would sleep.
    pub(crate) fn assert_rung_no_more_than_it_slept(&self) {
        assert!(self.rings.load(Relaxed) <= self.sleeps);
    }
}
