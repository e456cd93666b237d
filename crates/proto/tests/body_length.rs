//! Which body follows a head: Content-Length, Transfer-Encoding, and the two together (RFC 9112
//! section 6). Also what else the head says about the connection.

mod support;

use lanner_proto::BodyLength;
use lanner_proto::RejectReason as R;
use support::{Request, accept, refuse};

fn post(version: &str, fields: &[&str], body: &str) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("POST / HTTP/{version}\r\nHost: a\r\n{fields}\r\n{body}").into_bytes()
}

const EMPTY: &str = "0\r\n\r\n";

#[test]
fn content_length_counts_bytes() {
    for body in [
        "x",
        "hello",
        "GET / HTTP/1.1\r\n\r\n",
        "\r\n",
        "\r\n\r\n\r\n",
        "0\r\n\r\n",
    ] {
        for version in ["1.1", "1.0"] {
            let length = format!("Content-Length: {}", body.len());
            let request = accept(&post(version, &[&length], body));
            assert_eq!(request.body, body.as_bytes());
            assert_eq!(request.length, BodyLength::Known(body.len() as u64));
        }
    }
    let request = accept(&post("1.1", &["content-length:  5 "], "hello"));
    assert_eq!(request.body, b"hello");
}

#[test]
fn no_length_is_no_body() {
    for fields in [
        &[][..],
        &["Content-Length: 0"],
        &["content-length: 0", "X: y"],
    ] {
        let request = accept(&post("1.1", fields, ""));
        assert_eq!((request.length, request.body.len()), (BodyLength::None, 0));
    }
    let request = accept(&post("1.0", &["Content-Length: 0"], ""));
    assert_eq!(request.length, BodyLength::None);
}

#[test]
fn any_method_may_have_a_body() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "custom"] {
        let text = format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        assert_eq!(accept(text.as_bytes()).body, b"hi");
    }
}

#[test]
fn content_lengths_that_are_no_number() {
    for value in [
        "",
        "NaN",
        "-1",
        "+1",
        "+0",
        "-0",
        "1.0",
        "1e3",
        "0x10",
        "1 ,2",
        "1,1",
        "0,0",
        "1;",
        "1 1",
        "a",
        "1a",
        "a1",
        "\"1\"",
        "00",
        "01",
        "007",
        "18446744073709551616",
        "99999999999999999999",
        "1\u{b}",
        "²",
        "184467440737095516150",
        "-18446744073709551616",
        "1_000",
        "1'000",
        "0 0",
    ] {
        let field = format!("Content-Length: {value}");
        let reason = if value.contains('\u{b}') {
            R::InvalidHeaderValue
        } else {
            R::InvalidContentLength
        };
        for version in ["1.1", "1.0"] {
            refuse(&post(version, &[&field], "x"), reason);
        }
    }
}

#[test]
fn content_lengths_at_the_edge_of_64_bits() {
    use lanner_proto::h1::{Decoder, Step};
    use lanner_proto::{Head, Limits};
    for length in [u64::MAX, u64::MAX - 1, 1 << 63] {
        let bytes = post("1.1", &[&format!("Content-Length: {length}")], "");
        let (mut decoder, mut head) = (Decoder::new(), Head::new());
        let limits = Limits {
            body_bytes: None,
            ..Limits::default()
        };
        assert!(matches!(
            decoder.step(&bytes, &mut head, &limits),
            Step::Head { .. }
        ));
        assert_eq!(head.body, BodyLength::Known(length));
        assert_eq!(
            decoder.step(b"abc", &mut head, &limits),
            Step::Data { start: 0, len: 3 }
        );
        assert_eq!(decoder.remaining(), Some(length - 3));
    }
}

/// Spaces around a value are no part of it, and neither are tabs; beside a length they are refused.
#[test]
fn what_stands_beside_a_content_length() {
    for value in ["3", " 3", "   3", " 3 ", "3  "] {
        let field = format!("Content-Length:{value}");
        let request = accept(&post("1.1", &[&field], "abc"));
        assert_eq!(request.length, BodyLength::Known(3), "{value:?}");
    }
    for value in ["\t3", " \t3", "\t 3", " 3\t", " 3 \t", " 3\t "] {
        let field = format!("Content-Length:{value}");
        let request = post("1.1", &[&field, "X:\ty"], "abc");
        refuse(&request, R::InvalidContentLength);
    }
}

#[test]
fn several_content_lengths() {
    for (first, second) in [
        ("1", "1"),
        ("1", "2"),
        ("0", "0"),
        ("", "1"),
        ("1", ""),
        ("a", "b"),
    ] {
        let (first, second) = (
            format!("Content-Length: {first}"),
            format!("content-length: {second}"),
        );
        refuse(
            &post("1.1", &[&first, &second], "x"),
            R::MultipleContentLengths,
        );
        refuse(
            &post("1.1", &[&first, "X: y", &second], "x"),
            R::MultipleContentLengths,
        );
    }
}

