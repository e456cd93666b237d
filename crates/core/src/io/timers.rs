//! The coarse clock of one I/O thread: which connections to look at, and when.
//!
//! A wheel of buckets of `TICK_MS`; a connection has at most one entry. Deadlines move far more
//! often than they pass, so an entry that comes up too early is simply put back: a request costs
//! no timer work. Promises that a deadline is seen at most one tick late. What a deadline means is
//! the connection's business.

/// Width of a bucket, in milliseconds.
pub(crate) const TICK_MS: u64 = 128;
/// Buckets: deadlines further away than `TICK_MS * BUCKETS` (65 s) come up in between.
const BUCKETS: usize = 512;

/// A connection to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timer {
    /// The connection's place.
    pub(crate) token: usize,
    /// Its number, so that a reused place is not mistaken for it.
    pub(crate) id: u32,
}

/// The wheel.
#[derive(Debug)]
pub(crate) struct Timers {
    buckets: Vec<Vec<Timer>>,
    /// The tick up to which buckets were emptied.
    tick: u64,
    len: usize,
}

impl Timers {
    /// An empty wheel at time 0.
    pub(crate) fn new() -> Self {
        Self {
            buckets: vec![Vec::new(); BUCKETS],
            tick: 0,
            len: 0,
        }
    }

    /// Puts an entry where it comes up at `at` (in milliseconds) or, if that is far, before.
    /// Returns when it comes up.
    pub(crate) fn put(&mut self, timer: Timer, at: u64) -> u64 {
        let tick = at
            .div_ceil(TICK_MS)
            .clamp(self.tick + 1, self.tick + BUCKETS as u64 - 1);
        if let Some(bucket) = self.buckets.get_mut(tick as usize % BUCKETS) {
            bucket.push(timer);
            self.len += 1;
        }
        tick * TICK_MS
    }

    /// Moves the entries that came up by `now` into `due`.
    pub(crate) fn take_due(&mut self, now: u64, due: &mut Vec<Timer>) {
        let until = now / TICK_MS;
        if self.len == 0 {
            self.tick = self.tick.max(until);
            return;
        }
        // Once round the wheel empties every bucket, however long the thread was away.
        let first = (self.tick + 1).max((until + 1).saturating_sub(BUCKETS as u64));
        for tick in first..=until {
            if let Some(bucket) = self.buckets.get_mut(tick as usize % BUCKETS) {
                self.len -= bucket.len();
                due.append(bucket);
            }
        }
        self.tick = self.tick.max(until);
    }

    /// Whether nothing is waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(timers: &mut Timers, now: u64) -> Vec<usize> {
        let mut due = Vec::new();
        timers.take_due(now, &mut due);
        due.iter().map(|timer| timer.token).collect()
    }

    fn timer(token: usize) -> Timer {
        Timer { token, id: 0 }
    }

    #[test]
    fn an_entry_comes_up_in_its_tick_and_not_before() {
        let mut timers = Timers::new();
        assert_eq!(timers.put(timer(1), 1000), 1024);
        assert_eq!(due(&mut timers, 1000), []);
        assert_eq!(due(&mut timers, 1024), [1]);
        assert!(timers.is_empty());
    }

    #[test]
    fn a_past_deadline_comes_up_with_the_next_tick() {
        let mut timers = Timers::new();
        assert_eq!(due(&mut timers, 10_000), []);
        timers.put(timer(1), 5);
        assert_eq!(due(&mut timers, 10_000 + TICK_MS), [1]);
    }

    #[test]
    fn a_far_deadline_comes_up_within_one_round() {
        let mut timers = Timers::new();
        let at = timers.put(timer(1), 1_000_000);
        assert!(at < TICK_MS * BUCKETS as u64);
        assert_eq!(due(&mut timers, at), [1]);
    }

    #[test]
    fn nothing_is_lost_when_the_thread_was_away_for_rounds() {
        let mut timers = Timers::new();
        for token in 0..2000 {
            timers.put(timer(token), token as u64 * 31);
        }
        let mut seen = due(&mut timers, 10_000_000);
        seen.sort_unstable();
        assert_eq!(seen, (0..2000).collect::<Vec<_>>());
        assert!(timers.is_empty());
    }
}
