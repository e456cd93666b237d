//! A whole server on loopback: threads, sockets, a peer that misbehaves.

#[path = "../support/mod.rs"]
mod support;

mod closing;
mod connections;
mod early_reply;
mod helping;
#[cfg(unix)]
mod inherited;
mod limits;
mod listening;
mod probes;
mod proxy;
mod system_calls;
#[cfg(unix)]
mod unix;
#[cfg(target_os = "linux")]
mod unread;
