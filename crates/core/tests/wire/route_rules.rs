//! What a route, or a handler, says its requests are held to, in place of the server's limits.

use lanner_core::{Priority, Rate, Rules};

use crate::support::cuts::same;
use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok, ok_close};

const ROOT: usize = 0;
const ECHO: usize = 1;
const USERS: usize = 2;

const TOO_LARGE: &str = "HTTP/1.1 413 Content Too Large\nContent-Length: 0\nConnection: close\n\
                         Date: @\n\n";
const SLOW: Rate = Rate {
    bytes_per_second: 10,
    grace_ms: 1_000,
};
const NONE: Rate = Rate {
    bytes_per_second: 0,
    grace_ms: 0,
};

fn get(path: &str) -> Vec<u8> {
    crlf(&format!("GET {path} HTTP/1.1\nHost: a\n\n"))
}

fn post(path: &str, rest: &str) -> Vec<u8> {
    crlf(&format!("POST {path} HTTP/1.1\nHost: a\n{rest}"))
}

fn own(setup: &Setup, change: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = Rules::of_server(&setup.config);
    change(&mut rules);
    rules
}

#[test]
fn a_route_has_a_body_limit_of_its_own_before_its_handler_is_asked() {
    let setup = Setup::with(|config| config.limits.body_bytes = Some(10));
    let setup = setup.rule(ECHO, |rules| rules.body_bytes = Some(20));
    for (path, length, admitted) in [
        ("/echo", 20, true),
        ("/echo", 21, false),
        ("/any", 10, true),
        ("/any", 11, false),
        ("/nowhere", 11, false),
    ] {
        let mut wire = Wire::new(&setup);
        let head = post(path, &format!("Content-Length: {length}\n\n"));
        let requests = wire.feed(&head).requests().len();
        assert_eq!(requests == 1, admitted, "{path} {length}");
        if !admitted {
            same(path, "refused", &wire.sent(), &crlf(TOO_LARGE));
            assert_eq!(wire.rejects("content_too_large"), 1);
        }
    }
}

#[test]
fn a_handler_changes_the_limit_of_a_body_that_comes_in_chunks() {
    let chunk = format!("10\r\n{}\r\n", "x".repeat(16));
    for (cap, chunks, refused) in [(Some(44), 2, false), (Some(43), 2, true), (None, 9, false)] {
        let setup = Setup::with(|config| config.limits.body_bytes = Some(50));
        let mut wire = Wire::new(&setup);
        let slot = wire
            .feed(&post("/echo", "Transfer-Encoding: chunked\n\n"))
            .request()
            .slot;
        wire.feed(chunk.as_bytes());
        let rules = own(&setup, |rules| rules.body_bytes = cap);
        wire.flush(|records| records.rules(slot, &rules));
        for _ in 1..chunks {
            wire.feed(chunk.as_bytes());
        }
        assert_eq!(
            wire.rejects("content_too_large"),
            u64::from(refused),
            "{cap:?}"
        );
    }
}

#[test]
fn what_has_come_already_can_be_too_much() {
    for (rest, body) in [
        ("Content-Length: 60\n\n", "x".repeat(40)),
        (
            "Transfer-Encoding: chunked\n\n",
            format!("28\r\n{}\r\n", "x".repeat(40)),
        ),
    ] {
        let setup = Setup::default();
        let mut wire = Wire::new(&setup);
        let slot = wire.feed(&post("/echo", rest)).request().slot;
        wire.feed(body.as_bytes());
        let rules = own(&setup, |rules| rules.body_bytes = Some(39));
        wire.entries();
        wire.flush(|records| records.rules(slot, &rules));
        same("too much", "refused", &wire.sent(), &crlf(TOO_LARGE));
        assert!(matches!(wire.entries()[..], [Entry::Cancel { .. }]));
    }
}

#[test]
fn a_route_and_a_handler_say_how_slow_a_body_may_be() {
    let upload = post("/echo", "Content-Length: 1000\n\n");
    let setup = Setup::default();
    let by_route = Setup::default().rule(ECHO, |rules| rules.request = SLOW);
    for handler in [false, true] {
        let mut wire = Wire::new(if handler { &setup } else { &by_route });
        let slot = wire.feed(&upload).request().slot;
        if handler {
            let rules = own(&setup, |rules| rules.request = SLOW);
            wire.flush(|records| records.rules(slot, &rules));
        }
        wire.pass(999);
        assert_eq!(wire.end(), End::Open);
        wire.pass(1);
        assert_eq!(wire.rejects("body_timeout"), 1);
    }
}

