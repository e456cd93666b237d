//! Requests behind each other: which run at once, and in which order their replies leave.

use crate::support::cuts::same;
use crate::support::echo::echo;
use crate::support::entries::Request;
use crate::support::records::{Reply, stream, text};
use crate::support::wire::{Setup, Wire};
use crate::support::{crlf, ok};

fn get(target: &str) -> Vec<u8> {
    crlf(&format!("GET {target} HTTP/1.1\nHost: a\n\n"))
}

fn post(body: &str) -> Vec<u8> {
    let length = body.len();
    crlf(&format!(
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: {length}\n\n{body}"
    ))
}

fn targets(requests: &[Request]) -> Vec<&str> {
    requests
        .iter()
        .map(|request| request.target.as_str())
        .collect()
}

#[test]
fn safe_requests_run_at_once_and_reply_in_order() {
    // Every order in which three handlers can finish.
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut wire = Wire::new(&Setup::default());
        let input = [
            get("/?0"),
            crlf("HEAD /any HTTP/1.1\nHost: a\n\n"),
            get("/?2"),
        ]
        .concat();
        let requests = wire.feed(&input).requests();
        assert_eq!(targets(&requests), ["/?0", "/any", "/?2"]);
        let mut sent = Vec::new();
        for index in order {
            let reply = text(["zero", "one", "two"][index]);
            wire.flush(|records| records.reply(requests[index].slot, reply));
            sent.extend_from_slice(&wire.sent());
        }
        let head = String::from_utf8(ok("one"))
            .expect("text")
            .replace("one", "");
        let expected = [ok("zero"), head.into_bytes(), ok("two")].concat();
        same("order", &format!("{order:?}"), &sent, &expected);
        assert!(wire.conn.is_idle());
    }
}

#[test]
fn a_request_that_is_not_safe_waits_until_it_is_alone() {
    let mut wire = Wire::new(&Setup::default());
    let input = [get("/?0"), get("/?1"), post("x"), get("/?3"), get("/?4")].concat();
    let safe = wire.feed(&input).requests();
    assert_eq!(targets(&safe), ["/?0", "/?1"]);
    wire.flush(|records| records.reply(safe[1].slot, text("one")));
    assert!(wire.requests().is_empty());
    wire.flush(|records| records.reply(safe[0].slot, text("zero")));
    let alone = wire.request();
    assert_eq!(alone.target, "/echo");
    wire.flush(|records| records.reply(alone.slot, text("post")));
    let rest = wire.requests();
    assert_eq!(targets(&rest), ["/?3", "/?4"]);
    wire.flush(|records| {
        records
            .reply(rest[1].slot, text("four"))
            .reply(rest[0].slot, text("three"))
    });
    let expected: Vec<u8> = ["zero", "one", "post", "three", "four"].map(ok).concat();
    same("order", "mixed", &wire.sent(), &expected);
}

#[test]
fn methods_that_are_not_known_to_be_safe_run_alone() {
    for method in ["PUT", "DELETE", "PATCH", "PURGE", "get"] {
        let mut wire = Wire::new(&Setup::default());
        let other = crlf(&format!("{method} /any HTTP/1.1\nHost: a\n\n"));
        let first = wire
            .feed(&[get("/"), other.clone(), get("/")].concat())
            .request();
        wire.flush(|records| records.reply(first.slot, text("")));
        assert_eq!(wire.request().method, method);
    }
}

#[test]
fn no_more_than_the_limit_run_at_once() {
    let setup = Setup::with(|config| config.limits.pipelined = 4);
    let mut wire = Wire::new(&setup);
    let input: Vec<u8> = (0..10).flat_map(|n| get(&format!("/?{n}"))).collect();
    let mut running = wire.feed(&input).requests();
    assert_eq!(running.len(), 4);
    for n in 0..10 {
        let slot = running.remove(0).slot;
        wire.flush(|records| records.reply(slot, text(&n.to_string())));
        running.extend(wire.requests());
        assert_eq!(running.len(), (9 - n).min(4));
    }
    let expected: Vec<u8> = (0..10).flat_map(|n| ok(&n.to_string())).collect();
    same("order", "limited", &wire.sent(), &expected);
}

