//! The coarse clock of one I/O thread: which connections to look at, and when.
//!
//! A wheel of buckets of `TICK_MS`. Deadlines move far more often than they pass, so an entry that
//! comes up too early is simply put back: a request costs no timer work. Entries belong to places
//! in the table of connections and not to connections: whoever takes a place that was left takes
//! its entry over, so that the wheel is as large as the table, however many connections came and
//! went. Promises that the first turn after a tick sees the deadlines of that tick, and that the
//! memory of a burst is given back. Some deadlines are exact, others are not worth a wake-up of
//! their own: the wheel knows which buckets hold exact ones. When there is a turn although nothing
//! happens is `clock`; what a deadline means is the connection's business.

/// Width of a bucket, in milliseconds.
pub(crate) const TICK_MS: u64 = 128;
/// Buckets: deadlines further away than `TICK_MS * BUCKETS` (65 s) come up in between.
const BUCKETS: usize = 512;
/// Buckets that are looked at for exact deadlines: a second, twice the time between two looks of
/// the clock.
const SOON: u64 = 8;
/// Entries for which a bucket keeps its memory while it is empty.
const IDLE_ENTRIES: usize = 32;

/// The wheel.
#[derive(Debug)]
pub(crate) struct Timers {
    buckets: Vec<Vec<u32>>,
    /// Whether a bucket may hold an exact deadline.
    exact: Box<[bool; BUCKETS]>,
    /// Per place, when its next entry comes up; 0 for none.
    next: Vec<u64>,
    /// The tick up to which buckets were emptied.
    tick: u64,
    len: usize,
}

impl Timers {
    /// An empty wheel at time 0.
    pub(crate) fn new() -> Self {
        Self {
            buckets: vec![Vec::new(); BUCKETS],
            exact: Box::new([false; BUCKETS]),
            next: Vec::new(),
            tick: 0,
            len: 0,
        }
    }

    /// Sees to it that a place comes up at `at` (in milliseconds) or before. An exact deadline is
    /// one of which [`soon`](Self::soon) tells.
    pub(crate) fn arm(&mut self, place: usize, at: u64, is_exact: bool) {
        if self.next.len() <= place {
            self.next.resize(place + 1, 0);
        }
        let (Some(next), Ok(entry)) = (self.next.get_mut(place), u32::try_from(place)) else {
            return;
        };
        let tick = at
            .div_ceil(TICK_MS)
            .clamp(self.tick + 1, self.tick + BUCKETS as u64 - 1);
        // It comes up early enough, is put back then, and must not be put back late.
        let is_early = *next != 0 && *next <= tick * TICK_MS;
        if !is_early {
            *next = tick * TICK_MS;
        }
        if is_exact && let Some(exact) = self.exact.get_mut((*next / TICK_MS) as usize % BUCKETS) {
            *exact = true;
        }
        if is_early {
            return;
        }
        if let Some(bucket) = self.buckets.get_mut(tick as usize % BUCKETS) {
            bucket.push(entry);
            self.len += 1;
        }
    }

    /// Moves the places that came up by `now` into `due`.
    pub(crate) fn take_due(&mut self, now: u64, due: &mut Vec<u32>) {
        let until = now / TICK_MS;
        if self.len == 0 {
            self.tick = self.tick.max(until);
            return;
        }
        // Once round the wheel empties every bucket, however long the thread was away.
        let first = (self.tick + 1).max((until + 1).saturating_sub(BUCKETS as u64));
        due.shrink_to(IDLE_ENTRIES);
        for tick in first..=until {
            if let Some(bucket) = self.buckets.get_mut(tick as usize % BUCKETS) {
                self.len -= bucket.len();
                due.append(bucket);
                bucket.shrink_to(IDLE_ENTRIES);
            }
            if let Some(exact) = self.exact.get_mut(tick as usize % BUCKETS) {
                *exact = false;
            }
        }
        self.tick = self.tick.max(until);
        for &place in due.iter() {
            // An earlier one may have come up before, and the place been armed again.
            if let Some(next) = self.next.get_mut(place as usize)
                && *next <= self.tick * TICK_MS
            {
                *next = 0;
            }
        }
    }

    /// When the first exact deadline of the next second comes up.
    pub(crate) fn soon(&self) -> Option<u64> {
        let mut ticks = self.tick + 1..=self.tick + SOON;
        let found = ticks.find(|&tick| self.exact.get(tick as usize % BUCKETS) == Some(&true));
        found.map(|tick| tick * TICK_MS)
    }

