//! `Expect: 100-continue` (RFC 9110 section 10.1.1): sent when the handler first asks for the body.

use crate::support::cuts::same;
use crate::support::records::text;
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok, ok_close};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn head(version: &str) -> Vec<u8> {
    crlf(&format!(
        "POST /echo HTTP/{version}\nHost: a\nConnection: keep-alive\nContent-Length: 5\n\
         Expect: 100-continue\n\n"
    ))
}

#[test]
fn it_is_sent_with_the_first_read_and_once() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&head("1.1")).request().slot;
    assert!(wire.sent().is_empty(), "not before the handler asks");
    wire.flush(|records| records.read(slot, 0));
    same("continue", "first read", &wire.sent(), CONTINUE);
    wire.flush(|records| records.read(slot, 0));
    assert!(wire.sent().is_empty());
    wire.feed(b"hel").feed(b"lo");
    wire.flush(|records| records.read(slot, 5).reply(slot, text("done")));
    same("continue", "reply", &wire.sent(), &ok("done"));
    assert!(wire.conn.is_idle());
}

#[test]
fn a_handler_that_never_reads_sends_none_and_the_connection_closes() {
    // Whether the client sends the body now is not known, so nothing behind it can be understood.
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&head("1.1")).request().slot;
    wire.flush(|records| records.reply(slot, text("no")));
    same("continue", "unread", &wire.sent(), &ok_close("no"));
    assert_eq!(wire.end(), End::Shut);
}

#[test]
fn it_is_not_sent_to_http_1_0() {
    let mut wire = Wire::new(&Setup::default());
    let request = wire.feed(&head("1.0")).request();
    assert_eq!(request.flags & 4, 0);
    wire.flush(|records| records.read(request.slot, 0));
    assert!(wire.sent().is_empty());
}

#[test]
fn it_is_not_sent_once_the_body_is_there() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire
        .feed(&[&head("1.1")[..], b"hello"].concat())
        .request()
        .slot;
    wire.flush(|records| records.read(slot, 0).reply(slot, text("done")));
    same("continue", "inline", &wire.sent(), &ok("done"));
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&head("1.1")).request().slot;
    wire.feed(b"hello");
    wire.flush(|records| records.read(slot, 0).reply(slot, text("done")));
    same("continue", "impatient client", &wire.sent(), &ok("done"));
    assert!(wire.conn.is_idle());
}

#[test]
fn it_is_not_sent_after_the_reply_began() {
    let mut wire = Wire::new(&Setup::default());
    let slot = wire.feed(&head("1.1")).request().slot;
    wire.flush(|records| records.reply(slot, text("no")).read(slot, 0));
    same("continue", "late", &wire.sent(), &ok_close("no"));
}

#[test]
fn it_waits_for_the_replies_before_it() {
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let mut wire = Wire::new(&Setup::default());
    // A GET with a body runs beside the ones before it; its `100` must not overtake them.
    let expecting = String::from_utf8(head("1.1"))
        .expect("text")
        .replace("POST /echo", "GET /any");
    let requests = wire
        .feed(&[get, expecting.into_bytes()].concat())
        .requests();
    assert_eq!(requests.len(), 2);
    wire.flush(|records| records.read(requests[1].slot, 0));
    assert!(wire.sent().is_empty());
    wire.flush(|records| records.reply(requests[0].slot, text("first")));
    same(
        "continue",
        "in turn",
        &wire.sent(),
        &[&ok("first"), CONTINUE].concat(),
    );
}

#[test]
fn a_refused_body_gets_the_refusal_instead() {
    let setup = Setup::with(|config| config.limits.body_bytes = Some(4));
    let mut wire = Wire::new(&setup);
    wire.feed(&head("1.1"));
    assert!(wire.requests().is_empty());
    let expected =
        "HTTP/1.1 413 Content Too Large\nContent-Length: 0\nConnection: close\nDate: @\n\n";
    same("continue", "413", &wire.sent(), &crlf(expected));
    assert_eq!(wire.end(), End::Shut);
}

#[test]
fn a_request_that_the_core_answers_gets_the_answer_instead() {
    let mut wire = Wire::new(&Setup::default());
    let input = String::from_utf8(head("1.1"))
        .expect("text")
        .replace("/echo", "/nowhere");
    wire.feed(input.as_bytes());
    let sent = wire.sent_text();
    assert!(sent.starts_with("HTTP/1.1 404 Not Found\r\n"), "{sent}");
    assert!(sent.contains("\r\nConnection: close\r\n"), "{sent}");
    assert_eq!(wire.end(), End::Shut);
}

#[test]
fn chunked_bodies_may_be_expected_too() {
    let mut wire = Wire::new(&Setup::default());
    let input =
        "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nExpect: 100-Continue\n\n";
    let slot = wire.feed(&crlf(input)).request().slot;
    wire.flush(|records| records.read(slot, 0));
    same("continue", "chunked", &wire.sent(), CONTINUE);
}
