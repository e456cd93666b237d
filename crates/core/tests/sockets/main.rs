//! A whole server on loopback: threads, sockets, a peer that misbehaves.

#[path = "../support/mod.rs"]
mod support;

mod closing;
mod connections;
mod early_reply;
mod helping;
mod limits;
#[cfg(unix)]
mod listening;
mod probes;
mod system_calls;
