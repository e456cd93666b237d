//! Many connections, large bodies both ways, peers that vanish.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::Shutdown;

use lanner_bridge::SlotId;
use lanner_core::Config;
use lanner_core::config::Timeouts;
use lanner_core::sightings::{Breach, Cause, WATCH_LIMITS};

use crate::support::crlf;
use crate::support::entries::Entry;
use crate::support::live::{Client, Live, LiveHandler, echo, eventually};
use crate::support::records::{Records, stream, text};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn small_windows() -> Config {
    let mut config = Config::default();
    config.limits.request_window_bytes = 65_536;
    config.limits.reply_window_bytes = 4096;
    config
}

#[test]
fn many_connections_are_served_at_once() {
    let live = Live::start(Config::default(), echo());
    let mut clients: Vec<Client> = (0..300).map(|_| live.connect()).collect();
    for round in 0..5 {
        for (index, client) in clients.iter_mut().enumerate() {
            let input = crlf(&format!("GET /?{round}-{index} HTTP/1.1\nHost: a\n\n"));
            client.send(&input.repeat(1 + index % 3));
        }
        for (index, client) in clients.iter_mut().enumerate() {
            for _ in 0..1 + index % 3 {
                let (status, body) = client.reply();
                assert_eq!(status, 200);
                assert_eq!(body, format!("GET /?{round}-{index}").as_bytes());
            }
        }
    }
    assert_eq!(live.counter("connections"), 300);
    drop(clients);
    eventually("all end", || live.counter("connections") == 0);
    live.close(1_000);
}

/// One body on its way back to its sender.
#[derive(Default)]
struct Echo {
    waiting: VecDeque<Vec<u8>>,
    credit: usize,
    held: usize,
    over: bool,
}

impl Echo {
    /// Sends what there is credit for, and reads as much; whether all of it is sent.
    fn go_on(&mut self, slot: SlotId, records: &mut Records) -> bool {
        while let Some(piece) = self.waiting.pop_front() {
            let n = piece.len().min(self.credit);
            if n == 0 {
                self.waiting.push_front(piece);
                return false;
            }
            records.write(slot, &piece[..n]).read(slot, n as u32);
            self.credit -= n;
            self.held -= n;
            if n < piece.len() {
                self.waiting.push_front(piece[n..].to_vec());
            }
        }
        if self.over {
            records.end(slot);
        }
        self.over
    }
}

/// Sends back what comes, within both windows: reads only what the peer has taken.
fn stream_echo(window: usize) -> LiveHandler {
    let mut open: HashMap<(usize, SlotId), Echo> = HashMap::new();
    Box::new(move |entry, lane, records| {
        let key = (lane, entry.slot());
        if let Entry::Request(request) = entry {
            records.reply(request.slot, stream());
            open.insert(
                key,
                Echo {
                    credit: window,
                    ..Echo::default()
                },
            );
        }
        let Some(echo) = open.get_mut(&key) else {
            return;
        };
        let mut gone = false;
        match entry {
            Entry::Request(_) | Entry::Cancel { reason: 7, .. } => {}
            Entry::Body { bytes, last, .. } => {
                echo.held += bytes.len();
                assert!(echo.held <= 65_536, "past the window: {}", echo.held);
                echo.waiting.push_back(bytes.clone());
                echo.over |= last;
            }
            Entry::BodyEnd { .. } => echo.over = true,
            Entry::Credit { bytes, .. } => {
                echo.credit += *bytes as usize;
                assert!(echo.credit <= window, "more credit than the window");
            }
            Entry::Cancel { .. } => gone = true,
            Entry::Fault { code, .. } => panic!("nothing is wrong: {code}"),
        }
        if gone || echo.go_on(key.1, records) {
            open.remove(&key);
        }
    })
}

/// Bytes that tell their place.
fn pattern(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at % 251) as u8 ^ (at / 251 % 256) as u8)
        .collect()
}

/// Undoes chunk framing.
fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = bytes
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .expect("a size line");
        let size = std::str::from_utf8(&bytes[..line]).expect("ASCII");
        let size = usize::from_str_radix(size, 16).expect("a size");
        bytes = &bytes[line + 2..];
        if size == 0 {
            assert_eq!(bytes, b"\r\n");
            return body;
        }
        body.extend_from_slice(&bytes[..size]);
        bytes = &bytes[size + 2..];
    }
}

#[test]
fn ten_megabytes_pass_both_ways_through_small_windows() {
    let live = Live::start(small_windows(), stream_echo(4096));
    let body = pattern(10_000_000);
    for chunked in [false, true] {
        let mut client = live.connect();
        let mut writer = client.stream.try_clone().expect("a second handle");
        let sent = body.clone();
        let thread = std::thread::spawn(move || {
            let head = "POST /echo HTTP/1.1\nHost: a\nConnection: close\n";
            if chunked {
                let head = crlf(&format!("{head}Transfer-Encoding: chunked\n\n"));
                writer.write_all(&head).expect("sent");
                for chunk in sent.chunks(33_333) {
                    let size = format!("{:x}\r\n", chunk.len());
                    let framed = [size.as_bytes(), chunk, b"\r\n"].concat();
                    writer.write_all(&framed).expect("sent");
                }
                writer.write_all(b"0\r\n\r\n").expect("sent");
            } else {
                let head = crlf(&format!("{head}Content-Length: {}\n\n", sent.len()));
                writer.write_all(&head).expect("sent");
                writer.write_all(&sent).expect("sent");
            }
        });
        client.head();
        let (rest, error) = client.rest();
        thread.join().expect("the writer");
        assert!(unchunked(&rest) == body, "{} bytes, {error:?}", rest.len());
    }
    live.close(1_000);
}

