//! The request line: forms, versions, methods, empty lines before it (rows of RFC 9112 section 3).

mod support;

use lanner_proto::RejectReason as R;
use lanner_proto::{Limits, TargetForm, Version};
use support::{End, accept, accept_with, refuse, refuse_with, run_every_way, with_line};

/// Origin-form and absolute-form targets without a query, and the path that routes see.
const TARGETS: &[(&str, &str)] = &[
    ("/", "/"),
    ("/a", "/a"),
    ("/a/", "/a/"),
    ("/a/b/c.txt", "/a/b/c.txt"),
    ("/A-Z_~!$&'()*+,;=:@", "/A-Z_~!$&'()*+,;=:@"),
    ("/a|b^c`d{e}\"<f>", "/a|b^c`d{e}\"<f>"),
    ("//", "//"),
    ("//a//b", "//a//b"),
    ("/%20", "/ "),
    ("/a%20b", "/a b"),
    ("/%C3%A5", "/å"),
    ("/%c3%a5", "/å"),
    ("/%E2%82%AC/x", "/€/x"),
    ("/%25", "/%"),
    ("/%25%30%30", "/%00"),
    ("/%%2000", "/% 00"),
    ("/%2F", "/%2F"),
    ("/a%2fb", "/a%2fb"),
    ("/%41%42", "/AB"),
    ("/%", "/%"),
    ("/%4", "/%4"),
    ("/%GG", "/%GG"),
    ("http://a", "/"),
    ("http://a/", "/"),
    ("http://a/b/c", "/b/c"),
    ("http://a/%41", "/A"),
    ("http://a/%2F", "/%2F"),
    ("http://a//b", "//b"),
    ("HTTP://a/b", "/b"),
    ("hTtP://a/b", "/b"),
    ("https://a/b", "/b"),
    ("http://A/b", "/b"),
    ("http://a:80/b", "/b"),
    ("https://a:443/b", "/b"),
];

const QUERIES: &[Option<&str>] = &[
    None,
    Some(""),
    Some("a"),
    Some("a=b&c=d"),
    Some("%A"),
    Some("%00"),
    Some("arg=%00"),
    Some("a?b"),
    Some("??"),
    Some("/../%2e"),
    Some("%20+%2F"),
    Some("x=http://b/"),
];

#[test]
fn every_target_query_and_version() {
    let versions = [("HTTP/1.1", Version::Http11), ("HTTP/1.0", Version::Http10)];
    for method in ["GET", "custom-1"] {
        for (target, path) in TARGETS {
            for query in QUERIES {
                for (version_text, version) in versions {
                    let target = match query {
                        Some(query) => format!("{target}?{query}"),
                        None => (*target).to_owned(),
                    };
                    let request = accept(&with_line(&format!("{method} {target} {version_text}")));
                    assert_eq!(request.method, method);
                    assert_eq!(request.target, target);
                    assert_eq!(request.path, *path);
                    assert_eq!(request.query.as_deref(), *query);
                    assert_eq!(request.version, version);
                    let absolute = !target.starts_with('/');
                    assert_eq!(request.form == TargetForm::Absolute, absolute);
                }
            }
        }
    }
}

#[test]
fn every_token_is_a_method() {
    for method in [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "get",
        "G",
        "PROPFIND",
        "!#$%&'*+-.^_`|~09azAZ",
        "a-very-long-method-name-that-nobody-has-registered",
    ] {
        assert_eq!(
            accept(&with_line(&format!("{method} / HTTP/1.1"))).method,
            method
        );
    }
}

