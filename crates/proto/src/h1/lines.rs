//! Where a line ends.
//!
//! The decoder's slow path and its scan of half-received heads ask here before they look at a
//! line's content. The answer for a prefix never contradicts the answer for the whole: it is either
//! the same or [`Line::Partial`].

use memchr::memchr2;

use crate::RejectReason;

/// What is known about the line that begins at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The next line begins at `next`.
    Complete { next: usize },
    /// No end yet, and none of the bytes decides anything.
    Partial,
    /// The line cannot end within its limit.
    TooLong,
    /// CR that is not followed by LF, or LF that does not follow CR.
    Stray(RejectReason),
}

/// The end of the line at `start`, of at most `max` bytes with its line end. `seen` is an offset up
/// to which an earlier call found nothing.
pub(crate) fn line_at(bytes: &[u8], start: usize, seen: usize, max: usize, bare_lf: bool) -> Line {
    let limit = start.saturating_add(max);
    let from = seen.max(start);
    let window = bytes.get(from..limit.min(bytes.len())).unwrap_or_default();
    let Some(offset) = memchr2(b'\r', b'\n', window) else {
        return if bytes.len() >= limit {
            Line::TooLong
        } else {
            Line::Partial
        };
    };
    let at = from + offset;
    if bytes.get(at) == Some(&b'\n') {
        return match bare_lf {
            true => Line::Complete { next: at + 1 },
            false => Line::Stray(RejectReason::BareLineFeed),
        };
    }
    if at + 1 >= limit {
        return Line::TooLong;
    }
    match bytes.get(at + 1) {
        None => Line::Partial,
        Some(b'\n') => Line::Complete { next: at + 2 },
        Some(_) => Line::Stray(RejectReason::BareCarriageReturn),
    }
}

/// What begins at an offset where a field line or the closing empty line is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The empty line; what follows it begins at `next`.
    Empty { next: usize },
    /// Some other line.
    Content,
    /// Too few bytes to tell.
    Partial,
    /// CR without LF, or LF alone.
    Stray(RejectReason),
}

/// Tells an empty line from others.
pub(crate) fn start_at(bytes: &[u8], at: usize, bare_lf: bool) -> Start {
    match (bytes.get(at), bytes.get(at + 1)) {
        (None, _) | (Some(b'\r'), None) => Start::Partial,
        (Some(b'\r'), Some(b'\n')) => Start::Empty { next: at + 2 },
        (Some(b'\r'), Some(_)) => Start::Stray(RejectReason::BareCarriageReturn),
        (Some(b'\n'), _) if bare_lf => Start::Empty { next: at + 1 },
        (Some(b'\n'), _) => Start::Stray(RejectReason::BareLineFeed),
        _ => Start::Content,
    }
}

/// The offset after a line end at `at`, where there is one.
pub(crate) fn line_end(bytes: &[u8], at: usize, bare_lf: bool) -> Option<usize> {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        (Some(b'\n'), _) if bare_lf => Some(at + 1),
        _ => None,
    }
}
