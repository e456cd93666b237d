//! What limits of a whole server do: its connections, and the time that its isolate takes.
//!
//! Rows of the table in `limits`, with sockets and an isolate's own clock, so they wait for what
//! they want to see.

use lanner_core::sightings::WATCH_LIMITS;
use lanner_core::{Config, Probes, StallOptions};

use crate::limits::{Seen, get};
use crate::support::crlf;
use crate::support::live::{self, Live, eventually};

/// A count of the whole server, so a server with sockets.
pub(crate) fn connections(past: usize) -> Seen {
    let config = Config {
        connections: 2,
        ..Config::default()
    };
    let live = Live::start(config, live::echo());
    live.server.sightings().watch(WATCH_LIMITS);
    let mut clients: Vec<_> = (0..2 + past).map(|_| live.connect()).collect();
    let mut seen = Seen::default();
    if past == 1 {
        let refused = clients.last_mut().expect("a client");
        assert!(refused.rest().0.is_empty());
        seen.end = "closed";
    }
    for client in clients.iter_mut().take(2) {
        assert_eq!(client.send(&get()).reply().0, 200);
    }
    if live.counter("connections_refused") > 0 {
        seen.counted.push("connections_refused");
    }
    let told = live.server.sightings().take();
    seen.told = told.iter().map(|seen| seen.cause.label()).collect();
    live.close(0);
    seen
}

/// The only limit that stands on a clock of its own: the isolate's.
pub(crate) fn readiness(past: usize) -> Seen {
    let (handler, release) = live::stuck();
    let config = Config {
        probes: Probes {
            ready: Some("/readyz".into()),
            max_loop_delay_ms: if past == 1 { 1 } else { 60_000 },
            ..Probes::default()
        },
        ..Config::default()
    };
    let live = Live::start(config, handler);
    let mut stuck = live.connect();
    stuck.send(&get());
    eventually("it is stuck", || live.counter("dispatched") == 1);
    let mut seen = Seen::default();
    let probe = crlf("GET /readyz HTTP/1.1\nHost: a\n\n");
    eventually("the probe says so", || {
        seen.status = live.connect().send(&probe).reply().0;
        seen.status == if past == 1 { 503 } else { 200 }
    });
    drop(release);
    assert_eq!(stuck.reply().0, 200);
    live.close(1_000);
    seen
}

/// Requests whose handlers are stuck until they are released, one after the other; what is told of
/// each that counts as a stall after this threshold.
struct Stuck {
    live: Live,
    release: std::sync::mpsc::Sender<()>,
}

impl Stuck {
    fn new(threshold_ms: u64, interval_ms: u64) -> Self {
        let (handler, release) = live::stuck();
        let stall = StallOptions {
            threshold_ms,
            interval_ms,
            log: false,
        };
        let config = Config {
            stall,
            ..Config::default()
        };
        let live = Live::start(config, handler);
        Self { live, release }
    }

    /// Is stuck until `is_enough`, then served.
    fn until(&self, what: &str, is_enough: impl Fn(&Live) -> bool) {
        let mut client = self.live.connect();
        client.send(&get());
        eventually(what, || is_enough(&self.live));
        self.release.send(()).expect("a handler waits");
        assert_eq!(client.reply().0, 200);
    }

    fn has_been_stuck(live: &Live, ms: u64) -> bool {
        live.server
            .stats()
            .worst_vitals()
            .is_some_and(|it| it.delay_ms >= ms)
    }

    fn told(&self) -> usize {
        self.live.isolate.take_stalls()
    }
}

pub(crate) fn stall_threshold(past: usize) -> Seen {
    let stuck = Stuck::new(if past == 1 { 20 } else { 60_000 }, 0);
    let mut seen = Seen::default();
    if past == 1 {
        stuck.until("a stall", |live| live.server.stats().stalls == 1);
        eventually("it is told", || stuck.told() == 1);
        seen.told.push("stalls");
        // Everything else waited behind it.
        seen.waits = true;
    } else {
        stuck.until("a delay", |live| Stuck::has_been_stuck(live, 40));
        assert_eq!(stuck.told(), 0);
    }
    if stuck.live.server.stats().stalls > 0 {
        seen.counted.push("stalls");
    }
    stuck.live.close(1_000);
    seen
}

/// Two stalls; past the limit the second waits for a report.
pub(crate) fn stall_interval(past: usize) -> Seen {
    let stuck = Stuck::new(20, if past == 1 { 3_600_000 } else { 0 });
    stuck.until("a stall", |live| live.server.stats().stalls == 1);
    eventually("it is told", || stuck.told() == 1);
    stuck.until("another", |live| live.server.stats().stalls == 2);
    let waits = if past == 1 {
        // Looked at again and again after its end.
        stuck.until("a third", |live| live.server.stats().stalls == 3);
        stuck.told() == 0
    } else {
        eventually("it is told", || stuck.told() == 1);
        false
    };
    stuck.live.close(1_000);
    Seen {
        waits,
        ..Seen::default()
    }
}
