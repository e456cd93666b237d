//! Runs a case in every way in which a network could deliver it.
//!
//! Whole; in two pieces at every byte; byte by byte; with copies of itself behind; behind a request
//! that is answered at once, and behind one that is answered last. The bytes that come out must be
//! the same each time.

use super::DATE;
use super::echo::echo;
use super::entries::Entry;
use super::records::text;
use super::wire::{End, Setup, Wire};

/// Bytes in, bytes out.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u8>,
    /// Whether the connection ends afterwards.
    pub(crate) closes: bool,
}

impl Case {
    pub(crate) fn new(name: &str, input: &[u8], output: &[u8], closes: bool) -> Self {
        Self {
            name: name.to_owned(),
            input: input.to_vec(),
            output: output.to_vec(),
            closes,
        }
    }
}

/// Runs `case` in every way, against handlers that echo.
pub(crate) fn check(setup: &Setup, case: &Case) {
    let Case {
        name,
        input,
        output,
        closes,
    } = case;
    let run = |way: &str, pieces: &[&[u8]], expected: &[u8]| {
        let mut wire = Wire::served(setup, echo());
        for piece in pieces {
            wire.feed(piece);
        }
        let end = if *closes { End::Shut } else { End::Open };
        same(name, way, &wire.sent(), expected);
        assert_eq!(wire.end(), end, "{name}, {way}: the connection");
        if !closes {
            assert!(wire.conn.is_idle(), "{name}, {way}: not at rest");
        }
        wire.fin();
        assert_eq!(
            wire.end(),
            End::Closed,
            "{name}, {way}: after the peer's end"
        );
        assert!(wire.sent().is_empty(), "{name}, {way}: bytes after the end");
    };
    run("whole", &[input], output);
    for at in 1..input.len() {
        let (first, second) = input.split_at(at);
        run(&format!("cut at {at}"), &[first, second], output);
    }
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    run("byte by byte", &bytes, output);
    let times = if *closes { 1 } else { 3 };
    let expected = output.repeat(times);
    run("three times", &[&input.repeat(3)], &expected);
    let copies = input.repeat(3);
    let bytes: Vec<&[u8]> = copies.chunks(1).collect();
    run("three times, byte by byte", &bytes, &expected);
    let pieces: Vec<&[u8]> = copies.chunks(7).collect();
    run("three times, seven bytes each", &pieces, &expected);
    let before = [FIRST, input].concat();
    let expected = [&first_reply(), output.as_slice()].concat();
    run("behind another", &[&before], &expected);
    let bytes: Vec<&[u8]> = before.chunks(1).collect();
    run("behind another, byte by byte", &bytes, &expected);
    behind_a_slow_one(setup, case, &expected);
}

/// The case waits behind a request whose handler takes its time.
fn behind_a_slow_one(setup: &Setup, case: &Case, expected: &[u8]) {
    let Case { name, input, .. } = case;
    for size in [1, input.len()] {
        let mut served = echo();
        let mut slow = None;
        let mut release = None;
        let (give, take) = std::sync::mpsc::channel();
        let handler = move |entry: &Entry, records: &mut super::records::Records| {
            if slow.is_none() {
                slow = Some(entry.slot());
                give.send(entry.slot()).expect("the test listens");
            } else {
                served(entry, records);
            }
        };
        let mut wire = Wire::served(setup, Box::new(handler));
        wire.feed(FIRST);
        release.get_or_insert(take.recv().expect("the first request"));
        wire.feed_in(input, size);
        let early = wire.sent();
        assert!(
            early.is_empty(),
            "{name}: overtook the reply before it: {early:?}"
        );
        wire.flush(|records| records.reply(release.expect("set above"), text("GET /")));
        same(name, "behind a slow one", &wire.sent(), expected);
    }
}

const FIRST: &[u8] = b"GET / HTTP/1.1\r\nHost: first\r\n\r\n";

fn first_reply() -> Vec<u8> {
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n";
    format!("{head}Date: {DATE}\r\n\r\nGET /").into_bytes()
}

/// Fails with both sides as text.
pub(crate) fn same(name: &str, way: &str, got: &[u8], expected: &[u8]) {
    assert!(
        got == expected,
        "{name}, {way}:\n--- got\n{}\n--- expected\n{}\n---",
        got.escape_ascii().to_string().replace("\\r\\n", "\n"),
        expected.escape_ascii().to_string().replace("\\r\\n", "\n"),
    );
}
