//! Credit both ways: what a handler has not read and a peer has not taken is bounded by a window.

use crate::support::crlf;
use crate::support::cuts::same;
use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};

const WINDOW: usize = 65_536;

fn setup() -> Setup {
    Setup::with(|config| {
        config.limits.request_window_bytes = WINDOW as u32;
        config.limits.reply_window_bytes = 4096;
    })
}

fn body_bytes(wire: &mut Wire) -> usize {
    let bytes = wire.entries().into_iter().map(|entry| match entry {
        Entry::Body { bytes, .. } => bytes.len(),
        _ => 0,
    });
    bytes.sum()
}

fn uploads() -> [(&'static str, Vec<u8>); 2] {
    let body = vec![b'x'; 1_000_000];
    let head = "POST /echo HTTP/1.1\nHost: a\n";
    let known = [
        crlf(&format!("{head}Content-Length: 1000000\n\n")),
        body.clone(),
    ]
    .concat();
    let mut chunked = crlf(&format!("{head}Transfer-Encoding: chunked\n\n"));
    for chunk in body.chunks(10_000) {
        chunked.extend_from_slice(b"2710\r\n");
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    [
        ("length", known),
        ("chunks", [chunked, b"0\r\n\r\n".to_vec()].concat()),
    ]
}

#[test]
fn a_handler_that_never_reads_holds_one_window() {
    for (way, input) in uploads() {
        for size in [1000, 65_536, 1_000_000] {
            let mut wire = Wire::new(&setup());
            wire.feed_in(&input, size);
            assert_eq!(body_bytes(&mut wire), WINDOW, "{way}");
            let kept = input.len() - wire.unread();
            assert!(
                kept <= WINDOW + 256 * 1024 + 200,
                "{way}: {kept} bytes taken from the kernel"
            );
            wire.pass(3_600_000);
            assert_eq!(wire.end(), End::Open);
        }
    }
}

#[test]
fn what_is_read_is_given_back_and_no_more() {
    for (way, input) in uploads() {
        let mut wire = Wire::new(&setup());
        let slot = wire.feed_in(&input, 70_000).entries()[0].slot();
        let mut total = WINDOW;
        for credit in [1, 10, 1000, 16_384, 16_385, 40_000, 65_536] {
            wire.flush(|records| records.read(slot, credit as u32));
            assert_eq!(body_bytes(&mut wire), credit, "{way}");
            total += credit;
        }
        wire.flush(|records| records.read(slot, 1 << 30));
        assert_eq!(
            body_bytes(&mut wire),
            WINDOW,
            "{way}: never more than the window"
        );
        total += WINDOW;
        while total < 1_000_000 {
            wire.flush(|records| records.read(slot, WINDOW as u32));
            let next = body_bytes(&mut wire);
            assert!(next > 0 && next <= WINDOW, "{way}: {next} after {total}");
            total += next;
        }
        assert_eq!(total, 1_000_000);
        wire.flush(|records| records.reply(slot, text("done")));
        assert!(wire.conn.is_idle());
    }
}

#[test]
fn a_piece_that_fills_the_window_exactly_ends_the_body() {
    let mut wire = Wire::new(&setup());
    let head = crlf(&format!(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: {WINDOW}\n\n"
    ));
    wire.feed(&head).feed(&vec![b'x'; WINDOW]);
    let entries = wire.entries();
    let last = entries.last().expect("the body");
    assert!(
        matches!(last, Entry::Body { last: true, .. }),
        "{:?}",
        entries.len()
    );
}

/// The handler's side of a stream: writes while it has credit.
struct Writer {
    credit: usize,
    written: usize,
}

#[test]
fn a_peer_that_reads_slowly_is_felt_by_the_handler() {
    for large in [false, true] {
        let mut wire = Wire::new(&setup());
        let slot = wire
            .feed(&crlf("GET / HTTP/1.1\nHost: a\n\n"))
            .request()
            .slot;
        wire.peer_takes(0);
        wire.flush(|records| records.reply(slot, stream()));
        let mut writer = Writer {
            credit: 4096,
            written: 0,
        };
        let mut taken = 0;
        for _ in 0..500 {
            while writer.credit > 0 {
                let piece = vec![b'z'; writer.credit.min(1500)];
                wire.flush(|records| match large {
                    true => records.write_large(slot, &piece),
                    false => records.write(slot, &piece),
                });
                writer.credit -= piece.len();
                writer.written += piece.len();
            }
            let waiting = wire.conn.output().map_or(0, |out| out.len());
            assert!(
                waiting <= 4096 + 200,
                "{waiting} bytes wait for a slow peer"
            );
            wire.peer_takes(700);
            taken += wire.sent().len();
            let mut given = 0;
            for entry in wire.entries() {
                let Entry::Credit { bytes, .. } = entry else {
                    panic!("{entry:?}")
                };
                given += bytes as usize;
            }
            writer.credit += given;
            assert!(writer.credit <= 4096, "never more than the window");
        }
        assert!(
            taken >= 300_000 && writer.written >= 300_000,
            "{taken} {}",
            writer.written
        );
        wire.peer_takes(usize::MAX);
        wire.flush(|records| records.end(slot));
        assert!(wire.conn.is_idle());
    }
}

#[test]
fn credit_comes_back_as_bytes_leave() {
    let mut wire = Wire::new(&setup());
    let slot = wire
        .feed(&crlf("GET / HTTP/1.1\nHost: a\n\n"))
        .request()
        .slot;
    wire.peer_takes(0);
    wire.flush(|records| records.reply(slot, stream()).write(slot, &[b'z'; 4096]));
    assert_eq!(wire.entries(), [], "nothing has left");
    wire.peer_takes(1000);
    assert_eq!(wire.entries(), [], "too little to be worth a message");
    wire.peer_takes(2000);
    let credits = wire.entries();
    assert!(
        matches!(
            &credits[..],
            [Entry::Credit {
                bytes: 2048..=3000,
                ..
            }]
        ),
        "{credits:?}"
    );
    wire.peer_takes(usize::MAX);
    let rest = wire.entries();
    let sum: u32 = [&credits[..], &rest[..]]
        .concat()
        .iter()
        .map(|entry| match entry {
            Entry::Credit { bytes, .. } => *bytes,
            _ => 0,
        })
        .sum();
    assert_eq!(sum, 4096, "all of it, once");
}

#[test]
fn a_stream_before_its_turn_gets_credit_in_its_turn() {
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let mut wire = Wire::new(&setup());
    let requests = wire.feed(&get.repeat(2)).requests();
    let [first, second] = [requests[0].slot, requests[1].slot];
    wire.flush(|records| records.reply(second, stream()).write(second, &[b'z'; 4096]));
    assert_eq!(wire.entries(), []);
    wire.flush(|records| records.reply(first, text("one")));
    assert_eq!(
        wire.entries(),
        [Entry::Credit {
            slot: second,
            bytes: 4096
        }]
    );
}

#[test]
fn bytes_that_are_not_sent_give_their_credit_back_at_once() {
    let mut wire = Wire::new(&setup());
    let slot = wire
        .feed(&crlf("HEAD / HTTP/1.1\nHost: a\n\n"))
        .request()
        .slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, &[b'z'; 4096]));
    assert_eq!(wire.entries(), [Entry::Credit { slot, bytes: 4096 }]);
    wire.flush(|records| records.end(slot));
    same(
        "head",
        "only",
        &wire.sent(),
        &crlf("HTTP/1.1 200 OK\nDate: @\n\n"),
    );
}

#[test]
fn pieces_of_a_body_waste_little_memory() {
    // A peer that trickles must not make each piece cost a whole chunk.
    let head = crlf("POST /echo HTTP/1.1\nHost: a\nContent-Length: 1000000\n\n");
    for size in [100, 9000, 20_000, 33_000] {
        let mut wire = Wire::new(&Setup::default());
        wire.feed(&head);
        wire.held = 0;
        for _ in 0..1_000_000 / size {
            wire.feed(&vec![b'x'; size]);
        }
        assert!(
            wire.held <= 32 * 1_048_576,
            "{} MiB for pieces of {size}",
            wire.held >> 20
        );
    }
}
