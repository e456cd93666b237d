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
