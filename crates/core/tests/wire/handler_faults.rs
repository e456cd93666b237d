//! What a handler can do wrong, and what the peer gets: one defined outcome for each.

use lanner_bridge::SlotId;
use lanner_core::dispatch::layout::{self, record};

use crate::support::cuts::same;
use crate::support::entries::Entry;
use crate::support::records::{Reply, counted, status, stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok};

const FAILED: &str = "HTTP/1.1 500 Internal Server Error\nContent-Type: application/problem+json\n\
                      Content-Length: 46\nDate: @\n\n\
                      {\"title\":\"Internal Server Error\",\"status\":500}";

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

#[test]
fn a_field_that_cannot_be_sent_becomes_a_500() {
    let bad: &[(&str, &str)] = &[
        ("X-A", "split\r\nSet-Cookie: x"),
        ("X-A", "nul\0"),
        ("X-A", "del\u{7f}"),
        ("X A", "space in the name"),
        ("", "no name"),
        ("X-A:", "colon"),
        ("Content-Length", "7"),
        ("Content-Length", "x"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
        ("Keep-Alive", "timeout=5"),
        ("Upgrade", "h2c"),
    ];
    for field in bad {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&get()).request().slot;
        let fields = [("X-Good", "1"), *field];
        wire.flush(|records| {
            records.reply(
                slot,
                Reply {
                    fields: &fields,
                    ..text("secret")
                },
            )
        });
        same(field.0, "500", &wire.sent(), &crlf(FAILED));
        assert_eq!(wire.counter("invalid_replies"), 1);
        assert!(wire.conn.is_idle(), "the connection goes on");
    }
}

#[test]
fn a_status_that_does_not_exist_becomes_a_500() {
    for code in [0, 99, 100, 103, 199, 600, 999, 65_535] {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&get()).request().slot;
        wire.flush(|records| records.reply(slot, status(code)));
        same("status", &code.to_string(), &wire.sent(), &crlf(FAILED));
    }
}

#[test]
fn a_second_reply_is_dropped_and_counted() {
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get().repeat(2)).requests();
    let [first, second] = [requests[0].slot, requests[1].slot];
    wire.flush(|records| {
        records
            .reply(second, text("two"))
            .reply(second, text("again"));
        records
            .reply_large(second, text("and again"))
            .write(second, b"x")
            .end(second);
        records.reply(first, text("one"))
    });
    same(
        "double",
        "whole",
        &wire.sent(),
        &[ok("one"), ok("two")].concat(),
    );
    assert_eq!(wire.counter("double_replies"), 4);
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| {
        records
            .reply(slot, stream())
            .reply(slot, text("again"))
            .end(slot)
    });
    let expected = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nDate: @\n\n0\n\n";
    same("double", "stream", &wire.sent(), &crlf(expected));
    assert_eq!(wire.counter("double_replies"), 5);
}

#[test]
fn pieces_without_a_head_are_dropped_and_counted() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.write(slot, b"x").write_large(slot, b"y").end(slot));
    assert_eq!((wire.sent().len(), wire.counter("double_replies")), (0, 3));
    wire.flush(|records| records.reply(slot, text("now")));
    same("pieces", "then a reply", &wire.sent(), &ok("now"));
}

#[test]
fn more_bytes_than_announced_cut_the_connection() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, counted(5)).write(slot, b"abc"));
    let head = "HTTP/1.1 200 OK\nContent-Length: 5\nDate: @\n\nabc";
    same("too many", "begins", &wire.sent(), &crlf(head));
    wire.flush(|records| records.write(slot, b"def").end(slot));
    assert!(
        wire.sent().is_empty(),
        "not a byte past the length, not one that completes it"
    );
    assert_ne!(wire.end(), End::Open);
    assert_eq!(wire.counter("replies_cut"), 1);
}

