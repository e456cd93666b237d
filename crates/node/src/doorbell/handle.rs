//! A handle of the event loop as the bell.
//!
//! What a threadsafe function does around its callback is done here: the scopes, so that ticks and
//! microtasks run behind it, the exception that was left, and the end of the environment, which
//! waits until the handle is closed.

use std::alloc::{Layout, alloc, dealloc};
use std::ffi::c_void;
use std::ptr;

use napi_sys::{self as sys, Status, napi_env};

use super::{OnBell, OnTurnEnd};
use crate::raw;
use crate::uv::{Handle, Uv};

/// Alignment of a handle's memory: that of `malloc`, which libuv's users give it.
const ALIGN: usize = 16;

/// The bell's handle.
#[derive(Clone, Copy)]
pub(crate) struct Bell {
    uv: &'static Uv,
    handle: *mut Handle,
}

// SAFETY: libuv allows any thread to wake an async handle, and that is all that is done with it
// away from the JavaScript thread. The gate's `detach` comes before its close.
unsafe impl Send for Bell {}
// SAFETY: as above; libuv synchronises the calls.
unsafe impl Sync for Bell {}

/// What belongs to a handle; freed when it has closed and no call of `on_wake` is under way. An
/// event loop that runs inside of a handler (a native module may do that) can close it meanwhile.
struct Belongings {
    env: napi_env,
    on_bell: OnBell,
    on_turn_end: OnTurnEnd,
    context: *mut c_void,
    scope: sys::napi_async_context,
    /// Keeps the environment's end waiting while the handle closes.
    end: sys::napi_async_cleanup_hook_handle,
    is_closing: bool,
    has_closed: bool,
    /// Calls of `on_wake` that have not returned.
    running: u32,
}

impl Bell {
    /// A bell whose ringing calls `on_bell` with `context`, and then `on_turn_end`; none where
    /// libuv cannot be had.
    pub(super) fn new(
        env: napi_env,
        (on_bell, on_turn_end): (OnBell, OnTurnEnd),
        context: *mut c_void,
    ) -> Option<Self> {
        let uv = Uv::get()?;
        let event_loop = raw::event_loop(env)?;
        let scope = raw::async_context(env, c"lanner")?;
        // SAFETY: the size is not zero, the alignment a power of two.
        let handle: *mut Handle = unsafe { alloc(layout(uv)) }.cast();
        let belongings = Box::into_raw(Box::new(Belongings {
            env,
            on_bell,
            on_turn_end,
            context,
            scope,
            end: ptr::null_mut(),
            is_closing: false,
            has_closed: false,
            running: 0,
        }));
        // SAFETY: this is the loop's thread, and the memory stays until `on_closed`.
        let made =
            !handle.is_null() && unsafe { uv.init(event_loop, handle, on_wake, belongings.cast()) };
        if !made {
            if !handle.is_null() {
                // SAFETY: allocated above; libuv did not take it.
                unsafe { dealloc(handle.cast(), layout(uv)) };
            }
            // SAFETY: nothing else refers to it.
            drop(unsafe { Box::from_raw(belongings) });
            raw::end_async_context(env, scope);
            return None;
        }
        let bell = Self { uv, handle };
        // SAFETY: `handle` is alive; `on_end` expects it, and it is removed in `on_closed`.
        let status = unsafe {
            let end = &raw mut (*belongings).end;
            sys::napi_add_async_cleanup_hook(env, Some(on_end), handle.cast(), end)
        };
        if status != Status::napi_ok {
            // Nothing would make the environment's end wait for this handle.
            bell.abort();
            return None;
        }
        Some(bell)
    }

    /// Wakes the isolate.
    pub(super) fn ring(self) {
        // SAFETY: the handle is not closed: `Gate::detach` is called before and excludes this.
        unsafe { self.uv.wake(self.handle) };
    }

    /// Ends the bell; idempotent.
    pub(super) fn abort(self) {
        // SAFETY: on the JavaScript thread; the belongings live until the handle has closed.
        unsafe {
            let belongings: *mut Belongings = self.uv.data(self.handle).cast();
            if !(*belongings).is_closing {
                (*belongings).is_closing = true;
                self.uv.close(self.handle, on_closed);
            }
        }
    }
}

fn layout(uv: &Uv) -> Layout {
    let size = uv.handle_size().next_multiple_of(ALIGN);
    Layout::from_size_align(size, ALIGN).unwrap_or(Layout::new::<[u128; 16]>())
}

/// Runs on the JavaScript thread when the bell was rung.
unsafe extern "C" fn on_wake(handle: *mut Handle) {
    let Some(uv) = Uv::get() else { return };
    // SAFETY: libuv calls this for a handle that is not closed, so its belongings are alive.
    let belongings: *mut Belongings = unsafe { uv.data(handle) }.cast();
    // SAFETY: as above.
    let &Belongings {
        env,
        on_bell,
        on_turn_end,
        context,
        scope,
        is_closing,
        ..
    } = unsafe { &*belongings };
    if is_closing {
        return;
    }
    // SAFETY: as above; counted here, they stay alive whatever closes the handle meanwhile.
    unsafe { (*belongings).running += 1 };
    raw::in_callback_scope(env, scope, || {
        // SAFETY: `on_bell` expects `context`, which outlives the handle.
        unsafe { on_bell(env, ptr::null_mut(), context, ptr::null_mut()) };
    });
    // SAFETY: alive, as counted above; a bell that is not closing still has what it was made for.
    unsafe {
        if !(*belongings).is_closing {
            on_turn_end(context);
        }
        (*belongings).running -= 1;
        if (*belongings).has_closed && (*belongings).running == 0 {
            free(uv, handle);
        }
    }
}

/// Runs on the JavaScript thread in a turn after `abort`.
unsafe extern "C" fn on_closed(handle: *mut Handle) {
    let Some(uv) = Uv::get() else { return };
    // SAFETY: the belongings are freed below or, where a call still uses them, by that call.
    unsafe {
        let belongings: *mut Belongings = uv.data(handle).cast();
        (*belongings).has_closed = true;
        if (*belongings).running == 0 {
            free(uv, handle);
        }
    }
}

/// Gives up a handle's memory and what belongs to it.
///
/// # Safety
///
/// Libuv has let go of the handle, no call of `on_wake` uses it, and this is called once.
unsafe fn free(uv: &Uv, handle: *mut Handle) {
    // SAFETY: as the caller promises, nothing else holds the belongings.
    let belongings = unsafe { Box::from_raw(uv.data(handle).cast::<Belongings>()) };
    raw::end_async_context(belongings.env, belongings.scope);
    if !belongings.end.is_null() {
        // SAFETY: set in `new`, removed once. The environment may end after this.
        unsafe { sys::napi_remove_async_cleanup_hook(belongings.end) };
    }
    // SAFETY: allocated in `new` with this layout.
    unsafe { dealloc(handle.cast(), layout(uv)) };
}

/// Runs when the environment ends before the bell did.
unsafe extern "C" fn on_end(_hook: sys::napi_async_cleanup_hook_handle, handle: *mut c_void) {
    let Some(uv) = Uv::get() else { return };
    let handle = handle.cast();
    Bell { uv, handle }.abort();
}
