//! Request bodies on their way to the handler: by length and in chunks, small and large.

use lanner_core::dispatch::layout::{INLINE_BODY_MAX, INLINE_CHUNK_MAX};

use crate::support::cuts::{Case, check};
use crate::support::echo::echo;
use crate::support::entries::Entry;
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok};

#[test]
fn bodies_are_echoed_however_they_are_cut() {
    let cases = [
        ("a length", "Content-Length: 5\n\nhello", "hello"),
        ("no body", "\n", ""),
        ("length 0", "Content-Length: 0\n\n", ""),
        (
            "one chunk",
            "Transfer-Encoding: chunked\n\n5\nhello\n0\n\n",
            "hello",
        ),
        (
            "chunks",
            "Transfer-Encoding: chunked\n\n2\nhe\n3\nllo\n0\n\n",
            "hello",
        ),
        (
            "upper case",
            "Transfer-Encoding: Chunked\n\nA\n0123456789\n0\n\n",
            "0123456789",
        ),
        (
            "leading zeros",
            "Transfer-Encoding: chunked\n\n0005\nhello\n000\n\n",
            "hello",
        ),
        ("empty", "Transfer-Encoding: chunked\n\n0\n\n", ""),
        (
            "extensions",
            "Transfer-Encoding: chunked\n\n2;a=b;c\nhe\n0;x=\"y\"\n\n",
            "he",
        ),
        (
            "a body like a head",
            "Content-Length: 22\n\nGET / HTTP/1.1\n\n\n\n",
            "GET / HTTP/1.1\n\n\n\n",
        ),
        (
            "trailers",
            "Transfer-Encoding: chunked\n\n1\nx\n0\nA: 1\nb:  2 \n\n",
            "x {A=1} {b=2}",
        ),
        (
            "trailers only",
            "Transfer-Encoding: chunked\nTrailer: a\n\n0\nA: 1\n\n",
            " {A=1}",
        ),
    ];
    for (name, rest, said) in cases {
        let body = said.replace('\n', "\r\n");
        let length = if name == "no body" || name == "length 0" {
            ""
        } else {
            " "
        };
        let input = crlf(&format!("POST /echo HTTP/1.1\nHost: a\n{rest}"));
        let said = format!("POST /echo{length}{body}");
        check(
            &Setup::default(),
            &Case::new(name, &input, &ok(&said), false),
        );
    }
}

#[test]
fn safe_methods_may_have_bodies() {
    for method in ["GET", "OPTIONS", "DELETE"] {
        let input = crlf(&format!(
            "{method} /any HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc"
        ));
        let said = format!("{method} /any abc");
        check(
            &Setup::default(),
            &Case::new(method, &input, &ok(&said), false),
        );
    }
}

#[test]
fn bodies_of_http_1_0_have_a_length() {
    let input = crlf("POST /echo HTTP/1.0\nConnection: keep-alive\nContent-Length: 3\n\nabc");
    let reply = String::from_utf8(ok("POST /echo abc")).expect("text");
    let reply = reply.replace("Date:", "Connection: keep-alive\r\nDate:");
    check(
        &Setup::default(),
        &Case::new("1.0", &input, reply.as_bytes(), false),
    );
}

/// A body that differs at every byte from its neighbours of other sizes.
fn body(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| b"0123456789abcdefghijklmnopqrstuvwxyz"[(at * 7 + at / 36) % 36])
        .collect()
}

fn with_length(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: {}\n\n",
        body.len()
    );
    [&crlf(&head), body].concat()
}

fn in_chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = crlf("POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n");
    for chunk in body.chunks(size) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

