//! The watchdog's thread: looks at every isolate a few times per stall threshold.
//!
//! Started with the server, ends with the last I/O thread. It waits a moment for the stack of what
//! blocks. While every event loop sleeps it sleeps as well: the clock looks whether one woke.
//! Nobody waits for this thread: it alone may be held up by a standard error that nobody reads.
//! Promises that a machine that sleeps is not taken for a stuck isolate.

use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lanner_proto::Method;

use super::StallOptions;
use super::judge::Judge;
use super::report::Stall;
use super::witness::{Glimpse, Seen, SeenRequest};
use crate::board::Board;
use crate::dispatch::layout;
use crate::io::clock::CLOCK_MS;
use crate::io::helm::Helm;
use crate::isolate::{IfUnknown, Isolate};
use crate::metrics::bump;
use crate::shared::Shared;

/// Looks per threshold: a stall is found at the latest a quarter of it late.
const LOOKS: u64 = 4;
/// Time between looks, in milliseconds.
const PERIOD_MIN: u64 = 5;
const PERIOD_MAX: u64 = 250;
/// For how long a look waits for the stack. JavaScript that runs answers within a millisecond; the
/// rest is for a machine that has more to do.
const PATIENCE: Duration = Duration::from_millis(250);

/// What the watchdog knows of the server.
pub(crate) struct Watchdog {
    pub(crate) options: StallOptions,
    pub(crate) board: Arc<Board>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) helms: Vec<Arc<Helm>>,
    /// Method and pattern by route number.
    pub(crate) routes: Vec<(String, String)>,
}

/// What the watchdog knows of one isolate.
struct Patient {
    isolate: Arc<Isolate>,
    judge: Judge,
    /// What was asked about the stall that this stamp names.
    asked: Option<(u64, Arc<Glimpse>)>,
    told: Option<Stall>,
}

impl Watchdog {
    /// Watches until every I/O thread has ended; `Shared::thread_ended` unparks it then.
    pub(crate) fn run(self) {
        let period = Duration::from_millis(period_ms(self.options.threshold_ms));
        let mut patients: Vec<Patient> = Vec::new();
        let (mut last, mut all_rest) = (Instant::now(), false);
        while !self.shared.is_over() {
            match all_rest && may_sleep(self.options.threshold_ms) {
                // The clock unparks.
                true => thread::park(),
                false => thread::park_timeout(period),
            }
            let now = Instant::now();
            let is_late = now.duration_since(last) > period * LOOKS as u32;
            self.admit(&mut patients);
            all_rest = true;
            for patient in &mut patients {
                // A thread that slept, or was kept from running, knows nothing of the others: what
                // goes on is found at the next look.
                if !is_late {
                    self.look(patient);
                }
                let rests = patient.isolate.feel(IfUnknown::Leave);
                all_rest &= rests && !patient.judge.is_stall();
            }
            // What a look waited for a stack counts for nobody else.
            last = Instant::now();
        }
    }

    /// Takes on the isolates that have come, and forgets those that have gone.
    fn admit(&self, patients: &mut Vec<Patient>) {
        let isolates = self.board.isolates();
        let is_there = |patient: &mut Patient| {
            let mut all = isolates.iter();
            all.any(|isolate| Arc::ptr_eq(isolate, &patient.isolate))
        };
        patients.retain_mut(is_there);
        for isolate in &isolates {
            let mut known = patients.iter();
            if !known.any(|patient| Arc::ptr_eq(isolate, &patient.isolate)) {
                patients.push(Patient::new(isolate));
            }
        }
    }

    fn look(&self, patient: &mut Patient) {
        let now = self.board.began.elapsed().as_millis() as u64;
        let pulse = &patient.isolate.pulse;
        let (stamp, delay) = (pulse.stamp(), pulse.delay());
        let verdict = patient.judge.look(&self.options, now, (stamp, delay));
        if let Some((stamp, seen_ms)) = verdict.over {
            self.tell_isolate(patient, stamp, seen_ms);
        }
        if verdict.began {
            bump(&self.board.stalls, 1);
        }
        if verdict.tell {
            self.tell(patient, (stamp, delay));
        }
    }

