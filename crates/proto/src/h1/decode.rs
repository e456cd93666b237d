//! The decoder of one HTTP/1 connection: bytes in, steps out.
//!
//! `core` holds one per connection, feeds it whatever it has received, and drops the bytes that
//! each step names. The decoder keeps no bytes itself, only its place, so an idle connection costs
//! a few words.
//!
//! ```text
//!          ┌──────────────── body ended, or none ───────────────┐
//!          v                                                    │
//!        Head ── head complete ──┬── Content-Length ──> Known ──┤
//!          │                     └── chunked ──> Chunked ──> Trailers
//!          └────────────── any fault, anywhere ──> Failed (forever)
//! ```
//!
//! Promises: every strict prefix of a valid message is [`Step::Incomplete`], the steps are the same
//! however the input is cut (but for how body bytes are grouped), a half-received line is never
//! scanned twice, and a head is parsed at most three times: when its first bytes come, when its
//! request line is complete, when it is complete.
//!
//! Deliberately not here: when to give up waiting, whether the connection stays open, replies.

use super::chunked::{Chunks, Mark};
use super::field_line::field_line;
use super::framing::{self, Noted};
use super::lines::{Line, Start, line_at, start_at};
use super::request_line::request_line;
use crate::fields::{LAST_FRAMING_ID, known};
use crate::{BodyLength, Field, Head, Limits, RejectReason, Span};

/// What the bytes given to [`Decoder::step`] amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing more without more bytes; the first `consumed` may be dropped, the rest must be given
    /// again with what follows them.
    Incomplete {
        /// Bytes that are done with.
        consumed: usize,
    },
    /// A head, filled into the caller's [`Head`], whose spans are relative to `start`. The caller
    /// drops `start + len` bytes, once it has copied what it keeps.
    Head {
        /// Where the request line begins: empty lines before it are skipped.
        start: usize,
        /// Length of the head with its closing empty line.
        len: usize,
    },
    /// Bytes of the body. The caller drops `start + len` bytes.
    Data {
        /// Where the content begins: framing before it is skipped.
        start: usize,
        /// Length of the content, at least 1.
        len: usize,
    },
    /// The body is complete; trailers, if any, are in the caller's [`Head`].
    BodyEnd {
        /// Bytes that are done with.
        consumed: usize,
    },
    /// The connection cannot go on. Every later step says the same.
    Reject(RejectReason),
}

/// The decoder's place in the connection's bytes.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    stage: Stage,
    /// What the current body may still take, `u64::MAX` for no cap.
    allowance: u64,
    /// Known: bytes left of the body. Chunked: bytes left of the current chunk.
    remaining: u64,
    chunks: Chunks,
    scan: Scan,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Head,
    Known,
    Chunked,
    Trailers,
    Failed(RejectReason),
}

/// How far a half-received block of lines has been looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
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
    /// Head: empty lines skipped before it.
    empty_lines: u8,
    /// Head: whether its first byte has been seen.
    begun: bool,
}

impl Decoder {
    /// A decoder at the start of a connection.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes the next step over the bytes that have not been dropped yet.
    pub fn step(&mut self, input: &[u8], head: &mut Head, limits: &Limits) -> Step {
        // Offsets are 32 bits wide.
        let input = input.get(..u32::MAX as usize).unwrap_or(input);
        let step = match self.stage {
            Stage::Head => self.step_head(input, head, limits),
            Stage::Known => self.step_known(input),
            Stage::Chunked => self.step_chunked(input, head, limits),
            Stage::Trailers => self.step_trailers(input, 0, head, limits),
            Stage::Failed(reason) => Err(reason),
        };
        step.unwrap_or_else(|reason| {
            self.stage = Stage::Failed(reason);
            Step::Reject(reason)
        })
    }

