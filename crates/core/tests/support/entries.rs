//! Reads the entries that an isolate gets, as plain values that a test can compare.
//!
//! Written against the layout, not against its writer: it trusts no offset and fails the test on
//! whatever does not fit.

use lanner_bridge::{Batch, SlotId};
use lanner_core::dispatch::layout;

/// One entry of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Request(Box<Request>),
    Body {
        slot: SlotId,
        bytes: Vec<u8>,
        last: bool,
        held: usize,
    },
    BodyEnd {
        slot: SlotId,
        trailers: Vec<(String, String)>,
    },
    Cancel {
        slot: SlotId,
        reason: u32,
    },
    Credit {
        slot: SlotId,
        bytes: u32,
    },
    Fault {
        slot: SlotId,
        route: Option<u32>,
        part: u32,
        code: String,
        name: String,
    },
}

impl Entry {
    pub(crate) fn slot(&self) -> SlotId {
        match self {
            Entry::Request(request) => request.slot,
            Entry::Body { slot, .. }
            | Entry::BodyEnd { slot, .. }
            | Entry::Cancel { slot, .. }
            | Entry::Credit { slot, .. }
            | Entry::Fault { slot, .. } => *slot,
        }
    }
}

/// A request entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) slot: SlotId,
    /// None: no route, the fallback handler is asked.
    pub(crate) route: Option<u32>,
    pub(crate) method: String,
    pub(crate) version: u32,
    pub(crate) flags: u32,
    pub(crate) target: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) params: Vec<Option<String>>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) field_ids: Vec<u8>,
    pub(crate) body: Vec<u8>,
    /// None: chunked.
    pub(crate) length: Option<u64>,
    pub(crate) connection: u32,
    pub(crate) remote: [u32; 5],
    pub(crate) local: [u32; 5],
    /// The proxy's end.
    pub(crate) proxy: Option<[u32; 5]>,
}

impl Request {
    pub(crate) fn has_body(&self) -> bool {
        self.flags & layout::REQUEST_HAS_BODY != 0
    }

