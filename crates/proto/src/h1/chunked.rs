//! Chunk framing (RFC 9112 section 7.1), one byte at a time.
//!
//! The decoder feeds it the bytes between the data of two chunks. Because it keeps its place in the
//! grammar, nothing of a chunk's head has to be buffered, and where reads cut it makes no
//! difference.
//!
//! ```text
//!            ┌────────────────────────── data ended ──────────────┐
//!            v                                                    │
//!   Size ─ hex ─> Size ─ CR ─> SizeLf ─ LF ─┬─ size > 0 ─> DATA ─ CR ─ LF
//!            │                    ^          └─ size = 0 ─> LAST (trailers follow)
//!            └─ BWS ";" ─> Ext… ──┘
//! ```
//!
//! Strict: extensions follow their grammar and are then ignored, their bytes are bounded, line ends
//! are CRLF always (CVE-2025-55315 is what happens otherwise).

use crate::RejectReason;
use crate::chars::{self, TOKEN, VALUE};

/// The place in the grammar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before the first digit of a size.
    #[default]
    Size,
    /// After a digit.
    SizeMore,
    /// Whitespace seen, a semicolon due.
    Semicolon,
    /// After a semicolon, a name due.
    Name,
    /// In an extension's name.
    NameMore,
    /// Whitespace after a name.
    NameEnd,
    /// After `=`, a value due.
    Value,
    /// In a token value.
    ValueMore,
    /// In a quoted value.
    Quoted,
    /// After a backslash in a quoted value.
    QuotedPair,
    /// After the closing quote.
    QuotedEnd,
    /// After CR of the size line.
    SizeLf,
    /// After a chunk's data, CR due.
    DataCr,
    /// After that CR, LF due.
    DataLf,
}

/// What a byte of framing led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// More framing is due.
    More,
    /// The line of a size is complete.
    SizeLine,
}

/// The framing state of one chunked body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunks {
    /// Size of the current chunk, complete at [`Mark::SizeLine`].
    pub(crate) size: u64,
    /// Extension bytes of the current chunk.
    extension: u16,
    /// Extension bytes of all chunks before it.
    extensions: u32,
    /// Digits of the current size.
    digits: u8,
    place: Place,
}

impl Chunks {
    /// The data of a chunk has been taken whole; its CRLF is due.
    pub(crate) fn data_ended(&mut self) {
        self.place = Place::DataCr;
    }

    /// Takes one byte of framing.
    pub(crate) fn push(
        &mut self,
        byte: u8,
        extension_max: u32,
        extensions_max: u32,
    ) -> Result<Mark, RejectReason> {
        self.place = match self.place {
            Place::Size | Place::SizeMore => self.size_byte(byte)?,
            Place::SizeLf if byte == b'\n' => {
                self.extensions = self.extensions.saturating_add(u32::from(self.extension));
                (self.extension, self.digits, self.place) = (0, 0, Place::Size);
                return Ok(Mark::SizeLine);
            }
            Place::SizeLf => return Err(RejectReason::InvalidChunkLineEnd),
            Place::DataCr if byte == b'\r' => Place::DataLf,
            Place::DataLf if byte == b'\n' => {
                self.size = 0;
                Place::Size
            }
            Place::DataCr | Place::DataLf => return Err(RejectReason::InvalidChunkEnd),
            inside => {
                let next = extension_byte(inside, byte)?;
                self.count_extension(next, extension_max, extensions_max)?;
                next
            }
        };
        if matches!(self.place, Place::Semicolon | Place::Name) && self.extension == 0 {
            self.count_extension(self.place, extension_max, extensions_max)?;
        }
        Ok(Mark::More)
    }

    fn size_byte(&mut self, byte: u8) -> Result<Place, RejectReason> {
        if let Some(digit) = chars::hex(byte) {
            // Sixteen digits are 64 bits: one more is refused even when it is a leading zero.
            if self.digits == 16 {
                return Err(RejectReason::InvalidChunkSize);
            }
            self.digits += 1;
            self.size = self.size << 4 | u64::from(digit);
            return Ok(Place::SizeMore);
        }
        match byte {
            _ if self.place == Place::Size => Err(RejectReason::InvalidChunkSize),
            b'\r' => Ok(Place::SizeLf),
            b'\n' => Err(RejectReason::InvalidChunkLineEnd),
            b';' => Ok(Place::Name),
            b' ' | b'\t' => Ok(Place::Semicolon),
            _ => Err(RejectReason::InvalidChunkSize),
        }
    }

    fn count_extension(
        &mut self,
        next: Place,
        extension_max: u32,
        extensions_max: u32,
    ) -> Result<(), RejectReason> {
        if next == Place::SizeLf {
            return Ok(());
        }
        self.extension = self.extension.saturating_add(1);
        let one = u32::from(self.extension);
        let all = self.extensions.saturating_add(one);
        match one > extension_max.min(u32::from(u16::MAX) - 1) || all > extensions_max {
            true => Err(RejectReason::ChunkExtensionTooLong),
            false => Ok(()),
        }
    }
}

/// `*( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )`
fn extension_byte(place: Place, byte: u8) -> Result<Place, RejectReason> {
    let blank = byte == b' ' || byte == b'\t';
    let token = chars::is(byte, TOKEN);
    let value = chars::is(byte, VALUE);
    match (place, byte) {
        (Place::Quoted, b'"') => Ok(Place::QuotedEnd),
        (Place::Quoted, b'\\') => Ok(Place::QuotedPair),
        (Place::Quoted | Place::QuotedPair, _) if value => Ok(Place::Quoted),
        (Place::Semicolon | Place::NameEnd, _) if blank => Ok(place),
        (Place::Name | Place::Value, _) if blank => Ok(place),
        (Place::NameMore, _) if blank => Ok(Place::NameEnd),
        (Place::ValueMore | Place::QuotedEnd, _) if blank => Ok(Place::Semicolon),
        (Place::Name | Place::NameMore, _) if token => Ok(Place::NameMore),
        (Place::Value | Place::ValueMore, _) if token => Ok(Place::ValueMore),
        (Place::Value, b'"') => Ok(Place::Quoted),
        (Place::NameMore | Place::NameEnd, b'=') => Ok(Place::Value),
        (Place::Name | Place::Value, _) => Err(fault(byte)),
        (Place::Quoted | Place::QuotedPair, _) => Err(fault(byte)),
        (_, b';') => Ok(Place::Name),
        (Place::NameMore | Place::ValueMore | Place::QuotedEnd, b'\r') => Ok(Place::SizeLf),
        _ => Err(fault(byte)),
    }
}

fn fault(byte: u8) -> RejectReason {
    match byte {
        b'\n' => RejectReason::InvalidChunkLineEnd,
        _ => RejectReason::InvalidChunkExtension,
    }
}
