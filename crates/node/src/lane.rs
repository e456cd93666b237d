//! An isolate's side of the bridge: takes batches into the inbox, flushes the outbox.
//!
//! The doorbell calls `on_bell` on the JavaScript thread; it copies waiting batches into memory
//! that JavaScript allocated (the inbox) and calls its dispatch function once. JavaScript writes
//! records into the outbox and calls `flush` once per turn. Promises that no other thread touches
//! JavaScript's memory, and that an environment that ends detaches its gate before its bell goes.
//!
//! Here are the lane's life and its turns; the functions that JavaScript calls are in `functions`,
//! the way of what it wrote is in `outgoing`.

mod functions;
mod outgoing;

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use lanner_bridge::{Batch, Chunk, IsolateLane};
use lanner_core::Server;
use lanner_core::dispatch::layout;
use lanner_core::dispatch::rotation::Rotation;
use lanner_core::dispatch::turn::TurnSize;
use lanner_core::isolate::Isolate;
use napi_sys::{self as sys, napi_env, napi_ref, napi_value};

use crate::callbacks;
use crate::doorbell::Bell;
use crate::fence::fenced;
use crate::kept::Kept;
use crate::memory::JsMemory;
use crate::raw::{self, Failure, Outcome};
use crate::stalls::{Stalls, tell};

/// The inbox or the outbox was transferred away by somebody who got hold of it.
const DETACHED: Failure = Failure {
    code: c"LANNER_NATIVE",
    message: c"an internal ArrayBuffer was detached",
};

/// The isolate's side. It lives on the heap until its last holder gives it up: the bell (until the
/// lane is closed or the environment ends), each of the functions (until they are collected),
/// and a callback that runs.
pub(crate) struct Lane {
    holders: u32,
    server: Arc<Server>,
    lanes: Vec<IsolateLane>,
    isolate: Arc<Isolate>,
    bell: Option<Bell>,
    inbox: JsMemory,
    outbox: JsMemory,
    dispatch: napi_ref,
    stalls: Stalls,
    callbacks: callbacks::Shared,
    /// Which I/O thread the next batch comes from, so that none waits for the others.
    rotation: Rotation<Box<Batch>>,
    /// How much of what waits is taken at once.
    turn: TurnSize,
    /// Records for each I/O thread that wait for the end of the dispatch.
    staged: Vec<Option<Box<Batch>>>,
    is_dispatching: bool,
    /// I/O threads that wait for what was taken in this turn.
    awaiting: Vec<usize>,
    /// When the last turn began, and the bytes of entries that it took.
    began_us: u64,
    taken: usize,
    /// Batches whose chunks JavaScript may ask for during this dispatch.
    on_show: Vec<(usize, Box<Batch>)>,
    /// Bodies that travel with the next flush.
    attached: VecDeque<Chunk>,
    /// Idle memory for attached bodies, the last used one last.
    spares: Vec<Chunk>,
    spare_bytes: usize,
}

impl Lane {
    /// Opens the isolate's side and returns the JavaScript object with its functions.
    pub(crate) fn open(
        env: napi_env,
        server: Arc<Server>,
        callbacks: callbacks::Shared,
        [inbox, outbox, dispatch, mark, on_stall]: [napi_value; 5],
    ) -> Outcome<napi_value> {
        let mut kept = Kept::new(env);
        let inbox = kept.memory(inbox)?;
        let outbox = kept.memory(outbox)?;
        if inbox.len < layout::BATCH_BYTES_MAX {
            return Err(Failure {
                code: c"LANNER_NATIVE",
                message: c"the inbox is too small",
            });
        }
        let dispatch = kept.function(dispatch)?;
        let (mark, on_stall) = (kept.reference(mark)?, kept.function(on_stall)?);
        let mut memory = Box::<Self>::new_uninit();
        let bell = Bell::new(env, (on_bell, on_turn_end), memory.as_mut_ptr().cast())?;
        // From here on the lane owns what it was made of, and `close_lane` undoes all of it.
        kept.release();
        let place: *mut Self = Box::into_raw(memory).cast();
        let (isolate, lanes) = server.attach(bell);
        let stalls = Stalls::new(env, &isolate, inbox.kept, [mark, on_stall]);
        let staged = lanes.iter().map(|_| None).collect();
        let lane = Self {
            holders: 1,
            server,
            lanes,
            isolate,
            bell: Some(bell),
            inbox,
            outbox,
            dispatch,
            stalls,
            callbacks,
            staged,
            is_dispatching: false,
            rotation: Rotation::default(),
            awaiting: Vec::new(),
            began_us: 0,
            taken: 0,
            turn: TurnSize::new(layout::BATCH_BYTES_MAX),
            on_show: Vec::new(),
            attached: VecDeque::new(),
            spares: Vec::new(),
            spare_bytes: 0,
        };
        // SAFETY: `place` was allocated above for just this and is not initialised yet. The bell
        // cannot have run: it runs on this thread.
        unsafe { place.write(lane) };
        // SAFETY: `on_env_end` expects the lane, and the bell's hold keeps it until then.
        unsafe { sys::napi_add_env_cleanup_hook(env, Some(on_env_end), place.cast()) };
        // SAFETY: as above; nothing else refers to the lane during this call.
        unsafe { (*place).rest() };
        let object = functions::object(env, place);
        if object.is_err() {
            // SAFETY: this is the lane's thread and nothing borrows it; the bell's hold keeps it.
            unsafe { close_lane(env, place) };
        }
        object
    }

