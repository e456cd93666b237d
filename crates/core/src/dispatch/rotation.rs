//! Which lane an isolate takes its next batch from.
//!
//! Asked by the isolate's side of the lanes. Promises that a thread which always has a batch keeps
//! no other waiting for longer than one batch of each, however little a turn may take, and that a
//! batch which was held back comes first. How much a turn may take is in `turn`.

/// The order in which lanes are heard.
#[derive(Debug)]
pub struct Rotation<B> {
    /// The lane that is looked at first.
    first: usize,
    /// A batch that did not fit its turn any more.
    held: Option<(usize, B)>,
}

impl<B> Default for Rotation<B> {
    fn default() -> Self {
        Self {
            first: 0,
            held: None,
        }
    }
}

impl<B> Rotation<B> {
    /// The next batch of `count` lanes and where it came from; `take` takes one from a lane.
    pub fn next(
        &mut self,
        count: usize,
        mut take: impl FnMut(usize) -> Option<B>,
    ) -> Option<(usize, B)> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        for step in 0..count {
            let from = (self.first + step) % count;
            if let Some(batch) = take(from) {
                // The next look begins behind it: a turn may be a single batch, and a thread that
                // always has one would be the only one that is heard.
                self.first = (from + 1) % count;
                return Some((from, batch));
            }
        }
        None
    }

    /// Keeps the batch that [`next`](Self::next) has just given, for the next turn.
    pub fn hold(&mut self, from: usize, batch: B) {
        self.held = Some((from, batch));
    }

    /// Whether a batch is held back.
    pub fn holds(&self) -> bool {
        self.held.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::dispatch::turn::TurnSize;

    const BATCH: usize = 10;

    /// Lanes with so many batches each, and what the isolate does with them.
    struct Isolate {
        lanes: Vec<usize>,
        rotation: Rotation<()>,
        size: TurnSize,
    }

    impl Isolate {
        fn new(lanes: &[usize], most: usize) -> Self {
            Self {
                lanes: lanes.to_vec(),
                rotation: Rotation::default(),
                size: TurnSize::new(most),
            }
        }

        /// One turn, whose batches take `pace` each: the lanes in the order in which it heard them.
        fn turn(&mut self, pace: Duration) -> Vec<usize> {
            let (mut used, mut heard) = (0, Vec::new());
            let lanes = &mut self.lanes;
            let count = lanes.len();
            while let Some((from, batch)) = self.rotation.next(count, |from| {
                lanes[from] = lanes[from].checked_sub(1)?;
                Some(())
            }) {
                if !self.size.has_room(used, BATCH) {
                    self.rotation.hold(from, batch);
                    break;
                }
                used += BATCH;
                heard.push(from);
            }
            self.size.ended(used, pace * heard.len() as u32);
            heard
        }
    }

    #[test]
    fn a_lane_that_always_has_a_batch_keeps_no_other_waiting() {
        for greedy in 0..3 {
            let mut lanes = [0; 3];
            lanes[greedy] = usize::MAX;
            let mut isolate = Isolate::new(&lanes, 1_000);
            isolate.turn(Duration::from_secs(1));
            for other in (0..3).filter(|&lane| lane != greedy) {
                isolate.lanes[other] = 1;
                // Slow handlers: each turn is one batch, and one was held back before.
                let heard: Vec<_> = (0..4)
                    .flat_map(|_| isolate.turn(Duration::from_secs(1)))
                    .collect();
                assert_eq!(heard.len(), 4, "a batch per turn");
                assert!(heard.contains(&other), "{other} beside {greedy}: {heard:?}");
            }
        }
    }

    #[test]
    fn lanes_that_all_have_batches_are_heard_alike() {
        let mut isolate = Isolate::new(&[usize::MAX; 4], 1_000);
        let mut counts = [0; 4];
        for pace in [Duration::from_secs(1), Duration::from_micros(1)] {
            for _ in 0..101 {
                for from in isolate.turn(pace) {
                    counts[from] += 1;
                }
            }
        }
        let (least, most) = (counts.iter().min(), counts.iter().max());
        assert!(
            most.zip(least)
                .is_some_and(|(most, least)| most - least <= 1),
            "{counts:?}"
        );
    }

    #[test]
    fn what_was_held_back_comes_first() {
        let mut rotation = Rotation::default();
        assert_eq!(rotation.next(2, Some), Some((0, 0)));
        assert_eq!(rotation.next(2, Some), Some((1, 1)));
        rotation.hold(1, 1);
        assert!(rotation.holds());
        assert_eq!(rotation.next(2, Some), Some((1, 1)));
        assert!(!rotation.holds());
        assert_eq!(rotation.next(2, Some), Some((0, 0)));
    }

    #[test]
    fn no_lane_has_nothing() {
        assert_eq!(Rotation::<()>::default().next(0, |_| None), None);
        assert_eq!(Rotation::<()>::default().next(3, |_| None), None);
    }
}
