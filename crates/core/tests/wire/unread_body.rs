//! A body that nobody reads: dropped so that the connection goes on, or the connection ends.

use crate::support::crlf;
use crate::support::cuts::same;
use crate::support::entries::Entry;
use crate::support::records::text;
use crate::support::wire::{End, Setup, Wire};
use crate::support::{ok, ok_close};

fn setup() -> Setup {
    Setup::with(|config| config.drain_bytes = 1000)
}

fn post(rest: &str) -> Vec<u8> {
    crlf(&format!("POST /echo HTTP/1.1\nHost: a\n{rest}"))
}

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

/// A reply before the body, and what was sent with it.
fn early(wire: &mut Wire, input: &[u8]) -> Vec<u8> {
    let slot = wire.feed(input).request().slot;
    wire.flush(|records| records.reply(slot, text("no")));
    wire.sent()
}

#[test]
fn a_short_rest_is_dropped_and_the_connection_goes_on() {
    for (head, body) in [
        ("Content-Length: 1000\n\n", "x".repeat(1000).into_bytes()),
        (
            "Transfer-Encoding: chunked\n\n",
            crlf(&format!(
                "1f4\n{}\n1f4\n{}\n0\nA: b\n\n",
                "x".repeat(500),
                "y".repeat(500)
            )),
        ),
    ] {
        for size in [1, 7, 300, 2000] {
            let mut wire = Wire::new(&setup());
            same(head, "reply", &early(&mut wire, &post(head)), &ok("no"));
            wire.feed_in(&[&body[..], &get()].concat(), size);
            let next = wire.request();
            wire.flush(|records| records.reply(next.slot, text("next")));
            same(head, "goes on", &wire.sent(), &ok("next"));
            assert!(wire.conn.is_idle());
            assert_eq!(wire.counter("drains_given_up"), 0);
        }
    }
}

#[test]
fn the_handler_gets_nothing_more_of_it() {
    let mut wire = Wire::new(&setup());
    early(&mut wire, &post("Content-Length: 500\n\nabc"));
    wire.entries();
    wire.feed(&[b'x'; 497]);
    assert_eq!(wire.entries(), []);
    assert!(wire.conn.is_idle());
}

