//! A real server on loopback with an isolate of its own: a plain thread that parks.
//!
//! Nothing here waits for a length of time: conditions are polled, with a deadline that fails the
//! test.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use lanner_bridge::{Doorbell, IsolateLane};
use lanner_core::isolate::Isolate as Known;
use lanner_core::transport::endpoint::{Endpoint, Place};
use lanner_core::transport::listen::Address;
use lanner_core::{Config, Server};
use lanner_proto::RouteSpec;

use super::entries::{self, Entry};
use super::records::{Records, text};
use super::wire::ROUTES;

/// What fails a test that waits in vain.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Polls until `done`, or fails the test.
pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::park_timeout(Duration::from_micros(500));
    }
}

/// Unparks the isolate's thread.
struct Unpark(Arc<Mutex<Option<Thread>>>, Arc<AtomicUsize>);

impl Doorbell for Unpark {
    fn ring(&self) {
        self.1.fetch_add(1, SeqCst);
        if let Some(thread) = &*self.0.lock().expect("not poisoned") {
            thread.unpark();
        }
    }
}

/// A handler: an entry, the number of its lane, the records of that lane.
pub(crate) type LiveHandler = Box<dyn FnMut(&Entry, usize, &mut Records) + Send>;

/// A handler that is stuck with each request until it is released, or until what releases it was
/// dropped: declared behind the server it is dropped first, so that a test which fails ends.
pub(crate) fn stuck() -> (LiveHandler, mpsc::Sender<()>) {
    let (release, wait) = mpsc::channel();
    let handler: LiveHandler = Box::new(move |entry, _, records| {
        if let Entry::Request(request) = entry {
            let _ = wait.recv();
            records.reply(request.slot, text("done"));
        }
    });
    (handler, release)
}

/// An isolate on a thread of its own.
pub(crate) struct Isolate {
    pub(crate) known: Arc<Known>,
    rings: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Isolate {
    /// Joins a server; `handler` gets every entry.
    pub(crate) fn attach(server: &Server, handler: LiveHandler) -> Self {
        let (place, rings) = (Arc::new(Mutex::new(None)), Arc::default());
        let (known, lanes) = server.attach(Unpark(Arc::clone(&place), Arc::clone(&rings)));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (known, stop) = (Arc::clone(&known), Arc::clone(&stop));
            std::thread::spawn(move || run(lanes, handler, &known, &stop))
        };
        *place.lock().expect("not poisoned") = Some(thread.thread().clone());
        // A bell that rang before the thread was known has rung in vain.
        thread.thread().unpark();
        Self {
            known,
            rings,
            stop,
            thread: Some(thread),
        }
    }

    /// How often it was rung for.
    pub(crate) fn rings(&self) -> usize {
        self.rings.load(SeqCst)
    }

    /// What the watchdog has told it since the last call.
    pub(crate) fn take_stalls(&self) -> usize {
        self.known.take_post().len()
    }

    /// Ends, as a worker that exits does.
    pub(crate) fn end(&mut self) {
        self.stop.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().expect("the isolate did not panic");
        }
        self.known.gate.detach();
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn run(mut lanes: Vec<IsolateLane>, mut handler: LiveHandler, known: &Known, stop: &AtomicBool) {
    let Known { gate, pulse, .. } = known;
    let mut closed = false;
    while !stop.load(SeqCst) && !closed {
        // Asked first: what is taken then is all there is.
        closed = lanes.iter().all(IsolateLane::io_closed);
        pulse.begin_turn();
        for (index, lane) in lanes.iter_mut().enumerate() {
            while let Some(mut batch) = lane.take() {
                pulse.begin_turn();
                if batch.is_awaited {
                    lane.wake_io();
                }
                pulse.took(index, &batch);
                let mut records = Records {
                    batch: lane.spare(),
                };
                for entry in entries::read(&mut batch) {
                    handler(&entry, index, &mut records);
                }
                records.batch.spent.append(&mut batch.spent);
                lane.recycle(batch);
                let mut full = records.batch;
                full.stamp = pulse.now_us();
                // The ring is full: the I/O thread takes from it.
                while let Err(batch) = lane.publish(full) {
                    if lane.io_closed() || stop.load(SeqCst) {
                        break;
                    }
                    full = batch;
                    lane.wake_io();
                    std::thread::yield_now();
                }
                lane.wake_io();
                pulse.end_turn();
            }
        }
        pulse.rest();
        if !closed
            && gate.try_sleep(|| lanes.iter().all(IsolateLane::is_quiet) && !stop.load(SeqCst))
        {
            std::thread::park();
            gate.awake();
        }
    }
}

/// A server that listens on a port of its own, with one isolate.
pub(crate) struct Live {
    pub(crate) server: Server,
    pub(crate) isolate: Isolate,
    pub(crate) address: SocketAddr,
}

impl Live {
    pub(crate) fn start(config: Config, handler: LiveHandler) -> Self {
        Self::with_routes(config, &specs(), handler)
    }

