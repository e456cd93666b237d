//! The few calls of V8 and libuv that Node-API does not have, looked up in the running program.
//!
//! Used by `witness`. Node exports V8's C++ interface under names of the Itanium ABI on Linux and
//! macOS, and keeps it stable within a release line. Promises to call nothing of V8 unless this is
//! Node, its release line is one of `MAJORS`, and every name was found: elsewhere (other lines;
//! Windows, whose C++ ABI is another; Bun; Deno) there is no engine. Handles are passed as Node-API
//! passes them: a `v8::Local` and a `napi_value` are both the address of a slot.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::time::Duration;

use napi_sys::{self as sys, Status, napi_env, napi_value};

use crate::process::symbol;
use crate::raw;

/// Most bytes of a function's or a file's name; what is longer is cut.
const NAME_MAX: usize = 512;
/// Release lines of Node with which these calls were tried; elsewhere nothing of V8 is called.
const MAJORS: [u32; 4] = [20, 22, 24, 26];
/// `v8::StackTrace::kDetailed`.
const DETAILED: c_int = 0x7f;

/// A `v8::Isolate*`.
#[derive(Clone, Copy)]
pub(crate) struct Isolate(*mut c_void);

/// A `uv_loop_t*`.
#[derive(Clone, Copy)]
pub(crate) struct EventLoop(*mut c_void);

/// What V8 calls on the isolate's thread.
pub(crate) type OnInterrupt = unsafe extern "C" fn(isolate: *mut c_void, data: *mut c_void);

/// A `v8::Location`: line and column, both from zero.
#[repr(C)]
#[derive(Clone, Copy)]
struct Location {
    line: c_int,
    column: c_int,
}

/// V8's functions.
pub(crate) struct Engine {
    request_interrupt: unsafe extern "C" fn(*mut c_void, OnInterrupt, *mut c_void),
    current_stack: unsafe extern "C" fn(*mut c_void, c_int, c_int) -> *mut c_void,
    frame_count: unsafe extern "C" fn(*mut c_void) -> c_int,
    frame: unsafe extern "C" fn(*mut c_void, *mut c_void, u32) -> *mut c_void,
    location: unsafe extern "C" fn(*mut c_void) -> Location,
    script: unsafe extern "C" fn(*mut c_void) -> napi_value,
    function: unsafe extern "C" fn(*mut c_void) -> napi_value,
    current: unsafe extern "C" fn() -> *mut c_void,
}

impl Engine {
    /// The engine, where every function was found.
    pub(crate) fn get() -> Option<&'static Self> {
        static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
        ENGINE.get_or_init(Self::find).as_ref()
    }

    fn find() -> Option<Self> {
        // SAFETY: each name carries the types of its parameters, and each type here is what the
        // Itanium ABI makes of them: pointers, integers, and values that fit a register
        // (`v8::Local` is one pointer and trivially copyable, `v8::Location` two integers).
        unsafe {
            Some(Self {
                request_interrupt: symbol(c"_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_")?,
                current_stack: symbol(
                    c"_ZN2v810StackTrace17CurrentStackTraceEPNS_7IsolateEiNS0_17StackTraceOptionsE",
                )?,
                frame_count: symbol(c"_ZNK2v810StackTrace13GetFrameCountEv")?,
                frame: symbol(c"_ZNK2v810StackTrace8GetFrameEPNS_7IsolateEj")?,
                location: symbol(c"_ZNK2v810StackFrame11GetLocationEv")?,
                script: symbol(c"_ZNK2v810StackFrame24GetScriptNameOrSourceURLEv")?,
                function: symbol(c"_ZNK2v810StackFrame15GetFunctionNameEv")?,
                current: symbol(c"_ZN2v87Isolate10GetCurrentEv")?,
            })
        }
    }

    /// Asks for a call of `callback` on the isolate's thread.
    ///
    /// # Safety
    ///
    /// The isolate is alive during this call; `callback` expects `data`.
    pub(crate) unsafe fn interrupt(
        &self,
        isolate: Isolate,
        callback: OnInterrupt,
        data: *mut c_void,
    ) {
        // SAFETY: V8 allows this call from any thread; the rest is the caller's promise.
        unsafe { (self.request_interrupt)(isolate.0, callback, data) };
    }

    /// The stack, innermost frame first. For a callback that V8 runs on the isolate's thread: V8
    /// opens a handle scope around it.
    pub(crate) fn frames(&self, env: napi_env, isolate: *mut c_void, max: usize) -> Vec<String> {
        let mut frames = Vec::new();
        // SAFETY: `isolate` is the one that runs this callback, in whose handle scope all handles
        // live; a handle that is empty is not used.
        unsafe {
            let stack = (self.current_stack)(isolate, max as c_int, DETAILED);
            if stack.is_null() {
                return frames;
            }
            for index in 0..(self.frame_count)(stack).max(0) {
                let frame = (self.frame)(stack, isolate, index as u32);
                if frame.is_null() {
                    break;
                }
                let Location { line, column } = (self.location)(frame);
                let script = text(env, (self.script)(frame));
                let place = format!("{script}:{}:{}", line + 1, column + 1);
                let function = text(env, (self.function)(frame));
                frames.push(match function.is_empty() {
                    true => place,
                    false => format!("{function} ({place})"),
                });
            }
        }
        frames
    }
}

