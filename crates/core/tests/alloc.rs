//! Memory: no allocation per small request, little per idle connection, no growth while streaming.
//!
//! Alone in its binary, because its allocator counts for the whole process.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanner_bridge::{Batch, Doorbell, Gate, IsolateLane, SlotId, lane};
use lanner_core::Config;
use lanner_core::conn::Connection;
use lanner_core::context::{Context, Scratch};
use lanner_core::dispatch::lanes::Lanes;
use lanner_core::dispatch::layout::{self, entry};
use lanner_core::dispatch::record::Records as RecordReader;
use lanner_core::metrics::Counters;

use support::crlf;
use support::live::{Live, eventually};
use support::records::{Records, stream, text};
use support::wire::Setup;

/// Allocations of the I/O threads while `ARMED`.
static OF_IO_THREADS: AtomicU64 = AtomicU64::new(0);
static ARMED: AtomicBool = AtomicBool::new(false);
/// Bytes that are allocated now, by any thread.
static LIVE_BYTES: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    /// Allocations of this thread.
    static OWN: Cell<u64> = const { Cell::new(0) };
    /// Whether this thread is an I/O thread; unknown until it allocates while `ARMED`.
    static IS_IO: Cell<Option<bool>> = const { Cell::new(None) };
}

/// The system's allocator, counted.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count(bytes: usize) {
    LIVE_BYTES.fetch_add(bytes as isize, Relaxed);
    // A thread that ends has no counters any more, and needs none.
    let _ = OWN.try_with(|own| own.set(own.get() + 1));
    if ARMED.load(Relaxed) && IS_IO.try_with(is_io_thread).unwrap_or(false) {
        OF_IO_THREADS.fetch_add(1, Relaxed);
    }
}

/// Asks the system for the thread's name, once.
fn is_io_thread(known: &Cell<Option<bool>>) -> bool {
    known.get().unwrap_or_else(|| {
        // What this allocates itself is not counted.
        known.set(Some(false));
        let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap_or_default();
        known.set(Some(name.starts_with("lanner-io")));
        known.get() == Some(true)
    })
}

// SAFETY: every call is handed to the system's allocator as it is; counting touches no memory of
// the caller and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE_BYTES.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        LIVE_BYTES.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// One test at a time: the counts are the process's.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Silent;

impl Doorbell for Silent {
    fn ring(&self) {}
}

/// A connection and an isolate that allocate nothing of their own.
struct Lean {
    cx: Context,
    conn: Connection,
    scratch: Scratch,
    isolate: IsolateLane,
    /// The records that answer one request, for slot 0 of generation 0.
    answer: Vec<u8>,
}

impl Lean {
    fn new(answer: impl FnOnce(&mut Records, SlotId)) -> Self {
        let setup = Setup::default();
        let gates = [(); 2].map(|()| Gate::new(Box::new(Silent)));
        let [isolate_gate, io_gate] = gates;
        let (io, isolate) = lane(64, 64, isolate_gate, io_gate);
        let mut lanes = Lanes::default();
        lanes.attach(io);
        let config = Arc::new(setup.config);
        let cx = Context::new(
            0,
            config,
            setup.routes,
            lanes,
            Arc::new(Counters::default()),
        );
        let conn = Connection::new(0, 1, None, None, &cx);
        let mut records = Records::default();
        answer(
            &mut records,
            SlotId {
                index: 0,
                generation: 0,
            },
        );
        let answer = std::mem::take(&mut records.batch.bytes);
        Self {
            cx,
            conn,
            scratch: Scratch::default(),
            isolate,
            answer,
        }
    }

