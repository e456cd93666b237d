//! Http11Probe (MDA2AV/Http11Probe): its compliance, malformed-input, normalisation and smuggling
//! classes, one row per test, under the suite's names.
//!
//! The statuses that the suite calls a pass stand beside what this server answers. Where the two
//! differ, docs/design/0002 says why, in the same words as the row here.

use std::sync::OnceLock;

use crate::support::outcome::{Outcome, outcome, outcome_every_way};
use crate::support::wire::Setup;
use crate::{GOOD, routes};

/// What the conformance application takes of a body that it echoes (`test/conformance/app.mjs`).
const ECHO_BYTES: u64 = 1_000_000_000;

/// The application that the suite asks for.
fn setup() -> Setup {
    let mut setup = setup_by_default();
    setup.config.limits.body_bytes = Some(ECHO_BYTES);
    setup
}

/// The same routes under the limits that a server has if nothing is said.
fn setup_by_default() -> Setup {
    static TABLE: OnceLock<std::sync::Arc<lanner_proto::RouteTable>> = OnceLock::new();
    routes(&TABLE, &[("GET", "/"), ("POST", "/"), ("POST", "/echo")])
}

/// Name, bytes, outcome, what passes, why it does not.
///
/// In the bytes LF stands for CRLF, `␊` for LF and `␍` for CR. The outcome is every status, and
/// `close` where the connection ends, or `wait` where nothing is answered; so are the passes of the
/// suite, of which the first status decides. A reason stands where that is none of the passes.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const COMPLIANCE: &[Row] = &[
    (
        "COMP-BASELINE",
        "GET / HTTP/1.1\nHost: a\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "RFC9112-2.2-BARE-LF-REQUEST-LINE",
        "GET / HTTP/1.1␊Host: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-2.2-BARE-LF-HEADER",
        "GET / HTTP/1.1\nHost: a␊X-Test: b\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-5.1-OBS-FOLD",
        "GET / HTTP/1.1\nHost: a\nX-Test: b\n c\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9110-5.6.2-SP-BEFORE-COLON",
        "GET / HTTP/1.1\nHost: a\nX-Test : b\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-3-MULTI-SP-REQUEST-LINE",
        "GET  / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-7.1-MISSING-HOST",
        "GET / HTTP/1.1\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-2.3-INVALID-VERSION",
        "GET / HTTP/9.9\nHost: a\n\n",
        "505 close",
        "400 505",
        "",
    ),
    (
        "RFC9112-5-EMPTY-HEADER-NAME",
        "GET / HTTP/1.1\nHost: a\n: b\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-3-CR-ONLY-LINE-ENDING",
        "GET / HTTP/1.1␍Host: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-3-MISSING-TARGET",
        "GET HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-3.2-FRAGMENT-IN-TARGET",
        "GET /a#b HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-2.3-HTTP09-REQUEST",
        "GET /\n",
        "400 close",
        "400 wait",
        "",
    ),
    (
        "RFC9112-5-INVALID-HEADER-NAME",
        "GET / HTTP/1.1\nHost: a\nBad[Name: b\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-5-HEADER-NO-COLON",
        "GET / HTTP/1.1\nHost: a\nNoColon\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9110-5.4-DUPLICATE-HOST",
        "GET / HTTP/1.1\nHost: a\nHost: b\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-6.1-CL-NON-NUMERIC",
        "POST / HTTP/1.1\nHost: a\nContent-Length: abc\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "RFC9112-6.1-CL-PLUS-SIGN",
        "POST / HTTP/1.1\nHost: a\nContent-Length: +5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-WHITESPACE-BEFORE-HEADERS",
        "GET / HTTP/1.1\n \nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-DUPLICATE-HOST-SAME",
        "GET / HTTP/1.1\nHost: a\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-HOST-WITH-USERINFO",
        "GET / HTTP/1.1\nHost: user@a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-HOST-WITH-PATH",
        "GET / HTTP/1.1\nHost: a/path\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-ASTERISK-WITH-GET",
        "GET * HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-OPTIONS-STAR",
        "OPTIONS * HTTP/1.1\nHost: a\n\n",
        "204",
        "2xx",
        "",
    ),
    (
        "COMP-UNKNOWN-TE-501",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip\n\n",
        "400 close",
        "400 501",
        "",
    ),
    (
        "COMP-LEADING-CRLF",
        "\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-ABSOLUTE-FORM",
        "GET http://a/ HTTP/1.1\nHost: a\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-METHOD-CASE",
        "get / HTTP/1.1\nHost: a\n\n",
        "405",
        "400 405 501",
        "",
    ),
    (
        "COMP-POST-CL-BODY",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-POST-CL-ZERO",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-POST-NO-CL-NO-TE",
        "POST / HTTP/1.1\nHost: a\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-POST-CL-UNDERSEND",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 10\n\nhello",
        "wait",
        "400 wait",
        "",
    ),
    (
        "COMP-CHUNKED-BODY",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-CHUNKED-MULTI",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n6\n world\n0\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-CHUNKED-EMPTY",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-CHUNKED-NO-FINAL",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n",
        "wait",
        "400 wait",
        "",
    ),
    (
        "COMP-UPGRADE-POST",
        "POST / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-UPGRADE-MISSING-CONN",
        "GET / HTTP/1.1\nHost: a\nUpgrade: websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-UPGRADE-UNKNOWN",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: made-up/1.0\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-METHOD-CONNECT",
        "CONNECT b:443 HTTP/1.1\nHost: b:443\n\n",
        "501 close",
        "400 405 501",
        "",
    ),
    (
        "COMP-EXPECT-UNKNOWN",
        "GET / HTTP/1.1\nHost: a\nExpect: 200-ok\n\n",
        "417 close",
        "417",
        "",
    ),
    (
        "COMP-GET-WITH-CL-BODY",
        "GET / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
        "200",
        "400",
        "A GET may have content (RFC 9110 9.3.1), and search clients send it; it is framed and read like any other.",
    ),
    (
        "COMP-CHUNKED-EXTENSION",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;ext=value\nhello\n0\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-UPGRADE-INVALID-VER",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 99\n\n",
        "400 close",
        "400 426",
        "",
    ),
    (
        "COMP-METHOD-TRACE",
        "TRACE / HTTP/1.1\nHost: a\n\n",
        "405",
        "405 501",
        "",
    ),
    (
        "COMP-HOST-EMPTY-VALUE",
        "GET / HTTP/1.1\nHost: \n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-REQUEST-LINE-TAB",
        "GET\t/ HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-VERSION-MISSING-MINOR",
        "GET / HTTP/1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-VERSION-LEADING-ZEROS",
        "GET / HTTP/01.01\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-VERSION-WHITESPACE",
        "GET / HTTP/ 1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-CONNECTION-CLOSE",
        "GET / HTTP/1.1\nHost: a\nConnection: close\n\n",
        "200 close",
        "2xx",
        "",
    ),
    (
        "COMP-HTTP10-DEFAULT-CLOSE",
        "GET / HTTP/1.0\nHost: a\n\n",
        "200 close",
        "2xx",
        "",
    ),
    (
        "COMP-HTTP10-NO-HOST",
        "GET / HTTP/1.0\n\n",
        "200 close",
        "400",
        "HTTP/1.0 has no Host field; probes of load balancers are sent like this.",
    ),
    (
        "COMP-HTTP12-VERSION",
        "GET / HTTP/1.2\nHost: a\n\n",
        "505 close",
        "",
        "The suite passes no status here; 505 names the version as what is wrong.",
    ),
    (
        "COMP-TRACE-WITH-BODY",
        "TRACE / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
        "405",
        "400 405 501",
        "",
    ),
    (
        "COMP-CHUNKED-TRAILER-VALID",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nX-Checksum: abc\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-CHUNKED-HEX-UPPERCASE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nA\nhelloworld\n0\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-RANGE-POST",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nRange: bytes=0-10\n\nhello",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-UPGRADE-HTTP10",
        "GET / HTTP/1.0\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n",
        "200 close",
        "2xx",
        "",
    ),
    (
        "COMP-HEAD-NO-BODY",
        "HEAD / HTTP/1.1\nHost: a\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-UNKNOWN-METHOD",
        "FOOBAR / HTTP/1.1\nHost: a\n\n",
        "405",
        "400 405 501",
        "",
    ),
    (
        "COMP-405-ALLOW",
        "DELETE / HTTP/1.1\nHost: a\n\n",
        "405",
        "405",
        "",
    ),
    (
        "COMP-DATE-HEADER",
        "GET / HTTP/1.1\nHost: a\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-DATE-FORMAT",
        "GET / HTTP/1.1\nHost: a\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-NO-1XX-HTTP10",
        "POST / HTTP/1.0\nHost: a\nExpect: 100-continue\nContent-Length: 5\n\nhello",
        "200 close",
        "2xx",
        "",
    ),
    (
        "COMP-NO-CL-IN-204",
        "OPTIONS / HTTP/1.1\nHost: a\n\n",
        "204",
        "204",
        "",
    ),
    (
        "COMP-OPTIONS-ALLOW",
        "OPTIONS / HTTP/1.1\nHost: a\n\n",
        "204",
        "2xx",
        "",
    ),
    (
        "COMP-CONTENT-TYPE",
        "GET / HTTP/1.1\nHost: a\n\n",
        "200",
        "2xx",
        "",
    ),
    (
        "COMP-VERSION-CASE",
        "GET / http/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-SPACE-IN-TARGET",
        "GET /pa th HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-DUPLICATE-CT",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nContent-Type: text/plain\nContent-Type: text/html\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "COMP-TRACE-SENSITIVE",
        "TRACE / HTTP/1.1\nHost: a\nAuthorization: Bearer secret\n\n",
        "405",
        "405 501",
        "",
    ),
    (
        "COMP-RANGE-INVALID",
        "GET / HTTP/1.1\nHost: a\nRange: bytes=abc-xyz\n\n",
        "200",
        "2xx 416",
        "",
    ),
    (
        "COMP-ACCEPT-NONSENSE",
        "GET / HTTP/1.1\nHost: a\nAccept: application/x-nonsense\n\n",
        "200",
        "406",
        "Negotiation belongs to the application; without it Accept is disregarded (RFC 9110 12.5.1).",
    ),
    (
        "COMP-POST-UNSUPPORTED-CT",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nContent-Type: application/x-nonsense\n\nhello",
        "200",
        "2xx 415",
        "",
    ),
];

