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
