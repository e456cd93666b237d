//! The PROXY protocol before HTTP: whose connection a handler sees, what is refused and when.
//!
//! The headers themselves have their tables in `lanner-proto`.

use std::net::SocketAddr;
use std::sync::Arc;

use lanner_core::transport::trust::ProxyPolicy;

use crate::support::crlf;
use crate::support::echo::echo;
use crate::support::wire::{End, Setup, Wire};

const V1: &[u8] = b"PROXY TCP4 203.0.113.7 198.51.100.2 4000 443\r\n";
const UNKNOWN: &[u8] = b"PROXY UNKNOWN\r\n";

fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let len = u8::try_from(block.len()).expect("short");
    let head = [0x20 | command, family, 0, len];
    [b"\r\n\r\n\0\r\nQUIT\n", &head[..], block].concat()
}

const INET: [u8; 12] = [203, 0, 113, 7, 198, 51, 100, 2, 0x0f, 0xa0, 0x01, 0xbb];

fn policy(required: bool) -> Arc<ProxyPolicy> {
    Arc::new(ProxyPolicy {
        trusted: Vec::new(),
        required,
        timeout_ms: 5_000,
    })
}

fn proxied(required: bool) -> Wire {
    let mut wire = Wire::new(&Setup::default());
    wire.conn.expect_proxy(&wire.cx, policy(required));
    wire
}

fn get() -> Vec<u8> {
    crlf("GET / HTTP/1.1\nHost: a\n\n")
}

/// An IPv4 address as an entry has it.
fn words(address: &str) -> [u32; 5] {
    let SocketAddr::V4(address) = address.parse().expect("an address") else {
        panic!("{address} is not of IPv4")
    };
    let ip = u32::from_le_bytes(address.ip().octets());
    [4 | u32::from(address.port()) << 16, ip, 0, 0, 0]
}

const PEER: &str = "192.0.2.1:4711";
const CLIENT: &str = "203.0.113.7:4000";

#[test]
fn the_handler_sees_the_client_and_knows_the_proxy() {
    let local = words("198.51.100.2:443");
    let unix = [0; 5];
    let own = Wire::new(&Setup::default()).feed(&get()).request();
    let mut mapped = [0; 36];
    mapped[10..16].copy_from_slice(&[0xff, 0xff, 203, 0, 113, 7]);
    mapped[26..32].copy_from_slice(&[0xff, 0xff, 198, 51, 100, 2]);
    mapped[32..].copy_from_slice(&[0x0f, 0xa0, 0x01, 0xbb]);
    for (header, remote, local) in [
        (V1.to_vec(), words(CLIENT), local),
        (v2(1, 0x11, &INET), words(CLIENT), local),
        (v2(1, 0x21, &mapped), words(CLIENT), local),
        (v2(1, 0x31, &[0; 216]), unix, unix),
        (UNKNOWN.to_vec(), own.remote, own.local),
        (v2(0, 0x11, &INET), own.remote, own.local),
        (v2(1, 0, &[]), own.remote, own.local),
    ] {
        let input = [header, get(), get()].concat();
        for size in 1..=input.len() {
            let mut wire = proxied(true);
            let requests = wire.feed_in(&input, size).requests();
            assert_eq!(requests.len(), 2, "in pieces of {size}");
            for request in requests {
                assert_eq!((request.remote, request.local), (remote, local));
                assert_eq!(request.proxy, Some(words(PEER)));
                assert_eq!((request.path.as_str(), request.fields.len()), ("/", 1));
            }
        }
    }
    assert_eq!((own.remote, own.proxy), (words(PEER), None));
}

#[test]
fn bodies_and_rewritten_paths_stand_beside_the_proxys_address() {
    let post = "POST /any/../echo?x HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello";
    for padding in ["", "a", "ab", "abc"] {
        let post = post.replace("?x", &format!("?{padding}"));
        let mut wire = proxied(true);
        let request = wire.feed(&[V1, &crlf(&post)].concat()).request();
        assert_eq!(
            (request.path.as_str(), &request.body[..]),
            ("/echo", &b"hello"[..])
        );
        assert_eq!(request.query.as_deref(), Some(padding));
        assert_eq!(request.proxy, Some(words(PEER)));
    }
}

/// Refused without a reply, told and counted once.
#[track_caller]
fn is_refused(mut wire: Wire, label: &str) {
    assert_eq!(
        (wire.end(), wire.sent_text()),
        (End::Closed, String::new()),
        "{label}"
    );
    assert_eq!(wire.rejects(label), 1, "{label}");
    assert_eq!(wire.cx.counters.rejects().count(), 1, "{label}");
    assert!(wire.entries().is_empty(), "{label}");
}

