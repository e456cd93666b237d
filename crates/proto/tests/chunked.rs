//! Chunked bodies: sizes, extensions, line ends, trailers (RFC 9112 section 7.1).

mod support;

use lanner_proto::{Limits, RejectReason as R};
use support::{End, Request, accept, accept_with, refuse, refuse_with, run_every_way};

fn message(body: &[u8]) -> Vec<u8> {
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        body,
    ]
    .concat()
}

fn ok(body: &str) -> Request {
    accept(&message(body.as_bytes()))
}

#[test]
fn chunks_are_joined() {
    for (body, expected) in [
        ("0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"),
        ("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc"),
        ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("00000000000000a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("0000000000000001\r\nx\r\n0\r\n\r\n", "x"),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        (
            "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n000\r\n\r\n",
            "abcdefghijklmnopqrstuvwxyz",
        ),
        ("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
    ] {
        assert_eq!(ok(body).body, expected.as_bytes(), "{body:?}");
    }
}

#[test]
fn extensions_are_skipped() {
    for extension in [
        ";a",
        ";a=b",
        ";a=b;b=c",
        ";novalue",
        ";a=\"\"",
        ";a=\"quoted ; \\\" text\"",
        ";a=\"\t\u{e9}\"",
        " ;a",
        "\t;a",
        " ; a",
        "; a = b",
        ";\ta\t=\tb",
        ";a ;b",
        ";a=b ;c=d",
        ";a=\"b\" ;c",
        ";a;a;a",
        ";!#$=%&'*",
    ] {
        let body = format!("2{extension}\r\nhi\r\n0{extension}\r\n\r\n");
        assert_eq!(ok(&body).body, b"hi", "{extension:?}");
    }
}

#[test]
fn extensions_that_break_the_grammar() {
    for extension in [
        ";",
        ";;",
        ";;;",
        "; ",
        ";a;",
        ";a; ",
        ";a ",
        ";a=",
        ";a= ",
        ";a=;b",
        ";=b",
        ";a==b",
        ";a=b=c",
        ";a b",
        ";a=b c",
        ";a=\"b\"c",
        ";a=\"b",
        ";a=\"b\\",
        ";a,b",
        ";a=\u{1}",
        ";\u{0}",
        ";a\u{0}",
        ";a=\"\u{0}\"",
        ";a=\"\u{7f}\"",
        ";a=\"\\\u{1}\"",
        " ",
        "\t",
        "  ",
        " a",
        ";é",
        ";a/b",
        ";a=b/",
        ";\u{7f}",
    ] {
        for body in [
            format!("2{extension}\r\nhi\r\n0\r\n\r\n"),
            format!("0{extension}\r\n\r\n"),
        ] {
            refuse(&message(body.as_bytes()), R::InvalidChunkExtension);
        }
    }
}

#[test]
fn line_ends_of_sizes() {
    for line in [
        "2\n",
        "2;a\n",
        "2;a=b\n",
        "2;a=\"b\n",
        "2 \n",
        "2;\n",
        "2;a \n",
        "2\r",
        "2\rx",
        "2\r\r\n",
        "2;a\rb\r\n",
        "2;a\r\r\n",
    ] {
        let body = format!("{line}hi\r\n0\r\n\r\n");
        refuse(&message(body.as_bytes()), R::InvalidChunkLineEnd);
    }
    for line in ["0\n\r\n", "0\n\n", "0;a\n\r\n", "0\r\r\n"] {
        refuse(&message(line.as_bytes()), R::InvalidChunkLineEnd);
    }
    refuse(
        &message(b"2;a=\"b\rc\"\r\nhi\r\n0\r\n\r\n"),
        R::InvalidChunkExtension,
    );
    refuse(&message(b"2; \rhi\r\n0\r\n\r\n"), R::InvalidChunkExtension);
    // The option is for heads and trailers: chunk framing stays strict.
    let limits = Limits {
        allow_bare_lf: true,
        ..Limits::default()
    };
    refuse_with(
        &message(b"2\nhi\r\n0\r\n\r\n"),
        R::InvalidChunkLineEnd,
        &limits,
    );
    refuse_with(&message(b"2\r\nhi\n0\r\n\r\n"), R::InvalidChunkEnd, &limits);
    let request = accept_with(&message(b"2\r\nhi\r\n0\r\nX: y\n\n"), &limits);
    assert_eq!(request.trailers, [("X".to_owned(), b"y".to_vec())]);
}

#[test]
fn sizes_that_are_none() {
    for size in [
        "",
        "g",
        "x",
        "-1",
        "+1",
        "0x2",
        "2x",
        "2h",
        "2,",
        " 2",
        "\t2",
        "\r\n2",
        "2.0",
        "2_",
        "\"2\"",
        ";a",
        "=",
        "\u{0}",
        "2\u{0}",
        "é",
        "00000000000000002",
        "10000000000000000",
        "fffffffffffffffff",
    ] {
        let body = format!("{size}\r\nhi\r\n0\r\n\r\n");
        refuse(&message(body.as_bytes()), R::InvalidChunkSize);
    }
    refuse(&message(b"\n"), R::InvalidChunkSize);
    for size in [
        "ffffffffffffffff",
        "7fffffffffffffff",
        "1c9c381",
        "8000000000000000",
    ] {
        refuse(
            &message(format!("{size}\r\n").as_bytes()),
            R::ContentTooLarge,
        );
    }
}

#[test]
fn a_size_of_64_bits_without_a_cap() {
    let limits = Limits {
        body_bytes: None,
        ..Limits::default()
    };
    let run = run_every_way(&message(b"fffffffffffffff0\r\nabc"), &limits);
    assert_eq!(run.end, End::Waiting { left: 0 });
    assert_eq!(run.requests[0].body, b"abc");
    assert!(!run.requests[0].complete);
}

#[test]
fn data_that_is_longer_or_shorter_than_its_size() {
    for body in [
        "2\r\nhix\r\n0\r\n\r\n",
        "2\r\nhi0\r\n\r\n",
        "2\r\nh\r\n0\r\n\r\n",
        "2\r\nhi\n0\r\n\r\n",
        "2\r\nhi\r0\r\n\r\n",
        "2\r\nhi\r\r\n0\r\n\r\n",
        "1\r\nhi\r\n0\r\n\r\n",
        "3\r\nhi\r\n0\r\n\r\n",
        "2\r\nhi \r\n0\r\n\r\n",
    ] {
        refuse(&message(body.as_bytes()), R::InvalidChunkEnd);
    }
}

#[test]
fn every_prefix_waits() {
    let bytes = message(b"5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\nZ: w\r\n\r\n");
    for end in 0..bytes.len() {
        let run = run_every_way(&bytes[..end], &Limits::default());
        assert!(
            matches!(run.end, End::Waiting { .. }),
            "{end}: {:?}",
            run.end
        );
        assert!(run.requests.iter().all(|request| !request.complete));
    }
}

#[test]
fn trailers_are_kept_apart() {
    let request = ok("2\r\nhi\r\n0\r\nX-Sum: 1 \r\nServer-Timing:\tb\r\n\r\n");
    let names: Vec<_> = request
        .trailers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["X-Sum", "Server-Timing"]);
    assert_eq!(request.trailers[0].1, b"1");
    assert_eq!(request.trailers[1].1, b"b");
    assert_eq!(request.fields.len(), 2);
}

