//! Why a request is refused before any handler sees it, and the reply that says so.
//!
//! The decoder returns these, `core` adds the causes that need a clock or a count of its own. Each
//! reason has one status, one metric label, and says whether the connection can go on. The reply
//! has no body, or one that was fixed when the server started, and never echoes what the peer sent:
//! details belong in the debug log.

use crate::status;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $status:literal $label:literal,)+) => {
        /// One cause of a refusal.
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RejectReason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl RejectReason {
            /// Every reason once, in the order of the declaration.
            pub const ALL: &'static [RejectReason] = &[$(RejectReason::$name,)+];

            /// The status code of the reply; 0 where the connection is closed without one.
            pub fn status(self) -> u16 {
                match self { $(RejectReason::$name => $status,)+ }
            }

            /// The reason with this label.
            pub fn from_label(label: &str) -> Option<RejectReason> {
                match label { $($label => Some(RejectReason::$name),)+ _ => None }
            }

            /// The stable name in metrics and logs.
            pub fn label(self) -> &'static str {
                match self { $(RejectReason::$name => $label,)+ }
            }
        }
    };
}

reasons! {
    /// The first byte of a request is 0x16: a TLS handshake on a cleartext port.
    TlsOverHttp = 400 "tls_over_http",
    /// The HTTP/2 connection preface where only HTTP/1.1 is spoken.
    Http2Preface = 505 "http2_preface",
    /// More empty lines before the request line than are skipped.
    TooManyEmptyLines = 400 "too_many_empty_lines",
    /// A line feed without a carriage return before it.
    BareLineFeed = 400 "bare_line_feed",
    /// A carriage return without a line feed after it.
    BareCarriageReturn = 400 "bare_carriage_return",
    /// Not `method SP target SP version`.
    InvalidRequestLine = 400 "invalid_request_line",
    /// The method is not a token.
    InvalidMethod = 400 "invalid_method",
    /// The request line passes its limit.
    RequestLineTooLong = 414 "request_line_too_long",
    /// The target has a forbidden byte or none of the four forms.
    InvalidRequestTarget = 400 "invalid_request_target",
    /// The target has a fragment.
    FragmentInTarget = 400 "fragment_in_target",
    /// `%00` in the path.
    NulInPath = 400 "nul_in_path",
    /// `%0D` or `%0A` in the path.
    LineBreakInPath = 400 "line_break_in_path",
    /// `*` with a method other than OPTIONS.
    AsteriskNotAllowed = 400 "asterisk_not_allowed",
    /// `host:port` with a method other than CONNECT.
    AuthorityNotAllowed = 400 "authority_not_allowed",
    /// A version of HTTP other than 1.0 and 1.1.
    UnsupportedVersion = 505 "unsupported_version",
    /// All field lines together pass their limit.
    HeadersTooLarge = 431 "headers_too_large",
    /// More fields than the limit.
    TooManyHeaders = 431 "too_many_headers",
    /// A line of the head begins with whitespace.
    ObsoleteLineFolding = 400 "obsolete_line_folding",
    /// A field line without a colon.
    MissingColon = 400 "missing_colon",
    /// A field line that begins with its colon.
    EmptyHeaderName = 400 "empty_header_name",
    /// Whitespace between a field name and its colon.
    WhitespaceBeforeColon = 400 "whitespace_before_colon",
    /// A field name that is not a token, or is that of a framing field but for an underscore.
    InvalidHeaderName = 400 "invalid_header_name",
    /// A field value with a control character.
    InvalidHeaderValue = 400 "invalid_header_value",
    /// HTTP/1.1 without a Host field.
    MissingHost = 400 "missing_host",
    /// More than one Host field.
    MultipleHosts = 400 "multiple_hosts",
    /// The Host field is not `host` or `host:port`, or is empty where nothing else names a host.
    InvalidHost = 400 "invalid_host",
    /// The Host field and the target name different authorities.
    HostMismatch = 400 "host_mismatch",
    /// Content-Length is not a plain decimal number of 64 bits, or has a tab beside it.
    InvalidContentLength = 400 "invalid_content_length",
    /// More than one Content-Length, equal or not.
    MultipleContentLengths = 400 "multiple_content_lengths",
    /// More than one Content-Type, equal or not.
    MultipleContentTypes = 400 "multiple_content_types",
    /// Transfer-Encoding and Content-Length together.
    TransferEncodingWithContentLength = 400 "transfer_encoding_with_content_length",
    /// Transfer-Encoding in an HTTP/1.0 request.
    TransferEncodingHttp10 = 400 "transfer_encoding_http10",
    /// Transfer-Encoding is not a list of codings, or names chunked twice or with parameters.
    InvalidTransferEncoding = 400 "invalid_transfer_encoding",
    /// The last transfer coding is not chunked, so the body has no end.
    ChunkedNotFinal = 400 "chunked_not_final",
    /// A transfer coding besides chunked.
    UnsupportedTransferCoding = 501 "unsupported_transfer_coding",
    /// POST or PUT of HTTP/1.0 without Content-Length.
    LengthRequiredHttp10 = 400 "length_required_http10",
    /// The body passes its limit, by declaration or by count.
    ContentTooLarge = 413 "content_too_large",
    /// A chunk does not begin with 1 to 16 hexadecimal digits of a 64-bit number.
    InvalidChunkSize = 400 "invalid_chunk_size",
    /// Chunk extensions that break their grammar.
    InvalidChunkExtension = 400 "invalid_chunk_extension",
    /// Chunk extensions that pass their limit.
    ChunkExtensionTooLong = 400 "chunk_extension_too_long",
    /// The line of a chunk's size does not end in CRLF.
    InvalidChunkLineEnd = 400 "invalid_chunk_line_end",
    /// The data of a chunk is not followed by CRLF.
    InvalidChunkEnd = 400 "invalid_chunk_end",
    /// A trailer field that belongs in the head only.
    ForbiddenTrailer = 400 "forbidden_trailer",
    /// The peer closed in the middle of a request; usually nobody is left to read the reply.
    UnexpectedEnd = 400 "unexpected_end",
    /// The head did not arrive in time.
    HeadersTimeout = 408 "headers_timeout",
    /// The body did not arrive in time.
    BodyTimeout = 408 "body_timeout",
    /// An expectation other than `100-continue`.
    UnknownExpectation = 417 "unknown_expectation",
    /// A WebSocket handshake of another version than 13.
    UnsupportedWebSocketVersion = 400 "unsupported_websocket_version",
    /// CONNECT, which nothing here serves yet.
    UnsupportedConnect = 501 "unsupported_connect",
    /// The connection does not begin with the PROXY header that its endpoint requires.
    ProxyHeaderMissing = 0 "proxy_header_missing",
    /// A PROXY header that breaks the rules, or half of one.
    InvalidProxyHeader = 0 "invalid_proxy_header",
    /// A PROXY header that passes its limit: 107 bytes of version 1, 4096 of version 2.
    ProxyHeaderTooLong = 0 "proxy_header_too_long",
    /// The checksum in a PROXY header is not that of the header.
    ProxyChecksumMismatch = 0 "proxy_checksum_mismatch",
    /// The PROXY header did not arrive in time.
    ProxyHeaderTimeout = 0 "proxy_header_timeout",
    /// A peer outside of `proxyProtocol.trusted` on an endpoint that requires PROXY headers.
    UntrustedProxy = 0 "untrusted_proxy",
    /// Too many requests in flight.
    Overloaded = 503 "overloaded",
}

