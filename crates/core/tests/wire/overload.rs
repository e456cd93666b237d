//! More than can be served, or nobody to serve it: 503 from the core, and the connection goes on.

use lanner_proto::RetryAfter;

use crate::support::cuts::same;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok};

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\nContent-Type: application/problem+json\n\
                    retry-after: 1\nContent-Length: 44\nDate: @\n\n\
                    {\"title\":\"Service Unavailable\",\"status\":503}";

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

#[test]
fn past_the_limit_requests_are_shed_in_their_turn() {
    let setup = Setup::with(|config| config.overload.in_flight = 2);
    let mut wire = Wire::new(&setup);
    let requests = wire.feed(&get().repeat(4)).requests();
    assert_eq!(requests.len(), 2);
    assert!(wire.sent().is_empty(), "no reply overtakes another");
    wire.flush(|records| {
        records
            .reply(requests[1].slot, text("b"))
            .reply(requests[0].slot, text("a"))
    });
    let expected = [ok("a"), ok("b"), crlf(BUSY)].concat();
    same("shed", "in order", &wire.sent(), &expected);
    assert_eq!((wire.counter("shed"), wire.rejects("overloaded")), (1, 1));
    // What stands behind a shed request waits until there is room again.
    let slot = wire.request().slot;
    wire.flush(|records| records.reply(slot, text("again")));
    same("shed", "recovers", &wire.sent(), &ok("again"));
    assert!(wire.conn.is_idle());
}

#[test]
fn a_shed_request_loses_its_body_and_nothing_else() {
    let setup = Setup::with(|config| config.overload.in_flight = 0);
    let post = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello");
    let chunked = crlf("POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n1\nx\n0\n\n");
    for input in [post, chunked] {
        for size in [1, 10, 1000] {
            let mut wire = Wire::new(&setup);
            wire.feed_in(&input.repeat(2), size);
            same("shed", "bodies", &wire.sent(), &crlf(BUSY).repeat(2));
            assert!(wire.conn.is_idle());
        }
    }
}

#[test]
fn a_stuck_isolate_sheds_once_its_queue_is_full() {
    let mut setup = Setup::with(|config| {
        config.limits.pipelined = 1024;
        config.overload.in_flight = 10_000;
    });
    setup.ring = 2;
    let mut wire = Wire::new(&setup);
    wire.set_stuck(true);
    let long = crlf(&format!("GET /?{} HTTP/1.1\nHost: a\n\n", "x".repeat(8000)));
    for _ in 0..400 {
        wire.feed(&long);
    }
    // Two batches in the ring and a megabyte behind it; then one is shed, and what stands behind
    // that one waits in the socket.
    let dispatched = wire.counter("dispatched");
    assert_eq!((wire.counter("shed"), wire.unread() > 1_000_000), (1, true));
    let mut requests = wire.set_stuck(false).requests();
    assert_eq!(
        requests.len() as u64,
        dispatched,
        "nothing that was accepted is lost"
    );
    while !requests.is_empty() {
        wire.flush(|records| {
            for request in &requests {
                records.reply(request.slot, text(""));
            }
            records
        });
        requests = wire.requests();
    }
    let sent = wire.sent_text();
    let shed = sent.matches("HTTP/1.1 503 Service Unavailable").count();
    assert_eq!(sent.matches("HTTP/1.1 200 OK").count() + shed, 400);
    assert_eq!(shed as u64, wire.counter("shed"));
}

#[test]
fn a_burst_of_one_turn_is_not_overload() {
    // Eight megabytes in one read: far more than a batch, and an isolate that takes all of it.
    let setup = Setup::with(|config| config.limits.pipelined = 1024);
    let long = crlf(&format!("GET /?{} HTTP/1.1\nHost: a\n\n", "x".repeat(8000)));
    let mut wire = Wire::new(&setup);
    let slow = wire.feed(&get()).request().slot;
    wire.set_stuck(true);
    for _ in 0..32 {
        wire.feed(&long.repeat(31));
    }
    assert_eq!(wire.counter("shed"), 0);
    assert_eq!(wire.set_stuck(false).requests().len(), 32 * 31);
    wire.flush(|records| records.reply(slow, text("")));
}

#[test]
fn without_an_isolate_everything_is_shed() {
    let mut wire = Wire::new(&Setup::default());
    wire.end_isolate();
    wire.feed(&get().repeat(2));
    same("no isolate", "503", &wire.sent(), &crlf(BUSY).repeat(2));
    assert!(wire.conn.is_idle());
}

#[test]
fn an_isolate_that_ends_leaves_answers_behind() {
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get().repeat(3)).requests();
    wire.flush(|records| records.reply(requests[1].slot, text("done")));
    wire.end_isolate();
    let expected = [crlf(BUSY), ok("done"), crlf(BUSY)].concat();
    same("gone", "waiting ones", &wire.sent(), &expected);
    assert!(wire.conn.is_idle());
}

