//! The word layout of the batches that travel between an I/O thread and an isolate.
//!
//! `entry` writes what goes up, `record` reads what comes down; the TypeScript twin
//! (`src/native/generated/layout.ts`) is printed from these constants by the `gen-layout` example,
//! so that the two sides cannot drift. Words are 32 bits, little-endian; every entry begins with
//! its size in bytes (a multiple of four), its kind, the slot and the generation.
//! What a word means to a handler is not decided here.

/// Bytes of the words that every entry and record begins with: size, kind, slot, generation.
pub const PREFIX_BYTES: usize = 16;

/// Kinds of entries, I/O thread to isolate.
pub mod entry {
    /// A request head, with its body when that is small and complete.
    pub const REQUEST: u32 = 1;
    /// A piece of a request body, inline.
    pub const BODY: u32 = 2;
    /// The end of a request body, with trailer fields.
    pub const BODY_END: u32 = 3;
    /// The exchange is over for the network side; see the `CANCEL_*` reasons.
    pub const CANCEL: u32 = 4;
    /// Bytes of a reply stream that left for the peer.
    pub const CREDIT: u32 = 5;
    /// A piece of a request body that travels beside the batch.
    pub const BODY_LARGE: u32 = 6;
    /// Something that the isolate wrote cannot be sent: which part, why, and because of what field.
    pub const FAULT: u32 = 7;
}

/// Kinds of records, isolate to I/O thread.
pub mod record {
    /// The reply's head, with its body or the announcement of a stream.
    pub const REPLY: u32 = 1;
    /// A piece of a reply stream, inline.
    pub const WRITE: u32 = 2;
    /// A piece of a reply stream that travels beside the batch.
    pub const WRITE_LARGE: u32 = 3;
    /// The end of a reply stream, with trailer fields.
    pub const END: u32 = 4;
    /// The handler failed after the reply began: cut the connection.
    pub const ABORT: u32 = 5;
    /// An informational (1xx) response.
    pub const INFORM: u32 = 6;
    /// Credit for the request body; the first one asks for `100 Continue` where it is expected.
    pub const READ: u32 = 7;
    /// What the request is held to from now on, in place of the limits of its route.
    pub const RULES: u32 = 8;
}

/// Flag of a request entry: the request has a body.
pub const REQUEST_HAS_BODY: u32 = 1;
/// Flag of a request entry: the whole body is inline.
pub const REQUEST_BODY_COMPLETE: u32 = 2;
/// Flag of a request entry: the client waits for `100 Continue`.
pub const REQUEST_EXPECT_CONTINUE: u32 = 4;
/// Flag of a request entry: the connection is encrypted.
pub const REQUEST_SECURE: u32 = 8;
/// Flag of a request entry: the peer is a proxy, whose address stands right before the body.
pub const REQUEST_PROXIED: u32 = 16;

/// Flag of a body entry: nothing follows.
pub const BODY_LAST: u32 = 1;

/// Cancel reason: the peer has gone.
pub const CANCEL_PEER_GONE: u32 = 1;
/// Cancel reason: a deadline passed.
pub const CANCEL_DEADLINE: u32 = 2;
/// Cancel reason: the server closes and the grace period is over.
pub const CANCEL_CLOSING: u32 = 3;
/// Cancel reason: the request body is malformed.
pub const CANCEL_BODY_MALFORMED: u32 = 4;
/// Cancel reason: the request body passed its limit.
pub const CANCEL_BODY_TOO_LARGE: u32 = 5;
/// Cancel reason: the request body came too slowly.
pub const CANCEL_BODY_TIMEOUT: u32 = 6;
/// Cancel reason: the peer closed its sending side; a reply can still be written.
pub const CANCEL_HALF_CLOSED: u32 = 7;

/// Part of a fault: the head of the reply, in whose place the peer gets a 500.
pub const FAULT_REPLY: u32 = 1;
/// Part of a fault: the trailer fields, which end the reply visibly incomplete.
pub const FAULT_TRAILERS: u32 = 2;
/// Part of a fault: an informational response, which is left out.
pub const FAULT_INFORMATIONAL: u32 = 3;

/// Flag of a reply: the body follows as a stream.
pub const REPLY_STREAM: u32 = 1;
/// Flag of a reply: the body was attached.
pub const REPLY_LARGE: u32 = 2;
/// Flag of a reply: close the connection afterwards.
pub const REPLY_CLOSE: u32 = 4;
/// Flag of a reply: the stream's length is known.
pub const REPLY_LENGTH: u32 = 8;
/// Flag of a reply: there is no body at all.
pub const REPLY_NO_BODY: u32 = 16;

/// Bits of the word of a reply that name a common content type; the bits above are the number of a
/// set of fields that was made known before, 0 for none.
pub const CONTENT_TYPE_BITS: u32 = 8;

/// Words before the parameters of a request entry.
pub const REQUEST_WORDS: usize = 26;
/// Words of an address: family and port, then the bytes of the IP address.
pub const ADDRESS_WORDS: usize = 5;
/// Words before the fields of a reply record.
pub const REPLY_WORDS: usize = 11;
/// Words before the bytes of a body entry.
pub const BODY_WORDS: usize = 6;
/// Words before the bytes of a write record.
pub const WRITE_WORDS: usize = 5;
/// Words before the fields of an end record and of a body-end entry.
pub const END_WORDS: usize = 6;
/// Words before the texts of a fault entry: route, part, bytes of the code and of the field's name.
pub const FAULT_WORDS: usize = 8;

/// Words of a record of rules: body bytes and drain bytes (low and high word each; high `ABSENT`
/// for no cap), drain time, deadline, request rate and grace, response rate and grace.
pub const RULES_WORDS: usize = 14;

/// The word of a span that is absent (an optional parameter, a missing query).
pub const ABSENT: u32 = u32::MAX;

/// Bits of a slot word that name the place in the table of an I/O thread; the bits above name
/// the I/O thread.
pub const SLOT_INDEX_BITS: u32 = 20;
/// Mask of the place.
pub const SLOT_INDEX_MASK: u32 = (1 << SLOT_INDEX_BITS) - 1;

/// Most bytes of entries in one batch; the inbox of an isolate is at least as large.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Most bytes of a field's name in a fault entry.
pub const FAULT_NAME_MAX: usize = 64;
/// Largest request body that travels inside its request entry.
pub const INLINE_BODY_MAX: usize = 16 * 1024;
/// Largest piece of a request body that travels inline; longer ones go beside the batch.
pub const INLINE_CHUNK_MAX: usize = 16 * 1024;
