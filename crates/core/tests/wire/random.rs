//! Random requests, cut at random, with handlers and a peer that take their time at random.
//!
//! Whatever the order of things: replies come in request order, whole or visibly cut, every body
//! reaches its handler as it was sent, and when all have done their part the connection is at rest.
//! A connection that waits for an event that never comes fails here. Then the same with something
//! that goes wrong on the way: nothing panics, and everything is given back.

use std::collections::VecDeque;

use lanner_bridge::SlotId;
use lanner_core::dispatch::layout;

use crate::support::crlf;
use crate::support::entries::Entry;
use crate::support::records::{counted, stream, text};
use crate::support::wire::{End, Setup, Wire};

const RUNS: u64 = 1_000;

/// Numbers from a seed (xorshift).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        random.below(1);
        random
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % n.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Often small, sometimes large.
    fn size(&mut self) -> usize {
        let most = [0, 10, 1_000, 20_000, 150_000][self.below(5)];
        self.below(most + 1)
    }
}

/// One request and what its handler does with it.
struct Exchange {
    body: Vec<u8>,
    /// Pieces of the reply; none for a whole one.
    pieces: Option<VecDeque<Vec<u8>>>,
    reply: Vec<u8>,
    /// Whether the handler replies before it has the body.
    early: bool,
}

/// A request under way in the isolate.
struct Running {
    slot: SlotId,
    number: usize,
    body: Vec<u8>,
    complete: bool,
    begun: bool,
    credit: usize,
}

struct Run {
    random: Random,
    wire: Wire,
    exchanges: Vec<Exchange>,
    input: VecDeque<u8>,
    running: Vec<Running>,
    seen: usize,
    window: usize,
    output: Vec<u8>,
    /// Whether something goes wrong on the way.
    disturbed: bool,
}

