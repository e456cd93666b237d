//! What is a stall of one isolate, and which stalls are told.
//!
//! Asked by the watchdog at each look, with the pulse as it is; owns no clock. Promises that every
//! stall is counted once, that reports are at least the interval apart, that a stall which lasts
//! is told again, and that what was not told is counted.

use super::StallOptions;

/// A stall that is going on.
#[derive(Debug)]
struct Ongoing {
    stamp: u64,
    /// How long it had lasted when it was looked at last.
    seen_ms: u64,
    told: bool,
}

/// What a look has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// A stall that was told has ended: its stamp, and how long it had lasted when last seen.
    pub(crate) over: Option<(u64, u64)>,
    /// A stall has begun: count it.
    pub(crate) began: bool,
    /// Tell of the stall that goes on.
    pub(crate) tell: bool,
}

/// The judge of one isolate.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    ongoing: Option<Ongoing>,
    quiet_until: u64,
    /// Stalls that nobody was told of since the last report.
    untold: u64,
}

impl Judge {
    /// Looks at a pulse: its stamp, and its delay at `now`, in milliseconds.
    pub(crate) fn look(
        &mut self,
        options: &StallOptions,
        now: u64,
        (stamp, delay): (u64, u64),
    ) -> Verdict {
        let mut verdict = Verdict::default();
        let is_stall = delay >= options.threshold_ms;
        let goes_on = is_stall && self.is_about(stamp);
        if !goes_on && let Some(past) = self.ongoing.take() {
            match past.told {
                true => verdict.over = Some((past.stamp, past.seen_ms)),
                false => self.untold += 1,
            }
        }
        if !is_stall {
            return verdict;
        }
        verdict.began = !goes_on;
        let ongoing = self.ongoing.get_or_insert(Ongoing {
            stamp,
            seen_ms: delay,
            told: false,
        });
        ongoing.seen_ms = delay;
        if now >= self.quiet_until {
            self.quiet_until = now + options.interval_ms;
            ongoing.told = true;
            verdict.tell = true;
        }
        verdict
    }

    /// Stalls that nobody was told of since the last call.
    pub(crate) fn take_untold(&mut self) -> u64 {
        std::mem::take(&mut self.untold)
    }

    /// Whether a stall went on at the last look.
    pub(crate) fn is_stall(&self) -> bool {
        self.ongoing.is_some()
    }

    fn is_about(&self, stamp: u64) -> bool {
        matches!(&self.ongoing, Some(ongoing) if ongoing.stamp == stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: StallOptions = StallOptions {
        threshold_ms: 1_000,
        interval_ms: 10_000,
        log: false,
    };

    /// A look at a delay that began at `stamp`, at time `now`.
    fn look(judge: &mut Judge, stamp: u64, now: u64) -> Verdict {
        judge.look(&OPTIONS, now, (stamp, now - stamp))
    }

    fn rest(judge: &mut Judge, now: u64) -> Verdict {
        judge.look(&OPTIONS, now, (0, 0))
    }

    #[test]
    fn a_delay_is_a_stall_from_the_threshold_on() {
        let mut judge = Judge::default();
        assert_eq!(look(&mut judge, 500, 1_499), Verdict::default());
        let verdict = look(&mut judge, 500, 1_500);
        assert!(verdict.began && verdict.tell);
        let verdict = look(&mut judge, 500, 1_750);
        assert_eq!(verdict, Verdict::default(), "told once");
        assert!(judge.is_stall());
        let verdict = rest(&mut judge, 2_000);
        assert_eq!(verdict.over, Some((500, 1_250)));
        assert!(!judge.is_stall());
        assert_eq!(rest(&mut judge, 2_250), Verdict::default());
    }

    #[test]
    fn a_stall_that_lasts_is_told_again_after_the_interval() {
        let mut judge = Judge::default();
        let told: Vec<u64> = (0..40_000)
            .step_by(250)
            .filter(|&now| look(&mut judge, 1, now + 1).tell)
            .collect();
        assert_eq!(told, [1_000, 11_000, 21_000, 31_000]);
    }

    #[test]
    fn stalls_within_the_interval_are_counted_and_not_told() {
        let mut judge = Judge::default();
        let (mut began, mut told) = (0, 0);
        for stamp in (1..=6_001).step_by(2_000) {
            for now in [stamp + 1_000, stamp + 1_500] {
                let verdict = look(&mut judge, stamp, now);
                began += u32::from(verdict.began);
                told += u32::from(verdict.tell);
            }
        }
        rest(&mut judge, 8_000);
        assert_eq!((began, told, judge.take_untold()), (4, 1, 3));
        assert_eq!(judge.take_untold(), 0);
        assert!(look(&mut judge, 12_000, 13_000).tell);
    }

    #[test]
    fn one_stall_right_behind_another_ends_it() {
        let mut judge = Judge::default();
        look(&mut judge, 1, 1_001);
        let verdict = look(&mut judge, 1_100, 2_200);
        assert_eq!((verdict.over, verdict.began), (Some((1, 1_000)), true));
    }
}