/// The isolate that runs on this thread, where its engine is one that was tried.
pub(crate) fn current_isolate(env: napi_env) -> Option<Isolate> {
    if !is_tried(env) {
        return None;
    }
    let engine = Engine::get()?;
    // SAFETY: reads a variable of this thread.
    let isolate = unsafe { (engine.current)() };
    (!isolate.is_null()).then_some(Isolate(isolate))
}

/// Whether this is Node, of a release line with which these calls were tried.
fn is_tried(env: napi_env) -> bool {
    let mut found = std::ptr::null();
    // SAFETY: `found` is a place for the result.
    if unsafe { sys::napi_get_node_version(env, &mut found) } != Status::napi_ok || found.is_null()
    {
        return false;
    }
    // SAFETY: Node-API gives a static record, and its text ends with NUL.
    let (release, major) = unsafe {
        let version = &*found;
        if version.release.is_null() {
            return false;
        }
        (CStr::from_ptr(version.release), version.major)
    };
    release == c"node" && MAJORS.contains(&major)
}

/// The event loop of an environment.
pub(crate) fn event_loop(env: napi_env) -> Option<EventLoop> {
    raw::event_loop(env).map(EventLoop)
}

/// For how long an event loop has slept since it began.
///
/// # Safety
///
/// The loop is alive during this call, which may be made from any thread.
pub(crate) unsafe fn idle_time(event_loop: EventLoop) -> Option<Duration> {
    type IdleTime = unsafe extern "C" fn(*mut c_void) -> u64;
    static IDLE_TIME: OnceLock<Option<IdleTime>> = OnceLock::new();
    // SAFETY: the type is that of the function in libuv's documentation.
    let idle_time = (*IDLE_TIME.get_or_init(|| unsafe { symbol(c"uv_metrics_idle_time") }))?;
    // SAFETY: libuv allows this call from any thread; the loop is alive, as the caller promises.
    Some(Duration::from_nanos(unsafe { idle_time(event_loop.0) }))
}

/// A text of V8; empty where there is none.
fn text(env: napi_env, value: napi_value) -> String {
    if value.is_null() {
        return String::new();
    }
    let mut buffer = [0_u8; NAME_MAX];
    let mut len = 0;
    let start = buffer.as_mut_ptr().cast::<c_char>();
    // SAFETY: `value` is a live handle, the buffer has the length that is passed; the call checks
    // that the value is a string and runs no JavaScript.
    let status = unsafe { sys::napi_get_value_string_utf8(env, value, start, NAME_MAX, &mut len) };
    match status {
        Status::napi_ok => String::from_utf8_lossy(buffer.get(..len).unwrap_or_default()).into(),
        _ => String::new(),
    }
}