    /// Sets the cap of the body whose head has just been returned, before the next step. Without
    /// this call the cap is [`Limits::body_bytes`].
    pub fn limit_body(&mut self, max: Option<u64>) -> Result<(), RejectReason> {
        self.allowance = max.unwrap_or(u64::MAX);
        if self.stage == Stage::Known && self.remaining > self.allowance {
            self.stage = Stage::Failed(RejectReason::ContentTooLarge);
            return Err(RejectReason::ContentTooLarge);
        }
        Ok(())
    }

    /// Whether a body is being received.
    pub fn in_body(&self) -> bool {
        matches!(self.stage, Stage::Known | Stage::Chunked | Stage::Trailers)
    }

    /// Whether no byte of a next head has been seen.
    pub fn is_idle(&self) -> bool {
        self.stage == Stage::Head && !self.scan.begun
    }

    /// Bytes that are still to come of a body of known length.
    pub fn remaining(&self) -> Option<u64> {
        (self.stage == Stage::Known).then_some(self.remaining)
    }

    fn step_head(
        &mut self,
        input: &[u8],
        head: &mut Head,
        limits: &Limits,
    ) -> Result<Step, RejectReason> {
        let start = self.skip_empty_lines(input, limits)?;
        let bytes = input.get(start..).unwrap_or_default();
        let fresh = !self.scan.begun;
        self.scan.begun = !bytes.is_empty();
        // A lone CR may be the half of one more empty line.
        if bytes.is_empty() || bytes == b"\r" {
            return Ok(Step::Incomplete { consumed: start });
        }
        if fresh || self.scan.head_ready(bytes, head, limits) {
            if let Some(parsed) = parse_head(bytes, head, limits)? {
                self.begin_body(head, limits, parsed.fields_bytes);
                return Ok(Step::Head {
                    start,
                    len: parsed.len,
                });
            }
            self.scan.head_ready(bytes, head, limits);
        }
        Ok(Step::Incomplete { consumed: start })
    }

    fn skip_empty_lines(&mut self, input: &[u8], limits: &Limits) -> Result<usize, RejectReason> {
        let mut at = 0;
        loop {
            match start_at(input, at, limits.allow_bare_lf) {
                Start::Empty { next } => {
                    if self.scan.empty_lines >= limits.leading_empty_lines {
                        return Err(RejectReason::TooManyEmptyLines);
                    }
                    self.scan.empty_lines += 1;
                    at = next;
                }
                Start::Stray(reason) => return Err(reason),
                // The first byte of a TLS record that carries a handshake.
                Start::Content if input.get(at) == Some(&0x16) => {
                    return Err(RejectReason::TlsOverHttp);
                }
                Start::Content | Start::Partial => return Ok(at),
            }
        }
    }

    fn begin_body(&mut self, head: &Head, limits: &Limits, fields_bytes: u32) {
        self.scan = Scan::default();
        self.allowance = limits.body_bytes.unwrap_or(u64::MAX);
        match head.body {
            BodyLength::None => {}
            BodyLength::Known(length) => {
                self.stage = Stage::Known;
                self.remaining = length;
            }
            BodyLength::Chunked => {
                self.stage = Stage::Chunked;
                self.chunks = Chunks::default();
                self.remaining = 0;
                self.scan.used_bytes = fields_bytes;
                self.scan.used_fields = u16::try_from(head.fields.len()).unwrap_or(u16::MAX);
            }
        }
    }

    fn step_known(&mut self, input: &[u8]) -> Result<Step, RejectReason> {
        if self.remaining > self.allowance {
            return Err(RejectReason::ContentTooLarge);
        }
        if self.remaining == 0 {
            self.stage = Stage::Head;
            return Ok(Step::BodyEnd { consumed: 0 });
        }
        let len = input
            .len()
            .min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
        if len == 0 {
            return Ok(Step::Incomplete { consumed: 0 });
        }
        self.remaining -= len as u64;
        Ok(Step::Data { start: 0, len })
    }