const MALFORMED: &[Row] = &[
    (
        "MAL-NUL-IN-URL",
        "GET /\0test HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-CONTROL-CHARS-HEADER",
        "GET / HTTP/1.1\nHost: a\nX-Test: abc\u{7}\u{8}\u{b}def\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-INCOMPLETE-REQUEST",
        "GET / HTTP/1.1\nHost: a\nX-Test: value",
        "wait",
        "400 wait",
        "",
    ),
    ("MAL-EMPTY-REQUEST", "", "wait", "400 wait", ""),
    (
        "MAL-NON-ASCII-HEADER-NAME",
        "GET / HTTP/1.1\nHost: a\nX-Tëst: value\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-NON-ASCII-URL",
        "GET /café HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-CL-OVERFLOW",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 99999999999999999999\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-WHITESPACE-ONLY-LINE",
        " \n\n",
        "400 close",
        "400 wait",
        "",
    ),
    (
        "MAL-NUL-IN-HEADER-VALUE",
        "GET / HTTP/1.1\nHost: a\nX-Test: val\0ue\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-CHUNK-SIZE-OVERFLOW",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nFFFFFFFFFFFFFFFF0\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-H2-PREFACE",
        "PRI * HTTP/2.0\n\nSM\n\n",
        "505 close",
        "400 505 wait",
        "",
    ),
    (
        "MAL-CL-EMPTY",
        "POST / HTTP/1.1\nHost: a\nContent-Length: \n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-CL-TAB-BEFORE-VALUE",
        "POST / HTTP/1.1\nHost: a\nContent-Length:\t5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-URL-BACKSLASH",
        "GET /path\\file HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-URL-PERCENT-NULL",
        "GET /path%00.html HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-URL-PERCENT-CRLF",
        "GET /path%0d%0aX-Injected:%20true HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "MAL-POST-CL-HUGE-NO-BODY",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 999999999\n\n",
        "wait",
        "400 wait",
        "",
    ),
];