#[test]
fn every_size_around_a_boundary_arrives_whole() {
    let window = 65_536;
    let setup = Setup::with(|config| config.limits.request_window_bytes = window);
    let window = window as usize;
    let around = [
        INLINE_CHUNK_MAX,
        INLINE_BODY_MAX,
        window,
        2 * window,
        256 * 1024,
        600_000,
    ];
    for len in around.iter().flat_map(|&len| [len - 1, len, len + 1]) {
        let body = body(len);
        let said = [b"POST /echo ", body.as_slice()].concat();
        let expected = ok(&String::from_utf8(said).expect("text"));
        for (way, input) in [
            ("length", with_length(&body)),
            ("chunks of 1000", in_chunks(&body, 1000)),
            ("chunks of 70000", in_chunks(&body, 70_000)),
        ] {
            for size in [1400, 16_384, 65_536, 262_144, usize::MAX] {
                let mut wire = Wire::served(&setup, echo());
                wire.feed_in(&input, size.min(input.len()));
                assert!(
                    wire.sent() == expected,
                    "{len} bytes by {way}, {size} at a time"
                );
                assert!(wire.conn.is_idle());
            }
        }
    }
}

#[test]
fn a_small_body_that_is_there_travels_with_its_request() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&with_length(&body(INLINE_BODY_MAX)));
    let entries = wire.entries();
    assert!(matches!(&entries[..], [Entry::Request(r)] if r.body == body(INLINE_BODY_MAX)));
    for input in [with_length(&body(INLINE_BODY_MAX + 1)), in_chunks(b"x", 1)] {
        let mut wire = Wire::new(&Setup::default());
        wire.feed(&input);
        let entries = wire.entries();
        assert!(
            matches!(&entries[0], Entry::Request(r) if r.body.is_empty()),
            "{entries:?}"
        );
        assert!(entries.len() > 1);
    }
}

#[test]
fn the_last_piece_of_a_known_length_says_so_and_chunks_end_by_themselves() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 4\n\n"));
    let slot = wire.request().slot;
    let piece = |bytes: &[u8], last| Entry::Body {
        slot,
        bytes: bytes.to_vec(),
        last,
        held: 2,
    };
    assert_eq!(wire.feed(b"ab").entries(), [piece(b"ab", false)]);
    assert_eq!(wire.feed(b"cd").entries(), [piece(b"cd", true)]);
    let mut wire = Wire::new(&Setup::default());
    wire.feed(&crlf(
        "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n",
    ));
    let slot = wire.request().slot;
    assert_eq!(wire.feed(b"2\r\nab\r\n").entries(), [piece(b"ab", false)]);
    assert_eq!(wire.feed(b"0\r\nA: b\r\n").entries(), []);
    let trailers = vec![("A".to_owned(), "b".to_owned())];
    assert_eq!(
        wire.feed(b"\r\n").entries(),
        [Entry::BodyEnd { slot, trailers }]
    );
}

#[test]
fn trailers_need_no_credit() {
    // The window is full to the byte when the trailers come.
    let setup = Setup::with(|config| config.limits.request_window_bytes = 65_536);
    let value = "v".repeat(30_000);
    for body_len in [65_536, 65_535, 65_530, 65_000, 131_072] {
        let mut input = in_chunks(&body(body_len), 4096);
        input.truncate(input.len() - 2);
        input.extend_from_slice(format!("T: {value}\r\n\r\n").as_bytes());
        let mut wire = Wire::served(&setup, echo());
        wire.feed(&input);
        assert!(wire.sent().starts_with(b"HTTP/1.1 200 "), "{body_len}");
    }
    let mut wire = Wire::new(&setup);
    let mut input = in_chunks(&body(65_000), 65_000);
    input.truncate(input.len() - 2);
    wire.feed(&input)
        .feed(format!("T: {value}\r\n\r\n").as_bytes());
    let entries = wire.entries();
    assert!(
        matches!(entries.last(), Some(Entry::BodyEnd { .. })),
        "room for 536 bytes is enough"
    );
}

#[test]
fn a_body_that_breaks_off_is_not_taken_for_complete() {
    for head in ["Content-Length: 9", "Transfer-Encoding: chunked"] {
        let mut wire = Wire::new(&Setup::default());
        wire.feed(&crlf(&format!(
            "POST /echo HTTP/1.1\nHost: a\n{head}\n\n5\nhell"
        )));
        let slot = wire.entries()[0].slot();
        wire.fin();
        let told = wire.entries();
        assert_eq!(told, [Entry::Cancel { slot, reason: 1 }], "{head}");
        assert_eq!(wire.end(), End::Closed);
    }
}
