//! What an isolate does, asked from another thread: its stack, its request, its idle time.
//!
//! Asked by the watchdog while JavaScript is stuck. V8 can be asked to call a function on the
//! isolate's own thread at the next point where its code looks for interrupts (a call, a loop's
//! end); that function takes the stack. Node-API has no call for it, so `engine` looks the
//! functions up in the running program. Promises that where one of them is missing there is no
//! stack and nothing else changes, that an isolate which has gone is not asked, and that nothing
//! of JavaScript runs in between. Measured against an inspector session: docs/design/0009.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanner_bridge::SlotId;
use lanner_core::dispatch::layout;
use lanner_core::watch::witness::{FRAMES_MAX, Glimpse, Seen, SeenRequest, Witness};
use napi_sys::{napi_env, napi_ref};

use crate::engine::{self, Engine, EventLoop, Isolate};
use crate::raw::{self, Outcome};

/// The isolate, for as long as its lane is open.
struct Place {
    env: napi_env,
    isolate: Option<Isolate>,
    event_loop: Option<EventLoop>,
    /// The inbox, and where in it the running handler's request begins.
    inbox: napi_ref,
    mark: napi_ref,
}

// SAFETY: other threads pass `isolate` and `event_loop` to the calls of `engine` that may be made
// from any thread, under the lock that `gone` takes; the rest is used on the isolate's thread only.
unsafe impl Send for Place {}

/// The witness of one isolate.
pub(crate) struct IsolateWitness {
    place: Mutex<Option<Place>>,
    /// Whether a question is on its way: one at a time, so that none pile up in a stuck isolate.
    is_asked: AtomicBool,
}

/// A question on its way to the isolate.
struct Question {
    witness: Arc<IsolateWitness>,
    glimpse: Arc<Glimpse>,
}

/// The handle that the core asks.
#[derive(Debug)]
pub(crate) struct Handle(pub(crate) Arc<IsolateWitness>);

impl IsolateWitness {
    /// The witness of the isolate that runs now; the references stay the caller's.
    pub(crate) fn new(env: napi_env, inbox: napi_ref, mark: napi_ref) -> Arc<Self> {
        let place = Place {
            env,
            isolate: engine::current_isolate(env),
            event_loop: engine::event_loop(env),
            inbox,
            mark,
        };
        Arc::new(Self {
            place: Mutex::new(Some(place)),
            is_asked: AtomicBool::new(false),
        })
    }

    /// The isolate's side ends; nobody is asked any more when this returns.
    pub(crate) fn gone(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers, on the isolate's thread.
    fn look(&self, isolate: *mut c_void, glimpse: &Glimpse) {
        let place = self.lock();
        let (Some(place), Some(engine)) = (&*place, Engine::get()) else {
            return;
        };
        if !glimpse.is_current() {
            // What was asked about is over: whatever runs now has nothing to do with it. Said, so
            // that nobody waits.
            return glimpse.answer(Seen::default());
        }
        glimpse.answer(Seen {
            frames: engine.frames(place.env, isolate, FRAMES_MAX),
            request: place.request().ok().flatten(),
        });
    }
}

impl Place {
    /// The request whose handler runs.
    fn request(&self) -> Outcome<Option<SeenRequest>> {
        let (mark, len) = raw::array_buffer(self.env, raw::referenced(self.env, self.mark)?)?;
        let Some(at) = read_word(mark, len, 0) else {
            return Ok(None);
        };
        let Ok(at) = usize::try_from(at as i32) else {
            return Ok(None);
        };
        let inbox = raw::referenced(self.env, self.inbox)?;
        let (inbox, len) = raw::array_buffer(self.env, inbox)?;
        let word = |index: usize| read_word(inbox, len, at.saturating_add(index));
        if word(1) != Some(layout::entry::REQUEST) {
            return Ok(None);
        }
        let words = (word(2), word(3), word(4), word(5));
        let (Some(index), Some(generation), Some(route), Some(method)) = words else {
            return Ok(None);
        };
        Ok(Some(SeenRequest {
            route: i32::try_from(route)
                .ok()
                .and((route != u32::MAX).then_some(route)),
            method: method & 0xffff,
            slot: SlotId { index, generation },
        }))
    }
}

/// The word at a place of JavaScript's memory, if it lies inside.
fn read_word(start: *const u8, len: usize, index: usize) -> Option<u32> {
    let at = index.checked_mul(4)?;
    if start.is_null() || at.checked_add(4)? > len {
        return None;
    }
    // SAFETY: the range was checked against what Node-API has just said of the ArrayBuffer, on its
    // own thread, where JavaScript stands still while this runs.
    Some(u32::from_le(unsafe {
        ptr::read_unaligned(start.add(at).cast())
    }))
}

impl Witness for Handle {
    fn ask(&self, glimpse: &Arc<Glimpse>) {
        let place = self.0.lock();
        let isolate = place.as_ref().and_then(|place| place.isolate);
        let (Some(isolate), Some(engine)) = (isolate, Engine::get()) else {
            return;
        };
        if self.0.is_asked.swap(true, SeqCst) {
            return;
        }
        let question = Box::new(Question {
            witness: Arc::clone(&self.0),
            glimpse: Arc::clone(glimpse),
        });
        // An isolate that ends before it answers keeps the question: a few bytes, once.
        let data = Box::into_raw(question).cast();
        // SAFETY: the isolate is alive, because `gone` waits for the lock that is held here and is
        // called before the isolate ends; `on_interrupt` expects the question.
        unsafe { engine.interrupt(isolate, on_interrupt, data) };
    }

    fn idle(&self) -> Option<Duration> {
        let place = self.0.lock();
        // SAFETY: as above, for the event loop.
        unsafe { engine::idle_time(place.as_ref()?.event_loop?) }
    }
}

/// Runs on the isolate's thread, in the middle of whatever JavaScript does there.
unsafe extern "C" fn on_interrupt(isolate: *mut c_void, data: *mut c_void) {
    // SAFETY: the question that `ask` gave away for this one call.
    let question = unsafe { Box::from_raw(data.cast::<Question>()) };
    let look = || question.witness.look(isolate, &question.glimpse);
    // A panic must not unwind into V8: then there is no answer.
    let _ = catch_unwind(AssertUnwindSafe(look));
    question.witness.is_asked.store(false, SeqCst);
}

impl std::fmt::Debug for IsolateWitness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IsolateWitness").finish_non_exhaustive()
    }
}
