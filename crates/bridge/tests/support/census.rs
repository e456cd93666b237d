//! Counts how often memory of a marked size is allocated and freed.
//!
//! A batch has no destructor that a test could watch. So the tests put a chunk of a size that
//! nothing else has into each batch: after everything is gone, as many of them must have been freed
//! as were made. One missing is a leak; one too many is a batch that was dropped twice. Each test
//! has a size of its own, for tests run side by side.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

/// Marked sizes begin here: odd and rare.
const FIRST: usize = 40_009;
const SIZES: usize = 16;

static LIVE: [AtomicIsize; SIZES] = [const { AtomicIsize::new(0) }; SIZES];

struct Census;

#[global_allocator]
static CENSUS: Census = Census;

/// The size that the test with this number marks its batches with.
pub(crate) const fn size(test: usize) -> usize {
    assert!(test < SIZES);
    FIRST + test
}

/// How many allocations of this marked size are alive.
pub(crate) fn live(size: usize) -> isize {
    LIVE[size - FIRST].load(Relaxed)
}

fn count(size: usize, by: isize) {
    if let Some(live) = size.checked_sub(FIRST).and_then(|place| LIVE.get(place)) {
        live.fetch_add(by, Relaxed);
    }
}

// SAFETY: every request goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Census {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller's promises, handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: the caller's promises, handed on.
        unsafe { System.dealloc(memory, layout) }
    }
}
