//! One connection, without its socket: bytes and records in, bytes and entries out.
//!
//! `connection` is the state machine, `exchange` one request and its response, `out` the bytes on
//! their way to the peer. The I/O thread feeds them; tests feed them too, with their own time.

pub mod connection;
pub mod deadline;
pub mod end;
pub mod exchange;
mod input;
pub mod out;
mod preface;
mod rate;
mod replies;
mod requests;
mod settle;
mod sight;

pub use connection::{Active, Connection};
