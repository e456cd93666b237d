//! The limit of a request body: by its announced length, and by what arrives.

use crate::support::cuts::{Case, check, same};
use crate::support::entries::Entry;
use crate::support::records::{stream, text};
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok};

const REFUSED: &str = "HTTP/1.1 413 Content Too Large\nContent-Length: 0\nConnection: close\n\
                       Date: @\n\n";

fn setup() -> Setup {
    Setup::with(|config| config.limits.body_bytes = Some(20))
}

fn post(rest: &str) -> Vec<u8> {
    crlf(&format!("POST /echo HTTP/1.1\nHost: a\n{rest}"))
}

#[test]
fn a_length_is_judged_before_the_body_comes() {
    let within = post("Content-Length: 20\n\naaaaaaaaaabbbbbbbbbb");
    let said = ok("POST /echo aaaaaaaaaabbbbbbbbbb");
    check(&setup(), &Case::new("at the limit", &within, &said, false));
    for length in ["21", "99999999999", "18446744073709551615"] {
        let over = post(&format!("Content-Length: {length}\n\n"));
        check(
            &setup(),
            &Case::new("over the limit", &over, &crlf(REFUSED), true),
        );
    }
}

#[test]
fn chunks_are_counted_with_their_framing() {
    // 1 CRLF x CRLF is 6 bytes; 0 CRLF is 3.
    let within =
        post("Transfer-Encoding: chunked\n\n1\na\n5\nbbbbb\n0\nT: trailers do not count\n\n");
    let said = ok("POST /echo abbbbb {T=trailers do not count}");
    check(&setup(), &Case::new("within", &within, &said, false));
    let mut wire = Wire::new(&setup());
    wire.feed(&post("Transfer-Encoding: chunked\n\n3\naaa\n"));
    assert_eq!(wire.entries().len(), 2);
    wire.feed(b"f\r\n");
    same(
        "chunks",
        "by its size, before its data",
        &wire.sent(),
        &crlf(REFUSED),
    );
    assert_eq!(wire.rejects("content_too_large"), 1);
}

#[test]
fn the_handler_hears_of_it() {
    let mut wire = Wire::new(&setup());
    wire.feed(&post("Transfer-Encoding: chunked\n\n3\naaa\n"));
    let slot = wire.request().slot;
    wire.feed(b"ff\r\n");
    assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 5 }]);
    assert_eq!((wire.end(), wire.counter("cancelled")), (End::Shut, 1));
    wire.flush(|records| records.reply(slot, text("late")));
    same("late", "is dropped", &wire.sent(), &crlf(REFUSED));
}

#[test]
fn a_reply_that_began_breaks_off() {
    let mut wire = Wire::new(&setup());
    wire.feed(&post("Transfer-Encoding: chunked\n\n3\naaa\n"));
    let slot = wire.request().slot;
    wire.flush(|records| records.reply(slot, stream()).write(slot, b"so far"));
    assert_eq!(wire.entries(), [Entry::Credit { slot, bytes: 6 }]);
    wire.feed(b"ff\r\n").feed(b"more that nobody reads");
    assert_eq!(wire.entries(), [Entry::Cancel { slot, reason: 5 }]);
    // The handler was told to stop, so nothing else may come of it.
    wire.flush(|records| records.write(slot, b", so good").end(slot));
    let head = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nDate: @\n\n";
    same(
        "stream",
        "no second reply",
        &wire.sent(),
        &crlf(&format!("{head}6\nso far\n")),
    );
    assert_eq!((wire.end(), wire.counter("replies_cut")), (End::Shut, 1));
}

#[test]
fn no_limit_is_no_limit() {
    let setup = Setup::with(|config| config.limits.body_bytes = None);
    let mut wire = Wire::new(&setup);
    wire.feed(&post("Content-Length: 18446744073709551615\n\nabc"));
    assert_eq!(wire.entries().len(), 2);
    let mut wire = Wire::new(&setup);
    wire.feed(&post("Transfer-Encoding: chunked\n\nFFFFFFFFFFFFFFFF\nabc"));
    assert_eq!(wire.entries().len(), 2);
}
