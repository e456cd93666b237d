//! Limits that only several I/O threads, or a real clock, can show.

use std::time::{Duration, Instant};

use lanner_core::{Config, Rate};

use crate::support::crlf;
use crate::support::entries::Entry;
use crate::support::live::{Client, Live, LiveHandler, eventually};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A handler that never replies.
fn silent() -> LiveHandler {
    Box::new(|_: &Entry, _, _| {})
}

#[test]
fn requests_in_flight_are_counted_for_all_threads_together() {
    for (limit, threads) in [(1, 4), (10, 4), (10, 1)] {
        let mut config = Config {
            io_threads: threads,
            ..Config::default()
        };
        config.overload.in_flight = limit;
        let live = Live::start(config, silent());
        let mut clients: Vec<Client> = (0..20).map(|_| live.connect()).collect();
        for client in &mut clients {
            client.send(GET);
        }
        eventually("all are read", || live.counter("requests") == 20);
        let (dispatched, shed) = (live.counter("dispatched"), live.counter("shed"));
        assert_eq!(dispatched, u64::from(limit), "{threads} threads");
        assert_eq!(dispatched + shed, 20);
        // What is given up makes room, on whichever thread.
        clients.into_iter().for_each(Client::reset);
        eventually("all end", || live.counter("in_flight") == 0);
        let mut clients: Vec<Client> = (0..20).map(|_| live.connect()).collect();
        for client in &mut clients {
            client.send(GET);
        }
        eventually("all are read", || live.counter("requests") == 40);
        assert_eq!(live.counter("dispatched"), 2 * u64::from(limit));
        live.close(0);
        drop(clients);
    }
}

#[test]
fn deadlines_and_rates_hold_while_the_server_closes() {
    let mut config = Config::default();
    config.timeouts.headers_ms = 300;
    config.timeouts.request_ms = 3_000;
    config.rates.request = Rate {
        bytes_per_second: 1_000_000,
        grace_ms: 300,
    };
    let live = Live::start(config, silent());
    let upload = "POST /echo HTTP/1.1\nHost: a\nContent-Length: 1000000\n\nx";
    let inputs = [crlf("GET / HT"), crlf(upload), GET.to_vec()];
    let mut clients: Vec<Client> = inputs.iter().map(|_| live.connect()).collect();
    for (client, input) in clients.iter_mut().zip(&inputs) {
        client.send(input);
    }
    eventually("all are there", || live.counter("requests") == 2);
    let began = Instant::now();
    live.server.close(60_000);
    // A head, a body and a handler that do not come to their end.
    for (client, status) in clients.iter_mut().zip([408, 408, 504]) {
        let head = String::from_utf8(client.head()).expect("a head");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    }
    drop(clients);
    eventually("the server closes", || live.server.is_closed());
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "long before its grace"
    );
    live.close(0);
}
