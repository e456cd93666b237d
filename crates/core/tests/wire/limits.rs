//! Every limit of docs/limits.md: at its value nothing happens, one past it happens what the
//! document says. The rows of the document are the rows of this table; time is the test's.

use lanner_core::conn::deadline::STALLED_MS;
use lanner_core::limits::CONTRACT;
use lanner_core::sightings::{Breach, WATCH_LIMITS, WATCH_REJECTS};
use lanner_core::transport::trust::ProxyPolicy;
use lanner_core::{Config, Rate};
use lanner_proto::{LIMITS, LimitDoc};

use crate::live_limits::{connections, readiness, stall_interval, stall_threshold};
use crate::support::crlf;
use crate::support::echo::echo;
use crate::support::entries::Request;
use crate::support::ok;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};

/// What a peer and the counters saw of a limit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Status of the last reply; 0 for none.
    pub(crate) status: u16,
    /// Whether it said `Connection: close`.
    pub(crate) says_close: bool,
    /// How the connection ended: `""`, closed or reset.
    pub(crate) end: &'static str,
    pub(crate) rejects: Vec<&'static str>,
    pub(crate) counted: Vec<&'static str>,
    /// What whoever watches was told.
    pub(crate) told: Vec<&'static str>,
    /// Whether something waits that would otherwise have gone on.
    pub(crate) waits: bool,
}

impl Seen {
    fn of(wire: &mut Wire) -> Self {
        let sent = wire.sent_text();
        let last = sent.rfind("HTTP/1.1 ").map(|at| &sent[at..]);
        let counted = |name: &&str| wire.counter(name) > 0;
        let seen = wire.cx.board.sightings.take();
        Self {
            status: last.map_or(0, |reply| reply[9..12].parse().expect("a status")),
            says_close: last.is_some_and(|reply| reply.contains("Connection: close\r\n")),
            end: match wire.end() {
                End::Open => "",
                End::Shut | End::Closed => "closed",
                End::Reset => "reset",
            },
            rejects: wire.cx.counters.rejects().map(|(label, _)| label).collect(),
            counted: Breach::ALL
                .iter()
                .map(|breach| breach.label())
                .filter(counted)
                .collect(),
            told: seen.iter().map(|seen| seen.cause.label()).collect(),
            waits: false,
        }
    }

    fn waiting(wire: &mut Wire, waits: bool) -> Self {
        Self {
            waits,
            ..Self::of(wire)
        }
    }

    /// Whether nothing happened.
    fn is_fine(&self) -> bool {
        let quiet = [&self.rejects, &self.counted, &self.told].map(Vec::is_empty) == [true; 3];
        let quiet = quiet && !self.waits;
        quiet && matches!(self.status, 0 | 200) && !self.says_close && self.end.is_empty()
    }
}

/// What the document says of passing a limit, held against what was seen.
fn check(doc: &LimitDoc, seen: &Seen) {
    let says = |words: &str| doc.on_breach.contains(words);
    let digits: String = doc.on_breach.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits.is_empty(), !matches!(seen.status, 201..), "{seen:?}");
    if let Ok(status) = digits.parse::<u16>() {
        assert_eq!(seen.status, status);
    }
    let rejects: &[&str] = if doc.reject.is_empty() {
        &[]
    } else {
        &[doc.reject]
    };
    assert_eq!(seen.rejects, rejects);
    let counted = doc.on_breach.split_once("counted as `");
    let counted = counted.and_then(|(_, rest)| rest.split_once('`'));
    assert_eq!(seen.counted, counted.map_or(vec![], |(name, _)| vec![name]));
    let told = [&seen.rejects[..], &seen.counted].concat();
    assert_eq!(seen.told, told, "an event beside each counter");
    let ends = match () {
        () if says("reset") => "reset",
        () if says("close") && !says("readiness") => "closed",
        () => "",
    };
    assert_eq!(seen.end, ends);
    let replied = seen.status != 0 && ends == "closed" && !says("closed after the reply");
    assert_eq!(seen.says_close, replied, "an end that the reply announces");
    let refused = !digits.is_empty() || !ends.is_empty();
    assert_eq!(
        seen.waits, !refused,
        "backpressure, where nothing is refused"
    );
}

