//! Limits: exactly at the limit passes, one past it does not, however the input is cut.

mod support;

use lanner_proto::h1::{Decoder, Step};
use lanner_proto::{Head, Limits, RejectReason as R};
use support::{End, accept_with, refuse_with, run_every_way};

fn small() -> Limits {
    Limits {
        request_line_bytes: 40,
        header_bytes: 60,
        headers: 4,
        body_bytes: Some(20),
        chunk_extension_bytes: 10,
        chunk_extensions_bytes: 25,
        ..Limits::default()
    }
}

#[test]
fn request_line() {
    // "GET " + " HTTP/1.1\r\n" are 15 bytes.
    for (path_len, fits) in [
        (1, true),
        (24, true),
        (25, true),
        (26, false),
        (27, false),
        (200, false),
    ] {
        let path = format!("/{}", "p".repeat(path_len - 1));
        for text in [
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"),
            format!("\r\nGET {path} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ] {
            match fits {
                true => assert_eq!(accept_with(text.as_bytes(), &small()).path, path),
                false => refuse_with(text.as_bytes(), R::RequestLineTooLong, &small()),
            }
        }
    }
}

#[test]
fn request_lines_without_an_end() {
    // Only targets may be long: a line that is all method is none.
    for (text, reason) in [
        ("G".repeat(40), R::InvalidRequestLine),
        (format!("{} ", "G".repeat(39)), R::RequestLineTooLong),
        (format!("GET /{}", "a".repeat(35)), R::RequestLineTooLong),
        ("GET / HTTP/1.1".repeat(3), R::RequestLineTooLong),
    ] {
        let run = run_every_way(&text.as_bytes()[..39], &small());
        assert_eq!(run.end, End::Waiting { left: 39 });
        refuse_with(text.as_bytes(), reason, &small());
    }
    // At the limit a CR says that the line is too long: its LF would be past it.
    let text = format!("GET /{}\r", "a".repeat(34));
    refuse_with(text.as_bytes(), R::RequestLineTooLong, &small());
    // The default limit.
    let long = "x".repeat(8192);
    refuse_with(long.as_bytes(), R::InvalidRequestLine, &Limits::default());
    let path = "p".repeat(8192 - 16);
    let text = format!("GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        accept_with(text.as_bytes(), &Limits::default()).path.len(),
        8192 - 15
    );
}

#[test]
fn a_limit_comes_before_the_content_that_passes_it() {
    let text = format!("GET /{} HTTP/9.9\r\n\r\n", "\u{1}".repeat(60));
    refuse_with(text.as_bytes(), R::RequestLineTooLong, &small());
    let text = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX : {}\r\n\r\n",
        "y".repeat(60)
    );
    refuse_with(text.as_bytes(), R::HeadersTooLarge, &small());
}

#[test]
fn header_total() {
    // "Host: a\r\n" is 9 bytes, "X: \r\n" 5.
    for (len, fits) in [
        (0, true),
        (45, true),
        (46, true),
        (47, false),
        (48, false),
        (500, false),
    ] {
        let text = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
            "v".repeat(len)
        );
        match fits {
            true => assert_eq!(
                accept_with(text.as_bytes(), &small()).fields[1].1.len(),
                len
            ),
            false => refuse_with(text.as_bytes(), R::HeadersTooLarge, &small()),
        }
    }
    // Spread over lines, and without an end.
    let text = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nA: {0}\r\nB: {0}\r\nC: d\r\n\r\n",
        "v".repeat(18)
    );
    refuse_with(text.as_bytes(), R::HeadersTooLarge, &small());
    let text = format!("GET / HTTP/1.1\r\nX: {}", "v".repeat(60));
    refuse_with(text.as_bytes(), R::HeadersTooLarge, &small());
    let text = format!("GET / HTTP/1.1\r\n{}", "v".repeat(60));
    refuse_with(text.as_bytes(), R::HeadersTooLarge, &small());
}

#[test]
fn header_total_by_default() {
    let fits = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "v".repeat(32_768 - 14)
    );
    accept_with(fits.as_bytes(), &Limits::default());
    let over = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "v".repeat(32_768 - 13)
    );
    refuse_with(over.as_bytes(), R::HeadersTooLarge, &Limits::default());
}

#[test]
fn header_count() {
    for (count, fits) in [(1, true), (3, true), (4, true), (5, false), (9, false)] {
        let fields = "A:b\r\n".repeat(count - 1);
        let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        match fits {
            true => assert_eq!(accept_with(text.as_bytes(), &small()).fields.len(), count),
            false => refuse_with(text.as_bytes(), R::TooManyHeaders, &small()),
        }
    }
    for (count, fits) in [(100, true), (101, false)] {
        let fields = "A:b\r\n".repeat(count - 1);
        let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        match fits {
            true => drop(accept_with(text.as_bytes(), &Limits::default())),
            false => refuse_with(text.as_bytes(), R::TooManyHeaders, &Limits::default()),
        }
    }
    // The first byte of one line too many is enough.
    refuse_with(
        b"GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\nE",
        R::TooManyHeaders,
        &small(),
    );
}

fn known(length: u64) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n").into_bytes()
}

#[test]
fn body_by_declaration() {
    let fits = [known(20), vec![b'x'; 20]].concat();
    assert_eq!(accept_with(&fits, &small()).body.len(), 20);
    for length in [21, 22, 1000, u64::MAX] {
        refuse_with(&known(length), R::ContentTooLarge, &small());
    }
}

