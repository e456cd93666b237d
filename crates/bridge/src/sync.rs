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

/// A number that no other living thread has, and that is never 0: the address of a thread's own
/// byte.
pub(crate) fn thread_token() -> usize {
    #[cfg(not(loom))]
    std::thread_local! { static TOKEN: u8 = const { 0 } }
    #[cfg(loom)]
    loom::thread_local! { static TOKEN: u8 = 0 }
    TOKEN.with(|token| std::ptr::from_ref(token).addr())
}
