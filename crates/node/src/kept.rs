//! References to JavaScript's values that are taken one after the other.
//!
//! Used by `lane`, which is opened with memory and functions that may be wrong. Promises to give
//! all of them back unless the lane was opened; then they are the lane's, which deletes them.

use napi_sys::{napi_env, napi_ref, napi_value};

use crate::memory::JsMemory;
use crate::raw::{self, Outcome};

/// References that a lane which is being opened has taken; given back unless it was opened.
pub(crate) struct Kept {
    env: napi_env,
    references: Vec<napi_ref>,
}

impl Kept {
    pub(crate) fn new(env: napi_env) -> Self {
        let references = Vec::new();
        Self { env, references }
    }

    pub(crate) fn memory(&mut self, value: napi_value) -> Outcome<JsMemory> {
        let memory = JsMemory::new(self.env, value)?;
        self.references.push(memory.kept);
        Ok(memory)
    }

    pub(crate) fn function(&mut self, value: napi_value) -> Outcome<napi_ref> {
        raw::require_function(self.env, value)?;
        self.reference(value)
    }

    pub(crate) fn reference(&mut self, value: napi_value) -> Outcome<napi_ref> {
        let reference = raw::reference(self.env, value)?;
        self.references.push(reference);
        Ok(reference)
    }

    /// They belong to somebody else now.
    pub(crate) fn release(mut self) {
        self.references.clear();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        for reference in self.references.drain(..) {
            raw::delete_reference(self.env, reference);
        }
    }
}
