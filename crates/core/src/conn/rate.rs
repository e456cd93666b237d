//! How fast bytes move while they could: the clock of a minimum rate.
//!
//! A connection has one for the request body that it reads and one for what it sends. Runs only
//! while the peer is the one who is waited for; promises that time during which we hold the peer
//! back costs it nothing (H1-10). What a transfer that is too slow leads to is the connection's
//! business.

use crate::config::Rate;

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
    pub(super) fn moved(&mut self, n: usize) {
        self.moved = self.moved.saturating_add(n as u64);
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
        clock.moved(500);
        assert_eq!(clock.due(&RATE), Some(6_000), "five seconds' worth");
        clock.moved(1);
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
