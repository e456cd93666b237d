//! The forms of a request target, and what an isolate gets of a request.

use std::sync::Arc;

use lanner_core::dispatch::layout;
use lanner_proto::{RouteSpec, RouteTable, known};

use crate::support::cuts::{Case, check};
use crate::support::wire::{Setup, Wire};
use crate::support::{crlf, ok};

/// Name, request, what the handler saw.
const REQUESTS: &[(&str, &str, &str)] = &[
    ("origin form", "GET / HTTP/1.1\nHost: a\n\n", "GET /"),
    (
        "query",
        "GET /?a=b&c=%20 HTTP/1.1\nHost: a\n\n",
        "GET /?a=b&c=%20",
    ),
    (
        "absolute form",
        "GET http://a/ HTTP/1.1\nHost: a\n\n",
        "GET http://a/",
    ),
    (
        "no path",
        "GET http://a:80?x HTTP/1.1\nHost: a\n\n",
        "GET http://a:80?x",
    ),
    ("escapes", "GET /%61ny HTTP/1.1\nHost: a\n\n", "GET /%61ny"),
    (
        "dot segments",
        "GET /x/../any HTTP/1.1\nHost: a\n\n",
        "GET /x/../any",
    ),
    (
        "an own method",
        "PURGE /any HTTP/1.1\nHost: a\n\n",
        "PURGE /any",
    ),
    (
        "lower case is another method",
        "get /any HTTP/1.1\nHost: a\n\n",
        "get /any",
    ),
    (
        "an empty line before",
        "\nGET / HTTP/1.1\nHost: a\n\n",
        "GET /",
    ),
    (
        "a wildcard",
        "GET /files/a/b%2Fc HTTP/1.1\nHost: a\n\n",
        "GET /files/a/b%2Fc",
    ),
    (
        "an own OPTIONS",
        "OPTIONS /own-options HTTP/1.1\nHost: a\n\n",
        "OPTIONS /own-options",
    ),
    ("trace", "TRACE /any HTTP/1.1\nHost: a\n\n", "TRACE /any"),
    (
        "an expectation that nothing has to meet",
        "GET / HTTP/1.1\nHost: a\nExpect: 100-continue\n\n",
        "GET /",
    ),
    (
        "upgrade is ignored",
        "GET / HTTP/1.1\nHost: a\nConnection: upgrade\nUpgrade: websocket\n\n",
        "GET /",
    ),
    (
        "upgrade to h2c is ignored",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\n\
             HTTP2-Settings: AAMAAABkAAQAAP__\n\n",
        "GET /",
    ),
    (
        "upgrade with a body is ignored, the body is read",
        "POST /echo HTTP/1.1\nHost: a\nConnection: upgrade\nUpgrade: x\n\
             Content-Length: 3\n\nabc",
        "POST /echo abc",
    ),
];

#[test]
fn requests_are_echoed_however_they_are_cut() {
    for (name, input, said) in REQUESTS {
        check(
            &Setup::default(),
            &Case::new(name, &crlf(input), &ok(said), false),
        );
    }
}

#[test]
fn lines_may_end_in_lf_alone_where_that_is_allowed() {
    let setup = Setup::with(|config| config.limits.allow_bare_lf = true);
    let input = b"GET / HTTP/1.1\nHost: a\n\n";
    check(&setup, &Case::new("bare LF", input, &ok("GET /"), false));
}

#[test]
fn requests_with_lf_alone_are_counted_where_they_are_let_in() {
    let lines: [(&[u8], u64); 4] = [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 1),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 1),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\n", 1),
    ];
    for (allowed, input, counted) in lines
        .iter()
        .flat_map(|&(input, n)| [(true, input, n), (false, input, 0)])
    {
        let setup = Setup::with(|config| config.limits.allow_bare_lf = allowed);
        let mut wire = Wire::new(&setup);
        wire.feed(input);
        let name = String::from_utf8_lossy(input);
        assert_eq!(wire.counter("bare_line_feed_requests"), counted, "{name}");
    }
}

