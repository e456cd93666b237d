//! The byte pipe of one connection: TCP or a Unix socket, non-blocking.
//!
//! Used by the I/O thread only. Promises that an orderly end sends FIN and an abort sends RST, so
//! that the peer can tell a complete message from a cut one. HTTP is unknown here.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::trust::ProxyPolicy;

/// A transport connection.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Tcp(mio::net::TcpStream),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(mio::net::UnixStream),
}

/// A fresh connection with its addresses.
#[derive(Debug)]
pub struct Accepted {
    /// The pipe.
    pub stream: Stream,
    /// Peer address; none for a Unix socket.
    pub remote: Option<SocketAddr>,
    /// Local address; none for a Unix socket.
    pub local: Option<SocketAddr>,
    /// Whom to believe the PROXY protocol, where it is spoken.
    pub proxy: Option<Arc<ProxyPolicy>>,
}

impl Stream {
    /// Receives into `into`; 0 is the peer's end.
    pub fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(into),
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(into),
        }
    }

    /// Sends one slice.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    /// Sends several slices with one system call.
    pub fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write_vectored(slices),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write_vectored(slices),
        }
    }

    /// Announces that nothing more will be sent.
    pub fn shutdown_write(&self) {
        // A peer that has gone already needs no announcement.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// Makes the following close a reset.
    pub fn reset_on_close(&self) {
        match self {
            // Where the option is refused the peer sees FIN, and an incomplete message.
            Self::Tcp(stream) => {
                let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
            }
            // There is no reset: the peer sees the end.
            #[cfg(unix)]
            Self::Unix(_) => {}
        }
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(stream) => stream,
            #[cfg(unix)]
            Self::Unix(stream) => stream,
        }
    }

    /// Registers for both directions, edge-triggered.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(
            self.source(),
            token,
            Interest::READABLE | Interest::WRITABLE,
        )
    }

    /// Takes the registration back.
    pub fn deregister(&mut self, registry: &Registry) {
        // The close that follows removes it anyway.
        let _ = registry.deregister(self.source());
    }
}
