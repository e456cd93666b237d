//! What the tests of the bridge share: a bounded model, a bell to sleep by, and a census of
//! batches.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use lanner_bridge::{Batch, Chunk, Home};

#[cfg(loom)]
pub(crate) mod model;

/// A batch that the [`census`] counts: it carries a chunk of that size.
pub(crate) fn marked(size: usize, count: u32) -> Box<Batch> {
    let mut batch = Box::new(Batch::new());
    batch
        .large
        .push(Chunk::copy_of(Home::Io, &vec![0xAB; size]));
    batch.count = count;
    batch
}

pub(crate) mod census;
