//! Every cap of the HTTP side in one table: what it is, its default, where the default comes from.
//!
//! `core` fills it from the server's options, the decoder and the body plumbing obey it, and `npm
//! run gen` writes `docs/limits.md` from [`LIMITS`]. Passing a limit is a reject with a label of
//! its own, or backpressure; it is never silent.
//!
//! Deliberately not here: lengths of time, which belong to the connection's deadlines.

/// The caps that apply to one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the request line with its line end. Default 8192.
    pub request_line_bytes: u32,
    /// Bytes of all field lines with their line ends, trailers included, the closing empty line
    /// not. Default 32768.
    pub header_bytes: u32,
    /// Number of fields, trailers included. Default 100.
    pub headers: u16,
    /// Bytes of a request body, `None` for no cap. Chunk framing counts, trailers count as headers.
    /// Default 30,000,000.
    pub body_bytes: Option<u64>,
    /// Bytes of the extensions of one chunk. Default 256.
    pub chunk_extension_bytes: u32,
    /// Bytes of the extensions of all chunks of one body. Default 16384.
    pub chunk_extensions_bytes: u32,
    /// Empty lines skipped before a request line. Default 1.
    pub leading_empty_lines: u8,
    /// Bytes of a request body held before the handler takes them. Default 1 MiB.
    pub request_window_bytes: u32,
    /// Bytes of a reply held before the peer takes them. Default 64 KiB.
    pub reply_window_bytes: u32,
    /// Requests of one connection that are parsed and not yet answered. Default 32.
    pub pipelined: u16,
    /// Accept LF alone as the end of a line of the head or the trailers. Chunk framing stays
    /// strict. Default false.
    pub allow_bare_lf: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            request_line_bytes: 8192,
            header_bytes: 32_768,
            headers: 100,
            body_bytes: Some(30_000_000),
            chunk_extension_bytes: 256,
            chunk_extensions_bytes: 16_384,
            leading_empty_lines: 1,
            request_window_bytes: 1_048_576,
            reply_window_bytes: 65_536,
            pipelined: 32,
            allow_bare_lf: false,
        }
    }
}

/// One row of the documentation of limits.
#[derive(Clone, Copy, Debug)]
pub struct LimitDoc {
    /// The field of [`Limits`].
    pub name: &'static str,
    /// The path of the option in JavaScript, empty when it is fixed.
    pub option: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// The default, as a number where it is one.
    pub default: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// Smallest and largest value the option takes.
    pub range: &'static str,
    /// Where the default comes from.
    pub origin: &'static str,
    /// What happens when the limit is passed.
    pub on_breach: &'static str,
    /// The label of the reject, empty when the breach is not one.
    pub reject: &'static str,
    /// What else can have a value of its own, beside the server.
    pub per: &'static str,
}

