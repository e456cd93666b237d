//! The way to the isolates and back: which one, in what batch, in which layout.

pub mod admission;
mod credit_turns;
pub mod entry;
pub mod field_sets;
mod lane;
pub mod lanes;
pub mod layout;
mod pace;
pub(crate) mod permits;
pub mod record;
pub mod rotation;
pub mod turn;