    fn step_chunked(
        &mut self,
        input: &[u8],
        head: &mut Head,
        limits: &Limits,
    ) -> Result<Step, RejectReason> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if self.remaining > 0 {
                let rest = input.len() - at;
                let len = rest.min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
                self.remaining -= len as u64;
                if self.remaining == 0 {
                    self.chunks.data_ended();
                }
                return Ok(Step::Data { start: at, len });
            }
            let (one, all) = (limits.chunk_extension_bytes, limits.chunk_extensions_bytes);
            let mark = self.chunks.push(byte, one, all)?;
            self.count(1)?;
            at += 1;
            if mark == Mark::SizeLine {
                if self.chunks.size == 0 {
                    self.stage = Stage::Trailers;
                    return self.step_trailers(input, at, head, limits);
                }
                self.count(self.chunks.size)?;
                self.remaining = self.chunks.size;
            }
        }
        Ok(Step::Incomplete { consumed: at })
    }

    /// Counts bytes of a chunked body: a chunk is refused by its size, before its data comes.
    fn count(&mut self, bytes: u64) -> Result<(), RejectReason> {
        if self.allowance != u64::MAX {
            let left = self.allowance.checked_sub(bytes);
            self.allowance = left.ok_or(RejectReason::ContentTooLarge)?;
        }
        Ok(())
    }

    fn step_trailers(
        &mut self,
        input: &[u8],
        start: usize,
        head: &mut Head,
        limits: &Limits,
    ) -> Result<Step, RejectReason> {
        let bytes = input.get(start..).unwrap_or_default();
        let fresh = !self.scan.begun;
        self.scan.begun = true;
        if fresh || self.scan.fields_ready(bytes, limits) {
            if let Some(len) = parse_trailers(bytes, head, limits, &self.scan)? {
                self.stage = Stage::Head;
                self.scan = Scan::default();
                return Ok(Step::BodyEnd {
                    consumed: start + len,
                });
            }
            self.scan.fields_ready(bytes, limits);
        }
        Ok(Step::Incomplete { consumed: start })
    }
}

impl Scan {
    /// Looks at lines that were not complete before; true when the parse has something to decide.
    fn head_ready(&mut self, bytes: &[u8], head: &mut Head, limits: &Limits) -> bool {
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

    fn fields_ready(&mut self, bytes: &[u8], limits: &Limits) -> bool {
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
    if scan.fields.saturating_add(scan.used_fields) >= limits.header_count {
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
struct Parsed {
    len: usize,
    fields_bytes: u32,
}

/// Parses the head at the start of `bytes`; `None` when it is not complete and nothing in it is
/// wrong so far.
fn parse_head(
    bytes: &[u8],
    head: &mut Head,
    limits: &Limits,
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
            Line::TooLong => return Err(RejectReason::RequestLineTooLong),
            Line::Stray(reason) => return Err(reason),
        },
    };
    let mut noted = Noted::default();
    let mut at = fields_at;
    // The fast path takes whatever is well formed; the limits are checked once, behind it. The
    // empty line is looked for first: finding its fault would search everything behind the head.
    while bytes.get(at).is_some_and(|&byte| byte > b' ')
        && let Ok((field, next)) = field_line(bytes, at, limits.allow_bare_lf)
        && head.fields.len() <= usize::from(limits.header_count)
    {
        if field.id.wrapping_sub(1) < LAST_FRAMING_ID {
            noted.note(&field);
        }
        head.fields.push(field);
        at = next;
    }
    let within = head.fields.len() <= usize::from(limits.header_count)
        && at - fields_at <= limits.header_bytes as usize;
    let len = match start_at(bytes, at, limits.allow_bare_lf) {
        Start::Empty { next } if within => next,
        _ => return judge_fields(bytes, fields_at, limits),
    };
    framing::apply(bytes, head, &noted)?;
    let fields_bytes = Span::between(fields_at, at).len;
    Ok(Some(Parsed { len, fields_bytes }))
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
fn parse_trailers(
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
/// handling of content make no sense after it, and have been used to smuggle.
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