fn bytes(random: &mut Random, len: usize) -> Vec<u8> {
    let first = random.below(26) as u8;
    (0..len)
        .map(|at| b'a' + (first + (at % 7) as u8) % 26)
        .collect()
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let window = [64, 500, 65_536][random.below(3)];
        let setup = Setup::with(|config| {
            config.limits.request_window_bytes = [100, 5_000, 1_048_576][random.below(3)];
            config.limits.reply_window_bytes = window as u32;
            config.limits.pipelined = [1, 2, 32][random.below(3)];
            config.drain_bytes = 1 << 40;
        });
        let mut run = Self {
            wire: Wire::new(&setup),
            exchanges: Vec::new(),
            input: VecDeque::new(),
            running: Vec::new(),
            seen: 0,
            window,
            output: Vec::new(),
            disturbed: false,
            random,
        };
        for _ in 0..1 + run.random.below(8) {
            run.add_request();
        }
        run
    }

    fn add_request(&mut self) {
        let random = &mut self.random;
        let (len, reply_len) = (random.size(), random.size());
        let body = bytes(random, len);
        let number = self.exchanges.len();
        let method = ["GET", "POST", "OPTIONS"][random.below(3)];
        let mut head = format!("{method} /any?{number} HTTP/1.1\nHost: a\n");
        let mut framed = body.clone();
        match random.below(3) {
            0 => framed.clear(),
            1 => head.push_str(&format!("Content-Length: {len}\n")),
            _ => {
                head.push_str("Transfer-Encoding: chunked\n");
                framed.clear();
                let size = 1 + random.below(30_000);
                for chunk in body.chunks(size) {
                    framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    framed.extend_from_slice(chunk);
                    framed.extend_from_slice(b"\r\n");
                }
                framed.extend_from_slice(b"0\r\nT: u\r\n\r\n");
            }
        }
        let reply = bytes(random, reply_len);
        let pieces = random.one_in(2).then(|| {
            let size = 1 + random.below(3_000);
            reply.chunks(size).map(<[u8]>::to_vec).collect()
        });
        let early = random.one_in(5);
        let body = if framed.is_empty() { Vec::new() } else { body };
        self.exchanges.push(Exchange {
            body,
            pieces,
            reply,
            early,
        });
        self.input.extend(crlf(&format!("{head}\n")));
        self.input.extend(framed);
    }

    /// Takes what there is; reading a body brings more of it.
    fn take_entries(&mut self) {
        let mut entries: VecDeque<Entry> = self.wire.entries().into();
        while let Some(entry) = entries.pop_front() {
            self.take(entry);
            entries.extend(self.wire.entries());
        }
    }

    fn take(&mut self, entry: Entry) {
        let slot = entry.slot();
        let place = self.running.iter().position(|running| running.slot == slot);
        match entry {
            Entry::Request(request) => {
                let expected = format!("/any?{}", self.seen);
                assert_eq!(request.target, expected, "requests come in order");
                self.running.push(Running {
                    slot,
                    number: self.seen,
                    complete: request.is_complete(),
                    body: request.body.clone(),
                    begun: false,
                    credit: self.window,
                });
                self.seen += 1;
            }
            // What a handler that is done with its request is still told is nobody's.
            _ if place.is_none() => {}
            Entry::Body { bytes, last, .. } => {
                let running = &mut self.running[place.expect("checked")];
                running.body.extend_from_slice(&bytes);
                running.complete |= last;
                let n = bytes.len() as u32;
                self.wire.flush(|records| records.read(slot, n));
            }
            Entry::BodyEnd { trailers, .. } => {
                assert_eq!(trailers, [("T".to_owned(), "u".to_owned())]);
                self.running[place.expect("checked")].complete = true;
            }
            Entry::Credit { bytes, .. } => {
                let running = &mut self.running[place.expect("checked")];
                running.credit += bytes as usize;
                assert!(running.credit <= self.window || self.disturbed);
            }
            Entry::Cancel { reason, .. } => {
                assert!(self.disturbed, "nothing was given up: {reason}");
                if reason != layout::CANCEL_HALF_CLOSED {
                    self.running.remove(place.expect("checked"));
                }
            }
            Entry::Fault { code, .. } => assert!(self.disturbed, "nothing was wrong: {code}"),
        }
    }

    /// A running handler, at random, does one step.
    fn step(&mut self) -> bool {
        if self.running.is_empty() {
            return false;
        }
        let at = self.random.below(self.running.len());
        let running = &mut self.running[at];
        let exchange = &mut self.exchanges[running.number];
        let slot = running.slot;
        if !running.complete && !exchange.early {
            return false;
        }
        if running.complete {
            assert!(
                running.body == exchange.body,
                "the body of {}",
                running.number
            );
        }
        let Some(pieces) = &mut exchange.pieces else {
            let mut reply = text("");
            reply.body = &exchange.reply;
            let large = self.random.one_in(3);
            self.wire.flush(|records| match large {
                true => records.reply_large(slot, reply),
                false => records.reply(slot, reply),
            });
            self.running.remove(at);
            return true;
        };
        if !running.begun {
            running.begun = true;
            self.wire.flush(|records| records.reply(slot, stream()));
            return true;
        }
        match pieces.pop_front() {
            Some(piece) if running.credit == 0 => {
                pieces.push_front(piece);
                false
            }
            Some(mut piece) => {
                let rest = piece.split_off(piece.len().min(running.credit));
                running.credit -= piece.len();
                if !rest.is_empty() {
                    pieces.push_front(rest);
                }
                self.wire.flush(|records| records.write(slot, &piece));
                true
            }
            None => {
                self.wire.flush(|records| records.end(slot));
                self.running.remove(at);
                true
            }
        }
    }

    fn send(&mut self) {
        let most = [1, 10, 1_000, 100_000][self.random.below(4)];
        let n = self.input.len().min(1 + self.random.below(most));
        let piece: Vec<u8> = self.input.drain(..n).collect();
        self.wire.feed(&piece);
    }

    fn run(mut self) {
        let mut patience = 0;
        while patience < 500 {
            let before = (
                self.input.len(),
                self.seen,
                self.running.len(),
                self.output.len(),
            );
            match self.random.below(4) {
                0 if !self.input.is_empty() => self.send(),
                1 => {
                    let room = [0, 1, 100, 10_000, usize::MAX][self.random.below(5)];
                    self.wire.peer_takes(room);
                }
                _ => patience -= usize::from(self.step() && patience > 0),
            }
            self.take_entries();
            self.output.extend(self.wire.sent());
            let after = (
                self.input.len(),
                self.seen,
                self.running.len(),
                self.output.len(),
            );
            patience = if before == after { patience + 1 } else { 0 };
        }
        self.check();
    }

    fn check(mut self) {
        assert_eq!(
            (self.input.len(), self.wire.unread()),
            (0, 0),
            "not all was read"
        );
        assert!(self.running.is_empty(), "handlers still wait");
        assert!(self.wire.conn.is_idle(), "not at rest");
        assert_eq!((self.wire.end(), self.wire.cx.slots.len()), (End::Open, 0));
        let mut rest = &self.output[..];
        for (number, exchange) in self.exchanges.iter().enumerate() {
            let (reply, behind) = read_reply(rest);
            assert!(reply == exchange.reply, "the reply to {number}");
            rest = behind;
        }
        assert!(rest.is_empty(), "{} bytes too many", rest.len());
        self.wire.fin();
        assert_eq!(self.wire.end(), End::Closed);
    }
}

