//! The I/O threads: each has a poller, its connections and one coarse clock.
//!
//! `helm` is the loop, `thread` its state, `accept`, `sockets` and `records` what it does with
//! listeners, connections and isolates, `clock` and `timers` its time, `freed` its memory, `remote`
//! what other threads may ask of it.

mod accept;
pub(crate) mod clock;
mod freed;
pub(crate) mod helm;
mod records;
mod relief;
pub(crate) mod remote;
pub(crate) mod seats;
mod sockets;
pub(crate) mod thread;
pub(crate) mod timers;
