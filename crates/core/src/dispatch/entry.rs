//! Writes the entries that an isolate takes: requests, body pieces, cancels, credits and faults.
//!
//! Called by the I/O thread with the open batch of an isolate. Promises entries that are aligned,
//! complete and never longer than `BATCH_BYTES_MAX` together (the caller checks `request_size`
//! first). Which isolate gets the entry is decided elsewhere.

use std::net::{IpAddr, SocketAddr};

use lanner_bridge::SlotId;
use lanner_proto::BodyLength;
use lanner_proto::Span;
use lanner_proto::{Head, Version};

use super::layout;

/// What a request entry says beside the head.
#[derive(Debug)]
pub struct RequestEntry<'a> {
    /// The slot of the exchange.
    pub slot: SlotId,
    /// The matched route, or `ABSENT` where the fallback handler answers.
    pub route: u32,
    /// The parsed head.
    pub head: &'a Head,
    /// The bytes that the head's spans point into.
    pub head_bytes: &'a [u8],
    /// Parameter spans in pattern order, relative to the path.
    pub params: &'a [Option<Span>],
    /// The body, when all of it is here.
    pub body: Option<&'a [u8]>,
    /// Number of the connection, unique in the process.
    pub connection: u32,
    /// Peer address; none for a Unix socket.
    pub remote: Option<SocketAddr>,
    /// Local address; none for a Unix socket.
    pub local: Option<SocketAddr>,
    /// The other end of the transport connection, where that is a proxy; none within for a Unix
    /// socket.
    pub proxy: Option<Option<SocketAddr>>,
}

impl RequestEntry<'_> {
    /// Bytes that `write` will append, at most.
    pub fn size(&self) -> usize {
        let fields = self.head.fields.len();
        layout::REQUEST_WORDS * 4
            + self.params.len() * 4
            + padded(fields)
            + fields * 8
            + self.head_bytes.len()
            + self.head.decoded.len()
            + self.body.map_or(0, <[u8]>::len)
            + self.proxy.map_or(0, |_| layout::ADDRESS_WORDS * 4)
            + 8
    }

    /// Appends the entry to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let head = self.head;
        let fields_at =
            layout::REQUEST_WORDS * 4 + self.params.len() * 4 + padded(head.fields.len());
        let bytes_off = fields_at + head.fields.len() * 8;
        let decoded_off = self.head_bytes.len() as u32;
        let path_base = if head.rewritten { decoded_off } else { 0 };
        let path = Span {
            start: head.path.start + path_base,
            len: head.path.len,
        };
        let body_off = self.body_off(bytes_off);
        let body = self.body.unwrap_or_default();
        let size = padded(body_off + body.len());
        out.reserve(size);
        let (length_lo, length_hi) = length_words(head.body);
        let mut words = [0u32; layout::REQUEST_WORDS];
        words[0] = size as u32;
        words[1] = layout::entry::REQUEST;
        words[2] = self.slot.index;
        words[3] = self.slot.generation;
        words[4] = self.route;
        words[5] = self.shape_word();
        words[6] = bytes_off as u32;
        words[7] = pack(head.target);
        words[8] = pack(path);
        words[9] = head.query.map_or(layout::ABSENT, pack);
        words[10] = head.fields.len() as u32 | (self.params.len() as u32) << 16;
        words[11] = body_off as u32;
        words[12] = body.len() as u32;
        words[13] = length_lo;
        words[14] = length_hi;
        words[15] = self.connection;
        address_words(self.remote, &mut words[16..21]);
        address_words(self.local, &mut words[21..26]);
        for word in words {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for param in self.params {
            let word = param.map_or(layout::ABSENT, |p| {
                pack(Span {
                    start: p.start + path.start,
                    len: p.len,
                })
            });
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend(head.fields.iter().map(|field| field.id));
        out.resize(start + fields_at, 0);
        for field in &head.fields {
            out.extend_from_slice(&pack(field.name).to_le_bytes());
            out.extend_from_slice(&pack(field.value).to_le_bytes());
        }
        out.extend_from_slice(self.head_bytes);
        if head.rewritten {
            out.extend_from_slice(&head.decoded);
        }
        if let Some(peer) = self.proxy {
            out.resize(start + body_off - layout::ADDRESS_WORDS * 4, 0);
            write_address(out, peer);
        }
        out.extend_from_slice(body);
        out.resize(start + size, 0);
    }

    /// Where the body begins, behind the head's bytes and what was made of them.
    fn body_off(&self, bytes_off: usize) -> usize {
        let head = self.head;
        let decoded = if head.rewritten {
            head.decoded.len()
        } else {
            0
        };
        let end = bytes_off + self.head_bytes.len() + decoded;
        // Where it is kept with the head, and costs nobody anything who has no proxy.
        match self.proxy {
            Some(_) => padded(end) + layout::ADDRESS_WORDS * 4,
            None => end,
        }
    }

    fn shape_word(&self) -> u32 {
        let head = self.head;
        let version = match head.version {
            Version::Http10 => 10,
            Version::Http11 => 11,
        };
        let mut flags = 0;
        if self.proxy.is_some() {
            flags |= layout::REQUEST_PROXIED;
        }
        if head.body != BodyLength::None {
            flags |= layout::REQUEST_HAS_BODY;
        }
        if self.body.is_some() {
            flags |= layout::REQUEST_BODY_COMPLETE;
        } else if head.expect_continue {
            flags |= layout::REQUEST_EXPECT_CONTINUE;
        }
        head.method as u32 | version << 8 | flags << 16
    }
}

