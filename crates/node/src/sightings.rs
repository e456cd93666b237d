//! Refusals and limits as JavaScript sees them, one object each.
//!
//! Taken by JavaScript when the bell said that some wait. Promises printable text of what the peer
//! sent. Rare by the rate that the core keeps, so objects are made the comfortable way.

use std::net::SocketAddr;

use lanner_core::sightings::{Cause, Sighting};
use napi_derive::napi;

/// One end of a connection.
#[napi(object)]
pub struct PeerInfo {
    /// `IPv4`, `IPv6` or `unix`.
    pub family: String,
    /// IP address; empty for a Unix socket.
    pub address: String,
    /// Port; 0 for a Unix socket.
    pub port: u16,
}

/// A refusal, or a limit that was hit.
#[napi(object)]
pub struct SightingInfo {
    /// Whether a request was refused.
    pub is_reject: bool,
    /// The stable name.
    pub label: String,
    /// Status of the refusal's reply; 0 for none.
    pub status: u16,
    /// Number of the connection; -1 for none.
    pub connection: f64,
    /// The peer.
    pub remote: PeerInfo,
    /// This server's end.
    pub local: PeerInfo,
    /// First bytes of what was refused: printable ASCII, the rest escaped.
    pub bytes: String,
    /// Milliseconds since 1970.
    pub time: f64,
    /// How many were left out since the one before.
    pub dropped: f64,
}

impl From<Sighting> for SightingInfo {
    fn from(seen: Sighting) -> Self {
        Self {
            is_reject: matches!(seen.cause, Cause::Reject(_)),
            label: seen.cause.label().into(),
            status: match seen.cause {
                Cause::Reject(reason) => reason.status(),
                Cause::Limit(_) => 0,
            },
            connection: seen.whom.connection.map_or(-1.0, f64::from),
            remote: seen.whom.remote.into(),
            local: seen.whom.local.into(),
            bytes: seen.first.escape_ascii().to_string(),
            time: seen.at as f64,
            dropped: seen.dropped as f64,
        }
    }
}

impl From<Option<SocketAddr>> for PeerInfo {
    fn from(address: Option<SocketAddr>) -> Self {
        let (family, address, port) = match address {
            Some(SocketAddr::V4(v4)) => ("IPv4", v4.ip().to_string(), v4.port()),
            Some(SocketAddr::V6(v6)) => ("IPv6", v6.ip().to_string(), v6.port()),
            None => ("unix", String::new(), 0),
        };
        Self {
            family: family.into(),
            address,
            port,
        }
    }
}
