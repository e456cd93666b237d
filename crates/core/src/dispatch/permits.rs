//! How many requests may be with the isolates at once, all I/O threads together.
//!
//! Asked before a request is given to a lane; a request that only waits for its client has none
//! meanwhile. A thread borrows permits in blocks from the one count that all threads share, and
//! gives blocks back: the shared count is touched once in a block and not for each request.
//! Promises that no request begins on a thread that owes permits or finds none; those that go on
//! are never refused, and each may be one more: connections, requests ahead and the memory of
//! bodies bound how many wait for their client. A thread may keep two blocks for itself while
//! another one sheds; a block is at most a sixteenth of a thread's share, so requests are shed at
//! seven eighths of the limit at the earliest, and with one thread at the limit exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::rules::Priority;

/// Most permits that a thread borrows at once.
const BLOCK_MAX: usize = 64;
/// Blocks that the limit would be cut into for each thread.
const BLOCKS_PER_THREAD: usize = 16;

/// The permits of a server.
#[derive(Debug)]
pub(crate) struct Pool {
    free: AtomicUsize,
    limit: usize,
    block: usize,
    /// Permits that only urgent requests get.
    reserve: usize,
}

impl Pool {
    /// `limit` permits for `threads` threads; `has_urgent`: whether some are kept for requests of
    /// high priority.
    pub(crate) fn new(limit: usize, threads: usize, has_urgent: bool) -> Arc<Self> {
        let block = match threads {
            0 | 1 => limit.max(1),
            many => (limit / (BLOCKS_PER_THREAD * many)).clamp(1, BLOCK_MAX),
        };
        // A tenth, but never the last one: what is not urgent is served, too.
        let tenth = limit.div_ceil(10).min(limit.saturating_sub(1));
        Arc::new(Self {
            free: AtomicUsize::new(limit),
            limit,
            block,
            reserve: if has_urgent { tenth } else { 0 },
        })
    }
}

/// The permits of one I/O thread.
#[derive(Debug)]
pub(crate) struct Permits {
    pool: Arc<Pool>,
    spare: usize,
    /// Requests that went on when no permit was left: as many are not given back later.
    owed: usize,
}

