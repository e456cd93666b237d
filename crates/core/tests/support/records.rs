//! Writes the records of an isolate: what its handlers reply.
//!
//! Small and literal: no convenience that would hide what is on the way. A batch can be made wrong
//! on purpose, word by word.

use lanner_bridge::{Batch, Chunk, Home, SlotId};
use lanner_core::Rules;
use lanner_core::dispatch::layout::{self, record};

/// A reply in the making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) flags: u32,
    pub(crate) content_type: u32,
    pub(crate) fields: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
    /// Length of a stream, with `REPLY_LENGTH`.
    pub(crate) length: u64,
}

/// A reply of plain text.
pub(crate) fn text(body: &str) -> Reply<'_> {
    Reply {
        status: 200,
        flags: 0,
        content_type: 1,
        fields: &[],
        body: body.as_bytes(),
        length: 0,
    }
}

/// A reply without a body.
pub(crate) fn status(status: u16) -> Reply<'static> {
    Reply {
        status,
        flags: layout::REPLY_NO_BODY,
        content_type: 0,
        ..text("")
    }
}

/// A reply whose body follows in pieces.
pub(crate) fn stream() -> Reply<'static> {
    Reply {
        flags: layout::REPLY_STREAM,
        content_type: 0,
        ..text("")
    }
}

/// A reply of this many bytes in pieces.
pub(crate) fn counted(length: u64) -> Reply<'static> {
    Reply {
        flags: layout::REPLY_STREAM | layout::REPLY_LENGTH,
        length,
        ..stream()
    }
}

/// The records of one batch.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) batch: Box<Batch>,
}

impl Records {
    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.batch.spent.is_empty()
    }

    pub(crate) fn reply(&mut self, slot: SlotId, reply: Reply<'_>) -> &mut Self {
        self.head(record::REPLY, slot, reply)
    }

    /// A reply whose body travels beside the batch.
    pub(crate) fn reply_large(&mut self, slot: SlotId, reply: Reply<'_>) -> &mut Self {
        self.batch
            .large
            .push(Chunk::copy_of(Home::Isolate, reply.body));
        let flags = reply.flags | layout::REPLY_LARGE;
        self.head(record::REPLY, slot, Reply { flags, ..reply })
    }

    pub(crate) fn inform(
        &mut self,
        slot: SlotId,
        status: u16,
        fields: &[(&str, &str)],
    ) -> &mut Self {
        self.head(
            record::INFORM,
            slot,
            Reply {
                status,
                fields,
                content_type: 0,
                ..text("")
            },
        )
    }

    pub(crate) fn write(&mut self, slot: SlotId, bytes: &[u8]) -> &mut Self {
        self.add(record::WRITE, slot, |out| {
            word(out, bytes.len() as u32);
            out.extend_from_slice(bytes);
        })
    }

    /// A piece that travels beside the batch.
    pub(crate) fn write_large(&mut self, slot: SlotId, bytes: &[u8]) -> &mut Self {
        self.batch.large.push(Chunk::copy_of(Home::Isolate, bytes));
        self.add(record::WRITE_LARGE, slot, |out| {
            word(out, bytes.len() as u32)
        })
    }

    pub(crate) fn end(&mut self, slot: SlotId) -> &mut Self {
        self.end_with(slot, &[])
    }

    pub(crate) fn end_with(&mut self, slot: SlotId, trailers: &[(&str, &str)]) -> &mut Self {
        self.add(record::END, slot, |out| {
            word(out, trailers.len() as u32);
            word(out, field_bytes(trailers));
            fields(out, trailers);
        })
    }

    pub(crate) fn abort(&mut self, slot: SlotId) -> &mut Self {
        self.add(record::ABORT, slot, |_| {})
    }

    pub(crate) fn read(&mut self, slot: SlotId, bytes: u32) -> &mut Self {
        self.add(record::READ, slot, |out| word(out, bytes))
    }

    /// What the request is held to from now on.
    pub(crate) fn rules(&mut self, slot: SlotId, rules: &Rules) -> &mut Self {
        self.add(record::RULES, slot, |out| {
            let cap = rules.body_bytes.unwrap_or(u64::MAX);
            for long in [cap, rules.drain_bytes] {
                word(out, long as u32);
                word(out, (long >> 32) as u32);
            }
            word(out, rules.drain_ms as u32);
            word(out, rules.request_ms as u32);
            for rate in [rules.request, rules.response] {
                word(out, rate.bytes_per_second);
                word(out, rate.grace_ms as u32);
            }
        })
    }

    /// Appends words as they are.
    pub(crate) fn raw(&mut self, words: &[u32]) -> &mut Self {
        words
            .iter()
            .for_each(|&value| word(&mut self.batch.bytes, value));
        self.batch.count += 1;
        self
    }

    fn head(&mut self, kind: u32, slot: SlotId, reply: Reply<'_>) -> &mut Self {
        self.add(kind, slot, |out| {
            word(out, u32::from(reply.status) | reply.flags << 16);
            word(out, reply.content_type);
            word(out, reply.fields.len() as u32);
            word(out, field_bytes(reply.fields));
            word(out, reply.body.len() as u32);
            word(out, reply.length as u32);
            word(out, (reply.length >> 32) as u32);
            fields(out, reply.fields);
            let inline = reply.flags & (layout::REPLY_LARGE | layout::REPLY_STREAM) == 0;
            out.extend_from_slice(if inline { reply.body } else { &[] });
        })
    }

    fn add(&mut self, kind: u32, slot: SlotId, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let out = &mut self.batch.bytes;
        let start = out.len();
        [0, kind, slot.index, slot.generation]
            .into_iter()
            .for_each(|value| word(out, value));
        write(out);
        out.resize(start + (out.len() - start).next_multiple_of(4), 0);
        let size = (out.len() - start) as u32;
        out[start..start + 4].copy_from_slice(&size.to_le_bytes());
        self.batch.count += 1;
        self
    }
}

fn field_bytes(fields: &[(&str, &str)]) -> u32 {
    fields
        .iter()
        .map(|(name, value)| name.chars().count() + value.chars().count())
        .sum::<usize>() as u32
}

/// Lengths, then names and values in Latin-1, then padding.
fn fields(out: &mut Vec<u8>, fields: &[(&str, &str)]) {
    for (name, value) in fields {
        word(
            out,
            name.chars().count() as u32 | (value.chars().count() as u32) << 16,
        );
    }
    for text in fields.iter().flat_map(|(name, value)| [name, value]) {
        out.extend(
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).expect("Latin-1")),
        );
    }
    if !fields.is_empty() {
        out.resize(out.len().next_multiple_of(4), 0);
    }
}

fn word(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}
