//! The server closes while it is used: nothing that runs is cut before the grace is over.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use lanner_core::Config;

use crate::support::entries::Entry;
use crate::support::live::{Client, DEADLINE, Isolate, Live, LiveHandler, echo, eventually};
use crate::support::records::text;

/// For how long a connection is quiet that may be closed although its next request is on its way:
/// with any server (RFC 9112 section 9.6).
const IDLE: Duration = Duration::from_millis(250);
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn closing_under_load_cuts_no_request() {
    let live = Live::start(Config::default(), echo());
    let address = live.address;
    let served = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..16)
        .map(|index| {
            let served = Arc::clone(&served);
            std::thread::spawn(move || {
                let mut client = Client::connect(address);
                let mut asked = Instant::now();
                loop {
                    let count = 1 + index % 3;
                    let before = std::mem::replace(&mut asked, Instant::now());
                    let is_sent = client.stream.write_all(&GET.repeat(count)).is_ok();
                    if !is_sent || client.has_ended() {
                        // This thread was kept from asking for so long that it seemed idle.
                        assert!(before.elapsed() > IDLE, "a request was cut");
                        return 0;
                    }
                    for n in 0..count {
                        let head = String::from_utf8(client.head()).expect("a head");
                        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
                        client.expect(b"GET /");
                        served.fetch_add(1, SeqCst);
                        if head.contains("Connection: close") {
                            assert_eq!(client.rest().0.len(), 0);
                            return n;
                        }
                    }
                }
            })
        })
        .collect();
    eventually("the load runs", || served.load(SeqCst) > 500);
    live.server.close(20_000);
    for client in clients {
        client.join().expect("no request was cut");
    }
    live.close(20_000);
}

#[test]
fn the_grace_is_given_and_ends() {
    let (tell, told) = mpsc::channel();
    let handler: LiveHandler = Box::new(move |entry, _, _| match entry {
        Entry::Request(_) => tell.send(0).expect("the test listens"),
        Entry::Cancel { reason, .. } => tell.send(*reason).expect("the test listens"),
        _ => {}
    });
    let live = Live::start(Config::default(), handler);
    let mut client = live.connect();
    client.send(GET);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(0));
    let began = Instant::now();
    live.server.close(300);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(3));
    // The thread's clock is a little older than the call.
    assert!(began.elapsed().as_millis() >= 250);
    let (rest, error) = client.rest();
    assert_eq!(
        (rest.len(), error.is_some()),
        (0, true),
        "a reset tells it from an empty reply"
    );
    live.close(0);
}

#[test]
fn a_second_close_shortens_the_grace() {
    let (tell, told) = mpsc::channel();
    let handler: LiveHandler = Box::new(move |entry, _, _| {
        tell.send(matches!(entry, Entry::Cancel { .. }))
            .expect("the test listens");
    });
    let live = Live::start(Config::default(), handler);
    let mut client = live.connect();
    client.send(GET);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(false));
    live.server.close(3_600_000);
    live.server.close(50);
    live.server.close(3_600_000);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(true));
    live.close(3_600_000);
}

#[test]
fn idle_connections_end_in_order() {
    let live = Live::start(Config::default(), echo());
    let mut clients: Vec<Client> = (0..20).map(|_| live.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.send(GET).reply().0, 200);
    }
    live.server.close(20_000);
    for client in &mut clients {
        assert_eq!(client.rest(), (Vec::new(), None), "FIN, no reset");
    }
    live.close(20_000);
    let live = Live::start(Config::default(), echo());
    let mut client = live.connect();
    assert_eq!(client.send(GET).reply().0, 200);
    live.server.close(0);
    assert_eq!(client.rest(), (Vec::new(), None), "also without grace");
    live.close(0);
}

