//! How sockets behave, and sockets that somebody else opened.

use std::fs::File;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use lanner_core::transport::endpoint::{Endpoint, KeepAlive, Place, SocketOptions};
use lanner_core::transport::listen::{Address, Listener};
use lanner_core::transport::stream::Stream;
use lanner_core::{Config, ErrorKind, Server};
use socket2::{Domain, SockRef, Socket, Type};

use crate::support::live::{Client, Isolate, echo, eventually, specs, tcp};

fn inherited(descriptor: OwnedFd) -> Endpoint {
    Endpoint::from(Place::Inherited {
        descriptor: Arc::new(descriptor),
        number: 3,
    })
}

#[test]
fn connections_have_what_their_endpoint_says() {
    let plain = SocketOptions::default();
    let all = SocketOptions {
        no_delay: false,
        keep_alive: Some(KeepAlive {
            idle: Some(Duration::from_secs(33)),
            interval: Some(Duration::from_secs(7)),
            probes: Some(4),
        }),
        receive_buffer: Some(20_000),
        send_buffer: Some(30_000),
        ..SocketOptions::default()
    };
    let ours = TcpListener::bind("127.0.0.1:0").expect("a port");
    for place in [tcp("127.0.0.1", 0), inherited(ours.into())] {
        for (socket, is_all) in [(&plain, false), (&all, true)] {
            let endpoint = Endpoint {
                socket: socket.clone(),
                ..place.clone()
            };
            let listeners = Listener::open(&endpoint).expect("listening");
            let Ok(Address::Tcp(address)) = listeners[0].address() else {
                panic!("{:?}", listeners[0])
            };
            let _client = TcpStream::connect(address).expect("a connection");
            let mut accepted = None;
            eventually("it is accepted", || {
                accepted = listeners[0].accept().ok();
                accepted.is_some()
            });
            let Some(Stream::Tcp(stream)) = accepted.map(|accepted| accepted.stream) else {
                panic!("not of TCP")
            };
            let socket = SockRef::from(&stream);
            assert_eq!(socket.tcp_nodelay().ok(), Some(!is_all));
            assert_eq!(socket.keepalive().ok(), Some(is_all));
            if is_all {
                let idle = socket.tcp_keepalive_time().ok();
                assert_eq!(idle, Some(Duration::from_secs(33)));
                let interval = socket.tcp_keepalive_interval().ok();
                assert_eq!(interval, Some(Duration::from_secs(7)));
                assert_eq!(socket.tcp_keepalive_retries().ok(), Some(4));
                // Linux doubles what it is asked for, for its own bookkeeping; macOS rounds up.
                let buffers = [socket.recv_buffer_size(), socket.send_buffer_size()];
                let [receive, send] = buffers.map(|size| size.expect("a size"));
                assert!(receive >= 20_000 && send >= 30_000, "{receive} {send}");
                if cfg!(target_os = "linux") {
                    assert!(receive <= 40_000 && send <= 60_000, "{receive} {send}");
                }
            }
        }
    }
}

#[test]
fn an_inherited_socket_is_served_and_stays_with_its_owner() {
    let ours = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = ours.local_addr().expect("an address");
    for _ in 0..2 {
        let server = Server::start(Config::default(), &specs()).expect("a server");
        let mut isolate = Isolate::attach(&server, echo());
        let copy = ours.try_clone().expect("a copy");
        let addresses = server.listen(&[inherited(copy.into())]).expect("listening");
        assert_eq!(addresses, [Address::Tcp(address)]);
        let mut client = Client::connect(address);
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.reply(), (200, b"GET /".to_vec()));
        drop(client);
        server.close(0);
        eventually("the server closes", || server.is_closed());
        server.join();
        isolate.end();
    }
    // Nobody accepts now, and still they queue.
    let waiting = TcpStream::connect(address).expect("queued");
    ours.set_nonblocking(false).expect("blocking");
    let (_, peer) = ours.accept().expect("it waited");
    assert_eq!(Some(peer), waiting.local_addr().ok());
}

#[test]
fn an_inherited_unix_socket_keeps_its_file() {
    let file = format!("lanner-{}-inherited.sock", std::process::id());
    let path = std::env::temp_dir().join(file);
    let _ = std::fs::remove_file(&path);
    let ours = UnixListener::bind(&path).expect("a socket");
    let listeners = Listener::open(&inherited(ours.into())).expect("listening");
    let address = listeners[0].address().ok();
    assert_eq!(
        address,
        Some(Address::Unix(path.to_string_lossy().into_owned()))
    );
    drop(listeners);
    assert!(path.exists());
    std::fs::remove_file(&path).expect("removed");
}

#[test]
fn what_cannot_be_accepted_from_says_what_it_is() {
    let own = File::open(std::env::current_exe().expect("a path")).expect("a file");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let mute = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let there = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = there.local_addr().expect("an address");
    let connected = TcpStream::connect(address).expect("a connection");
    let mut cases = vec![
        (OwnedFd::from(own), "is not a socket"),
        (udp.into(), "is a socket of another type"),
        (connected.into(), "does not listen"),
    ];
    // Elsewhere a socket that is only bound cannot be told from one that listens.
    if cfg!(any(target_os = "linux", target_os = "freebsd")) {
        cases.push((mute.into(), "does not listen"));
    }
    for (descriptor, what) in cases {
        let error = Listener::open(&inherited(descriptor)).expect_err(what);
        assert_eq!(error.kind(), ErrorKind::DescriptorInvalid);
        let said = error.to_string();
        assert!(said.starts_with(&format!("descriptor 3 {what};")), "{said}");
    }
}