#[test]
fn a_client_that_never_reads_holds_a_window_and_nobody_else() {
    // A reply without end, as long as there is credit.
    let (tell, told) = std::sync::mpsc::channel();
    let mut credit = 4096usize;
    let mut written = 0u64;
    let handler: LiveHandler = Box::new(move |entry, _, records| match entry {
        Entry::Request(request) if request.target == "/?endless" => {
            records
                .reply(request.slot, stream())
                .write(request.slot, &vec![b'x'; credit]);
            written += credit as u64;
            credit = 0;
        }
        Entry::Credit { slot, bytes } => {
            credit += *bytes as usize;
            records.write(*slot, &vec![b'x'; credit]);
            written += credit as u64;
            credit = 0;
        }
        Entry::Cancel { reason, .. } => tell.send((*reason, written)).expect("the test listens"),
        Entry::Request(request) => {
            records.reply(request.slot, text("other"));
        }
        _ => {}
    });
    let live = Live::start(small_windows(), handler);
    let mut stuck = live.connect();
    stuck.send(b"GET /?endless HTTP/1.1\r\nHost: a\r\n\r\n");
    // The socket buffers fill; after that nothing moves.
    let (mut last, mut same) = (0, 0);
    eventually("the stream stalls", || {
        let sent = live.counter("bytes_out");
        same = if sent == last && sent > 0 {
            same + 1
        } else {
            0
        };
        last = sent;
        same > 100
    });
    let mut other = live.connect();
    for _ in 0..100 {
        assert_eq!(other.send(GET).reply(), (200, b"other".to_vec()));
    }
    stuck.reset();
    let (reason, written) = told
        .recv_timeout(crate::support::live::DEADLINE)
        .expect("a cancel");
    assert_eq!(reason, 1);
    assert!(
        written <= last + 4096 + 200,
        "{written} written, {last} sent"
    );
    live.close(1_000);
}

#[test]
fn a_client_that_never_writes_is_closed() {
    let timeouts = Timeouts {
        headers_ms: 100,
        keep_alive_ms: 100,
        drain_ms: 100,
        ..Timeouts::default()
    };
    let config = Config {
        timeouts,
        ..Config::default()
    };
    let live = Live::start(config, echo());
    let mut silent = live.connect();
    let mut begun = live.connect();
    begun.send(b"GET / HT");
    assert_eq!(silent.rest(), (Vec::new(), None));
    let (reply, _) = begun.rest();
    assert!(
        reply.starts_with(b"HTTP/1.1 408 "),
        "{}",
        reply.escape_ascii()
    );
    assert_eq!(live.counter("keep_alive_timeouts"), 1);
    eventually("both are gone", || live.counter("connections") == 0);
    live.close(1_000);
}

#[test]
fn handlers_hear_of_a_reset_whatever_they_wait_for() {
    let (tell, told) = std::sync::mpsc::channel();
    let handler: LiveHandler = Box::new(move |entry, _, _| match entry {
        Entry::Request(_) => tell.send(None).expect("the test listens"),
        Entry::Cancel { reason, .. } => tell.send(Some(*reason)).expect("the test listens"),
        _ => {}
    });
    let mut config = small_windows();
    config.timeouts.drain_ms = 100;
    let live = Live::start(config, handler);
    let requests: [(&str, Vec<u8>); 5] = [
        ("GET", GET.to_vec()),
        (
            "POST",
            crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi"),
        ),
        (
            "close",
            crlf("GET / HTTP/1.1\nHost: a\nConnection: close\n\n"),
        ),
        (
            "half a body",
            crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 9\n\nhi"),
        ),
        (
            "a full window",
            [
                crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 900000\n\n"),
                vec![b'x'; 150_000],
            ]
            .concat(),
        ),
    ];
    for (name, request) in requests {
        for way in ["reset", "close"] {
            // A peer that closes behind a full window is noticed when the handler reads on.
            if (name, way) == ("a full window", "close") {
                continue;
            }
            let mut client = live.connect();
            client.send(&request);
            let wait = || {
                told.recv_timeout(crate::support::live::DEADLINE)
                    .expect(name)
            };
            assert_eq!(wait(), None, "{name}");
            match way {
                "reset" => client.reset(),
                _ => drop(client),
            }
            let reason = wait().expect("a cancel");
            let expected: &[u32] = if way == "reset" { &[1] } else { &[1, 7] };
            assert!(expected.contains(&reason), "{name}, {way}: {reason}");
            if reason == 7 {
                // Half-closed as far as anybody can tell; given up after the drain time.
                assert_eq!(wait(), Some(1), "{name}");
            }
            eventually("the connection ends", || live.counter("connections") == 0);
        }
    }
    live.close(1_000);
}