fn chunked(body: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

#[test]
fn body_by_count() {
    // Framing counts: "c\r\n" + 12 + "\r\n" + "0\r\n" are 20 bytes.
    let fits = chunked(&format!("c\r\n{}\r\n0\r\n\r\n", "x".repeat(12)));
    assert_eq!(accept_with(&fits, &small()).body.len(), 12);
    let with_trailer = chunked(&format!("c\r\n{}\r\n0\r\nX: y\r\n\r\n", "x".repeat(12)));
    accept_with(
        &with_trailer,
        &Limits {
            header_bytes: 80,
            ..small()
        },
    );
    for body in [
        format!("d\r\n{}\r\n0\r\n\r\n", "x".repeat(13)),
        format!("c\r\n{}\r\n00\r\n\r\n", "x".repeat(12)),
        format!("c;a\r\n{}\r\n0\r\n\r\n", "x".repeat(12)),
        "1\r\nx\r\n".repeat(4),
        "ff\r\n".to_owned(),
    ] {
        let limits = Limits {
            header_bytes: 80,
            ..small()
        };
        refuse_with(&chunked(&body), R::ContentTooLarge, &limits);
    }
}

/// A decoder that has just returned the head of this message.
fn after_head(bytes: &[u8], head: &mut Head) -> Decoder {
    let mut decoder = Decoder::new();
    let step = decoder.step(bytes, head, &small());
    assert_eq!(
        step,
        Step::Head {
            start: 0,
            len: bytes.len()
        }
    );
    decoder
}

#[test]
fn body_limit_of_one_request_raised_or_lifted() {
    let mut head = Head::new();
    let mut decoder = after_head(&known(30), &mut head);
    assert_eq!(decoder.limit_body(Some(30)), Ok(()));
    assert_eq!(
        decoder.step(&[0; 30], &mut head, &small()),
        Step::Data { start: 0, len: 30 }
    );
    assert_eq!(
        decoder.step(&[], &mut head, &small()),
        Step::BodyEnd { consumed: 0 }
    );
    // The next request of the connection begins with the server's limit again.
    let bytes = known(30);
    let step = decoder.step(&bytes, &mut head, &small());
    assert_eq!(
        step,
        Step::Head {
            start: 0,
            len: bytes.len()
        }
    );
    let refused = Step::Reject(R::ContentTooLarge);
    assert_eq!(decoder.step(&[], &mut head, &small()), refused);

    let mut decoder = after_head(&known(u64::MAX), &mut head);
    assert_eq!(decoder.limit_body(None), Ok(()));
    assert_eq!(
        decoder.step(b"x", &mut head, &small()),
        Step::Data { start: 0, len: 1 }
    );
}

#[test]
fn body_limit_of_one_request_lowered() {
    let mut head = Head::new();
    let mut decoder = after_head(&known(10), &mut head);
    assert_eq!(decoder.limit_body(Some(9)), Err(R::ContentTooLarge));
    for _ in 0..3 {
        let step = decoder.step(b"x", &mut head, &small());
        assert_eq!(step, Step::Reject(R::ContentTooLarge));
    }
    // A chunked body has no length to compare: it is counted.
    let mut decoder = after_head(&chunked(""), &mut head);
    assert_eq!(decoder.limit_body(Some(4)), Ok(()));
    let step = decoder.step(b"1\r\nx\r\n", &mut head, &small());
    assert_eq!(step, Step::Data { start: 3, len: 1 });
    let step = decoder.step(b"\r\n", &mut head, &small());
    assert_eq!(step, Step::Reject(R::ContentTooLarge));
}

#[test]
fn chunk_extensions() {
    let limits = Limits {
        body_bytes: None,
        ..small()
    };
    for (extension, fits) in [
        (";23456789a", true),
        (";23456789ab", false),
        (" ;3456789a", true),
        (" ;3456789ab", false),
    ] {
        let bytes = chunked(&format!("1{extension}\r\nx\r\n0\r\n\r\n"));
        match fits {
            true => assert_eq!(accept_with(&bytes, &limits).body, b"x"),
            false => refuse_with(&bytes, R::ChunkExtensionTooLong, &limits),
        }
    }
    let two = "1;23456789a\r\nx\r\n".repeat(2);
    accept_with(&chunked(&format!("{two}0;2345\r\n\r\n")), &limits);
    refuse_with(
        &chunked(&format!("{two}0;23456\r\n\r\n")),
        R::ChunkExtensionTooLong,
        &limits,
    );
    refuse_with(
        &chunked(&format!("1;{}", "a".repeat(300))),
        R::ChunkExtensionTooLong,
        &Limits::default(),
    );
}

#[test]
fn trailers_count_as_headers() {
    // The head has two fields and 9 + 28 bytes.
    let bytes = chunked("0\r\nA:b\r\nC:d\r\n\r\n");
    assert_eq!(accept_with(&bytes, &small()).trailers.len(), 2);
    let bytes = chunked("0\r\nA:b\r\nC:d\r\nE:f\r\n\r\n");
    refuse_with(&bytes, R::TooManyHeaders, &small());
    for (len, fits) in [(18, true), (19, false), (100, false)] {
        let bytes = chunked(&format!("0\r\nA: {}\r\n\r\n", "v".repeat(len)));
        match fits {
            true => assert_eq!(accept_with(&bytes, &small()).trailers[0].1.len(), len),
            false => refuse_with(&bytes, R::HeadersTooLarge, &small()),
        }
    }
    // Two chunked requests on one connection do not add up.
    let twice = chunked("0\r\nA:b\r\nC:d\r\n\r\n").repeat(2);
    assert_eq!(
        run_every_way(&twice, &small()).end,
        End::Waiting { left: 0 }
    );
}
