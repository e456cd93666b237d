//! Probes: answered by the core, also while the isolate is stuck.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use lanner_core::{Config, Probes};

use crate::support::live::{Live, LiveHandler, echo, eventually};
use crate::support::records::text;

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

/// A server whose handler waits for the test. What releases it is dropped first, so that a test
/// which fails ends.
fn stuck() -> (Live, mpsc::Sender<()>) {
    let (release, wait) = mpsc::channel();
    let handler: LiveHandler = Box::new(move |entry, _, records| {
        let _ = wait.recv();
        records.reply(entry.slot(), text("done"));
    });
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

#[test]
fn a_stuck_isolate_is_not_ready_and_alive() {
    let (live, release) = stuck();
    let mut client = live.connect();
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually("it is stuck", || ask(&live, "/readyz").0 == 503);
    let (status, body) = ask(&live, "/livez");
    assert_eq!(status, 200);
    assert!(body.starts_with("{\"state\":\"stuck\""), "{body}");
    let began = Instant::now();
    ask(&live, "/metrics");
    assert!(began.elapsed() < Duration::from_millis(500));
    release.send(()).expect("it waits");
    assert_eq!(client.reply(), (200, b"done".to_vec()));
    eventually("it is back", || ask(&live, "/readyz").0 == 200);
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
