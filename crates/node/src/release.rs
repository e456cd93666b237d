//! Memory that was freed, handed back to the system.
//!
//! Called by the core's clock after the pools have shrunk. glibc keeps freed memory whose
//! neighbours are in use, and each of its arenas keeps its own; `malloc_trim` gives back every
//! free page. Promises nothing where another allocator is at work: there is no such function then.

/// Hands free memory back, where this process's allocator has a function for it.
pub(crate) fn release_memory() -> Option<fn()> {
    find().map(|_| release as fn())
}

fn release() {
    if let Some(trim) = find() {
        // SAFETY: glibc allows any thread to call it at any time; the number is what is left at
        // the top of a heap, and none is allowed.
        unsafe { trim(0) };
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn find() -> Option<Trim> {
    use std::sync::OnceLock;

    use crate::process::symbol;

    static TRIM: OnceLock<Option<Trim>> = OnceLock::new();
    // SAFETY: the type is that of malloc_trim(3).
    *TRIM.get_or_init(|| unsafe { symbol(c"malloc_trim") })
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn find() -> Option<Trim> {
    None
}

/// `malloc_trim` of glibc.
type Trim = unsafe extern "C" fn(usize) -> std::ffi::c_int;
