//! From the target's path to the path that routes see: percent-decoding, then dot segments.

mod support;

use lanner_proto::RejectReason as R;
use support::{accept, refuse, with_line};

fn path(target: &str) -> String {
    let request = accept(&with_line(&format!("GET {target} HTTP/1.1")));
    assert_eq!(request.target, target, "the target stays as sent");
    request.path
}

/// Dot segments: RFC 3986 section 5.2.4, and names that only look like them.
const DOT_SEGMENTS: &[(&str, &str)] = &[
    ("/.", "/"),
    ("/./", "/"),
    ("/..", "/"),
    ("/../", "/"),
    ("/a/.", "/a/"),
    ("/a/./", "/a/"),
    ("/a/..", "/"),
    ("/a/../", "/"),
    ("/a/./b", "/a/b"),
    ("/a/./b/", "/a/b/"),
    ("/a/../b", "/b"),
    ("/a/../b/", "/b/"),
    ("/./a", "/a"),
    ("/./a/", "/a/"),
    ("/../a", "/a"),
    ("/../a/", "/a/"),
    ("/a/b/.", "/a/b/"),
    ("/a/b/..", "/a/"),
    ("/a/b/../", "/a/"),
    ("/a/b/../c", "/a/c"),
    ("/a/b/../..", "/"),
    ("/a/b/../../", "/"),
    ("/a/b/../../c", "/c"),
    ("/a/b/../../../c", "/c"),
    ("/a/../../../../b", "/b"),
    ("/../../..", "/"),
    ("/../../../", "/"),
    ("/./././.", "/"),
    ("/./././a", "/a"),
    ("/a/././.", "/a/"),
    ("/a/./../b", "/b"),
    ("/a/.././b", "/b"),
    ("/a/b/./../c", "/a/c"),
    ("/a/b/c/./../../g", "/a/g"),
    ("/mid/content=5/../6", "/mid/6"),
    ("/b/c/d;p/../g", "/b/c/g"),
    ("/b/c/g;x=1/./y", "/b/c/g;x=1/y"),
    ("/b/c/g;x=1/../y", "/b/c/y"),
    ("/...", "/..."),
    ("/.../", "/.../"),
    ("/....", "/...."),
    ("/a/...", "/a/..."),
    ("/a/.../b", "/a/.../b"),
    ("/..a", "/..a"),
    ("/a..", "/a.."),
    ("/.a", "/.a"),
    ("/a.", "/a."),
    ("/a/..b", "/a/..b"),
    ("/a/b..", "/a/b.."),
    ("/a/.b/c", "/a/.b/c"),
    ("/a/b./c", "/a/b./c"),
    ("/a/..b/../c", "/a/c"),
    ("/a/.../../c", "/a/c"),
    ("/.well-known/x", "/.well-known/x"),
    ("//.", "//"),
    ("//..", "/"),
    ("/.//", "//"),
    ("/..//", "//"),
    ("/..//a", "//a"),
    ("/a//../b", "/a/b"),
    ("/a//./b", "/a//b"),
    ("/a/..//b", "//b"),
    ("/a//b//../..", "/a//"),
    ("/a/b//../c", "/a/b/c"),
    ("/;/../;", "/;"),
    ("/a/./", "/a/"),
];

/// The same after decoding, and where decoding must not make a segment.
const ENCODED_DOTS: &[(&str, &str)] = &[
    ("/%2e", "/"),
    ("/%2E%2E", "/"),
    ("/.%2e/a", "/a"),
    ("/%2e./a", "/a"),
    ("/a/%2e%2e/b", "/b"),
    ("/a/%2E/b", "/a/b"),
    ("/a/b/%2e%2E", "/a/"),
    ("/a/%2e%2e%2fb", "/a/..%2fb"),
    ("/a%2F..%2Fb", "/a%2F..%2Fb"),
    ("/a%2F../b", "/a%2F../b"),
    ("/a/%2e%2e%2e", "/a/..."),
    ("/%61/../%62", "/b"),
    ("/a/%252e%252e/b", "/a/%2e%2e/b"),
    ("/a/%C3%A5/../b", "/a/b"),
    ("http://a/b/../c", "/c"),
    ("http://a/%2e%2e/c", "/c"),
];

