//! One receive and one send per request, whatever the number of connections. On Windows a second
//! receive has to find nothing, because the poller tells of nothing more before that.

use lanner_core::Config;

use crate::support::crlf;
use crate::support::live::{Client, Live, echo};

/// Receives per request at most, and sends.
const CALLS_MAX: (f64, f64) = (if cfg!(windows) { 2.02 } else { 1.02 }, 1.02);

#[test]
fn one_receive_and_one_send_per_request() {
    let live = Live::start(Config::default(), echo());
    let mut clients: Vec<Client> = (0..64).map(|_| live.connect()).collect();
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let round = |clients: &mut Vec<Client>| {
        for client in clients.iter_mut() {
            client.send(&get);
        }
        for client in clients.iter_mut() {
            assert_eq!(client.reply().0, 200);
        }
    };
    round(&mut clients);
    let before = ["receives", "sends", "replies"].map(|name| live.counter(name));
    for _ in 0..50 {
        round(&mut clients);
    }
    let after = ["receives", "sends", "replies"].map(|name| live.counter(name));
    let [receives, sends, replies] = [0, 1, 2].map(|n: usize| (after[n] - before[n]) as f64);
    assert_eq!(replies as u64, 64 * 50);
    assert!(
        receives / replies <= CALLS_MAX.0,
        "{} receives per request",
        receives / replies
    );
    assert!(
        sends / replies <= CALLS_MAX.1,
        "{} sends per request",
        sends / replies
    );
    live.close(1_000);
}

#[test]
fn small_posts_cost_no_more() {
    let live = Live::start(Config::default(), echo());
    let mut clients: Vec<Client> = (0..64).map(|_| live.connect()).collect();
    let body = "x".repeat(1024);
    let post = crlf(&format!(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 1024\n\n{body}"
    ));
    let before = ["receives", "sends", "replies"].map(|name| live.counter(name));
    for _ in 0..20 {
        clients.iter_mut().for_each(|client| {
            client.send(&post);
        });
        clients
            .iter_mut()
            .for_each(|client| assert_eq!(client.reply().0, 200));
    }
    let after = ["receives", "sends", "replies"].map(|name| live.counter(name));
    let [receives, sends, replies] = [0, 1, 2].map(|n: usize| (after[n] - before[n]) as f64);
    assert!(
        receives / replies <= CALLS_MAX.0 && sends / replies <= CALLS_MAX.1,
        "{receives} {sends}"
    );
    live.close(1_000);
}
