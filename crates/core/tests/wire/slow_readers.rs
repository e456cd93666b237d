//! A client that does not read what it got: what it still has of the server, and what others get.

use lanner_core::Priority;

use crate::support::cuts::same;
use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{Setup, Wire};
use crate::support::{crlf, ok};

const WINDOW: usize = 4096;

fn get(target: &str) -> Vec<u8> {
    crlf(&format!("GET {target} HTTP/1.1\nHost: a\n\n"))
}

fn wire(in_flight: u32) -> Wire {
    Wire::new(&Setup::with(|config| {
        config.overload.in_flight = in_flight;
        config.limits.reply_window_bytes = WINDOW as u32;
    }))
}

/// Whether a request of another connection is admitted; it keeps its permit.
fn admits(wire: &mut Wire) -> bool {
    wire.cx.admit(Priority::Normal).is_some()
}

fn credit(wire: &mut Wire) -> u32 {
    let entries = wire.entries().into_iter();
    let given = entries.map(|entry| match entry {
        Entry::Credit { bytes, .. } => bytes,
        _ => 0,
    });
    given.sum()
}

#[test]
fn a_reply_that_waits_for_its_client_is_nobodys_turn() {
    for written in [WINDOW - 1, WINDOW] {
        let mut wire = wire(1);
        let slot = wire.feed(&get("/")).request().slot;
        wire.peer_takes(0);
        assert!(!admits(&mut wire), "its handler is at work");
        let bytes = vec![b'x'; written];
        wire.flush(|records| records.reply(slot, stream()).write(slot, &bytes));
        assert_eq!(admits(&mut wire), written == WINDOW, "{written} bytes");
        assert_eq!(wire.cx.slots.len(), 1, "it is in flight all the same");
    }
}

#[test]
fn who_goes_on_is_not_refused_and_counts_again() {
    let mut wire = wire(2);
    let slot = wire.feed(&get("/")).request().slot;
    wire.peer_takes(0);
    wire.flush(|records| records.reply(slot, stream()).write(slot, &[b'x'; WINDOW]));
    assert!(
        admits(&mut wire) && admits(&mut wire),
        "others have them all"
    );
    wire.peer_takes(usize::MAX);
    assert_eq!(credit(&mut wire), WINDOW as u32, "the handler goes on");
    wire.flush(|records| records.write(slot, b"more").end(slot));
    assert!(wire.sent().ends_with(b"4\r\nmore\r\n0\r\n\r\n"));
    assert!(!admits(&mut wire), "two are with their handlers");
}

#[test]
fn each_window_that_is_read_is_work_again() {
    let mut wire = wire(1);
    let slot = wire.feed(&get("/")).request().slot;
    wire.peer_takes(0);
    wire.flush(|records| records.reply(slot, stream()).write(slot, &[b'x'; WINDOW]));
    for _ in 0..5 {
        wire.peer_takes(2 * WINDOW);
        assert_eq!(credit(&mut wire), WINDOW as u32);
        assert!(!admits(&mut wire), "its handler is at work");
        wire.peer_takes(0);
        wire.flush(|records| records.write(slot, &[b'x'; WINDOW]));
    }
    wire.reset();
    assert!(admits(&mut wire));
    assert!(!admits(&mut wire), "the one permit was given back once");
}

#[test]
fn a_whole_reply_behind_another_has_left_its_handler() {
    let mut wire = wire(2);
    let requests = wire.feed(&[get("/?0"), get("/?1")].concat()).requests();
    let [first, second] = [0, 1].map(|n: usize| requests[n].slot);
    assert!(!admits(&mut wire));
    wire.flush(|records| records.reply(second, text("one")));
    assert!(admits(&mut wire) && !admits(&mut wire));
    wire.flush(|records| records.reply(first, text("zero")));
    assert!(
        admits(&mut wire) && !admits(&mut wire),
        "and no more than that"
    );
    same(
        "both",
        "in order",
        &wire.sent(),
        &[ok("zero"), ok("one")].concat(),
    );
}

#[test]
fn a_stream_behind_another_waits_as_well() {
    let mut wire = wire(2);
    let requests = wire.feed(&[get("/?0"), get("/?1")].concat()).requests();
    let [first, second] = [0, 1].map(|n: usize| requests[n].slot);
    wire.flush(|records| {
        records
            .reply(second, stream())
            .write(second, &[b'x'; WINDOW])
    });
    assert!(admits(&mut wire) && !admits(&mut wire));
    wire.flush(|records| records.reply(first, text("zero")));
    assert_eq!(
        credit(&mut wire),
        WINDOW as u32,
        "it is its turn, and it goes on"
    );
    // Three permits of two are in use: the first one that comes back is nobody's.
    wire.flush(|records| records.end(second));
    assert!(admits(&mut wire) && !admits(&mut wire));
}

#[test]
fn nothing_begins_behind_a_reply_that_is_not_read() {
    let mut wire = wire(100);
    let slot = wire.feed(&get("/")).request().slot;
    wire.peer_takes(0);
    wire.flush(|records| records.reply(slot, stream()).write(slot, &[b'x'; WINDOW]));
    for _ in 0..200 {
        wire.feed(&get("/?behind"));
    }
    assert!(wire.requests().is_empty());
    let asked = 200 * get("/?behind").len();
    assert_eq!(asked - wire.unread(), 4 * 1024, "no less and no more waits");
    // What it takes now and then changes nothing for those behind.
    wire.peer_takes(WINDOW);
    assert!(wire.requests().is_empty());
    wire.flush(|records| records.write(slot, &[b'y'; WINDOW / 2]));
    wire.peer_takes(usize::MAX);
    assert!(wire.requests().is_empty(), "it has not ended");
    wire.flush(|records| records.end(slot));
    let mut begun = 0;
    for round in 0.. {
        let requests = wire.requests();
        if requests.is_empty() {
            break;
        }
        assert!(round < 200);
        begun += requests.len();
        wire.flush(|records| {
            for request in &requests {
                records.reply(request.slot, text(""));
            }
            records
        });
    }
    assert_eq!(begun, 200, "all of them, without another event");
    assert!(wire.conn.is_idle());
}

#[test]
fn a_client_that_reads_has_its_next_request_begun_behind_a_stream() {
    let mut wire = wire(100);
    let slot = wire.feed(&get("/")).request().slot;
    wire.flush(|records| records.reply(slot, stream()));
    for _ in 0..10 {
        wire.flush(|records| records.write(slot, &[b'x'; WINDOW]));
    }
    wire.feed(&get("/?next"));
    assert_eq!(wire.requests().len(), 1);
}