/// All limits, in the order of [`Limits`].
pub const LIMITS: &[LimitDoc] = &[
    LimitDoc {
        name: "request_line_bytes",
        option: "limits.requestLineBytes",
        what: "the request line with its line end",
        default: "8192",
        unit: "bytes",
        range: "16 to 65469; with `limits.headerBytes` at most 65533",
        origin: "Kestrel MaxRequestLineSize; RFC 9112 section 3 recommends at least 8000",
        on_breach: "414, close",
        reject: "request_line_too_long",
        per: "",
    },
    LimitDoc {
        name: "header_bytes",
        option: "limits.headerBytes",
        what: "all field lines with their line ends, trailers included",
        default: "32768",
        unit: "bytes",
        range: "64 to 65517; with `limits.requestLineBytes` at most 65533",
        origin: "Kestrel MaxRequestHeadersTotalSize",
        on_breach: "431, close",
        reject: "headers_too_large",
        per: "",
    },
    LimitDoc {
        name: "head_bytes",
        option: "",
        what: "a request's head, and its path once more where that has escapes or dot segments",
        default: "65535",
        unit: "bytes",
        range: "fixed",
        origin: "places in a head are told to the isolate in 16 bits",
        on_breach: "431, close",
        reject: "headers_too_large",
        per: "",
    },
    LimitDoc {
        name: "headers",
        option: "limits.headers",
        what: "number of fields, trailers included",
        default: "100",
        unit: "fields",
        range: "1 to 1000",
        origin: "Kestrel MaxRequestHeaderCount",
        on_breach: "431, close",
        reject: "too_many_headers",
        per: "",
    },
    LimitDoc {
        name: "body_bytes",
        option: "limits.bodyBytes",
        what: "a request body; chunk framing counts, trailers count as headers",
        default: "30000000",
        unit: "bytes",
        range: "0 to 2^53 - 1, or null for no cap",
        origin: "Kestrel MaxRequestBodySize",
        on_breach: "413, close",
        reject: "content_too_large",
        per: "route, request",
    },
    LimitDoc {
        name: "chunk_extension_bytes",
        option: "",
        what: "the extensions of one chunk",
        default: "256",
        unit: "bytes",
        range: "fixed",
        origin: "RFC 9112 section 7.1.1 asks for a limit; extensions have no common use",
        on_breach: "400, close",
        reject: "chunk_extension_too_long",
        per: "",
    },
    LimitDoc {
        name: "chunk_extensions_bytes",
        option: "",
        what: "the extensions of all chunks of one body",
        default: "16384",
        unit: "bytes",
        range: "fixed",
        origin: "hyper and Node.js bound the sum at 16 KiB",
        on_breach: "400, close",
        reject: "chunk_extension_too_long",
        per: "",
    },
    LimitDoc {
        name: "proxy_header_bytes",
        option: "",
        what: "the header of the PROXY protocol, version 2; of version 1, 107 bytes",
        default: "4096",
        unit: "bytes",
        range: "fixed",
        origin: "the longest addresses, and twice the extensions that proxies are known to add",
        on_breach: "closed",
        reject: "proxy_header_too_long",
        per: "",
    },
    LimitDoc {
        name: "leading_empty_lines",
        option: "",
        what: "empty lines before a request line",
        default: "1",
        unit: "lines",
        range: "fixed",
        origin: "RFC 9112 section 2.2 asks for at least one",
        on_breach: "400, close",
        reject: "too_many_empty_lines",
        per: "",
    },
    LimitDoc {
        name: "request_window_bytes",
        option: "limits.requestWindowBytes",
        what: "a request body held before the handler takes it",
        default: "1048576",
        unit: "bytes",
        range: "65536 to 1073741824",
        origin: "Kestrel MaxRequestBufferSize",
        on_breach: "the socket is not read until the handler takes bytes",
        reject: "",
        per: "",
    },
    LimitDoc {
        name: "reply_window_bytes",
        option: "limits.replyWindowBytes",
        what: "a reply held before the peer takes it",
        default: "65536",
        unit: "bytes",
        range: "4096 to 1073741824",
        origin: "Kestrel MaxResponseBufferSize",
        on_breach: "`write()` stays pending until the peer takes bytes",
        reject: "",
        per: "",
    },
    LimitDoc {
        name: "pipelined",
        option: "limits.pipelined",
        what: "requests of one connection parsed and not answered",
        default: "32",
        unit: "requests",
        range: "1 to 1024",
        origin: "twice the depth of the usual pipelining benchmarks",
        on_breach: "the connection is not read until a reply is written",
        reject: "",
        per: "",
    },
    LimitDoc {
        name: "allow_bare_lf",
        option: "allowBareLf",
        what: "LF alone as a line end in heads and trailers",
        default: "false",
        unit: "switch",
        range: "true or false",
        origin: "RFC 9112 section 2.2 permits it; strict, because parsers that differ smuggle",
        on_breach: "400, close",
        reject: "bare_line_feed",
        per: "",
    },
];
