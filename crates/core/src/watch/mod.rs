//! The watchdog: measures the event loops of all isolates and reports when one is stuck.
//!
//! `witness` is what an isolate's own runtime can tell from another thread, `vitals` what is
//! sampled of its event loop, `judge` decides what is a stall and which stalls are told, `report`
//! says it, `run` is the thread. Works while JavaScript is stuck; nothing here is asked per
//! request.

pub(crate) mod judge;
pub mod report;
pub(crate) mod run;
pub mod vitals;
pub mod witness;

/// What counts as a stall, and how often one is told.
#[derive(Debug, Clone)]
pub struct StallOptions {
    /// Length of a turn, or of a wait for one, from which on it is a stall; 0 for never.
    pub threshold_ms: u64,
    /// Least time between two reports of an isolate.
    pub interval_ms: u64,
    /// Whether a line is written to standard error, during the stall.
    pub log: bool,
}

impl Default for StallOptions {
    fn default() -> Self {
        Self {
            threshold_ms: 1_000,
            interval_ms: 10_000,
            log: true,
        }
    }
}
