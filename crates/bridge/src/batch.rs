//! What travels over the bridge: bytes, laid out by the callers, and how many entries they hold.
//!
//! `core` and `node` fill and read batches; [`lane`](mod@crate::lane) carries and recycles them. A
//! batch that is cleared keeps its memory, so a warm bridge allocates nothing. What the bytes mean
//! is not here.

use crate::chunk::Chunk;

/// Entries handed over in one crossing.
#[derive(Debug, Default)]
pub struct Batch {
    /// The entries, back to back, in the layout that the two sides agree on.
    pub bytes: Vec<u8>,
    /// How many entries `bytes` holds.
    pub count: u32,
    /// How many of them open an exchange.
    pub openings: u32,
    /// How much work they allow exchanges to go on with, in a measure of the sender's.
    pub credit: u32,
    /// Whether the sender waits for this batch to be taken: then it is to be woken.
    pub is_awaited: bool,
    /// The sender's number of this batch.
    pub number: u32,
    /// A point in time, on the clock that the two sides agree on.
    pub stamp: u64,
    /// Chunks too large to be worth copying into `bytes`; entries refer to them by index. They are
    /// moved out by the receiver, or dropped when the batch is cleared.
    pub large: Vec<Chunk>,
    /// Chunks whose content was used: memory on its way home to the side that fills chunks. Taken
    /// out by the receiver, or dropped when the batch is cleared.
    pub spent: Vec<Chunk>,
}

impl Batch {
    /// An empty batch that has no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to hand over.
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.bytes.is_empty() && self.large.is_empty()
    }

    /// Forgets the entries and drops the large chunks; keeps the memory of both lists.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
        self.openings = 0;
        self.credit = 0;
        self.is_awaited = false;
        self.number = 0;
        self.stamp = 0;
        self.large.clear();
        self.spent.clear();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::chunk::Home;

    #[test]
    fn a_cleared_batch_is_empty_and_keeps_its_memory() {
        let mut batch = Batch::new();
        assert!(batch.is_empty());
        batch.bytes.extend_from_slice(&[1; 1000]);
        batch.count = 3;
        (batch.openings, batch.number, batch.stamp) = (2, 7, 1_000);
        (batch.credit, batch.is_awaited) = (1, true);
        batch.large.push(Chunk::copy_of(Home::Io, &[2; 10]));
        batch.spent.push(Chunk::copy_of(Home::Io, &[3; 10]));
        assert!(!batch.is_empty());
        let memory = (batch.bytes.capacity(), batch.large.capacity());
        batch.clear();
        assert!(batch.is_empty());
        assert_eq!((batch.openings, batch.number, batch.stamp), (0, 0, 0));
        assert_eq!((batch.credit, batch.is_awaited), (0, false));
        assert_eq!((batch.bytes.capacity(), batch.large.capacity()), memory);
    }

    #[test]
    fn a_large_chunk_alone_makes_a_batch_worth_sending() {
        let batch = Batch {
            large: vec![Chunk::with_capacity(Home::Io, 0)],
            ..Batch::default()
        };
        assert!(!batch.is_empty());
    }
}
