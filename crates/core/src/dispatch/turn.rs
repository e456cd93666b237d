//! How much one turn of the isolate takes.
//!
//! Asked by the isolate's side of a lane at each turn. Replies leave at the end of a turn, and what
//! was taken cannot be seen waiting by the core: so a turn that takes all there is makes waits grow
//! behind slow handlers, and hides them from admission. Promises that turns come to last about
//! [`LONGEST`] when handlers are slow, and take whatever fits the inbox when they are not.

use std::time::Duration;

/// How long a turn should last at most: long against its own cost, short against the time for
/// which requests may wait.
const LONGEST: Duration = Duration::from_millis(10);

/// The bytes of entries that the next turn may take.
#[derive(Debug)]
pub struct TurnSize {
    bytes: usize,
    most: usize,
}

impl TurnSize {
    /// Turns of at most `most` bytes; nobody knows yet how slow handlers are, so the first ones are
    /// small.
    pub fn new(most: usize) -> Self {
        Self { bytes: 0, most }
    }

    /// A batch of `size` bytes may join the `used` ones; the first may always.
    pub fn has_room(&self, used: usize, size: usize) -> bool {
        used == 0 || used + size <= self.bytes
    }

    /// A turn of `used` bytes took so long.
    pub fn ended(&mut self, used: usize, took: Duration) {
        if used == 0 {
            return;
        }
        if took > LONGEST {
            let share = LONGEST.as_secs_f64() / took.as_secs_f64();
            self.bytes = (used as f64 * share) as usize;
        } else if took < LONGEST / 2 && used >= self.bytes / 2 {
            // At least a byte more, so that it grows from nothing.
            self.bytes = (self.bytes * 2 + 1).max(used).min(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs turns over batches of `batch` bytes that never end, each of which takes `pace`.
    fn turns(size: &mut TurnSize, batch: usize, pace: Duration, count: usize) -> Duration {
        let mut took = Duration::ZERO;
        for _ in 0..count {
            let mut used = 0;
            while used + batch <= size.most && size.has_room(used, batch) {
                used += batch;
            }
            took = pace * (used / batch) as u32;
            size.ended(used, took);
        }
        took
    }

    #[test]
    fn quick_handlers_fill_the_inbox() {
        let mut size = TurnSize::new(1000);
        assert_eq!(
            turns(&mut size, 10, Duration::from_micros(5), 10).as_micros(),
            500
        );
    }

    #[test]
    fn slow_handlers_have_short_turns() {
        let mut size = TurnSize::new(1000);
        let slow = Duration::from_millis(1);
        assert_eq!(turns(&mut size, 10, slow, 1).as_millis(), 1);
        turns(&mut size, 10, slow, 4);
        for count in 1..50 {
            let took = turns(&mut size, 10, slow, count);
            assert!((5..=10).contains(&took.as_millis()), "{took:?}");
        }
    }

    #[test]
    fn one_batch_is_always_taken() {
        let mut size = TurnSize::new(1000);
        assert_eq!(turns(&mut size, 10, Duration::from_secs(1), 5).as_secs(), 1);
    }

    #[test]
    fn turns_grow_again_when_handlers_are_quick() {
        let mut size = TurnSize::new(1000);
        turns(&mut size, 10, Duration::from_secs(1), 5);
        assert_eq!(
            turns(&mut size, 10, Duration::from_micros(5), 12).as_micros(),
            500
        );
    }
}
