//! Memory that JavaScript allocated and this side reads or writes: the inbox and the outbox.
//!
//! Used by `lane`, on the JavaScript thread and only while one of its callbacks runs, so that
//! JavaScript and Rust never touch a byte at the same time. Promises that nothing is read or
//! written outside the ArrayBuffer. Who keeps it alive: a reference, deleted by the lane.

use std::ptr::NonNull;

use lanner_core::dispatch::layout;
use napi_sys::{napi_env, napi_ref, napi_value};

use crate::raw::{self, Failure, Outcome};

/// Memory of JavaScript that this side reads or writes while a callback runs.
pub(crate) struct JsMemory {
    start: NonNull<u8>,
    pub(crate) len: usize,
    pub(crate) kept: napi_ref,
}

/// What `flush_by_thread` needs of a record.
pub(crate) struct RecordHead {
    pub(crate) size: usize,
    kind: u32,
    pub(crate) slot: u32,
    flags: u32,
}

impl RecordHead {
    pub(crate) fn has_attachment(&self) -> bool {
        match self.kind {
            layout::record::WRITE_LARGE => true,
            layout::record::REPLY => self.flags >> 16 & layout::REPLY_LARGE != 0,
            _ => false,
        }
    }
}

impl JsMemory {
    pub(crate) fn new(env: napi_env, value: napi_value) -> Outcome<Self> {
        let (start, len) = raw::array_buffer(env, value)?;
        let start = NonNull::new(start).ok_or(Failure {
            code: c"LANNER_NATIVE",
            message: c"an ArrayBuffer is empty",
        })?;
        Ok(Self {
            start,
            len,
            kept: raw::reference(env, value)?,
        })
    }

    /// Whether the memory is still where it was. A user who gets hold of the ArrayBuffer could
    /// transfer it away, and the memory would be freed under this side.
    pub(crate) fn is_intact(&self, env: napi_env) -> bool {
        let memory =
            raw::referenced(env, self.kept).and_then(|value| raw::array_buffer(env, value));
        matches!(memory, Ok((start, len)) if start == self.start.as_ptr() && len == self.len)
    }

    /// Copies `bytes` to `at`; returns how many bytes were copied.
    pub(crate) fn fill(&mut self, at: usize, bytes: &[u8]) -> usize {
        if at + bytes.len() > self.len {
            return 0;
        }
        // SAFETY: the target lies inside the ArrayBuffer, which the reference keeps alive, which
        // is never detached (it is not reachable for users) and which JavaScript does not touch
        // while this callback runs on its thread. The source is Rust's own memory.
        unsafe {
            let target = self.start.as_ptr().add(at);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
        }
        bytes.len()
    }

    /// The bytes of `range`.
    ///
    /// # Safety
    ///
    /// `range` lies inside, and JavaScript does not run while the slice is in use.
    pub(crate) unsafe fn slice(&self, range: std::ops::Range<usize>) -> &[u8] {
        debug_assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: the caller promises the range and that nobody writes.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(range.start), range.len()) }
    }

    /// The head of the record at `at`, when a whole one lies before `end`.
    pub(crate) fn record(&self, at: usize, end: usize) -> Option<RecordHead> {
        if at + layout::PREFIX_BYTES > end || end > self.len {
            return None;
        }
        // SAFETY: the range was checked; this runs inside a callback from JavaScript.
        let bytes = unsafe { self.slice(at..end) };
        let word = |index: usize| {
            let bytes = bytes
                .get(index * 4..)
                .and_then(|bytes| bytes.first_chunk::<4>());
            bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        let size = word(0) as usize;
        let whole = size >= layout::PREFIX_BYTES && at + size <= end;
        whole.then(|| RecordHead {
            size,
            kind: word(1),
            slot: word(2),
            flags: word(4),
        })
    }
}
