//! Reads the records that an isolate hands over: replies, stream pieces, credits.
//!
//! Called by the I/O thread for each batch that comes down. Promises never to panic and never to
//! read outside the batch, whatever the bytes are: a malformed batch ends the iteration with an
//! error that is counted. What a record does to its exchange is decided in `conn`.

use lanner_bridge::SlotId;
use lanner_proto::h1::FieldIter;

use super::entry::padded;
use super::layout;
use crate::config::Rate;
use crate::rules::{Priority, Rules};

/// One record of a batch.
#[derive(Debug)]
pub struct Record<'a> {
    /// The exchange that is meant.
    pub slot: SlotId,
    /// What it says.
    pub action: Action<'a>,
}

/// What a record says.
#[derive(Debug)]
pub enum Action<'a> {
    /// The reply's head.
    Reply(Reply<'a>),
    /// A piece of the reply stream.
    Write(&'a [u8]),
    /// A piece of the reply stream that was attached, with its length.
    WriteLarge(usize),
    /// The end of the reply stream.
    End(FieldIter<'a>),
    /// Cut the connection.
    Abort,
    /// An informational response.
    Inform {
        /// Status code, 102 or 103.
        status: u16,
        /// Its fields.
        fields: FieldIter<'a>,
    },
    /// Bytes of the request body that were consumed.
    Read(u32),
    /// What the request is held to from now on. Rare and large, so it lies elsewhere.
    Rules(Box<Rules>),
}

/// A reply's head and, where it is complete, its body.
#[derive(Debug)]
pub struct Reply<'a> {
    /// Status code.
    pub status: u16,
    /// `REPLY_*` flags.
    pub flags: u32,
    /// Number of a common content type, 0 for none.
    pub content_type: u8,
    /// Number of the fields that were made known before, 0 for none.
    pub field_set: u32,
    /// The other fields.
    pub fields: FieldIter<'a>,
    /// The inline body.
    pub body: &'a [u8],
    /// Length of the body (inline, attached, or of the stream where it is known).
    pub length: u64,
}

/// Iterates over the records of a batch.
#[derive(Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

/// A batch that does not follow the layout: a bug of this project, never the peer's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedBatch;

impl<'a> Records<'a> {
    /// Reads the records of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next record, or an error after which nothing more can be read.
    pub fn next_record(&mut self) -> Result<Option<Record<'a>>, MalformedBatch> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let size = word(self.rest, 0)? as usize;
        if size < layout::PREFIX_BYTES || !size.is_multiple_of(4) {
            return Err(MalformedBatch);
        }
        let (record, rest) = self.rest.split_at_checked(size).ok_or(MalformedBatch)?;
        self.rest = rest;
        let index = word(record, 2)? & layout::SLOT_INDEX_MASK;
        let slot = SlotId {
            index,
            generation: word(record, 3)?,
        };
        let action = match word(record, 1)? {
            layout::record::REPLY => Action::Reply(reply(record)?),
            layout::record::WRITE => Action::Write(part(
                record,
                layout::WRITE_WORDS * 4,
                word(record, 4)? as usize,
            )?),
            layout::record::WRITE_LARGE => Action::WriteLarge(word(record, 4)? as usize),
            layout::record::END => {
                let (fields, _) = fields(
                    record,
                    word(record, 4)?,
                    word(record, 5)?,
                    layout::END_WORDS,
                )?;
                Action::End(fields)
            }
            layout::record::ABORT => Action::Abort,
            layout::record::INFORM => {
                let (fields, _) = fields(
                    record,
                    word(record, 6)?,
                    word(record, 7)?,
                    layout::REPLY_WORDS,
                )?;
                Action::Inform {
                    status: word(record, 4)? as u16,
                    fields,
                }
            }
            layout::record::READ => Action::Read(word(record, 4)?),
            layout::record::RULES => Action::Rules(rules(record)?),
            _ => return Err(MalformedBatch),
        };
        Ok(Some(Record { slot, action }))
    }
}

fn reply(record: &[u8]) -> Result<Reply<'_>, MalformedBatch> {
    let head = word(record, 4)?;
    let flags = head >> 16;
    let kinds = word(record, 5)?;
    let (fields, body_at) = fields(
        record,
        word(record, 6)?,
        word(record, 7)?,
        layout::REPLY_WORDS,
    )?;
    let body_len = word(record, 8)? as usize;
    let inline = flags & (layout::REPLY_LARGE | layout::REPLY_STREAM) == 0;
    let body = if inline {
        part(record, body_at, body_len)?
    } else {
        &[]
    };
    let length = if flags & layout::REPLY_LENGTH != 0 {
        u64::from(word(record, 9)?) | u64::from(word(record, 10)?) << 32
    } else {
        body_len as u64
    };
    Ok(Reply {
        status: head as u16,
        flags,
        content_type: kinds as u8,
        field_set: kinds >> layout::CONTENT_TYPE_BITS,
        fields,
        body,
        length,
    })
}

#[cold]
fn rules(record: &[u8]) -> Result<Box<Rules>, MalformedBatch> {
    let long = |at| -> Result<Option<u64>, MalformedBatch> {
        let (low, high) = (word(record, at)?, word(record, at + 1)?);
        let value = u64::from(low) | u64::from(high) << 32;
        Ok((high != layout::ABSENT).then_some(value))
    };
    let rate = |at| -> Result<Rate, MalformedBatch> {
        Ok(Rate {
            bytes_per_second: word(record, at)?,
            grace_ms: word(record, at + 1)?.into(),
        })
    };
    Ok(Box::new(Rules {
        body_bytes: long(4)?,
        drain_bytes: long(6)?.unwrap_or(u64::MAX),
        drain_ms: word(record, 8)?.into(),
        request_ms: word(record, 9)?.into(),
        request: rate(10)?,
        response: rate(12)?,
        // The request was admitted already.
        priority: Priority::Normal,
    }))
}

/// The fields that begin at word `at`, and the byte offset behind them.
fn fields(
    record: &[u8],
    count: u32,
    bytes: u32,
    at: usize,
) -> Result<(FieldIter<'_>, usize), MalformedBatch> {
    if count == 0 {
        return Ok((FieldIter::EMPTY, at * 4));
    }
    let lengths = part(record, at * 4, count as usize * 4)?;
    let names = part(record, at * 4 + lengths.len(), bytes as usize)?;
    Ok((
        FieldIter::packed(lengths, names),
        padded(at * 4 + lengths.len() + names.len()),
    ))
}

fn word(bytes: &[u8], index: usize) -> Result<u32, MalformedBatch> {
    let word = bytes
        .get(index * 4..index * 4 + 4)
        .and_then(|b| b.first_chunk::<4>());
    word.map(|b| u32::from_le_bytes(*b)).ok_or(MalformedBatch)
}

fn part(bytes: &[u8], at: usize, len: usize) -> Result<&[u8], MalformedBatch> {
    at.checked_add(len)
        .and_then(|end| bytes.get(at..end))
        .ok_or(MalformedBatch)
}
