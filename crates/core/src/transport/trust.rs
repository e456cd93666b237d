//! Whom an endpoint believes the PROXY protocol.
//!
//! Part of an endpoint; asked for each connection that it accepts. Promises that addresses of IPv4
//! in IPv6 clothes are compared as what they are. The header itself is `lanner_proto::proxy`, its
//! turn on a connection is `conn::preface`.

use std::net::{IpAddr, SocketAddr};

/// The networks whose headers are believed, and what is expected of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyPolicy {
    /// The networks; peers on a Unix socket are trusted, because the file's mode keeps others out.
    pub trusted: Vec<Network>,
    /// Whether every connection has to begin with a header. If not, connections of others, and
    /// connections without a header, are served as what they are.
    pub required: bool,
    /// Time for the header, from the beginning of the connection; 0 for any. Default 5 s: the
    /// protocol asks for at least 3, which a lost segment takes.
    pub timeout_ms: u64,
}

impl ProxyPolicy {
    /// Whether a peer's header is believed.
    pub fn trusts(&self, peer: Option<SocketAddr>) -> bool {
        let Some(peer) = peer else { return true };
        let ip = peer.ip().to_canonical();
        self.trusted.iter().any(|network| network.contains(ip))
    }
}

/// Bits of an IPv6 address before the IPv4 address that it holds.
const MAPPED_BITS: u32 = 96;

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    ip: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`, or an address alone; IPv4 in IPv6 clothes is IPv4, as the peers are.
    pub fn parse(text: &str) -> Option<Self> {
        let (ip, bits) = match text.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits)),
            None => (text, None),
        };
        let ip: IpAddr = ip.parse().ok()?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        let network = (bits <= most).then_some(Self { ip, bits })?;
        Some(network.undressed())
    }

    fn undressed(self) -> Self {
        match (self.ip.to_canonical(), self.bits.checked_sub(MAPPED_BITS)) {
            (IpAddr::V4(ip), Some(bits)) if self.ip.is_ipv6() => Self {
                ip: ip.into(),
                bits,
            },
            _ => self,
        }
    }

    fn contains(&self, other: IpAddr) -> bool {
        let (own, other, width) = match (self.ip, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        // A shift by the whole width leaves nothing to compare.
        (own ^ other).checked_shr(width - self.bits).unwrap_or(0) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_begins_alike() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3/8", "10.255.0.1", "9.255.255.255"),
            ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("::/0", "2001:db8::1", "127.0.0.1"),
            ("fc00::/7", "fdff::1", "fe00::"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.255.0.1", "11.0.0.0"),
            ("::ffff:a00:0/104", "::ffff:10.0.0.1", "::a00:1"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("::ffff:0:0/96", "203.0.113.9", "2001:db8::1"),
            ("::ffff:0:0/95", "::fffe:0:1", "203.0.113.9"),
        ] {
            let policy = ProxyPolicy {
                trusted: vec![Network::parse(network).expect(network)],
                required: true,
                timeout_ms: 0,
            };
            let peer = |ip: &str| Some(SocketAddr::new(ip.parse().expect(ip), 1));
            assert!(policy.trusts(peer(inside)), "{network} {inside}");
            assert!(!policy.trusts(peer(outside)), "{network} {outside}");
            assert!(policy.trusts(None), "a Unix socket");
        }
    }

    #[test]
    fn what_is_no_network() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "a",
            "1.2.3.4/",
            "1.2.3.4/-1",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