#[test]
fn what_is_refused_is_closed_without_a_reply() {
    let mut checked = INET.to_vec();
    checked.extend_from_slice(&[3, 0, 4, 1, 2, 3, 4]);
    for (label, input) in [
        ("proxy_header_missing", get()),
        ("proxy_header_missing", b"\x16\x03\x01".to_vec()),
        ("invalid_proxy_header", b"PROXY TCP4 a b c d\r\n".to_vec()),
        ("invalid_proxy_header", v2(2, 0x11, &INET)),
        (
            "proxy_header_too_long",
            [b"PROXY UNKNOWN ", &[b'x'; 200][..]].concat(),
        ),
        ("proxy_checksum_mismatch", v2(1, 0x11, &checked)),
    ] {
        let input = [input, get()].concat();
        for size in [input.len(), 1, 7] {
            let mut wire = proxied(true);
            wire.feed_in(&input, size);
            is_refused(wire, label);
        }
    }
}

#[test]
fn half_a_header_is_a_broken_one_and_none_is_a_look_at_the_port() {
    for len in 1..V1.len() {
        let mut wire = proxied(true);
        wire.feed(&V1[..len]).fin();
        is_refused(wire, "invalid_proxy_header");
    }
    let mut wire = proxied(true);
    wire.fin();
    assert_eq!(
        (wire.end(), wire.cx.counters.rejects().count()),
        (End::Closed, 0)
    );
}

#[test]
fn a_header_has_its_own_time_from_the_beginning() {
    for (pieces, ms) in [(0, 5_000), (4, 1_000)] {
        let mut wire = proxied(true);
        for byte in &V1[..pieces] {
            wire.feed(&[*byte]).pass(ms);
        }
        wire.pass(5_000 - ms * pieces as u64 - 1);
        assert_eq!(wire.end(), End::Open);
        wire.pass(1);
        is_refused(wire, "proxy_header_timeout");
    }
}

#[test]
fn behind_the_header_the_times_of_http_hold() {
    let mut wire = proxied(true);
    wire.feed(V1).pass(100_000);
    assert_eq!(wire.end(), End::Open);
    wire.feed(b"GET").pass(29_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(wire.rejects("headers_timeout"), 1);
    let mut wire = proxied(true);
    wire.feed(V1).pass(130_000);
    assert_eq!(
        (wire.end(), wire.counter("keep_alive_timeouts")),
        (End::Closed, 1)
    );
}

#[test]
fn a_header_that_is_not_required_may_be_left_out() {
    for input in [
        get(),
        [V1, &get()].concat(),
        crlf("\nGET / HTTP/1.1\nHost: a\n\n"),
    ] {
        for size in 1..=input.len() {
            let mut wire = proxied(false);
            let request = wire.feed_in(&input, size).request();
            let is_proxied = input.starts_with(b"PROXY");
            let remote = words(if is_proxied { CLIENT } else { PEER });
            assert_eq!(
                (request.remote, request.proxy.is_some()),
                (remote, is_proxied)
            );
        }
    }
}

#[test]
fn who_need_not_send_a_header_may_be_silent_as_long_as_any_client() {
    for timeout_ms in [5_000, 0] {
        let mut wire = Wire::new(&Setup::default());
        let policy = ProxyPolicy {
            timeout_ms,
            ..(*policy(false)).clone()
        };
        wire.conn.expect_proxy(&wire.cx, Arc::new(policy));
        wire.pass(5_000).pass(124_999);
        assert_eq!(wire.end(), End::Open);
        wire.pass(1);
        let timeouts = wire.counter("keep_alive_timeouts");
        assert_eq!((wire.end(), timeouts), (End::Closed, 1));
        assert_eq!(wire.cx.counters.rejects().count(), 0);
    }
}

#[test]
fn who_was_silent_at_first_is_served_and_has_the_time_of_a_head() {
    let mut wire = proxied(false);
    assert_eq!(wire.pass(5_000).feed(&get()).request().proxy, None);
    let mut wire = proxied(false);
    wire.pass(5_000).feed(b"GET").pass(29_999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    assert_eq!(wire.rejects("headers_timeout"), 1);
}

#[test]
fn a_header_that_need_not_come_and_begins_has_its_time() {
    let mut wire = proxied(false);
    wire.pass(4_000).feed(&V1[..9]).pass(999);
    assert_eq!(wire.end(), End::Open);
    wire.pass(1);
    is_refused(wire, "proxy_header_timeout");
}

#[test]
fn a_second_header_is_no_request() {
    let mut wire = Wire::served(&Setup::default(), echo());
    wire.conn.expect_proxy(&wire.cx, policy(true));
    wire.feed(&[V1, V1].concat());
    assert!(wire.sent().starts_with(b"HTTP/1.1 400 "));
}

#[test]
fn a_closing_server_waits_for_no_header() {
    let mut wire = proxied(true);
    wire.feed(b"PROXY").pass(300).drain();
    assert_eq!(wire.end(), End::Closed);
}