    /// Whether nothing is waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(timers: &mut Timers, now: u64) -> Vec<u32> {
        let mut due = Vec::new();
        timers.take_due(now, &mut due);
        due
    }

    /// Entries for which memory is held.
    fn held(timers: &Timers) -> usize {
        timers.buckets.iter().map(Vec::capacity).sum()
    }

    #[test]
    fn an_entry_comes_up_in_its_tick_and_not_before() {
        let mut timers = Timers::new();
        timers.arm(1, 1000, false);
        assert_eq!(due(&mut timers, 1000), []);
        assert_eq!(due(&mut timers, 1024), [1]);
        assert!(timers.is_empty());
    }

    #[test]
    fn a_past_deadline_comes_up_with_the_next_tick() {
        let mut timers = Timers::new();
        assert_eq!(due(&mut timers, 10_000), []);
        timers.arm(1, 5, false);
        assert_eq!(due(&mut timers, 10_000 + TICK_MS), [1]);
    }

    #[test]
    fn a_far_deadline_comes_up_within_one_round() {
        let mut timers = Timers::new();
        timers.arm(1, 1_000_000, false);
        assert_eq!(due(&mut timers, TICK_MS * BUCKETS as u64), [1]);
    }

    #[test]
    fn nothing_is_lost_when_the_thread_was_away_for_rounds() {
        let mut timers = Timers::new();
        for place in 0..2000 {
            timers.arm(place, place as u64 * 31, false);
        }
        let mut seen = due(&mut timers, 10_000_000);
        seen.sort_unstable();
        assert_eq!(seen, (0..2000).collect::<Vec<_>>());
        assert!(timers.is_empty());
    }

    #[test]
    fn an_earlier_deadline_comes_up_first_and_a_later_one_needs_nothing() {
        let mut timers = Timers::new();
        timers.arm(1, 5_000, false);
        timers.arm(1, 9_000, false);
        timers.arm(1, 1_000, false);
        assert_eq!(due(&mut timers, 1_024), [1]);
        timers.arm(1, 2_000, false);
        assert_eq!(due(&mut timers, 2_048), [1]);
        assert_eq!(
            due(&mut timers, 5_120),
            [1],
            "too early for nothing, and harmless"
        );
        assert!(timers.is_empty());
    }

    #[test]
    fn a_hundred_thousand_short_connections_leave_no_more_than_their_places() {
        let mut timers = Timers::new();
        for connection in 0..100_000 {
            let now = connection as u64;
            due(&mut timers, now);
            // Each is idle, then has a head, then lingers; ten are open at the same time.
            timers.arm(connection % 10, now + 130_000, false);
            timers.arm(connection % 10, now + 30_000, false);
            timers.arm(connection % 10, now + 5_000, false);
        }
        // Each place comes up every five seconds and leaves two that come up later.
        assert!(timers.len <= 10 * 3 * 65 / 5, "{} entries", timers.len);
        assert_eq!(timers.next.len(), 10);
    }

    #[test]
    fn a_burst_gives_its_memory_back() {
        let mut timers = Timers::new();
        for place in 0..100_000 {
            timers.arm(place, 30_000, false);
        }
        assert!(held(&timers) >= 100_000);
        let mut places = Vec::new();
        timers.take_due(40_000, &mut places);
        assert_eq!(places.len(), 100_000);
        places.clear();
        timers.arm(1, 41_000, false);
        timers.take_due(42_000, &mut places);
        assert!(held(&timers) <= BUCKETS * IDLE_ENTRIES);
        assert!(places.capacity() <= IDLE_ENTRIES);
    }

    #[test]
    fn an_exact_deadline_is_told_of_when_it_is_near() {
        let mut timers = Timers::new();
        timers.arm(1, 500, false);
        timers.arm(2, 2_000, true);
        assert_eq!(timers.soon(), None, "not within a second, and not exact");
        assert_eq!(due(&mut timers, 1_024), [1]);
        assert_eq!(timers.soon(), Some(2_048));
        assert_eq!(due(&mut timers, 2_048), [2]);
        assert_eq!(timers.soon(), None, "nothing is told of twice");
    }

    #[test]
    fn an_exact_deadline_behind_another_entry_of_its_place_is_not_put_back_late() {
        let mut timers = Timers::new();
        timers.arm(1, 500, false);
        timers.arm(1, 600, true);
        assert_eq!(timers.soon(), Some(512), "the entry that is put back");
        assert_eq!(due(&mut timers, 512), [1]);
        timers.arm(1, 600, true);
        assert_eq!(timers.soon(), Some(640));
    }

    #[test]
    fn a_round_later_a_bucket_is_not_exact_any_more() {
        let mut timers = Timers::new();
        timers.arm(1, 1_000, true);
        due(&mut timers, 10_000_000);
        timers.arm(1, 10_000_500, false);
        assert_eq!(timers.soon(), None);
    }
}
