//! Where to listen and how: the validated form of an endpoint option.
//!
//! Made by `node` (or a test), opened by `listen`. What an endpoint means on this machine is
//! decided there.

#[cfg(unix)]
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use super::trust::ProxyPolicy;

/// Connections that wait to be accepted. Default 1024: twice Kestrel's (T-28), because one thread
/// accepts for all; the system clamps it to its own maximum.
pub const BACKLOG: i32 = 1024;

/// One place to listen at.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Where.
    pub place: Place,
    /// How its sockets behave.
    pub socket: SocketOptions,
    /// Whom it believes the PROXY protocol; none is a plain endpoint.
    pub proxy: Option<Arc<ProxyPolicy>>,
}

/// Where to listen.
#[derive(Debug, Clone)]
pub enum Place {
    /// TCP.
    Tcp {
        /// Address, name, `localhost`, or empty for any address.
        host: String,
        /// Port; 0 lets the system choose.
        port: u16,
        /// Whether an IPv6 address excludes IPv4.
        ipv6_only: bool,
        /// Whether other processes may listen on the same port (not on Windows).
        reuse_port: bool,
    },
    /// A Unix socket.
    Unix {
        /// Absolute path.
        path: String,
        /// Permission bits; none leaves the umask's.
        mode: Option<u32>,
    },
    /// A socket that listens already: inherited from the parent process, or from systemd.
    #[cfg(unix)]
    Inherited {
        /// A copy of the descriptor, so that the caller's stays the caller's.
        descriptor: Arc<OwnedFd>,
        /// The number that it has for the caller.
        number: i32,
    },
}

/// How sockets behave; connections have what their listener was given.
#[derive(Debug, Clone)]
pub struct SocketOptions {
    /// Connections that wait to be accepted; none leaves an inherited socket its own.
    pub backlog: Option<i32>,
    /// Whether small writes leave at once (TCP_NODELAY). Default true, as Kestrel's (T-28).
    pub no_delay: bool,
    /// Probes of idle connections by the system; none by default.
    pub keep_alive: Option<KeepAlive>,
    /// Bytes of the system's receive buffer; none leaves the system's choice.
    pub receive_buffer: Option<usize>,
    /// Bytes of the system's send buffer; none leaves the system's choice.
    pub send_buffer: Option<usize>,
}

/// When the system asks an idle peer whether it is there; what is none is the system's choice.
#[derive(Debug, Clone, Default)]
pub struct KeepAlive {
    /// Silence before the first probe.
    pub idle: Option<Duration>,
    /// Between probes.
    pub interval: Option<Duration>,
    /// Probes without an answer before the connection is given up.
    pub probes: Option<u32>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            backlog: None,
            no_delay: true,
            keep_alive: None,
            receive_buffer: None,
            send_buffer: None,
        }
    }
}

impl From<Place> for Endpoint {
    fn from(place: Place) -> Self {
        Self {
            place,
            socket: SocketOptions::default(),
            proxy: None,
        }
    }
}
