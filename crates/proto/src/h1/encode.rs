//! Replies as bytes: the head with its framing, chunks, interim replies.
//!
//! `core` calls it on the I/O thread with a reply record. The framing choice is made here and only
//! here: which length fields are sent, whether bytes may follow, whether the connection can stay
//! open. Every field is checked; a bad one is an error and leaves the output as it was, so a value
//! with CR, LF or NUL never reaches the wire.
//!
//! ```text
//!   status, request              body       sent                     framing
//!   1xx, 204, CONNECT 2xx        none       no length                NoBody
//!   205                          none       Content-Length: 0        Length(0)
//!   304, any to HEAD             any        Content-Length if known  NoBody
//!   else                         none       Content-Length: 0        Length(0)
//!   else                         length n   Content-Length: n        Length(n)
//!   else, HTTP/1.1               stream     chunked                  Chunked
//!   else, HTTP/1.0               stream     Connection: close        UntilClose
//! ```
//!
//! Deliberately not here: counting body bytes against the length, compression, redirects.

use super::framing::content_length;
use super::reply_fields::{FieldIter, FieldLines, checked, field_line};
use super::section::is_forbidden_trailer;
use crate::chars::trim;
use crate::fields::known;
use crate::{Version, status};

/// The interim reply that invites a body (RFC 9110 section 15.2.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What the reply's body will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyBody {
    /// Nothing.
    None,
    /// Exactly this many bytes.
    Length(u64),
    /// Bytes of a length that is not known yet.
    Stream,
}

/// How the body must be written after the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Exactly this many bytes as they are.
    Length(u64),
    /// As chunks, ended by the last chunk.
    Chunked,
    /// As they are; closing the connection ends them.
    UntilClose,
    /// No byte may follow, whatever the head says about a length.
    NoBody,
}

/// The head of a final reply.
#[derive(Clone, Copy, Debug)]
pub struct ReplyHead<'a> {
    /// 101 or 200 to 599.
    pub status: u16,
    /// An id of [`content_type`], 0 for none or when it is among the fields.
    pub content_type: u8,
    /// Fields that were put together before, in front of the others.
    pub lines: Option<&'a FieldLines>,
    /// The fields in the order to be sent.
    pub fields: FieldIter<'a>,
    /// The body.
    pub body: ReplyBody,
    /// Whether the server wants to close afterwards.
    pub close: bool,
}

/// What the encoder must know of the request and the server.
#[derive(Clone, Copy, Debug)]
pub struct EncodeContext<'a> {
    /// The version of the request.
    pub version: Version,
    /// Whether the request's method is HEAD.
    pub head_request: bool,
    /// Whether the request's method is CONNECT.
    pub connect: bool,
    /// Whether the request allows the connection to stay open.
    pub keep_alive: bool,
    /// The Date field's value.
    pub date: &'a [u8; 29],
    /// The Server field's value, if one is sent.
    pub server: Option<&'a [u8]>,
}

/// What became of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// How the body must be written.
    pub framing: Framing,
    /// Whether the connection must close after the reply; the head says so where it can.
    pub close: bool,
}

/// Why a reply cannot be sent as it is. A fault of the application, never of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// Not a status that this call can send.
    InvalidStatus,
    /// The name of the field at this index is not a token.
    InvalidFieldName(u32),
    /// The value of the field at this index has a control character.
    InvalidFieldValue(u32),
    /// The field at this index is the server's own, or may not be sent here.
    ForbiddenField(u32),
    /// The field at this index is a Content-Length that is no number or stands there twice.
    InvalidContentLength(u32),
    /// The Content-Length field and the body differ.
    ContentLengthMismatch,
    /// The status allows no body and one was given.
    BodyNotAllowed,
}

impl EncodeError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            EncodeError::InvalidStatus => "LANNER_STATUS_INVALID",
            EncodeError::InvalidFieldName(_)
            | EncodeError::InvalidFieldValue(_)
            | EncodeError::InvalidContentLength(_) => "LANNER_HEADER_INVALID",
            EncodeError::ForbiddenField(_) => "LANNER_HEADER_RESERVED",
            EncodeError::ContentLengthMismatch => "LANNER_CONTENT_LENGTH",
            EncodeError::BodyNotAllowed => "LANNER_BODY_NOT_ALLOWED",
        }
    }

    /// The index of the field that is to blame, where it is one.
    pub fn field(self) -> Option<u32> {
        match self {
            EncodeError::InvalidFieldName(at)
            | EncodeError::InvalidFieldValue(at)
            | EncodeError::InvalidContentLength(at)
            | EncodeError::ForbiddenField(at) => Some(at),
            EncodeError::InvalidStatus
            | EncodeError::ContentLengthMismatch
            | EncodeError::BodyNotAllowed => None,
        }
    }
}

