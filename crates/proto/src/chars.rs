//! Byte classes of the HTTP grammars, as one table looked up once per byte.
//!
//! Used by the decoder, the encoder and the host rules. Each class names its grammar.

/// `tchar` of RFC 9110 section 5.6.2: methods, field names.
pub(crate) const TOKEN: u8 = 1;
/// A byte of a request target: printable ASCII but for space and `#` (RFC 9112 section 3.2).
pub(crate) const TARGET: u8 = 2;
/// A byte of a field value: SP, HTAB, VCHAR, obs-text (RFC 9110 section 5.5).
pub(crate) const VALUE: u8 = 4;
/// A byte of a host name: what Kestrel allows of RFC 3986's `reg-name`, without `*+,;=` and `%`.
pub(crate) const HOST: u8 = 8;
/// A hexadecimal digit.
pub(crate) const HEX: u8 = 16;
/// `%`, which makes a path need decoding, `.`, which may begin a dot segment, or `\`, which has no
/// place in a path.
pub(crate) const REWRITE: u8 = 32;

/// The classes of each byte.
pub(crate) const CLASS: [u8; 256] = build();

const fn build() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0usize;
    while byte < 256 {
        let b = byte as u8;
        let mut class = 0;
        if b.is_ascii_alphanumeric() || is_one_of(b, b"!#$%&'*+-.^_`|~") {
            class |= TOKEN;
        }
        if b.is_ascii_graphic() && b != b'#' {
            class |= TARGET;
        }
        if b == b'\t' || (b >= 0x20 && b != 0x7F) {
            class |= VALUE;
        }
        if b.is_ascii_alphanumeric() || is_one_of(b, b"!$&'()-._~") {
            class |= HOST;
        }
        if b.is_ascii_hexdigit() {
            class |= HEX;
        }
        if is_one_of(b, b"%.\\") {
            class |= REWRITE;
        }
        table[byte] = class;
        byte += 1;
    }
    table
}

const fn is_one_of(byte: u8, set: &[u8]) -> bool {
    let mut i = 0;
    while i < set.len() {
        if set[i] == byte {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether `byte` belongs to any of `classes`.
pub(crate) fn is(byte: u8, classes: u8) -> bool {
    CLASS[byte as usize] & classes != 0
}

/// Whether `bytes` is a non-empty token.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&b| is(b, TOKEN))
}

/// Whether every byte may stand in a field value.
pub(crate) fn is_value(bytes: &[u8]) -> bool {
    // A fold without an early exit, which the compiler turns into vector instructions.
    bytes
        .iter()
        .fold(true, |ok, &b| ok & ((b >= 0x20 && b != 0x7F) || b == b'\t'))
}

/// `bytes` without SP and HTAB at both ends (RFC 9110 section 5.6.3, OWS).
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
