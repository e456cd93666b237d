//! What the fields of a complete head mean together: the body's length, keep-alive, expectations.
//!
//! One function per rule, each with its section of RFC 9112 or 9110. Called once per head, after
//! every line has been accepted; the order of the rules is fixed, so a head with several faults has
//! one verdict. The parse notes which framing fields it met, so that a head without them pays
//! nothing here.

use super::host;
use crate::chars::{self, trim};
use crate::fields::known;
use crate::{BodyLength, Field, Head, Method, RejectReason, Span, TargetForm, Version};

/// The framing fields met so far: how often, and the first value of those that must be single.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Noted {
    host: Span,
    hosts: u32,
    length: Span,
    lengths: u32,
    codings: bool,
    connection: bool,
    expect: bool,
    upgrade: bool,
    types: u32,
}

impl Noted {
    /// The ranges among what was noted, those of absent fields too.
    pub(crate) fn spans(&mut self) -> [&mut Span; 2] {
        [&mut self.host, &mut self.length]
    }

    /// Takes note of a field whose id is a framing id.
    pub(crate) fn note(&mut self, field: &Field) {
        match field.id {
            known::HOST => {
                self.hosts += 1;
                self.host = field.value;
            }
            known::CONTENT_LENGTH => {
                self.lengths += 1;
                self.length = field.value;
            }
            known::TRANSFER_ENCODING => self.codings = true,
            known::CONNECTION => self.connection = true,
            known::EXPECT => self.expect = true,
            known::UPGRADE => self.upgrade = true,
            known::CONTENT_TYPE => self.types += 1,
            _ => {}
        }
    }
}

/// Applies all rules; fills `host`, `body`, `keep_alive`, `expect_continue` and `upgrade`.
pub(crate) fn apply(bytes: &[u8], head: &mut Head, noted: &Noted) -> Result<(), RejectReason> {
    host::check(bytes, head, noted.host, noted.hosts)?;
    head.body = body_length(bytes, head, noted)?;
    // RFC 9110 sections 5.3 and 8.3: one type, so that whoever checks it and whoever uses it agree.
    if noted.types > 1 {
        return Err(RejectReason::MultipleContentTypes);
    }
    let connection = match noted.connection {
        true => connection_options(bytes, head),
        false => ConnectionOptions::default(),
    };
    head.keep_alive = match head.version {
        Version::Http11 => !connection.close,
        Version::Http10 => connection.keep_alive && !connection.close,
    };
    let modern = head.version == Version::Http11;
    let expects_continue = noted.expect && modern && expects_continue(bytes, head)?;
    head.expect_continue = expects_continue && head.body != BodyLength::None;
    head.upgrade = noted.upgrade
        && connection.upgrade
        && modern
        && head.body == BodyLength::None
        && head.form != TargetForm::Authority;
    match head.upgrade && asks_for_unknown_websocket(bytes, head) {
        true => Err(RejectReason::UnsupportedWebSocketVersion),
        false => Ok(()),
    }
}

/// RFC 6455 sections 4.2.1 and 4.4: a handshake of another version than 13 gets an error, and not a
/// reply that its client has to take for one.
#[cold]
fn asks_for_unknown_websocket(bytes: &[u8], head: &Head) -> bool {
    let mut protocols = members(bytes, head, known::UPGRADE);
    let mut versions = members(bytes, head, known::SEC_WEBSOCKET_VERSION);
    protocols.any(|protocol| protocol.eq_ignore_ascii_case(b"websocket"))
        && versions.any(|version| version != b"13")
}

/// RFC 9110 sections 5.3 and 5.6.1: the members of the one list that all fields of a name form,
/// empty ones too. Walk it with `for_each` where every head comes by: a `for` loop asks two nested
/// iterators for each member, which costs a repeated head 6 % more instructions.
#[inline]
fn members<'a>(bytes: &'a [u8], head: &'a Head, id: u8) -> impl Iterator<Item = &'a [u8]> {
    let fields = head.fields.iter().filter(move |field| field.id == id);
    fields.flat_map(|field| field.value.of(bytes).split(|&b| b == b',').map(trim))
}

