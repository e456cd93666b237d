//! The PROXY protocol: each header with what it means, whole and cut at every byte.

use std::net::SocketAddr;

use lanner_proto::RejectReason as R;
use lanner_proto::proxy::{PROXY_BYTES_MAX, ProxySource, ProxyStep, parse_proxy};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn client(remote: &str, local: &str) -> ProxySource {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    ProxySource::Client {
        remote: address(remote),
        local: address(local),
    }
}

/// A header of version 2.
fn v2(version_command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let len = u16::try_from(block.len()).expect("short").to_be_bytes();
    [SIGNATURE, &[version_command, family], &len, block].concat()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).expect("short").to_be_bytes();
    [&[kind], &len[..], value].concat()
}

const INET: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 2, 0x1f, 0x90, 0, 80];

fn inet6() -> Vec<u8> {
    let mut block = vec![0; 36];
    block[0] = 0x20;
    block[1] = 1;
    block[15] = 1;
    block[31] = 1;
    block[32..].copy_from_slice(&[0xff, 0xff, 1, 0xbb]);
    block
}

/// The decision for the whole, which each of its cuts has to lead to.
fn decide(header: &[u8]) -> ProxyStep {
    let whole = parse_proxy(header);
    let mut decided = None;
    for len in 0..=header.len() {
        let step = parse_proxy(&header[..len]);
        match decided {
            None if step == ProxyStep::Incomplete => {}
            None => decided = Some(step),
            Some(earlier) => assert_eq!(step, earlier, "cut at {len}"),
        }
    }
    assert_eq!(decided.unwrap_or(ProxyStep::Incomplete), whole);
    whole
}

#[track_caller]
fn is_header(header: &[u8], source: ProxySource) {
    for behind in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", b"\r\n\0", header] {
        let step = decide(&[header, behind].concat());
        let len = header.len();
        assert_eq!(
            step,
            ProxyStep::Header { len, source },
            "{}",
            header.escape_ascii()
        );
    }
    for len in 0..header.len() {
        assert_eq!(
            parse_proxy(&header[..len]),
            ProxyStep::Incomplete,
            "cut at {len}"
        );
    }
}

#[track_caller]
fn is_refused(header: &[u8], reason: R) {
    assert_eq!(
        decide(header),
        ProxyStep::Reject(reason),
        "{}",
        header.escape_ascii()
    );
}

#[test]
fn lines_of_version_1() {
    for (line, source) in [
        (
            "TCP4 192.0.2.1 198.51.100.2 8080 80",
            client("192.0.2.1:8080", "198.51.100.2:80"),
        ),
        (
            "TCP4 255.255.255.255 255.255.255.255 65535 65535",
            client("255.255.255.255:65535", "255.255.255.255:65535"),
        ),
        ("TCP4 0.0.0.0 0.0.0.0 0 0", client("0.0.0.0:0", "0.0.0.0:0")),
        (
            "TCP6 2001:db8::1 ::1 1 2",
            client("[2001:db8::1]:1", "[::1]:2"),
        ),
        (
            "TCP6 ::ffff:192.0.2.1 ::1 1 2",
            client("[::ffff:192.0.2.1]:1", "[::1]:2"),
        ),
        ("UNKNOWN", ProxySource::Socket),
        ("UNKNOWN ", ProxySource::Socket),
        (
            "UNKNOWN ffff:f...f:ffff whatever 65535 x",
            ProxySource::Socket,
        ),
        (
            "UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535",
            ProxySource::Socket,
        ),
        (
            "TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535",
            client(
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            ),
        ),
    ] {
        is_header(format!("PROXY {line}\r\n").as_bytes(), source);
    }
}

