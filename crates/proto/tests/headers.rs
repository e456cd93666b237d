//! Field lines: what a line may look like, and what its name and value may hold.

mod support;

use lanner_proto::RejectReason as R;
use lanner_proto::known;
use support::{accept, refuse, with_fields};

fn value(line: &[u8]) -> Vec<u8> {
    let mut request = accept(&with_fields(line));
    assert_eq!(request.fields.len(), 2);
    request.fields.remove(1).1
}

#[test]
fn whitespace_around_a_value_is_not_part_of_it() {
    for (line, expected) in [
        ("X:y", "y"),
        ("X: y", "y"),
        ("X:  \t y \t ", "y"),
        ("X:\ty\t", "y"),
        ("X: a b\tc ", "a b\tc"),
        ("X:", ""),
        ("X: ", ""),
        ("X: \t \t", ""),
        ("X::", ":"),
        ("X: :a:", ":a:"),
        (
            "X: a value that is longer than eight bytes, and then some",
            "a value that is longer than eight bytes, and then some",
        ),
    ] {
        assert_eq!(value(line.as_bytes()), expected.as_bytes(), "{line:?}");
    }
}

#[test]
fn values_hold_every_byte_but_controls() {
    for byte in 0..=255u8 {
        for line in [
            vec![byte],
            vec![b'a', byte, b'b'],
            [&[b'.'; 9][..], &[byte], b"z"].concat(),
        ] {
            let line = [b"X: ", &line[..]].concat();
            match byte {
                b'\r' => refuse(&with_fields(&line), R::BareCarriageReturn),
                b'\n' => refuse(&with_fields(&line), R::BareLineFeed),
                0x00..=0x08 | 0x0B..=0x1F | 0x7F => {
                    refuse(&with_fields(&line), R::InvalidHeaderValue);
                }
                _ => assert_eq!(value(&line), chars_trimmed(&line[3..])),
            }
        }
    }
}

fn chars_trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[test]
fn names_are_tokens() {
    let token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    assert_eq!(value(format!("{token}: y").as_bytes()), b"y");
    for byte in 0..=255u8 {
        if token.as_bytes().contains(&byte) || byte == b':' {
            continue;
        }
        let reason = match byte {
            b'\r' => R::BareCarriageReturn,
            b'\n' => R::BareLineFeed,
            _ => R::InvalidHeaderName,
        };
        refuse(
            &with_fields(&[b"ab", &[byte][..], b"c: y"].concat()),
            reason,
        );
        refuse(
            &with_fields(&[b"a-long-name-", &[byte][..], b"of-bytes: y"].concat()),
            reason,
        );
        if !matches!(byte, b' ' | b'\t') {
            let line = [&[byte][..], b"ab: y"].concat();
            refuse(&with_fields(&line), reason);
        }
    }
}

#[test]
fn known_names_keep_their_letters() {
    for name in known::NAMES.iter().skip(1) {
        if matches!(known::id(name.as_bytes()), known::HOST..=known::UPGRADE) {
            continue;
        }
        for name in [(*name).to_owned(), name.to_ascii_uppercase()] {
            let request = accept(&with_fields(format!("{name}: y").as_bytes()));
            assert_eq!(request.fields[1].0, name);
        }
        for near in [
            name.replace('-', "\u{D}"),
            name.replacen('-', "\u{1}", 1),
            format!("{name} "),
        ] {
            if near != *name && !near.contains('\r') {
                let line = format!("{near}: y");
                let reason = match near.ends_with(' ') {
                    true => R::WhitespaceBeforeColon,
                    false => R::InvalidHeaderName,
                };
                refuse(&with_fields(line.as_bytes()), reason);
            }
        }
    }
}

#[test]
fn folded_lines() {
    for (first, second) in [
        ("X: a", " b"),
        ("X: a", "\tb"),
        ("X: a", "  b"),
        ("X: a", "\t\tb"),
        ("X: a", " \tb"),
        ("X: a", "\t b"),
        ("X:", " b"),
        ("X: ", "\tb"),
        ("X: a ", " b"),
        ("X: a\t", "\tb"),
        ("X: a", " b: c"),
        ("X: a", " "),
    ] {
        let lines = format!("{first}\r\n{second}");
        refuse(&with_fields(lines.as_bytes()), R::ObsoleteLineFolding);
    }
    for first in [" Host: a", "\tHost: a", "  Host: a", " X"] {
        let text = format!("GET / HTTP/1.1\r\n{first}\r\nX: y\r\n\r\n");
        refuse(text.as_bytes(), R::ObsoleteLineFolding);
    }
}

