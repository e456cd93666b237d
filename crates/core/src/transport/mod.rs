//! Sockets: where connections come from and the byte pipes that they are.

pub mod endpoint;
pub mod listen;
pub mod stream;
pub mod trust;