/// Appends a piece of a request body.
pub fn write_body(out: &mut Vec<u8>, slot: SlotId, bytes: &[u8], last: bool) {
    let size = padded(layout::BODY_WORDS * 4 + bytes.len());
    let start = out.len();
    prefix(out, size, layout::entry::BODY, slot);
    words(
        out,
        [bytes.len() as u32, u32::from(last) * layout::BODY_LAST],
    );
    out.extend_from_slice(bytes);
    out.resize(start + size, 0);
}

/// Appends the announcement of a body piece that travels beside the batch as number `index`.
pub fn write_body_large(out: &mut Vec<u8>, slot: SlotId, len: usize, last: bool, index: usize) {
    prefix(
        out,
        layout::PREFIX_BYTES + 12,
        layout::entry::BODY_LARGE,
        slot,
    );
    words(
        out,
        [
            len as u32,
            u32::from(last) * layout::BODY_LAST,
            index as u32,
        ],
    );
}

/// Appends the end of a request body with its trailer fields.
pub fn write_body_end(out: &mut Vec<u8>, slot: SlotId, head: &Head) {
    let bytes_off = layout::END_WORDS * 4 + head.trailers.len() * 8;
    let size = padded(bytes_off + head.trailer_bytes.len());
    let start = out.len();
    prefix(out, size, layout::entry::BODY_END, slot);
    words(out, [head.trailers.len() as u32, bytes_off as u32]);
    for field in &head.trailers {
        words(out, [pack(field.name), pack(field.value)]);
    }
    out.extend_from_slice(&head.trailer_bytes);
    out.resize(start + size, 0);
}

/// Appends the notice that the exchange was given up.
pub fn write_cancel(out: &mut Vec<u8>, slot: SlotId, reason: u32) {
    prefix(out, layout::PREFIX_BYTES + 4, layout::entry::CANCEL, slot);
    words(out, [reason]);
}

/// Appends credit for a reply stream.
pub fn write_credit(out: &mut Vec<u8>, slot: SlotId, bytes: u32) {
    prefix(out, layout::PREFIX_BYTES + 4, layout::entry::CREDIT, slot);
    words(out, [bytes]);
}

/// Why something that an isolate wrote cannot be sent.
#[derive(Clone, Copy, Debug)]
pub struct Fault<'a> {
    /// The route of the exchange, or `ABSENT`.
    pub route: u32,
    /// One of the `FAULT_*` parts.
    pub part: u32,
    /// A stable code.
    pub code: &'a str,
    /// The name of the field that is to blame; empty where there is none.
    pub name: &'a [u8],
}

impl Fault<'_> {
    /// Bytes that `write` will append.
    pub fn size(&self) -> usize {
        padded(layout::FAULT_WORDS * 4 + self.code.len() + self.shown().len())
    }

    /// Appends the entry to `out`.
    pub fn write(&self, out: &mut Vec<u8>, slot: SlotId) {
        let (start, size, name) = (out.len(), self.size(), self.shown());
        prefix(out, size, layout::entry::FAULT, slot);
        let lengths = [self.code.len() as u32, name.len() as u32];
        words(out, [self.route, self.part, lengths[0], lengths[1]]);
        out.extend_from_slice(self.code.as_bytes());
        out.extend_from_slice(name);
        out.resize(start + size, 0);
    }

    /// The beginning of the name: it may be as long as its author made it.
    fn shown(&self) -> &[u8] {
        self.name.get(..layout::FAULT_NAME_MAX).unwrap_or(self.name)
    }
}

fn prefix(out: &mut Vec<u8>, size: usize, kind: u32, slot: SlotId) {
    words(out, [size as u32, kind, slot.index, slot.generation]);
}

fn words<const N: usize>(out: &mut Vec<u8>, words: [u32; N]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

/// The next multiple of four.
pub(super) const fn padded(n: usize) -> usize {
    (n + 3) & !3
}

/// Whether every span of a head of `len` bytes fits its word. Limits that allow longer heads allow
/// what no entry can carry; such a head is refused.
pub fn fits(head: &Head, len: usize) -> bool {
    let decoded = if head.rewritten {
        head.decoded.len()
    } else {
        0
    };
    len + decoded <= SPAN_MAX && head.fields.len() <= SPAN_MAX
}

/// Whether every span of the trailers fits its word.
pub fn trailers_fit(head: &Head) -> bool {
    head.trailer_bytes.len() <= SPAN_MAX
}

/// The largest offset or length in a span's word.
const SPAN_MAX: usize = u16::MAX as usize;

/// A span in one word; `fits` and `trailers_fit` were asked before.
fn pack(span: Span) -> u32 {
    (span.start & 0xffff) | span.len << 16
}

fn length_words(body: BodyLength) -> (u32, u32) {
    match body {
        BodyLength::None => (0, 0),
        BodyLength::Known(n) => (n as u32, (n >> 32) as u32),
        BodyLength::Chunked => (0, u32::MAX),
    }
}

fn write_address(out: &mut Vec<u8>, address: Option<SocketAddr>) {
    let mut own = [0; layout::ADDRESS_WORDS];
    address_words(address, &mut own);
    words(out, own);
}

/// Writes an address into its `ADDRESS_WORDS` words.
fn address_words(address: Option<SocketAddr>, words: &mut [u32]) {
    let Some(address) = address else { return };
    let port = u32::from(address.port()) << 16;
    match address.ip() {
        IpAddr::V4(ip) => {
            words[0] = 4 | port;
            words[1] = u32::from_le_bytes(ip.octets());
        }
        IpAddr::V6(ip) => {
            words[0] = 6 | port;
            for (word, bytes) in words[1..].iter_mut().zip(ip.octets().chunks_exact(4)) {
                *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
        }
    }
}
