//! How a reply's length travels (RFC 9112 section 6): status, method, version, kind of body.

use std::sync::Arc;

use lanner_core::dispatch::field_sets::{FieldSets, KnownSets};
use lanner_core::dispatch::layout;

use crate::support::crlf;
use crate::support::cuts::same;
use crate::support::records::{Reply, counted, status, stream, text};
use crate::support::wire::{End, Setup, Wire};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// No body.
    None,
    /// Five bytes at once.
    Whole,
    /// Five bytes in pieces, the length known.
    Counted,
    /// Five bytes in pieces.
    Stream,
}

/// What the head says of the length, what follows it, whether the connection ends. `None`: the
/// reply is wrong and becomes a 500.
type Framed = Option<(&'static str, &'static str, bool)>;

const CHUNKS: &str = "3\nabc\n2\nde\n0\n\n";

/// The rule, row by row; the first that fits.
fn rule(status: u16, method: &str, version: &str, kind: Kind) -> Framed {
    let closes = version == "1.0";
    match (status, method, kind) {
        (204 | 304, _, Kind::None) => Some(("", "", closes)),
        (205, _, Kind::None) => Some(("Content-Length: 0\n", "", closes)),
        (204 | 205 | 304, _, _) => None,
        (_, "HEAD", Kind::None | Kind::Stream) => Some(("", "", closes)),
        (_, "HEAD", Kind::Whole | Kind::Counted) => Some(("Content-Length: 5\n", "", closes)),
        (_, _, Kind::None) => Some(("Content-Length: 0\n", "", closes)),
        (_, _, Kind::Whole | Kind::Counted) => Some(("Content-Length: 5\n", "abcde", closes)),
        (_, _, Kind::Stream) if version == "1.1" => {
            Some(("Transfer-Encoding: chunked\n", CHUNKS, false))
        }
        (_, _, Kind::Stream) => Some(("", "abcde", true)),
    }
}

#[test]
fn status_method_version_and_body_decide() {
    let reasons = [
        (200, "200 OK"),
        (201, "201 Created"),
        (204, "204 No Content"),
        (205, "205 Reset Content"),
        (206, "206 Partial Content"),
        (301, "301 Moved Permanently"),
        (304, "304 Not Modified"),
        (404, "404 Not Found"),
        (500, "500 Internal Server Error"),
        (599, "599 "),
    ];
    for (code, line) in reasons {
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            for version in ["1.0", "1.1"] {
                for kind in [Kind::None, Kind::Whole, Kind::Counted, Kind::Stream] {
                    check(code, line, method, version, kind);
                }
            }
        }
    }
}

fn check(code: u16, line: &str, method: &str, version: &str, kind: Kind) {
    let row = format!("{code} {method} {version} {kind:?}");
    let mut wire = Wire::new(&Setup::default());
    let length = if method == "POST" {
        "Content-Length: 0\n"
    } else {
        ""
    };
    let input = format!("{method} /any HTTP/{version}\nHost: a\n{length}\n");
    let slot = wire.feed(&crlf(&input)).request().slot;
    wire.flush(|records| {
        let pieces = |head: Reply<'static>| Reply {
            status: code,
            ..head
        };
        match kind {
            Kind::None => records.reply(slot, status(code)),
            Kind::Whole => {
                let reply = Reply {
                    status: code,
                    content_type: 0,
                    ..text("abcde")
                };
                records.reply(slot, reply)
            }
            Kind::Counted => records.reply(slot, pieces(counted(5))),
            Kind::Stream => records.reply(slot, pieces(stream())),
        };
        if matches!(kind, Kind::Counted | Kind::Stream) {
            records.write(slot, b"abc").write(slot, b"de").end(slot);
        }
        records
    });
    let connection = |closes| match (closes, version) {
        (true, _) => "Connection: close\n",
        (false, "1.0") => "Connection: keep-alive\n",
        (false, _) => "",
    };
    let (expected, closes) = match rule(code, method, version, kind) {
        Some((framing, body, closes)) => {
            let connection = connection(closes);
            (
                format!("HTTP/1.1 {line}\n{framing}{connection}Date: @\n\n{body}"),
                closes,
            )
        }
        None => {
            let closes = version == "1.0";
            let connection = connection(closes);
            let body = match method {
                "HEAD" => "",
                _ => "{\"title\":\"Internal Server Error\",\"status\":500}",
            };
            let text = format!(
                "HTTP/1.1 500 Internal Server Error\nContent-Type: application/problem+json\n\
                 Content-Length: 46\n{connection}Date: @\n\n{body}"
            );
            (text, closes)
        }
    };
    same(&row, "reply", &wire.sent(), &crlf(&expected));
    assert_eq!(
        wire.end(),
        if closes { End::Shut } else { End::Open },
        "{row}"
    );
}