impl RejectReason {
    /// Whether the connection must close after the reply. Only a shed request leaves the
    /// connection in a state that both sides agree on, so only that one may go on.
    pub fn closes(self) -> bool {
        self != RejectReason::Overloaded
    }
}

/// When a shed client may try again: the value of `Retry-After`, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// Digits; `u32::MAX` has ten.
    text: [u8; 10],
    len: u8,
}

impl RetryAfter {
    /// So many seconds; 0 leaves the field out.
    pub fn seconds(seconds: u32) -> RetryAfter {
        let mut after = RetryAfter {
            text: [0; 10],
            len: 0,
        };
        if seconds > 0 {
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(seconds).as_bytes();
            if let Some(text) = after.text.get_mut(..digits.len()) {
                text.copy_from_slice(digits);
                after.len = digits.len() as u8;
            }
        }
        after
    }

    /// The field's value; none where it is left out.
    pub fn value(&self) -> Option<&[u8]> {
        let value = self.text.get(..usize::from(self.len))?;
        (!value.is_empty()).then_some(value)
    }
}

impl Default for RetryAfter {
    fn default() -> Self {
        RetryAfter::seconds(1)
    }
}

/// What a refusal says in place of nothing: fixed when the server starts, so that it holds while
/// nobody can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectPage {
    /// Value of the Content-Type field.
    pub content_type: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

/// The pages of all reasons; most have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectPages(Vec<Option<RejectPage>>);

impl RejectPages {
    /// Gives a reason its page.
    pub fn set(&mut self, reason: RejectReason, page: RejectPage) {
        let place = reason as usize;
        if self.0.len() <= place {
            self.0.resize(RejectReason::ALL.len(), None);
        }
        if let Some(slot) = self.0.get_mut(place) {
            *slot = Some(page);
        }
    }

    /// The page of a reason.
    pub fn get(&self, reason: RejectReason) -> Option<&RejectPage> {
        self.0.get(reason as usize)?.as_ref()
    }
}

/// What a refusal's reply has beside its reason.
#[derive(Clone, Copy, Debug)]
pub struct RejectReply<'a> {
    /// The Date field's value.
    pub date: &'a [u8],
    /// Goes with a 503.
    pub retry_after: &'a RetryAfter,
    /// What it says, when it says something.
    pub page: Option<&'a RejectPage>,
    /// Whether the request was HEAD: then the page's length is said and the page is not.
    pub is_head: bool,
}

/// Appends the whole reply of a refusal. The framing is the same with and without a page: a length,
/// and the end of the connection.
pub fn write_reject(out: &mut Vec<u8>, reason: RejectReason, reply: &RejectReply<'_>) {
    let status = reason.status();
    let mut digits = itoa::Buffer::new();
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(digits.format(status).as_bytes());
    out.push(b' ');
    out.extend_from_slice(status::reason(status).as_bytes());
    out.extend_from_slice(b"\r\nContent-Length: ");
    let length = reply.page.map_or(0, |page| page.body.len());
    out.extend_from_slice(digits.format(length).as_bytes());
    out.extend_from_slice(b"\r\n");
    if reason.closes() {
        out.extend_from_slice(b"Connection: close\r\n");
    }
    let is_shed = reason == RejectReason::Overloaded;
    let extras = [
        (
            "Content-Type: ",
            reply.page.map(|page| &page.content_type[..]),
        ),
        (
            "Retry-After: ",
            reply.retry_after.value().filter(|_| is_shed),
        ),
    ];
    for (name, value) in extras {
        if let Some(value) = value {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
    }
    out.extend_from_slice(b"Date: ");
    out.extend_from_slice(reply.date);
    out.extend_from_slice(b"\r\n\r\n");
    if let Some(page) = reply.page.filter(|_| !reply.is_head) {
        out.extend_from_slice(&page.body);
    }
}
