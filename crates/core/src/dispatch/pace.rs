//! How quickly an isolate takes requests, told from its queue.
//!
//! Asked by admission, which tells it what was taken. A span of takes gives the pace, less its
//! longest gap: a pause (garbage, a module that is loaded, a handler that blocks once) is not a
//! pace. A queue that was emptied tells only how slow it is at most. Promises to know the pace soon
//! after a queue stands, whatever was before: fifty milliseconds of work. Holds no clock.

/// Gaps between takes that tell a pace, the longest among them.
const GAPS_MIN: u32 = 4;
/// Fewer do when so many requests were taken besides those of the longest: under a flood a batch
/// has hundreds, and four of them are a second.
const REQUESTS_MIN: u64 = 32;
/// Work that tells a pace, without the longest gap: five turns of usual length.
const WORK_MIN_MS: u64 = 50;

/// Time that the isolate spent on some requests.
#[derive(Debug, Default, Clone, Copy)]
struct Work {
    ms: u64,
    requests: u64,
}

/// The pace of one queue.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Microseconds for a request.
    us: Option<u64>,
    /// When something was taken last, and how much: the isolate works on it.
    in_hand: (u64, u64),
    /// Others waited then, so that it took the next ones when it was done.
    is_queued: bool,
    gaps: u32,
    all: Work,
    longest: Work,
}

impl Pace {
    /// Microseconds that the isolate needs for a request, where that is known; 1 at least.
    pub(super) fn us(&self) -> Option<u64> {
        self.us
    }

    /// So many requests were taken, and others wait.
    pub(super) fn took(&mut self, now: u64, requests: u64) {
        let (since, before) = self.in_hand;
        if self.is_queued && since == now {
            self.in_hand = (now, before + requests);
            return;
        }
        self.in_hand = (now, requests);
        if !std::mem::replace(&mut self.is_queued, true) {
            return;
        }
        let gap = Work {
            ms: now.saturating_sub(since),
            requests: before,
        };
        self.gaps += 1;
        self.all.ms += gap.ms;
        self.all.requests += gap.requests;
        if gap.ms > self.longest.ms {
            self.longest = gap;
        }
        self.measure();
    }

    fn measure(&mut self) {
        let ms = self.all.ms - self.longest.ms;
        let requests = self.all.requests - self.longest.requests;
        let is_told = self.gaps >= GAPS_MIN || requests >= REQUESTS_MIN;
        if !is_told || ms < WORK_MIN_MS || requests == 0 {
            return;
        }
        let measured = ms * 1_000 / requests;
        // Some of what was before stays: handlers differ.
        let us = self.us.map_or(measured, |us| (us * 3 + measured) / 4);
        *self = Self {
            us: Some(us.max(1)),
            in_hand: self.in_hand,
            is_queued: self.is_queued,
            ..Self::default()
        };
    }

    /// So many requests were taken, the last ones. How long the isolate works on them cannot be
    /// seen, but that it was done with those before: it may be quicker than it seemed.
    pub(super) fn took_all(&mut self, now: u64, requests: u64) {
        if requests > 0 {
            let (since, before) = std::mem::replace(&mut self.in_hand, (now, requests));
            self.was_done(now.saturating_sub(since), before);
        }
        self.is_queued = false;
    }

    /// So many requests took no longer than this; told up to a millisecond late.
    fn was_done(&mut self, ms: u64, requests: u64) {
        let Some(us) = self.us.filter(|_| requests > 0) else {
            return;
        };
        let most = ms.saturating_add(1).saturating_mul(1_000) / requests;
        if most < us {
            self.us = Some((us - (us - most).div_ceil(8)).max(1));
        }
    }

    /// What comes next has nothing to do with what was.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pace after takes at these times, of so many requests each.
    fn after(takes: impl IntoIterator<Item = (u64, u64)>) -> Option<u64> {
        let mut pace = Pace::default();
        for (now, requests) in takes {
            pace.took(now, requests);
        }
        pace.us()
    }

    #[test]
    fn it_is_known_after_fifty_milliseconds_of_work_besides_the_longest_gap() {
        let takes = |until: u64| (0..=until).step_by(10).map(|now| (now, 40));
        assert_eq!(after(takes(50)), None);
        assert_eq!(after(takes(60)), Some(250));
    }

    #[test]
    fn slow_handlers_are_known_after_four_gaps() {
        let takes = |until: u64| (0..=until).step_by(100).map(|now| (now, 1));
        assert_eq!(after(takes(300)), None);
        assert_eq!(after(takes(400)), Some(100_000));
    }

    #[test]
    fn long_batches_are_known_after_two_gaps() {
        let takes = |until: u64| (0..=until).step_by(100).map(|now| (now, 400));
        assert_eq!(after(takes(100)), None);
        assert_eq!(after(takes(200)), Some(250));
    }

    #[test]
    fn takes_of_one_millisecond_are_one() {
        let takes = (0..=60).step_by(10).flat_map(|now| [(now, 30), (now, 10)]);
        assert_eq!(after(takes), Some(250));
    }

    #[test]
    fn a_pause_is_not_a_pace() {
        let takes = |pause: u64| (0..7).map(move |i| (i * 10 + if i > 2 { pause } else { 0 }, 40));
        for pause in [0, 10, 100, 10_000] {
            assert_eq!(after(takes(pause)), Some(250), "{pause}");
        }
    }

    #[test]
    fn nothing_is_told_about_times_without_a_queue() {
        let mut pace = Pace::default();
        for now in 0..1_000 {
            pace.took_all(now, 1);
        }
        assert_eq!(pace.us(), None);
    }

    #[test]
    fn it_follows_handlers_and_comes_down_when_there_was_nothing_to_do() {
        let mut pace = Pace::default();
        let mut now = 0;
        let mut take = |pace: &mut Pace, times: u64, requests: u64| {
            for _ in 0..times {
                now += 10;
                pace.took(now, requests);
            }
            pace.us().expect("measured")
        };
        assert_eq!(take(&mut pace, 7, 10), 1_000);
        assert!((250..270).contains(&take(&mut pace, 120, 40)));
        assert!((990..=1_000).contains(&take(&mut pace, 240, 10)));
        pace.took_all(10_000, 10);
        let known = pace.us();
        pace.took_all(10_020, 10);
        assert_eq!(pace.us(), known, "it may have been at work all the time");
        for look in 1..40 {
            pace.took_all(10_020 + look, 10);
        }
        assert!(pace.us() < Some(250), "{:?}", pace.us());
        for look in 0..100 {
            pace.took_all(20_000 + look, 10_000);
        }
        assert_eq!(pace.us(), Some(1));
        pace.forget();
        assert_eq!(pace.us(), None);
    }
}
