//! Byte credits: how much a sender may send before the receiver has consumed.
//!
//! Each streamed body has a [`Credit`] at its sender and a [`Refund`] at its receiver. The sender
//! spends; the receiver consumes and gives back in portions of at least half the window, so that
//! small chunks do not cost a message each. A receiver never holds more than one window. Neither
//! side trusts the other's arithmetic: credit never exceeds the window, and what is returned beyond
//! it is counted. How credit travels is not here.

/// The sender's side: bytes that may still be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    window: u32,
    available: u32,
    over_returned: u64,
}

impl Credit {
    /// A full window.
    pub fn new(window: u32) -> Self {
        Self {
            window,
            available: window,
            over_returned: 0,
        }
    }

    /// Spends `n` bytes, or nothing (false) when fewer are left.
    #[must_use = "nothing was spent when this is false"]
    pub fn spend(&mut self, n: u32) -> bool {
        let left = self.available.checked_sub(n);
        if let Some(left) = left {
            self.available = left;
        }
        left.is_some()
    }

    /// Spends as much of `n` as is left, and says how much that was.
    #[must_use = "only this much was spent"]
    pub fn spend_up_to(&mut self, n: u32) -> u32 {
        let spent = n.min(self.available);
        self.available -= spent;
        spent
    }

    /// Returns `n` bytes. The window is the most there can be: what exceeds it is lost and counted.
    pub fn give_back(&mut self, n: u32) {
        let missing = self.window - self.available;
        let excess = n.saturating_sub(missing);
        self.over_returned = self.over_returned.saturating_add(u64::from(excess));
        self.available += n.min(missing);
    }

    /// Bytes that may be sent now.
    pub fn available(&self) -> u32 {
        self.available
    }

    /// The most bytes that may be under way.
    pub fn window(&self) -> u32 {
        self.window
    }

    /// Bytes sent and not given back.
    pub fn outstanding(&self) -> u32 {
        self.window - self.available
    }

    /// Whether the sender must wait.
    pub fn is_exhausted(&self) -> bool {
        self.available == 0
    }

    /// Bytes that the receiver returned though they were never sent: a fault on its side.
    pub fn over_returned(&self) -> u64 {
        self.over_returned
    }
}

/// The receiver's side: bytes consumed and not yet given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    portion: u32,
    consumed: u32,
}

impl Refund {
    /// For a sender whose credit has this window.
    pub fn new(window: u32) -> Self {
        // Half, rounded up, and never 0: a portion of 0 would give back nothing forever.
        Self {
            portion: window.div_ceil(2).max(1),
            consumed: 0,
        }
    }

    /// Notes `n` bytes as consumed. Some: this much is to be given back now.
    #[must_use = "the sender waits for what is given back"]
    pub fn consume(&mut self, n: u32) -> Option<u32> {
        self.consumed = self.consumed.saturating_add(n);
        if self.consumed < self.portion {
            return None;
        }
        Some(std::mem::take(&mut self.consumed))
    }

    /// Gives back what is left over, however little: for a message that goes anyway. 0 if nothing.
    pub fn take(&mut self) -> u32 {
        std::mem::take(&mut self.consumed)
    }

    /// Bytes consumed and not yet given back: less than half the window.
    pub fn pending(&self) -> u32 {
        self.consumed
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn spends_all_or_nothing() {
        let mut credit = Credit::new(100);
        assert!(credit.spend(60));
        assert!(!credit.spend(41));
        assert_eq!((credit.available(), credit.outstanding()), (40, 60));
        assert!(credit.spend(40));
        assert!(credit.is_exhausted());
        assert!(credit.spend(0));
        assert!(!credit.spend(1));
    }

    #[test]
    fn spends_what_is_left() {
        let mut credit = Credit::new(100);
        assert_eq!(credit.spend_up_to(70), 70);
        assert_eq!(credit.spend_up_to(70), 30);
        assert_eq!(credit.spend_up_to(70), 0);
        assert!(credit.is_exhausted());
    }

    #[test]
    fn never_holds_more_than_the_window() {
        let mut credit = Credit::new(100);
        assert!(credit.spend(10));
        credit.give_back(25);
        assert_eq!((credit.available(), credit.over_returned()), (100, 15));
        credit.give_back(u32::MAX);
        assert_eq!(
            (credit.available(), credit.over_returned()),
            (100, 15 + u64::from(u32::MAX))
        );
        assert_eq!(credit.window(), 100);
    }

    #[test]
    fn the_largest_window_does_not_overflow() {
        let mut credit = Credit::new(u32::MAX);
        assert!(credit.spend(u32::MAX));
        credit.give_back(u32::MAX);
        assert_eq!((credit.available(), credit.over_returned()), (u32::MAX, 0));
        let mut refund = Refund::new(u32::MAX);
        assert_eq!(refund.consume(u32::MAX / 2), None);
        assert_eq!(refund.consume(u32::MAX), Some(u32::MAX));
    }

    #[test]
    fn gives_back_in_portions_of_half_the_window() {
        let mut refund = Refund::new(100);
        assert_eq!(refund.consume(49), None);
        assert_eq!(refund.consume(1), Some(50));
        assert_eq!(refund.consume(30), None);
        assert_eq!(refund.consume(70), Some(100));
        assert_eq!(refund.consume(3), None);
        assert_eq!((refund.pending(), refund.take(), refund.take()), (3, 3, 0));
    }

    #[test]
    fn a_tiny_window_still_gives_back() {
        assert_eq!(Refund::new(1).consume(1), Some(1));
        assert_eq!(Refund::new(3).consume(1), None);
        assert_eq!(Refund::new(3).consume(2), Some(2));
        assert_eq!(Refund::new(0).consume(0), None);
        assert_eq!(Refund::new(0).consume(1), Some(1));
    }

    /// Whatever the window and the chunks: the sender never waits for credit that the receiver
    /// keeps.
    #[test]
    fn a_stream_of_any_chunks_passes_through_any_window() {
        for window in 1..40 {
            for chunk in 1..50u32 {
                let (mut credit, mut refund) = (Credit::new(window), Refund::new(window));
                let mut left = if cfg!(miri) { 20 } else { 1000u32 };
                while left > 0 {
                    let sent = credit.spend_up_to(chunk.min(left));
                    assert!(
                        sent > 0,
                        "stalled: window {window}, chunk {chunk}, left {left}"
                    );
                    left -= sent;
                    if let Some(n) = refund.consume(sent) {
                        credit.give_back(n);
                    }
                }
                assert_eq!(credit.over_returned(), 0);
                assert_eq!(credit.outstanding(), refund.pending());
            }
        }
    }
}
