//! The tables of other servers' own tests, as black boxes: llhttp's requests, Kestrel's lines,
//! targets, fields and chunks, hyper's lengths and keep-alive.
//!
//! The forms are theirs, the rows are ours; the many spellings of a single field or line are in the
//! tests of `lanner-proto`. Each row says the statuses, whether the connection ends, and what the
//! handler saw.

use crate::support::outcome::{Outcome, Seen, outcome, outcome_every_way};
use crate::{GOOD, setup};

/// Name, bytes, statuses and `close` or nothing, what the handler saw.
///
/// In the bytes LF stands for CRLF, `␊` for LF and `␍` for CR. A request that was seen is its
/// method and target, its body behind `|`, and `…` behind a body that has not ended; several are
/// joined by ` & `.
type Row = (&'static str, &'static str, &'static str, &'static str);

const LLHTTP: &[Row] = &[
    (
        "keep-alive said twice",
        "PUT /u HTTP/1.1\nHost: a\nConnection: keep-alive\n\nPUT /v HTTP/1.1\nHost: a\nConnection: keep-alive\n\n",
        "200 200",
        "PUT /u & PUT /v",
    ),
    (
        "1.0 closes before a next one",
        "GET /u HTTP/1.0\n\nPUT /v HTTP/1.1\n\n",
        "200 close",
        "GET /u",
    ),
    (
        "1.0 with a length closes",
        "PUT /u HTTP/1.0\nContent-Length: 0\n\nPUT /v HTTP/1.1\n\n",
        "200 close",
        "PUT /u",
    ),
    (
        "1.0 keeps on demand",
        "GET /u HTTP/1.0\nConnection: keep-alive\n\nGET /v HTTP/1.0\n\n",
        "200 200 close",
        "GET /u & GET /v",
    ),
    (
        "CRLF behind a body",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: 4\n\nq=42\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 200",
        "POST /u|q=42 & GET /v",
    ),
    (
        "CRLF behind a body, then close",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: 4\nConnection: close\n\nq=42\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 close",
        "POST /u|q=42",
    ),
    (
        "close before a tab",
        "PUT /u HTTP/1.1\nHost: a\nConnection: close\t\n\nGET /v HTTP/1.1\n\n",
        "200 close",
        "PUT /u",
    ),
    (
        "CR in an option",
        "PUT /u HTTP/1.1\nHost: a\nConnection: keep␍alive\n\n",
        "400 close",
        "",
    ),
    (
        "close wins among options",
        "PUT /u HTTP/1.1\nHost: a\nConnection: close, token, upgrade, token, keep-alive\n\nX",
        "200 close",
        "PUT /u",
    ),
    (
        "close in the second field",
        "GET /u HTTP/1.1\nHost: a\nConnection: keep-alive\nConnection: x, close\n\nX",
        "200 close",
        "GET /u",
    ),
    (
        "options, folded",
        "GET /u HTTP/1.1\nHost: a\nConnection: Something,\n Upgrade\n\n",
        "400 close",
        "",
    ),
    (
        "Connection before a space",
        "PUT /u HTTP/1.1\nHost: a\nConnection : upgrade\nContent-Length: 4\n\nabcd",
        "400 close",
        "",
    ),
    (
        "upgrade, the rest is a next request",
        "GET /u HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: WebSocket\n\nHot diggity\n\n",
        "200 400 close",
        "GET /u",
    ),
    (
        "upgrade with a body",
        "PUT /u HTTP/1.1\nHost: a\nConnection: upgrade\nContent-Length: 4\nUpgrade: ws\n\nabcdGET /v HTTP/1.1\nHost: a\n\n",
        "200 200",
        "PUT /u|abcd & GET /v",
    ),
    (
        "length with zeros",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length: 003\n\nabc",
        "400 close",
        "",
    ),
    (
        "length past 64 bits",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length: 18446744073709551616\n\n",
        "400 close",
        "",
    ),
    (
        "largest length",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length: 18446744073709551615\n\n",
        "413 close",
        "",
    ),
    (
        "two lengths",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\n",
        "400 close",
        "",
    ),
    (
        "length and identity",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: identity\n\nx",
        "400 close",
        "",
    ),
    (
        "length before a space",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length : 4\n\nabcd",
        "400 close",
        "",
    ),
    (
        "a GET of 1.0 with a body",
        "GET /u HTTP/1.0\nconTENT-Length: 5\n\nHELLO",
        "200 close",
        "GET /u|HELLO",
    ),
    (
        "length among spaces",
        "POST /u HTTP/1.1\nHost: a\nContent-Length:   2  \n\nab",
        "200",
        "POST /u|ab",
    ),
    // llhttp takes it; why not here is in docs/design/0002.
    (
        "length among tabs",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: \t 2\t \n\nab",
        "400 close",
        "",
    ),
    (
        "length with a space inside",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: 4 2\n\n",
        "400 close",
        "",
    ),
    (
        "empty length",
        "POST /u HTTP/1.1\nHost: a\nContent-Length:\n\n",
        "400 close",
        "",
    ),
    (
        "CR for the dash of a name",
        "PUT /u HTTP/1.1\nHost: a\nContent␍Length: 3\n\nabc",
        "400 close",
        "",
    ),
    (
        "a length without its body",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length: 27\n\nPOST /v HTTP/1.1\nHost: a\n\n",
        "200",
        "PUT /u|POST /v HTTP/1.1\r\nHost: a\r\n",
    ),
    (
        "half an empty line before a body",
        "PUT /u HTTP/1.1\nHost: a\nContent-Length: 3\n␍abc",
        "400 close",
        "",
    ),
    (
        "another protocol",
        "GET /u ICE/1.0\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "almost the protocol",
        "GET /u IHTTP/1.0\nHost: a\n\n",
        "400 close",
        "",
    ),
    ("RTSP", "OPTIONS /u RTSP/1.0\nHost: a\n\n", "400 close", ""),
    (
        "a method of RTSP",
        "ANNOUNCE /u HTTP/1.0\n\n",
        "200 close",
        "ANNOUNCE /u",
    ),
    (
        "fields apart by CR",
        "GET /u HTTP/1.1\nHost: a\nFoo: 1␍Bar: 2\n\n",
        "400 close",
        "",
    ),
    (
        "fields apart by LF",
        "POST /u HTTP/1.1\nHost: a\nx:x␊Transfer-Encoding: chunked\n\n1\nA\n0\n\n",
        "400 close",
        "",
    ),
    (
        "an empty field apart by CR",
        "POST /u HTTP/1.1\nHost: a\nx:␍Transfer-Encoding: chunked\n\n1\nA\n0\n\n",
        "400 close",
        "",
    ),
    (
        "a request behind CR and a letter",
        "GET /u HTTP/1.1\nConnection: close\nHost: a\n␍ZGET /evil: HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a request in a field behind LF",
        "GET /u HTTP/1.1\nHost: a\nDummy: x␊Content-Length: 23\n\nGET / HTTP/1.1\nDummy: GET /admin HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a name with @",
        "GET /u HTTP/1.1\nHost: a\nFo@: b\n\n",
        "400 close",
        "",
    ),
    (
        "a name with a control character",
        "GET /u HTTP/1.1\nHost: a\nFoo\u{1}test: b\n\n",
        "400 close",
        "",
    ),
    (
        "an unheard-of method",
        "MKCOLA /u HTTP/1.1\nHost: a\n\n",
        "200",
        "MKCOLA /u",
    ),
    (
        "a colon on the next line",
        "GET /u HTTP/1.1\nHost: a\nname\n : value\n\n",
        "400 close",
        "",
    ),
    (
        "a corrupted name",
        "GET /u HTTP/1.1\nHost: a\nX-Some␍\u{1b}5Keep-Alive\nAccept: b\n\n",
        "400 close",
        "",
    ),
    (
        "version 5.6",
        "GET /u HTTP/5.6\nHost: a\n\n",
        "505 close",
        "",
    ),
    (
        "a space before the first field",
        "GET /u HTTP/1.1\n Host: a\n\n",
        "400 close",
        "",
    ),
    (
        "a space before a length",
        "POST /u HTTP/1.1\nHost: a\nFoo: b\n Content-Length: 38\n\nGET /bye HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "LF alone everywhere",
        "POST /u HTTP/1.1␊Host: a␊Transfer-Encoding: chunked␊␊0␊␊",
        "400 close",
        "",
    ),
    (
        "CONNECT of 1.0",
        "CONNECT a.b:443 HTTP/1.0\n\nsome data",
        "501 close",
        "",
    ),
    (
        "M-SEARCH of an asterisk",
        "M-SEARCH * HTTP/1.1\nHost: 239.255.255.250:1900\n\n",
        "400 close",
        "",
    ),
    (
        "PRI in HTTP/1.1",
        "PRI * HTTP/1.1\n\nSM\n\n",
        "400 close",
        "",
    ),
    ("PURGE", "PURGE /u HTTP/1.1\nHost: a\n\n", "200", "PURGE /u"),
    (
        "three with bodies",
        "POST /a HTTP/1.1\nHost: a\nContent-Length: 3\n\nAAAPUT /b HTTP/1.1\nHost: a\nContent-Length: 4\n\nBBBBPATCH /c HTTP/1.1\nHost: a\nContent-Length: 5\n\nCCCCC",
        "200 200 200",
        "POST /a|AAA & PUT /b|BBBB & PATCH /c|CCCCC",
    ),
    (
        "an old host with =",
        "GET /u HTTP/1.1\nHost: 0.0.0.0=5000\n\n",
        "400 close",
        "",
    ),
    (
        "a value of signs",
        "GET /u HTTP/1.1\nHost: a\naaaa:++++++++++\n\n",
        "200",
        "GET /u",
    ),
    (
        "UTF-8 in a value",
        "GET /u HTTP/1.1\nHost: a\nTest: Düsseldorf\n\n",
        "200",
        "GET /u",
    ),
    (
        "folded values",
        "GET /u HTTP/1.1\nHost: a\nLine:   abc\n\tdef\n ghi\n\n",
        "400 close",
        "",
    ),
    (
        "quotes in a target",
        "GET /with_\"lovely\"_quotes?foo=\"bar\" HTTP/1.1\nHost: a\n\n",
        "200",
        "GET /with_\"lovely\"_quotes?foo=\"bar\"",
    ),
    (
        "two question marks",
        "GET /u?foo=bar?baz HTTP/1.1\nHost: a\n\n",
        "200",
        "GET /u?foo=bar?baz",
    ),
    (
        "a host before a query",
        "GET http://a.org?b=c HTTP/1.1\nHost: a.org\n\n",
        "200",
        "GET http://a.org?b=c",
    ),
    (
        "a port before a query",
        "GET http://a.org:1234?b=c HTTP/1.1\nHost: a.org:1234\n\n",
        "200",
        "GET http://a.org:1234?b=c",
    ),
    (
        "a port before the end",
        "GET http://a.org:1234 HTTP/1.1\nHost: a.org:1234\n\n",
        "200",
        "GET http://a.org:1234",
    ),
    (
        "a bar in a query",
        "GET /u?query=| HTTP/1.1\nHost: a\n\n",
        "200",
        "GET /u?query=|",
    ),
    (
        "UTF-8 in a target",
        "GET /δ¶/δt HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a fragment behind a query",
        "GET /u?page=1#posts HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "userinfo",
        "GET http://a%12:b!&*$@a.org:1234/t HTTP/1.1\nHost: a.org:1234\n\n",
        "400 close",
        "",
    ),
    (
        "digits in lower case",
        "PUT /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\na\n0123456789\n0\n\n",
        "200",
        "PUT /u|0123456789",
    ),
    (
        "zeros end the chunks",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n6\n world\n000\n\n",
        "200",
        "POST /u|hello world",
    ),
    (
        "a forbidden trailer",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n0\nVary: *\nContent-Type: text/plain\n\n",
        "400 close",
        "POST /u|hello…",
    ),
    (
        "chunk extensions",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;ilovew3;somuchlove=are;another=b\nhello\n6;blah;blah\n world\n0\n\n",
        "200",
        "POST /u|hello world",
    ),
    (
        "quoted extensions",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;a=\"I \\\"love\\\"; \\\\x\\\\\";b=c;d\nhello\n0\n\n",
        "200",
        "POST /u|hello",
    ),
    (
        "an open quote",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;a=\"abc\";b=\"def; ghi\nhello\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "an extension without semicolon",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2 erfr\naa\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "pigeons",
        "PUT /u HTTP/1.1\nHost: a\nTransfer-Encoding: pigeons\n\n",
        "400 close",
        "",
    ),
    (
        "three empty codings and a length",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: 10\nTransfer-Encoding:\nTransfer-Encoding:\nTransfer-Encoding:\n\n2\nAA\n0\n\n",
        "400 close",
        "",
    ),
    (
        "chunked before deflate",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTransfer-Encoding: deflate\n\nWorld",
        "400 close",
        "",
    ),
    (
        "deflate before chunked",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: deflate\nTransfer-Encoding: chunked\n\n5\nWorld\n0\n\n",
        "501 close",
        "",
    ),
    (
        "chunkedchunked",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunkedchunked\n\n5\nWorld\n0\n\n",
        "400 close",
        "",
    ),
    (
        "an empty line for the last chunk",
        "PUT /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nfoo\n\n",
        "400 close",
        "PUT /u|foo…",
    ),
    (
        "blanks and LF behind a size",
        "PUT /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3 ␊  \nfoo\n",
        "400 close",
        "PUT /u…",
    ),
    (
        "a folded coding",
        "PUT /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n  abc\n\n5\nWorld\n0\n\n",
        "400 close",
        "",
    ),
    (
        "CR and CR behind a size",
        "GET /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5␍␍;ABCD\n34\nE\n0\n\nGET / HTTP/1.1\nHost: a\n\n",
        "400 close",
        "GET /u…",
    ),
    (
        "data without its end",
        "GET /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nABCDE0\n\n",
        "400 close",
        "GET /u|ABCDE…",
    ),
    (
        "a space behind a size",
        "PUT /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\na \n0123456789\n0\n\n",
        "400 close",
        "PUT /u…",
    ),
];