    /// Bytes in, answers out; `sent` bytes of the output leave, all of them for `usize::MAX`.
    fn round(&mut self, input: &[u8], sent: usize) -> usize {
        self.conn.on_bytes(&mut self.cx, &mut self.scratch, input);
        self.cx.publish();
        while let Some(batch) = self.isolate.take() {
            let mut reply = self.isolate.spare();
            answer_all(&batch, &mut reply, &self.answer);
            self.isolate.recycle(batch);
            self.isolate.publish(reply).expect("room");
        }
        self.apply();
        self.conn.resume(&mut self.cx, &mut self.scratch);
        let mut total = 0;
        while let Some(out) = self.conn.output() {
            let waiting = out.only_slice().map_or(out.len(), <[u8]>::len);
            let n = waiting.min(sent - total.min(sent));
            if n == 0 {
                break;
            }
            total += n;
            self.conn.on_sent(&mut self.cx, n);
        }
        self.conn.after_output(&mut self.cx);
        total
    }

    fn apply(&mut self) {
        while let Some(batch) = self.cx.lanes.take(0) {
            let mut records = RecordReader::new(&batch.bytes);
            while let Some(record) = records.next_record().expect("whole records") {
                self.conn
                    .on_record(&mut self.cx, record.slot, record.action, None);
            }
            self.cx.lanes.recycle(0, batch);
        }
    }
}

fn word(bytes: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(
        bytes[index * 4..index * 4 + 4]
            .try_into()
            .expect("four bytes"),
    )
}

/// Answers each request whose body is there with a copy of `answer` for its slot.
fn answer_all(batch: &Batch, reply: &mut Batch, answer: &[u8]) {
    let mut at = 0;
    while at < batch.bytes.len() {
        let bytes = &batch.bytes[at..];
        at += word(bytes, 0) as usize;
        let complete = match word(bytes, 1) {
            entry::REQUEST => {
                let flags = word(bytes, 5) >> 16;
                flags & layout::REQUEST_HAS_BODY == 0 || flags & layout::REQUEST_BODY_COMPLETE != 0
            }
            kind => kind == entry::BODY_END,
        };
        if complete {
            let start = reply.bytes.len();
            reply.bytes.extend_from_slice(answer);
            let mut record = start;
            while record < reply.bytes.len() {
                let size = word(&reply.bytes[record..], 0) as usize;
                reply.bytes[record + 8..record + 16].copy_from_slice(&bytes[8..16]);
                record += size;
                reply.count += 1;
            }
        }
    }
}

fn allocations(lean: &mut Lean, input: &[u8], rounds: u64) -> u64 {
    for _ in 0..100 {
        assert!(lean.round(input, usize::MAX) > 0);
    }
    let before = OWN.get();
    for _ in 0..rounds {
        lean.round(input, usize::MAX);
    }
    OWN.get() - before
}

fn whole(records: &mut Records, slot: SlotId) {
    records.reply(slot, text("Hello, World!"));
}

fn streamed(records: &mut Records, slot: SlotId) {
    records
        .reply(slot, stream())
        .write(slot, b"Hello, ")
        .write(slot, b"World!")
        .end(slot);
}

#[test]
fn a_small_request_allocates_nothing() {
    let _alone = alone();
    let get = crlf("GET /users/1/posts/2?a=b HTTP/1.1\nHost: a\nAccept: */*\nX-Own: 1\n\n");
    let post = format!(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 1000\n\n{}",
        "x".repeat(1000)
    );
    let chunked = "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n0\nT: 1\n\n";
    type Answer = fn(&mut Records, SlotId);
    let rows: [(&str, Vec<u8>, Answer); 7] = [
        ("get", get.clone(), whole),
        ("get, streamed", get.clone(), streamed),
        ("pipelined", get.repeat(16), whole),
        (
            "decoded path",
            crlf("GET /files/%61/../b HTTP/1.1\nHost: a\n\n"),
            whole,
        ),
        ("post", crlf(&post), whole),
        ("chunked post", crlf(chunked), whole),
        ("404", crlf("GET /nowhere HTTP/1.1\nHost: a\n\n"), whole),
    ];
    for (name, input, answer) in rows {
        let mut lean = Lean::new(answer);
        assert_eq!(
            allocations(&mut lean, &input, 1_000),
            0,
            "{name}: allocations in 1000 rounds"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_small_request_to_a_server_allocates_nothing() {
    let _alone = alone();
    let live = Live::start(Config::default(), support::live::echo());
    let mut clients: Vec<_> = (0..16).map(|_| live.connect()).collect();
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let mut round = || {
        clients.iter_mut().for_each(|client| {
            client.send(&get);
        });
        clients
            .iter_mut()
            .for_each(|client| assert_eq!(client.reply().0, 200));
    };
    (0..50).for_each(|_| round());
    ARMED.store(true, Relaxed);
    // Batches and lists grow to the largest turn, which may come late; then nothing grows.
    let mut windows = (0..20).map(|_| {
        let before = OF_IO_THREADS.load(Relaxed);
        (0..100).for_each(|_| round());
        OF_IO_THREADS.load(Relaxed) - before
    });
    assert!(
        windows.any(|count| count == 0),
        "every 1600 requests allocate something"
    );
    ARMED.store(false, Relaxed);
    live.close(1_000);
}

/// Descriptors that a process may have, from the shell's point of view.
fn descriptor_limit() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3));
    soft.and_then(|n| n.parse().ok()).unwrap_or(256)
}

