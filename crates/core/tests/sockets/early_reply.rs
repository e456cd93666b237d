//! A reply before the end of a large upload: the client that sends on until it has sent everything
//! still finds the reply, and no reset that ate it (RFC 9112 section 9.6).

use std::io::Write;

use lanner_core::Config;

use crate::support::crlf;
use crate::support::entries::Entry;
use crate::support::live::{Live, LiveHandler, eventually};
use crate::support::records::text;

/// More than all buffers between the two ends hold.
const UPLOAD: usize = 32 * 1024 * 1024;

/// Replies at once, whatever of the body is there.
fn hasty() -> LiveHandler {
    Box::new(|entry, _, records| {
        if let Entry::Request(request) = entry {
            records.reply(request.slot, text("no"));
        }
    })
}

/// The head, with the size of the only chunk where there is one, and content that is not worth
/// reading: what is refused for its size is known before a handler can reply.
fn upload(chunked: bool) -> (Vec<u8>, Vec<u8>) {
    let framing = match chunked {
        true => format!("Transfer-Encoding: chunked\n\n{UPLOAD:x}\n"),
        false => format!("Content-Length: {UPLOAD}\n\n"),
    };
    let head = crlf(&format!("POST /echo HTTP/1.1\nHost: a\n{framing}"));
    (head, vec![b'x'; UPLOAD])
}

#[test]
fn a_reply_to_an_upload_that_goes_on_arrives() {
    type Change = fn(&mut Config);
    let cases: [(&str, u16, Change); 4] = [
        ("a handler that does not read", 200, |config| {
            config.limits.body_bytes = None;
        }),
        ("a body past its limit", 413, |config| {
            config.limits.body_bytes = Some(1_000_000);
        }),
        ("a server under overload", 503, |config| {
            config.limits.body_bytes = None;
            config.overload.in_flight = 0;
        }),
        (
            "a body that is dropped to keep the connection",
            200,
            |config| {
                config.limits.body_bytes = None;
                config.drain_bytes = u64::MAX;
            },
        ),
    ];
    for (name, status, change) in cases {
        for chunked in [false, true] {
            let mut config = Config::default();
            config.timeouts.drain_ms = 60_000;
            change(&mut config);
            let live = Live::start(config, hasty());
            let mut client = live.connect();
            let (head, body) = upload(chunked);
            client.send(&head);
            let sent = client.stream.write_all(&body);
            assert!(sent.is_ok(), "{name}, chunked {chunked}: {sent:?}");
            assert_eq!(client.reply().0, status, "{name}, chunked {chunked}");
            drop(client);
            eventually("the connection ends", || live.counter("connections") == 0);
            live.close(1_000);
        }
    }
}

#[test]
fn requests_behind_an_unread_body_are_served() {
    let live = Live::start(Config::default(), hasty());
    let mut client = live.connect();
    let body = "x".repeat(500_000);
    let post = "POST /echo HTTP/1.1\nHost: a\nContent-Length: 500000\n\n";
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let all = [&crlf(post)[..], body.as_bytes(), &get].concat().repeat(10);
    let mut sender = client.stream.try_clone().expect("a second handle");
    let sending = std::thread::spawn(move || sender.write_all(&all));
    for _ in 0..20 {
        assert_eq!(client.reply(), (200, b"no".to_vec()));
    }
    sending
        .join()
        .expect("no panic")
        .expect("everything was taken");
    assert_eq!(live.counter("drains_given_up"), 0);
    drop(client);
    live.close(1_000);
}
