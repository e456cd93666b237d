//! The peer closes its sending side: what was asked is replied, what broke off is refused.

use lanner_bridge::SlotId;
use lanner_core::Config;

use crate::support::cuts::same;
use crate::support::echo::echo;
use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok};

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

#[test]
fn at_rest_it_is_the_end() {
    for input in [Vec::new(), get(), get().repeat(3), b"\r\n".to_vec()] {
        let mut wire = Wire::served(&Setup::default(), echo());
        wire.feed(&input).sent();
        wire.fin();
        assert_eq!((wire.sent().len(), wire.end()), (0, End::Closed));
    }
}

#[test]
fn a_running_request_is_told_and_still_replied() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.fin();
    assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 7 }]);
    wire.flush(|records| records.reply(slot, text("hi")));
    let sent = wire.sent_text();
    assert!(
        sent.starts_with("HTTP/1.1 200 OK\r\n") && sent.ends_with("hi"),
        "{sent}"
    );
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_running_post_is_told_too() {
    let mut wire = Wire::new(&Setup::default());
    let post = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi");
    let slot = wire.feed(&post).request().slot;
    wire.fin();
    assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 7 }]);
}

#[test]
fn everything_that_was_asked_is_replied_in_order() {
    // As `printf … | nc -N` does it: all requests, then the end.
    let post = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi");
    let input = [get(), get(), post, get()].concat();
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&input).fin();
    for said in ["a", "b", "c", "d"] {
        let mut waiting: Vec<_> = wire.cx.slots.iter().map(|(slot, _)| slot).collect();
        waiting.sort_by_key(|slot| (slot.generation, slot.index));
        assert!(!waiting.is_empty(), "{said}: {:?}", wire.end());
        let first = wire.entries().iter().map(Entry::slot).next();
        let slot = first
            .filter(|slot| waiting.contains(slot))
            .unwrap_or(waiting[0]);
        wire.flush(|records| records.reply(slot, text(said)));
    }
    let sent = wire.sent_text();
    assert_eq!(sent.matches("HTTP/1.1 200 OK\r\n").count(), 4, "{sent}");
    assert_eq!(wire.end(), End::Closed);
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.feed(&[input, crlf("GET /nowhere HTTP/1.1\nHost: a\n\n"), get()].concat())
        .fin();
    assert_eq!(wire.sent_text().matches("HTTP/1.1 ").count(), 6);
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_reply_that_nobody_gives_has_a_time() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    // Counted from the end, however long the request has been running.
    wire.pass(60_000).fin();
    wire.pass(4_999);
    assert_eq!(wire.end(), End::Open);
    wire.entries();
    wire.pass(1);
    assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 1 }]);
    assert_ne!(wire.end(), End::Open);
}

#[test]
fn that_time_is_its_own() {
    for (half_closed_ms, drain_ms) in [(60_000, 0), (60_000, 1), (0, 5_000)] {
        let mut wire = Wire::new(&Setup::with(|config| {
            config.timeouts.half_closed_ms = half_closed_ms;
            config.timeouts.drain_ms = drain_ms;
        }));
        let slot = wire.feed(&get()).request().slot;
        wire.fin().pass(59_999);
        assert_eq!(wire.end(), End::Open);
        wire.entries();
        if half_closed_ms == 0 {
            wire.pass(1 << 40);
            wire.flush(|records| records.reply(slot, text("late")));
            assert!(wire.sent().ends_with(b"late"));
        } else {
            wire.pass(1);
            assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 1 }]);
        }
    }
}

#[test]
fn a_reply_that_breaks_off_then_is_reset_and_does_not_look_whole() {
    let mut wire = Wire::new(&Setup::default());
    // Without a length in HTTP/1.0 the end of the connection is the end of the body.
    let slot = wire.feed(&crlf("GET / HTTP/1.0\n\n")).request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"half of it"));
    wire.fin();
    assert!(wire.sent().ends_with(b"half of it"));
    wire.pass(5_000);
    assert_eq!((wire.sent().len(), wire.end()), (0, End::Reset));
}

#[test]
fn a_long_reply_that_is_read_has_all_the_time_it_needs() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.peer_takes(0);
    wire.fin();
    wire.flush(|records| records.reply(slot, text(&"x".repeat(100_000))));
    for _ in 0..40 {
        wire.pass(4_000).peer_takes(2_000);
        assert_eq!(wire.end(), End::Open);
    }
    wire.peer_takes(usize::MAX);
    assert_eq!(
        (wire.end(), wire.sent().len() > 100_000),
        (End::Closed, true)
    );
}

#[test]
fn nor_is_it_cut_while_large_buffers_leave() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.peer_takes(4 << 20);
    wire.fin();
    wire.flush(|records| records.reply(slot, text(&"x".repeat(5 << 20))));
    wire.pass(140_000);
    assert_eq!(wire.end(), End::Open);
    wire.peer_takes(usize::MAX);
    assert_eq!(
        (wire.end(), wire.sent().len() > 5 << 20),
        (End::Closed, true)
    );
}

/// A window of 64 KiB that is full, and more of the body behind it.
fn full_window(change: impl FnOnce(&mut Config), sent: usize) -> (Wire, SlotId) {
    let mut wire = Wire::new(&Setup::with(|config| {
        config.limits.request_window_bytes = 65_536;
        change(config);
    }));
    let head = "POST /echo HTTP/1.1\nHost: a\nContent-Length: 100000\n\n";
    let slot = wire.feed(&crlf(head)).request().slot;
    wire.feed(&vec![b'x'; sent]);
    assert!(wire.unread() > 0, "the window is full");
    (wire, slot)
}

