//! Buffers of one I/O thread, reused in the order last in, first out.
//!
//! Three kinds: small buffers (heads and short replies), chunks (pieces of large bodies) and the
//! state of connections that have something going on. Owned by one thread, so nothing is locked.
//! Promises at most `POOL_BYTES_MAX` of idle memory, and that what was not needed for a while goes
//! back to the system: a thread at rest ends with an empty pool. An idle connection holds none of
//! it. Not here: how much one exchange may hold (credits), and all of them (`body_memory`).

use std::sync::atomic::Ordering::Relaxed;

use lanner_bridge::{Chunk, Home};

use crate::conn::Active;
use crate::metrics::Counters;

/// Capacity of a fresh small buffer: a head and a short body.
const SMALL_BYTES: usize = 2 * 1024;
/// A small buffer that grew past this is freed rather than kept.
const SMALL_BYTES_MAX: usize = 64 * 1024;
/// Bytes of small buffers kept for reuse: those of a thousand busy connections, two each.
const SMALL_KEPT_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a chunk: large enough that an upload costs few system calls, small enough that those on
/// their way (`CHUNKS_OUT_MAX`) stay in a core's cache until they are read.
pub const CHUNK_BYTES: usize = 128 * 1024;
/// Chunks kept for reuse: as many as are on their way to an isolate.
const CHUNKS_KEPT_BYTES: usize = 16 * CHUNK_BYTES;
/// Bytes of chunks of isolates that wait for a batch to go home with; more are freed.
const AWAY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of states of busy connections kept for reuse: a thousand.
const ACTIVE_KEPT_BYTES: usize = 1024 * size_of::<Active>();

/// The most idle memory of one I/O thread.
pub const POOL_BYTES_MAX: usize =
    SMALL_KEPT_BYTES + CHUNKS_KEPT_BYTES + AWAY_BYTES_MAX + ACTIVE_KEPT_BYTES;

/// Time between looks at what was not needed (T-42 has ten seconds, and evicts far less).
const TRIM_MS: u64 = 5_000;

/// Something that the pool keeps.
trait Idle {
    fn bytes(&self) -> usize;
}

impl Idle for Vec<u8> {
    fn bytes(&self) -> usize {
        self.capacity()
    }
}

impl Idle for Chunk {
    fn bytes(&self) -> usize {
        self.capacity()
    }
}

impl Idle for Box<Active> {
    fn bytes(&self) -> usize {
        size_of::<Active>()
    }
}

/// Totals in bytes since the thread began.
#[derive(Debug, Default)]
struct Totals {
    allocated: u64,
    rented: u64,
    evicted: u64,
}

/// Idle things of one kind.
#[derive(Debug)]
struct Shelf<T> {
    idle: Vec<T>,
    bytes: usize,
    most: usize,
    /// The fewest that were idle since the last look: so many were not needed.
    fewest: usize,
}

impl<T: Idle> Shelf<T> {
    fn new(most: usize) -> Self {
        Self {
            idle: Vec::new(),
            bytes: 0,
            most,
            fewest: 0,
        }
    }

    fn take(&mut self, totals: &mut Totals, fresh: impl FnOnce() -> T) -> T {
        let taken = match self.idle.pop() {
            Some(taken) => {
                self.bytes -= taken.bytes();
                self.fewest = self.fewest.min(self.idle.len());
                taken
            }
            None => {
                let fresh = fresh();
                totals.allocated += fresh.bytes() as u64;
                fresh
            }
        };
        totals.rented += taken.bytes() as u64;
        taken
    }

    fn give(&mut self, totals: &mut Totals, given: T) {
        if self.bytes + given.bytes() <= self.most {
            self.bytes += given.bytes();
            self.idle.push(given);
        } else {
            totals.evicted += given.bytes() as u64;
        }
    }

    /// Frees half of what was not needed since the last look.
    fn trim(&mut self, totals: &mut Totals) {
        let unneeded = self.fewest.div_ceil(2);
        // The oldest: the others are warm.
        for freed in self.idle.drain(..unneeded) {
            self.bytes -= freed.bytes();
            totals.evicted += freed.bytes() as u64;
        }
        if self.idle.is_empty() {
            self.idle = Vec::new();
        }
        self.fewest = self.idle.len();
    }
}

/// The idle buffers of one I/O thread.
#[derive(Debug)]
pub struct Pool {
    small: Shelf<Vec<u8>>,
    chunks: Shelf<Chunk>,
    active: Shelf<Box<Active>>,
    away: Vec<Chunk>,
    totals: Totals,
    trimmed_at: u64,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            small: Shelf::new(SMALL_KEPT_BYTES),
            chunks: Shelf::new(CHUNKS_KEPT_BYTES),
            active: Shelf::new(ACTIVE_KEPT_BYTES),
            away: Vec::new(),
            totals: Totals::default(),
            trimmed_at: 0,
        }
    }
}

impl Pool {
    /// An empty small buffer.
    pub fn small(&mut self) -> Vec<u8> {
        self.small
            .take(&mut self.totals, || Vec::with_capacity(SMALL_BYTES))
    }

    /// Takes a small buffer back.
    pub fn give_small(&mut self, mut bytes: Vec<u8>) {
        if (SMALL_BYTES..=SMALL_BYTES_MAX).contains(&bytes.capacity()) {
            bytes.clear();
            self.small.give(&mut self.totals, bytes);
        }
    }

