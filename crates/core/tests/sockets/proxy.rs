//! Whom an endpoint believes the PROXY protocol.

use std::net::SocketAddr;
use std::sync::Arc;

use lanner_core::sightings::{Cause, WATCH_REJECTS};
use lanner_core::transport::endpoint::Endpoint;
use lanner_core::transport::listen::Address;
use lanner_core::transport::trust::{Network, ProxyPolicy};
use lanner_core::{Config, Server};
use lanner_proto::RejectReason;

use crate::support::live::{Client, Isolate, echo, eventually, specs, tcp};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
pub(crate) const HEADER: &[u8] = b"PROXY TCP4 203.0.113.7 198.51.100.2 4000 443\r\n";

pub(crate) struct Proxied {
    server: Server,
    isolate: Isolate,
}

impl Proxied {
    pub(crate) fn listen(endpoint: Endpoint, trusted: &str, required: bool) -> (Self, Address) {
        let server = Server::start(Config::default(), &specs()).expect("a server");
        let isolate = Isolate::attach(&server, echo());
        let policy = ProxyPolicy {
            trusted: vec![Network::parse(trusted).expect("a network")],
            required,
            timeout_ms: 5_000,
        };
        let endpoint = Endpoint {
            proxy: Some(Arc::new(policy)),
            ..endpoint
        };
        let addresses = server.listen(&[endpoint]).expect("listening");
        (Self { server, isolate }, addresses[0].clone())
    }

    fn tcp(trusted: &str, required: bool) -> (Self, SocketAddr) {
        match Self::listen(tcp("127.0.0.1", 0), trusted, required) {
            (proxied, Address::Tcp(address)) => (proxied, address),
            (_, other) => panic!("{other:?}"),
        }
    }

    fn rejects(&self) -> Vec<(&'static str, u64)> {
        self.server.stats().rejects
    }

    pub(crate) fn close(mut self) {
        self.server.close(0);
        eventually("the server closes", || self.server.is_closed());
        self.server.join();
        self.isolate.end();
    }
}

#[test]
fn a_trusted_source_speaks_for_others() {
    let (proxied, address) = Proxied::tcp("127.0.0.0/8", true);
    let mut client = Client::connect(address);
    client.send(HEADER);
    assert_eq!(client.send(GET).reply(), (200, b"GET /".to_vec()));
    assert_eq!(client.send(GET).reply(), (200, b"GET /".to_vec()));
    let mut silent = Client::connect(address);
    assert_eq!(silent.send(GET).rest().0, b"");
    eventually("it is counted", || {
        proxied.rejects() == [("proxy_header_missing", 1)]
    });
    proxied.close();
}

#[test]
fn anybody_else_is_closed_unread() {
    let (proxied, address) = Proxied::tcp("192.0.2.0/24", true);
    proxied.server.sightings().watch(WATCH_REJECTS);
    let mut client = Client::connect(address);
    assert_eq!(client.rest().0, b"");
    assert_eq!(proxied.rejects(), [("untrusted_proxy", 1)]);
    let seen = proxied.server.sightings().take();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].cause, Cause::Reject(RejectReason::UntrustedProxy));
    assert_eq!(seen[0].whom.remote, client.stream.local_addr().ok());
    proxied.close();
}

#[test]
fn where_nothing_is_required_anybody_else_is_a_client() {
    let (proxied, address) = Proxied::tcp("192.0.2.0/24", false);
    let mut client = Client::connect(address);
    assert_eq!(client.send(GET).reply(), (200, b"GET /".to_vec()));
    // A header of theirs is not believed: it is a malformed request.
    let mut liar = Client::connect(address);
    assert_eq!(liar.send(HEADER).reply().0, 400);
    proxied.close();
}
