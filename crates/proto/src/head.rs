//! The head of a request as ranges over its bytes.
//!
//! Filled by the decoder, read by `core` to route, to dispatch and to answer. One `Head` per I/O
//! thread serves all connections: it is cleared for each request and keeps its memory. All spans
//! are relative to the first byte of the request line, but for the path when it was rewritten and
//! for trailers, which have bytes of their own. Nothing of a half-received head is kept here. What
//! earlier heads leave is a memo, which changes no result.

use crate::h1::Memo;
use crate::{BodyLength, Field, Method, Span};

/// The request's HTTP version. Others are refused with 505.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// `HTTP/1.0`
    Http10,
    /// `HTTP/1.1`
    #[default]
    Http11,
}

/// The shape of the request target (RFC 9112 section 3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetForm {
    /// `/path?query`
    #[default]
    Origin,
    /// `http://host/path?query`
    Absolute,
    /// `host:port`, only with CONNECT
    Authority,
    /// `*`, only with OPTIONS
    Asterisk,
}

/// One request head; reusable scratch.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The method's number.
    pub method: Method,
    /// The method's text.
    pub method_span: Span,
    /// The HTTP version.
    pub version: Version,
    /// The shape of the target.
    pub form: TargetForm,
    /// The target as sent.
    pub target: Span,
    /// The path, decoded and without dot segments; over [`Head::decoded`] when `rewritten`, else
    /// over the head's bytes. `*` for the asterisk form, empty for the authority form.
    pub path: Span,
    /// Whether decoding or dot segments changed the path.
    pub rewritten: bool,
    /// The rewritten path's bytes: valid UTF-8.
    pub decoded: Vec<u8>,
    /// What follows the first `?`, as sent; `Some` of nothing for a bare `?`.
    pub query: Option<Span>,
    /// The fields in the order received.
    pub fields: Vec<Field>,
    /// The authority: of the target where it has one, else the Host field's value.
    pub host: Option<Span>,
    /// The declared body.
    pub body: BodyLength,
    /// Whether the peer allows another request on this connection.
    pub keep_alive: bool,
    /// Whether the peer waits for `100 Continue` before it sends the body.
    pub expect_continue: bool,
    /// Whether the peer asks for another protocol and sent no body (RFC 9110 section 7.8).
    pub upgrade: bool,
    /// Trailer fields, spans over [`Head::trailer_bytes`]; filled by the step that ends a body.
    pub trailers: Vec<Field>,
    /// The bytes of the trailers.
    pub trailer_bytes: Vec<u8>,
    /// Field sections of earlier requests.
    pub(crate) memo: Memo,
}

impl Head {
    /// An empty head with room for a usual request, so that most never grow it.
    pub fn new() -> Head {
        Head {
            decoded: Vec::with_capacity(256),
            fields: Vec::with_capacity(32),
            trailers: Vec::with_capacity(4),
            trailer_bytes: Vec::with_capacity(128),
            ..Head::default()
        }
    }

    /// The path's bytes; `head_bytes` are the head's own, from the first byte of the request line.
    pub fn path_bytes<'a>(&'a self, head_bytes: &'a [u8]) -> &'a [u8] {
        self.path.of(if self.rewritten {
            &self.decoded
        } else {
            head_bytes
        })
    }

    /// The first field with this known-name id.
    pub fn field(&self, id: u8) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// Forgets the last request, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.decoded.clear();
        self.fields.clear();
        self.trailers.clear();
        self.trailer_bytes.clear();
        self.method = Method::Other;
        self.rewritten = false;
        self.query = None;
        self.host = None;
        self.body = BodyLength::None;
        self.keep_alive = false;
        self.expect_continue = false;
        self.upgrade = false;
    }
}