#[test]
fn chunked_in_any_letters() {
    for value in ["chunked", "Chunked", "CHUNKED", " chunked ", "\tchunked\t"] {
        let field = format!("Transfer-Encoding:{value}");
        let request = accept(&post("1.1", &[&field], EMPTY));
        assert_eq!(
            (request.length, request.body.len()),
            (BodyLength::Chunked, 0)
        );
    }
}

#[test]
fn codings_that_are_not_only_chunked() {
    let rows: &[(&[&str], R)] = &[
        (&["gzip"], R::ChunkedNotFinal),
        (&["identity"], R::ChunkedNotFinal),
        (&["xchunked"], R::ChunkedNotFinal),
        (&["chunkedx"], R::ChunkedNotFinal),
        (&["chunked, gzip"], R::ChunkedNotFinal),
        (&["chunked, identity"], R::ChunkedNotFinal),
        (&["chunked", "gzip"], R::ChunkedNotFinal),
        (&["chunked-"], R::ChunkedNotFinal),
        (&["gzip, chunked"], R::UnsupportedTransferCoding),
        (&["gzip;q=1, chunked"], R::UnsupportedTransferCoding),
        (&["identity, chunked"], R::UnsupportedTransferCoding),
        (&["gzip", "chunked"], R::UnsupportedTransferCoding),
        (&["gzip,deflate", "chunked"], R::UnsupportedTransferCoding),
        (&["trailers, chunked"], R::UnsupportedTransferCoding),
        (&[""], R::InvalidTransferEncoding),
        (&[" "], R::InvalidTransferEncoding),
        (&[","], R::InvalidTransferEncoding),
        (&["chunked,"], R::InvalidTransferEncoding),
        (&[",chunked"], R::InvalidTransferEncoding),
        (&["", "chunked"], R::InvalidTransferEncoding),
        (&["chunked", ""], R::InvalidTransferEncoding),
        (&["gzip,,chunked"], R::InvalidTransferEncoding),
        (&["chunked, chunked"], R::InvalidTransferEncoding),
        (&["chunked", "chunked"], R::InvalidTransferEncoding),
        (&["chunked, gzip, chunked"], R::InvalidTransferEncoding),
        (&["chunked;a=b"], R::InvalidTransferEncoding),
        (&["chunked;"], R::InvalidTransferEncoding),
        (&["chunked ;q=1"], R::InvalidTransferEncoding),
        (&["\"chunked\""], R::InvalidTransferEncoding),
        (&["chunk ed"], R::InvalidTransferEncoding),
        (&["chunked chunked"], R::InvalidTransferEncoding),
        (&["chunked\u{b}"], R::InvalidHeaderValue),
        (&["\u{b}chunked"], R::InvalidHeaderValue),
    ];
    for (values, reason) in rows {
        let fields: Vec<_> = values
            .iter()
            .map(|v| format!("Transfer-Encoding: {v}"))
            .collect();
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        refuse(&post("1.1", &fields, EMPTY), *reason);
    }
}

#[test]
fn both_framing_fields() {
    let (length, coding) = ("Content-Length: 5", "Transfer-Encoding: chunked");
    for fields in [
        [length, coding],
        [coding, length],
        ["Content-Length: 0", coding],
        [coding, "Content-Length: x"],
    ] {
        refuse(
            &post("1.1", &fields, EMPTY),
            R::TransferEncodingWithContentLength,
        );
        refuse(
            &post("1.0", &fields, EMPTY),
            R::TransferEncodingWithContentLength,
        );
    }
    refuse(
        &post("1.1", &["Transfer-Encoding: gzip", length], EMPTY),
        R::TransferEncodingWithContentLength,
    );
}

#[test]
fn transfer_encoding_of_http_1_0() {
    refuse(
        &post("1.0", &["Transfer-Encoding: chunked"], EMPTY),
        R::TransferEncodingHttp10,
    );
    refuse(
        &post("1.0", &["Transfer-Encoding: gzip"], ""),
        R::TransferEncodingHttp10,
    );
}

#[test]
fn http_1_0_needs_a_length_where_a_body_is_meant() {
    for method in ["POST", "PUT"] {
        refuse(
            format!("{method} / HTTP/1.0\r\n\r\n").as_bytes(),
            R::LengthRequiredHttp10,
        );
        accept(format!("{method} / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx").as_bytes());
    }
    accept(b"GET / HTTP/1.0\r\n\r\n");
    accept(b"DELETE / HTTP/1.0\r\n\r\n");
}

fn get(version: &str, fields: &str) -> Request {
    accept(format!("GET / HTTP/{version}\r\nHost: a\r\n{fields}\r\n").as_bytes())
}