#[test]
fn a_half_closed_client_gets_its_replies() {
    let live = Live::start(Config::default(), echo());
    let mut client = live.connect();
    client.send(&GET.repeat(3));
    client
        .stream
        .shutdown(Shutdown::Write)
        .expect("half-closed");
    let (rest, error) = client.rest();
    assert_eq!(error, None);
    assert_eq!(
        String::from_utf8_lossy(&rest)
            .matches("HTTP/1.1 200 OK\r\n")
            .count(),
        3
    );
    live.close(1_000);
}

#[test]
fn a_reply_to_a_refused_upload_arrives() {
    // The client is still sending when the refusal comes; no reset may eat it (RFC 9112 9.6).
    let mut config = Config::default();
    config.limits.body_bytes = Some(1_000_000);
    let live = Live::start(config, echo());
    for round in 0..10 {
        let mut client = live.connect();
        let mut writer = client.stream.try_clone().expect("a second handle");
        let thread = std::thread::spawn(move || {
            let head = match round % 2 {
                0 => "Content-Length: 20000000\n\n",
                _ => "Transfer-Encoding: chunked\n\nffffff\n",
            };
            let head = crlf(&format!("POST /echo HTTP/1.1\nHost: a\n{head}"));
            let sent = writer
                .write_all(&head)
                .and_then(|()| (0..200).try_for_each(|_| writer.write_all(&[b'x'; 50_000])));
            let _ = writer.shutdown(Shutdown::Write);
            sent
        });
        let (rest, _) = client.rest();
        assert!(
            rest.starts_with(b"HTTP/1.1 413 "),
            "{}",
            rest.escape_ascii()
        );
        thread.join().expect("the writer").expect("sent to the end");
    }
    live.close(1_000);
}

#[test]
fn connections_dropped_mid_request_leave_nothing() {
    let live = Live::start(small_windows(), echo());
    let halves: [Vec<u8>; 5] = [
        Vec::new(),
        b"GET / HT".to_vec(),
        crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 100\n\nhalf"),
        crlf("POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhel"),
        GET.repeat(20),
    ];
    for round in 0..4 {
        let mut clients: Vec<Client> = (0..128).map(|_| live.connect()).collect();
        for (index, client) in clients.iter_mut().enumerate() {
            client.send(&halves[(index + round) % halves.len()]);
        }
        for (index, client) in clients.into_iter().enumerate() {
            if index % 2 == 0 {
                client.reset();
            }
        }
        eventually("all are gone", || live.counter("connections") == 0);
    }
    assert_eq!(live.connect().send(GET).reply(), (200, b"GET /".to_vec()));
    eventually("nothing is in flight", || live.counter("in_flight") == 0);
    live.close(1_000);
}

#[test]
fn a_stuck_reader_of_a_large_reply_gets_it_whole_in_the_end() {
    let large = pattern(3_000_000);
    let body = large.clone();
    let handler: LiveHandler = Box::new(move |entry, _, records| {
        if let Entry::Request(request) = entry {
            let mut reply = text("");
            reply.body = &body;
            records.reply_large(request.slot, reply);
        }
    });
    let live = Live::start(Config::default(), handler);
    let mut client = live.connect();
    client.send(&GET.repeat(2));
    for _ in 0..2 {
        client.head();
        let mut got = Vec::new();
        let mut buffer = [0; 10_000];
        while got.len() < large.len() {
            let n = client
                .stream
                .read(&mut buffer[..(large.len() - got.len()).min(10_000)]);
            let n = n.expect("read");
            assert!(n > 0, "ended after {}", got.len());
            got.extend_from_slice(&buffer[..n]);
        }
        assert!(got == large);
    }
    live.close(1_000);
}

#[test]
fn past_the_limit_a_connection_is_closed_without_a_reply() {
    let config = Config {
        connections: 2,
        io_threads: 2,
        ..Config::default()
    };
    let live = Live::start(config, echo());
    live.server.sightings().watch(WATCH_LIMITS);
    let mut clients = [live.connect(), live.connect()];
    for client in &mut clients {
        assert_eq!(client.send(GET).reply().0, 200);
    }
    let mut third = live.connect();
    assert_eq!(third.rest().0, b"");
    assert_eq!(live.counter("connections_refused"), 1);
    let seen = live.server.sightings().take();
    let seen: Vec<_> = seen
        .iter()
        .map(|seen| (seen.cause, seen.whom.remote))
        .collect();
    let refused = third.stream.local_addr().ok();
    let cause = Cause::Limit(Breach::ConnectionRefused);
    assert_eq!(seen, [(cause, refused)]);
    let [first, mut second] = clients;
    drop(first);
    eventually("a seat is free", || live.counter("connections") == 1);
    assert_eq!(live.connect().send(GET).reply().0, 200);
    assert_eq!(second.send(GET).reply().0, 200);
    live.close(1_000);
}