#[test]
fn a_reply_that_streams_holds_the_next_ones_back() {
    let mut wire = Wire::new(&Setup::default());
    let requests = wire
        .feed(&[get("/?0"), get("/?1"), get("/?2")].concat())
        .requests();
    let [first, second, third] = [0, 1, 2].map(|n: usize| requests[n].slot);
    wire.flush(|records| {
        records
            .reply(second, stream())
            .write(second, b"b1")
            .reply(third, text("c"));
        records.reply(first, stream()).write(first, b"a1")
    });
    let head = crlf("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nDate: @\n\n");
    same(
        "stream",
        "begins",
        &wire.sent(),
        &[&head[..], b"2\r\na1\r\n"].concat(),
    );
    wire.flush(|records| records.write(second, b"b2"));
    assert!(wire.sent().is_empty());
    wire.flush(|records| records.write(first, b"a2").end(first));
    let expected = [
        b"2\r\na2\r\n0\r\n\r\n",
        &head[..],
        b"2\r\nb1\r\n2\r\nb2\r\n",
    ]
    .concat();
    same("stream", "the next follows", &wire.sent(), &expected);
    wire.flush(|records| records.end(second));
    same(
        "stream",
        "the last",
        &wire.sent(),
        &[b"0\r\n\r\n", &ok("c")[..]].concat(),
    );
}

#[test]
fn a_peer_that_does_not_read_is_not_read_either() {
    let setup = Setup::with(|config| config.limits.reply_window_bytes = 4096);
    let mut wire = Wire::new(&setup);
    wire.peer_takes(0);
    let body = "x".repeat(5000);
    let first = wire.feed(&get("/?0")).request().slot;
    wire.flush(|records| records.reply(first, text(&body)));
    wire.feed(&[get("/?1"), get("/?2")].concat());
    assert!(wire.requests().is_empty(), "a full window stops the parser");
    wire.peer_takes(2000);
    let requests = wire.requests();
    assert_eq!(
        requests.len(),
        2,
        "and room lets it go on without another event"
    );
    wire.flush(|records| {
        records
            .reply(requests[0].slot, text("1"))
            .reply(requests[1].slot, text("2"))
    });
    wire.peer_takes(usize::MAX);
    same(
        "window",
        "all of it",
        &wire.sent(),
        &[ok(&body), ok("1"), ok("2")].concat(),
    );
}

#[test]
fn input_that_waits_is_bounded() {
    // A slow GET, and behind it a request that must wait: the rest stays in the kernel.
    for behind in [post(&"x".repeat(3_000_000)), get("/").repeat(200_000)] {
        let mut wire = Wire::new(&Setup::default());
        let input = [get("/?slow"), behind].concat();
        for piece in input.chunks(10_000) {
            wire.feed(piece);
        }
        let read = input.len() - wire.unread();
        assert!(
            read < 512 * 1024,
            "{read} bytes of memory for one connection"
        );
    }
}

#[test]
fn what_waits_is_parsed_when_its_turn_comes() {
    // Bodies of pipelined requests, longer than everything that is buffered on the way.
    let bodies = ["a".repeat(300_000), "b".repeat(20_000), "c".into()];
    let input: Vec<u8> = bodies
        .iter()
        .flat_map(|body| [get("/"), post(body)].concat())
        .collect();
    for size in [input.len(), 65_536, 1_000] {
        let mut wire = Wire::served(&Setup::default(), echo());
        wire.feed_in(&input, size);
        let expected: Vec<u8> = bodies
            .iter()
            .flat_map(|body| [ok("GET /"), ok(&format!("POST /echo {body}"))].concat())
            .collect();
        assert!(wire.sent() == expected, "pieces of {size}");
        assert!(wire.conn.is_idle());
    }
}

#[test]
fn replies_that_are_ready_together_leave_together() {
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.feed(&get("/").repeat(16));
    assert_eq!((wire.sent(), wire.sends), (ok("GET /").repeat(16), 1));
    let mut wire = Wire::new(&Setup::default());
    let requests = wire.feed(&get("/").repeat(3)).requests();
    wire.flush(|records| {
        for request in &requests {
            records.reply_large(
                request.slot,
                Reply {
                    content_type: 0,
                    ..text("large")
                },
            );
        }
        records
    });
    assert_eq!(wire.sends, 1, "six slices, one call");
}
