//! Minimum rates: a peer that sends or takes too slowly is cut, one that we hold back is not.

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
