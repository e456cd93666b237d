//! The request line: `method SP request-target SP HTTP-version CRLF` (RFC 9112 section 3).
//!
//! Strict: one space between the parts and none elsewhere, a token as method, printable ASCII
//! without `#` as target, `HTTP/1.0` or `HTTP/1.1` in exactly these letters. As in `field_line`,
//! the reason is only meaningful when the line is complete.

use super::lines::line_end;
use super::target;
use crate::chars::{self, REWRITE, TARGET, TOKEN};
use crate::{Head, Method, RejectReason, Span, Version};

/// Fills the head's first-line parts from the line at the start of `bytes`; returns where the next
/// line begins.
pub(crate) fn request_line(
    bytes: &[u8],
    head: &mut Head,
    bare_lf: bool,
) -> Result<usize, RejectReason> {
    let method_end = method_end(bytes)?;
    let target_start = method_end + 1;
    let scan = scan_target(bytes, target_start);
    if bytes.get(scan.end) != Some(&b' ') || scan.end == target_start {
        return Err(target_fault(bytes, target_start, scan.end));
    }
    let (version, version_end) = version(bytes, scan.end + 1)?;
    let Some(next) = line_end(bytes, version_end, bare_lf) else {
        return Err(RejectReason::InvalidRequestLine);
    };
    head.method_span = Span::between(0, method_end);
    head.method = Method::from_bytes(bytes.get(..method_end).unwrap_or_default());
    head.version = version;
    head.target = Span::between(target_start, scan.end);
    target::target(bytes, head, &scan)?;
    Ok(next)
}

/// What one pass over the target found.
pub(crate) struct TargetScan {
    /// Offset of the first byte after the target.
    pub(crate) end: usize,
    /// Offset of the first `?`, or `end`.
    pub(crate) path_end: usize,
    /// Whether a `%` or a `.` stands before the query.
    pub(crate) maybe_rewrite: bool,
}

fn scan_target(bytes: &[u8], start: usize) -> TargetScan {
    let mut at = start;
    let mut classes = 0;
    while let Some(&byte) = bytes.get(at) {
        let class = chars::CLASS[usize::from(byte)];
        if class & TARGET == 0 || byte == b'?' {
            break;
        }
        classes |= class;
        at += 1;
    }
    let path_end = at;
    while bytes.get(at).is_some_and(|&b| chars::is(b, TARGET)) {
        at += 1;
    }
    TargetScan {
        end: at,
        path_end,
        maybe_rewrite: classes & REWRITE != 0,
    }
}

fn method_end(bytes: &[u8]) -> Result<usize, RejectReason> {
    match bytes {
        [b'G', b'E', b'T', b' ', ..] => return Ok(3),
        [b'P', b'O', b'S', b'T', b' ', ..] => return Ok(4),
        _ => {}
    }
    let mut end = 0;
    while bytes.get(end).is_some_and(|&b| chars::is(b, TOKEN)) {
        end += 1;
    }
    match bytes.get(end) {
        Some(b' ') if end > 0 => Ok(end),
        Some(b' ' | b'\r' | b'\n') | None => Err(RejectReason::InvalidRequestLine),
        Some(_) => Err(RejectReason::InvalidMethod),
    }
}

fn target_fault(bytes: &[u8], start: usize, stop: usize) -> RejectReason {
    match bytes.get(stop) {
        Some(b' ' | b'\r' | b'\n') | None => RejectReason::InvalidRequestLine,
        Some(b'#') if stop > start => RejectReason::FragmentInTarget,
        Some(_) => RejectReason::InvalidRequestTarget,
    }
}

/// The version at `at`: one of ours, another of HTTP (505), or no version at all (400).
fn version(bytes: &[u8], at: usize) -> Result<(Version, usize), RejectReason> {
    let end = at + 8;
    match bytes.get(at..end) {
        Some(b"HTTP/1.1") => return Ok((Version::Http11, end)),
        Some(b"HTTP/1.0") => return Ok((Version::Http10, end)),
        _ => {}
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let text = rest
        .split(|&b| b == b'\r' || b == b'\n')
        .next()
        .unwrap_or_default();
    let preface = bytes.starts_with(b"PRI * HTTP/2.0");
    Err(match text {
        // RFC 9112 section 2.3: the name is case-sensitive, each number is one digit.
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => match preface {
            true => RejectReason::Http2Preface,
            false => RejectReason::UnsupportedVersion,
        },
        _ => RejectReason::InvalidRequestLine,
    })
}