    /// Copies what waits into the inbox; returns how many bytes that were.
    fn take(&mut self) -> usize {
        let mut used = 0;
        while let Some((from, batch)) = self.next_batch() {
            // A chunk is named by its place in its batch, so a batch that has chunks comes alone
            // behind batches that have none.
            let size = batch.bytes.len();
            let fits = used + size <= self.inbox.len && self.turn.has_room(used, size);
            if !fits || !self.on_show.is_empty() && !batch.large.is_empty() {
                self.rotation.hold(from, batch);
                break;
            }
            self.isolate.pulse.took(from, &batch);
            if batch.is_awaited {
                self.awaiting.push(from);
            }
            used += self.inbox.fill(used, &batch.bytes);
            if batch.large.is_empty() {
                self.recycle(from, batch);
            } else {
                self.on_show.push((from, batch));
            }
        }
        used
    }

    fn next_batch(&mut self) -> Option<(usize, Box<Batch>)> {
        let lanes = &mut self.lanes;
        self.rotation
            .next(lanes.len(), |from| lanes.get_mut(from)?.take())
    }

    fn is_quiet(&self) -> bool {
        !self.rotation.holds()
            && self.lanes.iter().all(IsolateLane::is_quiet)
            && self.watcher_to_call().is_none()
            && !self.stalls.has_post()
    }

    /// The function to call because sightings wait.
    fn watcher_to_call(&self) -> Option<napi_ref> {
        match self.server.sightings().is_pending() {
            true => self.callbacks.watcher(),
            false => None,
        }
    }

    /// Sleeps, or rings its own bell when there is more to do: the event loop has its turn first.
    fn rest(&mut self) {
        self.isolate.pulse.rest();
        if !self.isolate.gate.try_sleep(|| self.is_quiet())
            && let Some(bell) = self.bell
        {
            self.isolate.pulse.begin_turn();
            lanner_bridge::Doorbell::ring(&bell);
        }
    }

    fn rest_unless_closed(&mut self) {
        if self.bell.is_some() {
            self.rest();
        }
    }

    /// Whether every I/O thread has ended.
    fn is_over(&self) -> bool {
        self.lanes.iter().all(IsolateLane::io_closed) && self.server.is_closed()
    }

    /// Ends the isolate's side: no ring after this, the I/O threads see that it has gone.
    fn shut(&mut self) {
        self.stalls.end();
        self.isolate.gate.detach();
        self.lanes.clear();
        self.rotation = Rotation::default();
        self.on_show.clear();
        self.staged.clear();
        self.attached.clear();
        self.spares.clear();
        self.spare_bytes = 0;
    }
}

/// Runs on the JavaScript thread when the bell was rung.
unsafe extern "C" fn on_bell(
    env: napi_env,
    _function: napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    if env.is_null() {
        // The environment is being torn down; its cleanup hook has shut the lane.
        return;
    }
    let place: *mut Lane = context.cast();
    // SAFETY: a bell that was not aborted holds the lane, and only this thread touches it.
    unsafe { (*place).holders += 1 };
    fenced(env, || {
        // SAFETY: held, as above. The borrow ends before JavaScript runs, because JavaScript calls
        // `flush`, which borrows it again.
        let (dispatch, used, over) = unsafe {
            let lane = &mut *place;
            lane.isolate.gate.awake();
            lane.isolate.pulse.begin_turn();
            if !lane.inbox.is_intact(env) {
                return finish_broken(env, place);
            }
            lane.is_dispatching = true;
            lane.began_us = lane.isolate.pulse.turn_us();
            lane.taken = lane.take();
            (lane.dispatch, lane.taken, lane.is_over())
        };
        let function = raw::referenced(env, dispatch)?;
        if used > 0 {
            raw::call(env, function, &[raw::make_number(env, used as i32)?]);
        }
        // SAFETY: as above; the borrow ends before JavaScript runs again.
        if let Some(watcher) = unsafe { (*place).watcher_to_call() } {
            raw::call(env, raw::referenced(env, watcher)?, &[]);
        }
        // SAFETY: as above; the borrow ends before JavaScript runs.
        if let Some((stalls, on_stall)) = unsafe { (*place).stalls.take() } {
            tell(env, &stalls, on_stall)?;
        }
        // SAFETY: as above; JavaScript has returned. The end may have come while it ran, and a
        // flush that met it has seen it: then nobody rings for it any more.
        let over = unsafe {
            let lane = &mut *place;
            lane.end_dispatch();
            let took = lane.isolate.pulse.end_turn();
            if !lane.bell.is_some_and(|bell| bell.tells_end()) {
                lane.turn.ended(used, took);
            }
            (over || lane.is_over()) && lane.is_quiet()
        };
        if over {
            // SAFETY: as above.
            return unsafe { finish(env, place) };
        }
        // SAFETY: as above.
        unsafe { (*place).rest_unless_closed() };
        Ok(std::ptr::null_mut())
    });
    // SAFETY: held, as above; the callback is over, so nothing borrows the lane.
    if unsafe { (*place).is_dispatching } {
        // It failed on the way: what was flushed still leaves, and the next bell can come.
        fenced(env, || {
            // SAFETY: as above.
            unsafe {
                (*place).end_dispatch();
                (*place).rest_unless_closed();
            }
            Ok(std::ptr::null_mut())
        });
    }
    // SAFETY: the hold of this callback, taken above.
    unsafe { release(place) };
}