    /// A chunk of `CHUNK_BYTES`, its content whatever it held before.
    pub fn chunk(&mut self) -> Chunk {
        self.chunks.take(&mut self.totals, || {
            Chunk::with_capacity(Home::Io, CHUNK_BYTES)
        })
    }

    /// Takes a chunk whose content was used: for reuse here, or for its way home.
    pub fn give_chunk(&mut self, chunk: Chunk) {
        match chunk.home() {
            Home::Io => self.chunks.give(&mut self.totals, chunk),
            Home::Isolate => {
                let waiting: usize = self.away.iter().map(Chunk::capacity).sum();
                if waiting + chunk.capacity() <= AWAY_BYTES_MAX {
                    self.away.push(chunk);
                }
            }
        }
    }

    /// The chunks that want to go home.
    pub fn away(&mut self) -> &mut Vec<Chunk> {
        &mut self.away
    }

    /// State for a connection that begins to be busy.
    pub fn active(&mut self) -> Box<Active> {
        self.active.take(&mut self.totals, Box::default)
    }

    /// Takes the state of a connection that is idle again.
    pub fn give_active(&mut self, active: Box<Active>) {
        self.active.give(&mut self.totals, active);
    }

    /// Time has passed: from time to time what is not needed is freed.
    pub fn on_time(&mut self, now: u64) {
        if now.saturating_sub(self.trimmed_at) < TRIM_MS {
            return;
        }
        self.trimmed_at = now;
        self.small.trim(&mut self.totals);
        self.chunks.trim(&mut self.totals);
        self.active.trim(&mut self.totals);
        if self.idle_bytes() == 0 {
            self.away = Vec::new();
        }
    }

    /// Bytes that are idle here and could be freed by `on_time`.
    pub fn idle_bytes(&self) -> usize {
        self.small.bytes + self.chunks.bytes + self.active.bytes
    }

    /// Writes the figures of the metrics.
    pub fn count(&self, counters: &Counters) {
        let Totals {
            allocated,
            rented,
            evicted,
        } = self.totals;
        counters
            .pool_idle_bytes
            .store(self.idle_bytes() as u64, Relaxed);
        counters.pool_allocated_bytes.store(allocated, Relaxed);
        counters.pool_rented_bytes.store(rented, Relaxed);
        counters.pool_evicted_bytes.store(evicted, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn use_at_once(pool: &mut Pool, n: usize) {
        let taken: Vec<_> = (0..n).map(|_| pool.small()).collect();
        taken.into_iter().for_each(|bytes| pool.give_small(bytes));
    }

    #[test]
    fn what_is_not_needed_is_halved_until_nothing_is_left() {
        let mut pool = Pool::default();
        use_at_once(&mut pool, 100);
        pool.give_chunk(Chunk::with_capacity(Home::Io, CHUNK_BYTES));
        pool.on_time(TRIM_MS);
        assert_eq!(pool.small.idle.len(), 100, "needed a moment ago");
        let mut left = Vec::new();
        for round in 2..=9 {
            pool.on_time(round * TRIM_MS);
            left.push(pool.small.idle.len());
        }
        assert_eq!(left, [50, 25, 12, 6, 3, 1, 0, 0]);
        assert_eq!(pool.idle_bytes(), 0);
        assert_eq!(
            pool.totals.evicted,
            (100 * SMALL_BYTES + CHUNK_BYTES) as u64
        );
        assert_eq!(pool.small.idle.capacity(), 0);
    }

    #[test]
    fn what_is_needed_stays() {
        let mut pool = Pool::default();
        use_at_once(&mut pool, 100);
        for round in 1..100 {
            pool.on_time(round * TRIM_MS);
            use_at_once(&mut pool, 40);
            assert!(pool.small.idle.len() >= 40, "{round}");
        }
        assert_eq!(pool.small.idle.len(), 40);
        assert_eq!(pool.totals.allocated, 100 * SMALL_BYTES as u64);
        assert_eq!(pool.totals.rented, (100 + 99 * 40) * SMALL_BYTES as u64);
    }

    #[test]
    fn it_is_looked_at_every_five_seconds() {
        let mut pool = Pool::default();
        use_at_once(&mut pool, 8);
        for now in 0..4 * TRIM_MS {
            pool.on_time(now);
        }
        assert_eq!(pool.small.idle.len(), 2, "kept, four, two");
    }

    #[test]
    fn no_kind_passes_its_bound() {
        let mut pool = Pool::default();
        for _ in 0..5_000 {
            pool.give_small(Vec::with_capacity(SMALL_BYTES_MAX));
            pool.give_small(Vec::with_capacity(SMALL_BYTES_MAX + 1));
            pool.give_active(Box::default());
        }
        for _ in 0..100 {
            pool.give_chunk(Chunk::with_capacity(Home::Io, CHUNK_BYTES));
            pool.give_chunk(Chunk::with_capacity(Home::Isolate, 1024 * 1024));
        }
        assert_eq!(pool.small.bytes, SMALL_KEPT_BYTES);
        assert_eq!(pool.chunks.bytes, CHUNKS_KEPT_BYTES);
        assert_eq!(pool.active.bytes, ACTIVE_KEPT_BYTES);
        assert_eq!(pool.away.len(), 8);
        let away: usize = pool.away.iter().map(Chunk::capacity).sum();
        assert!(pool.idle_bytes() + away <= POOL_BYTES_MAX);
    }
}
