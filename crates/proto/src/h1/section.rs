//! Header and trailer sections: blocks of lines up to an empty one (RFC 9110 sections 6.3 and 6.5).
//!
//! The decoder calls the two parsers here, and [`Scan`] to know when calling them is worth it. A
//! parser begins at the first line each time and keeps nothing; a scan remembers how far a
//! half-received section has been looked at. Both judge a line with the same functions, so a scan
//! never waits where a parser has a verdict.
//!
//! A head is parsed at most three times, then: when its first bytes come, when a scan finds its
//! request line complete and then, or at a fault, to the end.

use super::field_line::field_line;
use super::framing::{self, Noted};
use super::lines::{Line, Start, line_at, start_at};
use super::memo::Hint;
use super::request_line::request_line;
use crate::fields::{LAST_FRAMING_ID, known};
use crate::{Field, Head, Limits, RejectReason, Span};

/// How far a half-received section has been looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scan {
    /// Where the first line that is not complete begins.
    at: u32,
    /// Up to where that line is known to have no end.
    seen: u32,
    /// Where the field lines begin; 0 in trailers.
    fields_at: u32,
    /// Trailers: bytes of field lines in the head.
    used_bytes: u32,
    /// Trailers: field lines in the head.
    used_fields: u16,
    /// Complete field lines so far.
    fields: u16,
}

impl Scan {
    /// A scan of the trailers behind a head, whose use of the limits counts.
    pub(crate) fn trailers(head: &Head, fields_bytes: u32) -> Scan {
        Scan {
            used_bytes: fields_bytes,
            used_fields: u16::try_from(head.fields.len()).unwrap_or(u16::MAX),
            ..Scan::default()
        }
    }

    /// Looks at lines that were not complete before; true when the parse has something to decide.
    pub(crate) fn head_ready(&mut self, bytes: &[u8], head: &mut Head, limits: &Limits) -> bool {
        if self.at == 0 {
            let max = limits.request_line_bytes as usize;
            match line_at(bytes, 0, self.seen as usize, max, limits.allow_bare_lf) {
                Line::Partial => {
                    self.saw(bytes);
                    return false;
                }
                Line::Complete { next } => {
                    let line = bytes.get(..next).unwrap_or_default();
                    if request_line(line, head, limits.allow_bare_lf).is_err() {
                        return true;
                    }
                    self.at = Span::between(0, next).len;
                    self.fields_at = self.at;
                }
                Line::TooLong | Line::Stray(_) => return true,
            }
        }
        self.fields_ready(bytes, limits)
    }

    /// The same where no request line comes first.
    pub(crate) fn fields_ready(&mut self, bytes: &[u8], limits: &Limits) -> bool {
        loop {
            let at = self.at as usize;
            match next_field(bytes, at, self, self.seen as usize, limits) {
                Ok(Next::Field(field, _))
                    if self.in_trailers() && is_forbidden_trailer(field.id) =>
                {
                    return true;
                }
                Ok(Next::Field(_, next)) => {
                    self.at = Span::between(0, next).len;
                    self.fields = self.fields.saturating_add(1);
                }
                Ok(Next::Partial) => {
                    self.saw(bytes);
                    return false;
                }
                Ok(Next::End(_)) | Err(_) => return true,
            }
        }
    }

    /// In a head, field lines begin behind the request line.
    fn in_trailers(&self) -> bool {
        self.fields_at == 0
    }

    /// Everything but a last CR has been searched for a line end.
    fn saw(&mut self, bytes: &[u8]) {
        let seen = bytes.len() - usize::from(bytes.last() == Some(&b'\r'));
        self.seen = Span::between(0, seen).len;
    }
}

/// What stands where a field line is due.
enum Next {
    Field(Field, usize),
    End(usize),
    Partial,
}

