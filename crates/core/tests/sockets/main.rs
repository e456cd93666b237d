//! A whole server on loopback: threads, sockets, a peer that misbehaves.

#[path = "../support/mod.rs"]
mod support;

mod connections;
mod system_calls;
