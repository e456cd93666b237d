//! One isolate as the rest of the server knows it: its gate and its pulse.
//!
//! Made when the isolate joins, kept on the board. Promises that whoever wakes the isolate stamps
//! its pulse, and stamps it before the isolate can answer.

use std::sync::Arc;

use lanner_bridge::{Doorbell, Gate};

use crate::pulse::Pulse;

/// An isolate.
#[derive(Debug)]
pub struct Isolate {
    /// Where it sleeps.
    pub gate: Arc<Gate>,
    /// Stamped by the isolate itself around each of its turns.
    pub pulse: Arc<Pulse>,
}

impl Isolate {
    /// The isolate that `bell` wakes.
    pub(crate) fn new(bell: impl Doorbell + 'static, pulse: Pulse) -> Arc<Self> {
        let pulse = Arc::new(pulse);
        let stamps = Arc::clone(&pulse);
        let gate = Gate::new(Box::new(Stamped {
            pulse: stamps,
            bell,
        }));
        Arc::new(Self { gate, pulse })
    }

    /// Wakes it if it rests.
    pub(crate) fn ring(&self) {
        self.gate.wake();
    }
}

/// A bell that stamps the pulse before it rings. A stamp behind the ring could come when the turn
/// is over, and stand beside an isolate that sleeps.
struct Stamped<B> {
    pulse: Arc<Pulse>,
    bell: B,
}

impl<B: Doorbell> Doorbell for Stamped<B> {
    fn ring(&self) {
        self.pulse.rung();
        self.bell.ring();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    use super::*;

    /// Has its turn at once, while whoever rings is still ringing.
    struct Quick(Arc<OnceLock<Arc<Pulse>>>);

    impl Doorbell for Quick {
        fn ring(&self) {
            let pulse = self.0.get().expect("it is known before the first ring");
            assert!(pulse.delay() < 1_000, "stamped already");
            pulse.begin_turn();
            pulse.rest();
        }
    }

    #[test]
    fn an_isolate_that_answers_at_once_leaves_no_stamp_behind() {
        let known = Arc::new(OnceLock::new());
        let began = Instant::now().checked_sub(Duration::from_secs(10));
        let pulse = Pulse::new(began.unwrap_or_else(Instant::now), 1);
        let isolate = Isolate::new(Quick(Arc::clone(&known)), pulse);
        known.set(Arc::clone(&isolate.pulse)).expect("once");
        assert!(isolate.gate.try_sleep(|| true));
        isolate.ring();
        std::thread::sleep(Duration::from_millis(3));
        assert_eq!(isolate.pulse.delay(), 0);
    }
}
