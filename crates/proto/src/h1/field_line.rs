//! One field line: `name ":" OWS value OWS CRLF` (RFC 9112 section 5).
//!
//! The same function serves the fast path, where the line may run into the end of the input, and
//! the slow path, where the line is known to be complete; only there is the reason meaningful.
//! Refused: leading whitespace (obs-fold), whitespace before the colon, names that are not tokens,
//! values with control characters other than HTAB. Bytes from 0x80 are accepted in values as
//! Latin-1.

use super::lines::line_end;
use crate::chars::{self, TOKEN};
use crate::fields::{self, known};
use crate::{Field, RejectReason, Span};

/// The field of the line at `at`, and where the next line begins.
// Inlined always: returned through memory, the field costs a stall on each of its reads.
#[inline(always)]
pub(crate) fn field_line(
    bytes: &[u8],
    at: usize,
    bare_lf: bool,
) -> Result<(Field, usize), RejectReason> {
    let line = bytes.get(at..).unwrap_or_default();
    let (id, name_len) = name(line).map_err(|len| name_fault(line, len))?;
    let mut start = name_len + 1;
    while let Some(b' ' | b'\t') = line.get(start) {
        start += 1;
    }
    let stop = value_end(line, start);
    let Some(next) = line_end(line, stop, bare_lf) else {
        return Err(RejectReason::InvalidHeaderValue);
    };
    let mut end = stop;
    while end > start && matches!(line.get(end - 1), Some(b' ' | b'\t')) {
        end -= 1;
    }
    let name = Span::between(at, at + name_len);
    Ok((
        Field {
            id,
            name,
            value: Span::between(at + start, at + end),
        },
        at + next,
    ))
}

/// The name before the first colon: its id and length, or how many bytes of it are a token.
///
/// Looks for the colon first, eight bytes at a time. A name that is in the table then needs no
/// check of its bytes; others get one.
#[inline]
fn name(line: &[u8]) -> Result<(u8, usize), usize> {
    let colon = colon(line);
    let name = line.get(..colon).unwrap_or_default();
    if line.get(colon) == Some(&b':') {
        let id = fields::id(name);
        if id != known::UNKNOWN || (chars::is_token(name) && !is_disguised(name)) {
            return Ok((id, colon));
        }
    }
    Err(name.iter().take_while(|&&b| chars::is(b, TOKEN)).count())
}

/// Whether an unknown name turns into that of a framing field where `_` and `-` are the same, as in
/// the variables of gateway interfaces: a server behind this one may take it for the field.
#[inline]
fn is_disguised(name: &[u8]) -> bool {
    match name.len() {
        14 => name.eq_ignore_ascii_case(b"content_length"),
        17 => name.eq_ignore_ascii_case(b"transfer_encoding"),
        _ => false,
    }
}

/// Where the first colon is. A line without one is searched no further than its first byte below
/// 0x20, for example its end.
#[inline]
fn colon(line: &[u8]) -> usize {
    let mut at = 0;
    loop {
        if let Some(word) = line.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*word);
            let colon = word ^ (ONES * u64::from(b':'));
            let hits = zero_bytes(colon) | below_0x20(word);
            // Two branches rather than one sum: the common one must not wait for the word.
            if hits & HIGH == 0 {
                at += 8;
                continue;
            }
            at += (hits & HIGH).trailing_zeros() as usize / 8;
        }
        match line.get(at) {
            Some(b':' | 0..=0x1F) | None => return at,
            Some(_) => at += 1,
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is 0. A borrow can set bits above the first one that is set
/// rightly, so only the first counts.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// The high bit of each byte below 0x20, with the same caution.
fn below_0x20(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word
}

/// The first byte from `at` that no value may hold, eight bytes at a time: a word without bytes
/// below 0x20 or equal to 0x7F needs no closer look.
#[inline]
fn value_end(line: &[u8], mut at: usize) -> usize {
    loop {
        if let Some(word) = line.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*word);
            let hits = (below_0x20(word) | zero_bytes(word ^ (ONES * 0x7F))) & HIGH;
            if hits == 0 {
                at += 8;
                continue;
            }
            at += hits.trailing_zeros() as usize / 8;
        }
        match line.get(at) {
            Some(&b) if chars::is(b, chars::VALUE) => at += 1,
            _ => return at,
        }
    }
}

/// Why a line has no name, after `len` bytes of a token.
#[cold]
fn name_fault(line: &[u8], len: usize) -> RejectReason {
    let rest = line.get(len..).unwrap_or_default();
    match rest {
        [b' ' | b'\t', ..] if len == 0 => RejectReason::ObsoleteLineFolding,
        [b':', ..] if len == 0 => RejectReason::EmptyHeaderName,
        _ if !rest.contains(&b':') => RejectReason::MissingColon,
        [b' ' | b'\t', ..] if chars::trim(rest).first() == Some(&b':') => {
            RejectReason::WhitespaceBeforeColon
        }
        _ => RejectReason::InvalidHeaderName,
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
