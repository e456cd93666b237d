//! The few raw Node-API calls of the hot path, each behind a function that checks its status.
//!
//! Called by `lane` and `doorbell`, on the JavaScript thread only. Promises that a failed status is
//! an error wherever the caller could do something about it. Where it could not, each function says
//! what is left: giving something up leaks it, and a call into an environment that ends does not
//! happen. The control plane uses napi-rs instead.

use std::ffi::{CStr, c_void};
use std::ptr;

use napi_sys::{self as sys, Status, napi_env, napi_ref, napi_value};

/// A call that failed: code and message of the JavaScript error.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static CStr,
    pub(crate) message: &'static CStr,
}

impl Failure {
    /// The same for the control plane.
    pub(crate) fn into_error(self) -> napi::Error {
        napi::Error::from_reason(self.message.to_string_lossy())
    }
}

/// Result of a raw call.
pub(crate) type Outcome<T> = Result<T, Failure>;

fn check(status: sys::napi_status, message: &'static CStr) -> Outcome<()> {
    match status {
        Status::napi_ok => Ok(()),
        _ => Err(Failure {
            code: c"LANNER_NATIVE",
            message,
        }),
    }
}

/// Throws a JavaScript error.
pub(crate) fn throw(env: napi_env, code: &CStr, message: &CStr) {
    // SAFETY: `env` is the environment of the callback that is running, the strings end with NUL.
    // A failure leaves an exception pending already, which is what is wanted.
    unsafe { sys::napi_throw_error(env, code.as_ptr(), message.as_ptr()) };
}

/// The arguments of a callback and the data of its function.
pub(crate) fn arguments<const N: usize>(
    env: napi_env,
    info: sys::napi_callback_info,
) -> Outcome<([napi_value; N], *mut c_void)> {
    let mut count = N;
    let mut values = [ptr::null_mut(); N];
    let mut data = ptr::null_mut();
    // SAFETY: `values` has room for the `count` values that are asked for; `info` belongs to the
    // running callback.
    let status = unsafe {
        let values = values.as_mut_ptr();
        sys::napi_get_cb_info(env, info, &mut count, values, ptr::null_mut(), &mut data)
    };
    check(status, c"the arguments could not be read")?;
    if count < N {
        return Err(Failure {
            code: c"LANNER_NATIVE",
            message: c"an argument is missing",
        });
    }
    Ok((values, data))
}

/// A number argument.
pub(crate) fn number(env: napi_env, value: napi_value) -> Outcome<u32> {
    let mut number = 0;
    // SAFETY: `value` is a live handle of this callback, `number` a place for the result.
    let status = unsafe { sys::napi_get_value_uint32(env, value, &mut number) };
    check(status, c"a number is expected")?;
    Ok(number)
}

/// Makes a number.
pub(crate) fn make_number(env: napi_env, number: i32) -> Outcome<napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `value` is a place for the result.
    let status = unsafe { sys::napi_create_int32(env, number, &mut value) };
    check(status, c"no number could be made")?;
    Ok(value)
}

/// Makes a text.
pub(crate) fn make_string(env: napi_env, text: &str) -> Outcome<napi_value> {
    let mut value = ptr::null_mut();
    let (start, len) = (text.as_ptr().cast(), text.len() as isize);
    // SAFETY: `start` has `len` bytes, `value` is a place for the result.
    let status = unsafe { sys::napi_create_string_utf8(env, start, len, &mut value) };
    check(status, c"no text could be made")?;
    Ok(value)
}

/// Start and length of an ArrayBuffer's memory.
pub(crate) fn array_buffer(env: napi_env, value: napi_value) -> Outcome<(*mut u8, usize)> {
    let (mut data, mut len) = (ptr::null_mut(), 0);
    // SAFETY: `value` is a live handle; the call checks that it is an ArrayBuffer.
    let status = unsafe { sys::napi_get_arraybuffer_info(env, value, &mut data, &mut len) };
    check(status, c"an ArrayBuffer is expected")?;
    Ok((data.cast(), len))
}

