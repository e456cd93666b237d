//! What the core replies by itself: 404, 405, OPTIONS. No isolate hears of it.

use crate::support::crlf;
use crate::support::cuts::{Case, check};
use crate::support::wire::{Setup, Wire};

const NOT_FOUND: &str = "{\"title\":\"Not Found\",\"status\":404}";
const NOT_ALLOWED: &str = "{\"title\":\"Method Not Allowed\",\"status\":405}";

/// Name, request, status line, fields, body, whether the connection ends.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
);

const ROWS: &[Row] = &[
    (
        "404",
        "GET /nowhere HTTP/1.1\nHost: a\n\n",
        "404 Not Found",
        "Content-Length: 34\n",
        NOT_FOUND,
        false,
    ),
    (
        "404 to HEAD",
        "HEAD /nowhere HTTP/1.1\nHost: a\n\n",
        "404 Not Found",
        "Content-Length: 34\n",
        "",
        false,
    ),
    (
        "404 that closes",
        "GET /nowhere HTTP/1.1\nHost: a\nConnection: close\n\n",
        "404 Not Found",
        "Content-Length: 34\nConnection: close\n",
        NOT_FOUND,
        true,
    ),
    (
        "404 to 1.0",
        "GET /nowhere HTTP/1.0\n\n",
        "404 Not Found",
        "Content-Length: 34\nConnection: close\n",
        NOT_FOUND,
        true,
    ),
    (
        "404 to a body, which is dropped",
        "POST /nowhere HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
        "404 Not Found",
        "Content-Length: 34\n",
        NOT_FOUND,
        false,
    ),
    (
        "OPTIONS without a route",
        "OPTIONS /nowhere HTTP/1.1\nHost: a\n\n",
        "404 Not Found",
        "Content-Length: 34\n",
        NOT_FOUND,
        false,
    ),
    (
        "405",
        "DELETE / HTTP/1.1\nHost: a\n\n",
        "405 Method Not Allowed",
        "allow: GET, HEAD, OPTIONS\nContent-Length: 43\n",
        NOT_ALLOWED,
        false,
    ),
    (
        "405 to chunks, which are dropped",
        "POST /put HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n0\nA: b\n\n",
        "405 Method Not Allowed",
        "allow: PUT, OPTIONS\nContent-Length: 43\n",
        NOT_ALLOWED,
        false,
    ),
    (
        "automatic OPTIONS",
        "OPTIONS /echo HTTP/1.1\nHost: a\n\n",
        "204 No Content",
        "allow: POST, OPTIONS\n",
        "",
        false,
    ),
];

#[test]
fn each_reply_on_the_wire() {
    for &(name, input, status, fields, body, closes) in ROWS {
        let kind = match status {
            "204 No Content" => "",
            _ => "Content-Type: application/problem+json\n",
        };
        let output = crlf(&format!(
            "HTTP/1.1 {status}\n{kind}{fields}Date: @\n\n{body}"
        ));
        check(
            &Setup::default(),
            &Case::new(name, &crlf(input), &output, closes),
        );
    }
}

#[test]
fn options_for_the_server_says_what_some_route_takes() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&crlf("OPTIONS * HTTP/1.1\nHost: a\n\n"));
    let sent = wire.sent_text();
    assert!(
        sent.starts_with("HTTP/1.1 204 No Content\r\nallow: "),
        "{sent}"
    );
    assert!(
        sent.ends_with("GMT\r\n\r\n") && !sent.contains("Content-Length"),
        "{sent}"
    );
    assert!(wire.conn.is_idle());
}

#[test]
fn no_isolate_hears_of_it() {
    for (_, input, ..) in ROWS {
        let mut wire = Wire::new(&Setup::default());
        wire.feed(&crlf(input));
        assert_eq!(wire.entries(), [], "{input}");
        assert_eq!(
            (wire.counter("dispatched"), wire.counter("native_replies")),
            (0, 1)
        );
        assert_eq!(wire.counter("settled"), 1);
    }
}

#[test]
fn head_is_served_by_the_handler_of_get() {
    let mut wire = Wire::new(&Setup::default());
    let request = wire.feed(&crlf("HEAD / HTTP/1.1\nHost: a\n\n")).request();
    assert_eq!((request.route, request.method.as_str()), (Some(0), "HEAD"));
}
