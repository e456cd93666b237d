//! The endpoints as the TypeScript side passes them, and what the core makes of them.
//!
//! As in `config`: types, units and ranges were checked there. Descriptors are copied here, so that
//! the core gets one that is its own.

#[cfg(unix)]
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use lanner_core::transport::endpoint::{Endpoint, KeepAlive, Place, SocketOptions};
use lanner_core::transport::trust::{Network, ProxyPolicy};
use lanner_core::{Error, ErrorKind};
use napi_derive::napi;

/// Where to listen.
#[napi(object)]
pub struct EndpointOptions {
    /// Host of a TCP endpoint; nothing for any address.
    pub host: Option<String>,
    /// Port of a TCP endpoint.
    pub port: Option<u16>,
    /// Path of a Unix socket.
    pub path: Option<String>,
    /// Permission bits of a Unix socket.
    pub mode: Option<u32>,
    /// A descriptor that listens already.
    pub fd: Option<i32>,
    /// Connections that wait to be accepted.
    pub backlog: Option<i32>,
    /// Whether an IPv6 address excludes IPv4.
    pub ipv6_only: Option<bool>,
    /// Whether other processes may listen on the same port.
    pub reuse_port: Option<bool>,
    /// Whether small writes leave at once; they do by default.
    pub no_delay: Option<bool>,
    /// Probes of idle connections by the system.
    pub tcp_keep_alive: Option<KeepAliveOptions>,
    /// Bytes of the system's receive buffer.
    pub receive_buffer_bytes: Option<u32>,
    /// Bytes of the system's send buffer.
    pub send_buffer_bytes: Option<u32>,
    /// The PROXY protocol.
    pub proxy: Option<ProxyOptions>,
}

/// Probes of idle connections; 0 leaves the system's choice.
#[napi(object)]
pub struct KeepAliveOptions {
    /// Seconds of silence before the first.
    pub idle_seconds: u32,
    /// Seconds between them.
    pub interval_seconds: u32,
    /// How many without an answer.
    pub probes: u32,
}

/// The PROXY protocol.
#[napi(object)]
pub struct ProxyOptions {
    /// Networks whose headers are believed.
    pub trusted: Vec<String>,
    /// Whether a header has to come.
    pub required: bool,
    /// Time for it; 0 for any.
    pub timeout_ms: f64,
}

impl EndpointOptions {
    /// What the core listens on.
    pub(crate) fn to_core(&self) -> Result<Endpoint, Error> {
        Ok(Endpoint {
            place: self.place()?,
            socket: SocketOptions {
                backlog: self.backlog,
                no_delay: self.no_delay.unwrap_or(true),
                keep_alive: self.tcp_keep_alive.as_ref().map(KeepAliveOptions::to_core),
                receive_buffer: self.receive_buffer_bytes.map(|bytes| bytes as usize),
                send_buffer: self.send_buffer_bytes.map(|bytes| bytes as usize),
            },
            proxy: self.proxy.as_ref().map(|proxy| Arc::new(proxy.to_core())),
        })
    }

    fn place(&self) -> Result<Place, Error> {
        if let Some(number) = self.fd {
            return inherited(number);
        }
        Ok(match &self.path {
            Some(path) => Place::Unix {
                path: path.clone(),
                mode: self.mode,
            },
            None => Place::Tcp {
                host: self.host.clone().unwrap_or_default(),
                port: self.port.unwrap_or_default(),
                ipv6_only: self.ipv6_only.unwrap_or_default(),
                reuse_port: self.reuse_port.unwrap_or_default(),
            },
        })
    }
}

impl KeepAliveOptions {
    fn to_core(&self) -> KeepAlive {
        let seconds = |n: u32| (n != 0).then(|| Duration::from_secs(n.into()));
        KeepAlive {
            idle: seconds(self.idle_seconds),
            interval: seconds(self.interval_seconds),
            probes: (self.probes != 0).then_some(self.probes),
        }
    }
}

impl ProxyOptions {
    fn to_core(&self) -> ProxyPolicy {
        ProxyPolicy {
            // They were checked; one that cannot be read here is one that is not trusted.
            trusted: self
                .trusted
                .iter()
                .filter_map(|text| Network::parse(text))
                .collect(),
            required: self.required,
            timeout_ms: self.timeout_ms as u64,
        }
    }
}

#[cfg(unix)]
fn inherited(number: i32) -> Result<Place, Error> {
    match copy(number) {
        Ok(descriptor) => Ok(Place::Inherited {
            descriptor: Arc::new(descriptor),
            number,
        }),
        Err(error) => Err(Error::new(
            ErrorKind::DescriptorInvalid,
            format!("descriptor {number} is not open ({error}); pass a stream socket that listens"),
        )),
    }
}

#[cfg(not(unix))]
fn inherited(number: i32) -> Result<Place, Error> {
    Err(Error::new(
        ErrorKind::DescriptorInvalid,
        format!("descriptor {number}: descriptors are not available on this system; use a port"),
    ))
}

/// A descriptor of our own for what `number` stands for.
#[cfg(unix)]
fn copy(number: i32) -> std::io::Result<OwnedFd> {
    if number < 0 {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: not -1, and borrowed for this one call, which asks the system for a copy. A number
    // that stands for nothing is refused by the system; nothing is read, written or closed.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    borrowed.try_clone_to_owned()
}
