//! How fast bytes move while they could: the clock of a minimum rate.
//!
//! A connection has one for the request body that it reads and one for what it sends. Runs only
//! while the peer is the one who is waited for; promises that time during which we hold the peer
//! back costs it nothing (H1-10), that bytes which moved early count later (H1-11), and that a
//! peer which stops is noticed after the grace or `AHEAD_MS`, whatever it did before. What a
//! transfer that is too slow leads to is the connection's business.

use crate::config::Rate;

/// How long bytes that moved early may speak for a peer. What is sent goes into buffers of the
/// two systems first, some megabytes, and they take more only when a good part has left: 1.4 MB
/// of the 4 MiB that Linux gives a sender. A peer that reads 10 kB a second is silent for 140 s
/// meanwhile; one that has gone holds its memory for no longer than this.
const AHEAD_MS: u64 = 5 * 60 * 1000;

/// A clock that runs and stops, and the bytes that moved meanwhile.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RateClock {
    /// When it was started last; none while it stands.
    since: Option<u64>,
    /// Milliseconds that it ran before that.
    ran: u64,
    moved: u64,
}

impl RateClock {
    /// Counts bytes.
    pub(super) fn moved(&mut self, n: usize, rate: &Rate, now: u64) {
        let since = self.since.map_or(0, |since| now.saturating_sub(since));
        let most = bytes_in(
            rate,
            self.ran.saturating_add(since).saturating_add(AHEAD_MS),
        );
        self.moved = self.moved.saturating_add(n as u64).min(most);
    }

    /// Begins anew with the bytes that moved early, which the time that ran has not used up; a
    /// lack of them is forgiven.
    pub(super) fn renew(&mut self, rate: &Rate) {
        self.moved = self.moved.saturating_sub(bytes_in(rate, self.ran));
        self.ran = 0;
    }

    /// Lets it run, or stand.
    pub(super) fn run(&mut self, runs: bool, now: u64) {
        match (runs, self.since) {
            (true, None) => self.since = Some(now),
            (false, Some(since)) => {
                self.ran += now.saturating_sub(since);
                self.since = None;
            }
            _ => {}
        }
    }

    /// When the transfer will be too slow unless bytes move; none while the clock stands.
    pub(super) fn due(&self, rate: &Rate) -> Option<u64> {
        let since = self.since.filter(|_| rate.bytes_per_second > 0)?;
        let covered = self.moved.saturating_mul(1000) / u64::from(rate.bytes_per_second);
        let allowed = covered.max(rate.grace_ms);
        // Never in the past of the start: what stood may go on.
        Some(
            since
                .saturating_add(allowed.saturating_sub(self.ran))
                .max(since + 1),
        )
    }
}

/// Bytes that the rate asks for in this time.
fn bytes_in(rate: &Rate, ms: u64) -> u64 {
    ms.saturating_mul(u64::from(rate.bytes_per_second)) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        bytes_per_second: 100,
        grace_ms: 5_000,
    };

    #[test]
    fn the_grace_comes_first_and_bytes_buy_time() {
        let mut clock = RateClock::default();
        assert_eq!(clock.due(&RATE), None);
        clock.run(true, 1_000);
        assert_eq!(clock.due(&RATE), Some(6_000));
        clock.moved(500, &RATE, 1_000);
        assert_eq!(clock.due(&RATE), Some(6_000), "five seconds' worth");
        clock.moved(1, &RATE, 1_000);
        assert_eq!(clock.due(&RATE), Some(6_010));
    }

    #[test]
    fn it_stands_while_we_hold_the_peer_back() {
        let mut clock = RateClock::default();
        clock.run(true, 0);
        clock.run(false, 4_000);
        assert_eq!(clock.due(&RATE), None);
        clock.run(true, 1_000_000);
        assert_eq!(clock.due(&RATE), Some(1_001_000));
    }

    #[test]
    fn what_moved_early_counts_for_five_minutes_from_the_last_byte_at_most() {
        let mut clock = RateClock::default();
        clock.run(true, 0);
        clock.moved(usize::MAX, &RATE, 0);
        assert_eq!(clock.due(&RATE), Some(AHEAD_MS));
        clock.moved(usize::MAX, &RATE, 200_000);
        assert_eq!(clock.due(&RATE), Some(200_000 + AHEAD_MS));
        clock.run(false, 250_000);
        clock.moved(usize::MAX, &RATE, 900_000);
        clock.run(true, 1_000_000);
        assert_eq!(clock.due(&RATE), Some(1_000_000 + AHEAD_MS));
    }

    #[test]
    fn what_is_left_is_kept_and_what_is_owed_forgiven() {
        for (bytes, due) in [(0, 106_000), (1_000, 106_000), (2_000, 116_000)] {
            let mut clock = RateClock::default();
            clock.run(true, 0);
            clock.moved(bytes, &RATE, 0);
            clock.run(false, 10_000);
            clock.renew(&RATE);
            clock.run(true, 100_000);
            clock.moved(600, &RATE, 100_000);
            assert_eq!(clock.due(&RATE), Some(due), "{bytes}");
        }
    }

    #[test]
    fn no_rate_is_no_minimum() {
        let mut clock = RateClock::default();
        clock.run(true, 0);
        let none = Rate {
            bytes_per_second: 0,
            ..RATE
        };
        assert_eq!(clock.due(&none), None);
    }
}