/// The body of the reply at the start, and what follows it.
fn read_reply(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head")
        + 4;
    let (head, mut rest) = bytes.split_at(end);
    let head = std::str::from_utf8(head).expect("text");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    if let Some(length) = length {
        let (body, rest) = rest.split_at(length.parse().expect("a length"));
        return (body.to_vec(), rest);
    }
    let mut body = Vec::new();
    loop {
        let line = rest
            .windows(2)
            .position(|two| two == b"\r\n")
            .expect("a size");
        let size = std::str::from_utf8(&rest[..line]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a size");
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        assert_eq!(&rest[line + 2 + size..line + 4 + size], b"\r\n");
        rest = &rest[line + 4 + size..];
        if size == 0 {
            return (body, rest);
        }
    }
}

impl Run {
    /// Something goes wrong.
    fn disturb(&mut self) {
        let slot = match self.running.is_empty() {
            true => SlotId {
                index: self.random.below(40) as u32,
                generation: 1,
            },
            false => self.running[self.random.below(self.running.len())].slot,
        };
        let wire = &mut self.wire;
        match self.random.below(13) {
            0 => wire.fin(),
            1 => wire.feed(b"\0garbage\r\n\r\n"),
            2 => wire.drain(),
            3 => wire.grace_over(),
            4 => wire.end_isolate(),
            5 => wire.flush(|records| records.abort(slot)),
            6 => wire.flush(|records| records.reply(slot, counted(3)).write(slot, b"four")),
            7 => wire.flush(|records| records.reply(slot, counted(9)).end(slot)),
            8 => wire.flush(|records| records.reply(slot, text("a")).reply(slot, text("b"))),
            9 => wire.flush(|records| records.write(slot, b"no head").end(slot)),
            10 => {
                wire.flush(|records| records.inform(slot, 103, &[("A", "b")]).read(slot, 1 << 30))
            }
            11 => wire.pass(200_000),
            _ => wire.flush(|records| records.end_with(slot, &[("Bad\n", "x")])),
        };
    }

    fn run_disturbed(mut self) {
        self.disturbed = true;
        let steps = 1 + self.random.below(400);
        let first = self.random.below(steps);
        for step in 0..steps {
            match self.random.below(4) {
                _ if step == first || self.random.one_in(150) => self.disturb(),
                0 if !self.input.is_empty() => self.send(),
                1 => {
                    let room = [0, 1, 100, 10_000, usize::MAX][self.random.below(5)];
                    self.wire.peer_takes(room);
                }
                _ => drop(self.step_disturbed()),
            }
            self.take_entries();
        }
        // The peer takes all and goes; whoever still runs has its time, and then no longer.
        self.wire.peer_takes(usize::MAX).fin();
        for _ in 0..10 {
            self.wire.pass(3_600_000);
        }
        self.take_entries();
        if !self.running.is_empty() {
            self.wire.grace_over();
        }
        assert!(
            matches!(self.wire.end(), End::Closed | End::Reset),
            "{:?}",
            self.wire.end()
        );
        assert_eq!(self.wire.cx.slots.len(), 0);
    }

    /// As `step`, with bodies and exchanges that may have been broken.
    fn step_disturbed(&mut self) -> bool {
        for running in &mut self.running {
            if running.complete {
                running
                    .body
                    .clone_from(&self.exchanges[running.number].body);
            }
        }
        self.step()
    }
}

fn each_seed(runs: u64, run: impl Fn(u64)) {
    for seed in 0..runs {
        let run = std::panic::AssertUnwindSafe(|| run(seed));
        assert!(std::panic::catch_unwind(run).is_ok(), "seed {seed}");
    }
}

#[test]
fn whatever_goes_wrong_everything_is_given_back() {
    each_seed(RUNS * 2, |seed| Run::new(seed).run_disturbed());
}

#[test]
fn every_order_of_things_comes_to_the_same_end() {
    each_seed(RUNS, |seed| Run::new(seed).run());
}
