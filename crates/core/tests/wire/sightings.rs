//! Limits that are hit without refusing a request: who watches sees each once, beside its counter.

use lanner_core::sightings::{Breach, Cause, WATCH_LIMITS, WATCH_REJECTS};
use lanner_proto::RejectReason;

use crate::support::crlf;
use crate::support::echo::echo;
use crate::support::records::text;
use crate::support::wire::{Setup, Wire};

type Case = (Breach, fn() -> Wire);

/// Each limit of a connection, and how it is hit.
const CASES: &[Case] = &[
    (Breach::KeepAliveTimeout, || {
        let mut wire = watched(&Setup::default());
        wire.pass(130_000);
        wire
    }),
    (Breach::HalfClosedTimeout, || {
        let mut wire = watched(&Setup::default());
        wire.feed(&crlf("GET / HTTP/1.1\nHost: a\n\n")).fin();
        wire.pass(5_000);
        wire
    }),
    (Breach::ConnectionUsedUp, || {
        let setup = Setup::with(|config| config.requests_per_connection = 1);
        replied(&setup, 0)
    }),
    (Breach::ConnectionAgedOut, || {
        let setup = Setup::with(|config| config.timeouts.connection_age_ms = 1_000);
        replied(&setup, 1_000)
    }),
    (Breach::DeadlinePassed, || {
        let mut wire = watched(&Setup::with(|config| config.timeouts.request_ms = 1_000));
        wire.feed(&crlf("GET / HTTP/1.1\nHost: a\n\n")).pass(1_000);
        wire
    }),
    (Breach::SlowReply, || {
        let mut wire = watched(&Setup::default());
        let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
        let slot = wire.peer_takes(0).feed(&get).request().slot;
        wire.flush(|records| records.reply(slot, text(&"x".repeat(100_000))));
        for _ in 0..20 {
            wire.pass(1_000);
        }
        wire
    }),
    (Breach::DrainGivenUp, || {
        let mut wire = watched(&Setup::default());
        let post = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 100000\n\n");
        let slot = wire.feed(&post).request().slot;
        wire.flush(|records| records.reply(slot, text("enough")));
        wire.pass(5_000);
        wire
    }),
];

/// A connection with one reply, after so many milliseconds.
fn replied(setup: &Setup, ms: u64) -> Wire {
    let mut wire = watched(setup);
    let slot = wire
        .feed(&crlf("GET / HTTP/1.1\nHost: a\n\n"))
        .request()
        .slot;
    wire.pass(ms)
        .flush(|records| records.reply(slot, text("done")));
    wire
}

/// Those that are hit before there is a connection; each has its test in `sockets`.
const ELSEWHERE: &[Breach] = &[Breach::ConnectionRefused, Breach::AcceptPaused];

fn watched(setup: &Setup) -> Wire {
    let wire = Wire::new(setup);
    wire.cx.board.sightings.watch(WATCH_LIMITS);
    wire
}

#[test]
fn each_limit_is_seen_once_beside_its_counter() {
    for (breach, hit) in CASES {
        let wire = hit();
        let seen = wire.cx.board.sightings.take();
        let causes: Vec<_> = seen.iter().map(|seen| seen.cause).collect();
        assert_eq!(causes, [Cause::Limit(*breach)]);
        assert_eq!(seen[0].whom.connection, Some(99), "{breach:?}");
        assert_eq!(wire.counter(breach.label()), 1, "{breach:?}");
    }
}

#[test]
fn every_limit_has_a_case() {
    for breach in Breach::ALL {
        let cases = CASES.iter().filter(|(of, _)| of == breach).count();
        let elsewhere = ELSEWHERE.contains(breach);
        assert_eq!(cases + usize::from(elsewhere), 1, "{breach:?}");
    }
}

#[test]
fn a_head_that_does_not_end_is_seen_with_what_came() {
    let mut wire = Wire::new(&Setup::default());
    wire.cx.board.sightings.watch(WATCH_REJECTS);
    wire.feed(b"GET / HTTP/1.1\r\nHo").pass(30_000);
    let seen = wire.cx.board.sightings.take();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].cause, Cause::Reject(RejectReason::HeadersTimeout));
    assert_eq!(seen[0].first, b"GET / HTTP/1.1\r\nHo");
}

#[test]
fn a_request_that_is_shed_is_seen() {
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.cx.board.sightings.watch(WATCH_REJECTS);
    wire.cx.busy = true;
    wire.feed(&crlf("GET / HTTP/1.1\nHost: a\n\n"));
    let seen = wire.cx.board.sightings.take();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].cause, Cause::Reject(RejectReason::Overloaded));
    assert!(seen[0].first.starts_with(b"GET / HTTP/1.1\r\n"));
}
