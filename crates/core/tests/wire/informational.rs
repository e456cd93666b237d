//! Interim replies (102, 103) and the trailers of a reply.

use crate::support::cuts::same;
use crate::support::records::{counted, stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok};

fn get(version: &str) -> Vec<u8> {
    crlf(&format!("GET / HTTP/{version}\nHost: a\n\n"))
}

#[test]
fn hints_come_before_the_reply() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get("1.1")).request().slot;
    let hints = [("Link", "</a.css>; rel=preload"), ("X-B", "2")];
    wire.flush(|records| records.inform(slot, 102, &[]).inform(slot, 103, &hints));
    let hint = "HTTP/1.1 103 Early Hints\nLink: </a.css>; rel=preload\nX-B: 2\n\n";
    let expected = crlf(&format!("HTTP/1.1 102 Processing\n\n{hint}"));
    same("hints", "at once", &wire.sent(), &expected);
    wire.flush(|records| records.inform(slot, 103, &hints).reply(slot, text("hi")));
    same(
        "hints",
        "then the reply",
        &wire.sent(),
        &[crlf(hint), ok("hi")].concat(),
    );
    assert!(wire.conn.is_idle());
}

#[test]
fn hints_keep_their_place_behind_other_replies() {
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get("1.1").repeat(2)).requests();
    let [first, second] = [requests[0].slot, requests[1].slot];
    wire.flush(|records| records.inform(second, 103, &[("A", "b")]));
    assert!(wire.sent().is_empty());
    wire.flush(|records| records.reply(first, text("one")));
    let hint = crlf("HTTP/1.1 103 Early Hints\nA: b\n\n");
    same(
        "hints",
        "in turn",
        &wire.sent(),
        &[ok("one"), hint].concat(),
    );
    wire.flush(|records| records.reply(second, text("two")));
    same("hints", "reply", &wire.sent(), &ok("two"));
}

#[test]
fn http_1_0_gets_none() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get("1.0")).request().slot;
    wire.flush(|records| {
        records
            .inform(slot, 103, &[("A", "b")])
            .reply(slot, text("hi"))
    });
    assert!(wire.sent().starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[test]
fn what_is_no_interim_reply_is_dropped_and_counted() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get("1.1")).request().slot;
    let bad: &[(u16, &[(&str, &str)])] = &[
        (101, &[]),
        (200, &[]),
        (0, &[]),
        (103, &[("A", "b\r\nC: d")]),
        (103, &[("Content-Length", "0")]),
        (103, &[("Transfer-Encoding", "chunked")]),
        (103, &[("Connection", "close")]),
    ];
    for (status, fields) in bad {
        wire.flush(|records| records.inform(slot, *status, fields));
    }
    assert_eq!(
        (wire.sent().len(), wire.counter("invalid_replies")),
        (0, bad.len() as u64)
    );
    wire.flush(|records| records.reply(slot, text("hi")).inform(slot, 103, &[]));
    same("interim", "too late", &wire.sent(), &ok("hi"));
}

#[test]
fn trailers_end_a_chunked_reply() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get("1.1")).request().slot;
    let trailers = [("Server-Timing", "db;dur=5"), ("X-Sum", "1")];
    wire.flush(|records| {
        records
            .reply(slot, stream())
            .write(slot, b"hi")
            .end_with(slot, &trailers)
    });
    let expected = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nDate: @\n\n2\nhi\n0\n\
                    Server-Timing: db;dur=5\nX-Sum: 1\n\n";
    same("trailers", "chunked", &wire.sent(), &crlf(expected));
    assert!(wire.conn.is_idle());
}

#[test]
fn trailers_are_dropped_where_there_is_no_place_for_them() {
    for (input, head, expected) in [
        (get("1.1"), counted(2), "Content-Length: 2\nDate: @\n\nhi"),
        (get("1.0"), stream(), "Connection: close\nDate: @\n\nhi"),
        (
            crlf("HEAD / HTTP/1.1\nHost: a\n\n"),
            stream(),
            "Date: @\n\n",
        ),
    ] {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&input).request().slot;
        wire.flush(|records| {
            records
                .reply(slot, head)
                .write(slot, b"hi")
                .end_with(slot, &[("A", "b")])
        });
        let expected = crlf(&format!("HTTP/1.1 200 OK\n{expected}"));
        same("trailers", "dropped", &wire.sent(), &expected);
    }
}

#[test]
fn trailers_that_cannot_be_sent_cut_the_reply() {
    for bad in [
        ("A", "b\r\nC: d"),
        ("Content-Length", "2"),
        ("Transfer-Encoding", "x"),
        ("", ""),
    ] {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&get("1.1")).request().slot;
        wire.flush(|records| {
            records
                .reply(slot, stream())
                .write(slot, b"hi")
                .end_with(slot, &[bad])
        });
        let sent = wire.sent();
        assert!(sent.ends_with(b"2\r\nhi\r\n"), "{}", sent.escape_ascii());
        assert_ne!(wire.end(), End::Open);
        assert_eq!(wire.counter("invalid_replies"), 1);
    }
}
