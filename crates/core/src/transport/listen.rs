//! Listening sockets: what an endpoint option means on this machine.
//!
//! Called when a server starts. Promises the rules of the reference rows T-01..T-07: `localhost`
//! on both families, any address dual-stack with a fall-back to IPv4, port 0 readable afterwards,
//! Unix sockets with a mode and without a stale file in the way; sockets of others only where they
//! listen (T-06, T-07). Accepting is the I/O thread's.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(unix)]
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

use super::endpoint::{BACKLOG, Endpoint, Place, SocketOptions};
use super::stream::{Accepted, Stream};
use super::trust::ProxyPolicy;
use crate::error::{Error, ErrorKind};

/// Bytes of a connection that the system holds although it cannot send them yet: what a client on a
/// fast line takes while we have our turn.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_BYTES_MAX: u32 = 256 * 1024;

/// Refusals after which the file of a Unix socket belongs to nobody. Linux tells a full queue from
/// a server that has gone; elsewhere both refuse, and who is there gets time to accept.
#[cfg(unix)]
const REFUSALS: u32 = if cfg!(any(target_os = "linux", target_os = "android")) {
    1
} else {
    10
};
/// Between two attempts to reach whoever listens at a Unix socket.
#[cfg(unix)]
const REFUSAL_PAUSE: Duration = Duration::from_millis(20);

/// Attempts to find a port that is free on both families when `localhost` asks for port 0.
const PAIR_ATTEMPTS: usize = 16;

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    source: Source,
    options: SocketOptions,
    proxy: Option<Arc<ProxyPolicy>>,
}

#[derive(Debug)]
enum Source {
    Tcp(mio::net::TcpListener),
    /// The file, where it is ours, goes when it is dropped.
    #[cfg(unix)]
    Unix {
        listener: mio::net::UnixListener,
        path: PathBuf,
        _file: Option<SocketFile>,
    },
}

/// Address of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// Path of a Unix socket.
    Unix(String),
}

impl Listener {
    /// Opens an endpoint: one socket, or several for names with several addresses.
    pub fn open(endpoint: &Endpoint) -> Result<Vec<Self>, Error> {
        let socket = &endpoint.socket;
        let sources: Vec<Source> = match &endpoint.place {
            Place::Tcp { host, port, .. } => {
                let sockets = match host.as_str() {
                    "" | "*" | "+" => open_any(endpoint, *port),
                    name if is_localhost(name) => open_localhost(endpoint, *port),
                    name => open_named(endpoint, name, *port),
                }?;
                sockets.into_iter().map(Source::Tcp).collect()
            }
            #[cfg(unix)]
            Place::Unix { path, mode } => vec![open_unix(Path::new(path), *mode, socket)?],
            #[cfg(not(unix))]
            Place::Unix { path, .. } => {
                return Err(Error::new(
                    ErrorKind::ListenFailed,
                    format!("{path}: Unix sockets are not available on this system; use a port"),
                ));
            }
            #[cfg(unix)]
            Place::Inherited { descriptor, number } => {
                vec![inherited::open(descriptor, *number, socket)?]
            }
        };
        let listener = |source| Self {
            source,
            options: socket.clone(),
            proxy: endpoint.proxy.clone(),
        };
        Ok(sources.into_iter().map(listener).collect())
    }

    /// The address that it listens on.
    pub fn address(&self) -> io::Result<Address> {
        match &self.source {
            Source::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Source::Unix { path, .. } => Ok(Address::Unix(path.to_string_lossy().into_owned())),
        }
    }

    /// Accepts one connection.
    pub fn accept(&self) -> io::Result<Accepted> {
        let proxy = self.proxy.clone();
        match &self.source {
            Source::Tcp(listener) => {
                let (stream, remote) = fresh::accept(listener)?;
                fresh::apply(&stream, &self.options);
                let local = stream.local_addr().ok();
                Ok(Accepted {
                    stream: Stream::Tcp(stream),
                    remote: Some(unmapped(remote)),
                    local: local.map(unmapped),
                    proxy,
                })
            }
            #[cfg(unix)]
            Source::Unix { listener, .. } => {
                let (stream, _) = listener.accept()?;
                Ok(Accepted {
                    stream: Stream::Unix(stream),
                    remote: None,
                    local: None,
                    proxy,
                })
            }
        }
    }

    /// What the poller registers.
    pub fn source(&mut self) -> &mut dyn mio::event::Source {
        match &mut self.source {
            Source::Tcp(listener) => listener,
            #[cfg(unix)]
            Source::Unix { listener, .. } => listener,
        }
    }
}

/// An IPv4 peer of a dual-stack socket as IPv4.
fn unmapped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// `localhost` and, since RFC 6761 6.3, every name below it.
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn open_any(endpoint: &Endpoint, port: u16) -> Result<Vec<mio::net::TcpListener>, Error> {
    let v6 = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port);
    let v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
    match bind(endpoint, v6, true) {
        Ok(listener) => Ok(vec![listener]),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(listen_error(v6, &error)),
        // No IPv6 on this machine.
        Err(_) => bind(endpoint, v4, false)
            .map(|l| vec![l])
            .map_err(|e| listen_error(v4, &e)),
    }
}

