//! Whose reply stream goes on next: credits on their way to an isolate, so many at a time.
//!
//! Used by a lane. A credit makes a handler write for a client that has read; with thousands of
//! such clients an isolate that had all credits at once would work off thousands of windows, and
//! the network side would send them, before either came to the next request. Promises the order of
//! the credits, and that the batch with the last one that may be under way asks its isolate to wake
//! the sender when it is taken: nobody waits for an event that does not come.

use std::collections::VecDeque;

use lanner_bridge::SlotId;

/// Bytes of credit that an isolate gets before it has taken those before: both sides work them off
/// in a millisecond or two. One credit may always be under way, however long it is.
const AT_ONCE: u32 = 512 * 1024;
/// What a credit counts for at least: what a handler costs that goes on for a few bytes.
const LEAST: u32 = 16 * 1024;

/// The credits of one lane.
#[derive(Debug, Default)]
pub(super) struct CreditTurns {
    /// Exchanges that wait for their turn.
    waiting: VecDeque<SlotId>,
    /// Batches that were handed over and not taken when we looked last: number and credit.
    under_way: VecDeque<(u64, u32)>,
    /// The credit in them, and in those that were not handed over yet.
    credit: u32,
    /// Batches that were ever handed over, with credits or without.
    batches: u64,
}

impl CreditTurns {
    /// The exchange has credit to come; once until that was sent.
    pub(super) fn wait(&mut self, slot: SlotId) {
        self.waiting.push_back(slot);
    }

    /// Whose credit is sent now; `queued` batches were not taken.
    pub(super) fn next(&mut self, queued: impl Fn() -> usize) -> Option<SlotId> {
        if self.waiting.is_empty() {
            return None;
        }
        let taken = self.batches.saturating_sub(queued() as u64);
        while let Some(&(number, credit)) = self.under_way.front()
            && number <= taken
        {
            self.credit = self.credit.saturating_sub(credit);
            self.under_way.pop_front();
        }
        match self.credit < AT_ONCE {
            true => self.waiting.pop_front(),
            false => None,
        }
    }

    /// A credit of so many bytes was written. Says what its batch has more, and whether it is the
    /// last one that may be under way.
    pub(super) fn sent(&mut self, bytes: u32) -> (u32, bool) {
        let credit = bytes.max(LEAST);
        self.credit = self.credit.saturating_add(credit);
        (credit, self.credit >= AT_ONCE)
    }

    /// A batch with so much credit was handed over.
    pub(super) fn handed_over(&mut self, credit: u32) {
        self.batches += 1;
        if credit > 0 {
            self.under_way.push_back((self.batches, credit));
        }
    }

    /// Whether one of those that wait could have its turn: asked before the thread sleeps.
    pub(super) fn is_due(&self, queued: impl Fn() -> usize) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let taken = self.batches.saturating_sub(queued() as u64);
        let gone = self.under_way.iter().filter(|(number, _)| *number <= taken);
        let gone = gone.fold(0u32, |sum, (_, credit)| sum.saturating_add(*credit));
        self.credit.saturating_sub(gone) < AT_ONCE
    }

    /// The isolate has gone.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.under_way.clear();
        self.credit = 0;
    }
}