#[test]
fn an_isolate_gets_the_request_as_it_was_sent() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&crlf(
        "GET /users/%41%20b/posts/./7?q=%20&q HTTP/1.1\nHost: a:81\nX-Two:  2 \nx-two:\n\
         Accept: */*\n\n",
    ));
    let request = wire.request();
    assert_eq!(request.route, Some(2));
    assert_eq!((request.method.as_str(), request.version), ("GET", 11));
    assert_eq!(request.target, "/users/%41%20b/posts/./7?q=%20&q");
    assert_eq!(request.path, "/users/A b/posts/7");
    assert_eq!(request.query.as_deref(), Some("q=%20&q"));
    assert_eq!(
        request.params,
        [Some("A b".to_owned()), Some("7".to_owned())]
    );
    let fields = [
        ("Host", "a:81"),
        ("X-Two", "2"),
        ("x-two", ""),
        ("Accept", "*/*"),
    ];
    assert_eq!(
        request.fields,
        fields.map(|(n, v)| (n.to_owned(), v.to_owned()))
    );
    assert_eq!(request.field_ids, [known::HOST, 0, 0, known::id(b"accept")]);
    assert_eq!((request.flags, request.length), (0, Some(0)));
    assert_eq!(request.connection, 99);
    let v4 = u32::from_le_bytes([192, 0, 2, 1]);
    assert_eq!(request.remote, [4 | 4711 << 16, v4, 0, 0, 0]);
    let v6 = u32::from_le_bytes([0x20, 0x01, 0x0d, 0xb8]);
    assert_eq!(
        request.local,
        [6 | 8080 << 16, v6, 0, 0, u32::from_le_bytes([0, 0, 0, 2])]
    );
}

#[test]
fn what_is_absent_is_told_from_what_is_empty() {
    let get = |target: &str| crlf(&format!("GET {target} HTTP/1.0\n\n"));
    for (target, query, post) in [
        ("/users/1/posts", None, None),
        ("/users/1/posts?", Some(""), None),
        ("/users/1/posts/2", None, Some("2")),
    ] {
        let mut wire = Wire::new(&Setup::default());
        let request = wire.feed(&get(target)).request();
        assert_eq!(request.query.as_deref(), query, "{target}");
        assert_eq!(
            request.params,
            [Some("1".to_owned()), post.map(str::to_owned)],
            "{target}"
        );
        assert_eq!(request.version, 10);
    }
    let mut wire = Wire::new(&Setup::default());
    let request = wire.feed(&get("/files/")).request();
    assert_eq!(
        (request.route, request.params),
        (Some(3), vec![Some(String::new())])
    );
}

#[test]
fn requests_without_a_route_go_to_the_fallback_handler_where_there_is_one() {
    let setup = Setup::with(|config| config.fallback = true);
    let case = Case::new(
        "no route",
        &crlf("POST /nowhere HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi"),
        &ok("POST /nowhere hi"),
        false,
    );
    check(&setup, &case);
    let mut wire = Wire::new(&setup);
    let request = wire
        .feed(&crlf("GET /nowhere HTTP/1.1\nHost: a\n\n"))
        .request();
    assert_eq!((request.route, request.params.len()), (None, 0));
}

