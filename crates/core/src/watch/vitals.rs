//! Delay and utilisation of one event loop, sampled.
//!
//! The clock samples at each of its ticks, probes and counters read. Promises that reading waits
//! for nobody, and that no delay is left out however short it was: the pulse keeps the longest.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Over which time the utilisation is taken.
const WINDOW: Duration = Duration::from_secs(1);
/// Over how many of those windows the longest delay is taken.
const WINDOWS: usize = 10;
/// The utilisation is not known.
const UNKNOWN: u64 = u64::MAX;

/// What is known of an isolate's event loop.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Vitals {
    /// Milliseconds since it was rung or began its turn; 0 at rest.
    pub delay_ms: u64,
    /// The longest such time of the last ten seconds.
    pub delay_max_ms: u64,
    /// Share of the last second in which the event loop did not sleep; none where the runtime does
    /// not say.
    pub utilization: Option<f64>,
}

impl Vitals {
    /// The worse of each.
    pub(crate) fn worse(self, other: Self) -> Self {
        Self {
            delay_ms: self.delay_ms.max(other.delay_ms),
            delay_max_ms: self.delay_max_ms.max(other.delay_max_ms),
            utilization: match (self.utilization, other.utilization) {
                (Some(one), Some(two)) => Some(one.max(two)),
                (one, two) => one.or(two),
            },
        }
    }
}

/// What was sampled.
#[derive(Debug)]
pub(crate) struct Samples {
    delay_max_ms: AtomicU64,
    /// Thousandths, or `UNKNOWN`.
    utilization: AtomicU64,
    sampler: Mutex<Sampler>,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            delay_max_ms: AtomicU64::new(0),
            utilization: AtomicU64::new(UNKNOWN),
            sampler: Mutex::default(),
        }
    }
}

/// What the one who samples remembers.
#[derive(Debug, Default)]
struct Sampler {
    /// When the window began, and for how long the loop had slept then.
    began: Option<(Instant, Option<Duration>)>,
    current_ms: u64,
    windows: VecDeque<u64>,
}

impl Samples {
    /// The longest delay since the last sample was `longest_ms`; `idle` says for how long the loop
    /// has slept since it began.
    pub(crate) fn sample(
        &self,
        longest_ms: u64,
        idle: impl FnOnce() -> Option<Duration>,
        now: Instant,
    ) {
        let mut sampler = self.sampler.lock().unwrap_or_else(PoisonError::into_inner);
        sampler.current_ms = sampler.current_ms.max(longest_ms);
        let longest = sampler.windows.iter().copied().max().unwrap_or_default();
        self.delay_max_ms
            .store(longest.max(sampler.current_ms), Relaxed);
        let (began, slept_before) = match sampler.began {
            Some((began, _)) if now.duration_since(began) < WINDOW => return,
            Some(began) => began,
            None => (now, None),
        };
        let slept = idle();
        let utilization = utilization(now.duration_since(began), slept_before, slept);
        self.utilization
            .store(utilization.unwrap_or(UNKNOWN), Relaxed);
        sampler.began = Some((now, slept));
        sampler.windows.truncate(WINDOWS - 1);
        let current = std::mem::take(&mut sampler.current_ms);
        sampler.windows.push_front(current);
    }

    /// What is known, with the delay as it is now.
    pub(crate) fn vitals(&self, delay_ms: u64) -> Vitals {
        let thousandths = self.utilization.load(Relaxed);
        Vitals {
            delay_ms,
            delay_max_ms: self.delay_max_ms.load(Relaxed).max(delay_ms),
            utilization: (thousandths != UNKNOWN).then_some(thousandths as f64 / 1_000.0),
        }
    }
}

/// The share of `wall` in which a loop did not sleep, in thousandths.
fn utilization(wall: Duration, before: Option<Duration>, after: Option<Duration>) -> Option<u64> {
    let slept = after?.saturating_sub(before?).min(wall);
    let busy = (wall - slept).as_micros() * 1_000;
    u64::try_from(busy.checked_div(wall.as_micros())?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn utilisation_is_the_share_that_was_not_slept() {
        let table = [
            (ms(1_000), Some(ms(0)), Some(ms(1_000)), Some(0)),
            (ms(1_000), Some(ms(500)), Some(ms(750)), Some(750)),
            (ms(1_000), Some(ms(500)), Some(ms(500)), Some(1_000)),
            (ms(1_000), Some(ms(500)), Some(ms(9_000)), Some(0)),
            (ms(1_000), None, Some(ms(1)), None),
            (ms(1_000), Some(ms(1)), None, None),
            (ms(0), Some(ms(1)), Some(ms(1)), None),
        ];
        for (wall, before, after, expected) in table {
            assert_eq!(utilization(wall, before, after), expected, "{wall:?}");
        }
    }

    #[test]
    fn the_longest_delay_is_kept_for_ten_windows() {
        let (samples, began) = (Samples::default(), Instant::now());
        let at = |tick: u64, longest| samples.sample(longest, || None, began + ms(500 * tick));
        at(0, 0);
        at(1, 40);
        assert_eq!(samples.vitals(0).delay_max_ms, 40);
        assert_eq!(samples.vitals(70).delay_max_ms, 70, "the present one too");
        (2..=21).for_each(|tick| at(tick, 3));
        assert_eq!(samples.vitals(0).delay_max_ms, 40);
        (22..=24).for_each(|tick| at(tick, 3));
        assert_eq!(samples.vitals(0).delay_max_ms, 3);
    }

    #[test]
    fn utilisation_is_of_the_last_window() {
        let (samples, began) = (Samples::default(), Instant::now());
        let at = |tick: u64, slept| {
            samples.sample(0, || Some(ms(slept)), began + ms(500 * tick));
            samples.vitals(0).utilization
        };
        let seen = [(0, 0), (1, 500), (2, 1_000), (3, 1_000), (4, 1_250)]
            .map(|(tick, slept)| at(tick, slept));
        assert_eq!(seen, [None, None, Some(0.0), Some(0.0), Some(0.75)]);
    }

    #[test]
    fn the_worst_of_several_loops() {
        let one = Vitals {
            delay_ms: 5,
            delay_max_ms: 9,
            utilization: None,
        };
        let two = Vitals {
            delay_ms: 1,
            delay_max_ms: 10,
            utilization: Some(0.5),
        };
        let worse = Vitals { delay_ms: 5, ..two };
        assert_eq!((one.worse(two), two.worse(one)), (worse, worse));
        assert_eq!(one.worse(one).utilization, None);
    }
}
