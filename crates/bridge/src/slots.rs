//! The table of live exchanges of one I/O thread: places that are reused, keys that are not.
//!
//! `core` claims a slot when it hands a request over and releases it when the exchange is settled.
//! A key carries the generation of its claim, so a late reply meets a newer generation: it finds
//! nothing and is counted. The table has one owner thread and no locks; it grows up to its capacity
//! as slots are needed, and then refuses. What a slot holds is not here.
//!
//! A generation is a positive `i32` (1 ..= 2^31 - 1), because JavaScript reads it as one, and wraps
//! to 1. A key would be taken for a newer claim only if it were kept through exactly 2^31 - 1
//! reuses of its one slot.

use std::cell::Cell;
use std::fmt;

/// The most slots a table can have: indices fit in 20 bits.
pub const SLOTS_MAX: usize = 1 << 20;

const GENERATION_MAX: u32 = i32::MAX.cast_unsigned();

/// Marks the end of the free list. Not an index: indices are below [`SLOTS_MAX`].
const NONE: u32 = u32::MAX;

/// A key: a place, and which of its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotId {
    /// The place: below [`SLOTS_MAX`].
    pub index: u32,
    /// The claim: 1 ..= `i32::MAX`.
    pub generation: u32,
}

/// Slots that hold values of `T`.
pub struct Slots<T> {
    slots: Vec<Slot<T>>,
    /// The most recently released slot: its memory is warm, so it is claimed next.
    free: u32,
    live: usize,
    capacity: usize,
    stale: Cell<u64>,
}

struct Slot<T> {
    /// Of the present claim, or of the next one when the slot is free.
    generation: u32,
    content: Content<T>,
}

enum Content<T> {
    Free { next: u32 },
    Held(T),
}

impl<T> Slots<T> {
    /// A table for up to `capacity` slots (at most [`SLOTS_MAX`]). Allocates nothing yet.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.min(SLOTS_MAX);
        Self {
            slots: Vec::new(),
            free: NONE,
            live: 0,
            capacity,
            stale: Cell::new(0),
        }
    }

    /// Puts a value into a free slot. None, and the value dropped, when the table is full: ask
    /// [`is_full`](Self::is_full) first where the value matters.
    pub fn claim(&mut self, value: T) -> Option<SlotId> {
        let Some(slot) = self.slots.get_mut(self.free as usize) else {
            return self.grow(value);
        };
        let index = self.free;
        if let Content::Free { next } = slot.content {
            self.free = next;
        }
        slot.content = Content::Held(value);
        self.live += 1;
        Some(SlotId {
            index,
            generation: slot.generation,
        })
    }

    fn grow(&mut self, value: T) -> Option<SlotId> {
        if self.is_full() {
            return None;
        }
        // Below SLOTS_MAX, so it fits.
        let id = SlotId {
            index: self.slots.len() as u32,
            generation: 1,
        };
        self.slots.push(Slot {
            generation: 1,
            content: Content::Held(value),
        });
        self.live += 1;
        Some(id)
    }

    /// The value of a claim that is still live. A stale key finds nothing and is counted.
    pub fn get(&self, id: SlotId) -> Option<&T> {
        match self.slots.get(id.index as usize) {
            Some(Slot {
                generation,
                content: Content::Held(value),
            }) if *generation == id.generation => Some(value),
            _ => {
                self.stale.set(self.stale.get() + 1);
                None
            }
        }
    }

    /// Like [`get`](Self::get), for writing.
    pub fn get_mut(&mut self, id: SlotId) -> Option<&mut T> {
        match self.slots.get_mut(id.index as usize) {
            Some(Slot {
                generation,
                content: Content::Held(value),
            }) if *generation == id.generation => Some(value),
            _ => {
                self.stale.set(self.stale.get() + 1);
                None
            }
        }
    }

    /// Ends a claim and gives its value back. From here on its key is stale; a stale key is
    /// counted.
    pub fn release(&mut self, id: SlotId) -> Option<T> {
        self.get_mut(id)?;
        let slot = self.slots.get_mut(id.index as usize)?;
        slot.generation = if slot.generation >= GENERATION_MAX {
            1
        } else {
            slot.generation + 1
        };
        let content = std::mem::replace(&mut slot.content, Content::Free { next: self.free });
        self.free = id.index;
        self.live -= 1;
        match content {
            Content::Held(value) => Some(value),
            Content::Free { .. } => None,
        }
    }

    /// How many slots are claimed.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether no slot is claimed.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Whether the next claim would be refused.
    pub fn is_full(&self) -> bool {
        self.live >= self.capacity
    }

    /// How many slots can be claimed at once.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How often a key was stale.
    pub fn stale(&self) -> u64 {
        self.stale.get()
    }

    /// All live claims, in order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (SlotId, &T)> {
        self.slots
            .iter()
            .zip(0u32..)
            .filter_map(|(slot, index)| match &slot.content {
                Content::Held(value) => Some((
                    SlotId {
                        index,
                        generation: slot.generation,
                    },
                    value,
                )),
                Content::Free { .. } => None,
            })
    }

    /// All live claims, for writing.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (SlotId, &mut T)> {
        self.slots
            .iter_mut()
            .zip(0u32..)
            .filter_map(|(slot, index)| match &mut slot.content {
                Content::Held(value) => Some((
                    SlotId {
                        index,
                        generation: slot.generation,
                    },
                    value,
                )),
                Content::Free { .. } => None,
            })
    }
}