const KESTREL: &[Row] = &[
    (
        "three spaces before the target",
        "GET    /u HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a space behind the version",
        "GET /u HTTP/1.1 \nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a target that begins with a query",
        "GET ?a=b HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a target that begins with an escape",
        "GET %2F HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "two asterisks",
        "OPTIONS ** HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "up from nowhere",
        "GET ../../u HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "up from the root",
        "GET /../../u HTTP/1.1\nHost: a\n\n",
        "200",
        "GET /../../u",
    ),
    (
        "a URL without host",
        "GET http:///u HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a URL of nothing but a port",
        "GET http://:80/u HTTP/1.1\nHost: :80\n\n",
        "400 close",
        "",
    ),
    (
        "a URL of a WebSocket",
        "GET ws://a/u HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "an escape in a host",
        "GET http://a%20b/u HTTP/1.1\nHost: a%20b\n\n",
        "400 close",
        "",
    ),
    (
        "an escaped percent sign",
        "GET /%25%30%30 HTTP/1.1\nHost: a\n\n",
        "200",
        "GET /%25%30%30",
    ),
    (
        "half an escape in a query",
        "GET /u?%A HTTP/1.1\nHost: a\n\n",
        "200",
        "GET /u?%A",
    ),
    (
        "an encoded NUL in a query",
        "GET /u?arg=%00 HTTP/1.1\nHost: a\n\n",
        "200",
        "GET /u?arg=%00",
    ),
    (
        "a NUL in a query",
        "GET /u?a\0b HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "a NUL in a method",
        "G\0T /u HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "an authority for GET",
        "GET a:80 HTTP/1.1\nHost: a:80\n\n",
        "400 close",
        "",
    ),
    (
        "another host in the target",
        "GET http://b/u HTTP/1.1\nHost: a\n\n",
        "400 close",
        "",
    ),
    (
        "the default port left out",
        "GET http://a/u HTTP/1.1\nHost: a:80\n\n",
        "200",
        "GET http://a/u",
    ),
    (
        "an IPv6 host",
        "GET /u HTTP/1.1\nHost: [::1]:80\n\n",
        "200",
        "GET /u",
    ),
    (
        "an IPv6 host without end",
        "GET /u HTTP/1.1\nHost: [::1\n\n",
        "400 close",
        "",
    ),
    (
        "a host of two ports",
        "GET /u HTTP/1.1\nHost: a:80:80\n\n",
        "400 close",
        "",
    ),
    (
        "CR in front of CRLF",
        "GET /u HTTP/1.1\nHost: a\nX: b␍\n\n",
        "400 close",
        "",
    ),
    (
        "no colon",
        "GET /u HTTP/1.1\nHost: a\nHeader\n\n",
        "400 close",
        "",
    ),
    (
        "a tab in a name",
        "GET /u HTTP/1.1\nHost: a\nHea\tder: b\n\n",
        "400 close",
        "",
    ),
    (
        "a name of UTF-8",
        "GET /u HTTP/1.1\nHost: a\nHeäder: b\n\n",
        "400 close",
        "",
    ),
    (
        "a POST of 1.0 without length",
        "POST /u HTTP/1.0\n\n",
        "400 close",
        "",
    ),
    (
        "a PUT of 1.1 without length",
        "PUT /u HTTP/1.1\nHost: a\n\n",
        "200",
        "PUT /u",
    ),
    (
        "LF ends an extension",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2;a␊xx\nab\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "CR ends an extension",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2;a␍xx\nab\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "empty extensions",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2;;;\nab\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "more data than the size",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2\nabc\n0\n\n",
        "400 close",
        "POST /u|ab…",
    ),
    (
        "less data than the size",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n4\nab\n0\n\nGET /v",
        "400 close",
        "POST /u|ab\r\n…",
    ),
    (
        "a size that is no number",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\ng\nab\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "trailers, then a next request",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2\nab\n0\nX: y\n\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 200",
        "POST /u|ab & GET /v",
    ),
    ("a TLS record", "\u{16}\u{3}\u{1}\u{2}", "400 close", ""),
];

