//! An isolate's side of the bridge: takes batches into the inbox, flushes the outbox.
//!
//! The doorbell calls `on_bell` on the JavaScript thread; it copies waiting batches into memory
//! that JavaScript allocated (the inbox) and calls its dispatch function once. JavaScript writes
//! records into the outbox and calls `flush` once per turn. Promises that no other thread touches
//! JavaScript's memory, and that an environment that ends detaches its gate before its bell goes.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use lanner_bridge::{Batch, Chunk, Home, IsolateLane};
use lanner_core::Server;
use lanner_core::dispatch::layout;
use lanner_core::dispatch::rotation::Rotation;
use lanner_core::dispatch::turn::TurnSize;
use lanner_core::isolate::Isolate;
use napi_sys::{self as sys, napi_callback_info, napi_env, napi_ref, napi_value};

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
/// Smallest memory for an attached body; others are powers of two, so that they can be reused.
const ATTACHED_MIN: usize = 32 * 1024;
/// Records up to which this thread writes them for an I/O thread that sleeps, instead of waking it:
/// two or three small replies (docs/design/0003).
const HELP_BYTES_MAX: usize = 512;
/// Bytes of idle memory for attached bodies; more is freed.
const SPARE_BYTES_MAX: usize = 8 * 1024 * 1024;

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
        let object = Self::functions(env, place);
        if object.is_err() {
            // SAFETY: this is the lane's thread and nothing borrows it; the bell's hold keeps it.
            unsafe { close_lane(env, place) };
        }
        object
    }

    /// The JavaScript object whose functions hold the lane.
    fn functions(env: napi_env, place: *mut Self) -> Outcome<napi_value> {
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

    /// Gives a batch's box back, and keeps the memory that came home with it.
    fn recycle(&mut self, from: usize, mut batch: Box<Batch>) {
        for chunk in batch.spent.drain(..) {
            if self.spare_bytes + chunk.capacity() <= SPARE_BYTES_MAX {
                self.spare_bytes += chunk.capacity();
                self.spares.push(chunk);
            }
        }
        if let Some(lane) = self.lanes.get_mut(from) {
            lane.recycle(batch);
        }
    }

    /// Ends a dispatch: what it flushed leaves now, together with the chunks that it was shown, so
    /// that each I/O thread is woken once.
    fn end_dispatch(&mut self) {
        self.is_dispatching = false;
        for (from, mut batch) in std::mem::take(&mut self.on_show) {
            let spent = std::mem::take(&mut batch.large);
            self.recycle(from, batch);
            if let Some(staged) = self.staged(from) {
                staged.spent.extend(spent);
            }
        }
        for to in 0..self.lanes.len() {
            self.send(to);
        }
        for from in self.awaiting.drain(..) {
            if let Some(lane) = self.lanes.get(from) {
                lane.wake_io();
            }
        }
    }

    /// The batch that collects for an I/O thread.
    fn staged(&mut self, to: usize) -> Option<&mut Batch> {
        let lane = self.lanes.get_mut(to)?;
        let staged = self.staged.get_mut(to)?;
        Some(staged.get_or_insert_with(|| lane.spare()))
    }

    /// Copies a body that will travel with the next flush.
    fn attach(&mut self, bytes: &[u8]) {
        let size = bytes.len().next_power_of_two().max(ATTACHED_MIN);
        let found = self
            .spares
            .iter()
            .rposition(|chunk| chunk.capacity() == size);
        let mut chunk = match found {
            Some(place) => {
                self.spare_bytes -= size;
                self.spares.remove(place)
            }
            None => Chunk::with_capacity(Home::Isolate, size),
        };
        chunk.fill_from(bytes);
        self.attached.push_back(chunk);
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

    fn flush(&mut self, len: usize) {
        if self.bell.is_none() {
            return;
        }
        let len = len.min(self.outbox.len);
        match self.lanes.len() {
            1 => {
                let attached = std::mem::take(&mut self.attached);
                self.stage(0, 0..len, attached);
            }
            _ => self.stage_by_thread(len),
        }
        if !self.is_dispatching {
            for to in 0..self.lanes.len() {
                self.send(to);
            }
        }
    }

    /// Sorts the records by the I/O thread that their slot names.
    fn stage_by_thread(&mut self, len: usize) {
        let mut at = 0;
        while let Some(record) = self.outbox.record(at, len) {
            let thread = (record.slot >> layout::SLOT_INDEX_BITS) as usize;
            let attached = if record.has_attachment() {
                self.attached.pop_front()
            } else {
                None
            };
            self.stage(thread, at..at + record.size, attached);
            at += record.size;
        }
    }

    /// Copies records of the outbox into the batch of an I/O thread.
    fn stage(
        &mut self,
        to: usize,
        range: std::ops::Range<usize>,
        attached: impl IntoIterator<Item = Chunk>,
    ) {
        // SAFETY: `flush` runs inside a callback from JavaScript, so nothing writes the outbox
        // meanwhile; `range` lies inside it (`flush` and `record` check that). The bytes are
        // copied before the return.
        let bytes: *const [u8] = unsafe { self.outbox.slice(range) };
        let Some(batch) = self.staged(to) else { return };
        // SAFETY: as above; the outbox is not part of what `staged` borrows.
        batch.bytes.extend_from_slice(unsafe { &*bytes });
        batch.large.extend(attached);
        batch.count += 1;
    }

    /// Hands the batch of an I/O thread over and wakes the thread.
    fn send(&mut self, to: usize) {
        let mut waiting = self.staged.get_mut(to).and_then(Option::take);
        let Some(lane) = self.lanes.get_mut(to) else {
            return;
        };
        let Some(batch) = &mut waiting else { return };
        batch.stamp = self.isolate.pulse.now_us();
        // Body memory that comes home lets connections be read, which is not this thread's work.
        let is_few = batch.bytes.len() <= HELP_BYTES_MAX && batch.spent.is_empty();
        // A full ring empties without this thread's help: the I/O thread waits for nobody.
        while let Some(batch) = waiting.take() {
            match lane.publish(batch) {
                Ok(()) => {}
                Err(_) if lane.io_closed() => return,
                Err(batch) => {
                    lane.wake_io();
                    std::thread::yield_now();
                    waiting = Some(batch);
                }
            }
        }
        if is_few && lane.io_sleeps() && self.server.help(to) {
            return;
        }
        lane.wake_io();
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

/// Runs when one of the lane's functions was collected.
unsafe extern "C" fn on_function_collected(_env: napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the hold of that function, taken in `Lane::open`.
    unsafe { release(data.cast()) };
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

/// The lane behind a function of the JavaScript object.
///
/// # Safety
///
/// `data` is the pointer that `Lane::open` gave to the function, on its own thread.
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
