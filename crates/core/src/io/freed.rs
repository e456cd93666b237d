//! When the allocator is asked to hand memory back to the system.
//!
//! Asked by the clock at each tick. What many connections leave behind is small pieces all over,
//! which the allocator keeps unless it is asked; looking through everything it has takes it a
//! millisecond or so, so it is asked at the ebb and not while memory is still being freed. How is
//! the embedder's business (`Config::release_memory`).

/// Bytes that pools must have freed before the allocator is asked: less is not worth it.
const RELEASE_BYTES: u64 = 1024 * 1024;
/// Connections that must have been open for their going to be worth the same; most of what they
/// leave behind, JavaScript has freed, where the pools see nothing of it.
const EBB_CONNECTIONS: u64 = 256;
/// Ticks until the allocator is asked once more, half a minute: what JavaScript held of the same
/// connections is free when it has collected it.
const AGAIN_TICKS: u32 = 60;
/// Ticks between two questions, ten seconds: connections that come and go in waves are no reason to
/// look through a large heap all the time, and whoever allocates meanwhile waits.
const REST_TICKS: u32 = 20;

/// What was freed since the allocator was asked last.
#[derive(Debug, Default)]
pub(super) struct Freed {
    /// Bytes that the pools had freed at the last tick.
    seen: u64,
    /// The same when the allocator was asked.
    released: u64,
    /// The most connections that were open since.
    most: u64,
    /// Ticks until it is asked once more; 0 when it is not.
    again: u32,
    /// Ticks in which it is not asked.
    rest: u32,
}

impl Freed {
    /// Whether enough was freed by now. `open` connections are left; the pools have freed `evicted`
    /// bytes so far, and while they go on the question would have to be asked again.
    pub(super) fn is_due(&mut self, open: u64, evicted: u64) -> bool {
        let is_over = std::mem::replace(&mut self.seen, evicted) == evicted;
        self.most = self.most.max(open);
        let has_ebbed = self.most >= EBB_CONNECTIONS && open <= self.most / 4;
        self.rest = self.rest.saturating_sub(1);
        let may_ask = is_over && self.rest == 0;
        if may_ask && (has_ebbed || evicted.saturating_sub(self.released) >= RELEASE_BYTES) {
            self.released = evicted;
            self.most = open;
            self.again = AGAIN_TICKS;
            self.rest = REST_TICKS;
            return true;
        }
        let was_soon = self.again == 1;
        self.again = self.again.saturating_sub(1);
        was_soon
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allocator_is_asked_when_the_pools_have_freed_enough_and_once_more() {
        let mut freed = Freed::default();
        let enough = RELEASE_BYTES;
        let ticks = [
            (0, false),
            (enough - 1, false),
            (enough - 1, false),
            (enough, false),
            (enough, true),
        ];
        for (tick, (evicted, is_due)) in ticks.into_iter().enumerate() {
            assert_eq!(freed.is_due(0, evicted), is_due, "{tick}");
        }
        for tick in 1..3 * AGAIN_TICKS {
            let is_due = tick == AGAIN_TICKS;
            assert_eq!(freed.is_due(0, 2 * enough - 1), is_due, "{tick}");
        }
        assert!(!freed.is_due(0, 2 * enough));
        assert!(freed.is_due(0, 2 * enough));
    }

    #[test]
    fn it_is_asked_when_most_of_many_connections_have_gone() {
        let mut freed = Freed::default();
        let many = EBB_CONNECTIONS;
        let ticks = [
            (many - 1, false),
            (0, false),
            (4 * many, false),
            (many + 1, false),
            (many, true),
        ];
        for (tick, (open, is_due)) in ticks.into_iter().enumerate() {
            assert_eq!(freed.is_due(open, 0), is_due, "{tick}");
        }
        for tick in 1..REST_TICKS {
            assert!(!freed.is_due(many / 4, 0), "{tick}");
        }
        assert!(freed.is_due(many / 4, 0), "the rest is over");
    }

    #[test]
    fn waves_of_connections_have_it_asked_every_ten_seconds_at_most() {
        let mut freed = Freed::default();
        let ticks = 0..10 * REST_TICKS;
        let asked = ticks.filter(|tick| freed.is_due(u64::from(tick % 2) * 1_000, 0));
        assert!((9..=10).contains(&asked.count()));
    }
}