#[test]
fn fewer_bytes_than_announced_cut_the_connection() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| {
        records
            .reply(slot, counted(5))
            .write(slot, b"abcd")
            .end(slot)
    });
    let head = "HTTP/1.1 200 OK\nContent-Length: 5\nDate: @\n\nabcd";
    same("too few", "what there was", &wire.sent(), &crlf(head));
    assert_ne!(wire.end(), End::Open);
    assert_eq!(wire.counter("replies_cut"), 1);
}

#[test]
fn an_abort_leaves_a_visibly_incomplete_message() {
    for (version, head, chunk) in [
        ("1.1", "Transfer-Encoding: chunked\n", "4\npart\n"),
        ("1.0", "Connection: close\n", "part"),
    ] {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire
            .feed(&crlf(&format!("GET / HTTP/{version}\nHost: a\n\n")))
            .request()
            .slot;
        wire.flush(|records| records.reply(slot, stream()).write(slot, b"part"));
        wire.flush(|records| records.abort(slot));
        let expected = crlf(&format!("HTTP/1.1 200 OK\n{head}Date: @\n\n{chunk}"));
        same("abort", version, &wire.sent(), &expected);
        // Without a length only a reset tells a cut message from a whole one.
        let end = if version == "1.0" {
            End::Reset
        } else {
            End::Shut
        };
        assert_eq!((wire.end(), wire.counter("replies_cut")), (end, 1));
    }
}

#[test]
fn replies_before_a_cut_one_are_delivered() {
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get().repeat(3)).requests();
    let [first, second, third] = [0, 1, 2].map(|n: usize| requests[n].slot);
    // All in one turn: nothing of it was written when the cut came.
    wire.flush(|records| {
        records.reply(first, text("one"));
        records
            .reply(second, stream())
            .write(second, b"part")
            .abort(second);
        records.reply(third, text("three"))
    });
    let sent = wire.sent();
    assert!(sent.starts_with(&ok("one")), "{}", sent.escape_ascii());
    assert!(!sent.ends_with(b"0\r\n\r\n") && !sent.ends_with(b"three"));
    assert_ne!(wire.end(), End::Open);
}

#[test]
fn a_reply_that_breaks_before_its_turn_becomes_a_500() {
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get().repeat(2)).requests();
    let [first, second] = [requests[0].slot, requests[1].slot];
    wire.flush(|records| {
        records
            .reply(second, counted(9))
            .write(second, b"part")
            .end(second)
    });
    wire.flush(|records| records.reply(first, text("one")));
    same(
        "early",
        "cut",
        &wire.sent(),
        &[ok("one"), crlf(FAILED)].concat(),
    );
    assert!(wire.conn.is_idle());
}

#[test]
fn a_late_record_meets_a_newer_generation() {
    let mut wire = Wire::new(&Setup::default());
    let old = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(old, text("one")));
    let new = wire.feed(&get()).request().slot;
    assert_eq!((old.index, old.generation + 1), (new.index, new.generation));
    wire.sent();
    wire.flush(|records| {
        records
            .reply(old, text("late"))
            .write(old, b"late")
            .end(old)
            .abort(old)
            .read(old, 5);
        records.inform(old, 103, &[]).reply_large(old, text("late"))
    });
    assert!(wire.sent().is_empty());
    wire.flush(|records| records.reply(new, text("two")));
    same("late", "dropped", &wire.sent(), &ok("two"));
}

#[test]
fn a_large_reply_without_its_attachment_is_not_sent_short() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    let head = 200 | layout::REPLY_LARGE << 16;
    let words = [
        layout::REPLY_WORDS as u32 * 4,
        record::REPLY,
        slot.index,
        slot.generation,
        head,
    ];
    wire.flush(|records| records.raw(&[&words[..], &[0, 0, 0, 5000, 0, 0]].concat()));
    same("large", "lost", &wire.sent(), &crlf(FAILED));
    assert_eq!(wire.counter("invalid_replies"), 1);
}

