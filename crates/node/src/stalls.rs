//! An isolate's part in the watchdog: who can be asked, and where the reports go.
//!
//! Owned by the isolate's lane, on the JavaScript thread. Promises that nobody asks an isolate
//! whose lane has ended, and that reports reach JavaScript as plain numbers and texts.

use std::sync::Arc;

use lanner_core::isolate::Isolate;
use lanner_core::watch::report::Stall;
use napi_sys::{napi_env, napi_ref};

use crate::raw::{self, Outcome};
use crate::witness::{Handle, IsolateWitness};

/// What the lane keeps for the watchdog.
pub(crate) struct Stalls {
    isolate: Arc<Isolate>,
    witness: Arc<IsolateWitness>,
    /// The memory in which JavaScript says where the running handler's request is, and the function
    /// that takes a report.
    kept: [napi_ref; 2],
}

impl Stalls {
    /// Makes the isolate known to the watchdog; `inbox` stays the lane's, `kept` goes with the
    /// lane.
    pub(crate) fn new(
        env: napi_env,
        isolate: &Arc<Isolate>,
        inbox: napi_ref,
        kept: [napi_ref; 2],
    ) -> Self {
        let [mark, _] = kept;
        let witness = IsolateWitness::new(env, inbox, mark);
        isolate.set_witness(Arc::new(Handle(Arc::clone(&witness))));
        Self {
            isolate: Arc::clone(isolate),
            witness,
            kept,
        }
    }

    /// The reports that wait for JavaScript, and who takes them.
    pub(crate) fn take(&self) -> Option<(Vec<Stall>, napi_ref)> {
        let stalls = self.isolate.take_post();
        let [_, on_stall] = self.kept;
        (!stalls.is_empty()).then_some((stalls, on_stall))
    }

    /// Whether reports wait for JavaScript.
    pub(crate) fn has_post(&self) -> bool {
        self.isolate.has_post()
    }

    /// Nobody asks after this.
    pub(crate) fn end(&self) {
        self.witness.gone();
    }

    /// What has to be deleted with the lane.
    pub(crate) fn references(&self) -> [napi_ref; 2] {
        self.kept
    }
}

/// Gives reports to JavaScript: length, age (-1 for none), number of stalls that were not told,
/// route (empty for none), then the frames.
pub(crate) fn tell(env: napi_env, stalls: &[Stall], on_stall: napi_ref) -> Outcome<()> {
    let function = raw::referenced(env, on_stall)?;
    for stall in stalls {
        let mut arguments = vec![
            raw::make_number(env, clamped(stall.ms))?,
            raw::make_number(env, stall.age_ms.map_or(-1, clamped))?,
            raw::make_number(env, clamped(stall.untold))?,
            raw::make_string(env, stall.route.as_deref().unwrap_or_default())?,
        ];
        for frame in &stall.frames {
            arguments.push(raw::make_string(env, frame)?);
        }
        raw::call(env, function, &arguments);
    }
    Ok(())
}

fn clamped(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