    pub(crate) fn is_complete(&self) -> bool {
        !self.has_body() || self.flags & layout::REQUEST_BODY_COMPLETE != 0
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self
            .fields
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads a whole batch; chunks that travel beside it are moved to `spent`, as an isolate does.
pub(crate) fn read(batch: &mut Batch) -> Vec<Entry> {
    let bytes = std::mem::take(&mut batch.bytes);
    let (mut entries, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let size = Words(&bytes[at..]).at(0) as usize;
        assert!(
            size >= layout::PREFIX_BYTES && size.is_multiple_of(4),
            "entry size {size}"
        );
        entries.push(entry(&bytes[at..at + size], batch));
        at += size;
    }
    assert_eq!(
        entries.len(),
        batch.count as usize,
        "the count of a batch is that of its entries"
    );
    batch.spent.append(&mut batch.large);
    batch.bytes = bytes;
    entries
}

struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn at(&self, index: usize) -> u32 {
        let word = self.0[index * 4..index * 4 + 4]
            .try_into()
            .expect("four bytes");
        u32::from_le_bytes(word)
    }
}

fn entry(bytes: &[u8], batch: &Batch) -> Entry {
    let words = Words(bytes);
    let slot = SlotId {
        index: words.at(2),
        generation: words.at(3),
    };
    match words.at(1) {
        layout::entry::REQUEST => Entry::Request(Box::new(request(bytes, slot))),
        layout::entry::BODY => {
            let from = layout::BODY_WORDS * 4;
            let len = words.at(4) as usize;
            assert!(len > 0, "no empty pieces");
            Entry::Body {
                slot,
                bytes: bytes[from..from + len].to_vec(),
                last: words.at(5) & layout::BODY_LAST != 0,
                held: len,
            }
        }
        layout::entry::BODY_LARGE => {
            let chunk = &batch.large[words.at(6) as usize];
            assert_eq!(chunk.as_slice().len(), words.at(4) as usize);
            Entry::Body {
                slot,
                bytes: chunk.as_slice().to_vec(),
                last: words.at(5) & layout::BODY_LAST != 0,
                held: chunk.capacity(),
            }
        }
        layout::entry::BODY_END => {
            let base = words.at(5) as usize;
            let trailers = (0..words.at(4) as usize)
                .map(|index| {
                    let at = layout::END_WORDS + index * 2;
                    (
                        text(span(bytes, base, words.at(at))),
                        text(span(bytes, base, words.at(at + 1))),
                    )
                })
                .collect();
            Entry::BodyEnd { slot, trailers }
        }
        layout::entry::CANCEL => Entry::Cancel {
            slot,
            reason: words.at(4),
        },
        layout::entry::CREDIT => Entry::Credit {
            slot,
            bytes: words.at(4),
        },
        layout::entry::FAULT => {
            let code_at = layout::FAULT_WORDS * 4;
            let name_at = code_at + words.at(6) as usize;
            Entry::Fault {
                slot,
                route: (words.at(4) != layout::ABSENT).then_some(words.at(4)),
                part: words.at(5),
                code: text(&bytes[code_at..name_at]),
                name: text(&bytes[name_at..name_at + words.at(7) as usize]),
            }
        }
        kind => panic!("unknown entry kind {kind}"),
    }
}

fn request(bytes: &[u8], slot: SlotId) -> Request {
    let words = Words(bytes);
    let base = words.at(6) as usize;
    let optional = |word: u32| (word != layout::ABSENT).then(|| text(span(bytes, base, word)));
    let shape = words.at(5);
    let (field_count, param_count) = (words.at(10) & 0xffff, words.at(10) >> 16);
    let params_at = layout::REQUEST_WORDS;
    let ids_at = (params_at + param_count as usize) * 4;
    let fields_at = (ids_at + field_count as usize).div_ceil(4);
    let target = words.at(7);
    let method = match shape & 0xff {
        0 => text(&bytes[base..base + (target & 0xffff) as usize - 1]),
        id => METHODS[id as usize].to_owned(),
    };
    let body_at = words.at(11) as usize;
    let fields = (0..field_count as usize).map(|index| {
        let at = fields_at + index * 2;
        (
            text(span(bytes, base, words.at(at))),
            text(span(bytes, base, words.at(at + 1))),
        )
    });
    let remote = std::array::from_fn(|index| words.at(16 + index));
    let local = std::array::from_fn(|index| words.at(21 + index));
    let is_proxied = (words.at(5) >> 16) & layout::REQUEST_PROXIED != 0;
    let body_word = words.at(11) as usize / 4;
    let proxy = is_proxied.then(|| std::array::from_fn(|index| words.at(body_word - 5 + index)));
    Request {
        slot,
        route: (words.at(4) != layout::ABSENT).then_some(words.at(4)),
        method,
        version: shape >> 8 & 0xff,
        flags: shape >> 16,
        target: text(span(bytes, base, target)),
        path: text(span(bytes, base, words.at(8))),
        query: optional(words.at(9)),
        params: (0..param_count as usize)
            .map(|n| optional(words.at(params_at + n)))
            .collect(),
        fields: fields.collect(),
        field_ids: bytes[ids_at..ids_at + field_count as usize].to_vec(),
        body: bytes[body_at..body_at + words.at(12) as usize].to_vec(),
        length: match (words.at(13), words.at(14)) {
            (_, u32::MAX) => None,
            (low, high) => Some(u64::from(low) | u64::from(high) << 32),
        },
        connection: words.at(15),
        remote,
        local,
        proxy,
    }
}

const METHODS: [&str; 10] = [
    "", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

fn span(bytes: &[u8], base: usize, word: u32) -> &[u8] {
    let from = base + (word & 0xffff) as usize;
    &bytes[from..from + (word >> 16) as usize]
}

/// Latin-1, as the isolate reads it; paths are UTF-8.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}
