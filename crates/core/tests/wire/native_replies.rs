//! What the core replies by itself: 404, 405, OPTIONS. No isolate hears of it.

use crate::support::crlf;
use crate::support::cuts::{Case, check};
use crate::support::wire::{Setup, Wire};

/// A head that asks, the reply, and whether the connection ends.
fn rows() -> Vec<(&'static str, &'static str, &'static str, bool)> {
    const PROBLEM: &str = "Content-Type: application/problem+json\n";
    let row = |name, input, output: String, closes| {
        let output: &'static str = output.leak();
        (name, input, output, closes)
    };
    vec![
        row(
            "404",
            "GET /nowhere HTTP/1.1\nHost: a\n\n",
            format!(
                "HTTP/1.1 404 Not Found\n{PROBLEM}Content-Length: 34\nDate: @\n\n\
                 {{\"title\":\"Not Found\",\"status\":404}}"
            ),
            false,
        ),
        row(
            "404 to HEAD",
            "HEAD /nowhere HTTP/1.1\nHost: a\n\n",
            format!("HTTP/1.1 404 Not Found\n{PROBLEM}Content-Length: 34\nDate: @\n\n"),
            false,
        ),
        row(
            "404 that closes",
            "GET /nowhere HTTP/1.1\nHost: a\nConnection: close\n\n",
            format!(
                "HTTP/1.1 404 Not Found\n{PROBLEM}Content-Length: 34\nConnection: close\n\
                 Date: @\n\n{{\"title\":\"Not Found\",\"status\":404}}"
            ),
            true,
        ),
        row(
            "404 to 1.0",
            "GET /nowhere HTTP/1.0\n\n",
            format!(
                "HTTP/1.1 404 Not Found\n{PROBLEM}Content-Length: 34\nConnection: close\n\
                 Date: @\n\n{{\"title\":\"Not Found\",\"status\":404}}"
            ),
            true,
        ),
        row(
            "404 to a body, which is dropped",
            "POST /nowhere HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
            format!(
                "HTTP/1.1 404 Not Found\n{PROBLEM}Content-Length: 34\nDate: @\n\n\
                 {{\"title\":\"Not Found\",\"status\":404}}"
            ),
            false,
        ),
        row(
            "405",
            "DELETE / HTTP/1.1\nHost: a\n\n",
            format!(
                "HTTP/1.1 405 Method Not Allowed\n{PROBLEM}allow: GET, HEAD, OPTIONS\n\
                 Content-Length: 43\nDate: @\n\n{{\"title\":\"Method Not Allowed\",\"status\":405}}"
            ),
            false,
        ),
        row(
            "405 to chunks, which are dropped",
            "POST /put HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n0\nA: b\n\n",
            format!(
                "HTTP/1.1 405 Method Not Allowed\n{PROBLEM}allow: PUT, OPTIONS\n\
                 Content-Length: 43\nDate: @\n\n{{\"title\":\"Method Not Allowed\",\"status\":405}}"
            ),
            false,
        ),
        row(
            "automatic OPTIONS",
            "OPTIONS /echo HTTP/1.1\nHost: a\n\n",
            "HTTP/1.1 204 No Content\nallow: POST, OPTIONS\nDate: @\n\n".into(),
            false,
        ),
        row(
            "OPTIONS without a route",
            "OPTIONS /nowhere HTTP/1.1\nHost: a\n\n",
            format!(
                "HTTP/1.1 404 Not Found\n{PROBLEM}Content-Length: 34\nDate: @\n\n\
                 {{\"title\":\"Not Found\",\"status\":404}}"
            ),
            false,
        ),
    ]
}

#[test]
fn each_reply_on_the_wire() {
    for (name, input, output, closes) in rows() {
        check(
            &Setup::default(),
            &Case::new(name, &crlf(input), &crlf(output), closes),
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
    for (_, input, ..) in rows() {
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
