//! The six functions of libuv that wake an event loop, found in the running process.
//!
//! Called by `doorbell`. Node exports libuv from its own executable, and Node-API hands out the
//! loop (`napi_get_uv_event_loop`); nothing of libuv's layout is known here: a handle is memory of
//! the size that libuv asks for. Promises to say None where any of it is missing, or where libuv's
//! major version is not the one that these signatures belong to; the bell then takes another way.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::OnceLock;

use crate::process::symbol;

/// `UV_ASYNC` of `uv_handle_type`, the same since libuv 1.0.
const ASYNC: c_int = 1;
/// The major version whose signatures these are.
const MAJOR: c_uint = 1;

/// A libuv handle; its layout is libuv's.
#[repr(C)]
pub(crate) struct Handle {
    _opaque: [u8; 0],
}

/// What libuv calls on the loop's thread, for a handle that was woken or closed.
pub(crate) type OnHandle = unsafe extern "C" fn(*mut Handle);

/// libuv's functions.
pub(crate) struct Uv {
    async_init: unsafe extern "C" fn(*mut c_void, *mut Handle, OnHandle) -> c_int,
    async_send: unsafe extern "C" fn(*mut Handle) -> c_int,
    close: unsafe extern "C" fn(*mut Handle, Option<OnHandle>),
    get_data: unsafe extern "C" fn(*const Handle) -> *mut c_void,
    set_data: unsafe extern "C" fn(*mut Handle, *mut c_void),
    handle_size: usize,
}

impl Uv {
    /// This process's libuv.
    pub(crate) fn get() -> Option<&'static Self> {
        static UV: OnceLock<Option<Uv>> = OnceLock::new();
        UV.get_or_init(find).as_ref()
    }

    /// Bytes of an async handle.
    pub(crate) fn handle_size(&self) -> usize {
        self.handle_size
    }

    /// Makes `handle` wake `event_loop`, which it keeps alive. Whether it worked.
    ///
    /// # Safety
    ///
    /// On the loop's thread; `handle` has `handle_size` bytes, aligned for anything, and stays
    /// where it is until `close` has called back.
    pub(crate) unsafe fn init(
        &self,
        event_loop: *mut c_void,
        handle: *mut Handle,
        on_wake: OnHandle,
        data: *mut c_void,
    ) -> bool {
        // SAFETY: as the caller promises. The data is set before anything can wake the handle.
        unsafe {
            let made = (self.async_init)(event_loop, handle, on_wake) == 0;
            if made {
                (self.set_data)(handle, data);
            }
            made
        }
    }

    /// Wakes the loop; from any thread.
    ///
    /// # Safety
    ///
    /// `handle` was initialised and is not closed.
    pub(crate) unsafe fn wake(&self, handle: *mut Handle) {
        // SAFETY: as the caller promises. It fails only for a handle of another kind.
        unsafe { (self.async_send)(handle) };
    }

    /// What `init` was given.
    ///
    /// # Safety
    ///
    /// `handle` was initialised, and `on_closed` has not returned.
    pub(crate) unsafe fn data(&self, handle: *const Handle) -> *mut c_void {
        // SAFETY: as the caller promises.
        unsafe { (self.get_data)(handle) }
    }

    /// Closes the handle; `on_closed` runs in a later turn of the loop.
    ///
    /// # Safety
    ///
    /// On the loop's thread, once, and nobody wakes the handle any more.
    pub(crate) unsafe fn close(&self, handle: *mut Handle, on_closed: OnHandle) {
        // SAFETY: as the caller promises.
        unsafe { (self.close)(handle, Some(on_closed)) };
    }
}

fn find() -> Option<Uv> {
    macro_rules! function {
        ($name:literal) => {
            // SAFETY: the type is that of libuv's documentation for version 1, and the version is
            // asked for below before anything else is called.
            unsafe { symbol($name) }?
        };
    }
    let version: unsafe extern "C" fn() -> c_uint = function!(c"uv_version");
    let handle_size: unsafe extern "C" fn(c_int) -> usize = function!(c"uv_handle_size");
    // SAFETY: no arguments, and a number that names a kind of handle.
    let (version, handle_size) = unsafe { (version(), handle_size(ASYNC)) };
    if version >> 16 != MAJOR || handle_size == usize::MAX {
        return None;
    }
    Some(Uv {
        async_init: function!(c"uv_async_init"),
        async_send: function!(c"uv_async_send"),
        close: function!(c"uv_close"),
        get_data: function!(c"uv_handle_get_data"),
        set_data: function!(c"uv_handle_set_data"),
        handle_size,
    })
}
