//! The PROXY protocol, versions 1 and 2: what a proxy says of a connection before its first byte.
//!
//! Called by `core` on endpoints that expect it, with everything that has arrived so far, until it
//! is decided. Follows haproxy's proxy-protocol.txt. Promises a decision that does not depend on
//! how the bytes were cut, that nothing is read past the header's end, and bounded input: 107 bytes
//! of version 1, [`PROXY_BYTES_MAX`] of version 2. Whether the peer may say such things is decided
//! by `core`.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::reject::RejectReason;

/// Longest header of version 2 with its extensions: the longest addresses and what proxies are
/// known to add (a TLS certificate's names, identifiers of clouds) need less than half.
pub const PROXY_BYTES_MAX: usize = 4096;
/// Longest line of version 1 with its line end.
pub const PROXY_LINE_MAX: usize = 107;

const V1_BEGIN: &[u8] = b"PROXY ";
const V2_SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family and transport, length.
const V2_HEAD: usize = 16;
/// The extension that carries a checksum of the whole header.
const TYPE_CRC32C: u8 = 0x03;

/// What the bytes so far mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyStep {
    /// More bytes are needed.
    Incomplete,
    /// The header is the first `len` bytes.
    Header {
        /// Its length.
        len: usize,
        /// Whose connection it is.
        source: ProxySource,
    },
    /// The bytes do not begin as a header does.
    Absent,
    /// A header that breaks the rules.
    Reject(RejectReason),
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxySource {
    /// The proxy's own (a health check), or of a kind that it cannot tell: the addresses of the
    /// socket hold.
    Socket,
    /// A client's.
    Client {
        /// The client's address.
        remote: SocketAddr,
        /// The address that it connected to.
        local: SocketAddr,
    },
    /// That of a client on a Unix socket.
    Unix,
}

/// Looks at the bytes of a connection from its first one on.
pub fn parse_proxy(bytes: &[u8]) -> ProxyStep {
    if begins(bytes, V1_BEGIN) {
        parse_v1(bytes)
    } else if begins(bytes, V2_SIGNATURE) {
        parse_v2(bytes)
    } else {
        ProxyStep::Absent
    }
}

/// Whether the bytes begin with `mark`, or are its beginning.
fn begins(bytes: &[u8], mark: &[u8]) -> bool {
    let len = bytes.len().min(mark.len());
    bytes.get(..len) == mark.get(..len)
}

const INVALID: ProxyStep = ProxyStep::Reject(RejectReason::InvalidProxyHeader);
const TOO_LONG: ProxyStep = ProxyStep::Reject(RejectReason::ProxyHeaderTooLong);

fn parse_v1(bytes: &[u8]) -> ProxyStep {
    // The CR of the longest line is its last byte but one.
    let visible = bytes.get(..PROXY_LINE_MAX - 1).unwrap_or(bytes);
    let Some(end) = visible.iter().position(|b| matches!(b, b'\r' | b'\n')) else {
        return match bytes.len() < PROXY_LINE_MAX - 1 {
            true => ProxyStep::Incomplete,
            false => TOO_LONG,
        };
    };
    match (bytes.get(end), bytes.get(end + 1)) {
        (Some(b'\r'), None) => return ProxyStep::Incomplete,
        (Some(b'\r'), Some(b'\n')) => {}
        _ => return INVALID,
    }
    let line = bytes.get(V1_BEGIN.len()..end).unwrap_or_default();
    match source_of_line(line) {
        Some(source) => ProxyStep::Header {
            len: end + 2,
            source,
        },
        None => INVALID,
    }
}

