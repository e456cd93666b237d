//! One field line: `name ":" OWS value OWS CRLF` (RFC 9112 section 5).
//!
//! The same function serves the fast path, where the line may run into the end of the input, and the
//! slow path, where the line is known to be complete; only there is the reason meaningful. Refused:
//! leading whitespace (obs-fold), whitespace before the colon, names that are not tokens, values
//! with control characters other than HTAB. Bytes from 0x80 are accepted in values as Latin-1.

use super::lines::line_end;
use crate::chars::{self, TOKEN};
use crate::fields;
use crate::{Field, RejectReason, Span};

/// The field of the line at `at`, and where the next line begins.
pub(crate) fn field_line(
    bytes: &[u8],
    at: usize,
    bare_lf: bool,
) -> Result<(Field, usize), RejectReason> {
    let mut colon = at;
    while bytes.get(colon).is_some_and(|&b| chars::is(b, TOKEN)) {
        colon += 1;
    }
    if bytes.get(colon) != Some(&b':') || colon == at {
        return Err(name_fault(bytes, at, colon));
    }
    let mut start = colon + 1;
    while let Some(b' ' | b'\t') = bytes.get(start) {
        start += 1;
    }
    let stop = value_end(bytes, start);
    let Some(next) = line_end(bytes, stop, bare_lf) else {
        return Err(RejectReason::InvalidHeaderValue);
    };
    let mut end = stop;
    while end > start && matches!(bytes.get(end - 1), Some(b' ' | b'\t')) {
        end -= 1;
    }
    let name = Span::between(at, colon);
    let id = fields::id(bytes.get(at..colon).unwrap_or_default());
    Ok((
        Field {
            id,
            name,
            value: Span::between(start, end),
        },
        next,
    ))
}

/// The first byte from `at` that no value may hold, eight bytes at a time: in a word without bytes
/// below 0x20 or equal to 0x7F nothing needs a closer look.
fn value_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    loop {
        if let Some(word) = bytes.get(at..at + 8).and_then(|w| w.try_into().ok()) {
            let word = u64::from_le_bytes(word);
            let control = word.wrapping_sub(ONES * 0x20) & !word;
            let delete = (word ^ (ONES * 0x7F)).wrapping_sub(ONES) & !(word ^ (ONES * 0x7F));
            let suspects = (control | delete) & HIGH;
            // Borrows only spoil bytes above the first hit, so the first is exact.
            at += suspects.trailing_zeros() as usize / 8;
            if suspects == 0 {
                continue;
            }
        }
        match bytes.get(at) {
            Some(&b) if chars::is(b, chars::VALUE) => at += 1,
            _ => return at,
        }
    }
}

/// Why the name that begins at `at` and stops at `stop` is none.
fn name_fault(bytes: &[u8], at: usize, stop: usize) -> RejectReason {
    let line = bytes.get(at..).unwrap_or_default();
    match bytes.get(stop) {
        Some(b' ' | b'\t') if stop == at => RejectReason::ObsoleteLineFolding,
        Some(b':') => RejectReason::EmptyHeaderName,
        Some(b'\r' | b'\n') | None => RejectReason::MissingColon,
        Some(b' ' | b'\t') => match chars::trim(&line[(stop - at).min(line.len())..]) {
            [b':', ..] => RejectReason::WhitespaceBeforeColon,
            _ if !line.contains(&b':') => RejectReason::MissingColon,
            _ => RejectReason::InvalidHeaderName,
        },
        Some(_) if !line.contains(&b':') => RejectReason::MissingColon,
        Some(_) => RejectReason::InvalidHeaderName,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_end_agrees_with_the_byte_table() {
        for byte in 0..=255u8 {
            for position in 0..20 {
                let mut bytes = [b'a'; 20];
                bytes[position] = byte;
                let expected = if chars::is(byte, chars::VALUE) {
                    20
                } else {
                    position
                };
                assert_eq!(value_end(&bytes, 0), expected, "{byte:#x} at {position}");
            }
        }
    }

    #[test]
    fn value_end_finds_the_first_of_two() {
        for first in 0..16 {
            for second in first..16 {
                let mut bytes = [0x80u8; 16];
                bytes[first] = b'\r';
                bytes[second] = 0x7F;
                assert_eq!(value_end(&bytes, 0), first);
                bytes[first] = b'\t';
                assert_eq!(
                    value_end(&bytes, 0),
                    if first == second { 16 } else { second }
                );
            }
        }
    }
}