#[test]
fn who_keeps_the_connection() {
    for (version, fields, expected) in [
        ("1.1", "", true),
        ("1.1", "Connection: keep-alive\r\n", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "connection: Close\r\n", false),
        ("1.1", "Connection: x, close\r\n", false),
        ("1.1", "Connection: keep-alive, close\r\n", false),
        (
            "1.1",
            "Connection: keep-alive\r\nConnection: close\r\n",
            false,
        ),
        ("1.1", "Connection: closed\r\n", true),
        ("1.1", "Connection: \r\n", true),
        ("1.1", "Keep-Alive: timeout=5\r\n", true),
        ("1.0", "", false),
        ("1.0", "Connection: keep-alive\r\n", true),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: x , keep-alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
        ("1.0", "Keep-Alive: timeout=5\r\n", false),
    ] {
        assert_eq!(
            get(version, fields).keep_alive,
            expected,
            "{version} {fields:?}"
        );
    }
}

#[test]
fn one_content_type() {
    for (first, second) in [("a/b", "a/b"), ("a/b", "c/d"), ("", "")] {
        let fields = [
            &*format!("Content-Type: {first}"),
            &*format!("content-type: {second}"),
        ];
        refuse(
            &post("1.1", &[fields[0], "Content-Length: 1", fields[1]], "x"),
            R::MultipleContentTypes,
        );
    }
    accept(&post(
        "1.1",
        &["Content-Type: a/b, c/d", "Content-Length: 1"],
        "x",
    ));
}

#[test]
fn who_waits_for_100() {
    for (version, fields, expected) in [
        (
            "1.1",
            &["Expect: 100-continue", "Content-Length: 1"][..],
            true,
        ),
        ("1.1", &["expect: 100-Continue", "Content-Length: 1"], true),
        (
            "1.1",
            &["Expect: , 100-continue,100-continue", "Content-Length: 1"],
            true,
        ),
        ("1.1", &["Expect: 100-continue", "Content-Length: 0"], false),
        ("1.1", &["Expect:", "Content-Length: 1"], false),
        ("1.0", &["Expect: 100-continue", "Content-Length: 1"], false),
        ("1.0", &["Expect: x", "Content-Length: 1"], false),
    ] {
        let body = if fields.contains(&"Content-Length: 0") {
            ""
        } else {
            "x"
        };
        assert_eq!(
            accept(&post(version, fields, body)).expect_continue,
            expected,
            "{fields:?}"
        );
    }
    let chunked = ["Expect: 100-continue", "Transfer-Encoding: chunked"];
    assert!(accept(&post("1.1", &chunked, EMPTY)).expect_continue);
    for value in [
        "200-ok",
        "100-continued",
        "100-continue;a",
        "100-continue, x",
        "\"\"",
    ] {
        let field = format!("Expect: {value}");
        refuse(
            &post("1.1", &[&field, "Content-Length: 1"], "x"),
            R::UnknownExpectation,
        );
    }
}

#[test]
fn a_websocket_of_another_version_is_refused() {
    let upgrade = ["Connection: upgrade", "Upgrade: websocket"];
    let with = |fields: &[&str], version: &str| {
        let lines: String = fields.iter().map(|line| format!("{line}\r\n")).collect();
        let version = format!("Sec-WebSocket-Version: {version}\r\n");
        format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}{version}\r\n").into_bytes()
    };
    for version in ["8", "99", "", "013", "13, 8", "8, 13"] {
        refuse(&with(&upgrade, version), R::UnsupportedWebSocketVersion);
    }
    assert!(accept(&with(&upgrade, "13")).upgrade);
    // Nobody asks for a WebSocket in these.
    for fields in [
        &upgrade[..1],
        &upgrade[1..],
        &["Connection: upgrade", "Upgrade: other"],
    ] {
        accept(&with(fields, "8"));
    }
}

#[test]
fn who_asks_for_another_protocol() {
    for (version, fields, expected) in [
        ("1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true),
        (
            "1.1",
            "Upgrade: websocket\r\nConnection: keep-alive, upgrade\r\n",
            true,
        ),
        ("1.1", "Upgrade: websocket\r\n", false),
        ("1.1", "Connection: upgrade\r\n", false),
        ("1.1", "Connection: close\r\nUpgrade: websocket\r\n", false),
        (
            "1.0",
            "Connection: upgrade\r\nUpgrade: websocket\r\n",
            false,
        ),
    ] {
        assert_eq!(get(version, fields).upgrade, expected, "{fields:?}");
    }
    let fields = [
        "Connection: upgrade",
        "Upgrade: websocket",
        "Content-Length: 1",
    ];
    assert!(!accept(&post("1.1", &fields, "x")).upgrade);
}