/// Percent-decoding: what is decoded, what stays as sent.
const ESCAPES: &[(&str, &str)] = &[
    ("/foo%20bar", "/foo bar"),
    ("/%66%6F%6f", "/foo"),
    ("/%E4%BD%A0%E5%A5%BD", "/你好"),
    ("/%F0%9F%98%80", "/😀"),
    ("/%F4%8F%BF%BF", "/\u{10FFFF}"),
    ("/%EE%80%80", "/\u{E000}"),
    ("/%ED%9F%BF", "/\u{D7FF}"),
    ("/%C2%80", "/\u{80}"),
    ("/%7F", "/\u{7F}"),
    ("/%23%3F", "/#?"),
    ("/%5C", "/\\"),
    ("/%2F", "/%2F"),
    ("/%2f%2F", "/%2f%2F"),
    ("/%252F", "/%2F"),
    ("/%25", "/%"),
    ("/%", "/%"),
    ("/%%", "/%%"),
    ("/%1", "/%1"),
    ("/%%1", "/%%1"),
    ("/%$$", "/%$$"),
    ("/%4G", "/%4G"),
    ("/%G4", "/%G4"),
    ("/%41%", "/A%"),
    ("/%41%4", "/A%4"),
    ("/%%41", "/%A"),
    ("/%C3", "/%C3"),
    ("/%C3x", "/%C3x"),
    ("/%C3%", "/%C3%"),
    ("/%C3%4", "/%C3%4"),
    ("/%C3%41", "/%C3A"),
    ("/%C3%C3%A5", "/%C3å"),
    ("/%80", "/%80"),
    ("/%BF%BF", "/%BF%BF"),
    ("/%C0%80", "/%C0%80"),
    ("/%C0%AF", "/%C0%AF"),
    ("/%C1%BF", "/%C1%BF"),
    ("/%E0%80%AF", "/%E0%80%AF"),
    ("/%E0%9F%BF", "/%E0%9F%BF"),
    ("/%ED%A0%81", "/%ED%A0%81"),
    ("/%ED%BF%BF", "/%ED%BF%BF"),
    ("/%E2%82", "/%E2%82"),
    ("/%E2%82%41", "/%E2%82A"),
    ("/%E2%82%C3%A5", "/%E2%82å"),
    ("/%F0%80%80%80", "/%F0%80%80%80"),
    ("/%F0%8F%BF%BF", "/%F0%8F%BF%BF"),
    ("/%F4%90%80%80", "/%F4%90%80%80"),
    ("/%F7%BF%BF%BF", "/%F7%BF%BF%BF"),
    ("/%F0%9F%98", "/%F0%9F%98"),
    ("/%F0%9F%98%41", "/%F0%9F%98A"),
    ("/%F5%80%80%80", "/%F5%80%80%80"),
    ("/%FE%FF", "/%FE%FF"),
];

#[test]
fn dot_segments_are_removed() {
    for (target, expected) in DOT_SEGMENTS {
        assert_eq!(path(target), *expected, "{target}");
    }
}

#[test]
fn encoded_dots_are_dots_and_encoded_slashes_are_not_slashes() {
    for (target, expected) in ENCODED_DOTS {
        assert_eq!(path(target), *expected, "{target}");
    }
}

#[test]
fn escapes_are_decoded_once_and_only_where_valid() {
    for (target, expected) in ESCAPES {
        assert_eq!(path(target), *expected, "{target}");
    }
}

#[test]
fn queries_stay_as_sent() {
    for query in ["a=/../b", "%2e%2e/", "./../.", "%41%00", "a%2Fb"] {
        let request = accept(&with_line(&format!("GET /x/../y?{query} HTTP/1.1")));
        assert_eq!(
            (request.path.as_str(), request.query.as_deref()),
            ("/y", Some(query))
        );
    }
}

#[test]
fn encoded_nul_is_refused() {
    for target in [
        "/%00",
        "/a%00",
        "/%00a",
        "/%00%00",
        "/%C3%A5%00",
        "/%E2%00%82",
        "/%00/../a",
        "/%F3%00%82%86",
        "/%F3%A0%00%86",
        "/%F3%A0%82%00",
        "http://a/%00",
    ] {
        refuse(&with_line(&format!("GET {target} HTTP/1.1")), R::NulInPath);
    }
}

#[test]
fn encoded_line_breaks_are_refused() {
    for target in [
        "/%0D",
        "/%0a",
        "/a%0d%0aX:%20y",
        "/%0D/../a",
        "http://a/%0A",
    ] {
        refuse(
            &with_line(&format!("GET {target} HTTP/1.1")),
            R::LineBreakInPath,
        );
    }
    let request = accept(&with_line("GET /?a%0D%0Ab%00 HTTP/1.1"));
    assert_eq!(request.query.as_deref(), Some("a%0D%0Ab%00"));
}

#[test]
fn backslashes_have_no_place_in_a_path() {
    for target in ["/\\", "/a\\b", "/\\..\\a", "/%41\\", "http://a/\\b"] {
        refuse(
            &with_line(&format!("GET {target} HTTP/1.1")),
            R::InvalidRequestTarget,
        );
    }
    let request = accept(&with_line("GET /?a\\b HTTP/1.1"));
    assert_eq!(request.query.as_deref(), Some("a\\b"));
}
