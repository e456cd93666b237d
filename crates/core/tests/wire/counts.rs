//! The counters of requests add up: each is settled, cancelled, or refused by its head, once.

use crate::support::crlf;
use crate::support::echo::echo;
use crate::support::records::text;
use crate::support::wire::{Setup, Wire};

fn add_up(wire: &Wire) -> [u64; 4] {
    ["requests", "settled", "cancelled", "refused"].map(|name| wire.counter(name))
}

#[test]
fn a_reply_that_is_ready_before_its_turn_is_cancelled_with_the_one_before_it() {
    let mut wire = Wire::new(&Setup::default());
    let get = crlf("GET / HTTP/1.1\nHost: a\n\n");
    let requests = wire.feed(&get.repeat(3)).requests();
    wire.flush(|records| records.reply(requests[1].slot, text("second")));
    assert_eq!(add_up(&wire), [3, 0, 0, 0]);
    wire.drain().grace_over();
    assert_eq!(add_up(&wire), [3, 0, 3, 0]);
}

#[test]
fn a_head_that_is_refused_is_neither() {
    for head in [
        "CONNECT a:1 HTTP/1.1\nHost: a:1\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 99999999999\n\n",
    ] {
        let mut wire = Wire::served(&Setup::default(), echo());
        wire.feed(&crlf("GET / HTTP/1.1\nHost: a\n\n"))
            .feed(&crlf(head));
        assert_eq!(add_up(&wire), [2, 1, 0, 1], "{head}");
    }
}