fn open_localhost(endpoint: &Endpoint, port: u16) -> Result<Vec<mio::net::TcpListener>, Error> {
    for attempt in 1..=PAIR_ATTEMPTS {
        let first = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let v4 = bind(endpoint, first, false);
        let second_port = match &v4 {
            Ok(listener) => listener.local_addr().map_or(port, |address| address.port()),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(listen_error(first, error));
            }
            Err(_) => port,
        };
        let second = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), second_port);
        match (v4, bind(endpoint, second, false)) {
            (Ok(v4), Ok(v6)) => return Ok(vec![v4, v6]),
            (Ok(_), Err(error)) if error.kind() == io::ErrorKind::AddrInUse => {
                if port != 0 || attempt == PAIR_ATTEMPTS {
                    return Err(listen_error(second, &error));
                }
            }
            // One family is enough where the other does not exist.
            (Ok(v4), Err(_)) => return Ok(vec![v4]),
            (Err(_), Ok(v6)) => return Ok(vec![v6]),
            (Err(error), Err(_)) => return Err(listen_error(first, &error)),
        }
    }
    Err(Error::new(
        ErrorKind::ListenFailed,
        "no port is free on both 127.0.0.1 and ::1",
    ))
}

fn open_named(
    endpoint: &Endpoint,
    name: &str,
    port: u16,
) -> Result<Vec<mio::net::TcpListener>, Error> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => resolve(name, port)?,
    };
    let mut listeners = Vec::new();
    for address in addresses {
        let dual = matches!(address.ip(), IpAddr::V6(ip) if ip.is_unspecified());
        listeners.push(bind(endpoint, address, dual).map_err(|e| listen_error(address, &e))?);
    }
    Ok(listeners)
}

fn resolve(name: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
    let unknown = || {
        Error::new(
            ErrorKind::HostUnknown,
            format!("host {name:?} is unknown; use an address, \"localhost\" or nothing"),
        )
    };
    let found = (name, port).to_socket_addrs().map_err(|_| unknown())?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.dedup();
    if addresses.is_empty() {
        Err(unknown())
    } else {
        Ok(addresses)
    }
}

fn bind(endpoint: &Endpoint, address: SocketAddr, dual: bool) -> io::Result<mio::net::TcpListener> {
    let Place::Tcp {
        ipv6_only,
        reuse_port,
        ..
    } = &endpoint.place
    else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(*ipv6_only || !dual)?;
    }
    // On Windows the option would let another process take the port over.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    if *reuse_port {
        socket.set_reuse_port(true)?;
    }
    #[cfg(not(unix))]
    let _ = reuse_port;
    socket.set_nonblocking(true)?;
    hold_less(&socket);
    // Before `listen`: the receive buffer decides about the window that is offered.
    endpoint.socket.apply(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(endpoint.socket.backlog.unwrap_or(BACKLOG))?;
    Ok(mio::net::TcpListener::from_std(socket.into()))
}

/// Lets the system hold little that it cannot send yet, for the connections of this listener: a
/// client that does not read would have some megabytes of a long reply there, which no limit of
/// ours counts. Where the system does not know the option it holds its own measure.
fn hold_less(socket: &Socket) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = socket;
}

impl SocketOptions {
    /// Gives the options to a listener, whose connections inherit them.
    fn apply(&self, socket: &Socket) -> io::Result<()> {
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        if let Some(bytes) = self.send_buffer {
            socket.set_send_buffer_size(bytes)?;
        }
        let Some(wanted) = &self.keep_alive else {
            return Ok(());
        };
        socket.set_keepalive(true)?;
        let mut params = TcpKeepalive::new();
        if let Some(idle) = wanted.idle {
            params = params.with_time(idle);
        }
        if let Some(interval) = wanted.interval {
            params = params.with_interval(interval);
        }
        if let Some(probes) = wanted.probes {
            params = params.with_retries(probes);
        }
        socket.set_tcp_keepalive(&params)
    }
}

fn listen_error(address: SocketAddr, error: &io::Error) -> Error {
    Error::listen(&address.to_string(), error)
}

/// The file of a Unix socket, removed with the listener.
#[cfg(unix)]
#[derive(Debug)]
pub struct SocketFile(PathBuf);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody else may have removed it; then there is nothing to do.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(unix)]
fn open_unix(path: &Path, mode: Option<u32>, options: &SocketOptions) -> Result<Source, Error> {
    let name = path.to_string_lossy().into_owned();
    let failed = |error: &io::Error| Error::listen(&name, error);
    if !path.is_absolute() {
        return Err(Error::new(
            ErrorKind::ListenFailed,
            format!("{name}: the path must be absolute"),
        ));
    }
    remove_stale(path).map_err(|error| failed(&error))?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(|e| failed(&e))?;
    let address = socket2::SockAddr::unix(path).map_err(|e| failed(&e))?;
    socket.set_nonblocking(true).map_err(|e| failed(&e))?;
    options.apply(&socket).map_err(|e| failed(&e))?;
    socket.bind(&address).map_err(|e| failed(&e))?;
    let file = SocketFile(path.to_path_buf());
    if let Some(mode) = mode {
        // Before `listen`, so that nobody connects with the permissions of the umask.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .map_err(|e| failed(&e))?;
    }
    let backlog = options.backlog.unwrap_or(BACKLOG);
    socket.listen(backlog).map_err(|e| failed(&e))?;
    Ok(Source::Unix {
        listener: mio::net::UnixListener::from_std(socket.into()),
        path: path.to_path_buf(),
        _file: Some(file),
    })
}

/// Removes the file of a server that has gone; a file that somebody listens on stays.
#[cfg(unix)]
fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let address = socket2::SockAddr::unix(path)?;
    for refusals in 1..=REFUSALS {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // Somebody whose queue is full is somebody: nothing is waited for.
        socket.set_nonblocking(true)?;
        match socket.connect(&address) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            _ => return Err(io::ErrorKind::AddrInUse.into()),
        }
        if refusals < REFUSALS {
            std::thread::sleep(REFUSAL_PAUSE);
        }
    }
    std::fs::remove_file(path)
}

mod fresh;
#[cfg(unix)]
mod inherited;
