//! Functions that JavaScript wants to be called: when the server has closed, and when refusals and
//! limits wait.
//!
//! Shared by the server, which is told of them, and the isolate's side of its lanes, which calls
//! them. Promises that nothing is kept for a side that has ended: it would never be called, and
//! never be let go.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use napi_sys::{napi_env, napi_ref};

use crate::raw;

/// What both share.
pub(crate) type Shared = Rc<Callbacks>;

/// The functions, by reference.
#[derive(Default)]
pub(crate) struct Callbacks {
    closers: RefCell<Vec<napi_ref>>,
    watcher: Cell<Option<napi_ref>>,
    is_over: Cell<bool>,
}

impl Callbacks {
    /// Whether nobody is left to call anything.
    pub(crate) fn are_over(&self) -> bool {
        self.is_over.get()
    }

    /// One more to call when the server has closed.
    pub(crate) fn add_closer(&self, closer: napi_ref) {
        self.closers.borrow_mut().push(closer);
    }

    /// The one to call when refusals or limits wait.
    pub(crate) fn watcher(&self) -> Option<napi_ref> {
        self.watcher.get()
    }

    /// Puts another in its place, or none. It holds the listeners, and whatever they hold.
    pub(crate) fn set_watcher(&self, env: napi_env, watcher: Option<napi_ref>) {
        if let Some(old) = self.watcher.replace(watcher) {
            raw::delete_reference(env, old);
        }
    }

    /// Nothing is called any more, but for the closers, which are given back.
    pub(crate) fn end(&self, env: napi_env) -> Vec<napi_ref> {
        self.is_over.set(true);
        self.set_watcher(env, None);
        self.closers.take()
    }
}