const HYPER: &[Row] = &[
    (
        "chunked and a length",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: 2\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n",
        "400 close",
        "",
    ),
    (
        "chunked and a length, turned",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 2\n\n2\nab\n0\n\n",
        "400 close",
        "",
    ),
    (
        "chunked in HTTP/1.0",
        "POST /u HTTP/1.0\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n",
        "400 close",
        "",
    ),
    (
        "the same length twice",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: 2\nContent-Length: 2\n\nab",
        "400 close",
        "",
    ),
    (
        "a signed length",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: +2\n\nab",
        "400 close",
        "",
    ),
    (
        "a list of lengths",
        "POST /u HTTP/1.1\nHost: a\nContent-Length: 2,2\n\nab",
        "400 close",
        "",
    ),
    (
        "gzip, chunked",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: gzip, chunked\n\n0\n\n",
        "501 close",
        "",
    ),
    (
        "chunked, gzip",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked, gzip\n\n0\n\n",
        "400 close",
        "",
    ),
    (
        "GET has no body without framing",
        "GET /u HTTP/1.1\nHost: a\n\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 200",
        "GET /u & GET /v",
    ),
    (
        "POST has no body without framing",
        "POST /u HTTP/1.1\nHost: a\n\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 200",
        "POST /u & GET /v",
    ),
    (
        "HEAD keeps",
        "HEAD /u HTTP/1.1\nHost: a\n\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 200",
        "HEAD /u & GET /v",
    ),
    (
        "close, in capitals",
        "GET /u HTTP/1.1\nHost: a\nConnection: CLOSE\n\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 close",
        "GET /u",
    ),
    (
        "1.0 keeps, in capitals",
        "GET /u HTTP/1.0\nConnection: Keep-Alive\n\nGET /v HTTP/1.1\nHost: a\n\n",
        "200 200",
        "GET /u & GET /v",
    ),
    (
        "a chunk size past 64 bits",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nf0000000000000003\nabc\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "sixteen zeros",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0000000000000000\n\n",
        "200",
        "POST /u",
    ),
    (
        "a negative chunk size",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n-1\nabc\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "a chunk size with a prefix",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0x1\na\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "a chunk size behind a space",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n 1\na\n0\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "no line end behind data",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n1\na0\n\n",
        "400 close",
        "POST /u|a…",
    ),
    (
        "no name in a trailer",
        "POST /u HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0\n: b\n\n",
        "400 close",
        "POST /u…",
    ),
    (
        "an HTTP/2 preface",
        "PRI * HTTP/2.0\n\nSM\n\n",
        "505 close",
        "",
    ),
    ("no HTTP at all", "hello\n\n", "400 close", ""),
];