impl core::fmt::Display for EncodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            EncodeError::InvalidStatus => write!(f, "status code cannot be sent"),
            EncodeError::InvalidFieldName(at) => write!(f, "name of header {at} is not a token"),
            EncodeError::InvalidFieldValue(at) => {
                write!(f, "value of header {at} has a control character")
            }
            EncodeError::ForbiddenField(at) => write!(f, "header {at} may not be set here"),
            EncodeError::InvalidContentLength(at) => {
                write!(f, "header {at} is not a single content-length number")
            }
            EncodeError::ContentLengthMismatch => write!(f, "content-length differs from the body"),
            EncodeError::BodyNotAllowed => write!(f, "this status allows no body"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// The Content-Type field line of an id, empty for 0 and for ids that are not in the table.
pub fn content_type(id: u8) -> &'static [u8] {
    match id {
        1 => b"Content-Type: text/plain; charset=utf-8\r\n",
        2 => b"Content-Type: application/json\r\n",
        3 => b"Content-Type: text/html; charset=utf-8\r\n",
        4 => b"Content-Type: application/octet-stream\r\n",
        5 => b"Content-Type: application/problem+json\r\n",
        6 => b"Content-Type: text/event-stream\r\n",
        7 => b"Content-Type: text/plain\r\n",
        _ => b"",
    }
}

/// What the application's fields say about matters that are the server's.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    content_length: Option<u64>,
    date: bool,
    server: bool,
    close: bool,
    upgrade: bool,
}

/// Appends the head of a final reply. On an error `out` is as before.
pub fn encode_head(
    out: &mut Vec<u8>,
    head: &ReplyHead<'_>,
    cx: &EncodeContext<'_>,
) -> Result<Encoded, EncodeError> {
    if !matches!(head.status, 101 | 200..=599) {
        return Err(EncodeError::InvalidStatus);
    }
    let restore = out.len();
    status_line(out, head.status);
    out.extend_from_slice(content_type(head.content_type));
    out.extend_from_slice(head.lines.map_or(b"", FieldLines::as_bytes));
    let encoded = finish(out, head, cx);
    if encoded.is_err() {
        out.truncate(restore);
    }
    encoded
}