#[test]
fn lines_that_are_refused() {
    for line in [
        "",
        "TCP4",
        "TCP5 1.2.3.4 1.2.3.4 1 2",
        "tcp4 1.2.3.4 1.2.3.4 1 2",
        "UDP4 1.2.3.4 1.2.3.4 1 2",
        "UNKNOWNX",
        " TCP4 1.2.3.4 1.2.3.4 1 2",
        "TCP4  1.2.3.4 1.2.3.4 1 2",
        "TCP4 1.2.3.4 1.2.3.4 1 2 ",
        "TCP4 1.2.3.4 1.2.3.4 1 2 3",
        "TCP4 1.2.3.4 1.2.3.4 1",
        "TCP4 1.2.3 1.2.3.4 1 2",
        "TCP4 1.2.3.256 1.2.3.4 1 2",
        "TCP4 01.2.3.4 1.2.3.4 1 2",
        "TCP4 ::1 ::1 1 2",
        "TCP6 1.2.3.4 1.2.3.4 1 2",
        "TCP6 fe80::1%eth0 ::1 1 2",
        "TCP6 [::1] ::1 1 2",
        "TCP4 1.2.3.4 1.2.3.4 65536 2",
        "TCP4 1.2.3.4 1.2.3.4 01 2",
        "TCP4 1.2.3.4 1.2.3.4 +1 2",
        "TCP4 1.2.3.4 1.2.3.4 -1 2",
        "TCP4 1.2.3.4 1.2.3.4  2",
        "TCP4 1.2.3.4 1.2.3.4 0x1 2",
        "TCP4 1.2.3.4 1.2.3.4 \u{661} 2",
        "TCP4\t1.2.3.4 1.2.3.4 1 2",
        "TCP4 1.2.3.4 1.2.3.4 1 2\0",
    ] {
        is_refused(
            format!("PROXY {line}\r\n").as_bytes(),
            R::InvalidProxyHeader,
        );
    }
    is_refused(b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", R::InvalidProxyHeader);
    is_refused(b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rG", R::InvalidProxyHeader);
    is_refused(b"PROXY UNKNOWN \xff\n", R::InvalidProxyHeader);
}

#[test]
fn a_line_has_at_most_107_bytes() {
    let line = |len: usize| format!("PROXY UNKNOWN {}\r\n", "x".repeat(len - 16));
    is_header(line(107).as_bytes(), ProxySource::Socket);
    is_refused(line(108).as_bytes(), R::ProxyHeaderTooLong);
    is_refused(line(10_000).as_bytes(), R::ProxyHeaderTooLong);
}

#[test]
fn headers_of_version_2() {
    let v4 = client("192.0.2.1:8080", "198.51.100.2:80");
    let v6 = client("[2001::1]:65535", "[::1]:443");
    let with = |block: &[u8], more: &[u8]| [block, more].concat();
    let several = [tlv(0xea, b"vpce"), tlv(4, &[]), tlv(0x20, &[0; 300])].concat();
    for (header, source) in [
        (v2(0x21, 0x11, &INET), v4),
        (v2(0x21, 0x12, &INET), v4),
        (v2(0x21, 0x21, &inet6()), v6),
        (v2(0x21, 0x22, &inet6()), v6),
        (v2(0x21, 0x31, &[b'/'; 216]), ProxySource::Unix),
        (v2(0x21, 0x32, &[0; 216]), ProxySource::Unix),
        (v2(0x21, 0x11, &with(&INET, &several)), v4),
        (v2(0x21, 0x21, &with(&inet6(), &several)), v6),
        (
            v2(0x21, 0x31, &with(&[0; 216], &several)),
            ProxySource::Unix,
        ),
        // Of a kind that the proxy cannot tell.
        (v2(0x21, 0x00, &[]), ProxySource::Socket),
        (v2(0x21, 0x00, b"whatever"), ProxySource::Socket),
        (v2(0x21, 0x10, &[]), ProxySource::Socket),
        (v2(0x21, 0x01, &INET), ProxySource::Socket),
        // The proxy's own connection: the rest means nothing.
        (v2(0x20, 0x00, &[]), ProxySource::Socket),
        (v2(0x20, 0x11, &INET), ProxySource::Socket),
        (v2(0x20, 0xff, b"whatever"), ProxySource::Socket),
    ] {
        is_header(&header, source);
    }
}

#[test]
fn headers_that_are_refused() {
    let with = |more: &[u8]| v2(0x21, 0x11, &[&INET, more].concat());
    for header in [
        v2(0x11, 0x11, &INET),
        v2(0x31, 0x11, &INET),
        v2(0x22, 0x11, &INET),
        v2(0x2f, 0x11, &INET),
        v2(0x21, 0x13, &INET),
        v2(0x21, 0x41, &INET),
        v2(0x21, 0xf1, &INET),
        v2(0x21, 0x11, &INET[..11]),
        v2(0x21, 0x11, &[]),
        v2(0x21, 0x21, &inet6()[..35]),
        v2(0x21, 0x31, &[0; 215]),
        // Extensions that do not fill the header exactly.
        with(&[4]),
        with(&[4, 0]),
        with(&[4, 0, 1]),
        with(&[4, 0xff, 0xff, 0]),
        with(&[&tlv(4, b"x")[..], &[0]].concat()),
        // A checksum that is none.
        with(&tlv(3, &[0; 3])),
        with(&tlv(3, &[0; 5])),
        with(&[tlv(3, &[0; 4]), tlv(3, &[0; 4])].concat()),
    ] {
        is_refused(&header, R::InvalidProxyHeader);
    }
}

#[test]
fn a_header_has_at_most_4096_bytes() {
    let header = |len: usize| {
        let value = vec![0; len - 16 - INET.len() - 3];
        v2(0x21, 0x11, &[&INET[..], &tlv(4, &value)].concat())
    };
    let source = client("192.0.2.1:8080", "198.51.100.2:80");
    let longest = header(PROXY_BYTES_MAX);
    let len = longest.len();
    assert_eq!(parse_proxy(&longest), ProxyStep::Header { len, source });
    let refused = ProxyStep::Reject(R::ProxyHeaderTooLong);
    assert_eq!(parse_proxy(&header(PROXY_BYTES_MAX + 1)[..16]), refused);
    assert_eq!(parse_proxy(&v2(0x20, 0, &[0; 65_535])[..16]), refused);
}

/// The checksum of a header whose own place is zero, bit by bit.
fn checksum(header: &[u8]) -> [u8; 4] {
    let mut crc = !0u32;
    for byte in header {
        for bit in 0..8 {
            let is_set = (crc ^ u32::from(byte >> bit)) & 1 == 1;
            crc = crc >> 1 ^ if is_set { 0x82f6_3b78 } else { 0 };
        }
    }
    (!crc).to_be_bytes()
}

#[test]
fn a_checksum_covers_the_whole_header() {
    let source = client("192.0.2.1:8080", "198.51.100.2:80");
    for (before, behind) in [
        (vec![], vec![]),
        (tlv(4, b"abc"), vec![]),
        (vec![], tlv(4, b"abc")),
        (tlv(1, b"h2"), tlv(4, &[0; 200])),
    ] {
        let extensions = [&before[..], &tlv(3, &[0; 4]), &behind].concat();
        let mut header = v2(0x21, 0x11, &[&INET[..], &extensions].concat());
        let at = 16 + INET.len() + before.len() + 3;
        let sum = checksum(&header);
        header[at..at + 4].copy_from_slice(&sum);
        is_header(&header, source);
        for place in (16..16 + INET.len()).chain(at..at + 4) {
            let mut other = header.clone();
            other[place] ^= 1;
            is_refused(&other, R::ProxyChecksumMismatch);
        }
    }
}

#[test]
fn anything_else_is_no_header() {
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"POST",
        b"PROXYX",
        b"PROXY\tTCP4",
        b"proxy TCP4",
        b" PROXY TCP4",
        b"\r\nGET",
        b"\r\n\r\n\0\r\nQUIX",
        b"\r\n\r\n\0\r\nQUIT\r",
        b"\x16\x03\x01",
        b"\0",
    ] {
        assert_eq!(decide(bytes), ProxyStep::Absent, "{}", bytes.escape_ascii());
    }
    for bytes in [
        &b""[..],
        b"P",
        b"PROXY",
        b"\r",
        b"\r\n\r\n\0\r\nQUIT",
        b"PROXY TCP4 1.2.3.4",
    ] {
        assert_eq!(
            decide(bytes),
            ProxyStep::Incomplete,
            "{}",
            bytes.escape_ascii()
        );
    }
}
