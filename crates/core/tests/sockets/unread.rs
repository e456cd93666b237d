//! What a client does not read: how much of it the system takes from us, where it can be told.

use std::time::{Duration, Instant};

use lanner_core::Config;

use crate::support::entries::Entry;
use crate::support::live::{Live, eventually};
use crate::support::records::{Records, text};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What a client does not read lies in the system, where nobody counts it: little of it.
#[test]
fn the_system_takes_little_of_a_reply_that_is_not_read() {
    const LENGTH: usize = 16 << 20;
    let body = "x".repeat(LENGTH);
    let reply = Box::new(move |entry: &Entry, _, records: &mut Records| {
        if let Entry::Request(request) = entry {
            records.reply_large(request.slot, text(&body));
        }
    });
    let live = Live::start(Config::default(), reply);
    let mut client = live.connect();
    client.send(GET);
    eventually("it begins", || live.counter("bytes_out") > 64 * 1024);
    // Until the system takes no more.
    let mut seen = (0, Instant::now());
    eventually("it stands", || {
        let bytes = live.counter("bytes_out");
        if bytes != seen.0 {
            seen = (bytes, Instant::now());
        }
        seen.1.elapsed() > Duration::from_millis(300)
    });
    assert!(seen.0 < 1 << 20, "{} bytes were taken", seen.0);
    client.reset();
    live.close(0);
}