/// The next field line, judged in the order of its bytes: its being one too many, its end, its
/// limit, its content.
fn next_field(
    bytes: &[u8],
    at: usize,
    scan: &Scan,
    seen: usize,
    limits: &Limits,
) -> Result<Next, RejectReason> {
    match start_at(bytes, at, limits.allow_bare_lf) {
        Start::Empty { next } => return Ok(Next::End(next)),
        Start::Stray(reason) => return Err(reason),
        Start::Partial => return Ok(Next::Partial),
        Start::Content => {}
    }
    if scan.fields.saturating_add(scan.used_fields) >= limits.headers {
        return Err(RejectReason::TooManyHeaders);
    }
    let spent = at.saturating_sub(scan.fields_at as usize) + scan.used_bytes as usize;
    let max = (limits.header_bytes as usize).saturating_sub(spent);
    match line_at(bytes, at, seen, max, limits.allow_bare_lf) {
        Line::Complete { next } => {
            let line = bytes.get(..next).unwrap_or_default();
            field_line(line, at, limits.allow_bare_lf).map(|(field, next)| Next::Field(field, next))
        }
        Line::Partial => Ok(Next::Partial),
        Line::TooLong => Err(RejectReason::HeadersTooLarge),
        Line::Stray(reason) => Err(reason),
    }
}

/// The size of a head and of the field lines in it.
pub(crate) struct Parsed {
    pub(crate) len: usize,
    pub(crate) fields_bytes: u32,
}

/// Parses the head at the start of `bytes`; `None` when it is not complete and nothing in it is
/// wrong so far. `hint` says where the connection's last fields are remembered.
pub(crate) fn parse_head(
    bytes: &[u8],
    head: &mut Head,
    limits: &Limits,
    hint: &mut Hint,
) -> Result<Option<Parsed>, RejectReason> {
    head.clear();
    let max = limits.request_line_bytes as usize;
    let fields_at = match request_line(bytes, head, limits.allow_bare_lf) {
        Ok(next) if next <= max => next,
        _ => match line_at(bytes, 0, 0, max, limits.allow_bare_lf) {
            Line::Complete { next } => {
                let line = bytes.get(..next).unwrap_or_default();
                request_line(line, head, limits.allow_bare_lf)?
            }
            Line::Partial => return Ok(None),
            Line::TooLong => return Err(too_long(bytes, max)),
            Line::Stray(reason) => return Err(reason),
        },
    };
    if let Some(parsed) = recall(bytes, head, limits, (fields_at, hint))? {
        return Ok(Some(parsed));
    }
    let mut noted = Noted::default();
    let mut at = fields_at;
    // The fast path takes whatever is well formed; the limits are checked once, behind it. The
    // empty line is looked for first: finding its fault would search everything behind the head.
    while bytes.get(at).is_some_and(|&byte| byte > b' ')
        && let Ok((field, next)) = field_line(bytes, at, limits.allow_bare_lf)
        && head.fields.len() <= usize::from(limits.headers)
    {
        if field.id.wrapping_sub(1) < LAST_FRAMING_ID {
            noted.note(&field);
        }
        head.fields.push(field);
        at = next;
    }
    let within = head.fields.len() <= usize::from(limits.headers)
        && at - fields_at <= limits.header_bytes as usize;
    let len = match start_at(bytes, at, limits.allow_bare_lf) {
        Start::Empty { next } if within => next,
        _ => return judge_fields(bytes, fields_at, limits),
    };
    framing::apply(bytes, head, &noted)?;
    if !limits.allow_bare_lf {
        let section = (bytes.get(..len).unwrap_or_default(), fields_at);
        head.memo.remember(hint, section, &head.fields, &noted);
    }
    let fields_bytes = Span::between(fields_at, at).len;
    Ok(Some(Parsed { len, fields_bytes }))
}

/// The fast path's fast path: the fields of the connection's last head once more.
fn recall(
    bytes: &[u8],
    head: &mut Head,
    limits: &Limits,
    (fields_at, hint): (usize, &mut Hint),
) -> Result<Option<Parsed>, RejectReason> {
    let Some(recalled) = head.memo.recall(hint, bytes, fields_at, &mut head.fields) else {
        return Ok(None);
    };
    // Without the empty line, which is CR LF.
    let fields_bytes = recalled.len - 2;
    let within = head.fields.len() <= usize::from(limits.headers)
        && fields_bytes <= limits.header_bytes as usize;
    if limits.allow_bare_lf || !within {
        head.fields.clear();
        return Ok(None);
    }
    framing::apply(bytes, head, &recalled.noted)?;
    Ok(Some(Parsed {
        len: fields_at + recalled.len,
        fields_bytes: fields_bytes as u32,
    }))
}

