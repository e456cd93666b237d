//! The 33 checks of h1spec (uNetworking), against a real socket: fragments must be waited for,
//! malformed requests refused with 4xx or 5xx, valid ones echoed.
//!
//! The suite waits half a second for silence; here silence is what a socket has to say after the
//! server has received the fragment and served somebody else. Each fragment is then completed, to
//! see that it was only waited for.

mod support;

use std::io::ErrorKind;
use std::ops::RangeInclusive;

use lanner_core::Config;
use lanner_proto::RouteSpec;

use support::entries::Entry;
use support::live::{Live, LiveHandler, eventually};
use support::records::{Records, Reply, text};

/// A request of which each cut before its end must be waited for.
const WHOLE: &str = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// What is sent of it.
const FRAGMENTS: &[(&str, &str)] = &[
    ("the method", "G"),
    ("the target 1", "GET "),
    ("the target 2", "GET /hello"),
    ("the target 3", "GET /hello "),
    ("the version", "GET /hello HTTP"),
    ("the request line", "GET /hello HTTP/1.1"),
    ("the end of the request line 1", "GET /hello HTTP/1.1\r"),
    ("the end of the request line 2", "GET /hello HTTP/1.1\r\n"),
    ("a field name", "GET /hello HTTP/1.1\r\nHos"),
    ("a field value 1", "GET /hello HTTP/1.1\r\nHost:"),
    ("a field value 2", "GET /hello HTTP/1.1\r\nHost: "),
    ("a field value 3", "GET /hello HTTP/1.1\r\nHost: localhost"),
    (
        "a field value 4",
        "GET /hello HTTP/1.1\r\nHost: localhost\r",
    ),
    ("the fields", "GET /hello HTTP/1.1\r\nHost: localhost\r\n"),
    ("the end", "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r"),
];

const FOUND: RangeInclusive<u16> = 200..=299;
const REFUSED: RangeInclusive<u16> = 400..=499;
const REFUSED_OR_NOT_SUPPORTED: RangeInclusive<u16> = 400..=599;

/// Name, the rest of the request, accepted statuses, echoed body.
type Row = (
    &'static str,
    &'static str,
    RangeInclusive<u16>,
    &'static str,
);

/// Whole requests, with Host where a row does not bring its own.
const REQUESTS: &[Row] = &[
    ("no version", "GET / \r\n\r\n", REFUSED_OR_NOT_SUPPORTED, ""),
    (
        "an expectation",
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
        FOUND,
        "",
    ),
    ("a GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", FOUND, ""),
    (
        "a GET with edges",
        "GET / HTTP/1.1\r\nhoSt:\ta\r\nempty:\r\n\r\n",
        FOUND,
        "",
    ),
    (
        "a field name",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Invalid[]: b\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "no Host",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "two Hosts",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "a length below every number",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -123456789123456789123456789\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "a negative length",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1234\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "no number",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "an empty value",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Empty: \r\n\r\n",
        FOUND,
        "",
    ),
    (
        "a control character",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Bad: b\u{7}\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "version 9.9",
        "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        REFUSED_OR_NOT_SUPPORTED,
        "",
    ),
    (
        "a prefix",
        "Extra lineGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        REFUSED_OR_NOT_SUPPORTED,
        "",
    ),
    (
        "a line end",
        "GET / HTTP/1.1\r\nHost: a\r\n\rB: c\r\n\r\n",
        REFUSED,
        "",
    ),
    (
        "a POST",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        FOUND,
        "hello",
    ),
    (
        "chunks",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         c\r\nHellO world1\r\n0\r\n\r\n",
        FOUND,
        "HellO world1",
    ),
    (
        "both framings",
        "POST / HTTP/1.1\r\nHost: a\r\ncontent-LengtH: 5\r\nTransFer-Encoding: chunked\r\n\r\n\
         c\r\nHellO world1\r\n0\r\n\r\n",
        REFUSED,
        "",
    ),
];

/// Sends the body back, whatever the method.
fn echo_body() -> LiveHandler {
    let mut body: Vec<u8> = Vec::new();
    let answer = |records: &mut Records, slot, body: &[u8]| {
        records.reply(slot, Reply { body, ..text("") });
    };
    Box::new(move |entry, _, records| match entry {
        Entry::Request(request) if request.is_complete() => {
            answer(records, request.slot, &request.body);
        }
        Entry::Request(_) => body.clear(),
        Entry::Body {
            slot, bytes, last, ..
        } => {
            body.extend_from_slice(bytes);
            if *last {
                answer(records, *slot, &body);
            }
        }
        Entry::BodyEnd { slot, .. } => answer(records, *slot, &body),
        _ => {}
    })
}

fn server() -> Live {
    let any = |pattern| RouteSpec {
        method: "*",
        pattern,
    };
    Live::with_routes(Config::default(), &[any("/"), any("/hello")], echo_body())
}

#[test]
fn fragments_are_waited_for() {
    let live = server();
    let mut other = live.connect();
    for (name, fragment) in FRAGMENTS {
        let received = live.counter("bytes_in");
        let mut client = live.connect();
        client.send(fragment.as_bytes());
        eventually("the fragment arrives", || {
            live.counter("bytes_in") == received + fragment.len() as u64
        });
        assert_eq!(other.send(WHOLE.as_bytes()).reply().0, 200);
        client.stream.set_nonblocking(true).expect("an option");
        let silence = client.stream.peek(&mut [0]).map_err(|error| error.kind());
        assert_eq!(
            silence,
            Err(ErrorKind::WouldBlock),
            "{name}: not waited for"
        );
        client.stream.set_nonblocking(false).expect("an option");
        let rest = WHOLE.strip_prefix(fragment).expect("a fragment");
        assert_eq!(client.send(rest.as_bytes()).reply().0, 200, "{name}");
    }
    live.close(1_000);
}

#[test]
fn requests_are_judged() {
    let live = server();
    for (name, request, accepted, body) in REQUESTS {
        let mut client = live.connect();
        let (status, echoed) = client.send(request.as_bytes()).reply();
        assert!(accepted.contains(&status), "{name}: {status}");
        assert_eq!(String::from_utf8_lossy(&echoed), *body, "{name}");
    }
    live.close(1_000);
}

#[test]
fn there_are_as_many_checks_as_in_the_suite() {
    assert_eq!(FRAGMENTS.len() + REQUESTS.len(), 33);
}
