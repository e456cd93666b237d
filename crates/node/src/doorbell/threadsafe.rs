//! A threadsafe function as the bell: where libuv's own functions cannot be had.

use std::ffi::{CStr, c_void};
use std::ptr;

use napi_sys::{self as sys, Status, napi_env, napi_threadsafe_function};

use super::OnBell;
use crate::raw::{Failure, Outcome};

const NAME: &CStr = c"lanner";

/// The bell's handle.
#[derive(Clone, Copy)]
pub(crate) struct Bell(napi_threadsafe_function);

// SAFETY: Node-API allows any thread to call a threadsafe function, and that is all that is done
// with it away from the JavaScript thread. The gate's `detach` comes before its release.
unsafe impl Send for Bell {}
// SAFETY: as above; the calls are synchronised by Node itself.
unsafe impl Sync for Bell {}

impl Bell {
    /// Wakes the isolate.
    pub(super) fn ring(self) {
        // SAFETY: the function was not released: `Gate::detach` is called before and excludes this
        // call. A full queue is impossible (no bound), a closing one needs no wake-up.
        unsafe {
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            sys::napi_call_threadsafe_function(self.0, ptr::null_mut(), mode);
        }
    }
}

impl Bell {
    /// A bell whose ringing calls `on_bell` with `context`. It keeps the event loop alive.
    pub(super) fn new(env: napi_env, on_bell: OnBell, context: *mut c_void) -> Outcome<Self> {
        let failed = || Failure {
            code: c"LANNER_NATIVE",
            message: c"no doorbell could be made",
        };
        let mut name = ptr::null_mut();
        let mut bell = ptr::null_mut();
        // SAFETY: the name's length is its own; every pointer that is null may be null by the
        // documentation; `on_bell` expects `context`, which outlives the function.
        let status = unsafe {
            let len = NAME.count_bytes() as isize;
            if sys::napi_create_string_utf8(env, NAME.as_ptr(), len, &mut name) != Status::napi_ok {
                return Err(failed());
            }
            sys::napi_create_threadsafe_function(
                env,
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                ptr::null_mut(),
                None,
                context,
                Some(on_bell),
                &mut bell,
            )
        };
        if status != Status::napi_ok {
            return Err(failed());
        }
        Ok(Self(bell))
    }

    /// Ends the function; only after the gate was detached, on the JavaScript thread. Rings that
    /// are still queued reach `on_bell` without an environment.
    pub(super) fn abort(self) {
        // SAFETY: the one holder (thread count 1) gives it up once: `Lane::close` takes the bell
        // out of its place.
        unsafe {
            let mode = sys::ThreadsafeFunctionReleaseMode::abort;
            sys::napi_release_threadsafe_function(self.0, mode);
        }
    }
}