/// Memory of the process that is in use, in pages; 0 where the system does not say.
fn resident_bytes() -> isize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages.split(' ').nth(1).and_then(|n| n.parse().ok());
    resident.unwrap_or(0) * 4096
}

#[test]
fn an_idle_connection_holds_less_than_a_kibibyte() {
    let _alone = alone();
    let live = Live::start(Config::default(), support::live::echo());
    // Two descriptors each: both ends are here.
    let count = 10_000.min((descriptor_limit() - 100) / 2);
    let mut clients: Vec<TcpStream> = Vec::with_capacity(count);
    let mut serve = |n: usize| {
        for _ in 0..n {
            let mut client = TcpStream::connect(live.address).expect("a connection");
            client
                .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                .expect("sent");
            let mut reply = [0; 256];
            let n = client.read(&mut reply).expect("a reply");
            assert!(reply[..n].starts_with(b"HTTP/1.1 200 OK"));
            clients.push(client);
        }
    };
    serve(count / 100);
    let (before, resident) = (LIVE_BYTES.load(Relaxed), resident_bytes());
    let rest = count - count / 100;
    serve(rest);
    let each = (LIVE_BYTES.load(Relaxed) - before) / rest as isize;
    let resident_each = (resident_bytes() - resident) / rest as isize;
    assert!(
        resident_each <= 1024,
        "{resident_each} bytes of resident memory each"
    );
    assert!(
        each <= 1024,
        "{each} bytes for each of {rest} idle connections"
    );
    assert_eq!(live.counter("connections"), count as u64);
    drop(clients);
    eventually("all end", || live.counter("connections") == 0);
    live.close(1_000);
}

#[test]
fn a_stream_that_is_never_quite_sent_does_not_grow() {
    let _alone = alone();
    let mut lean = Lean::new(|records, slot| {
        records.reply(slot, stream());
    });
    lean.round(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", usize::MAX);
    let slot = lean
        .cx
        .slots
        .iter()
        .map(|(slot, _)| slot)
        .next()
        .expect("a stream");
    let mut records = Records::default();
    records.write(slot, &[b'x'; 4096]);
    let piece = std::mem::take(&mut records.batch.bytes);
    let mut write = |sent: usize| {
        let mut batch = lean.isolate.spare();
        batch.bytes.extend_from_slice(&piece);
        batch.count = 1;
        lean.isolate.publish(batch).expect("room");
        lean.apply();
        lean.conn.on_sent(&mut lean.cx, sent);
        lean.cx.publish();
        while let Some(batch) = lean.isolate.take() {
            lean.isolate.recycle(batch);
        }
    };
    write(100);
    let framed = 4096 + 8;
    (0..100).for_each(|_| write(framed));
    let before = LIVE_BYTES.load(Relaxed);
    // 40 MB pass, and never is the last byte sent.
    (0..10_000).for_each(|_| write(framed));
    let grown = LIVE_BYTES.load(Relaxed) - before;
    assert!(grown < 200_000, "{grown} bytes for a window of 64 KiB");
}