#[test]
fn methods_with_other_bytes() {
    for byte in (0x00..=0x1Fu8)
        .chain(0x7F..=0xFF)
        .chain(*b"(),/:;<=>?@[\\]{}\"")
    {
        if matches!(byte, b'\r' | b'\n') {
            continue;
        }
        for method in [
            vec![byte],
            [b"get", &[byte][..]].concat(),
            [b"g", &[byte][..], b"t"].concat(),
        ] {
            if byte == 0x16 && method.len() == 1 {
                continue;
            }
            let line = [&method[..], b" / HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
            refuse(&line, R::InvalidMethod);
        }
    }
}

#[test]
fn targets_with_other_bytes() {
    for byte in (0x00..=0x1Fu8).chain(0x7F..=0xFF) {
        if matches!(byte, b'\r' | b'\n') {
            continue;
        }
        for (before, after) in [
            ("/", ""),
            ("/a", "b"),
            ("/?", ""),
            ("/?a", "b"),
            ("http://a/", ""),
        ] {
            let line = [
                b"GET ",
                before.as_bytes(),
                &[byte],
                after.as_bytes(),
                b" HTTP/1.1\r\n\r\n",
            ];
            refuse(&line.concat(), R::InvalidRequestTarget);
        }
    }
}

#[test]
fn asterisk_and_authority_forms() {
    let request = accept(&with_line("OPTIONS * HTTP/1.1"));
    assert_eq!(
        (request.form, request.path.as_str()),
        (TargetForm::Asterisk, "*")
    );
    for authority in ["a:80", "a:443", "a.b:1", "[::1]:8080", "1.2.3.4:0"] {
        let text = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        let request = accept(text.as_bytes());
        assert_eq!(
            (request.form, request.path.as_str()),
            (TargetForm::Authority, "")
        );
        assert_eq!(request.host.as_deref(), Some(authority));
    }
}

#[test]
fn forms_that_the_method_does_not_take() {
    for method in [
        "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "PATCH", "custom", "CONNECT",
    ] {
        refuse(
            &with_line(&format!("{method} * HTTP/1.1")),
            R::AsteriskNotAllowed,
        );
        if method != "CONNECT" {
            refuse(
                &with_line(&format!("{method} a:80 HTTP/1.1")),
                R::AuthorityNotAllowed,
            );
        }
    }
    refuse(&with_line("OPTIONS a:80 HTTP/1.1"), R::AuthorityNotAllowed);
    for target in [
        "/",
        "/a",
        "http://a/",
        "a",
        "a:",
        ":80",
        "a:80/",
        "a:x",
        "u@a:80",
        "[::1]",
        "[",
    ] {
        refuse(
            &with_line(&format!("CONNECT {target} HTTP/1.1")),
            R::InvalidRequestTarget,
        );
    }
}

#[test]
fn targets_of_no_form() {
    for target in [
        "a",
        "?",
        "?a",
        "%2F",
        "%2Fa",
        "%00",
        "%41",
        "**",
        "*a",
        "../../",
        "./a",
        "..\\a",
        "\\a",
        "a/b",
        "http:",
        "http:/",
        "http://",
        "http:///",
        "http:///a",
        "http://:80",
        "http://:80/a",
        "http://a:/",
        "http://a:b/",
        "http://a:80:80/",
        "http://user@",
        "http://user@a/",
        "http://user:pass@a/",
        "http://%20/",
        "http://a%20b/",
        "http://a,b/",
        "http://[::1/",
        "http://[]/",
        "http://[g::1]/",
        "http://?a",
        "ws://a/",
        "wss://a/",
        "ftp://a/",
        "file:///a",
        "otherscheme://a/",
        "httpa://a/",
        "http//a/",
        "mailto:a",
        "://a",
    ] {
        refuse(
            &with_line(&format!("GET {target} HTTP/1.1")),
            R::InvalidRequestTarget,
        );
    }
    for target in ["/#", "/a#b", "/?#", "/?a#b", "http://a/#"] {
        refuse(
            &with_line(&format!("GET {target} HTTP/1.1")),
            R::FragmentInTarget,
        );
    }
}

#[test]
fn lines_of_the_wrong_shape() {
    for line in [
        "GET",
        "GET ",
        "GET /",
        "GET / ",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1  ",
        " GET / HTTP/1.1",
        "GET /HTTP/1.1",
        "GET / a HTTP/1.1",
        "GET /?a b HTTP/1.1",
        "GET  HTTP/1.1",
        "GET   HTTP/1.1",
        "GET / H",
        "GET / HT",
        "GET / HTT",
        "GET / HTTP",
        "GET / HTTP/",
        "GET / HTTP/1",
        "GET / HTTP/1.",
        "GET / HTTP/1.1a",
        "GET / HTTP/1.1ab",
        "GET / HTTP/1.11",
        "GET / HTTP/11",
        "GET / HTTP 1.1",
        "GET / HTTP/1.1\t",
        "GET / GET / HTTP/1.1",
        "G",
        "hello",
    ] {
        refuse(&with_line(line), R::InvalidRequestLine);
    }
    refuse(&with_line("GET/HTTP/1.1"), R::InvalidMethod);
    refuse(&with_line("GET\t/\tHTTP/1.1"), R::InvalidMethod);
    refuse(&with_line("GET /\tHTTP/1.1"), R::InvalidRequestTarget);
}

#[test]
fn versions_that_are_not_spoken() {
    for version in ["HTTP/1.2", "HTTP/0.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"] {
        refuse(
            &with_line(&format!("GET / {version}")),
            R::UnsupportedVersion,
        );
    }
    // RFC 9112 section 2.3: the letters are case-sensitive, and both numbers have one digit.
    for version in [
        "http/1.1",
        "http/1.0",
        "HtTP/1.1",
        "HTTP-1.1",
        "HTTP/1,1",
        "HTTP/a.b",
        "XXXXXXXX",
        "HTTP/01.1",
        "HTTP/1.01",
        "ICAP/1.0",
        "HTTP/-1.",
    ] {
        refuse(
            &with_line(&format!("GET / {version}")),
            R::InvalidRequestLine,
        );
    }
    refuse(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", R::Http2Preface);
}

#[test]
fn line_ends_other_than_crlf() {
    refuse(b"GET / HTTP/1.1\nHost: a\r\n\r\n", R::BareLineFeed);
    refuse(b"GET /\n", R::BareLineFeed);
    refuse(b"GET / HTTP/1.1\rHost: a\r\n\r\n", R::BareCarriageReturn);
    refuse(
        b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        R::BareCarriageReturn,
    );
    refuse(
        b"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
        R::BareCarriageReturn,
    );
    refuse(
        b"G\rET / HTTP/1.1\r\nHost: a\r\n\r\n",
        R::BareCarriageReturn,
    );
}

#[test]
fn bare_line_feeds_where_the_option_allows_them() {
    let limits = Limits {
        allow_bare_lf: true,
        ..Limits::default()
    };
    for text in [
        "GET /a HTTP/1.1\nHost: a\nX: y\n\n",
        "GET /a HTTP/1.1\nHost: a\r\nX: y\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\nX: y\r\n\n",
        "\nGET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
    ] {
        let request = accept_with(text.as_bytes(), &limits);
        assert_eq!((request.path.as_str(), request.fields.len()), ("/a", 2));
        assert_eq!(request.fields[1], ("X".to_owned(), b"y".to_vec()));
        refuse(text.as_bytes(), R::BareLineFeed);
    }
    refuse_with(b"GET / HTTP/1.1\r\r\n\r\n", R::BareCarriageReturn, &limits);
}

#[test]
fn empty_lines_before_the_request() {
    for lines in ["", "\r\n"] {
        let text = format!("{lines}GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(accept(text.as_bytes()).path, "/a");
    }
    refuse(
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        R::TooManyEmptyLines,
    );
    refuse(b"\r\n\r\n", R::TooManyEmptyLines);
    refuse(b"\n", R::BareLineFeed);
    refuse(b"\r\nGET\n", R::BareLineFeed);
    refuse(b"\rGET / HTTP/1.1\r\n\r\n", R::BareCarriageReturn);
    refuse(b"\r\r\n", R::BareCarriageReturn);
}

#[test]
fn empty_lines_do_not_begin_a_request() {
    use lanner_proto::Head;
    use lanner_proto::h1::{Decoder, Step};
    let (mut decoder, mut head) = (Decoder::new(), Head::new());
    let limits = Limits::default();
    assert!(decoder.is_idle());
    assert_eq!(
        decoder.step(b"\r\n", &mut head, &limits),
        Step::Incomplete { consumed: 2 }
    );
    assert!(decoder.is_idle());
    assert_eq!(
        decoder.step(b"G", &mut head, &limits),
        Step::Incomplete { consumed: 0 }
    );
    assert!(!decoder.is_idle());
}

#[test]
fn a_tls_handshake() {
    refuse(b"\x16", R::TlsOverHttp);
    refuse(
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        R::TlsOverHttp,
    );
}

#[test]
fn every_prefix_waits() {
    let line = b"GET /a?b HTTP/1.1\r\nHost: a\r\nX: y\r\n\r";
    for end in 0..line.len() {
        let run = run_every_way(&line[..end], &Limits::default());
        assert_eq!(run.end, End::Waiting { left: end });
        assert!(run.requests.is_empty());
    }
}
