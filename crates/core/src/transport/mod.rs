//! Sockets: where connections come from and the byte pipes that they are.

pub mod listen;
pub mod stream;