#[test]
fn a_route_and_a_handler_say_how_slow_a_reply_may_be_taken() {
    let setup = Setup::default();
    let by_route = Setup::default().rule(ROOT, |rules| rules.response = SLOW);
    for handler in [false, true] {
        let mut wire = Wire::new(if handler { &setup } else { &by_route });
        wire.peer_takes(0);
        let slot = wire.feed(&get("/")).request().slot;
        wire.flush(|records| records.reply(slot, stream()).write(slot, b"x"));
        if handler {
            let rules = own(&setup, |rules| rules.response = SLOW);
            wire.flush(|records| records.rules(slot, &rules));
        }
        wire.pass(999);
        assert_eq!(wire.end(), End::Open);
        wire.pass(1);
        assert_eq!(wire.end(), End::Reset);
    }
}

#[test]
fn replies_that_leave_together_have_the_time_of_the_slowest() {
    let setup = Setup::default().rule(USERS, |rules| rules.response = NONE);
    let mut wire = Wire::new(&setup);
    wire.peer_takes(10);
    let input = [get("/users/7/posts"), get("/")].concat();
    let requests = wire.feed(&input).requests();
    wire.flush(|records| {
        records
            .reply(requests[0].slot, text("patient"))
            .reply(requests[1].slot, text("default"))
    });
    wire.pass(1 << 30);
    assert_eq!(wire.end(), End::Open);
}