/// RFC 9112 section 6.3, without the leniencies: the two framing fields exclude each other, and
/// neither may be ambiguous.
fn body_length(bytes: &[u8], head: &Head, noted: &Noted) -> Result<BodyLength, RejectReason> {
    if noted.codings {
        if noted.lengths > 0 {
            return Err(RejectReason::TransferEncodingWithContentLength);
        }
        if head.version == Version::Http10 {
            return Err(RejectReason::TransferEncodingHttp10);
        }
        transfer_codings(bytes, head)?;
        return Ok(BodyLength::Chunked);
    }
    match noted.lengths {
        0 => match (head.version, head.method) {
            (Version::Http10, Method::Post | Method::Put) => {
                Err(RejectReason::LengthRequiredHttp10)
            }
            _ => Ok(BodyLength::None),
        },
        1 if has_tab_beside(bytes, noted.length) => Err(RejectReason::InvalidContentLength),
        1 => match content_length(noted.length.of(bytes)) {
            Some(0) => Ok(BodyLength::None),
            Some(length) => Ok(BodyLength::Known(length)),
            None => Err(RejectReason::InvalidContentLength),
        },
        _ => Err(RejectReason::MultipleContentLengths),
    }
}

/// RFC 9112 section 5 has tabs around a value as well as spaces. Not around a length: there are
/// servers for which a tab is part of the value, so no client depends on it, and who reads the line
/// differently sees another body.
fn has_tab_beside(bytes: &[u8], value: Span) -> bool {
    let (start, end) = (value.start as usize, (value.start + value.len) as usize);
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let before = bytes.get(..start).unwrap_or_default().iter().rev();
    let after = bytes.get(end..).unwrap_or_default().iter();
    let mut beside = before
        .take_while(is_space)
        .chain(after.take_while(is_space));
    beside.any(|&byte| byte == b'\t')
}

/// RFC 9110 section 8.6: digits only, without superfluous leading zeros, of at most 64 bits.
pub(crate) fn content_length(value: &[u8]) -> Option<u64> {
    match value {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] => value.iter().try_fold(0u64, |sum, &digit| match digit {
            b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
            _ => None,
        }),
        _ => None,
    }
}

/// RFC 9112 sections 6.1 and 7: all Transfer-Encoding fields form one list, whose last coding must
/// be chunked, once and without parameters. Other codings are not implemented here.
fn transfer_codings(bytes: &[u8], head: &Head) -> Result<(), RejectReason> {
    let (mut chunkeds, mut last_is_chunked, mut other, mut malformed) = (0u32, false, false, false);
    members(bytes, head, known::TRANSFER_ENCODING).for_each(|coding| {
        let name = coding
            .split(|&b| b == b';')
            .next()
            .map(trim)
            .unwrap_or_default();
        let chunked = name.eq_ignore_ascii_case(b"chunked");
        chunkeds += u32::from(chunked);
        malformed |= !chars::is_token(name) || (chunked && name.len() != coding.len());
        other |= !chunked;
        last_is_chunked = chunked;
    });
    match (malformed || chunkeds > 1, last_is_chunked, other) {
        (true, _, _) => Err(RejectReason::InvalidTransferEncoding),
        (_, false, _) => Err(RejectReason::ChunkedNotFinal),
        (_, _, true) => Err(RejectReason::UnsupportedTransferCoding),
        _ => Ok(()),
    }
}

#[derive(Default)]
struct ConnectionOptions {
    close: bool,
    keep_alive: bool,
    upgrade: bool,
}

/// RFC 9110 section 7.6.1: the options of all Connection fields; those we do not know are ignored.
fn connection_options(bytes: &[u8], head: &Head) -> ConnectionOptions {
    let mut options = ConnectionOptions::default();
    members(bytes, head, known::CONNECTION).for_each(|option| {
        options.close |= option.eq_ignore_ascii_case(b"close");
        options.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        options.upgrade |= option.eq_ignore_ascii_case(b"upgrade");
    });
    options
}

/// RFC 9110 section 10.1.1: an expectation that nobody here will meet is refused, so that the
/// client does not wait for it.
fn expects_continue(bytes: &[u8], head: &Head) -> Result<bool, RejectReason> {
    let mut found = false;
    for item in members(bytes, head, known::EXPECT) {
        match item {
            [] => {}
            _ if item.eq_ignore_ascii_case(b"100-continue") => found = true,
            _ => return Err(RejectReason::UnknownExpectation),
        }
    }
    Ok(found)
}