/// What a request line that passes its limit of `max` bytes is refused for. Only a target may be
/// long (414, RFC 9112 section 3): a line that begins with that many bytes of a method is none.
#[cold]
fn too_long(bytes: &[u8], max: usize) -> RejectReason {
    let line = bytes.get(..max).unwrap_or(bytes);
    match memchr::memchr(b' ', line) {
        Some(_) => RejectReason::RequestLineTooLong,
        None => RejectReason::InvalidRequestLine,
    }
}

/// Finds out what the fast path stopped at: the first fault, or the end of the input.
#[cold]
fn judge_fields(
    bytes: &[u8],
    fields_at: usize,
    limits: &Limits,
) -> Result<Option<Parsed>, RejectReason> {
    let mut scan = Scan {
        fields_at: Span::between(0, fields_at).len,
        ..Scan::default()
    };
    let mut at = fields_at;
    loop {
        match next_field(bytes, at, &scan, at, limits)? {
            Next::Field(_, next) => {
                scan.fields = scan.fields.saturating_add(1);
                at = next;
            }
            Next::Partial => return Ok(None),
            // The fast path accepts every head whose lines and limits are in order.
            Next::End(_) => return Err(RejectReason::InvalidHeaderValue),
        }
    }
}

/// Parses a trailer section into the head's trailers, as [`parse_head`] does. `scan` knows what the
/// head has used of the limits.
pub(crate) fn parse_trailers(
    bytes: &[u8],
    head: &mut Head,
    limits: &Limits,
    scan: &Scan,
) -> Result<Option<usize>, RejectReason> {
    head.trailers.clear();
    head.trailer_bytes.clear();
    let mut count = Scan {
        at: 0,
        seen: 0,
        fields: 0,
        ..*scan
    };
    let mut at = 0;
    loop {
        match next_field(bytes, at, &count, at, limits)? {
            Next::Field(field, next) => {
                if is_forbidden_trailer(field.id) {
                    return Err(RejectReason::ForbiddenTrailer);
                }
                head.trailers.push(field);
                count.fields = count.fields.saturating_add(1);
                at = next;
            }
            Next::Partial => return Ok(None),
            Next::End(next) => {
                head.trailer_bytes
                    .extend_from_slice(bytes.get(..at).unwrap_or_default());
                return Ok(Some(next));
            }
        }
    }
}

/// RFC 9110 section 6.5.1: fields for framing, routing, request modifiers, authentication and the
/// handling of content make no sense after it, and have been used to smuggle. `npm run gen` writes
/// the list that JavaScript refuses from this one.
pub(crate) fn is_forbidden_trailer(id: u8) -> bool {
    matches!(
        id,
        known::HOST
            | known::CONTENT_LENGTH
            | known::TRANSFER_ENCODING
            | known::CONNECTION
            | known::EXPECT
            | known::UPGRADE
            | known::CONTENT_TYPE
            | known::CONTENT_ENCODING
            | known::CONTENT_RANGE
            | known::COOKIE
            | known::SET_COOKIE
            | known::AUTHORIZATION
            | known::PROXY_AUTHORIZATION
            | known::PROXY_CONNECTION
            | known::KEEP_ALIVE
            | known::CACHE_CONTROL
            | known::PRAGMA
            | known::IF_MATCH
            | known::IF_NONE_MATCH
            | known::IF_MODIFIED_SINCE
            | known::IF_UNMODIFIED_SINCE
            | known::IF_RANGE
            | known::RANGE
            | known::MAX_FORWARDS
            | known::TE
            | known::TRAILER
            | known::FORWARDED
            | known::VIA
            | known::X_FORWARDED_FOR
            | known::X_FORWARDED_PROTO
            | known::X_FORWARDED_HOST
            | known::X_FORWARDED_PORT
            | known::X_REAL_IP
            | known::X_HTTP_METHOD_OVERRIDE
    )
}