    /// The same with routes of the test's own.
    pub(crate) fn with_routes(
        config: Config,
        routes: &[RouteSpec<'_>],
        handler: LiveHandler,
    ) -> Self {
        let server = Server::start(config, routes).expect("a server");
        let isolate = Isolate::attach(&server, handler);
        let addresses = server.listen(&[tcp("127.0.0.1", 0)]).expect("a port");
        let [Address::Tcp(address)] = addresses[..] else {
            panic!("{addresses:?}")
        };
        Self {
            server,
            isolate,
            address,
        }
    }

    /// A client with the test's deadline.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// The value of a counter.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        counter(&self.server, name)
    }

    /// Closes and waits for the end of every thread.
    pub(crate) fn close(mut self, grace_ms: u64) {
        self.server.close(grace_ms);
        eventually("the server closes", || self.server.is_closed());
        self.server.join();
        self.isolate.end();
    }
}

/// The value of a server's counter.
pub(crate) fn counter(server: &Server, name: &str) -> u64 {
    let values = server.stats().values;
    let found = values.iter().find(|(other, _)| *other == name);
    found
        .map(|(_, value)| *value)
        .expect("a counter of this name")
}

/// The routes that every test shares.
pub(crate) fn specs() -> Vec<RouteSpec<'static>> {
    ROUTES
        .iter()
        .map(|&(method, pattern)| RouteSpec { method, pattern })
        .collect()
}

/// A TCP endpoint with the defaults.
pub(crate) fn tcp(host: &str, port: u16) -> Endpoint {
    Endpoint::from(Place::Tcp {
        host: host.to_owned(),
        port,
        ipv6_only: false,
        reuse_port: false,
    })
}

/// An echo for any thread.
pub(crate) fn echo() -> LiveHandler {
    let mut handler = super::echo::echo();
    Box::new(move |entry, _, records| handler(entry, records))
}

/// A client socket that fails rather than waits forever.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).expect("a connection");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream.set_write_timeout(Some(DEADLINE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self { stream }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.stream.write_all(bytes).expect("sent");
        self
    }

    /// Waits for the first byte of a reply; whether the server ended the connection instead.
    pub(crate) fn has_ended(&self) -> bool {
        match self.stream.peek(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => {
                assert!(is_reset(&error), "{error}");
                true
            }
        }
    }

    /// Reads exactly `expected`.
    pub(crate) fn expect(&mut self, expected: &[u8]) -> &mut Self {
        let mut got = vec![0; expected.len()];
        let mut at = 0;
        while at < got.len() {
            match self.stream.read(&mut got[at..]) {
                Ok(0) => break,
                Ok(n) => at += n,
                Err(error) => panic!("{error} after {:?}", got[..at].escape_ascii().to_string()),
            }
        }
        let (got, expected) = (got[..at].escape_ascii(), expected.escape_ascii());
        assert_eq!(got.to_string(), expected.to_string());
        self
    }

    /// Reads one reply with a Content-Length; its status and body.
    pub(crate) fn reply(&mut self) -> (u16, Vec<u8>) {
        let head = self.head();
        let text = String::from_utf8_lossy(&head).into_owned();
        let status = text
            .get(9..12)
            .and_then(|code| code.parse().ok())
            .expect("a status");
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |value| value.parse().expect("a length"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a body");
        (status, body)
    }

    /// Reads up to the empty line.
    pub(crate) fn head(&mut self) -> Vec<u8> {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte).unwrap_or_else(|error| {
                panic!("{error} after {:?}", head.escape_ascii().to_string())
            });
            head.push(byte[0]);
        }
        head
    }

    /// Reads to the peer's end; an error other than a reset fails the test.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, Option<ErrorKind>) {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => (bytes, None),
            Err(error) => {
                assert!(is_reset(&error), "{error}");
                (bytes, Some(error.kind()))
            }
        }
    }

    /// Closes with a reset.
    pub(crate) fn reset(self) {
        let socket = socket2::SockRef::from(&self.stream);
        socket.set_linger(Some(Duration::ZERO)).expect("an option");
    }
}

fn is_reset(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}
