//! A system without descriptors: accepting pauses, what is open is served, and it recovers.
//!
//! The server runs in a child process with a limit of its own.

#![cfg(target_os = "linux")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use lanner_core::Config;
use lanner_core::sightings::{Breach, Cause, WATCH_LIMITS};

use support::live::{Client, Live, echo};

/// Descriptors of the child: enough for some twenty connections.
const LIMIT: usize = 40;
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Not a test: what the child runs. Says its port, serves until its input ends, says its counters.
#[test]
#[ignore = "run by the other test, as a child"]
fn child() {
    let live = Live::start(Config::default(), echo());
    live.server.sightings().watch(WATCH_LIMITS);
    let mut out = std::io::stderr();
    writeln!(out, "port {}", live.address.port()).expect("a parent");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    let counts = ["accept_pauses", "accepted"].map(|name| live.counter(name));
    let seen = live.server.sightings().take();
    let paused = Cause::Limit(Breach::AcceptPaused);
    let seen = seen.iter().filter(|seen| seen.cause == paused).count();
    writeln!(out, "counts {} {} {seen}", counts[0], counts[1]).expect("a parent");
    live.close(0);
}

#[test]
fn accepting_pauses_and_recovers() {
    let own = std::env::current_exe().expect("a path");
    let script = format!("ulimit -n {LIMIT}; exec \"$0\" --ignored --exact child --nocapture");
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .arg(own)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut next = |word: &str| -> Vec<u64> {
        let line = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with(word)));
        let line = line.expect("a line").expect("text");
        line.split(' ')
            .skip(1)
            .map(|n| n.parse().expect("a number"))
            .collect()
    };
    let port = next("port")[0];
    let address = format!("127.0.0.1:{port}").parse().expect("an address");
    let mut clients: Vec<Client> = (0..2 * LIMIT).map(|_| Client::connect(address)).collect();
    clients.iter_mut().for_each(|client| {
        client.send(GET);
    });
    // Those that were accepted are served, and go on being served.
    let mut served = Vec::new();
    let mut waiting = Vec::new();
    for client in clients {
        client
            .stream
            .set_read_timeout(Some(Duration::from_millis(10)))
            .expect("a timeout");
        match client.stream.peek(&mut [0]) {
            Ok(_) => served.push(client),
            Err(_) => waiting.push(client),
        }
    }
    assert!(
        served.len() >= 10 && waiting.len() >= LIMIT,
        "{} {}",
        served.len(),
        waiting.len()
    );
    for client in served.iter_mut().chain(&mut waiting) {
        let deadline = Some(support::live::DEADLINE);
        client.stream.set_read_timeout(deadline).expect("a timeout");
    }
    for client in &mut served {
        assert_eq!(client.reply().0, 200);
        assert_eq!(client.send(GET).reply().0, 200);
    }
    // Room comes back, and with it everybody who waited, a few at a time.
    drop(served);
    while !waiting.is_empty() {
        let rest = waiting.split_off(waiting.len().min(10));
        for mut client in std::mem::replace(&mut waiting, rest) {
            assert_eq!(client.reply().0, 200);
        }
    }
    drop(child.stdin.take());
    let counts = next("counts");
    assert!(counts[0] > 0, "accepting never paused");
    assert_eq!(counts[1], 2 * LIMIT as u64);
    assert!(counts[2] > 0, "whoever watches saw no pause");
    assert!(child.wait().expect("an end").success());
}