#[test]
fn lines_without_a_colon() {
    for line in [
        "X",
        "Header",
        "Header value",
        "Header-1 value",
        "A=b",
        "a\tb",
        "\u{1}",
        "/",
        "X\u{0}y",
    ] {
        refuse(&with_fields(line.as_bytes()), R::MissingColon);
        refuse(
            &with_fields(format!("{line}\r\nY: z").as_bytes()),
            R::MissingColon,
        );
    }
}

#[test]
fn lines_without_a_name() {
    for line in [":", ": y", ":y", "::"] {
        refuse(&with_fields(line.as_bytes()), R::EmptyHeaderName);
    }
}

#[test]
fn whitespace_before_the_colon() {
    for line in [
        "X : y",
        "X\t: y",
        "X  : y",
        "X \t:y",
        "Content-Length : 0",
        "Host\t: b",
    ] {
        refuse(&with_fields(line.as_bytes()), R::WhitespaceBeforeColon);
    }
    for line in ["X y: z", "X y : z", "X\ty: z"] {
        refuse(&with_fields(line.as_bytes()), R::InvalidHeaderName);
    }
}

#[test]
fn stray_line_ends() {
    // CR at every place of a word that the value's scan reads at once.
    for before in 0..20 {
        let filler = "v".repeat(before);
        for after in ["", "x", "xxxxxxxxxxxxxxxx"] {
            if after.is_empty() {
                let line = format!("X: {filler}\r");
                refuse(&with_fields(line.as_bytes()), R::BareCarriageReturn);
            } else {
                let line = format!("X: {filler}\r{after}");
                refuse(&with_fields(line.as_bytes()), R::BareCarriageReturn);
                let line = format!("X: {filler}\n{after}: y");
                refuse(&with_fields(line.as_bytes()), R::BareLineFeed);
            }
        }
        let line = format!("{}\rX: y", "n".repeat(before.max(1)));
        refuse(&with_fields(line.as_bytes()), R::BareCarriageReturn);
    }
    refuse(b"GET / HTTP/1.1\r\nHost: a\r\n\n", R::BareLineFeed);
    refuse(b"GET / HTTP/1.1\r\nHost: a\r\n\rX", R::BareCarriageReturn);
    refuse(b"GET / HTTP/1.1\r\nHost: a\n\n", R::BareLineFeed);
    refuse(
        b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        R::BareCarriageReturn,
    );
}

#[test]
fn the_first_fault_in_the_order_of_bytes_decides() {
    refuse(b"GET / HTTP/1.1\r\nBad\r\nX : y\r\n\r\n", R::MissingColon);
    refuse(
        b"GET / HTTP/1.1\r\nX : y\r\nBad\r\n\r\n",
        R::WhitespaceBeforeColon,
    );
    refuse(b"GET / HTTP/9.9\r\nBad\r\n\r\n", R::UnsupportedVersion);
    refuse(
        b"GET / HTTP/1.1\r\nX: \x01\r\nY: \n\r\n",
        R::InvalidHeaderValue,
    );
    // Within a line, its end comes before its content.
    refuse(b"GET / HTTP/1.1\r\nX: \x01\n\r\n", R::BareLineFeed);
}

#[test]
fn many_fields_keep_their_order() {
    let lines: Vec<String> = (0..99).map(|n| format!("X-{n}: {n}")).collect();
    let request = accept(&with_fields(lines.join("\r\n").as_bytes()));
    assert_eq!(request.fields.len(), 100);
    for (n, (name, value)) in request.fields.iter().skip(1).enumerate() {
        assert_eq!(
            (name.as_str(), value.as_slice()),
            (&*format!("X-{n}"), n.to_string().as_bytes())
        );
    }
}

/// Gateway interfaces write `-` and `_` alike: who is behind one may see a second framing field.
#[test]
fn names_of_framing_fields_with_an_underscore() {
    for name in [
        "Content_Length",
        "content_length",
        "Transfer_Encoding",
        "TRANSFER_ENCODING",
    ] {
        for value in ["1", "chunked", ""] {
            let line = format!("{name}: {value}");
            refuse(&with_fields(line.as_bytes()), R::InvalidHeaderName);
        }
    }
    for name in [
        "Content_Type",
        "X_Content_Length",
        "Content_Length_",
        "Content.Length",
    ] {
        let line = format!("{name}: 1");
        assert_eq!(accept(&with_fields(line.as_bytes())).fields[1].0, name);
    }
}
