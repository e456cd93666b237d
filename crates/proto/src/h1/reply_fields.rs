//! The fields that an application gives a reply: read from a record, checked, written as lines.
//!
//! `core` hands them to the encoder, which decides what the fields mean for the message. Promises
//! that a name which is no token and a value with a control character are found before anything is
//! sent. Fields that many replies have in common are checked and written once ([`FieldLines`]);
//! none of them means anything to the encoder.

use super::encode::EncodeError;
use crate::chars;
use crate::fields::{self, known};

/// The fields of a reply, as a slice or as the bytes of a reply record.
#[derive(Clone, Copy, Debug)]
pub struct FieldIter<'a>(Fields<'a>);

#[derive(Clone, Copy, Debug)]
enum Fields<'a> {
    Slice(&'a [(&'a [u8], &'a [u8])]),
    Packed { words: &'a [u8], bytes: &'a [u8] },
}

impl<'a> FieldIter<'a> {
    /// No fields.
    pub const EMPTY: FieldIter<'static> = FieldIter(Fields::Slice(&[]));

    /// Names and values of a slice.
    pub fn slice(fields: &'a [(&'a [u8], &'a [u8])]) -> FieldIter<'a> {
        FieldIter(Fields::Slice(fields))
    }

    /// Fields of a record: for each a little-endian word `name length | value length << 16`, and
    /// name, value, name, value… without gaps. It ends with whichever of the two ends first.
    pub fn packed(words: &'a [u8], bytes: &'a [u8]) -> FieldIter<'a> {
        FieldIter(Fields::Packed { words, bytes })
    }
}

impl<'a> Iterator for FieldIter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Fields::Slice(fields) => {
                let (first, rest) = fields.split_first()?;
                *fields = rest;
                Some(*first)
            }
            Fields::Packed { words, bytes } => {
                let (word, rest) = words.split_first_chunk::<4>()?;
                *words = rest;
                let [n0, n1, v0, v1] = *word;
                let (name_len, value_len) =
                    (u16::from_le_bytes([n0, n1]), u16::from_le_bytes([v0, v1]));
                let (name, rest) = bytes.split_at_checked(usize::from(name_len))?;
                let (value, rest) = rest.split_at_checked(usize::from(value_len))?;
                *bytes = rest;
                Some((name, value))
            }
        }
    }
}

/// Fields as the lines that are sent, for replies that have the same ones again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLines(Box<[u8]>);

impl FieldLines {
    /// Checks the fields and writes their lines. Those that the encoder has to know of are refused:
    /// they say something about the message or the connection, or stand in for a field of its own.
    pub fn encode(fields: FieldIter<'_>) -> Result<Self, EncodeError> {
        let mut lines = Vec::new();
        for (index, (name, value)) in (0u32..).zip(fields) {
            let is_known_of = match checked(index, name, value)? {
                known::UNKNOWN => name.eq_ignore_ascii_case(b"server"),
                known::CONTENT_LENGTH
                | known::CONNECTION
                | known::TRANSFER_ENCODING
                | known::KEEP_ALIVE
                | known::PROXY_CONNECTION
                | known::TE
                | known::UPGRADE
                | known::DATE => true,
                _ => false,
            };
            if is_known_of {
                return Err(EncodeError::ForbiddenField(index));
            }
            field_line(&mut lines, name, value);
        }
        Ok(Self(lines.into()))
    }

    /// The lines, each with its line end.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The known-name id of a field that may stand on the wire.
pub(super) fn checked(index: u32, name: &[u8], value: &[u8]) -> Result<u8, EncodeError> {
    if !chars::is_token(name) {
        return Err(EncodeError::InvalidFieldName(index));
    }
    if !chars::is_value(value) {
        return Err(EncodeError::InvalidFieldValue(index));
    }
    Ok(fields::id(name))
}

pub(super) fn field_line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
