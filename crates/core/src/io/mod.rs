//! The I/O threads: each has a poller, its connections and one coarse clock.
//!
//! `thread` is the loop, `timers` the clock's wheel, `remote` what other threads may ask of it.

pub(crate) mod remote;
pub(crate) mod thread;
pub(crate) mod timers;
