//! The Host field and its agreement with the target (RFC 9112 section 3.2, RFC 9110 section 7.2).

mod support;

use lanner_proto::RejectReason as R;
use support::{accept, refuse};

const VALID: &[&str] = &[
    "a",
    "1",
    "A",
    "-",
    "_",
    ".",
    "~",
    "!",
    "$",
    "&",
    "'",
    "(",
    ")",
    "a.b",
    "a.b.",
    "localhost",
    "1.2.3.4",
    "1.2.3.4:5",
    "1.2.3.4:999999999",
    "1:1",
    "a:0",
    "example.com:8080",
    "xn--bcher-kva.example",
    "[::1]",
    "[::1]:80",
    "[ABCdef]",
    "[2001:db8::1]:443",
    "[::ffff:1.2.3.4]",
    "[1.2]",
    "a-b_c~d!e$f",
];

const INVALID: &[&str] = &[
    "[]",
    "[::]",
    "[:]",
    "[1]",
    "[::g]",
    "[::1",
    "[::1]a",
    "[::1]80",
    "[::1]:",
    "[::1]:a",
    "[::1]::80",
    "[[::1]]",
    "[::1]]",
    "::1",
    "a:",
    ":80",
    ":",
    "a:b",
    "a:80a",
    "a:8.0",
    "a:-1",
    "a:+1",
    "a:80:80",
    "a:b:c",
    "a b",
    "a :80",
    "a: 80",
    "a\tb",
    "a,b",
    "a, b",
    "user@a",
    "user:pass@a:80",
    "http://a",
    "a/",
    "a/b",
    "a?b",
    "a#b",
    "é",
    "%61",
    "a%20b",
];

fn origin(host: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

#[test]
fn valid_hosts() {
    for host in VALID {
        let request = accept(&origin(host));
        assert_eq!(request.host.as_deref(), Some(*host));
        assert_eq!(
            accept(&origin(&format!(" \t{host}\t "))).host.as_deref(),
            Some(*host)
        );
    }
}

#[test]
fn invalid_hosts() {
    for host in INVALID {
        refuse(&origin(host), R::InvalidHost);
    }
}

#[test]
fn bytes_that_no_host_has() {
    for byte in "\"#%*+,/;<=>?@[]\\^`{}|".chars() {
        for host in [
            format!("{byte}"),
            format!("a{byte}"),
            format!("{byte}a"),
            format!("[abd{byte}]"),
            format!("[abd{byte}"),
            format!("[::1]{byte}"),
            format!("a:{byte}"),
            format!("a:80{byte}"),
            format!("[::1]:{byte}"),
        ] {
            if host == "[abd]" {
                continue;
            }
            refuse(&origin(&host), R::InvalidHost);
        }
    }
}

#[test]
fn how_many_hosts() {
    refuse(b"GET / HTTP/1.1\r\n\r\n", R::MissingHost);
    refuse(b"GET / HTTP/1.1\r\nX: y\r\n\r\n", R::MissingHost);
    refuse(b"GET http://a/ HTTP/1.1\r\n\r\n", R::MissingHost);
    refuse(b"OPTIONS * HTTP/1.1\r\n\r\n", R::MissingHost);
    refuse(b"CONNECT a:80 HTTP/1.1\r\n\r\n", R::MissingHost);
    for (first, second) in [("a", "a"), ("a", "b"), ("", ""), ("", "a"), ("a", "")] {
        for version in ["1.1", "1.0"] {
            let text =
                format!("GET / HTTP/{version}\r\nHost: {first}\r\nX: y\r\nhOST: {second}\r\n\r\n");
            refuse(text.as_bytes(), R::MultipleHosts);
        }
    }
    let request = accept(b"GET / HTTP/1.0\r\n\r\n");
    assert_eq!(request.host, None);
    let request = accept(b"GET http://b:1/ HTTP/1.0\r\n\r\n");
    assert_eq!(request.host.as_deref(), Some("b:1"));
    refuse(b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n", R::InvalidHost);
}

/// RFC 9110 section 4.2.1: an `http` URI has a host. It may be empty only where there is no URI.
#[test]
fn an_empty_host() {
    for line in ["GET /", "OPTIONS /", "POST /?a", "HEAD /%61"] {
        for spaces in ["", " ", " \t"] {
            let text = format!("{line} HTTP/1.1\r\nHost:{spaces}\r\n\r\n");
            refuse(text.as_bytes(), R::InvalidHost);
        }
    }
    let request = accept(b"OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n");
    assert_eq!(request.host.as_deref(), Some(""));
    let request = accept(b"GET / HTTP/1.0\r\nHost:\r\n\r\n");
    assert_eq!(request.host.as_deref(), Some(""));
}

#[test]
fn hosts_that_agree_with_the_target() {
    for (method, target, host) in [
        ("OPTIONS", "*", ""),
        ("OPTIONS", "*", "a"),
        ("GET", "/", "a"),
        ("GET", "http://a", "a"),
        ("GET", "http://a/", "a"),
        ("GET", "http://a/", "A"),
        ("GET", "http://A.b/", "a.B"),
        ("GET", "http://a/", "a:80"),
        ("GET", "http://a:80/", "a"),
        ("GET", "http://a:80/", "a:80"),
        ("GET", "https://a/", "a:443"),
        ("GET", "https://a:443/", "a"),
        ("GET", "http://a:8080/b?c", "a:8080"),
        ("GET", "http://[::1]/", "[::1]"),
        ("GET", "http://[::1]:80/", "[::1]"),
        ("GET", "http://[::1]:8080", "[::1]:8080"),
        ("CONNECT", "a:80", "a:80"),
        ("CONNECT", "A:80", "a:80"),
        ("CONNECT", "[::1]:443", "[::1]:443"),
    ] {
        let text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let request = accept(text.as_bytes());
        assert!(request.host.is_some(), "{target} {host}");
    }
}

#[test]
fn hosts_that_do_not() {
    for (method, target, host) in [
        ("GET", "http://a/", ""),
        ("GET", "http://a/", "b"),
        ("GET", "http://a/", "a.b"),
        ("GET", "http://a.b/", "a"),
        ("GET", "http://a/", "a:443"),
        ("GET", "http://a/", "a:8080"),
        ("GET", "http://a:8080/", "a"),
        ("GET", "http://a:8080/", "a:80"),
        ("GET", "http://a:80/", "a:443"),
        ("GET", "https://a/", "a:80"),
        ("GET", "https://a:80/", "a"),
        ("GET", "http://a:443/", "a"),
        ("GET", "http://[::1]/", "[::2]"),
        ("GET", "http://[::1]/", "[::1]:8080"),
        ("GET", "http://1.2.3.4/", "1.2.3.5"),
        ("CONNECT", "a:80", "a"),
        ("CONNECT", "a:80", ""),
        ("CONNECT", "a:80", "b:80"),
        ("CONNECT", "a:80", "a:81"),
        ("CONNECT", "a:443", "a"),
        ("CONNECT", "[::1]:443", "[::1]"),
    ] {
        let text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        refuse(text.as_bytes(), R::HostMismatch);
    }
    for host in ["http://a", "user@a", "a/", "a/b", "a:80/"] {
        let text = format!("GET http://a/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
        refuse(text.as_bytes(), R::InvalidHost);
    }
}
