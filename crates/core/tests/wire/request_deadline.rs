//! The deadline of a request: a 504 of the core, a stream that breaks off, late replies dropped.

use crate::support::cuts::same;
use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok};

const LATE: &str = "HTTP/1.1 504 Gateway Timeout\nContent-Type: application/problem+json\n\
                    Content-Length: 40\nDate: @\n\n{\"title\":\"Gateway Timeout\",\"status\":504}";
/// The reason that the handler hears.
const DEADLINE: u32 = lanner_core::dispatch::layout::CANCEL_DEADLINE;

fn setup() -> Setup {
    Setup::with(|config| config.timeouts.request_ms = 2_000)
}

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

fn cancelled(wire: &mut Wire) -> Vec<u32> {
    let entries = wire.entries().into_iter();
    let reasons = entries.filter_map(|entry| match entry {
        Entry::Cancel { reason, .. } => Some(reason),
        _ => None,
    });
    reasons.collect()
}

#[test]
fn a_reply_in_time_is_a_reply() {
    let mut wire = Wire::new(&setup());
    let slot = wire.feed(&get()).request().slot;
    wire.pass(1_999);
    wire.flush(|records| records.reply(slot, text("hi")));
    same("in time", "", &wire.sent(), &ok("hi"));
    assert_eq!(cancelled(&mut wire), []);
}

#[test]
fn past_it_the_core_replies_and_the_connection_goes_on() {
    let mut wire = Wire::new(&setup());
    let slot = wire.feed(&get()).request().slot;
    wire.pass(2_000);
    same("late", "504", &wire.sent(), &crlf(LATE));
    assert_eq!(cancelled(&mut wire), [DEADLINE]);
    wire.flush(|records| records.reply(slot, text("too late")));
    assert!(wire.sent().is_empty(), "the late reply is dropped");
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, text("next")));
    same("late", "next", &wire.sent(), &ok("next"));
    assert_eq!(wire.counter("deadlines_passed"), 1);
}

#[test]
fn pipelined_requests_have_their_deadlines_in_turn() {
    let mut wire = Wire::new(&setup());
    wire.feed(&get()).pass(1_000).feed(&get());
    let slots: Vec<_> = wire.requests().iter().map(|r| r.slot).collect();
    wire.flush(|records| records.reply(slots[1], text("second")));
    wire.pass(1_000);
    let both = [crlf(LATE), ok("second")].concat();
    same("pipelined", "", &wire.sent(), &both);
    assert!(wire.conn.is_idle());
}

#[test]
fn all_that_are_late_are_answered() {
    let mut wire = Wire::new(&setup());
    wire.feed(&get().repeat(3)).pass(5_000).pass(0).pass(0);
    same("three", "", &wire.sent(), &crlf(LATE).repeat(3));
    assert_eq!(wire.end(), End::Open);
}

#[test]
fn a_reply_that_streams_is_cut() {
    let mut wire = Wire::new(&setup());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"part"));
    wire.pass(2_000);
    assert!(wire.sent().ends_with(b"4\r\npart\r\n"), "no last chunk");
    assert_eq!(wire.end(), End::Shut);
    assert_eq!(cancelled(&mut wire), [DEADLINE]);
}

#[test]
fn the_rest_of_the_body_is_dropped() {
    let mut wire = Wire::new(&setup());
    wire.feed(&crlf(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 10\n\n12345",
    ));
    wire.pass(2_000);
    same("body", "504", &wire.sent(), &crlf(LATE));
    wire.feed(b"67890");
    assert!(wire.conn.is_idle());
}

#[test]
fn it_holds_while_the_server_closes() {
    let mut wire = Wire::new(&setup());
    wire.feed(&get());
    wire.drain().pass(2_000);
    assert!(wire.sent_text().starts_with("HTTP/1.1 504 "));
    assert_eq!(wire.end(), End::Shut);
}
