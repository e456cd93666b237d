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
#[cfg(unix)]
mod listening;
mod probes;
#[cfg(unix)]
mod proxy;
mod system_calls;
#[cfg(target_os = "linux")]
mod unread;
