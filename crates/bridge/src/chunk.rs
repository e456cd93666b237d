//! A piece of a body that is too large to copy into a batch: memory of a fixed size, partly used.
//!
//! Filled by the side that has the bytes (from the socket, or from JavaScript), handed over by
//! moving it, and sent home through a batch's `spent` list. Promises that the memory is
//! initialised once and never zeroed again. Pools and credits are not here.

use std::fmt;

/// Which side of a lane filled the chunk, and gets its memory back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// The I/O thread: pieces of request bodies.
    Io,
    /// The isolate: replies.
    Isolate,
}

/// Memory of a fixed size whose first bytes are in use.
pub struct Chunk {
    memory: Box<[u8]>,
    len: usize,
    home: Home,
}

impl Chunk {
    /// Zeroed memory of `capacity` bytes, none of them in use.
    pub fn with_capacity(home: Home, capacity: usize) -> Self {
        Self {
            memory: vec![0; capacity].into_boxed_slice(),
            len: 0,
            home,
        }
    }

    /// A chunk of just the size of `bytes`.
    pub fn copy_of(home: Home, bytes: &[u8]) -> Self {
        Self {
            memory: bytes.into(),
            len: bytes.len(),
            home,
        }
    }

    /// Which side gets the memory back.
    pub fn home(&self) -> Home {
        self.home
    }

    /// How many bytes fit.
    pub fn capacity(&self) -> usize {
        self.memory.len()
    }

    /// The bytes in use.
    pub fn as_slice(&self) -> &[u8] {
        self.memory.get(..self.len).unwrap_or_default()
    }

    /// All of the memory, to be written into; `set_len` says afterwards how much was.
    pub fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Says how many bytes are in use; more than fit means all.
    pub fn set_len(&mut self, len: usize) {
        self.len = len.min(self.memory.len());
    }

    /// Copies as much of `bytes` as fits, and returns how much that was.
    pub fn fill_from(&mut self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.memory.len());
        if let (Some(into), Some(from)) = (self.memory.get_mut(..len), bytes.get(..len)) {
            into.copy_from_slice(from);
        }
        self.len = len;
        len
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk")
            .field("len", &self.len)
            .field("capacity", &self.memory.len())
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_holds_what_fits() {
        let mut chunk = Chunk::with_capacity(Home::Io, 4);
        assert_eq!(chunk.as_slice(), b"");
        assert_eq!(chunk.fill_from(b"abcdef"), 4);
        assert_eq!(chunk.as_slice(), b"abcd");
        chunk.set_len(2);
        assert_eq!(chunk.as_slice(), b"ab");
        chunk.set_len(9);
        assert_eq!(chunk.as_slice(), b"abcd");
        assert_eq!(Chunk::copy_of(Home::Isolate, b"xyz").capacity(), 3);
    }
}
