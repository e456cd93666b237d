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

use std::ffi::c_void;

use lanner_bridge::Doorbell;
use napi_sys::{napi_env, napi_value};

use crate::raw::Outcome;

/// What runs on the JavaScript thread when the bell was rung.
pub(crate) type OnBell =
    unsafe extern "C" fn(napi_env, napi_value, context: *mut c_void, data: *mut c_void);

/// The bell, as its owner and its gate hold it.
#[derive(Clone, Copy)]
pub(crate) enum Bell {
    /// A handle of the event loop.
    Handle(handle::Bell),
    /// A threadsafe function.
    Threadsafe(threadsafe::Bell),
}

impl Bell {
    /// A bell whose ringing calls `on_bell` with `context`. It keeps the event loop alive.
    pub(crate) fn new(env: napi_env, on_bell: OnBell, context: *mut c_void) -> Outcome<Self> {
        if !wants_threadsafe()
            && let Some(bell) = handle::Bell::new(env, on_bell, context)
        {
            return Ok(Self::Handle(bell));
        }
        threadsafe::Bell::new(env, on_bell, context).map(Self::Threadsafe)
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

/// `LANNER_BELL=threadsafe` asks for the way that uses Node-API alone: where the other one is under
/// suspicion, and in the tests.
fn wants_threadsafe() -> bool {
    std::env::var_os("LANNER_BELL").is_some_and(|way| way == "threadsafe")
}

impl Doorbell for Bell {
    fn ring(&self) {
        match self {
            Self::Handle(bell) => bell.ring(),
            Self::Threadsafe(bell) => bell.ring(),
        }
    }
}
