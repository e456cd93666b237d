//! One isolate as the rest of the server knows it: gate, pulse, vitals, and the reports for it.
//!
//! Made when the isolate joins, kept on the board. The clock samples it, the watchdog leaves its
//! reports here, probes and counters read, the isolate takes its reports when JavaScript runs
//! again. Promises that whoever wakes the isolate stamps its pulse, and stamps it before the
//! isolate can answer; that reading waits for nobody; and that no more than `POST_MAX` reports
//! wait.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use lanner_bridge::{Doorbell, Gate};

use crate::metrics::IsolateStats;
use crate::pulse::Pulse;
use crate::watch::report::Stall;
use crate::watch::vitals::Samples;
use crate::watch::witness::Witness;

/// Reports that wait for JavaScript; later ones are dropped. More than one waits only where the
/// isolate never comes back.
const POST_MAX: usize = 16;
/// Looks at a clock of nanoseconds until which it has moved, also where it moves in coarse steps.
const ASLEEP_LOOKS: usize = 64;

/// Whether to ring an isolate at rest of which nobody knows whether its event loop sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfUnknown {
    Ring,
    Leave,
}

/// An isolate.
#[derive(Debug)]
pub struct Isolate {
    /// Where it sleeps.
    pub gate: Arc<Gate>,
    /// Stamped by the isolate itself around each of its turns.
    pub pulse: Arc<Pulse>,
    witness: OnceLock<Arc<dyn Witness>>,
    samples: Samples,
    has_post: AtomicBool,
    post: Mutex<Vec<Stall>>,
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
        Arc::new(Self {
            gate,
            pulse,
            witness: OnceLock::new(),
            samples: Samples::default(),
            has_post: AtomicBool::new(false),
            post: Mutex::default(),
        })
    }

    /// Says who can tell what the isolate does, once.
    pub fn set_witness(&self, witness: Arc<dyn Witness>) {
        // Only the first call counts; there is only one.
        let _ = self.witness.set(witness);
    }

    pub(crate) fn witness(&self) -> Option<&Arc<dyn Witness>> {
        self.witness.get()
    }

    /// Wakes it if it rests.
    pub(crate) fn ring(&self) {
        self.gate.wake();
    }

    /// Whether it rests, and its event loop sleeps. A loop that is awake while nobody asked us for
    /// anything may be stuck: the isolate is rung, and its pulse shows whether the loop turns. One
    /// that sleeps is left alone.
    pub(crate) fn feel(&self, if_unknown: IfUnknown) -> bool {
        if !self.gate.is_asleep() {
            return false;
        }
        match self.is_loop_asleep() {
            Some(true) => true,
            None if if_unknown == IfUnknown::Leave => true,
            _ => {
                self.ring();
                false
            }
        }
    }

    /// Whether the event loop sleeps now: only then grows the time that it has slept. Not known of
    /// a runtime that does not say.
    fn is_loop_asleep(&self) -> Option<bool> {
        let witness = self.witness()?;
        let before = witness.idle()?;
        Some((0..ASLEEP_LOOKS).any(|_| witness.idle() > Some(before)))
    }

    /// Samples the delay and the utilisation of its event loop; the clock does, and nobody else.
    pub(crate) fn sample(&self, now: Instant) {
        let idle = || self.witness()?.idle();
        self.samples.sample(self.pulse.take_longest(), idle, now);
    }

    /// What is known of it.
    pub(crate) fn stats(&self) -> IsolateStats {
        IsolateStats {
            vitals: Some(self.samples.vitals(self.pulse.delay())),
            ..self.pulse.stats()
        }
    }

    /// Leaves a report for the isolate and rings.
    pub(crate) fn post(&self, stall: Stall) {
        {
            let mut post = self.lock();
            if post.len() >= POST_MAX {
                return;
            }
            post.push(stall);
        }
        self.has_post.store(true, SeqCst);
        self.ring();
    }

    /// Whether reports wait; asked before an isolate sleeps.
    pub fn has_post(&self) -> bool {
        self.has_post.load(SeqCst)
    }

    /// The reports that wait; one load when there are none.
    pub fn take_post(&self) -> Vec<Stall> {
        if !self.has_post.load(Relaxed) {
            return Vec::new();
        }
        self.has_post.store(false, SeqCst);
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Stall>> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
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
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use super::*;
    use crate::watch::witness::Glimpse;

    fn pulse() -> Pulse {
        let began = Instant::now().checked_sub(Duration::from_secs(10));
        Pulse::new(began.unwrap_or_else(Instant::now), 1)
    }

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
        let isolate = Isolate::new(Quick(Arc::clone(&known)), pulse());
        known.set(Arc::clone(&isolate.pulse)).expect("once");
        assert!(isolate.gate.try_sleep(|| true));
        isolate.ring();
        std::thread::sleep(Duration::from_millis(3));
        assert_eq!(isolate.pulse.delay(), 0);
    }

    struct Counting(Arc<AtomicUsize>);

    impl Doorbell for Counting {
        fn ring(&self) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// An event loop that sleeps, or does not; or nobody knows.
    #[derive(Debug)]
    struct Told(Option<bool>, AtomicUsize);

    impl Witness for Told {
        fn ask(&self, _: &Arc<Glimpse>) {}

        fn idle(&self) -> Option<Duration> {
            let looks = self.1.fetch_add(1, Relaxed) as u64;
            self.0
                .map(|sleeps| Duration::from_nanos(if sleeps { looks } else { 0 }))
        }
    }

    #[test]
    fn only_a_loop_that_is_awake_is_rung() {
        use IfUnknown::{Leave, Ring};
        // Whether it sleeps, what is done where nobody knows, whether it rests, rings.
        let table = [
            (Some(true), Ring, true, 0),
            (Some(true), Leave, true, 0),
            (Some(false), Ring, false, 1),
            (Some(false), Leave, false, 1),
            (None, Ring, false, 1),
            (None, Leave, true, 0),
        ];
        for (sleeps, if_unknown, rests, rung) in table {
            let rings = Arc::new(AtomicUsize::new(0));
            let isolate = Isolate::new(Counting(Arc::clone(&rings)), pulse());
            isolate.set_witness(Arc::new(Told(sleeps, AtomicUsize::new(0))));
            assert!(!isolate.feel(if_unknown), "it has not slept yet");
            assert!(isolate.gate.try_sleep(|| true));
            assert_eq!(isolate.feel(if_unknown), rests, "{sleeps:?} {if_unknown:?}");
            assert_eq!(rings.load(Relaxed), rung, "{sleeps:?} {if_unknown:?}");
        }
    }

    #[test]
    fn reports_wait_in_order_and_are_bounded() {
        let isolate = Isolate::new(Counting(Arc::default()), pulse());
        assert!(!isolate.has_post() && isolate.take_post().is_empty());
        for ms in 0..=POST_MAX as u64 {
            isolate.post(Stall {
                ms,
                ..Stall::default()
            });
        }
        assert!(isolate.has_post());
        let taken: Vec<u64> = isolate.take_post().iter().map(|stall| stall.ms).collect();
        assert_eq!(taken, Vec::from_iter(0..POST_MAX as u64));
        assert!(!isolate.has_post());
    }
}
