//! The functions that JavaScript calls on a lane, as Node-API callbacks.
//!
//! Made by `Lane::open` as the properties of one object. Each holds the lane until it is collected,
//! so a function that outlives its server still finds it. They translate arguments; what is done
//! with them is in `lane` and `outgoing`.

use std::ffi::c_void;

use lanner_bridge::Chunk;
use napi_sys::{napi_callback_info, napi_env, napi_value};

use super::{DETACHED, Lane, release};
use crate::fence::fenced;
use crate::raw::{self, Failure, Outcome};

/// The JavaScript object whose functions hold the lane.
pub(super) fn object(env: napi_env, place: *mut Lane) -> Outcome<napi_value> {
    let object = raw::object(env)?;
    for (name, callback) in [
        (c"flush", flush as unsafe extern "C" fn(_, _) -> _),
        (c"attach", attach),
        (c"read", read),
        (c"fieldSet", field_set),
    ] {
        let function = raw::function(env, name, Some(callback), place.cast())?;
        raw::finalizer(env, function, on_function_collected, place.cast())?;
        // SAFETY: the lane is alive, and nothing else borrows it during this call.
        unsafe { (*place).holders += 1 };
        raw::set(env, object, name, function)?;
    }
    Ok(object)
}

/// Runs when one of the lane's functions was collected.
unsafe extern "C" fn on_function_collected(_env: napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the hold of that function, taken in `object`.
    unsafe { release(data.cast()) };
}

/// The lane behind a function of the JavaScript object.
///
/// # Safety
///
/// `data` is the pointer that `object` gave to the function, on its own thread.
unsafe fn lane<'a>(data: *mut c_void) -> &'a mut Lane {
    // SAFETY: the caller promises it; the function's hold keeps the lane alive.
    unsafe { &mut *data.cast() }
}

unsafe extern "C" fn flush(env: napi_env, info: napi_callback_info) -> napi_value {
    fenced(env, || {
        let ([len], data) = raw::arguments(env, info)?;
        let len = raw::number(env, len)? as usize;
        // SAFETY: `data` is this function's own; no other borrow is alive while JavaScript runs.
        let lane = unsafe { lane(data) };
        if lane.bell.is_some() && !lane.outbox.is_intact(env) {
            return Err(DETACHED);
        }
        lane.flush(len);
        Ok(std::ptr::null_mut())
    })
}

unsafe extern "C" fn attach(env: napi_env, info: napi_callback_info) -> napi_value {
    fenced(env, || {
        let ([value], data) = raw::arguments(env, info)?;
        let (start, len) = raw::bytes(env, value)?;
        let bytes = match len {
            0 => &[][..],
            // SAFETY: Node-API says that `start` has `len` readable bytes; they are copied before
            // this callback returns, and JavaScript does not run meanwhile.
            _ => unsafe { std::slice::from_raw_parts(start, len) },
        };
        // SAFETY: as in `flush`.
        unsafe { lane(data) }.attach(bytes);
        Ok(std::ptr::null_mut())
    })
}

unsafe extern "C" fn read(env: napi_env, info: napi_callback_info) -> napi_value {
    fenced(env, || {
        let ([index, into], data) = raw::arguments(env, info)?;
        let index = raw::number(env, index)? as usize;
        let (start, len) = raw::bytes(env, into)?;
        // SAFETY: as in `flush`.
        let lane = unsafe { lane(data) };
        let chunk = lane
            .on_show
            .first()
            .and_then(|(_, batch)| batch.large.get(index));
        let bytes = chunk
            .map(Chunk::as_slice)
            .filter(|bytes| bytes.len() <= len);
        let Some(bytes) = bytes else {
            return Err(Failure {
                code: c"LANNER_NATIVE",
                message: c"there is no such chunk",
            });
        };
        // SAFETY: Node-API says that `start` has `len` bytes, and there are not more to copy; they
        // are JavaScript's, which does not run meanwhile, and the chunk's memory is Rust's.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start.cast_mut(), bytes.len()) };
        raw::make_number(env, bytes.len() as i32)
    })
}

/// Makes fields known that many replies have; gives their number, 0 where they have to travel.
unsafe extern "C" fn field_set(env: napi_env, info: napi_callback_info) -> napi_value {
    fenced(env, || {
        let ([lengths, bytes], data) = raw::arguments(env, info)?;
        let [lengths, bytes] =
            [raw::bytes(env, lengths)?, raw::bytes(env, bytes)?].map(|(start, len)| match len {
                0 => &[][..],
                // SAFETY: as in `attach`; the server keeps copies.
                _ => unsafe { std::slice::from_raw_parts(start, len) },
            });
        // SAFETY: as in `flush`.
        let number = unsafe { lane(data) }.server.field_set(lengths, bytes);
        raw::make_number(env, number.unwrap_or(0) as i32)
    })
}
