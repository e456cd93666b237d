//! The fence between Rust and JavaScript: no panic unwinds across it.
//!
//! Every raw callback runs inside `fenced`. A panic becomes a JavaScript error with the code
//! `LANNER_PANIC`; the process goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_sys::{napi_env, napi_value};

use crate::raw;

/// Runs a raw callback; a panic or an error becomes a pending JavaScript exception.
pub(crate) fn fenced(
    env: napi_env,
    body: impl FnOnce() -> Result<napi_value, raw::Failure>,
) -> napi_value {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(failure)) => {
            raw::throw(env, failure.code, failure.message);
            ptr::null_mut()
        }
        Err(_) => {
            raw::throw(
                env,
                c"LANNER_PANIC",
                c"the native core failed; please report this",
            );
            ptr::null_mut()
        }
    }
}