#[test]
fn an_end_behind_a_full_window_has_a_time() {
    for sent in [100_000, 70_000] {
        let (mut wire, slot) = full_window(|_| {}, sent);
        wire.pass(60_000);
        assert_eq!(wire.end(), End::Open, "the handler may take its time");
        wire.fin().pass(4_999);
        assert_eq!(wire.end(), End::Open);
        wire.entries();
        wire.pass(1);
        assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 1 }]);
        assert_eq!((wire.end(), wire.counter("in_flight")), (End::Closed, 0));
    }
}

#[test]
fn an_end_behind_more_requests_than_are_kept_has_a_time() {
    let mut wire = Wire::new(&Setup::default());
    let post = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi");
    let slot = wire.feed(&post).request().slot;
    wire.feed(&post.repeat(3_000)).fin();
    assert!(wire.unread() > 0);
    wire.entries();
    wire.pass(4_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 1 }]);
}

#[test]
fn a_whole_body_before_that_end_is_delivered() {
    let (mut wire, slot) = full_window(|_| {}, 100_000);
    wire.fin().pass(4_900);
    wire.entries();
    wire.flush(|records| records.read(slot, 65_536));
    let lengths = wire.entries().into_iter().map(|entry| match entry {
        Entry::Body { bytes, last, .. } => (bytes.len(), last),
        Entry::Cancel { reason, .. } => (reason as usize, false),
        other => panic!("{other:?}"),
    });
    // All of it, then the news that the peer has closed.
    assert_eq!(
        lengths.collect::<Vec<_>>(),
        [(100_000 - 65_536, true), (7, false)]
    );
    wire.pass(4_900);
    wire.flush(|records| records.reply(slot, text("taken")));
    assert!(wire.sent().ends_with(b"taken"));
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_body_that_is_read_slowly_before_that_end_has_its_time_from_each_piece() {
    let (mut wire, slot) = full_window(|_| {}, 100_000);
    wire.fin();
    for _ in 0..30 {
        wire.pass(4_000);
        wire.flush(|records| records.read(slot, 1_000));
        assert_eq!(wire.end(), End::Open);
    }
    wire.flush(|records| records.read(slot, 65_536));
    wire.flush(|records| records.reply(slot, text("taken")));
    assert!(wire.sent().ends_with(b"taken"));
}

#[test]
fn without_that_time_it_waits() {
    let (mut wire, slot) = full_window(|config| config.timeouts.half_closed_ms = 0, 100_000);
    wire.fin().pass(1 << 40);
    wire.flush(|records| records.read(slot, 65_536));
    wire.flush(|records| records.reply(slot, text("late")));
    assert!(wire.sent().ends_with(b"late"));
}

#[test]
fn one_that_trickles_out_has_not() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.peer_takes(0);
    wire.fin();
    wire.flush(|records| records.reply(slot, text(&"x".repeat(100_000))));
    wire.pass(4_999).peer_takes(1).pass(1);
    assert_eq!(
        (wire.end(), wire.counter("slow_replies_cut")),
        (End::Reset, 1)
    );
}

#[test]
fn a_stream_goes_on() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"1"));
    wire.fin();
    wire.flush(|records| records.write(slot, b"2").end(slot));
    assert!(wire.sent().ends_with(b"1\r\n1\r\n1\r\n2\r\n0\r\n\r\n"));
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_request_that_breaks_off_is_refused() {
    let refused = "HTTP/1.1 400 Bad Request\nContent-Length: 0\nConnection: close\nDate: @\n\n";
    for input in [
        "G",
        "GET / HTTP/1.1\nHost: a\n",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\n\n",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\n\nhell",
        "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n",
        "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nA: b",
    ] {
        let mut wire = Wire::new(&Setup::default());
        wire.feed(&crlf(input)).fin();
        same(input, "alone", &wire.sent(), &crlf(refused));
        assert_eq!(
            (wire.end(), wire.rejects("unexpected_end")),
            (End::Closed, 1),
            "{input}"
        );
        let mut wire = Wire::served(&Setup::default(), echo());
        wire.feed(&[get(), crlf(input)].concat()).fin();
        same(
            input,
            "behind another",
            &wire.sent(),
            &[ok("GET /"), crlf(refused)].concat(),
        );
        let mut wire = Wire::new(&Setup::default());
        let slow = wire.feed(&[get(), crlf(input)].concat()).requests()[0].slot;
        wire.fin();
        wire.flush(|records| records.reply(slow, text("slow")));
        same(
            input,
            "behind a slow one",
            &wire.sent(),
            &[ok("slow"), crlf(refused)].concat(),
        );
        assert_eq!(wire.end(), End::Closed);
    }
}

#[test]
fn a_body_that_breaks_off_after_its_reply_began_gets_no_second_one() {
    let mut wire = Wire::new(&Setup::default());
    let post = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\n\nhe");
    let slot = wire.feed(&post).request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"1"));
    wire.entries();
    wire.fin();
    assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 1 }]);
    wire.flush(|records| records.end(slot));
    let sent = wire.sent_text();
    assert!(!sent.contains("400"), "{sent}");
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_rest_that_nobody_reads_may_break_off() {
    let mut wire = Wire::new(&Setup::default());
    wire.peer_takes(0);
    let post = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 50\n\nhe");
    let slot = wire.feed(&post).request().slot;
    wire.flush(|records| records.reply(slot, text("early")));
    wire.fin();
    wire.peer_takes(usize::MAX);
    assert!(
        wire.sent().ends_with(b"early"),
        "the reply is delivered all the same"
    );
    assert_eq!(
        (wire.end(), wire.rejects("unexpected_end")),
        (End::Closed, 0)
    );
}
