//! Buffers of one I/O thread, reused in the order last in, first out.
//!
//! Three kinds: small buffers (heads and short replies), chunks (pieces of large bodies) and the
//! state of connections that have something going on. Owned by one thread, so nothing is locked.
//! Promises a bounded number of idle buffers: `SMALL_KEPT`, `CHUNKS_KEPT`, `ACTIVE_KEPT`; more
//! are freed. An idle connection holds none. Not here: how much one exchange may hold (credits).

use lanner_bridge::{Chunk, Home};

use crate::conn::Active;

/// Capacity of a fresh small buffer: a head and a short body.
const SMALL_BYTES: usize = 2 * 1024;
/// A small buffer that grew past this is freed rather than kept.
const SMALL_BYTES_MAX: usize = 64 * 1024;
/// Small buffers kept for reuse.
const SMALL_KEPT: usize = 1024;
/// Bytes of a chunk: large enough that an upload costs few system calls, small enough that those on
/// their way (`CHUNKS_OUT_MAX`) stay in a core's cache until they are read.
pub const CHUNK_BYTES: usize = 128 * 1024;
/// Chunks kept for reuse, 2 MiB in all.
const CHUNKS_KEPT: usize = 16;
/// Chunks of isolates that wait for a batch to go home with; more are freed.
const AWAY_MAX: usize = 64;
/// States of busy connections kept for reuse.
const ACTIVE_KEPT: usize = 1024;

/// The idle buffers of one I/O thread.
#[derive(Debug, Default)]
pub struct Pool {
    small: Vec<Vec<u8>>,
    chunks: Vec<Chunk>,
    away: Vec<Chunk>,
    #[expect(
        clippy::vec_box,
        reason = "the boxes themselves travel: a connection holds one"
    )]
    active: Vec<Box<Active>>,
}

impl Pool {
    /// An empty small buffer.
    pub fn small(&mut self) -> Vec<u8> {
        self.small
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(SMALL_BYTES))
    }

    /// Takes a small buffer back.
    pub fn give_small(&mut self, mut bytes: Vec<u8>) {
        let useful = SMALL_BYTES..=SMALL_BYTES_MAX;
        if self.small.len() < SMALL_KEPT && useful.contains(&bytes.capacity()) {
            bytes.clear();
            self.small.push(bytes);
        }
    }

    /// A chunk of `CHUNK_BYTES`, its content whatever it held before.
    pub fn chunk(&mut self) -> Chunk {
        self.chunks
            .pop()
            .unwrap_or_else(|| Chunk::with_capacity(Home::Io, CHUNK_BYTES))
    }

    /// Takes a chunk whose content was used: for reuse here, or for its way home.
    pub fn give_chunk(&mut self, chunk: Chunk) {
        let (list, max) = match chunk.home() {
            Home::Io => (&mut self.chunks, CHUNKS_KEPT),
            Home::Isolate => (&mut self.away, AWAY_MAX),
        };
        if list.len() < max {
            list.push(chunk);
        }
    }

    /// The chunks that want to go home.
    pub fn away(&mut self) -> &mut Vec<Chunk> {
        &mut self.away
    }

    /// State for a connection that begins to be busy.
    pub fn active(&mut self) -> Box<Active> {
        self.active.pop().unwrap_or_default()
    }

    /// Takes the state of a connection that is idle again.
    pub fn give_active(&mut self, active: Box<Active>) {
        if self.active.len() < ACTIVE_KEPT {
            self.active.push(active);
        }
    }

    /// Bytes of the idle buffers, for the counters.
    pub fn idle_bytes(&self) -> usize {
        self.small.iter().map(Vec::capacity).sum::<usize>() + self.chunks.len() * CHUNK_BYTES
    }
}
