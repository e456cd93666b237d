//! Admission by waiting time: whether the queue to an isolate stands, or only has a wave.
//!
//! Asked before a request is given to a lane. As CoDel does, it looks at the shortest wait: a queue
//! that was at its target once within the interval is a burst that is being worked off; one that
//! never was is overload. From then on just so many are admitted that the last of them waits for
//! the target: the queue stays as long as that, so the isolate is never without work, and what is
//! more than it can do is shed. That lasts until nothing had to be shed for an interval. A queue
//! whose end would wait for far longer than the target is shed without that second, as soon as the
//! pace of the isolate is known: a flood of ten times what it can do is let in for about as long as
//! the target. Promises to look at most once per millisecond, and needs no timer.

use std::collections::VecDeque;

use super::pace::Pace;
use crate::rules::Priority;

/// For how long every wait must be above the target, and for how long nothing must have been shed
/// before that counts again. A pause of the garbage collector, or a start of the application, is
/// shorter.
pub const INTERVAL_MS: u64 = 1_000;
/// A queue that stands is shed at once when its end would wait for so many times the target.
const CROWDED: u64 = 5;
/// How many times what the isolate works off meanwhile may join a queue that is held: in one batch
/// it would have to take them all in one turn.
const JOINING: u64 = 2;
/// A turn of the network side, where it has hardly waited since the last one.
const TURN_MS: u64 = 5;

/// Times that there is room for at once: a healthy queue is far shorter, and allocates nothing.
const USUAL: usize = 64;

/// A batch that was handed over and not taken yet.
#[derive(Debug)]
struct Waiting {
    /// When it was handed over, in milliseconds.
    since: u64,
    requests: u64,
}

/// The waiting times of one lane.
#[derive(Debug)]
pub(super) struct Admission {
    /// The batches that were not taken yet, or were not when we looked last.
    waiting: VecDeque<Waiting>,
    /// Requests that were taken.
    taken: u64,
    pace: Pace,
    /// Since when every wait is above the target.
    above_since: Option<u64>,
    looked_at: u64,
    /// When a request was shed last, while the queue is held at its target.
    holds: Option<u64>,
    /// Requests that may wait, of normal and of low priority.
    most: [u64; 2],
}

impl Default for Admission {
    fn default() -> Self {
        Self {
            waiting: VecDeque::with_capacity(USUAL),
            taken: 0,
            pace: Pace::default(),
            above_since: None,
            looked_at: 0,
            holds: None,
            most: [u64::MAX; 2],
        }
    }
}

impl Admission {
    /// A batch of so many requests was handed over; `queued` batches were not taken, this one among
    /// them.
    pub(super) fn published(&mut self, now: u64, queued: usize, requests: u64) {
        self.forget(queued.saturating_sub(1), now);
        self.waiting.push_back(Waiting {
            since: now,
            requests,
        });
    }

    /// Forgets those that were taken: all but the last `queued`.
    fn forget(&mut self, queued: usize, now: u64) {
        let gone = self.waiting.len().saturating_sub(queued);
        let requests = self
            .waiting
            .drain(..gone)
            .map(|batch| batch.requests)
            .sum::<u64>();
        self.taken += requests;
        match self.holds {
            _ if !self.waiting.is_empty() => {
                if requests > 0 {
                    self.pace.took(now, requests);
                }
            }
            None => self.pace.forget(),
            Some(_) => self.pace.took_all(now, requests),
        }
    }

    /// Whether a request may join; `queued` counts the batches that were not taken, `sent` the
    /// requests that were ever given to the lane. One of low priority does not join a queue above
    /// its target, an urgent one joins any.
    pub(super) fn admits(
        &mut self,
        priority: Priority,
        (target, now): (u64, u64),
        sent: u64,
        queued: impl Fn() -> usize,
    ) -> bool {
        if target == 0 {
            return true;
        }
        if self.looked_at != now {
            self.look(target, now, sent, queued());
            self.looked_at = now;
        }
        let waiting = sent.saturating_sub(self.taken);
        match priority {
            Priority::High => true,
            Priority::Low => waiting < self.most[1],
            Priority::Normal if waiting < self.most[0] => true,
            Priority::Normal => {
                self.holds = Some(now);
                false
            }
        }
    }