fn bytes(text: &str) -> Vec<u8> {
    let text = text.replace('\n', "\r\n");
    text.replace('␊', "\n").replace('␍', "\r").into_bytes()
}

fn statuses(outcome: &Outcome) -> String {
    let statuses: Vec<_> = outcome.statuses.iter().map(u16::to_string).collect();
    let end = if outcome.ended { " close" } else { "" };
    statuses.join(" ") + end
}

fn seen(seen: &[Seen]) -> String {
    let one = |seen: &Seen| {
        let body = String::from_utf8_lossy(&seen.body);
        let bar = if body.is_empty() { "" } else { "|" };
        let more = if seen.whole { "" } else { "…" };
        format!("{}{bar}{body}{more}", seen.line)
    };
    seen.iter().map(one).collect::<Vec<_>>().join(" & ")
}

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for (name, input, expected, handled) in rows {
        let input = bytes(input);
        let alone = outcome_every_way(name, &setup(), &input, 1..input.len());
        let got = (statuses(&alone), seen(&alone.seen));
        if (got.0.as_str(), got.1.as_str()) != (*expected, *handled) {
            wrong.push(format!("{name}: {got:?}, not {expected:?} {handled:?}"));
        }
        let behind = outcome(&setup(), [&[GOOD, &input].concat()[..]]);
        assert_eq!(behind.statuses[0], 200, "{name}, behind another");
        assert_eq!(
            behind.statuses[1..],
            alone.statuses,
            "{name}, behind another"
        );
        let before = outcome(&setup(), [&[&input, GOOD].concat()[..]]);
        let next = before.statuses.len() - alone.statuses.len();
        assert_eq!(next, usize::from(!alone.ended), "{name}, before another");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rows_of_llhttp() {
    check(LLHTTP);
}

#[test]
fn rows_of_kestrel() {
    check(KESTREL);
}

#[test]
fn rows_of_hyper() {
    check(HYPER);
}

/// Kestrel's lines that are cut anywhere wait; so does everything that is valid so far.
#[test]
fn every_prefix_of_a_valid_request_waits() {
    let valid = bytes(
        "POST /u?a=b HTTP/1.1\nHost: a\nX: y\nTransfer-Encoding: chunked\n\n2;a=\"b\"\nab\n0\nT: u\n\n",
    );
    for end in 0..valid.len() {
        let outcome = outcome(&setup(), [&valid[..end]]);
        assert_eq!(
            (outcome.statuses, outcome.ended),
            (Vec::new(), false),
            "{end} bytes"
        );
    }
}
