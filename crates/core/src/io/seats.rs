//! How many connections a server may have open, all threads together (`limits.connections`).
//!
//! A connection takes a seat when it is accepted and gives it back when it is dropped, wherever
//! that happens. Promises that the count is never above the limit: one thread accepts for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::transport::stream::Accepted;

/// The seats of a server.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    taken: Arc<AtomicUsize>,
}

/// One connection's seat; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Seat(Arc<AtomicUsize>);

/// A connection on its way to the thread that will run it.
#[derive(Debug)]
pub(crate) struct Seated {
    pub(crate) accepted: Accepted,
    pub(crate) seat: Seat,
}

impl Seats {
    /// A seat, unless `limit` of them are taken; 0 is no limit.
    pub(crate) fn take(&self, limit: usize) -> Option<Seat> {
        if limit != 0 && self.taken.load(Relaxed) >= limit {
            return None;
        }
        self.taken.fetch_add(1, Relaxed);
        Some(Seat(Arc::clone(&self.taken)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_that_is_given_back_can_be_taken_again() {
        let seats = Seats::default();
        let (first, second) = (seats.take(2), seats.take(2));
        assert!(first.is_some() && second.is_some());
        assert!(seats.take(2).is_none());
        drop(first);
        assert!(seats.take(2).is_some());
    }

    #[test]
    fn zero_is_no_limit() {
        let seats = Seats::default();
        let all: Vec<_> = (0..1000).map(|_| seats.take(0)).collect();
        assert!(all.iter().all(Option::is_some));
    }
}