#[test]
fn a_long_rest_is_announced_as_the_end() {
    let mut wire = Wire::new(&setup());
    same(
        "long",
        "reply",
        &early(&mut wire, &post("Content-Length: 1001\n\n")),
        &ok_close("no"),
    );
    assert_eq!(wire.end(), End::Shut);
    // What still comes is dropped, so that no reset eats the reply (RFC 9112 9.6).
    wire.feed_in(&[b'x'; 1001], 100);
    assert_eq!((wire.unread(), wire.end()), (0, End::Shut));
    wire.fin();
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn what_was_received_counts_no_more() {
    let mut wire = Wire::new(&setup());
    let input = [post("Content-Length: 5000\n\n"), vec![b'x'; 4000]].concat();
    same("rest", "reply", &early(&mut wire, &input), &ok("no"));
    wire.feed(&[b'x'; 1000]);
    assert!(wire.conn.is_idle());
}

#[test]
fn chunks_past_the_limit_end_the_connection() {
    let mut wire = Wire::new(&setup());
    same(
        "chunks",
        "",
        &early(&mut wire, &post("Transfer-Encoding: chunked\n\n")),
        &ok("no"),
    );
    wire.feed(format!("3e8\r\n{}\r\n", "x".repeat(1000)).as_bytes());
    assert_eq!(wire.end(), End::Open);
    wire.feed(b"1\r\nx\r\n");
    assert_eq!(
        (wire.end(), wire.counter("drains_given_up")),
        (End::Shut, 1)
    );
}

#[test]
fn a_slow_rest_ends_the_connection() {
    let mut wire = Wire::new(&setup());
    early(&mut wire, &post("Content-Length: 900\n\n"));
    for _ in 0..4 {
        wire.pass(1_200).feed(b"x");
    }
    assert_eq!(wire.end(), End::Open);
    wire.pass(200);
    assert_eq!(
        (wire.end(), wire.counter("drains_given_up")),
        (End::Shut, 1)
    );
    wire.pass(4_999);
    assert_eq!(wire.end(), End::Shut, "lingering has its own time");
    wire.pass(1);
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_malformed_rest_ends_the_connection_without_a_second_reply() {
    let mut wire = Wire::new(&setup());
    early(&mut wire, &post("Transfer-Encoding: chunked\n\n"));
    wire.feed(b"zz\r\n");
    assert!(wire.sent().is_empty());
    assert_eq!(
        (wire.end(), wire.rejects("invalid_chunk_size")),
        (End::Shut, 1)
    );
}

#[test]
fn a_large_upload_that_is_refused_early_gets_its_reply() {
    // Ten megabytes on their way; the reply comes after the first piece.
    let mut wire = Wire::new(&setup());
    let slot = wire
        .feed(&post("Content-Length: 10000000\n\n"))
        .request()
        .slot;
    wire.feed(&[b'x'; 100_000]);
    assert!(
        wire.entries()
            .iter()
            .all(|entry| matches!(entry, Entry::Body { .. }))
    );
    wire.flush(|records| records.reply(slot, text("too much")));
    same("early", "reply", &wire.sent(), &ok_close("too much"));
    for _ in 0..99 {
        wire.feed(&[b'x'; 100_000]);
    }
    assert_eq!(
        (wire.unread(), wire.end()),
        (0, End::Shut),
        "never a reset while it still sends"
    );
    wire.fin();
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_reply_that_still_streams_lets_the_body_be_read() {
    let mut wire = Wire::new(&setup());
    let slot = wire.feed(&post("Content-Length: 6\n\nabc")).request().slot;
    wire.flush(|records| records.reply(slot, crate::support::records::stream()));
    wire.feed(b"def");
    let body: Vec<u8> = wire
        .entries()
        .into_iter()
        .flat_map(|entry| match entry {
            Entry::Body { bytes, .. } => bytes,
            _ => Vec::new(),
        })
        .collect();
    assert_eq!(body, b"def");
    wire.flush(|records| records.write(slot, b"both").end(slot));
    assert!(wire.sent().ends_with(b"4\r\nboth\r\n0\r\n\r\n"));
    assert!(wire.conn.is_idle());
}

/// A reply that streams when much of the body is still to come, and what was sent of it.
fn duplex(wire: &mut Wire, length: usize) -> (lanner_bridge::SlotId, Vec<u8>) {
    let head = post(&format!("Content-Length: {length}\n\nabc"));
    let slot = wire.feed(&head).request().slot;
    wire.flush(|records| records.reply(slot, crate::support::records::stream()));
    (slot, wire.sent())
}

#[test]
fn a_long_upload_that_is_read_beside_its_reply_keeps_the_connection() {
    let mut wire = Wire::new(&setup());
    let (slot, head) = duplex(&mut wire, 5000);
    assert!(!String::from_utf8_lossy(&head).contains("close"));
    wire.feed(&[b'x'; 4997]);
    wire.flush(|records| records.write(slot, b"all").end(slot));
    wire.sent();
    assert!(wire.conn.is_idle());
    assert_eq!(wire.counter("drains_given_up"), 0);
}

#[test]
fn a_long_rest_behind_a_streamed_reply_ends_the_connection_at_its_end() {
    let mut wire = Wire::new(&setup());
    let (slot, _) = duplex(&mut wire, 1004);
    wire.flush(|records| records.write(slot, b"some").end(slot));
    assert!(wire.sent().ends_with(b"4\r\nsome\r\n0\r\n\r\n"));
    assert_eq!(
        (wire.end(), wire.counter("drains_given_up")),
        (End::Shut, 1)
    );
    wire.feed(&[b'x'; 1001]);
    assert_eq!((wire.unread(), wire.end()), (0, End::Shut));
    // One byte less is dropped.
    let mut wire = Wire::new(&setup());
    let (slot, _) = duplex(&mut wire, 1003);
    wire.flush(|records| records.end(slot));
    wire.feed(&[b'x'; 1000]);
    assert!(wire.conn.is_idle());
}

#[test]
fn without_time_for_it_nothing_is_dropped_and_nobody_waits() {
    let setup = Setup::with(|config| config.timeouts.drain_ms = 0);
    for head in [
        "Content-Length: 5\n\nab",
        "Transfer-Encoding: chunked\n\n5\nab",
    ] {
        let mut wire = Wire::new(&setup);
        same(
            head,
            "reply",
            &early(&mut wire, &post(head)),
            &ok_close("no"),
        );
        assert_eq!(wire.end(), End::Closed, "{head}");
    }
    // A reply that began before the rest was given up could not say so.
    let mut wire = Wire::new(&setup);
    let slot = wire.feed(&post("Content-Length: 5\n\nab")).request().slot;
    wire.flush(|records| records.reply(slot, crate::support::records::stream()));
    wire.flush(|records| records.end(slot)).pass(1);
    assert_eq!(wire.end(), End::Closed);
    // A body that was read to its end needs no time.
    let mut wire = Wire::new(&setup);
    same(
        "whole",
        "reply",
        &early(&mut wire, &post("Content-Length: 2\n\nab")),
        &ok("no"),
    );
    assert_eq!(wire.end(), End::Open);
}

#[test]
fn a_connection_that_ends_drops_no_more_than_an_open_one() {
    let mut wire = Wire::new(&setup());
    wire.peer_takes(10).feed(b"nonsense\r\n\r\n");
    wire.feed_in(&[b'x'; 2_000], 100);
    assert_eq!(wire.unread(), 1_000, "the rest waits with the peer");
    wire.peer_takes(usize::MAX);
    assert!(wire.sent_text().starts_with("HTTP/1.1 400 "));
    assert_eq!((wire.unread(), wire.end()), (0, End::Shut));
    wire.fin();
    assert_eq!(wire.end(), End::Closed);
}