/// What stands behind `PROXY ` in a line of version 1.
fn source_of_line(line: &[u8]) -> Option<ProxySource> {
    let mut words = line.split(|&b| b == b' ');
    let family = words.next()?;
    if family == b"UNKNOWN" {
        // Whatever follows has to be ignored.
        return Some(ProxySource::Socket);
    }
    let (remote, local) = (words.next()?, words.next()?);
    let (remote_port, local_port) = (words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let address: fn(&[u8]) -> Option<IpAddr> = match family {
        b"TCP4" => |word| text(word)?.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        b"TCP6" => |word| text(word)?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => return None,
    };
    Some(ProxySource::Client {
        remote: SocketAddr::new(address(remote)?, port(remote_port)?),
        local: SocketAddr::new(address(local)?, port(local_port)?),
    })
}

fn text(word: &[u8]) -> Option<&str> {
    std::str::from_utf8(word).ok()
}

/// A decimal number without sign and leading zeros.
fn port(word: &[u8]) -> Option<u16> {
    let is_plain =
        word.iter().all(u8::is_ascii_digit) && (word.len() == 1 || !word.starts_with(b"0"));
    text(word).filter(|_| is_plain)?.parse().ok()
}

fn parse_v2(bytes: &[u8]) -> ProxyStep {
    let Some(&version_command) = bytes.get(V2_SIGNATURE.len()) else {
        return ProxyStep::Incomplete;
    };
    let is_local = match version_command {
        0x20 => true,
        0x21 => false,
        _ => return INVALID,
    };
    let Some(&[.., family, high, low]) = bytes.first_chunk::<V2_HEAD>() else {
        return ProxyStep::Incomplete;
    };
    let len = V2_HEAD + usize::from(u16::from_be_bytes([high, low]));
    if len > PROXY_BYTES_MAX {
        return TOO_LONG;
    }
    let Some(header) = bytes.get(..len) else {
        return ProxyStep::Incomplete;
    };
    let source = match is_local {
        // The rest of the header means nothing then.
        true => Ok(ProxySource::Socket),
        false => source_of_block(header, family),
    };
    match source {
        Ok(source) => ProxyStep::Header { len, source },
        Err(reason) => ProxyStep::Reject(reason),
    }
}

/// The addresses of a whole header of version 2, whose extensions are checked.
fn source_of_block(header: &[u8], family: u8) -> Result<ProxySource, RejectReason> {
    let invalid = RejectReason::InvalidProxyHeader;
    let block = header.get(V2_HEAD..).unwrap_or_default();
    let (source, rest) = match (family >> 4, family & 15) {
        (4.., _) | (_, 3..) => return Err(invalid),
        // Of a kind that the proxy cannot tell: where extensions begin is not known either.
        (0, _) | (_, 0) => return Ok(ProxySource::Socket),
        (1, _) => {
            let (addresses, rest) = block.split_first_chunk::<12>().ok_or(invalid)?;
            (inet(addresses), rest)
        }
        (2, _) => {
            let (addresses, rest) = block.split_first_chunk::<36>().ok_or(invalid)?;
            (inet6(addresses), rest)
        }
        _ => {
            let (_, rest) = block.split_first_chunk::<216>().ok_or(invalid)?;
            (ProxySource::Unix, rest)
        }
    };
    check_extensions(header, rest)?;
    Ok(source)
}

fn inet(&[a, b, c, d, e, f, g, h, p, q, r, s]: &[u8; 12]) -> ProxySource {
    let address = |ip: [u8; 4], port| SocketAddr::new(IpAddr::from(ip), u16::from_be_bytes(port));
    ProxySource::Client {
        remote: address([a, b, c, d], [p, q]),
        local: address([e, f, g, h], [r, s]),
    }
}

fn inet6(block: &[u8; 36]) -> ProxySource {
    let (remote, rest) = block.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    let (local, ports) = rest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    let &[p, q, r, s] = ports.first_chunk::<4>().unwrap_or(&[0; 4]);
    ProxySource::Client {
        remote: SocketAddr::new(IpAddr::from(*remote), u16::from_be_bytes([p, q])),
        local: SocketAddr::new(IpAddr::from(*local), u16::from_be_bytes([r, s])),
    }
}

/// Extensions are skipped, but they have to fill the header exactly, and a checksum has to hold.
fn check_extensions(header: &[u8], mut rest: &[u8]) -> Result<(), RejectReason> {
    let invalid = RejectReason::InvalidProxyHeader;
    let mut checksum_at = None;
    while !rest.is_empty() {
        let (&[kind, high, low], behind) = rest.split_first_chunk::<3>().ok_or(invalid)?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        let (_, next) = behind.split_at_checked(len).ok_or(invalid)?;
        if kind == TYPE_CRC32C {
            if len != 4 || checksum_at.is_some() {
                return Err(invalid);
            }
            checksum_at = Some(header.len() - behind.len());
        }
        rest = next;
    }
    let Some(at) = checksum_at else { return Ok(()) };
    let (before, from) = header.split_at_checked(at).ok_or(invalid)?;
    let (said, behind) = from.split_first_chunk::<4>().ok_or(invalid)?;
    // Computed as if the checksum itself were zero.
    let state = [before, &[0; 4], behind].into_iter().fold(!0, crc32c);
    match !state == u32::from_be_bytes(*said) {
        true => Ok(()),
        false => Err(RejectReason::ProxyChecksumMismatch),
    }
}

/// Adds bytes to the state of a CRC32C (RFC 3720, appendix B.4).
fn crc32c(state: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(state, |mut crc, &byte| {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let carry = 0u32.wrapping_sub(crc & 1);
            crc = crc >> 1 ^ 0x82f6_3b78 & carry;
        }
        crc
    })
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn the_checksums_of_the_standard() {
        let ascending: Vec<u8> = (0..32).collect();
        for (bytes, expected) in [
            (&[0; 32][..], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&ascending, 0x46dd_794e),
            (b"123456789", 0xe306_9283),
        ] {
            assert_eq!(!crc32c(!0, bytes), expected);
        }
    }
}
