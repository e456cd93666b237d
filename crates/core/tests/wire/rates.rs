//! Minimum rates: a peer that sends or takes too slowly is cut, one that we hold back is not.

use lanner_bridge::SlotId;

use crate::support::crlf;
use crate::support::cuts::same;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};

const TIMED_OUT: &str = "HTTP/1.1 408 Request Timeout\nContent-Length: 0\nConnection: close\n\
                         Date: @\n\n";

fn post(length: u32) -> Vec<u8> {
    crlf(&format!(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: {length}\n\n"
    ))
}

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

#[test]
fn a_body_at_the_rate_goes_on_and_one_byte_less_does_not() {
    for (first, ends) in [(1_201, End::Open), (1_200, End::Shut)] {
        let mut wire = Wire::new(&Setup::default());
        wire.feed(&post(1_000_000)).feed(&vec![b'x'; first]);
        wire.pass(4_999);
        assert_eq!(wire.end(), End::Open);
        wire.pass(1);
        assert_eq!(wire.end(), ends, "{first} bytes in five seconds");
        assert_eq!(wire.rejects("body_timeout"), u64::from(ends == End::Shut));
    }
}

#[test]
fn the_average_counts_and_the_reply_says_why() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&post(1_000_000));
    for _ in 0..60 {
        wire.feed(&[b'x'; 241]).pass(1_000);
    }
    assert_eq!(wire.end(), End::Open);
    wire.pass(60_000);
    same("body", "too slow", &wire.sent(), &crlf(TIMED_OUT));
    assert_eq!(wire.counter("in_flight"), 0);
}

#[test]
fn the_clock_stands_while_the_handler_has_no_room() {
    let setup = Setup::with(|config| config.limits.request_window_bytes = 65_536);
    let mut wire = Wire::new(&setup);
    let slot = wire.feed(&post(1_000_000)).request().slot;
    wire.feed(&vec![b'x'; 65_536]);
    wire.pass(10_000_000);
    assert_eq!(wire.end(), End::Open, "the handler does not read");
    wire.flush(|records| records.read(slot, 65_536));
    wire.pass(200_000);
    assert_eq!(wire.end(), End::Open, "what came counts still");
    wire.pass(200_000);
    assert_eq!(wire.rejects("body_timeout"), 1);
}

#[test]
fn a_body_that_nobody_invited_is_not_late() {
    let mut wire = Wire::new(&Setup::default());
    let head = "POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\nExpect: 100-continue\n\n";
    let slot = wire.feed(&crlf(head)).request().slot;
    wire.pass(1_000_000);
    assert_eq!(wire.end(), End::Open);
    wire.flush(|records| records.read(slot, 0));
    wire.pass(4_999);
    assert_eq!(wire.rejects("body_timeout"), 0);
    wire.pass(1);
    assert_eq!(wire.rejects("body_timeout"), 1);
}

#[test]
fn a_reply_at_the_rate_goes_on_and_one_byte_less_is_reset() {
    for (taken, ends) in [(1_201, End::Open), (1_200, End::Reset)] {
        let mut wire = Wire::new(&Setup::default());
        wire.peer_takes(taken);
        let slot = wire.feed(&get()).request().slot;
        wire.flush(|records| records.reply(slot, text(&"x".repeat(9_000))));
        wire.pass(4_999);
        assert_eq!(wire.end(), End::Open);
        wire.pass(1);
        assert_eq!(wire.end(), ends, "{taken} bytes in five seconds");
        let cut = u64::from(ends == End::Reset);
        assert_eq!(wire.counter("slow_replies_cut"), cut);
    }
}

/// What the buffers of a system hold between the two ends, and how much has to leave before it
/// takes more: Linux waits until a third is free.
const BUFFERS: usize = 4 << 20;
const BUFFERS_STEP: usize = BUFFERS / 3;

/// A download of many pieces, more of which are there than the peer takes.
fn download(wire: &mut Wire) -> SlotId {
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()));
    produce(wire, slot, 8);
    slot
}

fn produce(wire: &mut Wire, slot: SlotId, mib: usize) {
    for _ in 0..mib {
        wire.flush(|records| records.write(slot, &vec![b'x'; 1 << 20]));
    }
    wire.sent();
}

#[test]
fn a_reader_behind_large_buffers_is_not_cut() {
    let mut wire = Wire::new(&Setup::default());
    wire.peer_takes(BUFFERS);
    let slot = download(&mut wire);
    // 10 kB a second: minutes without a byte, as the server sees it.
    let quiet = BUFFERS_STEP as u64 / 10;
    for round in 0..50 {
        wire.pass(quiet);
        assert_eq!(wire.end(), End::Open, "after {round} times {quiet} ms");
        wire.peer_takes(BUFFERS_STEP);
        produce(&mut wire, slot, 1 + round % 2);
    }
    assert_eq!(wire.counter("slow_replies_cut"), 0);
}

