//! What is refused: the bytes, the status, the end of the connection, the counter.
//!
//! One row per reason; the many spellings of each are in the tests of `lanner-proto`. A reason
//! without a row fails the last test. Each row also runs cut at every byte and behind other
//! requests, answered at once or late.

use lanner_core::sightings::{Cause, WATCH_REJECTS};
use lanner_proto::{RejectPage, RejectReason as R};

use crate::support::crlf;
use crate::support::cuts::{Case, check};
use crate::support::wire::{End, Setup, Wire};

/// One input for each reason that the bytes alone give.
const ROWS: &[(R, &str)] = &[
    (R::TlsOverHttp, "\u{16}\u{3}\u{1}\u{2}"),
    (R::Http2Preface, "PRI * HTTP/2.0\n\nSM\n\n"),
    (R::TooManyEmptyLines, "\n\n"),
    (R::BareLineFeed, "GET / HTTP/1.1\u{0}LF"),
    (R::BareCarriageReturn, "GET / HTTP/1.1\u{0}CR"),
    (R::InvalidRequestLine, "GET /\nHost: a\n\n"),
    (R::InvalidMethod, "G(T / HTTP/1.1\nHost: a\n\n"),
    (
        R::RequestLineTooLong,
        "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    (R::InvalidRequestTarget, "GET a HTTP/1.1\nHost: a\n\n"),
    (R::FragmentInTarget, "GET /a#b HTTP/1.1\nHost: a\n\n"),
    (R::NulInPath, "GET /%00 HTTP/1.1\nHost: a\n\n"),
    (R::LineBreakInPath, "GET /%0d HTTP/1.1\nHost: a\n\n"),
    (R::AsteriskNotAllowed, "GET * HTTP/1.1\nHost: a\n\n"),
    (R::AuthorityNotAllowed, "GET a:80 HTTP/1.1\nHost: a\n\n"),
    (R::UnsupportedVersion, "GET / HTTP/1.2\nHost: a\n\n"),
    (
        R::HeadersTooLarge,
        "GET / HTTP/1.1\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    (
        R::TooManyHeaders,
        "GET / HTTP/1.1\nHost: a\nB:\nC:\nD:\nE:\n\n",
    ),
    (R::ObsoleteLineFolding, "GET / HTTP/1.1\nHost: a\n b\n\n"),
    (R::MissingColon, "GET / HTTP/1.1\nHost a\n\n"),
    (R::EmptyHeaderName, "GET / HTTP/1.1\n: a\n\n"),
    (R::WhitespaceBeforeColon, "GET / HTTP/1.1\nHost : a\n\n"),
    (R::InvalidHeaderName, "GET / HTTP/1.1\nHo[t: a\n\n"),
    (R::InvalidHeaderValue, "GET / HTTP/1.1\nHost: a\u{7f}\n\n"),
    (R::MissingHost, "GET / HTTP/1.1\n\n"),
    (R::MultipleHosts, "GET / HTTP/1.1\nHost: a\nHost: a\n\n"),
    (R::InvalidHost, "GET / HTTP/1.1\nHost: a/\n\n"),
    (R::HostMismatch, "GET http://b/ HTTP/1.1\nHost: a\n\n"),
    (
        R::InvalidContentLength,
        "GET / HTTP/1.1\nHost: a\nContent-Length: +1\n\n",
    ),
    (
        R::MultipleContentLengths,
        "GET / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 1\n\nx",
    ),
    (
        R::MultipleContentTypes,
        "GET / HTTP/1.1\nHost: a\nContent-Type: a/b\nContent-Type: c/d\n\n",
    ),
    (
        R::UnknownExpectation,
        "GET / HTTP/1.1\nHost: a\nExpect: 200-ok\n\n",
    ),
    (
        R::UnsupportedWebSocketVersion,
        "GET / HTTP/1.1\nHost: a\nConnection: upgrade\nUpgrade: websocket\n\
         Sec-WebSocket-Version: 8\n\n",
    ),
    (
        R::TransferEncodingWithContentLength,
        "POST / HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked\n\n0\n\n",
    ),
    (
        R::TransferEncodingHttp10,
        "GET / HTTP/1.0\nTransfer-Encoding: chunked\n\n0\n\n",
    ),
    (
        R::InvalidTransferEncoding,
        "GET / HTTP/1.1\nHost: a\nTransfer-Encoding: ,\n\n",
    ),
    (
        R::ChunkedNotFinal,
        "GET / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip\n\n",
    ),
    (
        R::UnsupportedTransferCoding,
        "GET / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip, chunked\n\n",
    ),
    (R::LengthRequiredHttp10, "POST / HTTP/1.0\n\n"),
    (
        R::ContentTooLarge,
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 101\n\n",
    ),
    (
        R::UnsupportedConnect,
        "CONNECT a:80 HTTP/1.1\nHost: a:80\n\n",
    ),
    (R::InvalidChunkSize, "x\n"),
    (R::InvalidChunkExtension, "1;\n"),
    (R::ChunkExtensionTooLong, "1;aaaaaaaaaaaaaaaaaaaa"),
    (R::InvalidChunkLineEnd, "1\u{0}LF"),
    (R::InvalidChunkEnd, "1\nxx"),
    (R::ForbiddenTrailer, "0\nHost: a\n\n"),
];

/// The reasons that need time, a count or the peer's end; each has its own test.
const ELSEWHERE: &[(R, &str)] = &[
    (R::HeadersTimeout, "timeouts.rs"),
    (R::UnexpectedEnd, "half_close.rs"),
    (R::Overloaded, "overload.rs"),
    (R::BodyTimeout, "rates.rs"),
    (R::ProxyHeaderMissing, "proxy.rs"),
    (R::InvalidProxyHeader, "proxy.rs"),
    (R::ProxyHeaderTooLong, "proxy.rs"),
    (R::ProxyChecksumMismatch, "proxy.rs"),
    (R::ProxyHeaderTimeout, "proxy.rs"),
    (R::UntrustedProxy, "../sockets/proxy.rs"),
];

fn setup() -> Setup {
    Setup::with(|config| {
        config.limits.request_line_bytes = 60;
        config.limits.header_bytes = 100;
        config.limits.headers = 4;
        config.limits.body_bytes = Some(100);
        config.limits.chunk_extension_bytes = 16;
    })
}

/// The bytes of a row; a chunk gets the head of a request before it.
fn input(reason: R, row: &str) -> Vec<u8> {
    let in_body = reason.label().contains("chunk_") || reason == R::ForbiddenTrailer;
    let head = "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n";
    let text = format!("{}{row}", if in_body { head } else { "" });
    let mut bytes = crlf(&text);
    for (mark, byte) in [(&b"\0LF"[..], b"\nX"), (b"\0CR", b"\rX")] {
        if bytes.ends_with(mark) {
            bytes.truncate(bytes.len() - mark.len());
            bytes.extend_from_slice(byte);
        }
    }
    bytes
}

fn reply(reason: R) -> Vec<u8> {
    let status = match reason.status() {
        400 => "400 Bad Request",
        413 => "413 Content Too Large",
        414 => "414 URI Too Long",
        417 => "417 Expectation Failed",
        431 => "431 Request Header Fields Too Large",
        501 => "501 Not Implemented",
        505 => "505 HTTP Version Not Supported",
        other => panic!("no row is refused with {other}"),
    };
    crlf(&format!(
        "HTTP/1.1 {status}\nContent-Length: 0\nConnection: close\nDate: @\n\n"
    ))
}

#[test]
fn each_refusal_on_the_wire() {
    for &(reason, row) in ROWS {
        let name = reason.label();
        check(
            &setup(),
            &Case::new(name, &input(reason, row), &reply(reason), true),
        );
    }
}

#[test]
fn each_refusal_is_counted_once_and_no_handler_sees_it() {
    for &(reason, row) in ROWS {
        let mut wire = Wire::new(&setup());
        wire.feed(&input(reason, row))
            .feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .pass(1);
        let rejects: Vec<_> = wire.cx.counters.rejects().collect();
        assert_eq!(rejects, [(reason.label(), 1)]);
        // A body that breaks was announced to its handler, which hears of the end.
        let told: Vec<_> = wire.entries().iter().map(|entry| entry.slot()).collect();
        let in_body = input(reason, row).starts_with(b"POST /echo") && told.len() >= 2;
        assert!(told.is_empty() || in_body, "{}: {told:?}", reason.label());
        wire.fin();
        assert_eq!(wire.end(), End::Closed);
    }
}

#[test]
fn each_refusal_is_seen_once_with_its_first_bytes() {
    for &(reason, row) in ROWS {
        let name = reason.label();
        let input = input(reason, row);
        for size in [input.len(), 1] {
            let mut wire = Wire::new(&setup());
            wire.cx.board.sightings.watch(WATCH_REJECTS);
            wire.feed_in(&input, size);
            let seen = wire.cx.board.sightings.take();
            assert_eq!(seen.len(), 1, "{name}");
            let (cause, first) = (seen[0].cause, &seen[0].first);
            assert_eq!((cause, seen[0].dropped), (Cause::Reject(reason), 0));
            let whom = seen[0].whom;
            let whom = (whom.connection, whom.remote.map(|remote| remote.port()));
            assert_eq!(whom, (Some(99), Some(4711)), "{name}");
            // A head from its beginning, a chunk from where it broke.
            let is_whole = input.starts_with(first) && !first.is_empty();
            let is_part = input.starts_with(b"POST /echo") && contains(&input, first);
            assert!(is_whole || is_part, "{name}: {}", first.escape_ascii());
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_refusal_says_what_the_options_say() {
    let mut setup = setup();
    for &(reason, _) in ROWS {
        setup.config.reject_pages.set(
            reason,
            RejectPage {
                content_type: b"text/plain".to_vec(),
                body: format!("no: {}", reason.label()).into_bytes(),
            },
        );
    }
    for &(reason, row) in ROWS {
        let page = format!("no: {}", reason.label());
        let plain = String::from_utf8(reply(reason)).expect("ASCII");
        let said = plain
            .replace("Length: 0", &format!("Length: {}", page.len()))
            .replace("close\r\n", "close\r\nContent-Type: text/plain\r\n");
        let said = format!("{said}{page}").into_bytes();
        let case = Case::new(reason.label(), &input(reason, row), &said, true);
        check(&setup, &case);
    }
}

#[test]
fn head_gets_the_length_of_a_page_without_the_page() {
    let mut setup = setup();
    let page = RejectPage {
        content_type: b"text/plain".to_vec(),
        body: b"no".to_vec(),
    };
    for reason in R::ALL {
        setup.config.reject_pages.set(*reason, page.clone());
    }
    setup.config.limits.body_bytes = Some(20);
    let chunked = "/any HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n";
    for (reason, rest) in [
        (R::MissingHost, "/any HTTP/1.1\n\n".into()),
        (R::InvalidChunkSize, format!("{chunked}x\n")),
        // What looks like a request is a body.
        (R::InvalidChunkSize, format!("{chunked}HEAD /\n")),
        (R::InvalidChunkSize, format!("{chunked}GET /\n")),
        (R::ContentTooLarge, format!("{chunked}15\n")),
        (R::ContentTooLarge, format!("{chunked}8\n12345678\nf\n")),
        (R::UnexpectedEnd, chunked.into()),
        (R::UnexpectedEnd, format!("{chunked}8\n1234")),
    ] {
        for (before, method) in [("", "POST"), ("", "HEAD"), ("\n", "POST"), ("\n", "HEAD")] {
            let input = crlf(&format!("{before}{method} {rest}"));
            let body = if method == "HEAD" { "" } else { "no" };
            for size in [input.len(), 1] {
                let mut wire = Wire::new(&setup);
                wire.feed_in(&input, size).fin();
                let sent = wire.sent_text();
                let rejects: Vec<_> = wire.cx.counters.rejects().collect();
                assert_eq!(rejects, [(reason.label(), 1)], "{input:?} {size}");
                assert!(sent.contains("Content-Length: 2\r\n"), "{rest:?}: {sent}");
                assert!(
                    sent.ends_with(&format!("\r\n\r\n{body}")),
                    "{rest:?}: {sent}"
                );
            }
        }
    }
}

#[test]
fn head_whose_body_is_too_slow_gets_no_page() {
    let mut setup = setup();
    let page = RejectPage {
        content_type: b"text/plain".to_vec(),
        body: b"no".to_vec(),
    };
    setup.config.reject_pages.set(R::BodyTimeout, page);
    for (method, body) in [("POST", "no"), ("HEAD", "")] {
        let mut wire = Wire::new(&setup);
        let head = format!("{method} /any HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n");
        wire.feed(&crlf(&head)).pass(60_000);
        let sent = wire.sent_text();
        assert_eq!(wire.rejects("body_timeout"), 1, "{method}");
        assert!(sent.ends_with(&format!("\r\n\r\n{body}")), "{sent}");
    }
}

#[test]
fn every_reason_has_a_case() {
    for reason in R::ALL {
        let rows = ROWS.iter().filter(|(of, _)| of == reason).count();
        let elsewhere = ELSEWHERE.iter().filter(|(of, _)| of == reason).count();
        assert_eq!(rows + elsewhere, 1, "{reason:?}");
    }
    for (reason, file) in ELSEWHERE {
        let text = match *file {
            "timeouts.rs" => include_str!("timeouts.rs"),
            "half_close.rs" => include_str!("half_close.rs"),
            "overload.rs" => include_str!("overload.rs"),
            "rates.rs" => include_str!("rates.rs"),
            "proxy.rs" => include_str!("proxy.rs"),
            "../sockets/proxy.rs" => include_str!("../sockets/proxy.rs"),
            other => panic!("{other} is not among the tests"),
        };
        assert!(
            text.contains(&format!("\"{}\"", reason.label())),
            "{reason:?} in {file}"
        );
    }
}
