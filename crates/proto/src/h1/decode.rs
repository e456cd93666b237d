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
//! however the input is cut (but for how body bytes are grouped), and dribbled bytes are never
//! scanned again and again.
//!
//! Deliberately not here: when to give up waiting, whether the connection stays open, replies.

use super::chunked::{Chunks, Mark};
use super::lines::{Start, start_at};
use super::memo::Hint;
use super::section::{Scan, parse_head, parse_trailers};
use crate::{BodyLength, Head, Limits, RejectReason};

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
    /// What the current body may have in all, `u64::MAX` for no cap.
    cap: u64,
    /// Bytes of the current body so far, with the framing of its chunks.
    counted: u64,
    /// Known: bytes left of the body. Chunked: bytes left of the current chunk.
    remaining: u64,
    chunks: Chunks,
    /// The place in a half-received section.
    scan: Scan,
    /// Where the fields of the last head are remembered.
    hint: Hint,
    /// Whether the current section's first byte has been seen.
    begun: bool,
    /// Empty lines skipped before the current head.
    empty_lines: u8,
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

    /// Sets the cap of the body whose head has been returned; what has come of it counts. Without
    /// this call the cap is [`Limits::body_bytes`].
    pub fn limit_body(&mut self, max: Option<u64>) -> Result<(), RejectReason> {
        self.cap = max.unwrap_or(u64::MAX);
        let is_over = match self.stage {
            Stage::Known => self.counted.saturating_add(self.remaining) > self.cap,
            Stage::Chunked => self.counted > self.cap,
            Stage::Head | Stage::Trailers | Stage::Failed(_) => false,
        };
        if is_over {
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
        self.stage == Stage::Head && !self.begun
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
        let fresh = !self.begun;
        self.begun = !bytes.is_empty();
        // A lone CR may be the half of one more empty line.
        if bytes.is_empty() || bytes == b"\r" {
            return Ok(Step::Incomplete { consumed: start });
        }
        if fresh || self.scan.head_ready(bytes, head, limits) {
            if let Some(parsed) = parse_head(bytes, head, limits, &mut self.hint)? {
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
                    if self.empty_lines >= limits.leading_empty_lines {
                        return Err(RejectReason::TooManyEmptyLines);
                    }
                    self.empty_lines += 1;
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
        self.begun = false;
        self.empty_lines = 0;
        self.cap = limits.body_bytes.unwrap_or(u64::MAX);
        self.counted = 0;
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
                self.scan = Scan::trailers(head, fields_bytes);
            }
        }
    }

    fn step_known(&mut self, input: &[u8]) -> Result<Step, RejectReason> {
        if self.counted.saturating_add(self.remaining) > self.cap {
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
        self.counted = self.counted.saturating_add(len as u64);
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
        self.counted = self.counted.saturating_add(bytes);
        match self.counted > self.cap {
            true => Err(RejectReason::ContentTooLarge),
            false => Ok(()),
        }
    }

    fn step_trailers(
        &mut self,
        input: &[u8],
        start: usize,
        head: &mut Head,
        limits: &Limits,
    ) -> Result<Step, RejectReason> {
        let bytes = input.get(start..).unwrap_or_default();
        let fresh = !self.begun;
        self.begun = true;
        if fresh || self.scan.fields_ready(bytes, limits) {
            if let Some(len) = parse_trailers(bytes, head, limits, &self.scan)? {
                self.stage = Stage::Head;
                self.scan = Scan::default();
                self.begun = false;
                return Ok(Step::BodyEnd {
                    consumed: start + len,
                });
            }
            self.scan.fields_ready(bytes, limits);
        }
        Ok(Step::Incomplete { consumed: start })
    }
}
