//! Where a server listens: families and ports, and what goes wrong there.

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

use lanner_core::transport::endpoint::{Endpoint, Place};
use lanner_core::transport::listen::Address;
use lanner_core::{Config, ErrorKind, Server};

use crate::support::live::{Client, DEADLINE, Isolate, echo, eventually, specs, tcp};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

pub(crate) fn server() -> (Server, Isolate) {
    let server = Server::start(Config::default(), &specs()).expect("a server");
    let isolate = Isolate::attach(&server, echo());
    (server, isolate)
}

pub(crate) fn close(server: Server, mut isolate: Isolate) {
    server.close(0);
    eventually("the server closes", || server.is_closed());
    server.join();
    isolate.end();
}

fn tcp_of(addresses: &[Address]) -> Vec<SocketAddr> {
    let tcp = addresses.iter().map(|address| match address {
        Address::Tcp(address) => *address,
        Address::Unix(path) => panic!("{path}"),
    });
    tcp.collect()
}

fn is_served(address: SocketAddr) {
    assert_eq!(
        Client::connect(address).send(GET).reply(),
        (200, b"GET /".to_vec()),
        "{address}"
    );
}

fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

#[test]
fn localhost_is_both_families_on_one_port() {
    let (server, isolate) = server();
    for name in ["localhost", "LOCALHOST", "app.localhost", "localhost."] {
        let addresses = tcp_of(&server.listen(&[tcp(name, 0)]).expect("listening"));
        let families: Vec<bool> = addresses.iter().map(SocketAddr::is_ipv6).collect();
        assert_eq!(
            families,
            if has_ipv6() {
                vec![false, true]
            } else {
                vec![false]
            },
            "{name}"
        );
        assert!(
            addresses
                .iter()
                .all(|address| address.port() == addresses[0].port())
        );
        assert!(addresses.iter().all(|address| address.ip().is_loopback()));
        addresses.into_iter().for_each(is_served);
    }
    close(server, isolate);
}

#[test]
fn any_address_is_both_families_on_one_socket() {
    let (server, isolate) = server();
    for name in ["", "*", "+", "::", "[::]"] {
        let addresses = tcp_of(&server.listen(&[tcp(name, 0)]).expect("listening"));
        assert_eq!(addresses.len(), 1, "{name}");
        let port = addresses[0].port();
        is_served(format!("127.0.0.1:{port}").parse().expect("an address"));
        if has_ipv6() {
            is_served(format!("[::1]:{port}").parse().expect("an address"));
        }
    }
    close(server, isolate);
}

#[test]
fn one_address_is_that_address_alone() {
    let (server, isolate) = server();
    let addresses = tcp_of(&server.listen(&[tcp("127.0.0.1", 0)]).expect("listening"));
    is_served(addresses[0]);
    assert!(TcpStream::connect(("::1", addresses[0].port())).is_err());
    if has_ipv6() {
        let only = Endpoint::from(Place::Tcp {
            host: "::".into(),
            port: 0,
            ipv6_only: true,
            reuse_port: false,
        });
        let addresses = tcp_of(&server.listen(&[only]).expect("listening"));
        let port = addresses[0].port();
        is_served(format!("[::1]:{port}").parse().expect("an address"));
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
    close(server, isolate);
}

#[test]
fn handlers_learn_both_addresses() {
    let (tell, told) = std::sync::mpsc::channel();
    let server = Server::start(Config::default(), &specs()).expect("a server");
    let mut handler = echo();
    let isolate = Isolate::attach(
        &server,
        Box::new(move |entry, lane, records| {
            if let crate::support::entries::Entry::Request(request) = entry {
                tell.send((request.remote, request.local))
                    .expect("the test listens");
            }
            handler(entry, lane, records);
        }),
    );
    let port = tcp_of(&server.listen(&[tcp("", 0)]).expect("listening"))[0].port();
    let mut client = Client::connect(format!("127.0.0.1:{port}").parse().expect("an address"));
    client.send(GET).reply();
    let (remote, local) = told.recv_timeout(DEADLINE).expect("a request");
    let loopback = u32::from_le_bytes([127, 0, 0, 1]);
    let own = u32::from(client.stream.local_addr().expect("an address").port());
    assert_eq!(
        remote,
        [4 | own << 16, loopback, 0, 0, 0],
        "IPv4 although the socket is dual"
    );
    assert_eq!(local, [4 | u32::from(port) << 16, loopback, 0, 0, 0]);
    close(server, isolate);
}

#[test]
fn several_endpoints_or_none() {
    let (server, isolate) = server();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let free_port = free.local_addr().expect("an address").port();
    drop(free);
    let error = server.listen(&[tcp("127.0.0.1", free_port), tcp("127.0.0.1", port)]);
    let error = error.expect_err("the second is taken");
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    assert_eq!(error.kind().code(), "LANNER_ADDRESS_IN_USE");
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
    TcpListener::bind(("127.0.0.1", free_port)).expect("the first was let go");
    let both = server
        .listen(&[tcp("127.0.0.1", 0), tcp("127.0.0.1", 0)])
        .expect("listening");
    tcp_of(&both).into_iter().for_each(is_served);
    close(server, isolate);
}

#[test]
fn each_failure_has_its_kind() {
    let (server, isolate) = server();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    for (endpoint, kind) in [
        (tcp("localhost", port), ErrorKind::AddressInUse),
        (tcp("192.0.2.1", 0), ErrorKind::AddressUnavailable),
        (tcp("no-such-host.invalid", 0), ErrorKind::HostUnknown),
        (tcp("not a host", 0), ErrorKind::HostUnknown),
    ] {
        let error = server
            .listen(std::slice::from_ref(&endpoint))
            .expect_err("a failure");
        assert_eq!(error.kind(), kind, "{endpoint:?}: {error}");
    }
    server.close(0);
    let error = server.listen(&[tcp("127.0.0.1", 0)]).expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Closed);
    close(server, isolate);
}

#[test]
fn a_port_is_free_again_at_once() {
    let (server, isolate) = server();
    let address = tcp_of(&server.listen(&[tcp("127.0.0.1", 0)]).expect("listening"))[0];
    is_served(address);
    close(server, isolate);
    let (server, isolate) = self::server();
    server
        .listen(&[tcp("127.0.0.1", address.port())])
        .expect("the same port");
    is_served(address);
    assert!(matches!(address.ip(), IpAddr::V4(_)));
    close(server, isolate);
}

#[cfg(not(unix))]
#[test]
fn a_system_without_unix_sockets_says_so() {
    let (server, isolate) = server();
    let endpoint = Endpoint::from(Place::Unix {
        path: "C:\\lanner.sock".into(),
        mode: None,
    });
    let error = server.listen(&[endpoint]).expect_err("there are none");
    assert_eq!(error.kind(), ErrorKind::ListenFailed);
    assert!(error.to_string().contains("use a port"), "{error}");
    close(server, isolate);
}
