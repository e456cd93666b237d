//! What can go wrong when a server starts: one type with stable codes.
//!
//! Returned by `server` and `transport`, turned into JavaScript errors by `node`. Faults of peers
//! are not errors here: they are `RejectReason` and counters.

use std::fmt;
use std::io;

/// Why the system says that we may not listen. On Windows any user may have any port, but ranges
/// are reserved (Hyper-V and WSL do), and another program may hold a port for itself alone.
#[cfg(windows)]
const NOT_PERMITTED: &str = "may not be opened: the system has reserved it (netsh interface ipv4 \
    show excludedportrange protocol=tcp) or another program holds it alone; choose another port";
#[cfg(not(windows))]
const NOT_PERMITTED: &str = "may not be opened by this user; ports below 1024 need a privilege";

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The address is taken.
    AddressInUse,
    /// The address does not exist on this machine.
    AddressUnavailable,
    /// The system refuses, for lack of permission.
    PermissionDenied,
    /// A host name could not be resolved.
    HostUnknown,
    /// Another failure to listen.
    ListenFailed,
    /// A descriptor that is no listening socket.
    DescriptorInvalid,
    /// Routes that cannot be compiled.
    RouteInvalid,
    /// The system gave no thread or poller.
    Resources,
    /// The server was closed already.
    Closed,
}

impl ErrorKind {
    /// Every kind, for tests and docs.
    pub const ALL: &[Self] = &[
        Self::AddressInUse,
        Self::AddressUnavailable,
        Self::PermissionDenied,
        Self::HostUnknown,
        Self::ListenFailed,
        Self::DescriptorInvalid,
        Self::RouteInvalid,
        Self::Resources,
        Self::Closed,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::AddressInUse => "LANNER_ADDRESS_IN_USE",
            Self::AddressUnavailable => "LANNER_ADDRESS_UNAVAILABLE",
            Self::PermissionDenied => "LANNER_PERMISSION_DENIED",
            Self::HostUnknown => "LANNER_HOST_UNKNOWN",
            Self::ListenFailed => "LANNER_LISTEN_FAILED",
            Self::DescriptorInvalid => "LANNER_DESCRIPTOR_INVALID",
            Self::RouteInvalid => "LANNER_ROUTE_INVALID",
            Self::Resources => "LANNER_RESOURCES",
            Self::Closed => "LANNER_SERVER_CLOSED",
        }
    }
}

/// A failure to start or to run a server.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of a kind, with one sentence that says what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// A failure to listen at `place`.
    pub fn listen(place: &str, error: &io::Error) -> Self {
        let (kind, advice) = match error.kind() {
            io::ErrorKind::AddrInUse => (
                ErrorKind::AddressInUse,
                "is already in use; stop the other server or choose another port",
            ),
            io::ErrorKind::AddrNotAvailable => (
                ErrorKind::AddressUnavailable,
                "is not an address of this machine",
            ),
            io::ErrorKind::PermissionDenied => (ErrorKind::PermissionDenied, NOT_PERMITTED),
            _ => (ErrorKind::ListenFailed, "could not be opened"),
        };
        Self::new(kind, format!("{place} {advice} ({error})"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
