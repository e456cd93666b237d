//! Admission by waiting time: whether the queue to an isolate stands, or only has a wave.
//!
//! Asked before a request is given to a lane. As CoDel does, it looks at the shortest wait: a queue
//! that was at its target once within the interval is a burst that is being worked off; one that
//! never was is overload, and what comes is shed until the wait is at its target again. Promises
//! to look at most once per millisecond, and needs no timer.

use std::collections::VecDeque;

use crate::rules::Priority;

/// For how long every wait must be above the target. A pause of the garbage collector, or a start
/// of the application, is shorter.
pub const INTERVAL_MS: u64 = 1_000;

/// Times that there is room for at once: a healthy queue is far shorter, and allocates nothing.
const USUAL: usize = 64;

/// The waiting times of one lane.
#[derive(Debug)]
pub(super) struct Admission {
    /// When each batch that was not taken yet was handed over, or was when we looked last.
    published: VecDeque<u64>,
    /// Since when every wait is above the target.
    above_since: Option<u64>,
    looked_at: u64,
    sheds: bool,
}

impl Default for Admission {
    fn default() -> Self {
        Self {
            published: VecDeque::with_capacity(USUAL),
            above_since: None,
            looked_at: 0,
            sheds: false,
        }
    }
}

impl Admission {
    /// A batch was handed over; `queued` batches were not taken, this one among them.
    pub(super) fn published(&mut self, now: u64, queued: usize) {
        self.forget(queued.saturating_sub(1));
        self.published.push_back(now);
    }

    /// Forgets those that were taken: all but the last `queued`.
    fn forget(&mut self, queued: usize) {
        let taken = self.published.len().saturating_sub(queued);
        self.published.drain(..taken);
    }

    /// Whether a request may join; `queued` counts the batches that were not taken. One of low
    /// priority does not join a queue above its target, an urgent one joins any.
    pub(super) fn admits(
        &mut self,
        priority: Priority,
        (target, now): (u64, u64),
        queued: impl Fn() -> usize,
    ) -> bool {
        if target == 0 {
            return true;
        }
        if self.looked_at != now {
            self.looked_at = now;
            self.look(target, now, queued());
        }
        match priority {
            Priority::Low => self.above_since.is_none(),
            Priority::Normal => !self.sheds,
            Priority::High => true,
        }
    }

    fn look(&mut self, target: u64, now: u64, queued: usize) {
        self.forget(queued);
        let oldest = self.published.front().copied().unwrap_or(now);
        if now.saturating_sub(oldest) < target {
            self.above_since = None;
            self.sheds = false;
            return;
        }
        let since = *self.above_since.get_or_insert(oldest + target);
        self.sheds = now.saturating_sub(since) >= INTERVAL_MS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: u64 = 100;

    #[test]
    fn a_queue_that_stands_for_the_interval_is_shed_and_not_before() {
        let mut admission = Admission::default();
        admission.published(1_000, 1);
        assert!(admission.admits(Priority::Normal, (TARGET, 1_099), || 1));
        assert!(admission.admits(Priority::Normal, (TARGET, 2_099), || 1));
        assert!(!admission.admits(Priority::Normal, (TARGET, 2_100), || 1));
        assert!(
            admission.admits(Priority::Normal, (TARGET, 2_101), || 0),
            "it was worked off"
        );
    }

    #[test]
    fn one_short_wait_is_enough() {
        let mut admission = Admission::default();
        for now in (1_000..60_000).step_by(200) {
            admission.published(now, 1);
            assert!(
                admission.admits(Priority::Normal, (TARGET, now + 150), || 1),
                "{now}"
            );
            assert!(
                admission.admits(Priority::Normal, (TARGET, now + 199), || 0),
                "{now}"
            );
        }
    }

    #[test]
    fn a_queue_that_moves_and_stays_long_is_shed() {
        let mut admission = Admission::default();
        let mut shed_at = None;
        // One batch every ten milliseconds, each taken half a second later.
        for now in (1_000..4_000).step_by(10) {
            let waiting = usize::min(50, (now as usize - 990) / 10);
            admission.published(now, waiting);
            if !admission.admits(Priority::Normal, (TARGET, now), || waiting) {
                shed_at.get_or_insert(now);
            }
        }
        assert_eq!(shed_at, Some(2_100));
    }

    #[test]
    fn low_priority_waits_in_no_queue_and_high_priority_in_any() {
        let mut admission = Admission::default();
        admission.published(1_000, 1);
        for (now, low, normal) in [
            (1_099, true, true),
            (1_100, false, true),
            (2_099, false, true),
            (2_100, false, false),
        ] {
            let admits = |priority| admission.admits(priority, (TARGET, now), || 1);
            let all = [Priority::Low, Priority::Normal, Priority::High].map(admits);
            assert_eq!(all, [low, normal, true], "{now}");
        }
    }

    #[test]
    fn without_a_target_everything_is_admitted() {
        let mut admission = Admission::default();
        admission.published(0, 1);
        assert!(admission.admits(Priority::Normal, (0, 1 << 40), || 1));
    }
}