pub(crate) fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

fn post(rest: &str) -> Vec<u8> {
    crlf(&format!("POST /echo HTTP/1.1\nHost: a\n{rest}"))
}

fn xs(n: usize) -> String {
    "x".repeat(n)
}

/// A connection that is watched, with an isolate that does nothing by itself.
fn open(change: impl FnOnce(&mut Config)) -> Wire {
    let wire = Wire::new(&Setup::with(change));
    wire.cx.board.sightings.watch(WATCH_REJECTS | WATCH_LIMITS);
    wire
}

/// One that expects a PROXY header, within 100 ms.
fn proxied(input: &[u8], ms: u64) -> Seen {
    let mut wire = open(|_| {});
    let policy = ProxyPolicy {
        trusted: Vec::new(),
        required: true,
        timeout_ms: 100,
    };
    wire.conn.expect_proxy(&wire.cx, policy.into());
    wire.feed(input).pass(ms);
    Seen::of(&mut wire)
}

/// The same with one that replies.
fn echoing(change: impl FnOnce(&mut Config)) -> Wire {
    let wire = Wire::served(&Setup::with(change), echo());
    wire.cx.board.sightings.watch(WATCH_REJECTS | WATCH_LIMITS);
    wire
}

/// A connection whose isolate replies, and what it was given.
fn served(change: impl FnOnce(&mut Config), input: &[u8]) -> Seen {
    let mut wire = echoing(change);
    wire.feed(input);
    Seen::of(&mut wire)
}

/// The same with an isolate that does nothing, and with time that passes.
fn silent(change: impl FnOnce(&mut Config), input: &[u8], ms: u64) -> Seen {
    let mut wire = open(change);
    wire.feed(input).pass(ms);
    Seen::of(&mut wire)
}

/// A chunked upload of content in pieces of `size` with these extensions.
fn extended(extensions: &[usize]) -> Vec<u8> {
    let chunk = |&n: &usize| match n {
        0 => "1\r\nx\r\n".to_owned(),
        n => format!("1;{}\r\nx\r\n", xs(n - 1)),
    };
    let chunks: String = extensions.iter().map(chunk).collect();
    [
        post("Transfer-Encoding: chunked\n\n"),
        chunks.into_bytes(),
        b"0\r\n\r\n".to_vec(),
    ]
    .concat()
}

