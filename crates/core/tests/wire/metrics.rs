//! What is counted: how long requests take by their outcome, why connections end.

use std::sync::atomic::Ordering::Relaxed;

use lanner_core::Rate;
use lanner_core::histogram::Distribution;
use lanner_core::request_times::Outcome;
use lanner_proto::Method;

use crate::support::crlf;
use crate::support::records::{stream, text};
use crate::support::wire::{Setup, Wire};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const UPLOAD: &[u8] = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";

/// The number of its route.
const ROOT: u32 = 0;

/// Outcomes with their numbers of requests and microseconds.
fn outcomes(wire: &mut Wire) -> Vec<(Outcome, u64, u64)> {
    wire.cx.publish();
    let series = wire.cx.counters.request_times.iter();
    let mut all: Vec<_> = series
        .map(|one| {
            let count = one.buckets.iter().map(|n| n.load(Relaxed)).sum();
            (one.outcome, count, one.sum_us.load(Relaxed))
        })
        .collect();
    all.sort_unstable();
    all
}

fn outcome(route: u32, status: u16) -> Outcome {
    Outcome {
        route,
        method: Some(Method::Get),
        status,
        aborted: false,
    }
}

#[test]
fn a_request_takes_from_its_head_to_the_last_byte_of_its_reply() {
    let mut wire = Wire::new(&Setup::default());
    wire.pass(1_000).feed(GET);
    let request = wire.request();
    wire.pass(7);
    wire.flush(|records| records.reply(request.slot, stream()));
    wire.pass(30);
    wire.flush(|records| records.write(request.slot, b"hi"))
        .pass(5);
    assert_eq!(outcomes(&mut wire), [], "it goes on");
    wire.flush(|records| records.end(request.slot));
    assert_eq!(outcomes(&mut wire), [(outcome(ROOT, 200), 1, 42_000)]);
    let mut all = Distribution::default();
    wire.cx.counters.request_times.all.add_to(&mut all);
    assert_eq!((all.count(), all.most_us()), (1, 42_000));
}

#[test]
fn requests_behind_each_other_have_each_their_own_time() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(GET).pass(10).feed(GET);
    let [first, second] = &wire.requests()[..] else {
        panic!("two requests")
    };
    let (first, second) = (first.slot, second.slot);
    wire.flush(|records| records.reply(second, text("2")));
    wire.pass(20);
    wire.flush(|records| records.reply(first, text("1")));
    assert_eq!(outcomes(&mut wire), [(outcome(ROOT, 200), 2, 50_000)]);
}

#[test]
fn what_the_core_replies_has_no_route() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&crlf("GET /nowhere HTTP/1.1\nHost: a\n\n"));
    assert_eq!(outcomes(&mut wire), [(outcome(u32::MAX, 404), 1, 0)]);
}

#[test]
fn what_is_given_up_is_not_taken_for_a_reply() {
    for (begun, status) in [(false, 0), (true, 200)] {
        let mut wire = Wire::new(&Setup::default());
        wire.feed(GET);
        let request = wire.request();
        if begun {
            wire.flush(|records| records.reply(request.slot, stream()));
        }
        wire.pass(3).grace_over();
        let aborted = Outcome {
            aborted: true,
            ..outcome(ROOT, status)
        };
        assert_eq!(outcomes(&mut wire), [(aborted, 1, 3_000)]);
    }
}

/// How a connection ends, and the cause that is counted.
type End = (&'static str, fn(&mut Wire));

const ENDS: &[End] = &[
    ("client_closed", |wire| {
        wire.fin();
    }),
    ("client_closed", |wire| {
        wire.feed(GET);
        let slot = wire.request().slot;
        wire.flush(|records| records.reply(slot, text("hi"))).fin();
    }),
    ("client_reset", |wire| {
        wire.reset();
    }),
    ("last_reply", |wire| {
        wire.feed(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let slot = wire.request().slot;
        wire.flush(|records| records.reply(slot, text("hi"))).fin();
    }),
    ("keep_alive_timeout", |wire| {
        wire.pass(130_000);
    }),
    ("refused", |wire| {
        wire.feed(b"GET / HTTP/1.1\r\n\r\n").fin();
    }),
    ("refused", |wire| {
        wire.feed(b"GET").pass(30_000).fin();
    }),
    ("drain_given_up", |wire| {
        wire.feed(UPLOAD);
        let slot = wire.request().slot;
        wire.flush(|records| records.reply(slot, text("no")))
            .pass(5_000)
            .fin();
    }),
    ("reply_cut", |wire| {
        wire.feed(GET);
        let slot = wire.request().slot;
        wire.flush(|records| records.reply(slot, stream()).abort(slot))
            .fin();
    }),
    ("slow_reply", |wire| {
        wire.feed(GET);
        let slot = wire.request().slot;
        wire.peer_takes(0)
            .flush(|records| records.reply(slot, text("hi")))
            .pass(5_000);
    }),
    ("half_closed_timeout", |wire| {
        wire.feed(GET).fin().pass(5_000);
    }),
    ("shutdown", |wire| {
        wire.pass(1_000).drain();
    }),
    ("shutdown", |wire| {
        wire.feed(GET).grace_over();
    }),
];

#[test]
fn every_end_of_a_connection_has_one_cause() {
    let rate = Rate {
        bytes_per_second: 100,
        grace_ms: 5_000,
    };
    let setup = Setup::with(|config| config.rates.response = rate);
    for (cause, end) in ENDS {
        let mut wire = Wire::new(&setup);
        end(&mut wire);
        let closed: Vec<_> = wire.cx.counters.closed().filter(|(_, n)| *n > 0).collect();
        assert_eq!(closed, [(*cause, 1)]);
    }
    let tested: Vec<_> = ENDS.iter().map(|(cause, _)| *cause).collect();
    for end in lanner_core::conn::end::End::ALL {
        assert!(tested.contains(&end.label()), "{}", end.label());
    }
}

#[test]
fn connections_are_measured_from_begin_to_end() {
    let mut wire = Wire::new(&Setup::default());
    wire.pass(2_500).fin();
    let mut all = Distribution::default();
    wire.cx.counters.connection_times.add_to(&mut all);
    assert_eq!((all.count(), all.sum_us()), (1, 2_500_000));
}