#[test]
fn a_reply_that_names_fields_which_nobody_made_known_is_not_sent_without_them() {
    for reply in [text("secret"), stream()] {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&get()).request().slot;
        let content_type = reply.content_type | 1 << layout::CONTENT_TYPE_BITS;
        let reply = Reply {
            content_type,
            ..reply
        };
        wire.flush(|records| records.reply(slot, reply));
        same("unknown", "fields", &wire.sent(), &crlf(FAILED));
        assert_eq!(wire.counter("invalid_replies"), 1);
    }
}

/// What the isolate is told of something that it wrote.
fn fault(slot: SlotId, part: u32, code: &str, name: &str) -> Entry {
    Entry::Fault {
        slot,
        route: Some(0),
        part,
        code: code.into(),
        name: name.into(),
    }
}

#[test]
fn the_isolate_is_told_what_could_not_be_sent_and_why() {
    let long = "x".repeat(layout::FAULT_NAME_MAX) + ":";
    let (invalid, reserved) = ("LANNER_HEADER_INVALID", "LANNER_HEADER_RESERVED");
    let fields: &[(&str, &str, &str)] = &[
        ("Upgrade", "h2c", reserved),
        ("X-A", "split\r\nX: y", invalid),
        ("caf\u{e9}", "not a token", invalid),
        (&long, "a long one", invalid),
        ("Content-Length", "x", invalid),
    ];
    for &(name, value, code) in fields {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&get()).request().slot;
        let fields = [("X-Good", "1"), (name, value)];
        wire.flush(|records| {
            records.inform(slot, 103, &fields).reply(
                slot,
                Reply {
                    fields: &fields,
                    ..text("secret")
                },
            )
        });
        let shown = name.get(..layout::FAULT_NAME_MAX).unwrap_or(name);
        // An interim reply has no length, of any kind.
        let code_of_interim = match name {
            "Content-Length" => reserved,
            _ => code,
        };
        assert_eq!(
            wire.entries(),
            [
                fault(slot, layout::FAULT_INFORMATIONAL, code_of_interim, shown),
                fault(slot, layout::FAULT_REPLY, code, shown),
            ]
        );
        assert_eq!(wire.counter("invalid_replies"), 2);
    }
}

#[test]
fn a_fault_without_a_field_names_none() {
    let no_body = Reply {
        status: 204,
        ..text("a body")
    };
    let other_length = Reply {
        fields: &[("Content-Length", "7")],
        ..text("a body")
    };
    for (reply, code) in [
        (status(600), "LANNER_STATUS_INVALID"),
        (no_body, "LANNER_BODY_NOT_ALLOWED"),
        (other_length, "LANNER_CONTENT_LENGTH"),
    ] {
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&get()).request().slot;
        wire.flush(|records| records.reply(slot, reply));
        let told = fault(slot, layout::FAULT_REPLY, code, "");
        assert_eq!(wire.entries(), [told]);
    }
}

#[test]
fn trailers_that_cannot_be_sent_are_told() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"hi"));
    wire.entries();
    wire.flush(|records| records.end_with(slot, &[("X-Sum", "1"), ("Via", "1.1 a")]));
    let told = fault(
        slot,
        layout::FAULT_TRAILERS,
        "LANNER_HEADER_RESERVED",
        "Via",
    );
    assert_eq!(wire.entries(), [told]);
    assert_ne!(wire.end(), End::Open);
}

#[test]
fn a_length_that_is_not_the_bodys_is_not_sent() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    let reply = Reply {
        flags: layout::REPLY_LENGTH,
        length: 50,
        ..text("short")
    };
    wire.flush(|records| records.reply(slot, reply));
    let sent = wire.sent_text();
    assert!(!sent.contains("Content-Length: 50"), "{sent}");
}

#[test]
fn no_reply_for_a_response_that_was_never_finished_blocks_other_connections() {
    // A handler that never replies holds its own connection, and nothing else.
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&get());
    wire.pass(3_600_000);
    assert_eq!((wire.end(), wire.conn.deadline().at()), (End::Open, None));
    wire.fin();
    wire.pass(5_000);
    assert_eq!(wire.end(), End::Closed);
    assert_eq!(wire.counter("cancelled"), 1);
}
