//! The bell of an isolate: wakes its event loop, used for nothing else.
//!
//! Rung by I/O threads through the isolate's `Gate`, which guarantees that nobody rings after
//! `detach`. Carries no data: what happened is read from the lanes. There is exactly one per
//! isolate, because libuv walks all of them at each wake-up.
//!
//! A handle of the event loop itself where there is one, else a threadsafe function. The latter
//! wakes the loop while it holds its own lock: where both threads share a core the isolate runs at
//! once, meets the lock, sleeps, and is woken again (docs/design/0003).

mod handle;
mod threadsafe;

use std::ffi::{OsStr, c_void};

use lanner_bridge::Doorbell;
use napi_sys::{napi_env, napi_value};

use crate::raw::{Failure, Outcome};

/// The variable of the environment that asks for one of the ways: `handle` or nothing at all, or
/// `threadsafe`, which uses Node-API alone, where the other one is under suspicion.
const WAY: &str = "LANNER_BELL";
const NO_HANDLE: Failure = Failure {
    code: c"LANNER_NATIVE",
    message: c"LANNER_BELL asks for a handle of the event loop, and there is none",
};

/// What runs on the JavaScript thread when the bell was rung.
pub(crate) type OnBell =
    unsafe extern "C" fn(napi_env, napi_value, context: *mut c_void, data: *mut c_void);

/// What runs there when the microtasks and ticks behind `OnBell` have run.
pub(crate) type OnTurnEnd = unsafe extern "C" fn(context: *mut c_void);

/// The bell, as its owner and its gate hold it.
#[derive(Clone, Copy)]
pub(crate) enum Bell {
    /// A handle of the event loop.
    Handle(handle::Bell),
    /// A threadsafe function.
    Threadsafe(threadsafe::Bell),
}

impl Bell {
    /// A bell whose ringing calls `on_bell` with `context`, and `on_turn_end` behind it where it
    /// `tells_end`. It keeps the event loop alive.
    pub(crate) fn new(
        env: napi_env,
        (on_bell, on_turn_end): (OnBell, OnTurnEnd),
        context: *mut c_void,
    ) -> Outcome<Self> {
        let way = std::env::var_os(WAY);
        if way.as_deref() != Some(OsStr::new("threadsafe")) {
            if let Some(bell) = handle::Bell::new(env, (on_bell, on_turn_end), context) {
                return Ok(Self::Handle(bell));
            }
            if way.is_some() {
                return Err(NO_HANDLE);
            }
        }
        threadsafe::Bell::new(env, on_bell, context).map(Self::Threadsafe)
    }

    /// Whether it says when a turn has ended. Nothing runs behind a threadsafe function's ticks.
    pub(crate) fn tells_end(&self) -> bool {
        matches!(self, Self::Handle(_))
    }

    /// Ends the bell; only after the gate was detached, on the JavaScript thread. `on_bell` is not
    /// called with an environment after this.
    pub(crate) fn abort(self) {
        match self {
            Self::Handle(bell) => bell.abort(),
            Self::Threadsafe(bell) => bell.abort(),
        }
    }

    /// The same while the environment ends.
    pub(crate) fn abort_with_environment(self) {
        match self {
            Self::Handle(bell) => bell.abort(),
            // Node itself finalises the threadsafe function of an environment that ends.
            Self::Threadsafe(_) => {}
        }
    }
}

impl Doorbell for Bell {
    fn ring(&self) {
        match self {
            Self::Handle(bell) => bell.ring(),
            Self::Threadsafe(bell) => bell.ring(),
        }
    }
}
