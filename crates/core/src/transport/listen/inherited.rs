//! Sockets that somebody else opened: a parent process that hands them over, or systemd.
//!
//! Promises that a descriptor which cannot be accepted from is an error that says what it is,
//! before anything is done to it. The caller keeps its own descriptor, and with it the queue of
//! connections that come while nobody accepts.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use socket2::{Domain, Socket, Type};

use super::{SocketOptions, Source};
use crate::error::{Error, ErrorKind};

/// A listener over a copy of `descriptor`, which the caller knows as `number`.
pub(super) fn open(
    descriptor: &OwnedFd,
    number: i32,
    options: &SocketOptions,
) -> Result<Source, Error> {
    let invalid = |what: &str| {
        Error::new(
            ErrorKind::DescriptorInvalid,
            format!("descriptor {number} {what}; pass a stream socket that listens"),
        )
    };
    let failed = |error: &std::io::Error| Error::listen(&format!("descriptor {number}"), error);
    let socket = Socket::from(descriptor.try_clone().map_err(|e| failed(&e))?);
    match socket.r#type() {
        Ok(Type::STREAM) => {}
        Ok(_) => return Err(invalid("is a socket of another type")),
        Err(_) => return Err(invalid("is not a socket")),
    }
    if !listens(&socket) {
        return Err(invalid("does not listen"));
    }
    let address = socket.local_addr().map_err(|e| failed(&e))?;
    let domain = address.domain();
    if ![Domain::IPV4, Domain::IPV6, Domain::UNIX].contains(&domain) {
        return Err(invalid("is a socket of another family"));
    }
    socket.set_nonblocking(true).map_err(|e| failed(&e))?;
    // Connections inherit it; sockets that were opened here have it already.
    #[cfg(target_vendor = "apple")]
    let _ = socket.set_nosigpipe(true);
    options.apply(&socket).map_err(|e| failed(&e))?;
    if let Some(backlog) = options.backlog {
        socket.listen(backlog).map_err(|e| failed(&e))?;
    }
    if domain == Domain::UNIX {
        return Ok(Source::Unix {
            listener: mio::net::UnixListener::from_std(socket.into()),
            path: address
                .as_pathname()
                .map_or_else(PathBuf::new, PathBuf::from),
            _file: None,
        });
    }
    Ok(Source::Tcp(mio::net::TcpListener::from_std(socket.into())))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn listens(socket: &Socket) -> bool {
    socket.is_listener().unwrap_or(false)
}

/// Here the system is not asked; a connected socket is told by its peer, and one that is only bound
/// is taken for a listener from which nothing comes.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn listens(socket: &Socket) -> bool {
    socket.peer_addr().is_err()
}
