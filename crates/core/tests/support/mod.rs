//! What the tests of the core share: both ends of a connection, without a socket and without time.

#![allow(
    dead_code,
    reason = "each test binary uses its own part of the support module"
)]

pub(crate) mod cuts;
pub(crate) mod echo;
pub(crate) mod entries;
pub(crate) mod live;
pub(crate) mod outcome;
pub(crate) mod records;
pub(crate) mod wire;

/// The `Date` field's value: time stands at the epoch unless a test moves it.
pub(crate) const DATE: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

/// Bytes from text whose lines end in LF; `@` is the date.
pub(crate) fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").replace('@', DATE).into_bytes()
}

/// A 200 of plain text that keeps the connection.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    let mut bytes = crlf("HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\n");
    bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&crlf("Date: @\n\n"));
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

/// A 200 of plain text that ends the connection.
pub(crate) fn ok_close(body: &str) -> Vec<u8> {
    let text = String::from_utf8(ok(body)).expect("text");
    text.replacen("Date:", "Connection: close\r\nDate:", 1)
        .into_bytes()
}