fn finish(
    out: &mut Vec<u8>,
    head: &ReplyHead<'_>,
    cx: &EncodeContext<'_>,
) -> Result<Encoded, EncodeError> {
    let seen = final_fields(out, head)?;
    let (framing, length) = framing(head, cx, &seen)?;
    if let Some(length) = length {
        out.extend_from_slice(b"Content-Length: ");
        out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if framing == Framing::Chunked {
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    }
    // A tunnel that opens is neither kept alive nor closed: it takes the connection over.
    let tunnel = head.status == 101 || (cx.connect && head.status < 300);
    let close = !tunnel
        && (head.close
            || seen.close
            || !cx.keep_alive
            || cx.connect
            || framing == Framing::UntilClose);
    let keep_alive = !close && cx.version == Version::Http10 && !tunnel;
    out.extend_from_slice(match (seen.upgrade, close, keep_alive) {
        (false, false, false) => b"",
        (false, true, _) => b"Connection: close\r\n",
        (false, false, true) => b"Connection: keep-alive\r\n",
        // What is proposed is for this connection alone (RFC 9110 section 7.8).
        (true, false, false) => b"Connection: upgrade\r\n",
        (true, true, _) => b"Connection: upgrade, close\r\n",
        (true, false, true) => b"Connection: upgrade, keep-alive\r\n",
    });
    if let (Some(server), false) = (cx.server, seen.server) {
        out.extend_from_slice(b"Server: ");
        out.extend_from_slice(server);
        out.extend_from_slice(b"\r\n");
    }
    match seen.date {
        true => out.extend_from_slice(b"\r\n"),
        false => {
            let mut line = *b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n";
            if let Some(value) = line.get_mut(6..35) {
                value.copy_from_slice(cx.date);
            }
            out.extend_from_slice(&line);
        }
    }
    Ok(Encoded { framing, close })
}

/// The framing, and the value of the Content-Length field to be sent (RFC 9112 section 6.3, RFC
/// 9110 section 8.6).
fn framing(
    head: &ReplyHead<'_>,
    cx: &EncodeContext<'_>,
    seen: &Seen,
) -> Result<(Framing, Option<u64>), EncodeError> {
    let declared = seen.content_length;
    let body = match head.body {
        ReplyBody::Length(length) if declared.is_some_and(|declared| declared != length) => {
            return Err(EncodeError::ContentLengthMismatch);
        }
        ReplyBody::Stream => declared.map_or(ReplyBody::Stream, ReplyBody::Length),
        body => body,
    };
    let empty = matches!(body, ReplyBody::None | ReplyBody::Length(0));
    match head.status {
        101 | 204 | 205 | 304 if !empty || head.body == ReplyBody::Stream => {
            Err(EncodeError::BodyNotAllowed)
        }
        101 | 204 => Ok((Framing::NoBody, None)),
        205 if declared.is_some_and(|length| length > 0) => Err(EncodeError::ContentLengthMismatch),
        205 => Ok((Framing::Length(0), Some(0))),
        // What a 200 would have carried may be declared, but never comes.
        304 => Ok((Framing::NoBody, declared)),
        200..=299 if cx.connect => match empty {
            true => Ok((Framing::NoBody, None)),
            false => Err(EncodeError::BodyNotAllowed),
        },
        _ if cx.head_request => match body {
            ReplyBody::Length(length) => Ok((Framing::NoBody, Some(length))),
            ReplyBody::None | ReplyBody::Stream => Ok((Framing::NoBody, declared)),
        },
        _ => match body {
            ReplyBody::None if declared.is_some_and(|length| length > 0) => {
                Err(EncodeError::ContentLengthMismatch)
            }
            ReplyBody::None => Ok((Framing::Length(0), Some(0))),
            ReplyBody::Length(length) => Ok((Framing::Length(length), Some(length))),
            ReplyBody::Stream if cx.version == Version::Http11 => Ok((Framing::Chunked, None)),
            ReplyBody::Stream => Ok((Framing::UntilClose, None)),
        },
    }
}

/// Appends the application's fields of a final reply, but for those that the framing writes itself.
fn final_fields(out: &mut Vec<u8>, head: &ReplyHead<'_>) -> Result<Seen, EncodeError> {
    let mut seen = Seen::default();
    for (index, (name, value)) in (0u32..).zip(head.fields) {
        let id = checked(index, name, value)?;
        match id {
            known::CONTENT_LENGTH => {
                let invalid = EncodeError::InvalidContentLength(index);
                let length = content_length(trim(value)).ok_or(invalid)?;
                if seen.content_length.replace(length).is_some() {
                    return Err(invalid);
                }
                continue;
            }
            known::CONNECTION if head.status == 101 => {}
            known::CONNECTION if trim(value).eq_ignore_ascii_case(b"close") => {
                seen.close = true;
                continue;
            }
            known::UPGRADE if head.status == 101 => {}
            known::UPGRADE if head.status == 426 => seen.upgrade = true,
            known::CONNECTION
            | known::TRANSFER_ENCODING
            | known::KEEP_ALIVE
            | known::PROXY_CONNECTION
            | known::TE
            | known::UPGRADE => return Err(EncodeError::ForbiddenField(index)),
            known::DATE => seen.date = true,
            known::UNKNOWN if name.eq_ignore_ascii_case(b"server") => seen.server = true,
            _ => {}
        }
        field_line(out, name, value);
    }
    Ok(seen)
}

fn status_line(out: &mut Vec<u8>, status: u16) {
    match status {
        200 => out.extend_from_slice(b"HTTP/1.1 200 OK\r\n"),
        204 => out.extend_from_slice(b"HTTP/1.1 204 No Content\r\n"),
        404 => out.extend_from_slice(b"HTTP/1.1 404 Not Found\r\n"),
        _ => {
            out.extend_from_slice(b"HTTP/1.1 ");
            out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
            out.push(b' ');
            out.extend_from_slice(status::reason(status).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Appends an interim reply: 100, 102 or 103 (RFC 9110 section 15.2, RFC 8297). Never for an
/// HTTP/1.0 request, which the caller sees to. On an error `out` is as before.
pub fn encode_informational(
    out: &mut Vec<u8>,
    status: u16,
    fields: FieldIter<'_>,
) -> Result<(), EncodeError> {
    if !matches!(status, 100 | 102 | 103) {
        return Err(EncodeError::InvalidStatus);
    }
    let restore = out.len();
    status_line(out, status);
    let written = fields_only(out, fields, |id| {
        matches!(
            id,
            known::CONTENT_LENGTH
                | known::TRANSFER_ENCODING
                | known::CONNECTION
                | known::KEEP_ALIVE
                | known::PROXY_CONNECTION
                | known::UPGRADE
                | known::TE
                | known::TRAILER
        )
    });
    end_fields(out, restore, written)
}

/// Appends the line before a chunk of `len` bytes; nothing for 0, which would end the body.
pub fn encode_chunk_head(out: &mut Vec<u8>, len: usize) {
    if len == 0 {
        return;
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = len.ilog2() / 4 + 1;
    out.extend(
        (0..digits)
            .rev()
            .map(|place| DIGITS[len >> (place * 4) & 15]),
    );
    out.extend_from_slice(b"\r\n");
}

/// Appends the line end after a chunk's data.
pub fn encode_chunk_end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n");
}

/// Appends the last chunk and the trailers. On an error `out` is as before.
pub fn encode_last_chunk(out: &mut Vec<u8>, trailers: FieldIter<'_>) -> Result<(), EncodeError> {
    let restore = out.len();
    out.extend_from_slice(b"0\r\n");
    let written = fields_only(out, trailers, is_forbidden_trailer);
    end_fields(out, restore, written)
}

fn fields_only(
    out: &mut Vec<u8>,
    fields: FieldIter<'_>,
    is_forbidden: fn(u8) -> bool,
) -> Result<(), EncodeError> {
    for (index, (name, value)) in (0u32..).zip(fields) {
        if is_forbidden(checked(index, name, value)?) {
            return Err(EncodeError::ForbiddenField(index));
        }
        field_line(out, name, value);
    }
    Ok(())
}

fn end_fields(
    out: &mut Vec<u8>,
    restore: usize,
    written: Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    match written {
        Ok(()) => out.extend_from_slice(b"\r\n"),
        Err(_) => out.truncate(restore),
    }
    written
}