/// One limit: its value at the limit, or one past it.
type Row = (&'static str, fn(usize) -> Seen);

/// By the names of the document's rows. `past` is 0 at the limit and 1 past it.
const ROWS: &[Row] = &[
    ("request_line_bytes", |past| {
        // "GET /" and " HTTP/1.1", with the line end, are 16 bytes.
        let line = format!("GET /?{} HTTP/1.1\nHost: a\n\n", xs(47 + past));
        served(|config| config.limits.request_line_bytes = 64, &crlf(&line))
    }),
    ("header_bytes", |past| {
        // "Host: a" and "A: ", with their line ends, are 14 bytes.
        let head = format!("GET / HTTP/1.1\nHost: a\nA: {}\n\n", xs(50 + past));
        served(|config| config.limits.header_bytes = 64, &crlf(&head))
    }),
    ("head_bytes", |past| {
        // The entry has the path twice: as it came, and decoded.
        let path = format!("/files/{}", "%61".repeat(1000));
        let start = crlf(&format!("GET {path} HTTP/1.1\nHost: a\nA: "));
        let most = usize::from(u16::MAX) - "/files/".len() - 1000;
        let value = xs(most - start.len() - "\r\n\r\n".len() + past);
        let head = [&start[..], value.as_bytes(), b"\r\n\r\n"].concat();
        served(|config| config.limits.header_bytes = 65_517, &head)
    }),
    ("headers", |past| {
        let head = format!("GET / HTTP/1.1\nHost: a\n{}\n", "A: b\n".repeat(3 + past));
        served(|config| config.limits.headers = 4, &crlf(&head))
    }),
    ("body_bytes", |past| {
        let body = xs(10 + past);
        let input = post(&format!("Content-Length: {}\n\n{body}", body.len()));
        served(|config| config.limits.body_bytes = Some(10), &input)
    }),
    ("chunk_extension_bytes", |past| {
        served(|_| {}, &extended(&[256 + past]))
    }),
    ("chunk_extensions_bytes", |past| {
        let mut all = vec![256; 63];
        all.extend([254, 2 + past]);
        served(|_| {}, &extended(&all))
    }),
    ("leading_empty_lines", |past| {
        let input = [b"\r\n".repeat(1 + past), get()].concat();
        served(|_| {}, &input)
    }),
    ("request_window_bytes", |past| {
        let mut wire = open(|config| config.limits.request_window_bytes = 65_536);
        wire.feed(&post("Content-Length: 100000\n\n"));
        wire.feed(xs(65_536 + past).as_bytes());
        let waits = wire.unread() > 0;
        Seen::waiting(&mut wire, waits)
    }),
    ("reply_window_bytes", |past| {
        let mut wire = open(|config| config.limits.reply_window_bytes = 4096);
        wire.peer_takes(0);
        let slot = wire.feed(&get()).request().slot;
        let body = xs(4096 + past - (ok(&xs(1000)).len() - 1000));
        wire.flush(|records| records.reply(slot, text(&body)));
        let waits = wire.feed(&get()).requests().is_empty();
        Seen::waiting(&mut wire, waits)
    }),
    ("pipelined", |past| {
        let mut wire = open(|config| config.limits.pipelined = 2);
        let begun = wire.feed(&get().repeat(2 + past)).requests().len();
        Seen::waiting(&mut wire, begun < 2 + past)
    }),
    ("allow_bare_lf", |past| {
        let input = b"GET / HTTP/1.1\nHost: a\n\n";
        served(|config| config.limits.allow_bare_lf = past == 0, input)
    }),
    ("connections", connections),
    ("requests_per_connection", |past| {
        let input = get().repeat(1 + past);
        served(|config| config.requests_per_connection = 2, &input)
    }),
    ("drain_bytes", |past| {
        let mut wire = open(|config| config.drain_bytes = 100);
        let slot = wire
            .feed(&post("Transfer-Encoding: chunked\n\n"))
            .request()
            .slot;
        wire.flush(|records| records.reply(slot, text("no")));
        wire.feed(format!("{:x}\r\n{}", 100 + past, xs(100 + past)).as_bytes());
        Seen::of(&mut wire)
    }),
    ("headers_ms", |past| {
        silent(
            |config| config.timeouts.headers_ms = 100,
            b"GET /",
            99 + past as u64,
        )
    }),
    ("proxy_header_bytes", |past| {
        let mut header = b"\r\n\r\n\0\r\nQUIT\n\x20\0".to_vec();
        let rest = 4096 - 16 + past;
        header.extend_from_slice(&(rest as u16).to_be_bytes());
        header.resize(16 + rest, 0);
        proxied(&header, 0)
    }),
    ("proxy_header_ms", |past| {
        proxied(b"PROXY", 99 + past as u64)
    }),
    ("keep_alive_ms", |past| {
        silent(
            |config| config.timeouts.keep_alive_ms = 100,
            b"",
            99 + past as u64,
        )
    }),
    ("drain_ms", |past| {
        let mut wire = open(|config| config.timeouts.drain_ms = 100);
        let slot = wire.feed(&post("Content-Length: 10\n\n")).request().slot;
        wire.flush(|records| records.reply(slot, text("no"))).sent();
        wire.pass(99 + past as u64);
        Seen::of(&mut wire)
    }),
    ("half_closed_ms", |past| {
        let mut wire = open(|config| config.timeouts.half_closed_ms = 100);
        wire.feed(&get()).request();
        wire.fin().pass(99 + past as u64);
        Seen::of(&mut wire)
    }),
    ("request_ms", |past| {
        silent(
            |config| config.timeouts.request_ms = 100,
            &get(),
            99 + past as u64,
        )
    }),
    ("connection_age_ms", |past| {
        let mut wire = echoing(|config| config.timeouts.connection_age_ms = 100);
        wire.pass(99 + past as u64).feed(&get());
        Seen::of(&mut wire)
    }),
    // A byte more, or a byte less, in a second.
    ("rates.request", |past| slow_body(1_000, 101 - past, 1_000)),
    ("rates.request.grace_ms", |past| {
        slow_body(1_000, 1, 999 + past as u64)
    }),
    ("rates.response", |past| {
        slow_reply(1_000, 101 - past, 1_000)
    }),
    ("rates.response.grace_ms", |past| {
        slow_reply(1_000, 1, 999 + past as u64)
    }),
    ("stalled_ms", |past| {
        let mut wire = open(|config| config.rates.response.bytes_per_second = 0);
        wire.peer_takes("HTTP/1.1 200 OK\r\n".len());
        let last = crlf("GET / HTTP/1.1\nHost: a\nConnection: close\n\n");
        let slot = wire.feed(&last).request().slot;
        wire.flush(|records| records.reply(slot, text("the end")));
        wire.pass(STALLED_MS - 1 + past as u64);
        Seen::of(&mut wire)
    }),
    ("overload.in_flight", |past| {
        let mut wire = open(|config| config.overload.in_flight = 2);
        let requests = wire.feed(&get().repeat(2 + past)).requests();
        replied(&mut wire, &requests)
    }),
    ("overload.queue_delay_ms", |past| {
        let mut wire = open(|config| config.overload.queue_delay_ms = 100);
        wire.set_stuck(true).feed(&get());
        // Above the target for the interval.
        wire.pass(100)
            .feed(&get())
            .pass(999 + past as u64)
            .feed(&get());
        let requests = wire.set_stuck(false).requests();
        replied(&mut wire, &requests)
    }),
    ("max_loop_delay_ms", readiness),
    ("body_memory_bytes", |past| {
        let mut wire = open(|config| config.body_memory_bytes = 1_000);
        // The last byte that there is room for; with it nothing more is let in.
        wire.cx.memory.hold(999 + past);
        let requests = wire.feed(&get()).requests();
        replied(&mut wire, &requests)
    }),
    ("stall_threshold_ms", stall_threshold),
    ("stall_interval_ms", stall_interval),
];

/// What is seen once those that were admitted are replied: a shed one waits for its turn.
fn replied(wire: &mut Wire, requests: &[Request]) -> Seen {
    wire.flush(|records| {
        for request in requests {
            records.reply(request.slot, text(""));
        }
        records
    });
    Seen::of(wire)
}

fn slow(config: &mut Config, grace_ms: u64) {
    let rate = Rate {
        bytes_per_second: 100,
        grace_ms,
    };
    config.rates.request = rate;
    config.rates.response = rate;
}

fn slow_body(grace_ms: u64, bytes: usize, ms: u64) -> Seen {
    let input = [post("Content-Length: 1000\n\n"), xs(bytes).into_bytes()].concat();
    silent(|config| slow(config, grace_ms), &input, ms)
}

fn slow_reply(grace_ms: u64, bytes: usize, ms: u64) -> Seen {
    let mut wire = open(|config| slow(config, grace_ms));
    wire.peer_takes(bytes);
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| {
        records
            .reply(slot, stream())
            .write(slot, xs(500).as_bytes())
    });
    wire.pass(ms);
    Seen::of(&mut wire)
}

#[test]
fn every_limit_does_what_the_document_says_and_not_before() {
    for doc in LIMITS.iter().chain(CONTRACT) {
        let row = ROWS.iter().find(|(name, _)| *name == doc.name);
        let (name, run) = row.unwrap_or_else(|| panic!("no test for the limit {}", doc.name));
        let at = run(0);
        assert!(at.is_fine(), "{name} at its value: {at:?}");
        let past = run(1);
        println!("{name}: {past:?}");
        check(doc, &past);
    }
}

#[test]
fn every_row_is_a_limit_of_the_document() {
    for (name, _) in ROWS {
        let found = LIMITS.iter().chain(CONTRACT).find(|doc| doc.name == *name);
        assert!(found.is_some(), "{name}");
    }
}
