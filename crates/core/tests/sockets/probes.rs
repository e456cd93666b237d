//! Probes: answered by the core, also while the isolate is stuck.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use lanner_core::watch::witness::{Glimpse, Witness};
use lanner_core::{Config, Probes};

use crate::support::live::{self, Live, echo, eventually};

fn config() -> Config {
    Config {
        probes: Probes {
            live: Some("/livez".into()),
            ready: Some("/readyz".into()),
            metrics: Some("/metrics".into()),
            max_loop_delay_ms: 100,
        },
        ..Config::default()
    }
}

fn ask(live: &Live, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let (status, body) = live.connect().send(request.as_bytes()).reply();
    (status, String::from_utf8(body).expect("text"))
}

/// A server whose handler waits for the test.
fn stuck() -> (Live, mpsc::Sender<()>) {
    let (handler, release) = live::stuck();
    (Live::start(config(), handler), release)
}

#[test]
fn they_are_answered_without_an_isolate() {
    let live = Live::start(config(), echo());
    for path in ["/livez", "/readyz"] {
        let (status, body) = ask(&live, path);
        assert_eq!(status, 200, "{body}");
        assert!(body.starts_with("{\"state\":\"ready\",\"loopDelayMs\":"));
    }
    let (status, body) = ask(&live, "/metrics");
    assert_eq!(status, 200);
    assert!(body.contains("\nlanner_requests_total 3\n"), "{body}");
    assert_eq!(live.counter("dispatched"), 0);
    live.close(1_000);
}

/// An event loop that sleeps.
#[derive(Debug, Default)]
struct Asleep(AtomicU64);

impl Witness for Asleep {
    fn ask(&self, _: &Arc<Glimpse>) {}

    fn idle(&self) -> Option<Duration> {
        Some(Duration::from_nanos(self.0.fetch_add(1, Relaxed)))
    }
}

#[test]
fn no_probe_wakes_an_isolate_that_sleeps() {
    let live = Live::start(config(), echo());
    let isolate = &live.isolate;
    isolate.known.set_witness(Arc::new(Asleep::default()));
    eventually("it sleeps", || isolate.known.gate.is_asleep());
    let rings = isolate.rings();
    for path in ["/livez", "/readyz", "/metrics"].repeat(3) {
        assert_eq!(ask(&live, path).0, 200);
    }
    assert_eq!(isolate.rings(), rings);
    live.close(1_000);
}

#[test]
fn a_stuck_isolate_is_not_ready_and_alive() {
    let (live, release) = stuck();
    let mut client = live.connect();
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually("it is stuck", || ask(&live, "/readyz").0 == 503);
    let (status, body) = ask(&live, "/livez");
    assert_eq!(status, 200);
    assert!(body.starts_with("{\"state\":\"stuck\""), "{body}");
    assert!(body.contains(",\"queued\":0,\"inFlight\":1,"), "{body}");
    let mut waiting = live.connect();
    waiting.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let queued = || {
        ask(&live, "/livez")
            .1
            .contains(",\"queued\":1,\"inFlight\":2,")
    };
    eventually("one waits", queued);
    assert_eq!(live.server.stats().queued(), 1);
    // Had it to wait for the isolate, it would wait for ever: that is let go below.
    assert_eq!(ask(&live, "/metrics").0, 200);
    for mut client in [client, waiting] {
        release.send(()).expect("it waits");
        assert_eq!(client.reply(), (200, b"done".to_vec()));
    }
    eventually("it is back", || ask(&live, "/readyz").0 == 200);
    assert_eq!(live.server.stats().queued(), 0);
    live.close(1_000);
}

#[test]
fn a_busy_server_sheds_and_says_so() {
    let live = Live::start(config(), echo());
    live.server.set_busy(true);
    let mut client = live.connect();
    let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    eventually("it sheds", || client.send(get).reply().0 == 503);
    let (status, body) = ask(&live, "/readyz");
    assert_eq!(status, 503);
    assert!(body.starts_with("{\"state\":\"busy\""), "{body}");
    assert_eq!(ask(&live, "/livez").0, 200);
    live.server.set_busy(false);
    eventually("it serves", || client.send(get).reply().0 == 200);
    assert_eq!(ask(&live, "/readyz").0, 200);
    live.close(1_000);
}

#[test]
fn a_closing_server_is_not_ready() {
    let (live, release) = stuck();
    let mut waiting = live.connect();
    waiting.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut probe = live.connect();
    // Under way when the server closes: idle connections are closed.
    probe.send(b"GET /readyz HT");
    eventually("both have begun", || live.counter("receives") == 2);
    live.server.close(10_000);
    let (status, body) = probe.send(b"TP/1.1\r\nHost: a\r\n\r\n").reply();
    assert_eq!(status, 503);
    assert!(body.starts_with(b"{\"state\":\"closing\""));
    release.send(()).expect("it waits");
    assert_eq!(waiting.reply().0, 200);
    live.close(1_000);
}

#[test]
fn waits_and_handlers_are_measured_by_isolate() {
    let (live, release) = stuck();
    let (mut first, mut second) = (live.connect(), live.connect());
    let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    first.send(get);
    eventually("it is stuck", || ask(&live, "/readyz").0 == 503);
    second.send(get);
    eventually("both were given", || live.counter("dispatched") == 2);
    let waiting = Instant::now();
    eventually("time passes", || {
        waiting.elapsed() > Duration::from_millis(30)
    });
    let stats = &live.server.stats().isolates[0];
    assert_eq!((stats.queued(), stats.in_flight), (1, 2));
    let waited = waiting.elapsed().as_micros() as u64;
    (0..2).for_each(|_| release.send(()).expect("it waits"));
    assert_eq!((first.reply().0, second.reply().0), (200, 200));
    eventually("all is counted", || {
        let stats = &live.server.stats().isolates[0];
        stats.turns > 0 && stats.handler_duration.count() == 2 && stats.in_flight == 0
    });
    let stats = &live.server.stats().isolates[0];
    assert_eq!((stats.dispatched, stats.taken, stats.queued()), (2, 2, 0));
    assert_eq!(stats.queue_wait.count(), 2);
    // The second one waited in the queue while the first one was in its handler.
    for times in [&stats.queue_wait, &stats.handler_duration] {
        assert!(times.most_us() >= waited, "{} < {waited}", times.most_us());
    }
    assert!(stats.busy_us >= waited);
    let (status, text) = ask(&live, "/metrics");
    assert_eq!(status, 200);
    let line = "\nlanner_handler_duration_seconds_count{isolate=\"0\"} 2\n";
    assert!(text.contains(line), "{text}");
    live.close(1_000);
}

#[test]
fn what_an_isolate_did_that_has_gone_stays_counted() {
    let mut live = Live::start(config(), echo());
    let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(live.connect().send(get).reply().0, 200);
    eventually("it is counted", || {
        live.server.stats().all_isolates().turns > 0
    });
    live.isolate.end();
    let stats = live.server.stats();
    assert_eq!(stats.isolates.len(), 1, "only the gone");
    let all = stats.all_isolates();
    assert_eq!(
        (all.dispatched, all.queue_wait.count(), all.in_flight),
        (1, 1, 0)
    );
    live.close(1_000);
}