    fn look(&mut self, target: u64, now: u64, sent: u64, queued: usize) {
        self.forget(queued, now);
        let oldest = self.waiting.front().map_or(now, |batch| batch.since);
        let is_above = now.saturating_sub(oldest) >= target;
        let pace_us = self.pace.us();
        let waiting = sent.saturating_sub(self.taken);
        if is_above {
            let since = *self.above_since.get_or_insert(oldest + target);
            let stands = now.saturating_sub(since) >= INTERVAL_MS;
            let last_us = pace_us.map_or(0, |us| waiting.saturating_mul(us));
            if stands || last_us >= CROWDED.saturating_mul(target * 1_000) {
                self.holds = Some(now);
            }
        } else {
            self.above_since = None;
            let is_over = |shed: u64| now.saturating_sub(shed) >= INTERVAL_MS;
            self.holds = self.holds.filter(|shed| !is_over(*shed));
        }
        self.most = match (self.holds, is_above) {
            (None, false) => [u64::MAX; 2],
            (None, true) => [u64::MAX, 0],
            (Some(_), true) => [0; 2],
            // An empty queue is joined, whatever the pace was: who joins it tells the pace.
            (Some(_), false) => {
                let of_ms = |ms: u64| pace_us.map_or(u64::MAX, |us| ms * 1_000 / us);
                let since = now.saturating_sub(self.looked_at);
                let joining = of_ms(JOINING * since.clamp(TURN_MS, target.max(TURN_MS)));
                let most = of_ms(target).min(waiting.saturating_add(joining.max(1)));
                [most.max(1), (most / 2).max(1)]
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: u64 = 100;

    /// A lane whose batches have one request each.
    #[derive(Default)]
    struct Queue {
        admission: Admission,
        sent: u64,
    }

    impl Queue {
        fn publish(&mut self, now: u64, queued: usize) {
            self.sent += 1;
            self.admission.published(now, queued, 1);
        }

        fn admits(&mut self, priority: Priority, now: u64, queued: usize) -> bool {
            let Self { admission, sent } = self;
            admission.admits(priority, (TARGET, now), *sent, || queued)
        }

        fn admits_normal(&mut self, now: u64, queued: usize) -> bool {
            self.admits(Priority::Normal, now, queued)
        }
    }

    #[test]
    fn a_queue_that_stands_for_the_interval_is_shed_and_not_before() {
        let mut queue = Queue::default();
        queue.publish(1_000, 1);
        assert!(queue.admits_normal(1_099, 1));
        assert!(queue.admits_normal(2_099, 1));
        assert!(!queue.admits_normal(2_100, 1));
        assert!(queue.admits_normal(2_101, 0), "it was worked off");
    }

    #[test]
    fn one_short_wait_is_enough() {
        let mut queue = Queue::default();
        for now in (1_000..60_000).step_by(200) {
            queue.publish(now, 1);
            assert!(queue.admits_normal(now + 150, 1), "{now}");
            assert!(queue.admits_normal(now + 199, 0), "{now}");
        }
    }

    #[test]
    fn a_queue_that_moves_and_stays_long_is_shed() {
        let mut queue = Queue::default();
        let mut shed_at = None;
        // One batch every ten milliseconds, each taken 0.4 seconds later.
        for now in (1_000..4_000).step_by(10) {
            let waiting = usize::min(40, (now as usize - 990) / 10);
            queue.publish(now, waiting);
            if !queue.admits_normal(now, waiting) {
                shed_at.get_or_insert(now);
            }
        }
        assert_eq!(shed_at, Some(2_100));
    }

    #[test]
    fn low_priority_waits_in_no_queue_and_high_priority_in_any() {
        let mut queue = Queue::default();
        queue.publish(1_000, 1);
        for (now, low, normal) in [
            (1_099, true, true),
            (1_100, false, true),
            (2_099, false, true),
            (2_100, false, false),
        ] {
            let classes = [Priority::Low, Priority::Normal, Priority::High];
            let all = classes.map(|priority| queue.admits(priority, now, 1));
            assert_eq!(all, [low, normal, true], "{now}");
        }
    }

    #[test]
    fn without_a_target_everything_is_admitted() {
        let mut queue = Queue::default();
        queue.publish(0, 1);
        let Queue { admission, sent } = &mut queue;
        assert!(admission.admits(Priority::Normal, (0, 1 << 40), *sent, || 1));
    }

    /// What became of a load in some span of time.
    #[derive(Debug, Default)]
    struct Served {
        done: u64,
        longest: u64,
        shed: u64,
        idle_ms: u64,
    }

    /// An isolate that serves four requests in a millisecond, or in several, a batch at a time, and
    /// a load of so many a millisecond.
    #[derive(Default)]
    struct Simulation {
        queue: Queue,
        batches: VecDeque<(u64, u64)>,
        now: u64,
        /// Requests of the batch that was taken and are not done.
        left: u64,
        /// How many times slower than usual.
        slower: u64,
        /// Requests that the isolate takes at once, if there are so many.
        turn: u64,
        /// Milliseconds between turns of the network side.
        every: u64,
    }

    const PACE: u64 = 4;

    impl Simulation {
        fn offer(&mut self, load: u64, ms: u64) -> Served {
            let mut served = Served::default();
            for _ in 0..ms {
                self.now += 1;
                self.arrive(load, &mut served);
                self.work(&mut served);
            }
            served
        }

        fn arrive(&mut self, load: u64, served: &mut Served) {
            let every = self.every.max(1);
            if !self.now.is_multiple_of(every) {
                return;
            }
            let before = self.queue.sent;
            for _ in 0..load * every {
                match self.queue.admits_normal(self.now, self.batches.len()) {
                    true => self.queue.sent += 1,
                    false => served.shed += 1,
                }
            }
            let count = self.queue.sent - before;
            if count > 0 {
                self.batches.push_back((self.now, count));
                self.queue
                    .admission
                    .published(self.now, self.batches.len(), count);
            }
        }

        fn work(&mut self, served: &mut Served) {
            if !self.now.is_multiple_of(self.slower.max(1)) {
                return;
            }
            for _ in 0..PACE {
                if self.left == 0 {
                    self.take(served);
                }
                if self.left == 0 {
                    served.idle_ms += 1;
                    return;
                }
                self.left -= 1;
                served.done += 1;
            }
        }

        fn take(&mut self, served: &mut Served) {
            while self.left < self.turn.max(1)
                && let Some((since, count)) = self.batches.pop_front()
            {
                served.longest = served.longest.max(self.now - since);
                self.left += count;
            }
        }
    }

    #[test]
    fn under_overload_the_isolate_is_never_idle_and_nobody_waits_for_long() {
        // The flood is there before the pace is known.
        for (load, longest) in [
            (5, 600),
            (6, 600),
            (8, 600),
            (12, 600),
            (40, 1_100),
            (80, 2_200),
        ] {
            let mut simulation = Simulation::default();
            let onset = simulation.offer(load, 3_000);
            assert!(onset.longest <= longest, "{load}: {onset:?}");
            let steady = simulation.offer(load, 10_000);
            assert!(steady.longest <= 2 * TARGET, "{load}: {steady:?}");
            assert_eq!(steady.done, PACE * 10_000, "{load}: {steady:?}");
            assert!(
                steady.shed.abs_diff((load - PACE) * 10_000) < 500,
                "{load}: {steady:?}"
            );
        }
    }

    #[test]
    fn nor_where_turns_are_long_on_both_sides() {
        for (turn, every) in [(1, 5), (40, 1), (40, 5), (40, 10), (400, 1), (400, 10)] {
            for load in [5, 8, 12, 40] {
                let mut simulation = Simulation {
                    turn,
                    every,
                    ..Simulation::default()
                };
                let onset = simulation.offer(load, 6_000);
                assert!(onset.longest <= 3_000, "{load}, {turn}, {every}: {onset:?}");
                let steady = simulation.offer(load, 10_000);
                let name = format!("{load}, turns of {turn} and {every}: {steady:?}");
                assert!(steady.longest <= 2 * TARGET, "{name}");
                assert!(steady.done > PACE * 9_900, "{name}");
            }
        }
    }

    #[test]
    fn handlers_that_become_quicker_or_slower_are_kept_at_work() {
        let mut simulation = Simulation::default();
        for slower in [10, 1, 40, 5, 1, 40, 1, 80, 1] {
            simulation.slower = slower;
            simulation.offer(8, 10_000);
            let steady = simulation.offer(8, 8_000);
            assert_eq!(steady.done, PACE * 8_000 / slower, "{slower}: {steady:?}");
            let longest = 2 * TARGET.max(3 * slower);
            assert!(steady.longest <= longest, "{slower}: {steady:?}");
        }
    }

    #[test]
    fn when_the_load_has_gone_bursts_are_welcome_again() {
        let mut simulation = Simulation::default();
        assert!(simulation.offer(8, 5_000).shed > 0);
        simulation.offer(2, 1_500);
        let burst = simulation.offer(40, 20).shed;
        assert_eq!(burst + simulation.offer(2, 5_000).shed, 0);
    }

    #[test]
    fn a_pause_of_the_isolate_sheds_nobody() {
        let mut simulation = Simulation::default();
        assert_eq!(simulation.offer(1, 2_000).shed, 0);
        let mut served = Served::default();
        for _ in 0..700 {
            simulation.now += 1;
            simulation.arrive(1, &mut served);
        }
        assert_eq!(served.shed + simulation.offer(1, 5_000).shed, 0);
    }

    #[test]
    fn after_a_standstill_work_goes_on_at_once() {
        let mut simulation = Simulation::default();
        simulation.offer(3, 2_000);
        let mut served = Served::default();
        for _ in 0..10_000 {
            simulation.now += 1;
            simulation.arrive(3, &mut served);
        }
        assert!(served.shed > 8_000 * 3);
        simulation.offer(3, 2_000);
        let after = simulation.offer(3, 1_000);
        assert_eq!((after.done, after.shed), (3_000, 0), "{after:?}");
    }
}
