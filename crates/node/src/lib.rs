//! Lanner's Node-API binding: it translates, it decides nothing.
//!
//! `server` and `config` are the control plane, written with napi-rs. `lane`, `memory`, `kept` and
//! `doorbell` are the hot path, written against the raw Node-API: one wake-up and one native call
//! per batch. `stalls`, `witness` and `engine` say what a stuck isolate does. `fence` keeps panics
//! on this side. Everything that has to do with HTTP is in the core.

mod callbacks;
pub mod config;
mod doorbell;
mod endpoint;
mod engine;
mod fence;
pub mod inject;
mod kept;
mod lane;
mod memory;
mod process;
mod raw;
mod release;
pub mod server;
mod sightings;
mod stalls;
mod uv;
mod witness;

use napi_derive::napi;

include!(concat!(env!("OUT_DIR"), "/abi.rs"));

/// Number of the interface between the addon and the TypeScript sources, which refuse another one.
#[napi]
pub fn abi_version() -> u32 {
    ABI
}
