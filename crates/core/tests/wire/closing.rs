//! The server closes: what rests ends, what runs is answered with `Connection: close`, and what has
//! not ended when the grace is over is cut.

use crate::support::cuts::same;
use crate::support::echo::echo;
use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok, ok_close};

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

#[test]
fn a_connection_at_rest_ends() {
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.feed(&get()).pass(1_000).sent();
    wire.drain();
    assert_eq!((wire.end(), wire.sent().len()), (End::Closed, 0));
}

#[test]
fn one_that_was_busy_a_moment_ago_may_have_a_request_under_way() {
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.pass(1_000).feed(&get()).sent();
    wire.pass(100).drain();
    assert_eq!(wire.end(), End::Open);
    wire.feed(&get());
    same("under way", "is answered", &wire.sent(), &ok_close("GET /"));
    assert_eq!(wire.end(), End::Shut);
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.pass(1_000)
        .feed(&get())
        .pass(100)
        .drain()
        .pass(151)
        .drain();
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn what_runs_is_answered_and_says_close() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.pass(10_000).drain();
    assert_eq!((wire.entries(), wire.end()), (vec![], End::Open));
    wire.flush(|records| records.reply(slot, text("done")));
    same("running", "ends", &wire.sent(), &ok_close("done"));
    assert_eq!(wire.end(), End::Shut);
}

#[test]
fn all_pipelined_requests_are_answered_and_the_last_says_close() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut wire = Wire::new(&Setup::default());
        let requests = wire.feed(&get().repeat(3)).requests();
        wire.drain();
        for index in order {
            let body = index.to_string();
            wire.flush(|records| records.reply(requests[index].slot, text(&body)));
        }
        let expected = [ok("0"), ok("1"), ok_close("2")].concat();
        same("pipelined", &format!("{order:?}"), &wire.sent(), &expected);
        assert_eq!((wire.end(), wire.entries()), (End::Shut, vec![]));
    }
}

#[test]
fn a_stream_that_began_before_goes_on_to_its_end() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&get()).request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"a"));
    wire.pass(60_000).drain();
    wire.flush(|records| records.write(slot, b"b").end(slot));
    assert!(wire.sent().ends_with(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"));
    wire.pass(251).drain();
    assert_eq!(wire.end(), End::Closed);
}

#[test]
fn a_request_that_is_being_sent_is_served() {
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.feed(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-")
        .pass(1_000)
        .drain();
    assert_eq!(wire.end(), End::Open);
    wire.feed(b"Length: 2\r\n\r\n")
        .pass(1_000)
        .drain()
        .feed(b"hi");
    same(
        "half sent",
        "served",
        &wire.sent(),
        &ok_close("POST /echo hi"),
    );
}

#[test]
fn what_the_core_answers_says_close_too() {
    let mut wire = Wire::new(&Setup::default());
    wire.feed(b"GET /no").drain();
    wire.feed(&crlf("where HTTP/1.1\nHost: a\n\n"));
    assert!(wire.sent_text().contains("\r\nConnection: close\r\n"));
    assert_eq!(wire.end(), End::Shut);
}

#[test]
fn the_grace_ends_what_still_runs() {
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get().repeat(2)).requests();
    let [first, second] = [requests[0].slot, requests[1].slot];
    wire.flush(|records| records.reply(second, text("early")));
    wire.drain().grace_over();
    assert_eq!(
        wire.entries(),
        [Entry::Cancel {
            slot: first,
            reason: 3
        }]
    );
    assert_ne!(wire.end(), End::Open);
    wire.flush(|records| records.reply(first, text("late")));
    assert!(wire.sent().is_empty());
}