#[test]
fn what_no_route_takes_goes_to_a_handler_where_middleware_covers_the_path() {
    let patterns = ["/echo", "/echo/*rest", "/files/*rest"];
    let specs = patterns.map(|pattern| RouteSpec {
        method: "*",
        pattern,
    });
    let covered = RouteTable::build(&specs).expect("patterns");
    let setup = Setup::with(|config| config.covered = Some(Arc::new(covered)));
    let allow: Vec<_> = setup.routes.allow_values().map(<[u8]>::to_vec).collect();
    let number = |value: &[u8]| {
        let found = allow.iter().position(|other| other == value);
        u32::MAX - 1 - found.expect("an Allow value") as u32
    };
    for (line, route) in [
        ("OPTIONS /echo", Some(number(b"POST, OPTIONS"))),
        ("GET /echo", Some(number(b"POST, OPTIONS"))),
        ("POST /files/a/b", Some(number(b"GET, HEAD, OPTIONS"))),
        ("GET /echo/nowhere", None),
        ("PURGE /echo/", None),
    ] {
        let mut wire = Wire::new(&setup);
        wire.feed(&crlf(&format!("{line} HTTP/1.1\nHost: a\n\n")));
        let request = wire.request();
        assert_eq!((request.route, request.params.len()), (route, 0), "{line}");
        assert!(wire.sent().is_empty(), "{line}");
    }
    for (line, status) in [
        ("OPTIONS /", 204),
        ("POST /", 405),
        ("GET /echoes", 404),
        ("OPTIONS *", 204),
    ] {
        let mut wire = Wire::new(&setup);
        wire.feed(&crlf(&format!("{line} HTTP/1.1\nHost: a\n\n")));
        let sent = wire.sent_text();
        assert!(
            sent.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line}: {sent}"
        );
        assert_eq!(wire.counter("dispatched"), 0);
    }
}

#[test]
fn the_largest_head_reaches_the_isolate_whole() {
    let setup = Setup::with(|config| {
        config.limits.request_line_bytes = 8192;
        config.limits.header_bytes = 32_768;
    });
    let target = format!("/files/%41{}", "a".repeat(8192 - 25));
    let mut head = format!("GET {target} HTTP/1.1\r\nHost: a\r\n");
    let value = "v".repeat(32_768 - 9 - 6);
    head.push_str(&format!("x: {value}\r\n\r\n"));
    let mut wire = Wire::new(&setup);
    let request = wire.feed(head.as_bytes()).request();
    assert_eq!(request.target, target);
    assert_eq!(request.path, target.replace("%41", "A"));
    assert_eq!(request.field("x"), Some(value.as_str()));
}

#[test]
fn a_head_that_does_not_fit_an_entry_is_refused_whatever_the_limits_say() {
    let setup = Setup::with(|config| {
        config.limits.request_line_bytes = 65_536;
        config.limits.header_bytes = 1_048_576;
    });
    let long = |name: &str| format!("{name}: {}\r\n", "v".repeat(40_000));
    let head = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}{}\r\n",
        long("x"),
        long("y")
    );
    let mut wire = Wire::new(&setup);
    wire.feed(head.as_bytes());
    assert!(wire.requests().is_empty());
    assert!(wire.sent().starts_with(b"HTTP/1.1 431 "));
    assert_eq!(wire.rejects("headers_too_large"), 1);
}

#[test]
fn a_body_is_announced_with_its_length() {
    for (head, flags, length) in [
        ("Content-Length: 0\n\n", 0, Some(0)),
        (
            "Content-Length: 99999\n\n",
            layout::REQUEST_HAS_BODY,
            Some(99_999),
        ),
        (
            "Transfer-Encoding: chunked\n\n",
            layout::REQUEST_HAS_BODY,
            None,
        ),
        (
            "Content-Length: 9\nExpect: 100-continue\n\n",
            layout::REQUEST_HAS_BODY | layout::REQUEST_EXPECT_CONTINUE,
            Some(9),
        ),
        (
            "Content-Length: 2\n\nhi",
            layout::REQUEST_HAS_BODY | layout::REQUEST_BODY_COMPLETE,
            Some(2),
        ),
        (
            "Content-Length: 2\nExpect: 100-continue\n\nhi",
            layout::REQUEST_HAS_BODY | layout::REQUEST_BODY_COMPLETE,
            Some(2),
        ),
    ] {
        let mut wire = Wire::new(&Setup::default());
        let input = crlf(&format!("POST /echo HTTP/1.1\nHost: a\n{head}"));
        let request = wire.feed(&input).request();
        assert_eq!((request.flags, request.length), (flags, length), "{head}");
    }
}