/// The patient one is settled, so no request is special any more; the connection remembers it.
#[test]
fn a_reply_behind_one_with_a_rate_of_its_own_has_the_time_of_the_server() {
    let setup = Setup::default();
    let mut wire = Wire::new(&setup);
    let input = [get("/"), get("/")].concat();
    let requests = wire.feed(&input).requests();
    let [patient, other] = [requests[0].slot, requests[1].slot];
    let rules = own(&setup, |rules| rules.response = NONE);
    wire.flush(|records| records.rules(patient, &rules).reply(patient, text("taken")));
    wire.peer_takes(0);
    wire.flush(|records| records.reply(other, text("left")));
    wire.pass(4_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(wire.end(), End::Reset);
}

#[test]
fn a_reply_has_its_own_rate_when_those_before_it_have_left() {
    for (rate, at) in [(Rate::default(), 5_000), (SLOW, 1_000)] {
        let setup = Setup::default()
            .rule(USERS, |rules| rules.response = NONE)
            .rule(ROOT, |rules| rules.response = rate);
        let mut wire = Wire::new(&setup);
        wire.peer_takes(10);
        let input = [get("/users/7/posts"), get("/")].concat();
        let requests = wire.feed(&input).requests();
        wire.flush(|records| {
            records
                .reply(requests[0].slot, text("patient"))
                .reply(requests[1].slot, text(&"x".repeat(9_000)))
        });
        wire.pass(1 << 30);
        let earlier = ok("patient").len() - 10;
        wire.peer_takes(earlier - 1).pass(1 << 30);
        assert_eq!(wire.end(), End::Open, "a byte of the first one is left");
        wire.peer_takes(1).pass(at - 1);
        assert_eq!(
            wire.end(),
            End::Open,
            "the time before is not held against it"
        );
        wire.pass(1);
        assert_eq!(wire.end(), End::Reset, "{rate:?}");
    }
}

/// A handler that wants its reply to be taken quickly says nothing of the one before it.
#[test]
fn a_reply_that_waits_behind_another_hurries_nobody() {
    let quick = Rate {
        bytes_per_second: 1 << 20,
        grace_ms: 100,
    };
    for by_route in [false, true] {
        let mut setup = Setup::default();
        if by_route {
            setup = setup.rule(USERS, |rules| rules.response = quick);
        }
        let mut wire = Wire::new(&setup);
        wire.peer_takes(0);
        let input = [get("/"), get("/users/7/posts")].concat();
        let requests = wire.feed(&input).requests();
        let slot = requests[1].slot;
        wire.flush(|records| {
            records
                .reply(requests[0].slot, text("at the server's rate"))
                .reply(slot, stream())
                .write(slot, b"x")
        });
        if !by_route {
            let rules = own(&setup, |rules| rules.response = quick);
            wire.flush(|records| records.rules(slot, &rules));
        }
        wire.pass(4_999);
        assert_eq!(wire.end(), End::Open, "by route: {by_route}");
        wire.pass(1);
        assert_eq!(wire.end(), End::Reset, "by route: {by_route}");
    }
}

#[test]
fn a_route_and_a_handler_say_when_a_request_is_late() {
    let setup = Setup::default();
    let by_route = Setup::default().rule(ROOT, |rules| rules.request_ms = 500);
    for handler in [false, true] {
        let mut wire = Wire::new(if handler { &setup } else { &by_route });
        let slot = wire.feed(&get("/")).request().slot;
        if handler {
            wire.pass(100);
            let rules = own(&setup, |rules| rules.request_ms = 500);
            wire.flush(|records| records.rules(slot, &rules)).pass(399);
        } else {
            wire.pass(499);
        }
        assert!(wire.sent().is_empty());
        wire.pass(1);
        assert!(
            wire.sent_text()
                .starts_with("HTTP/1.1 504 Gateway Timeout\r\n")
        );
        assert_eq!(wire.counter("deadlines_passed"), 1);
    }
}

#[test]
fn a_request_that_waits_for_its_turn_is_late_on_time() {
    let setup = Setup::default().rule(USERS, |rules| rules.request_ms = 500);
    for streams in [false, true] {
        let mut wire = Wire::new(&setup);
        let input = [get("/"), get("/users/7/posts"), get("/")].concat();
        let requests = wire.feed(&input).requests();
        if streams {
            wire.flush(|records| {
                records
                    .reply(requests[1].slot, stream())
                    .write(requests[1].slot, b"x")
            });
        }
        wire.entries();
        wire.pass(499);
        assert_eq!(wire.counter("deadlines_passed"), 0);
        wire.pass(1);
        assert_eq!(wire.counter("deadlines_passed"), 1);
        let told = wire.entries();
        assert!(matches!(told[..], [Entry::Cancel { slot, .. }] if slot == requests[1].slot));
        assert!(wire.sent().is_empty(), "no reply overtakes another");
        wire.flush(|records| {
            records
                .reply(requests[2].slot, text("c"))
                .reply(requests[0].slot, text("a"))
        });
        let sent = wire.sent_text();
        let statuses: Vec<_> = sent
            .match_indices("HTTP/1.1 ")
            .map(|(at, _)| &sent[at + 9..at + 12])
            .collect();
        assert_eq!(statuses, ["200", "504", "200"]);
        assert!(wire.conn.is_idle());
    }
}

#[test]
fn a_route_and_a_handler_say_what_is_dropped_of_an_unread_body() {
    for (by, drain, expected) in [
        ("route", 10, ok("no")),
        ("route", 9, ok_close("no")),
        ("handler", 10, ok("no")),
        ("handler", 9, ok_close("no")),
    ] {
        let setup = Setup::with(|config| config.drain_bytes = 5);
        let rules = own(&setup, |rules| rules.drain_bytes = drain);
        let setup = match by {
            "route" => setup.rule(ECHO, |route| *route = rules),
            _ => setup,
        };
        let mut wire = Wire::new(&setup);
        let slot = wire
            .feed(&post("/echo", "Content-Length: 10\n\n"))
            .request()
            .slot;
        if by == "handler" {
            wire.flush(|records| records.rules(slot, &rules));
        }
        wire.flush(|records| records.reply(slot, text("no")));
        same(by, "drain", &wire.sent(), &expected);
    }
}

#[test]
fn the_time_for_that_is_the_routes_as_well() {
    let setup = Setup::default().rule(ECHO, |rules| rules.drain_ms = 200);
    let mut wire = Wire::new(&setup);
    let slot = wire
        .feed(&post("/echo", "Content-Length: 10\n\n"))
        .request()
        .slot;
    wire.flush(|records| records.reply(slot, text("no")));
    wire.pass(199);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(
        (wire.end(), wire.counter("drains_given_up")),
        (End::Shut, 1)
    );
}

#[test]
fn low_priority_is_shed_first_and_high_priority_last() {
    let setup = Setup::with(|config| config.overload.in_flight = 20)
        .rule(ROOT, |rules| rules.priority = Priority::Low)
        .rule(USERS, |rules| rules.priority = Priority::High);
    for (path, admitted, label) in [
        ("/", 10, "shed_low"),
        ("/any", 18, "shed"),
        ("/users/7/posts", 20, "shed_high"),
    ] {
        let mut wire = Wire::new(&setup);
        let requests = wire.feed(&get(path).repeat(21)).requests();
        assert_eq!(requests.len(), admitted, "{path}");
        assert_eq!(
            (wire.counter("shed"), wire.counter(label)),
            (1, 1),
            "{path}"
        );
    }
}

#[test]
fn a_busy_server_still_hears_the_urgent() {
    let setup = Setup::default().rule(USERS, |rules| rules.priority = Priority::High);
    let mut wire = Wire::new(&setup);
    wire.cx.busy = true;
    let input = [get("/users/7/posts"), get("/")].concat();
    assert_eq!(wire.feed(&input).requests().len(), 1);
    assert_eq!((wire.counter("shed"), wire.counter("shed_high")), (1, 0));
}

#[test]
fn rules_for_a_request_that_is_over_change_nothing() {
    let setup = Setup::default();
    let mut wire = Wire::new(&setup);
    let slot = wire.feed(&get("/")).request().slot;
    let rules = own(&setup, |rules| rules.request_ms = 1);
    wire.flush(|records| records.reply(slot, text("done")).rules(slot, &rules));
    wire.sent();
    assert!(wire.conn.is_idle());
    let next = wire.feed(&get("/")).request().slot;
    wire.pass(1_000)
        .flush(|records| records.reply(next, text("next")));
    same("late", "rules", &wire.sent(), &ok("next"));
}
