//! From the path as sent to the path that routes see.
//!
//! Two steps, in this order, once per request whose path has a `%` or a `.`:
//!
//! 1. percent-decoding as UTF-8. `%2F` stays as sent, so that an encoded slash never becomes a
//!    separator; so does whatever is not a valid escape or does not decode to valid UTF-8 (overlong
//!    forms, surrogates, stray continuation bytes). `%00` and line breaks refuse the request.
//! 2. removal of `.` and `..` segments (RFC 3986 section 5.2.4). `..` above the root stays there.
//!
//! A backslash is refused: some take it for a slash. Browsers never send one in a path.
//!
//! The result is valid UTF-8 because the path as sent is ASCII. The query is never decoded.

use crate::RejectReason;
use crate::chars;

/// Writes the rewritten path to `out`; false, with `out` unspecified, when it is the same as
/// `path`.
pub(crate) fn rewrite(path: &[u8], out: &mut Vec<u8>) -> Result<bool, RejectReason> {
    if path.contains(&b'\\') {
        return Err(RejectReason::InvalidRequestTarget);
    }
    let escaped = path.contains(&b'%');
    if !escaped && !has_dot_segment(path) {
        return Ok(false);
    }
    out.clear();
    decode(path, out)?;
    if has_dot_segment(out) {
        remove_dot_segments(out);
    }
    Ok(true)
}

fn decode(path: &[u8], out: &mut Vec<u8>) -> Result<(), RejectReason> {
    let mut rest = path;
    while let [byte, after @ ..] = rest {
        if *byte != b'%' {
            out.push(*byte);
            rest = after;
            continue;
        }
        match escape(rest) {
            Some(0) => return Err(RejectReason::NulInPath),
            Some(b'\r' | b'\n') => return Err(RejectReason::LineBreakInPath),
            Some(ascii @ 1..=0x7F) if ascii != b'/' => {
                out.push(ascii);
                rest = rest.get(3..).unwrap_or_default();
            }
            Some(lead @ 0xC2..=0xF4) => match sequence(lead, rest) {
                Some((bytes, len)) => {
                    out.extend_from_slice(bytes.get(..len).unwrap_or_default());
                    rest = rest.get(len * 3..).unwrap_or_default();
                }
                None => rest = keep_escape(rest, out),
            },
            Some(_) => rest = keep_escape(rest, out),
            None => {
                out.push(b'%');
                rest = after;
            }
        }
    }
    Ok(())
}

/// Copies an escape as it is; returns what follows it.
fn keep_escape<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (escape, after) = rest.split_at(rest.len().min(3));
    out.extend_from_slice(escape);
    after
}

/// The byte that `%XX` at the start of `rest` stands for.
fn escape(rest: &[u8]) -> Option<u8> {
    match rest {
        [b'%', high, low, ..] => Some(chars::hex(*high)? << 4 | chars::hex(*low)?),
        _ => None,
    }
}

/// The UTF-8 sequence of escapes that begins with `lead`, when it is complete and valid.
fn sequence(lead: u8, rest: &[u8]) -> Option<([u8; 4], usize)> {
    let len = match lead {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    };
    let mut bytes = [lead, 0, 0, 0];
    for (index, slot) in bytes.iter_mut().enumerate().take(len).skip(1) {
        *slot = escape(rest.get(index * 3..)?)?;
    }
    core::str::from_utf8(bytes.get(..len)?).ok()?;
    Some((bytes, len))
}

/// Whether some segment is `.` or `..`.
fn has_dot_segment(path: &[u8]) -> bool {
    let mut from = 0;
    while let Some(offset) = path.get(from..).and_then(|rest| memchr::memchr(b'.', rest)) {
        let at = from + offset;
        let begins = at == 0 || path.get(at - 1) == Some(&b'/');
        let after = path.get(at + 1..).unwrap_or_default();
        let ends = matches!(after, [] | [b'/', ..] | [b'.'] | [b'.', b'/', ..]);
        if begins && ends {
            return true;
        }
        from = at + 1;
    }
    false
}

/// Removes dot segments in place: the output never grows past the input, so one buffer serves both.
fn remove_dot_segments(path: &mut Vec<u8>) {
    let (mut read, mut write) = (0, 0);
    while read < path.len() {
        // `read` is at a slash; the segment runs to the next one.
        let rest = path.get(read + 1..).unwrap_or_default();
        let len = memchr::memchr(b'/', rest).unwrap_or(rest.len());
        let last = len == rest.len();
        match rest.get(..len).unwrap_or_default() {
            b"." => {}
            b".." => {
                let kept = path.get(..write).unwrap_or_default();
                write = memchr::memrchr(b'/', kept).unwrap_or(0);
            }
            _ => {
                path.copy_within(read..read + 1 + len, write);
                write += 1 + len;
                read += 1 + len;
                continue;
            }
        }
        read += 1 + len;
        if last {
            // A path that ends in a dot segment names a folder: `/a/.` is `/a/`.
            if let Some(slot) = path.get_mut(write) {
                *slot = b'/';
            }
            write += 1;
        }
    }
    path.truncate(write);
}