#[test]
fn a_body_beside_the_batch_is_framed_like_any_other() {
    let large = "z".repeat(300_000);
    for (method, body) in [("GET", large.as_str()), ("HEAD", "")] {
        let mut wire = Wire::new(&Setup::default());
        let input = crlf(&format!("{method} / HTTP/1.1\nHost: a\n\n"));
        let slot = wire.feed(&input).request().slot;
        wire.flush(|records| {
            records.reply_large(
                slot,
                Reply {
                    content_type: 4,
                    ..text(&large)
                },
            )
        });
        let head = "Content-Type: application/octet-stream\nContent-Length: 300000\n";
        let expected = crlf(&format!("HTTP/1.1 200 OK\n{head}Date: @\n\n{body}"));
        same(method, "large", &wire.sent(), &expected);
        assert!(wire.conn.is_idle());
    }
}

#[test]
fn pieces_beside_the_batch_keep_their_order() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire
        .feed(&crlf("GET / HTTP/1.1\nHost: a\n\n"))
        .request()
        .slot;
    wire.flush(|records| {
        records
            .reply(slot, stream())
            .write(slot, b"one")
            .write_large(slot, b"two");
        records
            .write_large(slot, b"three")
            .write(slot, b"")
            .write(slot, b"four")
            .end(slot)
    });
    let head = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nDate: @\n\n";
    let body = "3\none\n3\ntwo\n5\nthree\n4\nfour\n0\n\n";
    same(
        "pieces",
        "in order",
        &wire.sent(),
        &crlf(&format!("{head}{body}")),
    );
}

#[test]
fn a_stream_may_be_empty() {
    let mut wire = Wire::new(&Setup::default());
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    for (head, framing) in [
        (stream(), "Transfer-Encoding: chunked\nDate: @\n\n0\n\n"),
        (counted(0), "Content-Length: 0\nDate: @\n\n"),
    ] {
        let slot = wire.feed(&get).request().slot;
        wire.flush(|records| records.reply(slot, head).end(slot));
        same(
            "empty",
            "stream",
            &wire.sent(),
            &crlf(&format!("HTTP/1.1 200 OK\n{framing}")),
        );
        assert!(wire.conn.is_idle());
    }
}

#[test]
fn date_and_server_are_the_servers() {
    let setup = Setup::with(|config| config.server_header = Some(b"lanner".to_vec()));
    let mut wire = Wire::new(&setup);
    wire.cx.date = lanner_proto::http_date(784_111_777);
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let slot = wire.feed(&get).request().slot;
    wire.flush(|records| records.reply(slot, status(204)));
    let expected =
        "HTTP/1.1 204 No Content\nServer: lanner\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n\n";
    same("date", "of the clock", &wire.sent(), &crlf(expected));
    let slot = wire.feed(&get).request().slot;
    let own = Reply {
        fields: &[("date", "never"), ("server", "mine")],
        ..status(204)
    };
    wire.flush(|records| records.reply(slot, own));
    let expected = "HTTP/1.1 204 No Content\ndate: never\nserver: mine\n\n";
    same("date", "of the handler", &wire.sent(), &crlf(expected));
}

#[test]
fn fields_leave_as_the_handler_wrote_them() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire
        .feed(&crlf("GET / HTTP/1.1\nHost: a\n\n"))
        .request()
        .slot;
    let fields = [
        ("Set-Cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("X-Latin", "caf\u{e9}"),
        ("E", ""),
    ];
    wire.flush(|records| {
        records.reply(
            slot,
            Reply {
                fields: &fields,
                ..status(200)
            },
        )
    });
    let mut expected = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n".to_vec();
    expected.extend_from_slice(b"X-Latin: caf\xe9\r\nE: \r\nContent-Length: 0\r\n");
    expected.extend_from_slice(&crlf("Date: @\n\n"));
    same("fields", "as they are", &wire.sent(), &expected);
}

#[test]
fn fields_that_were_made_known_stand_before_those_of_the_record() {
    let sets = Arc::new(FieldSets::default());
    let word = 3 | 1 << 16_u32;
    let number = sets.number(&u32::to_le_bytes(word), b"x-a1").expect("room");
    let kind = |id: u32| id | number << layout::CONTENT_TYPE_BITS;
    let fields = [("x-b", "2")];
    let own = "x-a: 1\nx-b: 2\n";
    for method in ["GET", "HEAD"] {
        let mut wire = Wire::new(&Setup::default());
        wire.cx.field_sets = KnownSets::of(Arc::clone(&sets));
        let mut reply = |reply: Reply<'_>| {
            let request = format!("{method} / HTTP/1.1\nHost: a\n\n");
            let slot = wire.feed(&crlf(&request)).request().slot;
            wire.flush(|records| records.reply(slot, reply));
            String::from_utf8_lossy(&wire.sent()).replace("\r\n", "\n")
        };
        let whole = reply(Reply {
            content_type: kind(2),
            fields: &fields,
            ..text("{}")
        });
        let head =
            format!("HTTP/1.1 200 OK\nContent-Type: application/json\n{own}Content-Length: 2\n");
        assert!(whole.starts_with(&head), "{method}: {whole}");
        let none = reply(Reply {
            content_type: kind(0),
            fields: &fields,
            ..status(204)
        });
        let head = format!("HTTP/1.1 204 No Content\n{own}");
        assert!(none.starts_with(&head), "{method}: {none}");
    }
}
