//! How long a request's body is, as its head declares it (RFC 9112 section 6.3).
//!
//! Set by the decoder's framing rules, read by everything that handles a body. A request has no
//! close-delimited body: without framing fields it has none.

/// The declared length of a request body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyLength {
    /// No body follows: no framing field, or `Content-Length: 0`.
    #[default]
    None,
    /// Exactly this many bytes follow; never 0.
    Known(u64),
    /// Chunks follow, the length shows at the end.
    Chunked,
}