/// Start and length of a Uint8Array's bytes.
pub(crate) fn bytes(env: napi_env, value: napi_value) -> Outcome<(*const u8, usize)> {
    let (mut kind, mut len, mut data) = (0, 0, ptr::null_mut());
    let (none, mut offset) = (ptr::null_mut(), 0);
    // SAFETY: `value` is a live handle; the call checks that it is a typed array.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut len,
            &mut data,
            none,
            &mut offset,
        )
    };
    check(status, c"a Uint8Array is expected")?;
    if kind != sys::TypedarrayType::uint8_array {
        return Err(Failure {
            code: c"LANNER_NATIVE",
            message: c"a Uint8Array is expected",
        });
    }
    Ok((data.cast::<u8>().cast_const(), len))
}

/// Refuses what cannot be called.
pub(crate) fn require_function(env: napi_env, value: napi_value) -> Outcome<()> {
    let mut kind = 0;
    // SAFETY: `value` is a live handle of this callback, `kind` a place for the result.
    let status = unsafe { sys::napi_typeof(env, value, &mut kind) };
    check(status, c"a value has no type")?;
    match kind {
        sys::ValueType::napi_function => Ok(()),
        _ => Err(Failure {
            code: c"LANNER_NATIVE",
            message: c"a function is expected",
        }),
    }
}

/// A strong reference that keeps `value` alive.
pub(crate) fn reference(env: napi_env, value: napi_value) -> Outcome<napi_ref> {
    let mut reference = ptr::null_mut();
    // SAFETY: `value` is a live handle, `reference` a place for the result.
    let status = unsafe { sys::napi_create_reference(env, value, 1, &mut reference) };
    check(status, c"no reference could be made")?;
    Ok(reference)
}

/// What a reference refers to.
pub(crate) fn referenced(env: napi_env, reference: napi_ref) -> Outcome<napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `reference` was made by `reference` for this environment and not deleted since.
    let status = unsafe { sys::napi_get_reference_value(env, reference, &mut value) };
    check(status, c"a reference was lost")?;
    Ok(value)
}

/// Deletes a reference.
pub(crate) fn delete_reference(env: napi_env, reference: napi_ref) {
    // SAFETY: the caller owns `reference` and gives it up here. A failure leaks it, nothing more.
    unsafe { sys::napi_delete_reference(env, reference) };
}

/// Calls a function. An exception that it throws becomes an uncaught one, as in an event handler.
/// Any other failure means that JavaScript can no longer run here, and the call does not happen.
pub(crate) fn call(env: napi_env, function: napi_value, arguments: &[napi_value]) {
    let mut this = ptr::null_mut();
    let mut result = ptr::null_mut();
    // SAFETY: all handles are live in the scope of the running callback; `arguments` has the
    // length that is passed.
    let status = unsafe {
        sys::napi_get_undefined(env, &mut this);
        let (count, values) = (arguments.len(), arguments.as_ptr());
        sys::napi_call_function(env, this, function, count, values, &mut result)
    };
    if status == Status::napi_pending_exception {
        report_exception(env);
    }
}

/// The environment's event loop.
pub(crate) fn event_loop(env: napi_env) -> Option<*mut c_void> {
    let mut found = ptr::null_mut();
    // SAFETY: `found` is a place for the result.
    let status = unsafe { sys::napi_get_uv_event_loop(env, &mut found) };
    (status == Status::napi_ok && !found.is_null()).then_some(found.cast())
}

/// What names callbacks that come from outside to async hooks.
pub(crate) fn async_context(env: napi_env, name: &'static CStr) -> Option<sys::napi_async_context> {
    let (mut text, mut context) = (ptr::null_mut(), ptr::null_mut());
    let len = name.count_bytes() as isize;
    // SAFETY: `name` has `len` bytes; a null resource is allowed; the others are places for
    // results.
    let status = unsafe {
        if sys::napi_create_string_utf8(env, name.as_ptr(), len, &mut text) != Status::napi_ok {
            return None;
        }
        sys::napi_async_init(env, ptr::null_mut(), text, &mut context)
    };
    (status == Status::napi_ok).then_some(context)
}