#[test]
fn connections_that_the_system_completed_are_served() {
    let live = Live::start(Config::default(), echo());
    for _ in 0..20 {
        let mut clients: Vec<Client> = (0..8).map(|_| live.connect()).collect();
        clients.iter_mut().for_each(|client| {
            client.send(GET);
        });
        clients
            .iter_mut()
            .for_each(|client| assert_eq!(client.reply().0, 200));
    }
    let mut clients: Vec<Client> = (0..64).map(|_| live.connect()).collect();
    live.server.close(20_000);
    for client in &mut clients {
        client.send(GET);
    }
    for client in &mut clients {
        assert_eq!(client.reply().0, 200);
    }
    live.close(20_000);
}

#[test]
fn an_isolate_that_ends_is_survived() {
    let mut live = Live::start(Config::default(), Box::new(|_, _, _| {}));
    let mut waiting: Vec<Client> = (0..10).map(|_| live.connect()).collect();
    for client in &mut waiting {
        client.send(GET);
    }
    eventually("all wait", || live.counter("dispatched") == 10);
    live.isolate.end();
    for client in &mut waiting {
        assert_eq!(client.reply().0, 503);
    }
    assert_eq!(live.connect().send(GET).reply().0, 503, "nobody is left");
    live.isolate = Isolate::attach(&live.server, echo());
    eventually("the next isolate serves", || {
        live.connect().send(GET).reply().0 == 200
    });
    live.close(1_000);
}

#[test]
fn isolates_share_the_load() {
    let counts = [(); 2].map(|()| Arc::new(AtomicU64::new(0)));
    let counting = |count: &Arc<AtomicU64>| -> LiveHandler {
        let (count, mut handler) = (Arc::clone(count), echo());
        Box::new(move |entry, lane, records| {
            count.fetch_add(1, SeqCst);
            handler(entry, lane, records);
        })
    };
    let live = Live::start(Config::default(), counting(&counts[0]));
    let second = Isolate::attach(&live.server, counting(&counts[1]));
    let mut clients: Vec<Client> = (0..40).map(|_| live.connect()).collect();
    for _ in 0..20 {
        clients.iter_mut().for_each(|client| {
            client.send(&GET.repeat(4));
        });
        for client in &mut clients {
            (0..4).for_each(|_| assert_eq!(client.reply().0, 200));
        }
    }
    let [first, other] = counts.map(|count| count.load(SeqCst));
    assert_eq!(first + other, 40 * 20 * 4);
    assert!(first > 300 && other > 300, "{first} and {other}");
    live.close(1_000);
    drop(second);
}

#[test]
fn each_io_thread_has_its_connections_and_its_slots() {
    let (tell, told) = mpsc::channel();
    let handler: LiveHandler = Box::new(move |entry, lane, records| {
        if let Entry::Request(request) = entry {
            tell.send((lane, request.slot.index >> 20))
                .expect("the test listens");
            records.reply(request.slot, text("ok"));
        }
    });
    let live = Live::start(
        Config {
            io_threads: 4,
            ..Config::default()
        },
        handler,
    );
    let mut clients: Vec<Client> = (0..40).map(|_| live.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.send(GET).reply(), (200, b"ok".to_vec()));
    }
    let mut per_thread = [0; 4];
    for (lane, thread) in told.try_iter() {
        assert_eq!(lane as u32, thread, "the slot names the thread of its lane");
        per_thread[lane] += 1;
    }
    // The least loaded thread gets the next connection, as far as is known at that moment.
    let is_even = per_thread.iter().all(|count| (8..=12).contains(count));
    assert!(is_even, "{per_thread:?}");
    let mut running = live.connect();
    running.send(GET).reply();
    live.close(1_000);
}

#[test]
fn a_server_that_is_dropped_closes() {
    let live = Live::start(
        Config {
            io_threads: 2,
            ..Config::default()
        },
        echo(),
    );
    let mut client = live.connect();
    assert_eq!(client.send(GET).reply().0, 200);
    let Live {
        server, isolate, ..
    } = live;
    drop(server);
    assert_eq!(client.rest().0.len(), 0);
    drop(isolate);
}
