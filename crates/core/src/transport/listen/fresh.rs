//! A TCP connection as the system hands it out, and what its listener could not give it.
//!
//! Called by `Listener::accept`. Promises that a peer which has gone meanwhile costs only its own
//! connection: either it is an error of the kind after which accepting goes on, or its first read
//! tells. What connections inherit is set where the socket is opened.

use std::io;
use std::net::SocketAddr;

use mio::net::{TcpListener, TcpStream};

use super::SocketOptions;

#[cfg(not(target_vendor = "apple"))]
pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    listener.accept()
}

/// macOS gives a connection whose peer has reset it already without an address, as a success.
#[cfg(target_vendor = "apple")]
pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (socket, address) = socket2::SockRef::from(listener).accept()?;
    let gone = io::ErrorKind::ConnectionAborted;
    let address = address.as_socket().ok_or(gone)?;
    socket.set_nonblocking(true)?;
    Ok((TcpStream::from_std(socket.into()), address))
}

/// Sets what has to be set on each connection. macOS refuses any option of a connection that the
/// peer has reset, so an error says no more than the next read will.
pub(super) fn apply(stream: &TcpStream, options: &SocketOptions) {
    // Small replies must not wait for the peer's delayed acknowledgement (T-28).
    if options.no_delay {
        let _ = stream.set_nodelay(true);
    }
    // The interval and the number of probes are inherited there, and this is not.
    #[cfg(target_vendor = "apple")]
    if let Some(idle) = options.keep_alive.as_ref().and_then(|wanted| wanted.idle) {
        let idle = socket2::TcpKeepalive::new().with_time(idle);
        let _ = socket2::SockRef::from(stream).set_tcp_keepalive(&idle);
    }
}
