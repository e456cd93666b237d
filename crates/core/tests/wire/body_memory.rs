//! The memory of a server for bodies: what counts, and what happens when it is used up.

use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{Setup, Wire};
use crate::support::{crlf, ok};

const LIMIT: usize = 100_000;

fn wire() -> Wire {
    Wire::new(&Setup::with(|config| {
        config.body_memory_bytes = LIMIT as u64;
    }))
}

fn upload(length: usize) -> Vec<u8> {
    crlf(&format!(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: {length}\n\n"
    ))
}

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

/// Bytes of bodies that the isolate got.
fn handed_over(wire: &mut Wire) -> usize {
    let entries = wire.entries();
    let lengths = entries.iter().map(|entry| match entry {
        Entry::Request(request) => request.body.len(),
        Entry::Body { bytes, .. } => bytes.len(),
        _ => 0,
    });
    lengths.sum()
}

#[test]
fn a_request_body_counts_until_the_handler_takes_it() {
    for length in [10, 5_000, 70_000] {
        let mut wire = wire();
        wire.feed(&upload(length)).feed(&vec![b'x'; length]);
        let slot = wire.request().slot;
        assert_eq!(wire.cx.memory.own(), length as u64);
        wire.flush(|records| records.read(slot, 7));
        assert_eq!(wire.cx.memory.own(), length as u64 - 7);
        wire.flush(|records| records.reply(slot, text("hi")));
        assert_eq!(wire.cx.memory.own(), 0, "nobody will take the rest");
    }
}

#[test]
fn a_reply_counts_until_it_is_sent() {
    let mut wire = wire();
    wire.peer_takes(0).feed(&get());
    let slot = wire.request().slot;
    let body = "x".repeat(40_000);
    wire.flush(|records| records.reply(slot, text(&body)));
    assert!(wire.cx.memory.own() > 40_000);
    wire.peer_takes(30_000);
    assert!((10_000..11_000).contains(&wire.cx.memory.own()));
    wire.peer_takes(usize::MAX);
    assert_eq!(wire.cx.memory.own(), 0);
}

#[test]
fn a_reply_that_waits_for_its_turn_counts_once() {
    let mut wire = wire();
    wire.feed(&get().repeat(2));
    let [first, second] = [0, 1].map(|_| ()).map({
        let mut slots = wire.requests().into_iter().map(|request| request.slot);
        move |()| slots.next().expect("two requests")
    });
    let body = "x".repeat(10_000);
    wire.flush(|records| records.reply(second, text(&body)));
    assert!((10_000..10_500).contains(&wire.cx.memory.own()));
    wire.peer_takes(0)
        .flush(|records| records.reply(first, text("1")));
    assert!((10_000..11_000).contains(&wire.cx.memory.own()));
    wire.peer_takes(usize::MAX);
    assert_eq!(wire.cx.memory.own(), 0);
}

#[test]
fn input_that_cannot_be_used_yet_counts() {
    let mut wire = wire();
    wire.feed(&upload(0)).feed(&upload(0).repeat(10));
    assert_eq!(wire.cx.memory.own(), upload(0).len() as u64 * 10);
    wire.reset();
    assert_eq!(wire.cx.memory.own(), 0);
}

#[test]
fn at_the_limit_a_body_waits_in_its_socket_and_goes_on_afterwards() {
    let mut wire = wire();
    wire.feed(&upload(500_000)).feed(&[b'x'; 70_000]);
    handed_over(&mut wire);
    wire.cx.memory.hold(LIMIT);
    wire.feed(&[b'x'; 430_000]);
    assert_eq!(handed_over(&mut wire), 0, "others hold it all");
    assert_eq!(wire.unread(), 430_000);
    wire.pass(60_000);
    assert!(wire.sent().is_empty(), "who is held back is not too slow");
    wire.cx.memory.let_go(LIMIT);
    wire.pass(1);
    let after = handed_over(&mut wire);
    assert!(after > 0 && after <= LIMIT + 256 * 1024, "{after}");
    wire.reset();
    assert_eq!(wire.cx.memory.own(), 0);
}

#[test]
fn at_the_limit_a_body_goes_on_as_long_as_its_handler_takes_it() {
    let mut wire = wire();
    wire.cx.memory.hold(LIMIT - 1);
    wire.feed(&upload(500_000));
    let slot = wire.request().slot;
    wire.feed(&vec![b'x'; 500_000]);
    let mut taken = 0;
    while taken < 500_000 {
        let bytes = handed_over(&mut wire);
        assert!(bytes > 0, "it stands still after {taken} bytes");
        taken += bytes;
        wire.flush(|records| records.read(slot, bytes as u32));
    }
    assert_eq!(wire.cx.memory.own(), LIMIT as u64 - 1);
}

#[test]
fn below_the_limit_nothing_is_shed_and_at_the_limit_new_requests_are() {
    let mut wire = wire();
    wire.cx.memory.hold(LIMIT - 1);
    wire.feed(&get());
    let slot = wire.request().slot;
    wire.flush(|records| records.reply(slot, text("hi")));
    assert_eq!(wire.sent(), ok("hi"));
    wire.cx.memory.hold(1);
    wire.feed(&get());
    assert!(wire.sent_text().starts_with("HTTP/1.1 503 "));
    let counts = ["shed", "shed_for_memory"].map(|name| wire.counter(name));
    assert_eq!((counts, wire.rejects("overloaded")), ([1, 1], 1));
    wire.cx.memory.let_go(LIMIT);
    wire.feed(&get());
    let slot = wire.request().slot;
    wire.flush(|records| records.reply(slot, text("again")));
    assert_eq!(wire.sent(), ok("again"));
    assert_eq!(wire.cx.memory.own(), 0);
}

#[test]
fn what_a_late_handler_wrote_is_let_go() {
    const USERS: usize = 2;
    let mut wire = Wire::new(&Setup::default().rule(USERS, |rules| rules.request_ms = 500));
    let behind = crlf("GET /users/7/posts HTTP/1.1\nHost: a\n\n");
    let requests = wire.feed(&[get(), behind].concat()).requests();
    let [first, second] = [0, 1].map(|n: usize| requests[n].slot);
    wire.flush(|records| {
        records
            .reply(second, stream())
            .write(second, &[b'y'; 9_000])
    });
    assert!(wire.cx.memory.own() > 9_000);
    wire.pass(500);
    assert_eq!(wire.counter("deadlines_passed"), 1);
    assert!(wire.cx.memory.own() < 500, "{}", wire.cx.memory.own());
    wire.flush(|records| records.reply(first, text("in time")));
    assert_eq!(wire.cx.memory.own(), 0);
}

#[test]
fn what_is_given_up_is_let_go() {
    let mut wire = wire();
    wire.feed(&upload(70_000)).feed(&[b'x'; 60_000]);
    let slot = wire.request().slot;
    wire.peer_takes(0)
        .flush(|records| records.reply(slot, stream()).write(slot, &[b'y'; 9_000]));
    assert!(wire.cx.memory.own() > 69_000);
    wire.reset();
    assert_eq!(wire.cx.memory.own(), 0);
}
