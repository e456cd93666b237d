//! Connections that have served enough: a number of requests, or an age, ends them in order.

use crate::support::cuts::same;
use crate::support::echo::echo;
use crate::support::wire::{End, Setup, Wire};
use crate::support::{crlf, ok, ok_close};

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

/// Ends because of the number of requests, and because of the age.
fn counted(wire: &Wire) -> [u64; 2] {
    ["connections_used_up", "connections_aged_out"].map(|name| wire.counter(name))
}

#[test]
fn the_last_request_of_its_number_says_close() {
    let setup = Setup::with(|config| config.requests_per_connection = 3);
    let mut wire = Wire::served(&setup, echo());
    wire.feed(&get()).feed(&get());
    same("first two", "", &wire.sent(), &ok("GET /").repeat(2));
    wire.feed(&get());
    same("third", "", &wire.sent(), &ok_close("GET /"));
    assert_eq!(wire.end(), End::Shut);
    wire.feed(&get());
    assert!(wire.sent().is_empty());
    assert_eq!(counted(&wire), [1, 0]);
}

#[test]
fn pipelined_requests_past_the_number_are_not_begun() {
    let setup = Setup::with(|config| config.requests_per_connection = 3);
    let mut wire = Wire::served(&setup, echo());
    wire.feed(&get().repeat(5));
    let replies = [ok("GET /").repeat(2), ok_close("GET /")].concat();
    same("pipelined", "", &wire.sent(), &replies);
    assert_eq!((wire.counter("requests"), wire.end()), (3, End::Shut));
    assert_eq!(counted(&wire), [1, 0]);
}

#[test]
fn a_connection_of_age_ends_with_its_next_reply() {
    let setup = Setup::with(|config| config.timeouts.connection_age_ms = 60_000);
    let mut wire = Wire::served(&setup, echo());
    wire.pass(59_999).feed(&get());
    same("younger", "", &wire.sent(), &ok("GET /"));
    wire.pass(1).feed(&get());
    same("of age", "", &wire.sent(), &ok_close("GET /"));
    assert_eq!(wire.end(), End::Shut);
    assert_eq!(counted(&wire), [0, 1]);
}

#[test]
fn a_request_that_outlives_the_age_ends_it() {
    let setup = Setup::with(|config| config.timeouts.connection_age_ms = 60_000);
    let mut wire = Wire::new(&setup);
    let slot = wire.feed(&get()).request().slot;
    wire.pass(60_000);
    wire.flush(|records| records.reply(slot, crate::support::records::text("GET /")));
    same("of age", "", &wire.sent(), &ok_close("GET /"));
    assert_eq!(counted(&wire), [0, 1]);
}

#[test]
fn a_client_that_ends_the_connection_itself_hits_no_limit() {
    let close = crlf("GET / HTTP/1.1\nHost: a\nConnection: close\n\n");
    for change in [
        |config: &mut lanner_core::Config| config.requests_per_connection = 1,
        |config: &mut lanner_core::Config| config.timeouts.connection_age_ms = 1,
    ] {
        let mut wire = Wire::served(&Setup::with(change), echo());
        wire.pass(10).feed(&close);
        same("closing", "", &wire.sent(), &ok_close("GET /"));
        assert_eq!((wire.end(), counted(&wire)), (End::Shut, [0, 0]));
    }
}