/// Runs on the JavaScript thread when all that the turn led to has run: handlers that are
/// asynchronous, and streams, do their work behind `on_bell`.
unsafe extern "C" fn on_turn_end(context: *mut c_void) {
    // SAFETY: the bell holds the lane, only this thread touches it, and JavaScript does not run.
    let lane = unsafe { &mut *context.cast::<Lane>() };
    let us = lane.isolate.pulse.now_us().saturating_sub(lane.began_us);
    lane.turn.ended(lane.taken, Duration::from_micros(us));
}

/// The inbox or the outbox was taken away: the isolate's side ends, its exchanges are answered by
/// the core, and the server closes.
///
/// # Safety
///
/// The caller holds the lane, and nothing borrows it.
unsafe fn finish_broken(env: napi_env, place: *mut Lane) -> Outcome<napi_value> {
    // SAFETY: as the caller promises.
    unsafe {
        (*place).server.close(0);
        finish(env, place)?;
    }
    Err(DETACHED)
}

/// The server has closed: tells JavaScript, and ends this side.
///
/// # Safety
///
/// The caller holds the lane, and nothing borrows it.
unsafe fn finish(env: napi_env, place: *mut Lane) -> Outcome<napi_value> {
    // SAFETY: held by the caller; the borrow ends before JavaScript runs.
    for closer in unsafe { &*place }.callbacks.end(env) {
        let function = raw::referenced(env, closer);
        raw::delete_reference(env, closer);
        if let Ok(function) = function {
            raw::call(env, function, &[]);
        }
    }
    // SAFETY: as the caller promises.
    unsafe { close_lane(env, place) };
    raw::undefined(env)
}

/// Ends the isolate's side while its environment goes on; idempotent.
///
/// # Safety
///
/// The caller holds the lane, and nothing borrows it.
unsafe fn close_lane(env: napi_env, place: *mut Lane) {
    // SAFETY: held by the caller.
    let lane = unsafe { &mut *place };
    let Some(bell) = lane.bell.take() else { return };
    lane.shut();
    bell.abort();
    // SAFETY: the same hook and lane as in `open`; it is removed before its hold is given up.
    unsafe { sys::napi_remove_env_cleanup_hook(env, Some(on_env_end), place.cast()) };
    let kept = [lane.inbox.kept, lane.outbox.kept, lane.dispatch];
    for reference in kept.into_iter().chain(lane.stalls.references()) {
        raw::delete_reference(env, reference);
    }
    lane.callbacks.set_watcher(env, None);
    // SAFETY: the bell's hold: it was aborted, so it passes no environment any more.
    unsafe { release(place) };
}

/// Gives one hold of the lane up, and frees it with the last one.
///
/// # Safety
///
/// The caller owns the hold and does not use `place` afterwards; this is the lane's thread.
unsafe fn release(place: *mut Lane) {
    // SAFETY: the caller's hold keeps the lane alive up to here.
    let left = unsafe {
        (*place).holders -= 1;
        (*place).holders
    };
    if left == 0 {
        // SAFETY: `place` came from a Box, and nobody holds it any more.
        drop(unsafe { Box::from_raw(place) });
    }
}

/// Runs when the environment ends: `process.exit`, an uncaught exception, the end of a worker.
unsafe extern "C" fn on_env_end(context: *mut c_void) {
    let place: *mut Lane = context.cast();
    // SAFETY: the bell's hold keeps the lane; this is its thread, and no callback runs.
    let lane = unsafe { &mut *place };
    lane.shut();
    // The threads of a server whose application has gone end with it, so that none outlives the
    // environment that could have closed them.
    lane.server.close(0);
    lane.server.join();
    if let Some(bell) = lane.bell.take() {
        bell.abort_with_environment();
    }
    // SAFETY: the bell's hold; a bell that still rings passes no environment and touches nothing.
    unsafe { release(place) };
}