    /// Tells of a stall while it goes on.
    fn tell(&self, patient: &mut Patient, (stamp, delay): (u64, u64)) {
        let seen = patient.ask(stamp).unwrap_or_default();
        // Looked at after the wait, so that it is true when it is read; it may be over by now.
        let pulse = &patient.isolate.pulse;
        let ms = match pulse.stamp() == stamp {
            true => pulse.delay().max(delay),
            false => pulse.length_of(stamp).unwrap_or(delay),
        };
        let mut stall = self.stall(seen, ms);
        stall.untold = patient.judge.take_untold();
        if self.options.log {
            // A standard error that is closed wants no line.
            let _ = writeln!(std::io::stderr(), "{}", stall.line());
        }
        match &mut patient.told {
            // The first stack that came is kept: the later, the likelier is it of what comes after.
            Some(told) if !told.frames.is_empty() => {
                told.age_ms = told.age_ms.map(|age| age + ms.saturating_sub(told.ms));
                told.ms = ms;
            }
            Some(told) => {
                stall.untold += told.untold;
                *told = stall;
            }
            None => patient.told = Some(stall),
        }
    }

    /// Tells the isolate itself, now that it runs again.
    fn tell_isolate(&self, patient: &mut Patient, stamp: u64, seen_ms: u64) {
        let (asked, told) = (patient.asked.take(), patient.told.take());
        let Some(mut stall) = told else { return };
        // A native call has returned meanwhile, and JavaScript has said where it was.
        if stall.frames.is_empty()
            && let Some(seen) = asked.and_then(|(_, glimpse)| glimpse.wait(Duration::ZERO))
        {
            let untold = stall.untold;
            stall = self.stall(seen, stall.ms);
            stall.untold = untold;
        }
        let length = patient.isolate.pulse.length_of(stamp);
        let ms = length.unwrap_or(seen_ms).max(stall.ms);
        stall.age_ms = stall.age_ms.map(|age| age + (ms - stall.ms));
        stall.ms = ms;
        patient.isolate.post(stall);
    }

    fn stall(&self, seen: Seen, ms: u64) -> Stall {
        let request = seen.request.as_ref();
        Stall {
            ms,
            route: request.map(|request| self.name(request)),
            // A request that was given up meanwhile is at least as old as the stall.
            age_ms: request.map(|request| self.age(request).unwrap_or(ms).max(ms)),
            frames: seen.frames,
            untold: 0,
        }
    }

    fn name(&self, request: &SeenRequest) -> String {
        let place = request.route.map(|route| route as usize);
        let route = place.and_then(|place| self.routes.get(place));
        let (declared, pattern) = match route {
            Some((method, pattern)) => (method.as_str(), pattern.as_str()),
            None => ("*", "(no route)"),
        };
        let known = (request.method as usize).checked_sub(1);
        let known = known.and_then(|place| Method::KNOWN.get(place));
        let method = known.map_or(declared, |method| method.as_str());
        format!("{method} {pattern}")
    }

    fn age(&self, request: &SeenRequest) -> Option<u64> {
        let mut slot = request.slot;
        let thread = slot.index >> layout::SLOT_INDEX_BITS;
        slot.index &= layout::SLOT_INDEX_MASK;
        self.helms.get(thread as usize)?.age(slot)
    }
}

impl Patient {
    fn new(isolate: &Arc<Isolate>) -> Self {
        Self {
            isolate: Arc::clone(isolate),
            judge: Judge::default(),
            asked: None,
            told: None,
        }
    }

    /// What the isolate does now, when it says so soon. A question that it has not answered yet
    /// stands.
    fn ask(&mut self, stamp: u64) -> Option<Seen> {
        let open = self.asked.take();
        let open = open.filter(|(about, glimpse)| *about == stamp && !glimpse.is_answered());
        let glimpse = match open {
            Some((_, glimpse)) => glimpse,
            None => {
                let glimpse = Glimpse::new(&self.isolate.pulse, stamp);
                self.isolate.witness()?.ask(&glimpse);
                glimpse
            }
        };
        let seen = glimpse.wait(PATIENCE);
        self.asked = Some((stamp, glimpse));
        seen
    }
}

/// Time between looks for a threshold.
fn period_ms(threshold_ms: u64) -> u64 {
    (threshold_ms / LOOKS).clamp(PERIOD_MIN, PERIOD_MAX)
}

/// Whether the watchdog may leave it to the clock to see that an event loop woke: then a stall is
/// still found in time, because the clock has looked before the threshold is over.
fn may_sleep(threshold_ms: u64) -> bool {
    threshold_ms >= CLOCK_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_a_quarter_of_the_threshold_apart_and_bounded() {
        let table = [(1, 5), (40, 10), (1_000, 250), (60_000, 250)];
        for (threshold, period) in table {
            assert_eq!(period_ms(threshold), period, "{threshold}");
        }
    }
}