impl Permits {
    /// None yet; they are borrowed when they are needed.
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self {
            pool,
            spare: 0,
            owed: 0,
        }
    }

    /// Takes a permit for a request, if one is left for its priority.
    pub(crate) fn take(&mut self, priority: Priority) -> bool {
        if !self.pay() || self.spare == 0 && !self.borrow() {
            return false;
        }
        let most = self.most(priority);
        if most < self.pool.limit && self.taken() >= most {
            return false;
        }
        self.spare -= 1;
        true
    }

    /// Pays for requests that went on without a permit. False while some are owed: what other
    /// threads give back is not there for new requests before that.
    fn pay(&mut self) -> bool {
        while self.owed > 0 {
            if self.spare == 0 && !self.borrow() {
                return false;
            }
            let paid = self.owed.min(self.spare);
            self.owed -= paid;
            self.spare -= paid;
        }
        true
    }

    /// Takes a permit for a request that goes on, whether there is one or not.
    pub(crate) fn take_again(&mut self) {
        if self.spare > 0 || self.borrow() {
            self.spare -= 1;
        } else {
            self.owed += 1;
        }
    }

    /// A request was settled, or waits for its client.
    pub(crate) fn give_back(&mut self) {
        if self.owed > 0 {
            self.owed -= 1;
            return;
        }
        let block = self.pool.block;
        self.spare += 1;
        if self.spare > 2 * (block - 1) {
            let back = block.min(self.spare);
            self.spare -= back;
            self.pool.free.fetch_add(back, Relaxed);
        }
    }

    /// Requests up to which one of this priority is admitted.
    fn most(&self, priority: Priority) -> usize {
        let Pool { limit, reserve, .. } = *self.pool;
        match priority {
            Priority::High => limit,
            Priority::Normal => limit - reserve,
            Priority::Low => limit.div_ceil(2).min(limit - reserve),
        }
    }

    /// Permits in use, and those that other threads keep.
    fn taken(&self) -> usize {
        let free = self.pool.free.load(Relaxed);
        self.pool.limit.saturating_sub(free + self.spare) + self.owed
    }

    fn borrow(&mut self) -> bool {
        let Pool { free, block, .. } = &*self.pool;
        let mut left = free.load(Relaxed);
        while left > 0 {
            let some = left.min(*block);
            match free.compare_exchange_weak(left, left - some, Relaxed, Relaxed) {
                Ok(_) => {
                    self.spare += some;
                    return true;
                }
                Err(now) => left = now,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(permits: &mut Permits, priority: Priority) -> usize {
        (0..).take_while(|_| permits.take(priority)).count()
    }

    #[test]
    fn one_thread_has_exactly_the_limit() {
        for limit in [0, 1, 2, 7, 100, 10_000] {
            let mut permits = Permits::new(Pool::new(limit, 1, false));
            assert_eq!(take_all(&mut permits, Priority::Normal), limit);
            if limit > 0 {
                permits.give_back();
                assert_eq!(take_all(&mut permits, Priority::Normal), 1, "{limit}");
            }
        }
    }

    #[test]
    fn who_goes_on_is_never_refused_and_counts() {
        let mut permits = Permits::new(Pool::new(2, 1, false));
        assert_eq!(take_all(&mut permits, Priority::Normal), 2);
        // Both wait for their clients, two others take their places, and they go on.
        (0..2).for_each(|_| permits.give_back());
        assert_eq!(take_all(&mut permits, Priority::Normal), 2);
        (0..2).for_each(|_| permits.take_again());
        for settled in 1..=4 {
            assert_eq!(permits.taken(), 5 - settled);
            permits.give_back();
            let is_free = permits.take(Priority::Normal);
            assert_eq!(is_free, settled > 2, "{settled} of four were settled");
            if is_free {
                permits.give_back();
            }
        }
    }

    #[test]
    fn a_thread_that_owes_admits_nobody_although_others_give_back() {
        let pool = Pool::new(64, 2, false);
        let [mut a, mut b] = [Permits::new(pool.clone()), Permits::new(pool)];
        let waiting = take_all(&mut a, Priority::Normal);
        (0..waiting).for_each(|_| a.give_back());
        let working = take_all(&mut b, Priority::Normal);
        (0..waiting).for_each(|_| a.take_again());
        let owed = a.owed;
        assert!(owed > 32, "most of them went on without a permit: {owed}");
        (0..owed / 2).for_each(|_| b.give_back());
        for priority in [Priority::Normal, Priority::High] {
            assert!(
                !a.take(priority),
                "what is free pays for those that went on"
            );
        }
        // Two blocks stay with the other thread, and as many of its own have to be settled.
        (owed / 2..working).for_each(|_| b.give_back());
        (0..4).for_each(|_| a.give_back());
        assert!(a.take(Priority::Normal), "all are paid for");
        assert_eq!(a.owed, 0);
    }

    #[test]
    fn many_threads_never_have_more_and_seldom_less() {
        for (limit, threads) in [(1, 4), (10, 4), (64, 4), (1_000, 4), (10_000, 8)] {
            let pool = Pool::new(limit, threads, false);
            let mut all: Vec<_> = (0..threads).map(|_| Permits::new(pool.clone())).collect();
            // Every thread was at its most once, and has let go of everything.
            for _ in 0..3 {
                for permits in &mut all {
                    let n = take_all(permits, Priority::Normal);
                    (0..n).for_each(|_| permits.give_back());
                }
            }
            let (first, others) = all.split_first_mut().expect("there are threads");
            let mut taken = take_all(first, Priority::Normal);
            assert!(taken * 8 >= limit * 7, "{taken} of {limit}");
            for permits in others {
                taken += take_all(permits, Priority::Normal);
            }
            assert_eq!(taken, limit, "the rest is where it was kept");
        }
    }

    #[test]
    fn the_less_urgent_leave_room() {
        for (has_urgent, expected) in [(false, [50, 100, 100]), (true, [50, 90, 100])] {
            let classes = [Priority::Low, Priority::Normal, Priority::High];
            let mut together = Permits::new(Pool::new(100, 1, has_urgent));
            let mut taken = 0;
            for (priority, most) in classes.into_iter().zip(expected) {
                let mut alone = Permits::new(Pool::new(100, 1, has_urgent));
                assert_eq!(take_all(&mut alone, priority), most, "{priority:?} alone");
                taken += take_all(&mut together, priority);
                assert_eq!(taken, most, "{priority:?} behind the others");
            }
        }
    }

    #[test]
    fn the_smallest_limit_admits_every_priority() {
        for has_urgent in [false, true] {
            for priority in [Priority::Low, Priority::Normal, Priority::High] {
                assert!(Permits::new(Pool::new(1, 2, has_urgent)).take(priority));
            }
        }
    }
}