const NORMALISATION: &[Row] = &[
    (
        "NORM-UNDERSCORE-CL",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 11\nContent_Length: 99\n\nhello world",
        "400 close",
        "400",
        "",
    ),
    (
        "NORM-SP-BEFORE-COLON-CL",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 11\nContent-Length : 5\n\nhello world",
        "400 close",
        "400",
        "",
    ),
    (
        "NORM-TAB-IN-NAME",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 11\nContent\tLength: 99\n\nhello world",
        "400 close",
        "400",
        "",
    ),
    (
        "NORM-CASE-TE",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 11\nTRANSFER-ENCODING: chunked\n\nhello world",
        "400 close",
        "400",
        "",
    ),
    (
        "NORM-UNDERSCORE-TE",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 11\nTransfer_Encoding: chunked\n\nhello world",
        "400 close",
        "400",
        "",
    ),
];

/// Conversations of two steps are one input: both steps, as a pipelining client sends them.
const SMUGGLING: &[Row] = &[
    (
        "SMUG-CL-TE-BOTH",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 23\nTransfer-Encoding: chunked\n\nD\nhello-bananas\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-DUPLICATE-CL",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nContent-Length: 10\n\nhelloworld",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-LEADING-ZEROS",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 005\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-XCHUNKED",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: xchunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400 501",
        "",
    ),
    (
        "SMUG-TE-TRAILING-SPACE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked \nContent-Length: 5\n\nhello",
        "400 close",
        "400 501",
        "",
    ),
    (
        "SMUG-TE-SP-BEFORE-COLON",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding : chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-NEGATIVE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: -1\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-PIPELINE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 4\nTransfer-Encoding: chunked\n\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TECL-PIPELINE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 30\n\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-TRAILING-SPACE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5 \n\nhello",
        "200",
        "400",
        "Spaces around a value are no part of it (RFC 9112 5), and who writes a length into reserved room pads it with them.",
    ),
    (
        "SMUG-TE-DOUBLE-CHUNKED",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked, chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-EXTRA-LEADING-SP",
        "POST / HTTP/1.1\nHost: a\nContent-Length:  5\n\nhello",
        "200",
        "400",
        "Spaces around a value are no part of it (RFC 9112 5), and who writes a length into reserved room pads it with them.",
    ),
    (
        "SMUG-TE-CASE-MISMATCH",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: Chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-COMMA-DIFFERENT",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5, 10\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-NOT-FINAL-CHUNKED",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked, gzip\n\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-HTTP10",
        "POST / HTTP/1.0\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-BARE-SEMICOLON",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-EXT-INVALID-TOKEN",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;bad[=x\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-BARE-CR-HEADER-VALUE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nX-Test: val␍ue\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-OCTAL",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 0o5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-UNDERSCORE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n1_0\nhello world!!!!!\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-EMPTY-VALUE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: \nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-LEADING-COMMA",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: , chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-DUPLICATE-HEADERS",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTransfer-Encoding: identity\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-HEX-PREFIX",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0x5\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-SIZE-PLUS",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n+5\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-SIZE-TRAILING-OWS",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5 \nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-HEX-PREFIX",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 0x5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-INTERNAL-SPACE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 1 0\n\nhello12345",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-LEADING-SP",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n 5\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-MISSING-TRAILING-CRLF",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-EXT-LF",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;␊hello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-SPILL",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello!!\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-LF-TERM",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello␊0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-EXT-CTRL",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;\0ext\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-EXT-CR",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;a␍X\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-VTAB",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: \u{b}chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-FORMFEED",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: \u{c}chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-NULL",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\0\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-LF-TRAILER",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\n␊",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-IDENTITY",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: identity\nContent-Length: 5\n\nhello",
        "400 close",
        "400 501",
        "",
    ),
    (
        "SMUG-CHUNK-NEGATIVE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n-1\nhello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TRANSFER_ENCODING",
        "POST / HTTP/1.1\nHost: a\nTransfer_Encoding: chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-COMMA-SAME",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5, 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-COMMA-TRIPLE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5, 5, 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNKED-WITH-PARAMS",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked;ext=val\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-EXPECT-100-CL",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nExpect: 100-continue\n\nhello",
        "200",
        "400",
        "A client need not wait for 100 (RFC 9110 10.1.1); the body is where the length says.",
    ),
    (
        "SMUG-TRAILER-CL",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nContent-Length: 50\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TRAILER-TE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nTransfer-Encoding: chunked\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TRAILER-HOST",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nHost: b\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TRAILER-AUTH",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nAuthorization: Bearer evil\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TRAILER-CONTENT-TYPE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nContent-Type: text/evil\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-HEAD-CL-BODY",
        "HEAD / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
        "200",
        "400",
        "Content is allowed with every method but TRACE (RFC 9110 9.3); it is read and never taken for a request.",
    ),
    (
        "SMUG-OPTIONS-CL-BODY",
        "OPTIONS / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
        "204",
        "400",
        "Content is allowed with every method but TRACE (RFC 9110 9.3); it is read and never taken for a request.",
    ),
    (
        "SMUG-CL-UNDERSCORE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 1_0\n\nhelloworld",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-NEGATIVE-ZERO",
        "POST / HTTP/1.1\nHost: a\nContent-Length: -0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL-DOUBLE-ZERO",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 00\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-OBS-FOLD",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding:\n chunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-TRAILING-COMMA",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked,\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-TAB-BEFORE-VALUE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding:\tchunked\nContent-Length: 5\n\nhello",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-ABSOLUTE-URI-HOST-MISMATCH",
        "GET http://b/ HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-MULTIPLE-HOST-COMMA",
        "GET / HTTP/1.1\nHost: a, b\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-BARE-CR-TERM",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5␍hello\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-CONN-CLOSE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TECL-CONN-CLOSE",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 5\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-DESYNC",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 6\nTransfer-Encoding: chunked\n\n0\n\nXGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-GET",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 32\nTransfer-Encoding: chunked\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-GET-CL-PLUS",
        "POST / HTTP/1.1\nHost: a\nContent-Length: +32\nTransfer-Encoding: chunked\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-GET-CL-NON-NUMERIC",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 32x\nTransfer-Encoding: chunked\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-GET-TE-OBS-FOLD",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding:\n chunked\nContent-Length: 32\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-HEAD",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 33\nTransfer-Encoding: chunked\n\n0\n\nHEAD / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-GET-TE-TRAILING-SPACE",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 32\nTransfer-Encoding: chunked \n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-GET-TE-LEADING-COMMA",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 32\nTransfer-Encoding: , chunked\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CLTE-SMUGGLED-GET-TE-CASE-MISMATCH",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 32\nTransfer-Encoding: Chunked\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TE-DUPLICATE-HEADERS-SMUGGLED-GET",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTransfer-Encoding: identity\nContent-Length: 32\n\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-TECL-SMUGGLED-GET",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 4\n\n2e\nGET / HTTP/1.1\nHost: a\nContent-Length: 7\n\n\n0\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-DUPLICATE-CL-SMUGGLED-GET",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 4\nContent-Length: 31\n\nPINGGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-GET-CL-PREFIX-DESYNC",
        "GET / HTTP/1.1\nHost: a\nContent-Length: 25\n\nGET / HTTP/1.1\nHost: a\n\nGET / HTTP/1.1\nHost: a\n\n",
        "200 200",
        "400 2xx",
        "",
    ),
    (
        "SMUG-TECL-DESYNC",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 30\n\n0\n\nXGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CL0-BODY-POISON",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\nXGET / HTTP/1.1\nHost: a\n\n",
        "200 405",
        "400",
        "Bytes behind a body of no bytes are the next request, here one with the method XGET; nothing else could be made of them.",
    ),
    (
        "SMUG-GET-CL-BODY-DESYNC",
        "GET / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhelloGET / HTTP/1.1\nHost: a\n\n",
        "200 200",
        "400 2xx",
        "",
    ),
    (
        "SMUG-OPTIONS-CL-BODY-DESYNC",
        "OPTIONS / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhelloGET / HTTP/1.1\nHost: a\n\n",
        "204 200",
        "400 2xx",
        "",
    ),
    (
        "SMUG-EXPECT-100-CL-DESYNC",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nExpect: 100-continue\n\nhelloGET / HTTP/1.1\nHost: a\n\n",
        "200 200",
        "400 417 2xx",
        "",
    ),
    (
        "SMUG-OPTIONS-TE-OBS-FOLD",
        "OPTIONS / HTTP/1.1\nHost: a\nTransfer-Encoding:\n chunked\nContent-Length: 5\n\nhelloGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-CHUNK-INVALID-SIZE-DESYNC",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n+0\n\nXGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "400",
        "",
    ),
    (
        "SMUG-PIPELINE-SAFE",
        "GET / HTTP/1.1\nHost: a\n\nGET / HTTP/1.1\nHost: a\n\n",
        "200 200",
        "2xx",
        "",
    ),
];

