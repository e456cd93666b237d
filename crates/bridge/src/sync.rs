//! Atomics, cells and locks: std's, or loom's under `--cfg loom`.
//!
//! Every other file takes its concurrency from here and so runs unchanged under the model checker.
//! std's cell gets loom's interface (`with_mut`), because loom's cannot get std's. No
//! logic.

#[cfg(loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering, fence},
    },
};

#[cfg(not(loom))]
pub(crate) use self::cell::UnsafeCell;
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicUsize, Ordering, fence},
};

#[cfg(not(loom))]
mod cell {
    /// std's cell with loom's interface: the pointer never leaves the closure's call.
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        /// Lends a pointer for writing.
        #[inline]
        pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.0.get())
        }
    }
}

/// A number of the calling thread that no other thread has, had or will have, and that is never 0.
///
/// Not an address: a thread that comes later may get the address of one that went, and then take
/// that one's traces for its own.
pub(crate) fn thread_token() -> usize {
    // std's, also under loom: it hands out numbers and orders nothing.
    use std::sync::atomic::AtomicUsize as Numbers;
    #[cfg(not(loom))]
    use std::thread_local;

    #[cfg(loom)]
    use loom::thread_local;

    static NEXT: Numbers = Numbers::new(1);
    thread_local! { static TOKEN: usize = NEXT.fetch_add(1, Ordering::Relaxed) }
    TOKEN.with(|token| *token)
}