/// Gives an async context up.
pub(crate) fn end_async_context(env: napi_env, context: sys::napi_async_context) {
    // SAFETY: made by `async_context` for this environment; the caller gives it up here. A failure
    // leaks it, nothing more.
    unsafe { sys::napi_async_destroy(env, context) };
}

/// Runs `body` as a callback of the event loop: ticks and microtasks run behind it, and an
/// exception that it leaves is an uncaught one. Where no scope can be opened JavaScript can no
/// longer run here, and `body` does not.
pub(crate) fn in_callback_scope(
    env: napi_env,
    context: sys::napi_async_context,
    body: impl FnOnce(),
) {
    let (mut handles, mut callback, mut resource) =
        (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: this is the environment's thread, between callbacks; the scopes are closed below in
    // the opposite order. The resource is not looked at, but must be an object.
    unsafe {
        if sys::napi_open_handle_scope(env, &mut handles) != Status::napi_ok {
            return;
        }
        if sys::napi_create_object(env, &mut resource) == Status::napi_ok
            && sys::napi_open_callback_scope(env, resource, context, &mut callback)
                == Status::napi_ok
        {
            body();
            report_exception(env);
            sys::napi_close_callback_scope(env, callback);
        }
        sys::napi_close_handle_scope(env, handles);
    }
}

/// An exception that is pending becomes an uncaught one.
fn report_exception(env: napi_env) {
    let mut exception = ptr::null_mut();
    // SAFETY: the call says whether there is one to clear and to report.
    unsafe {
        let mut pending = false;
        sys::napi_is_exception_pending(env, &mut pending);
        if pending && sys::napi_get_and_clear_last_exception(env, &mut exception) == Status::napi_ok
        {
            sys::napi_fatal_exception(env, exception);
        }
    }
}

/// A JavaScript function over a raw callback.
pub(crate) fn function(
    env: napi_env,
    name: &'static CStr,
    callback: sys::napi_callback,
    data: *mut c_void,
) -> Outcome<napi_value> {
    let mut value = ptr::null_mut();
    let (text, len) = (name.as_ptr(), name.count_bytes() as isize);
    // SAFETY: `text` has `len` bytes; `callback` is one of this crate's, and `data` is what it
    // expects.
    let status = unsafe { sys::napi_create_function(env, text, len, callback, data, &mut value) };
    check(status, c"no function could be made")?;
    Ok(value)
}

/// Calls `finalizer` with `data` once `value` was collected.
pub(crate) fn finalizer(
    env: napi_env,
    value: napi_value,
    finalizer: unsafe extern "C" fn(napi_env, *mut c_void, *mut c_void),
    data: *mut c_void,
) -> Outcome<()> {
    let none = ptr::null_mut();
    // SAFETY: `value` is a live object, and `finalizer` expects `data`.
    let status = unsafe {
        sys::napi_add_finalizer(env, value, data, Some(finalizer), none, ptr::null_mut())
    };
    check(status, c"a finalizer could not be set")
}

/// An empty object.
pub(crate) fn object(env: napi_env) -> Outcome<napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `value` is a place for the result.
    let status = unsafe { sys::napi_create_object(env, &mut value) };
    check(status, c"no object could be made")?;
    Ok(value)
}

/// Sets a property.
pub(crate) fn set(
    env: napi_env,
    object: napi_value,
    name: &'static CStr,
    value: napi_value,
) -> Outcome<()> {
    // SAFETY: both handles are live, the name ends with NUL.
    let status = unsafe { sys::napi_set_named_property(env, object, name.as_ptr(), value) };
    check(status, c"a property could not be set")
}

/// The value `undefined`.
pub(crate) fn undefined(env: napi_env) -> Outcome<napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `value` is a place for the result.
    let status = unsafe { sys::napi_get_undefined(env, &mut value) };
    check(status, c"no value could be made")?;
    Ok(value)
}