#[test]
fn trailers_follow_the_rules_of_fields() {
    for (trailers, reason) in [
        ("X : y", R::WhitespaceBeforeColon),
        ("X", R::MissingColon),
        (": y", R::EmptyHeaderName),
        (" X: y", R::ObsoleteLineFolding),
        ("X: y\r\n z", R::ObsoleteLineFolding),
        ("X[: y", R::InvalidHeaderName),
        ("X: \u{1}", R::InvalidHeaderValue),
        ("X: y\nZ: w", R::BareLineFeed),
        ("X: y\rZ: w", R::BareCarriageReturn),
        ("X: y\r\n\n", R::BareLineFeed),
    ] {
        let body = format!("0\r\n{trailers}\r\n\r\n");
        refuse(&message(body.as_bytes()), reason);
    }
}

#[test]
fn trailers_that_belong_in_the_head() {
    for name in [
        "Content-Length",
        "Transfer-Encoding",
        "Host",
        "Connection",
        "Expect",
        "Upgrade",
        "Content-Type",
        "Content-Encoding",
        "Content-Range",
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Cache-Control",
        "Max-Forwards",
        "Range",
        "If-Match",
        "If-None-Match",
        "TE",
        "Trailer",
        "Keep-Alive",
        "X-Forwarded-For",
        "Forwarded",
        "Via",
        "content-length",
        "HOST",
    ] {
        for body in [
            format!("0\r\n{name}: 1\r\n\r\n"),
            format!("2\r\nhi\r\n0\r\nX: y\r\n{name}: 1\r\nZ: w\r\n\r\n"),
        ] {
            refuse(&message(body.as_bytes()), R::ForbiddenTrailer);
        }
    }
}
