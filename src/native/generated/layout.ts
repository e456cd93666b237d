// The word layout of the batches that travel between an I/O thread and an isolate.
// Source: crates/core/src/dispatch/layout.rs. Written by "npm run gen", never by hand.

/** Bytes of the words that every entry and record begins with: size, kind, slot, generation. */
export const PREFIX_BYTES = 16

/** A request head, with its body when that is small and complete. */
export const ENTRY_REQUEST = 1

/** A piece of a request body, inline. */
export const ENTRY_BODY = 2

/** The end of a request body, with trailer fields. */
export const ENTRY_BODY_END = 3

/** The exchange is over for the network side; see the `CANCEL_*` reasons. */
export const ENTRY_CANCEL = 4

/** Bytes of a reply stream that left for the peer. */
export const ENTRY_CREDIT = 5

/** A piece of a request body that travels beside the batch. */
export const ENTRY_BODY_LARGE = 6

/** Something that the isolate wrote cannot be sent: which part, why, and because of what field. */
export const ENTRY_FAULT = 7

/** The reply's head, with its body or the announcement of a stream. */
export const RECORD_REPLY = 1

/** A piece of a reply stream, inline. */
export const RECORD_WRITE = 2

/** A piece of a reply stream that travels beside the batch. */
export const RECORD_WRITE_LARGE = 3

/** The end of a reply stream, with trailer fields. */
export const RECORD_END = 4

/** The handler failed after the reply began: cut the connection. */
export const RECORD_ABORT = 5

/** An informational (1xx) response. */
export const RECORD_INFORM = 6

/** Credit for the request body; the first one asks for `100 Continue` where it is expected. */
export const RECORD_READ = 7

/** What the request is held to from now on, in place of the limits of its route. */
export const RECORD_RULES = 8

/** Flag of a request entry: the request has a body. */
export const REQUEST_HAS_BODY = 1

/** Flag of a request entry: the whole body is inline. */
export const REQUEST_BODY_COMPLETE = 2

/** Flag of a request entry: the client waits for `100 Continue`. */
export const REQUEST_EXPECT_CONTINUE = 4

/** Flag of a request entry: the connection is encrypted. */
export const REQUEST_SECURE = 8

/** Flag of a request entry: the peer is a proxy, whose address stands right before the body. */
export const REQUEST_PROXIED = 16

/** Flag of a body entry: nothing follows. */
export const BODY_LAST = 1

/** Cancel reason: the peer has gone. */
export const CANCEL_PEER_GONE = 1

/** Cancel reason: a deadline passed. */
export const CANCEL_DEADLINE = 2

/** Cancel reason: the server closes and the grace period is over. */
export const CANCEL_CLOSING = 3

/** Cancel reason: the request body is malformed. */
export const CANCEL_BODY_MALFORMED = 4

/** Cancel reason: the request body passed its limit. */
export const CANCEL_BODY_TOO_LARGE = 5

/** Cancel reason: the request body came too slowly. */
export const CANCEL_BODY_TIMEOUT = 6

/** Cancel reason: the peer closed its sending side; a reply can still be written. */
export const CANCEL_HALF_CLOSED = 7

/** Part of a fault: the head of the reply, in whose place the peer gets a 500. */
export const FAULT_REPLY = 1

/** Part of a fault: the trailer fields, which end the reply visibly incomplete. */
export const FAULT_TRAILERS = 2

/** Part of a fault: an informational response, which is left out. */
export const FAULT_INFORMATIONAL = 3

/** Flag of a reply: the body follows as a stream. */
export const REPLY_STREAM = 1

/** Flag of a reply: the body was attached. */
export const REPLY_LARGE = 2

/** Flag of a reply: close the connection afterwards. */
export const REPLY_CLOSE = 4

/** Flag of a reply: the stream's length is known. */
export const REPLY_LENGTH = 8

/** Flag of a reply: there is no body at all. */
export const REPLY_NO_BODY = 16

/** Bits of the word of a reply that name a common content type; the bits above are the number of a set of fields that was made known before, 0 for none. */
export const CONTENT_TYPE_BITS = 8

/** Words before the parameters of a request entry. */
export const REQUEST_WORDS = 26

/** Words of an address: family and port, then the bytes of the IP address. */
export const ADDRESS_WORDS = 5

/** Words before the fields of a reply record. */
export const REPLY_WORDS = 11

/** Words before the bytes of a body entry. */
export const BODY_WORDS = 6

/** Words before the bytes of a write record. */
export const WRITE_WORDS = 5

/** Words before the fields of an end record and of a body-end entry. */
export const END_WORDS = 6

/** Words before the texts of a fault entry: route, part, bytes of the code and of the field's name. */
export const FAULT_WORDS = 8

/** Words of a record of rules: body bytes and drain bytes (low and high word each; high `ABSENT` for no cap), drain time, deadline, request rate and grace, response rate and grace. */
export const RULES_WORDS = 14

/** The word of a span that is absent (an optional parameter, a missing query). */
export const ABSENT = -1

/** Bits of a slot word that name the place in the table of an I/O thread; the bits above name the I/O thread. */
export const SLOT_INDEX_BITS = 20

/** Mask of the place. */
export const SLOT_INDEX_MASK = 1048575

/** Most bytes of entries in one batch; the inbox of an isolate is at least as large. */
export const BATCH_BYTES_MAX = 262144

/** Most bytes of a field's name in a fault entry. */
export const FAULT_NAME_MAX = 64

/** Largest request body that travels inside its request entry. */
export const INLINE_BODY_MAX = 16384

/** Largest piece of a request body that travels inline; longer ones go beside the batch. */
export const INLINE_CHUNK_MAX = 16384
