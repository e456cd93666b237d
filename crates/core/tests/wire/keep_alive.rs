//! Whether a connection stays open after a reply (RFC 9112 section 9.3).

use crate::support::cuts::{Case, check, same};
use crate::support::records::{Reply, stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok, ok_close};

/// What the handler replies with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Text,
    Empty,
    Stream,
}

/// Version, Connection field, kind of reply; the reply's head without its first lines.
const ROWS: &[(&str, &str, Kind, &str, bool)] = &[
    ("1.1", "", Kind::Text, "Content-Length: 2\n", false),
    (
        "1.1",
        "keep-alive",
        Kind::Text,
        "Content-Length: 2\n",
        false,
    ),
    (
        "1.1",
        "close",
        Kind::Text,
        "Content-Length: 2\nConnection: close\n",
        true,
    ),
    (
        "1.1",
        "Close",
        Kind::Text,
        "Content-Length: 2\nConnection: close\n",
        true,
    ),
    (
        "1.1",
        "x, close",
        Kind::Text,
        "Content-Length: 2\nConnection: close\n",
        true,
    ),
    (
        "1.1",
        "keep-alive, close",
        Kind::Text,
        "Content-Length: 2\nConnection: close\n",
        true,
    ),
    ("1.1", "closed", Kind::Text, "Content-Length: 2\n", false),
    ("1.1", "", Kind::Empty, "Content-Length: 0\n", false),
    (
        "1.1",
        "close",
        Kind::Empty,
        "Content-Length: 0\nConnection: close\n",
        true,
    ),
    (
        "1.1",
        "",
        Kind::Stream,
        "Transfer-Encoding: chunked\n",
        false,
    ),
    (
        "1.1",
        "close",
        Kind::Stream,
        "Transfer-Encoding: chunked\nConnection: close\n",
        true,
    ),
    (
        "1.0",
        "",
        Kind::Text,
        "Content-Length: 2\nConnection: close\n",
        true,
    ),
    (
        "1.0",
        "close",
        Kind::Text,
        "Content-Length: 2\nConnection: close\n",
        true,
    ),
    (
        "1.0",
        "keep-alive",
        Kind::Text,
        "Content-Length: 2\nConnection: keep-alive\n",
        false,
    ),
    (
        "1.0",
        "Keep-Alive",
        Kind::Text,
        "Content-Length: 2\nConnection: keep-alive\n",
        false,
    ),
    (
        "1.0",
        "keep-alive, close",
        Kind::Text,
        "Content-Length: 2\nConnection: close\n",
        true,
    ),
    (
        "1.0",
        "keep-alive",
        Kind::Empty,
        "Content-Length: 0\nConnection: keep-alive\n",
        false,
    ),
    ("1.0", "", Kind::Stream, "Connection: close\n", true),
    (
        "1.0",
        "keep-alive",
        Kind::Stream,
        "Connection: close\n",
        true,
    ),
];

#[test]
fn version_and_connection_field_and_length_decide() {
    for &(version, connection, kind, head, closes) in ROWS {
        let row = format!("{version} {connection:?} {kind:?}");
        let field = match connection {
            "" => String::new(),
            value => format!("Connection: {value}\n"),
        };
        let input = crlf(&format!("GET / HTTP/{version}\nHost: a\n{field}\n"));
        let mut wire = Wire::new(&Setup::default());
        let slot = wire.feed(&input).request().slot;
        wire.flush(|records| match kind {
            Kind::Text => records.reply(
                slot,
                Reply {
                    content_type: 0,
                    ..text("hi")
                },
            ),
            Kind::Empty => records.reply(
                slot,
                Reply {
                    content_type: 0,
                    ..text("")
                },
            ),
            Kind::Stream => records.reply(slot, stream()).write(slot, b"hi").end(slot),
        });
        let body = match (kind, version) {
            (Kind::Empty, _) => "",
            (Kind::Stream, "1.1") => "2\nhi\n0\n\n",
            _ => "hi",
        };
        let expected = crlf(&format!("HTTP/1.1 200 OK\n{head}Date: @\n\n{body}"));
        same(&row, "whole", &wire.sent(), &expected);
        assert_eq!(
            wire.end(),
            if closes { End::Shut } else { End::Open },
            "{row}"
        );
    }
}

#[test]
fn a_request_that_says_close_is_the_last() {
    let close = crlf("GET / HTTP/1.1\nHost: a\nConnection: close\n\n");
    check(
        &Setup::default(),
        &Case::new("close", &close, &ok_close("GET /"), true),
    );
    // What stands behind it is not even looked at (RFC 9112 9.6).
    for behind in ["GET /any HTTP/1.1\nHost: a\n\n", "garbage\n\n"] {
        let mut wire = Wire::new(&Setup::default());
        let requests = wire
            .feed(&[close.clone(), crlf(behind)].concat())
            .requests();
        assert_eq!(requests.len(), 1, "{behind}");
        wire.flush(|records| records.reply(requests[0].slot, text("GET /")));
        same("close", behind, &wire.sent(), &ok_close("GET /"));
        assert_eq!(wire.end(), End::Shut);
        assert_eq!(wire.cx.counters.rejects().count(), 0);
    }
}

#[test]
fn a_handler_may_ask_for_close() {
    for ask in [
        Reply {
            flags: 4,
            ..text("bye")
        },
        Reply {
            fields: &[("Connection", "close")],
            ..text("bye")
        },
    ] {
        let mut wire = Wire::new(&Setup::default());
        let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
        let first = wire.feed(&get).request().slot;
        wire.flush(|records| records.reply(first, ask));
        same(
            "close by the handler",
            "whole",
            &wire.sent(),
            &ok_close("bye"),
        );
        assert_eq!(wire.end(), End::Shut);
        assert!(
            wire.feed(&get).requests().is_empty(),
            "nothing is read afterwards"
        );
        wire.fin();
        assert_eq!(wire.end(), End::Closed);
    }
}

#[test]
fn requests_behind_a_reply_that_closes_are_given_up() {
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get.repeat(3)).requests();
    assert_eq!(requests.len(), 3);
    wire.flush(|records| {
        records.reply(requests[2].slot, text("third"));
        records.reply(
            requests[0].slot,
            Reply {
                flags: 4,
                ..text("bye")
            },
        )
    });
    same("close", "first of three", &wire.sent(), &ok_close("bye"));
    let told: Vec<_> = wire.entries().iter().map(|entry| entry.slot()).collect();
    assert_eq!(told, [requests[1].slot], "the third has replied already");
    assert_eq!((wire.end(), wire.counter("cancelled")), (End::Shut, 2));
}

#[test]
fn a_connection_serves_request_after_request() {
    let mut wire = Wire::served(&Setup::default(), crate::support::echo::echo());
    for round in 0..50 {
        let input = crlf(&format!("GET /?{round} HTTP/1.1\nHost: a\n\n"));
        wire.feed(&input);
        same(
            "round",
            &round.to_string(),
            &wire.sent(),
            &ok(&format!("GET /?{round}")),
        );
        assert!(wire.conn.is_idle());
    }
    assert_eq!((wire.sends, wire.counter("settled")), (50, 50));
}
