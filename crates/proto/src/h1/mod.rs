//! HTTP/1.0 and HTTP/1.1 on the wire: bytes to steps, replies to bytes.
//!
//! ```text
//! decode.rs    the state machine of one connection
//!   section.rs   header and trailer sections, complete or half-received
//!   lines.rs     finds line ends, strictly and in the order of the bytes
//!   request_line.rs, target.rs, path.rs    the first line
//!   field_line.rs                          the lines after it
//!   memo.rs                                the lines that came before, recalled
//!   framing.rs, host.rs                    what the fields mean together (one function per rule)
//!   chunked.rs                             chunk framing, byte by byte
//! encode.rs    reply heads, chunks, interim replies
//!   reply_fields.rs    the fields in them
//! ```
//!
//! One rule holds all of it together: **a verdict depends on the bytes, not on where reads cut
//! them.** Each line is judged in the order of its bytes, a limit before the content that passes
//! it, and nothing is judged before its line is complete but limits and stray CR or LF.

mod chunked;
mod decode;
mod encode;
mod field_line;
mod framing;
mod host;
mod lines;
mod memo;
mod path;
mod reply_fields;
mod request_line;
mod section;
mod target;

pub(crate) use memo::Memo;

pub use decode::{Decoder, Step};
pub use encode::{
    CONTINUE, EncodeContext, EncodeError, Encoded, Framing, ReplyBody, ReplyHead, content_type,
    encode_chunk_end, encode_chunk_head, encode_head, encode_informational, encode_last_chunk,
};
pub use reply_fields::{FieldIter, FieldLines};