/// The rows that are too long to write down, and the suite's 256 bytes of noise: name, bytes,
/// outcome, what passes.
type Long = (&'static str, Vec<u8>, &'static str, &'static str);

fn long() -> Vec<Long> {
    let get =
        |target: &str, fields: &str| bytes(&format!("GET {target} HTTP/1.1\nHost: a\n{fields}\n"));
    let post = |rest: &str| bytes(&format!("POST / HTTP/1.1\nHost: a\n{rest}"));
    let path = |len: usize| format!("/{}", "a".repeat(len));
    let long = "A".repeat(100_000);
    let many: String = (0..10_000).map(|n| format!("X-H-{n}: value\n")).collect();
    let ranges = vec!["0-"; 1000].join(",");
    let extension = format!("5;ext={}\nhello\n0\n\n", "a".repeat(65_536));
    let chunked = format!("Transfer-Encoding: chunked\n\n{extension}");
    let octal = format!("Content-Length: 0200\n\n{}", "A".repeat(200));
    let method = bytes(&format!("{long} / HTTP/1.1\nHost: a\n\n"));
    let overlong = [b"GET /\xc0\xaf", &bytes(" HTTP/1.1\nHost: a\n\n")[..]].concat();
    let value = get("/", &format!("X-Big: {long}\n"));
    let name = get("/", &format!("{long}: val\n"));
    let ranges = get("/", &format!("Range: bytes={ranges}\n"));
    let noise: Vec<u8> = (0..=255u8).rev().collect();
    let refused = "400 close";
    vec![
        ("COMP-LONG-URL-OK", get(&path(7900), ""), "404", "404"),
        ("MAL-BINARY-GARBAGE", noise, refused, "400 wait"),
        (
            "MAL-LONG-URL",
            get(&path(100_000), ""),
            "414 close",
            "400 414 431",
        ),
        ("MAL-LONG-HEADER-VALUE", value, "431 close", "400 431"),
        ("MAL-MANY-HEADERS", get("/", &many), "431 close", "400 431"),
        ("MAL-LONG-HEADER-NAME", name, "431 close", "400 431"),
        ("MAL-LONG-METHOD", method, refused, "400"),
        ("MAL-URL-OVERLONG-UTF8", overlong, refused, "400"),
        ("MAL-CHUNK-EXT-64K", post(&chunked), refused, "400 431"),
        // The suite passes no status here.
        ("MAL-RANGE-OVERLAPPING", ranges, "200", "2xx"),
        ("SMUG-CL-LEADING-ZEROS-OCTAL", post(&octal), refused, "400"),
    ]
}

fn bytes(text: &str) -> Vec<u8> {
    let text = text.replace('\n', "\r\n");
    text.replace('␊', "\n").replace('␍', "\r").into_bytes()
}

/// The outcome in the words of a row.
fn words(outcome: &Outcome) -> String {
    let mut words: Vec<_> = outcome.statuses.iter().map(u16::to_string).collect();
    if outcome.ended {
        words.push("close".into());
    }
    match words.is_empty() {
        true => "wait".into(),
        false => words.join(" "),
    }
}

fn passes(outcome: &str, passes: &str) -> bool {
    let first = outcome.split(' ').next().unwrap_or_default();
    let is_same = |pass: &str| pass == first || (pass == "2xx" && first.starts_with('2'));
    passes.split(' ').any(is_same)
}

/// The input however it is cut, behind a good request and before one.
fn check(name: &str, input: &[u8], expected: &str) {
    let setup = setup();
    let cuts = 1..input.len().min(400);
    let alone = outcome_every_way(name, &setup, input, cuts);
    assert_eq!(words(&alone), expected, "{name}");
    let behind = outcome(&setup, [&[GOOD, input].concat()[..]]);
    let wait = if expected == "wait" { "" } else { expected };
    assert_eq!(
        words(&behind),
        format!("200 {wait}").trim_end(),
        "{name}, behind another"
    );
    if expected != "wait" {
        let before = outcome(&setup, [&[input, GOOD].concat()[..]]);
        let next = if alone.ended { "" } else { " 200" };
        assert_eq!(
            words(&before),
            format!("{expected}{next}"),
            "{name}, before another"
        );
    }
    let bodies = alone
        .seen
        .iter()
        .filter(|seen| seen.whole && !seen.body.is_empty());
    for seen in bodies {
        let text = String::from_utf8_lossy(&seen.body);
        let known = ["hello", "hello world", "helloworld"].contains(&&*text);
        assert!(
            known || name == "SMUG-GET-CL-PREFIX-DESYNC",
            "{name}: {text}"
        );
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    [COMPLIANCE, MALFORMED, NORMALISATION, SMUGGLING]
        .into_iter()
        .flatten()
}

#[test]
fn each_test_of_the_suite() {
    for (name, input, expected, ..) in rows() {
        check(name, &bytes(input), expected);
    }
}

#[test]
fn each_long_test_of_the_suite() {
    for (name, input, expected, pass) in long() {
        check(name, &input, expected);
        assert!(passes(expected, pass), "{name}");
    }
}

#[test]
fn what_the_suite_does_not_pass_has_a_reason_in_the_document() {
    let document = include_str!("../../../../docs/design/0002-strictness-against-hyper.md");
    let mut documented = document.lines().filter(|line| {
        ["| COMP-", "| RFC9", "| MAL-", "| NORM-", "| SMUG-"]
            .iter()
            .any(|id| line.starts_with(id))
    });
    for (name, _, expected, pass, why) in rows() {
        assert_eq!(
            passes(expected, pass),
            why.is_empty(),
            "{name}: {expected}, not {pass}"
        );
        if !why.is_empty() {
            let row = format!("| {name} | {expected} | {why} |");
            assert_eq!(documented.next(), Some(&*row), "docs/design/0002");
        }
    }
    assert_eq!(
        documented.next(),
        None,
        "docs/design/0002 has a row too many"
    );
}

/// What the document says of the limit: without one of the application's own, the length of a body
/// is enough to refuse it, with the status made for that.
#[test]
fn a_huge_body_is_refused_by_its_length_where_the_default_holds() {
    let name = "MAL-POST-CL-HUGE-NO-BODY";
    let row = rows().find(|row| row.0 == name).expect("is a row");
    let outcome = outcome(&setup_by_default(), [&bytes(row.1)[..]]);
    assert_eq!(words(&outcome), "413 close");
}

/// 76 tests of compliance, 26 of malformed input, 5 of normalisation, 87 of smuggling.
#[test]
fn no_test_of_the_suite_is_missing() {
    let count = |prefix: &[&str]| {
        let names = rows()
            .map(|row| row.0)
            .chain(long().into_iter().map(|row| row.0));
        let mut names: Vec<_> = names
            .filter(|name| prefix.iter().any(|p| name.starts_with(p)))
            .collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    let counts = [&["COMP-", "RFC9"][..], &["MAL-"], &["NORM-"], &["SMUG-"]].map(count);
    assert_eq!(counts, [76, 26, 5, 87]);
}