#[test]
fn one_whose_buffers_took_every_byte_there_was_is_not_cut_either() {
    let mut wire = Wire::new(&Setup::default());
    wire.peer_takes(BUFFERS);
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()));
    // Nothing waits, so no time is measured, and what was taken is not forgotten.
    produce(&mut wire, slot, 3);
    wire.pass(1_000_000);
    produce(&mut wire, slot, 2);
    wire.pass(299_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(wire.end(), End::Reset);
}

#[test]
fn however_much_was_taken_a_peer_that_stops_is_cut_after_five_minutes() {
    for buffers in [100_000, BUFFERS, 10 * BUFFERS] {
        let mut wire = Wire::new(&Setup::default());
        wire.peer_takes(buffers);
        let slot = download(&mut wire);
        produce(&mut wire, slot, buffers >> 20);
        wire.pass(299_999);
        assert_eq!(wire.end(), End::Open, "{buffers} bytes taken");
        wire.pass(1);
        let cut = (wire.end(), wire.counter("slow_replies_cut"));
        assert_eq!(cut, (End::Reset, 1), "{buffers} bytes taken");
    }
}

#[test]
fn credit_is_at_the_rate_of_the_reply() {
    let setup = Setup::with(|config| config.rates.response.bytes_per_second = 100_000);
    let mut wire = Wire::new(&setup);
    wire.peer_takes(2_000_000);
    download(&mut wire);
    wire.pass(19_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(wire.end(), End::Reset);
}

#[test]
fn credit_that_was_used_is_gone() {
    let mut wire = Wire::new(&Setup::default());
    let slot = download(&mut wire);
    wire.peer_takes(0);
    wire.flush(|records| records.write(slot, &[b'x'; 2_400]));
    // Five seconds are left of five minutes, and ten come with the bytes.
    wire.pass(295_000).peer_takes(usize::MAX);
    wire.peer_takes(0);
    wire.flush(|records| records.write(slot, b"x"));
    wire.pass(15_000);
    assert_eq!(wire.end(), End::Open);
    wire.pass(100);
    assert_eq!(wire.end(), End::Reset);
}

#[test]
fn however_much_of_a_body_came_a_peer_that_stops_is_late_after_five_minutes() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&post(25_000_000)).request().slot;
    for _ in 0..40 {
        wire.feed(&vec![b'x'; 1 << 19]);
        wire.flush(|records| records.read(slot, 1 << 19));
    }
    wire.pass(299_999);
    assert_eq!(wire.rejects("body_timeout"), 0);
    wire.pass(1);
    assert_eq!(wire.rejects("body_timeout"), 1);
}

#[test]
fn a_handler_that_writes_slowly_harms_nobody() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()));
    for _ in 0..20 {
        wire.pass(100_000)
            .flush(|records| records.write(slot, b"x"));
    }
    wire.flush(|records| records.end(slot));
    assert!(wire.sent().ends_with(b"1\r\nx\r\n0\r\n\r\n"));
    assert_eq!(wire.end(), End::Open);
}

#[test]
fn a_closing_connection_is_held_to_the_rate_as_well() {
    let mut wire = Wire::new(&Setup::default());
    wire.peer_takes(10);
    wire.feed(b"nonsense\r\n\r\n");
    wire.pass(4_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(wire.end(), End::Reset);
}

#[test]
fn a_closing_connection_may_not_stand_still_forever_without_a_rate() {
    let setup = Setup::with(|config| config.rates.response.bytes_per_second = 0);
    let mut wire = Wire::new(&setup);
    wire.peer_takes(10);
    wire.feed(b"nonsense\r\n\r\n").pass(29_999);
    assert_eq!(wire.end(), End::Open);
    // Each byte that is taken buys the same time again; what is sent to us buys none.
    wire.peer_takes(1).pass(29_999).feed(b"more");
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(
        (wire.end(), wire.counter("slow_replies_cut")),
        (End::Reset, 1)
    );
}

#[test]
fn no_rate_is_no_minimum() {
    let setup = Setup::with(|config| {
        config.rates.request.bytes_per_second = 0;
        config.rates.response.bytes_per_second = 0;
    });
    let mut wire = Wire::new(&setup);
    wire.peer_takes(10);
    let slot = wire.feed(&post(10)).request().slot;
    wire.pass(1 << 40);
    wire.feed(&[b'x'; 10]);
    wire.flush(|records| records.reply(slot, text("slow")));
    wire.pass(1 << 40);
    assert_eq!(wire.end(), End::Open);
}