#[test]
fn an_isolate_that_ends_cuts_its_streams() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"part"));
    wire.end_isolate();
    assert!(wire.sent().ends_with(b"4\r\npart\r\n"));
    assert_eq!((wire.end(), wire.counter("replies_cut")), (End::Shut, 1));
}

#[test]
fn an_isolate_that_ends_leaves_uploads_to_be_dropped() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&crlf(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 6\n\nabc",
    ));
    wire.end_isolate();
    same("upload", "503", &wire.sent(), &crlf(BUSY));
    wire.feed(b"def").feed(&get());
    same("upload", "goes on", &wire.sent(), &crlf(BUSY));
    assert!(wire.conn.is_idle());
}

#[test]
fn a_queue_that_stands_is_shed_until_it_is_worked_off() {
    let setup = Setup::with(|config| config.overload.queue_delay_ms = 100);
    let mut wire = Wire::new(&setup);
    wire.set_stuck(true).feed(&get());
    wire.pass(100).feed(&get()).pass(999).feed(&get());
    assert_eq!(wire.counter("shed"), 0, "not yet");
    wire.pass(1).feed(&get());
    assert_eq!((wire.counter("shed"), wire.rejects("overloaded")), (1, 1));
    let requests = wire.set_stuck(false).requests();
    assert_eq!(requests.len(), 3);
    wire.flush(|records| {
        for request in &requests {
            records.reply(request.slot, text(""));
        }
        records
    });
    wire.pass(1).feed(&get());
    assert_eq!(wire.requests().len(), 1, "admitted again");
    assert_eq!(wire.counter("shed"), 1);
}

#[test]
fn without_a_bound_requests_wait() {
    let setup = Setup::with(|config| config.overload.queue_delay_ms = 0);
    let mut wire = Wire::new(&setup);
    wire.set_stuck(true);
    for _ in 0..10 {
        wire.feed(&get()).pass(10_000);
    }
    assert_eq!(wire.counter("shed"), 0);
    assert_eq!(wire.set_stuck(false).requests().len(), 10);
}

#[test]
fn a_busy_server_sheds_everything_that_needs_a_handler() {
    let mut wire = Wire::new(&Setup::default());
    wire.cx.busy = true;
    wire.feed(&get());
    same("busy", "503", &wire.sent(), &crlf(BUSY));
    wire.feed(&crlf("GET /nowhere HTTP/1.1\nHost: a\n\n"));
    assert!(wire.sent_text().starts_with("HTTP/1.1 404 "));
    wire.cx.busy = false;
    assert_eq!(wire.feed(&get()).requests().len(), 1);
}

#[test]
fn the_shed_are_told_when_to_come_back_or_nothing() {
    for (seconds, field) in [(0, ""), (1, "retry-after: 1\n"), (90, "retry-after: 90\n")] {
        let mut wire = Wire::new(&Setup::with(|config| {
            config.overload.in_flight = 0;
            config.overload.retry_after = RetryAfter::seconds(seconds);
        }));
        let expected = crlf(&BUSY.replace("retry-after: 1\n", field));
        same("retry-after", field, &wire.feed(&get()).sent(), &expected);
    }
}
