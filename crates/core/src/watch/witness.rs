//! What the runtime of an isolate can tell of it from another thread, while it is stuck.
//!
//! Implemented by `node`, asked by the watchdog. An answer may come late or never: JavaScript that
//! waits inside a native call answers when that call returns. Promises that asking waits for
//! nothing; who asks waits for as long as it wants, with `Glimpse::wait`.

use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanner_bridge::SlotId;

use crate::pulse::Pulse;

/// Most frames of a stack that are kept, the innermost first.
pub const FRAMES_MAX: usize = 16;

/// What an isolate was doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The stack, innermost frame first: `work (file:///app/work.js:10:3)`.
    pub frames: Vec<String>,
    /// The request whose handler runs; none where it is something else, or not known.
    pub request: Option<SeenRequest>,
}

/// A request as its isolate knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// The route's number; none when no route matched.
    pub route: Option<u32>,
    /// The method's number (`lanner_proto::Method`).
    pub method: u32,
    /// The slot word, with the number of its I/O thread.
    pub slot: SlotId,
}

/// One question, and its answer once it came.
#[derive(Debug)]
pub struct Glimpse {
    pulse: Arc<Pulse>,
    stamp: u64,
    seen: Mutex<Option<Seen>>,
    came: Condvar,
}

impl Glimpse {
    /// A question about the delay that `stamp` names.
    pub(crate) fn new(pulse: &Arc<Pulse>, stamp: u64) -> Arc<Self> {
        Arc::new(Self {
            pulse: Arc::clone(pulse),
            stamp,
            seen: Mutex::default(),
            came: Condvar::new(),
        })
    }

    /// Whether the question still stands: the delay that was asked about goes on.
    pub fn is_current(&self) -> bool {
        self.pulse.stamp() == self.stamp
    }

    /// Answers.
    pub fn answer(&self, seen: Seen) {
        *self.lock() = Some(seen);
        self.came.notify_all();
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.lock().is_some()
    }

    /// The answer, when it is there or comes within `patience`.
    pub(crate) fn wait(&self, patience: Duration) -> Option<Seen> {
        let none_yet = |seen: &mut Option<Seen>| seen.is_none();
        let waited = self
            .came
            .wait_timeout_while(self.lock(), patience, none_yet);
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runtime of one isolate.
pub trait Witness: Send + Sync + Debug {
    /// Asks what it is doing; the answer goes to the glimpse.
    fn ask(&self, glimpse: &Arc<Glimpse>);

    /// For how long its event loop has slept since it began; none where nobody knows.
    fn idle(&self) -> Option<Duration>;
}
