//! How many bytes of requests and replies a server holds, and whether that is too much.
//!
//! Each I/O thread keeps its own sum in plain numbers and publishes it with a store per turn; what
//! the others hold it reads at most once per millisecond, so nothing contends. Promises that at the
//! limit no further request is admitted and no body read of which 64 KiB are held: what is held
//! can then only grow by that, and by the reply windows, of the requests that were admitted. Who
//! waits is woken by the I/O thread.

use std::sync::atomic::Ordering::Relaxed;

use crate::board::Board;
use crate::metrics::Counters;

/// The bytes of one I/O thread, and what it knows of the others.
#[derive(Debug)]
pub struct BodyMemory {
    limit: u64,
    own: u64,
    others: u64,
    looked_at: Option<u64>,
    waited_for: bool,
}

impl BodyMemory {
    /// Nothing, of at most `limit` bytes; 0 for no limit.
    pub fn new(limit: u64) -> Self {
        Self {
            limit: if limit == 0 { u64::MAX } else { limit },
            own: 0,
            others: 0,
            looked_at: None,
            waited_for: false,
        }
    }

    /// `n` bytes more are held.
    pub fn hold(&mut self, n: usize) {
        self.own += n as u64;
    }

    /// `n` bytes less are held.
    pub fn let_go(&mut self, n: usize) {
        self.own = self.own.saturating_sub(n as u64);
    }

    /// Now `after` bytes are held where `before` were.
    pub fn change(&mut self, before: usize, after: usize) {
        self.own = (self.own + after as u64).saturating_sub(before as u64);
    }

    /// Bytes that this thread holds.
    pub fn own(&self) -> u64 {
        self.own
    }

    /// Whether nothing more may be admitted or read.
    pub fn is_full(&self) -> bool {
        self.own.saturating_add(self.others) >= self.limit
    }

    /// Looks at what the other threads hold.
    pub fn look(&mut self, board: &Board, counters: &Counters, now: u64) {
        if self.looked_at != Some(now) {
            self.looked_at = Some(now);
            let published = counters.body_bytes.load(Relaxed);
            self.others = board.body_bytes().saturating_sub(published);
        }
    }

    /// Shows the other threads what this one holds.
    pub fn publish(&self, counters: &Counters) {
        counters.body_bytes.store(self.own, Relaxed);
    }

    /// Somebody waits for room.
    pub fn wait_for(&mut self) {
        self.waited_for |= self.is_full();
    }

    /// Whether somebody waits for room.
    pub fn is_waited_for(&self) -> bool {
        self.waited_for
    }

    /// Whether there is room again for those who waited; said once.
    pub fn take_relief(&mut self) -> bool {
        let relief = self.waited_for && !self.is_full();
        self.waited_for &= !relief;
        relief
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_all_threads_hold_counts() {
        let threads: Vec<Arc<Counters>> = (0..2).map(|_| Arc::default()).collect();
        let board = Board::default();
        board.show(threads.clone(), Vec::new());
        let mut memory = [BodyMemory::new(100), BodyMemory::new(100)];
        memory[0].hold(60);
        memory[0].publish(&threads[0]);
        memory[1].hold(39);
        assert!(!memory[1].is_full());
        memory[1].look(&board, &threads[1], 1);
        assert!(!memory[1].is_full(), "99 of 100");
        memory[1].hold(1);
        assert!(memory[1].is_full(), "its own bytes count at once");
        memory[1].publish(&threads[1]);
        memory[0].let_go(60);
        memory[0].publish(&threads[0]);
        memory[1].look(&board, &threads[1], 1);
        assert!(memory[1].is_full(), "looked at once per millisecond");
        memory[1].look(&board, &threads[1], 2);
        assert!(!memory[1].is_full());
        assert_eq!(board.body_bytes(), 40);
    }

    #[test]
    fn relief_is_said_once_to_those_who_waited() {
        let mut memory = BodyMemory::new(10);
        memory.wait_for();
        assert!(!memory.take_relief(), "there was room");
        memory.hold(10);
        memory.wait_for();
        assert!(memory.is_waited_for() && !memory.take_relief());
        memory.change(10, 9);
        assert!(memory.take_relief());
        assert!(!memory.take_relief() && !memory.is_waited_for());
    }

    #[test]
    fn without_a_limit_it_is_never_full() {
        let mut memory = BodyMemory::new(0);
        memory.hold(usize::MAX / 2);
        assert!(!memory.is_full());
    }
}