impl<T> fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("len", &self.live)
            .field("capacity", &self.capacity)
            .field("stale", &self.stale.get())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_found_until_it_is_released() {
        let mut slots = Slots::new(4);
        let id = slots.claim("a").expect("room");
        assert_eq!(
            id,
            SlotId {
                index: 0,
                generation: 1
            }
        );
        assert_eq!((slots.get(id), slots.len()), (Some(&"a"), 1));
        *slots.get_mut(id).expect("live") = "b";
        assert_eq!(slots.release(id), Some("b"));
        assert_eq!((slots.len(), slots.is_empty(), slots.stale()), (0, true, 0));
    }

    #[test]
    fn a_stale_key_finds_nothing_and_is_counted() {
        let mut slots = Slots::new(4);
        let old = slots.claim(1).expect("room");
        assert_eq!(slots.release(old), Some(1));
        let new = slots.claim(2).expect("room");
        assert_eq!((new.index, new.generation), (old.index, old.generation + 1));
        assert_eq!(slots.get(old), None);
        assert_eq!(slots.get_mut(old), None);
        assert_eq!(slots.release(old), None);
        assert_eq!(
            (slots.stale(), slots.len(), slots.get(new)),
            (3, 1, Some(&2))
        );
    }

    #[test]
    fn keys_that_were_never_given_out_are_stale() {
        let mut slots = Slots::new(4);
        let id = slots.claim(1).expect("room");
        for (index, generation) in [(0, 0), (0, 2), (1, 1), (3, 1), (u32::MAX, 1), (0, u32::MAX)] {
            assert_eq!(slots.get(SlotId { index, generation }), None);
            assert_eq!(slots.release(SlotId { index, generation }), None);
        }
        assert_eq!(slots.stale(), 12);
        // The present generation of a free slot opens nothing either.
        assert_eq!(slots.release(id), Some(1));
        let next = SlotId {
            generation: id.generation + 1,
            ..id
        };
        assert_eq!(slots.get(next), None);
        assert_eq!((slots.release(next), slots.len()), (None, 0));
    }

    #[test]
    fn a_full_table_refuses_and_recovers() {
        let mut slots = Slots::new(3);
        let ids: Vec<_> = (0..3).map(|n| slots.claim(n).expect("room")).collect();
        assert!(slots.is_full());
        assert_eq!(slots.claim(9), None);
        assert_eq!(slots.release(ids[1]), Some(1));
        assert!(!slots.is_full());
        let again = slots.claim(7).expect("room");
        assert_eq!((again.index, again.generation), (1, 2));
        assert_eq!(slots.claim(9), None);
        assert_eq!(slots.capacity(), 3);
    }

    #[test]
    fn memory_grows_with_use_and_the_warmest_slot_is_reused_first() {
        let mut slots = Slots::new(SLOTS_MAX + 1);
        assert_eq!((slots.capacity(), slots.slots.capacity()), (SLOTS_MAX, 0));
        let ids: Vec<_> = (0..4).map(|n| slots.claim(n).expect("room")).collect();
        for id in &ids {
            assert!(slots.release(*id).is_some());
        }
        for id in ids.iter().rev() {
            assert_eq!(slots.claim(0).map(|again| again.index), Some(id.index));
        }
        assert_eq!(slots.slots.len(), 4);
    }

    #[test]
    fn a_table_without_room_refuses() {
        let mut slots = Slots::new(0);
        assert!(slots.is_full());
        assert_eq!(slots.claim(1), None);
    }

    #[test]
    fn generations_stay_positive_and_wrap_past_zero() {
        let mut slots = Slots::new(1);
        let id = slots.claim(0).expect("room");
        slots.release(id);
        slots.slots[0].generation = GENERATION_MAX;
        let last = slots.claim(1).expect("room");
        assert_eq!(last.generation, 0x7FFF_FFFF);
        assert_eq!(slots.release(last), Some(1));
        let first = slots.claim(2).expect("room");
        assert_eq!(first.generation, 1);
        assert_eq!((slots.get(last), slots.get(first)), (None, Some(&2)));
    }

    #[test]
    fn the_live_claims_can_be_walked() {
        let mut slots = Slots::new(8);
        let ids: Vec<_> = (0..5).map(|n| slots.claim(n).expect("room")).collect();
        slots.release(ids[1]);
        slots.release(ids[3]);
        let again = slots.claim(30).expect("room");
        slots.iter_mut().for_each(|(_, value)| *value += 1);
        let live: Vec<_> = slots.iter().map(|(id, value)| (id, *value)).collect();
        assert_eq!(live, [(ids[0], 1), (ids[2], 3), (again, 31), (ids[4], 5)]);
    }

    /// A long random walk beside a plain list of what should be there.
    #[test]
    fn agrees_with_a_simple_model() {
        let mut slots = Slots::new(50);
        let (mut live, mut dead) = (Vec::new(), Vec::new());
        let (mut random, mut stale) = (1u64, 0);
        for step in 0..if cfg!(miri) { 1_000 } else { 20_000u64 } {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let pick = (random >> 8) as usize;
            match random % 4 {
                0 | 1 => match slots.claim(step) {
                    Some(id) => live.push((id, step)),
                    None => assert_eq!(live.len(), 50),
                },
                2 if !live.is_empty() => {
                    let (id, value) = live.swap_remove(pick % live.len());
                    assert_eq!(slots.release(id), Some(value));
                    dead.push(id);
                }
                3 if !dead.is_empty() => {
                    assert_eq!(slots.get(dead[pick % dead.len()]), None);
                    stale += 1;
                }
                _ => {}
            }
            assert_eq!((slots.len(), slots.stale()), (live.len(), stale));
        }
        assert!(live.iter().all(|(id, value)| slots.get(*id) == Some(value)));
    }
}
