//! An isolate that writes its replies itself while the I/O thread sleeps.

use std::time::Instant;

use lanner_bridge::{Doorbell, IsolateLane};
use lanner_core::{Config, Server};

use crate::support::entries;
use crate::support::live::{Client, counter, eventually, specs, tcp};
use crate::support::records::{Records, text};

/// Less than the time between two turns of the clock.
const CLOCK_MS: u64 = 100;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

struct Silent;

impl Doorbell for Silent {
    fn ring(&self) {}
}

/// A server whose isolate is the test's own thread.
struct ByHand {
    server: Server,
    lanes: Vec<IsolateLane>,
    client: Client,
}

impl ByHand {
    fn start() -> Self {
        let server = Server::start(Config::default(), &specs()).expect("a server");
        let (_, lanes) = server.attach(Silent);
        let addresses = server.listen(&[tcp("127.0.0.1", 0)]).expect("a port");
        let [lanner_core::transport::listen::Address::Tcp(address)] = addresses[..] else {
            panic!("{addresses:?}")
        };
        let client = Client::connect(address);
        Self {
            server,
            lanes,
            client,
        }
    }

    /// Takes one request and publishes its reply, without waking anybody.
    fn answer(&mut self) {
        let lane = &mut self.lanes[0];
        let mut taken = None;
        eventually("a request comes", || {
            taken = lane.take();
            taken.is_some()
        });
        let mut batch = taken.expect("a batch");
        let mut records = Records {
            batch: lane.spare(),
        };
        for entry in entries::read(&mut batch) {
            records.reply(entry.slot(), text("done"));
        }
        lane.recycle(batch);
        lane.publish(records.batch).expect("room");
    }

    fn eventually_helps(&self) {
        // Between its announcement and its sleep the thread still has the state in its hands.
        eventually("the state is free", || {
            self.lanes[0].io_sleeps() && self.server.help(0)
        });
    }
}

#[test]
fn the_reply_leaves_and_the_thread_sleeps_on() {
    let mut by_hand = ByHand::start();
    let began = Instant::now();
    let mut extra = 0;
    for _ in 0..100 {
        by_hand.client.send(REQUEST);
        by_hand.answer();
        eventually("the thread sleeps", || by_hand.lanes[0].io_sleeps());
        let before = counter(&by_hand.server, "turns");
        by_hand.eventually_helps();
        assert_eq!(by_hand.client.reply(), (200, b"done".to_vec()));
        extra += counter(&by_hand.server, "turns") - before;
    }
    // The clock wakes the thread now and then; the hundred replies do not.
    let ticks = began.elapsed().as_millis() as u64 / CLOCK_MS + 2;
    assert!(extra <= ticks, "{extra} turns in {ticks} ticks");
    assert!(counter(&by_hand.server, "helped") >= 100);
    assert_eq!(counter(&by_hand.server, "in_flight"), 0);
}

#[test]
fn a_request_that_waited_behind_the_reply_is_handed_over_by_the_helper() {
    let mut by_hand = ByHand::start();
    by_hand.client.send(&REQUEST.repeat(40));
    let mut replied = 0;
    while replied < 40 {
        by_hand.answer();
        by_hand.eventually_helps();
        while replied < counter(&by_hand.server, "replies") {
            assert_eq!(by_hand.client.reply(), (200, b"done".to_vec()));
            replied += 1;
        }
    }
}

#[test]
fn a_closing_server_is_not_helped() {
    let mut by_hand = ByHand::start();
    by_hand.client.send(REQUEST);
    by_hand.answer();
    by_hand.server.close(10_000);
    // The thread finds the reply by itself: it was woken by the close.
    assert_eq!(by_hand.client.reply(), (200, b"done".to_vec()));
    eventually("the server closes", || by_hand.server.is_closed());
    assert!(!by_hand.server.help(0));
    by_hand.server.join();
}
