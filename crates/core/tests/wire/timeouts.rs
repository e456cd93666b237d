//! Time: how long a head may take, how long a connection may rest. The clock is the test's.

use crate::support::crlf;
use crate::support::cuts::same;
use crate::support::echo::echo;
use crate::support::records::text;
use crate::support::wire::{End, Setup, Wire};

const TIMED_OUT: &str = "HTTP/1.1 408 Request Timeout\nContent-Length: 0\nConnection: close\n\
                         Date: @\n\n";

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

#[test]
fn a_head_has_its_time_from_its_first_byte() {
    let mut wire = Wire::new(&Setup::default());
    wire.pass(100_000).feed(b"G").pass(29_999);
    assert!(wire.sent().is_empty());
    wire.pass(1);
    same("head", "too slow", &wire.sent(), &crlf(TIMED_OUT));
    assert_eq!(
        (wire.end(), wire.rejects("headers_timeout")),
        (End::Shut, 1)
    );
}

#[test]
fn more_bytes_do_not_buy_more_time() {
    let mut wire = Wire::new(&Setup::default());
    let head = b"GET / HTTP/1.1\r\nHost: abcdefghijklmn\r\n\r\n";
    for (at, byte) in head[..30].iter().enumerate() {
        assert!(wire.sent().is_empty(), "after {at} seconds");
        wire.feed(&[*byte]).pass(1_000);
    }
    same("head", "byte by byte", &wire.sent(), &crlf(TIMED_OUT));
}

#[test]
fn a_complete_head_stops_the_clock() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(b"GET / HTTP/1.1\r\n")
        .pass(29_999)
        .feed(b"Host: a\r\n\r\n");
    let slot = wire.request().slot;
    wire.pass(1_000_000);
    assert_eq!(wire.end(), End::Open, "a handler has the time it takes");
    wire.flush(|records| records.reply(slot, text("hi")));
    assert!(wire.sent().ends_with(b"hi"));
}

#[test]
fn each_head_has_its_own_time() {
    let mut wire = Wire::served(&Setup::default(), echo());
    for _ in 0..5 {
        wire.feed(b"GET / HTTP/1.1\r\n")
            .pass(20_000)
            .feed(b"Host: a\r\n\r\n")
            .pass(20_000);
        assert!(wire.sent().ends_with(b"GET /"));
    }
}

#[test]
fn a_head_behind_a_running_request_has_its_time_afterwards() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&[get(), b"GET".to_vec()].concat()).request().slot;
    wire.pass(40_000);
    wire.flush(|records| records.reply(slot, text("hi")));
    assert!(wire.sent().ends_with(b"hi"));
    wire.pass(29_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    same("head", "behind", &wire.sent(), &crlf(TIMED_OUT));
}

#[test]
fn a_connection_may_rest_until_the_keep_alive_timeout() {
    for input in [Vec::new(), get(), b"\r\n".to_vec()] {
        let mut wire = Wire::served(&Setup::default(), echo());
        wire.feed(&input).sent();
        wire.pass(129_999);
        assert_eq!(wire.end(), End::Open);
        wire.pass(1);
        assert_eq!(
            (wire.end(), wire.sent().len()),
            (End::Closed, 0),
            "silently"
        );
        assert_eq!(wire.counter("keep_alive_timeouts"), 1);
    }
}

#[test]
fn each_request_begins_the_rest_anew() {
    let mut wire = Wire::served(&Setup::default(), echo());
    for _ in 0..5 {
        wire.pass(129_000).feed(&get());
        assert!(wire.sent().ends_with(b"GET /"));
    }
    wire.pass(130_000);
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn zero_is_never() {
    let setup = Setup::with(|config| {
        config.timeouts.headers_ms = 0;
        config.timeouts.keep_alive_ms = 0;
    });
    let mut wire = Wire::new(&setup);
    wire.pass(1 << 40).feed(b"G").pass(1 << 40);
    assert_eq!((wire.end(), wire.conn.deadline().at()), (End::Open, None));
}

#[test]
fn a_peer_that_does_not_close_is_left() {
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.feed(&crlf("GET / HTTP/1.1\nHost: a\nConnection: close\n\n"));
    assert_eq!(wire.end(), End::Shut);
    wire.pass(4_000).feed(b"still here").pass(999);
    assert_eq!(wire.end(), End::Shut);
    wire.pass(1);
    assert_eq!(wire.end(), End::Closed);
}
