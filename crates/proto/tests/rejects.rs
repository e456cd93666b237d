//! Every reason for a refusal: the bytes that cause it, and the reply that says so.
//!
//! The table here has one plain row per reason; the files named after the parts of a message have
//! the many. A reason that no row causes fails the last test.

mod support;

use lanner_proto::{
    Limits, RejectPage, RejectPages, RejectReason as R, RejectReply, RetryAfter, write_reject,
};
use support::refuse_with;

/// One input for each reason that the decoder itself gives.
const ROWS: &[(R, &str)] = &[
    (R::TlsOverHttp, "\u{16}\u{3}\u{1}"),
    (R::Http2Preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    (R::TooManyEmptyLines, "\r\n\r\n"),
    (R::BareLineFeed, "GET / HTTP/1.1\nHost: a\n\n"),
    (R::BareCarriageReturn, "GET / HTTP/1.1\rHost: a\r\r"),
    (R::InvalidRequestLine, "GET /\r\nHost: a\r\n\r\n"),
    (R::InvalidMethod, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    (
        R::RequestLineTooLong,
        "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    (R::InvalidRequestTarget, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    (R::FragmentInTarget, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    (R::NulInPath, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
    (
        R::LineBreakInPath,
        "GET /%0D%0A HTTP/1.1\r\nHost: a\r\n\r\n",
    ),
    (R::AsteriskNotAllowed, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    (
        R::AuthorityNotAllowed,
        "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    ),
    (R::UnsupportedVersion, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    (
        R::HeadersTooLarge,
        "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    (
        R::TooManyHeaders,
        "GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n",
    ),
    (
        R::ObsoleteLineFolding,
        "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    ),
    (R::MissingColon, "GET / HTTP/1.1\r\nHost a\r\n\r\n"),
    (R::EmptyHeaderName, "GET / HTTP/1.1\r\n: a\r\n\r\n"),
    (
        R::WhitespaceBeforeColon,
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    ),
    (R::InvalidHeaderName, "GET / HTTP/1.1\r\nHo[t: a\r\n\r\n"),
    (
        R::InvalidHeaderValue,
        "GET / HTTP/1.1\r\nHost: a\u{7f}\r\n\r\n",
    ),
    (R::MissingHost, "GET / HTTP/1.1\r\n\r\n"),
    (
        R::MultipleHosts,
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    ),
    (R::InvalidHost, "GET / HTTP/1.1\r\nHost: a/\r\n\r\n"),
    (R::HostMismatch, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    (
        R::InvalidContentLength,
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
    ),
    (
        R::MultipleContentLengths,
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    ),
    (
        R::MultipleContentTypes,
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n",
    ),
    (
        R::UnknownExpectation,
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n",
    ),
    (
        R::UnsupportedWebSocketVersion,
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 8\r\n\r\n",
    ),
    (
        R::TransferEncodingWithContentLength,
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (
        R::TransferEncodingHttp10,
        "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    (
        R::InvalidTransferEncoding,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,\r\n\r\n",
    ),
    (
        R::ChunkedNotFinal,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    ),
    (
        R::UnsupportedTransferCoding,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    ),
    (R::LengthRequiredHttp10, "POST / HTTP/1.0\r\n\r\n"),
    (
        R::ContentTooLarge,
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n",
    ),
    (
        R::InvalidChunkSize,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ),
    (
        R::InvalidChunkExtension,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;\r\n",
    ),
    (
        R::ChunkExtensionTooLong,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;aaaaaaaaaaaaaaaaaaaa",
    ),
    (
        R::InvalidChunkLineEnd,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\n",
    ),
    (
        R::InvalidChunkEnd,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx",
    ),
    (
        R::ForbiddenTrailer,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: a\r\n\r\n",
    ),
];

/// The reasons that need a clock, a count or an application, which the connection layer has.
const OF_THE_CONNECTION: &[R] = &[
    R::UnexpectedEnd,
    R::HeadersTimeout,
    R::BodyTimeout,
    R::UnsupportedConnect,
    R::Overloaded,
];

/// The reasons of what comes before HTTP; `proxy.rs` has their inputs.
const OF_THE_PROXY: &[R] = &[
    R::ProxyHeaderMissing,
    R::InvalidProxyHeader,
    R::ProxyHeaderTooLong,
    R::ProxyChecksumMismatch,
    R::ProxyHeaderTimeout,
    R::UntrustedProxy,
];

#[test]
fn each_input_has_its_reason() {
    let limits = Limits {
        request_line_bytes: 50,
        header_bytes: 100,
        headers: 4,
        body_bytes: Some(100),
        chunk_extension_bytes: 16,
        ..Limits::default()
    };
    for (reason, input) in ROWS {
        refuse_with(input.as_bytes(), *reason, &limits);
    }
}

#[test]
fn each_reason_has_an_input() {
    for reason in R::ALL {
        let rows = ROWS.iter().filter(|(of, _)| of == reason).count();
        let connection = OF_THE_CONNECTION.contains(reason) || OF_THE_PROXY.contains(reason);
        assert_eq!(rows + usize::from(connection), 1, "{reason:?}");
    }
}

#[test]
fn statuses_and_labels() {
    let mut labels: Vec<_> = R::ALL.iter().map(|reason| reason.label()).collect();
    for reason in R::ALL {
        let expected: &[u16] = match reason {
            R::HeadersTimeout | R::BodyTimeout => &[408],
            R::ContentTooLarge => &[413],
            R::RequestLineTooLong => &[414],
            R::UnknownExpectation => &[417],
            R::HeadersTooLarge | R::TooManyHeaders => &[431],
            R::UnsupportedTransferCoding | R::UnsupportedConnect => &[501],
            R::Overloaded => &[503],
            R::Http2Preface | R::UnsupportedVersion => &[505],
            reason if OF_THE_PROXY.contains(reason) => &[0],
            _ => &[400],
        };
        assert_eq!([reason.status()], expected, "{reason:?}");
        assert_eq!(reason.closes(), *reason != R::Overloaded);
        let label = reason.label();
        assert_eq!(R::from_label(label), Some(*reason));
        assert!(
            label
                .bytes()
                .all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
        );
    }
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), R::ALL.len());
}

fn reply(reason: R) -> String {
    reply_with(reason, None, false)
}

fn reply_with(reason: R, page: Option<&RejectPage>, is_head: bool) -> String {
    let mut out = b"before".to_vec();
    let reply = RejectReply {
        date: &lanner_proto::http_date(784_111_777),
        retry_after: &RetryAfter::seconds(120),
        page,
        is_head,
    };
    write_reject(&mut out, reason, &reply);
    String::from_utf8(out).expect("replies are ASCII")
}

#[test]
fn a_page_changes_the_body_and_not_the_framing() {
    let page = RejectPage {
        content_type: b"text/html".to_vec(),
        body: b"<p>no</p>".to_vec(),
    };
    let head = "beforeHTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\nConnection: close\r\n\
                Content-Type: text/html\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
    let said = reply_with(R::MissingHost, Some(&page), false);
    assert_eq!(said, format!("{head}<p>no</p>"));
    assert_eq!(reply_with(R::MissingHost, Some(&page), true), head);
}

#[test]
fn each_reason_has_its_own_page() {
    let mut pages = RejectPages::default();
    assert_eq!(pages.get(R::TlsOverHttp), None);
    let page = |text: &str| RejectPage {
        content_type: b"text/plain".to_vec(),
        body: text.into(),
    };
    for reason in R::ALL {
        pages.set(*reason, page(reason.label()));
    }
    for reason in R::ALL {
        assert_eq!(pages.get(*reason), Some(&page(reason.label())));
    }
}

#[test]
fn the_reply_on_the_wire() {
    assert_eq!(
        reply(R::InvalidRequestLine),
        "beforeHTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\
         Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
    );
    assert_eq!(
        reply(R::Overloaded),
        "beforeHTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 120\r\n\
         Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
    );
    assert!(reply(R::ContentTooLarge).contains("413 Content Too Large\r\n"));
    assert!(reply(R::RequestLineTooLong).contains("414 URI Too Long\r\n"));
    assert!(reply(R::UnknownExpectation).contains("417 Expectation Failed\r\n"));
    assert!(reply(R::HeadersTooLarge).contains("431 Request Header Fields Too Large\r\n"));
    assert!(reply(R::UnsupportedVersion).contains("505 HTTP Version Not Supported\r\n"));
    for reason in R::ALL {
        let text = reply(*reason);
        assert!(text.starts_with(&format!("beforeHTTP/1.1 {} ", reason.status())));
        assert!(text.ends_with("\r\n\r\n") && text.matches("\r\n\r\n").count() == 1);
        assert_eq!(text.contains("\r\nConnection: close\r\n"), reason.closes());
    }
}
