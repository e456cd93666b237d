//! Unix sockets: modes, files of servers that have gone, and what is left alone. What has no such
//! sockets has its own test in `listening`.

use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use lanner_core::ErrorKind;
use lanner_core::transport::endpoint::{Endpoint, Place};
use lanner_core::transport::listen::Address;

use crate::listening::{close, server};
use crate::proxy::{HEADER, Proxied};
use crate::support::live::DEADLINE;

/// A path of this test in the folder for temporary files.
fn socket_path(name: &str) -> PathBuf {
    let file = format!("lanner-{}-{name}.sock", std::process::id());
    let path = std::env::temp_dir().join(file);
    let _ = std::fs::remove_file(&path);
    path
}

fn unix(path: &Path, mode: Option<u32>) -> Endpoint {
    Endpoint::from(Place::Unix {
        path: path.to_string_lossy().into_owned(),
        mode,
    })
}

#[test]
fn a_unix_socket_has_its_mode_and_serves() {
    let (server, isolate) = server();
    let path = socket_path("mode");
    let addresses = server
        .listen(&[unix(&path, Some(0o600))])
        .expect("listening");
    assert_eq!(
        addresses,
        [Address::Unix(path.to_string_lossy().into_owned())]
    );
    let metadata = std::fs::metadata(&path).expect("a file");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let mut client = UnixStream::connect(&path).expect("a connection");
    client.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut reply = String::new();
    client.read_to_string(&mut reply).expect("a reply");
    assert!(
        reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("GET /"),
        "{reply}"
    );
    drop(client);
    close(server, isolate);
    assert!(!path.exists(), "the file goes with the server");
}

#[test]
fn the_file_of_a_dead_server_is_replaced() {
    let (server, isolate) = server();
    let path = socket_path("stale");
    drop(UnixListener::bind(&path).expect("a socket"));
    assert!(path.exists());
    server.listen(&[unix(&path, None)]).expect("listening");
    UnixStream::connect(&path).expect("a connection");
    close(server, isolate);
    assert!(!path.exists());
}

// Elsewhere a full queue refuses as nobody does, and such a server is given a fifth of a second.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_accepts_nobody_for_now_is_left_alone_at_once() {
    let path = socket_path("full");
    let address = socket2::SockAddr::unix(&path).expect("a path");
    let socket = || {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        std::io::Result::Ok(socket)
    };
    let busy = socket().expect("a socket");
    busy.bind(&address).expect("bound");
    busy.listen(1).expect("listening");
    // Until its queue is full.
    let waiting: Vec<_> = (0..64)
        .map(|_| socket().expect("a socket"))
        .take_while(|client| client.connect(&address).is_ok())
        .collect();
    assert!(waiting.len() < 64, "the queue is full");
    let (sender, receiver) = std::sync::mpsc::channel();
    let endpoint = unix(&path, None);
    std::thread::spawn(move || {
        let (server, isolate) = server();
        let error = server.listen(&[endpoint]).expect_err("taken");
        // The test may have given up.
        let _ = sender.send(error.kind());
        close(server, isolate);
    });
    assert_eq!(receiver.recv_timeout(DEADLINE), Ok(ErrorKind::AddressInUse));
    assert!(path.exists());
    std::fs::remove_file(&path).expect("removed");
}

#[test]
fn what_is_in_use_or_no_socket_is_left_alone() {
    let (server, isolate) = server();
    let path = socket_path("taken");
    let other = UnixListener::bind(&path).expect("a socket");
    let error = server.listen(&[unix(&path, None)]).expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    assert!(path.exists());
    drop(other);
    std::fs::remove_file(&path).expect("removed");
    std::fs::write(&path, "precious").expect("written");
    let error = server.listen(&[unix(&path, None)]).expect_err("a file");
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    assert_eq!(
        std::fs::read_to_string(&path).expect("still there"),
        "precious"
    );
    std::fs::remove_file(&path).expect("removed");
    close(server, isolate);
}

#[test]
fn a_path_that_cannot_be_opened_is_a_failure_of_its_kind() {
    let (server, isolate) = server();
    let long = format!("/tmp/{}", "x".repeat(200));
    for path in ["relative.sock", "/no/such/folder/a.sock", &long] {
        let error = server.listen(&[unix(Path::new(path), None)]);
        let error = error.expect_err("a failure");
        assert_eq!(error.kind(), ErrorKind::ListenFailed, "{path}: {error}");
    }
    close(server, isolate);
}

#[test]
fn peers_are_trusted_to_speak_the_proxy_protocol() {
    let path = socket_path("proxy");
    let (proxied, _) = Proxied::listen(unix(&path, None), "192.0.2.0/24", true);
    let mut client = UnixStream::connect(&path).expect("a connection");
    client.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    client.write_all(HEADER).expect("sent");
    let last = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    client.write_all(last).expect("sent");
    let mut reply = String::new();
    client.read_to_string(&mut reply).expect("a reply");
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    proxied.close();
}
