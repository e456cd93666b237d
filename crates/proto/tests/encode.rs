//! Replies on the wire: framing, the server's own fields, what the application may set.

use lanner_proto::h1::{
    CONTINUE, EncodeContext, EncodeError, Encoded, FieldIter, FieldLines, Framing, ReplyBody,
    ReplyHead, content_type, encode_chunk_end, encode_chunk_head, encode_head,
    encode_informational, encode_last_chunk,
};
use lanner_proto::{Version, http_date, status};

type Fields<'a> = &'a [(&'a [u8], &'a [u8])];

#[derive(Clone, Copy)]
struct Case<'a> {
    status: u16,
    content_type: u8,
    fields: Fields<'a>,
    body: ReplyBody,
    close: bool,
    version: Version,
    head: bool,
    connect: bool,
    keep_alive: bool,
    server: Option<&'a [u8]>,
}

const GET: Case<'static> = Case {
    status: 200,
    content_type: 0,
    fields: &[],
    body: ReplyBody::None,
    close: false,
    version: Version::Http11,
    head: false,
    connect: false,
    keep_alive: true,
    server: None,
};
const GET_1_0: Case<'static> = Case {
    version: Version::Http10,
    keep_alive: false,
    ..GET
};
const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

fn encode(case: Case<'_>) -> Result<(String, Encoded), EncodeError> {
    let date = http_date(784_111_777);
    let mut out = b"before".to_vec();
    let head = ReplyHead {
        status: case.status,
        content_type: case.content_type,
        lines: None,
        fields: FieldIter::slice(case.fields),
        body: case.body,
        close: case.close,
    };
    let cx = EncodeContext {
        version: case.version,
        head_request: case.head,
        connect: case.connect,
        keep_alive: case.keep_alive,
        date: &date,
        server: case.server,
    };
    match encode_head(&mut out, &head, &cx) {
        Ok(encoded) => {
            let text = String::from_utf8_lossy(&out).into_owned();
            Ok((
                text.strip_prefix("before").expect("appended").to_owned(),
                encoded,
            ))
        }
        Err(error) => {
            assert_eq!(out, b"before", "an error leaves the output as it was");
            assert!(error.code().starts_with("LANNER_") && !error.to_string().is_empty());
            Err(error)
        }
    }
}

/// The field lines between the status line and Date.
fn lines(case: Case<'_>) -> (String, Encoded) {
    let (text, encoded) = encode(case).expect("this reply can be sent");
    let status_line = format!(
        "HTTP/1.1 {} {}\r\n",
        case.status,
        status::reason(case.status)
    );
    let rest = text.strip_prefix(&status_line).expect("status line");
    let rest = rest.strip_suffix("\r\n").expect("empty line");
    (rest.replace(DATE, ""), encoded)
}

#[test]
fn a_plain_reply_to_the_letter() {
    let case = Case {
        content_type: 1,
        body: ReplyBody::Length(13),
        ..GET
    };
    let (text, encoded) = encode(case).expect("plain");
    assert_eq!(
        text,
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Length: 13\r\n{DATE}\r\n"
        )
    );
    assert_eq!(
        encoded,
        Encoded {
            framing: Framing::Length(13),
            close: false
        }
    );
}

#[test]
fn content_types_have_numbers() {
    for (id, text) in [
        (1, "text/plain; charset=utf-8"),
        (2, "application/json"),
        (3, "text/html; charset=utf-8"),
        (4, "application/octet-stream"),
        (5, "application/problem+json"),
        (6, "text/event-stream"),
        (7, "text/plain"),
    ] {
        assert_eq!(
            content_type(id),
            format!("Content-Type: {text}\r\n").as_bytes()
        );
        let (lines, _) = lines(Case {
            content_type: id,
            ..GET
        });
        assert_eq!(
            lines,
            format!("Content-Type: {text}\r\nContent-Length: 0\r\n")
        );
    }
    for id in [0, 8, 255] {
        assert_eq!(content_type(id), b"");
    }
}

/// Case, field lines, framing; none of them closes.
const HTTP_1_1: &[(Case<'static>, &str, Framing)] = &[
    (GET, LENGTH_0, Framing::Length(0)),
    (
        Case {
            body: ReplyBody::Length(0),
            ..GET
        },
        LENGTH_0,
        Framing::Length(0),
    ),
    (
        Case {
            body: ReplyBody::Length(9),
            ..GET
        },
        LENGTH_9,
        Framing::Length(9),
    ),
    (
        Case {
            body: ReplyBody::Length(u64::MAX),
            ..GET
        },
        "Content-Length: 18446744073709551615\r\n",
        Framing::Length(u64::MAX),
    ),
    (
        Case {
            body: ReplyBody::Stream,
            ..GET
        },
        "Transfer-Encoding: chunked\r\n",
        Framing::Chunked,
    ),
    (
        Case {
            status: 404,
            body: ReplyBody::Length(9),
            ..GET
        },
        LENGTH_9,
        Framing::Length(9),
    ),
    (Case { status: 500, ..GET }, LENGTH_0, Framing::Length(0)),
    (Case { status: 599, ..GET }, LENGTH_0, Framing::Length(0)),
    // Statuses without a body.
    (Case { status: 204, ..GET }, "", Framing::NoBody),
    (
        Case {
            status: 204,
            body: ReplyBody::Length(0),
            ..GET
        },
        "",
        Framing::NoBody,
    ),
    (Case { status: 205, ..GET }, LENGTH_0, Framing::Length(0)),
    (Case { status: 304, ..GET }, "", Framing::NoBody),
    (
        Case {
            status: 304,
            fields: NINE,
            ..GET
        },
        LENGTH_9,
        Framing::NoBody,
    ),
    // HEAD says what GET would, as far as it is known.
    (Case { head: true, ..GET }, "", Framing::NoBody),
    (
        Case {
            head: true,
            body: ReplyBody::Length(9),
            ..GET
        },
        LENGTH_9,
        Framing::NoBody,
    ),
    (
        Case {
            head: true,
            body: ReplyBody::Stream,
            ..GET
        },
        "",
        Framing::NoBody,
    ),
    (
        Case {
            head: true,
            fields: NINE,
            ..GET
        },
        LENGTH_9,
        Framing::NoBody,
    ),
    (
        Case {
            head: true,
            status: 204,
            ..GET
        },
        "",
        Framing::NoBody,
    ),
    // A declared length turns a stream into a body of that length.
    (
        Case {
            body: ReplyBody::Stream,
            fields: NINE,
            ..GET
        },
        LENGTH_9,
        Framing::Length(9),
    ),
    (
        Case {
            body: ReplyBody::Length(9),
            fields: NINE,
            ..GET
        },
        LENGTH_9,
        Framing::Length(9),
    ),
    (
        Case {
            fields: &[(b"content-length", b"0")],
            ..GET
        },
        LENGTH_0,
        Framing::Length(0),
    ),
];
const LENGTH_0: &str = "Content-Length: 0\r\n";
const LENGTH_9: &str = "Content-Length: 9\r\n";
const NINE: Fields<'static> = &[(b"content-length", b" 9 ")];

#[test]
fn framing_of_http_1_1() {
    for (case, expected, framing) in HTTP_1_1 {
        let (lines, encoded) = lines(*case);
        assert_eq!(
            (lines.as_str(), encoded.framing),
            (*expected, *framing),
            "{}",
            case.status
        );
        assert!(!encoded.close);
    }
}

const GET_1_0_KEPT: Case<'static> = Case {
    keep_alive: true,
    ..GET_1_0
};
const CLOSE: &str = "Connection: close\r\n";
const KEEP: &str = "Connection: keep-alive\r\n";

/// Case, field lines, framing, and whether the connection closes.
const HTTP_1_0: &[(Case<'static>, [&str; 2], Framing, bool)] = &[
    (GET_1_0, [LENGTH_0, CLOSE], Framing::Length(0), true),
    (GET_1_0_KEPT, [LENGTH_0, KEEP], Framing::Length(0), false),
    (
        Case {
            body: ReplyBody::Stream,
            ..GET_1_0
        },
        ["", CLOSE],
        Framing::UntilClose,
        true,
    ),
    // Without a length the connection's end is the body's.
    (
        Case {
            body: ReplyBody::Stream,
            ..GET_1_0_KEPT
        },
        ["", CLOSE],
        Framing::UntilClose,
        true,
    ),
    (
        Case {
            body: ReplyBody::Stream,
            fields: NINE,
            ..GET_1_0_KEPT
        },
        [LENGTH_9, KEEP],
        Framing::Length(9),
        false,
    ),
    (
        Case {
            head: true,
            body: ReplyBody::Stream,
            ..GET_1_0_KEPT
        },
        ["", KEEP],
        Framing::NoBody,
        false,
    ),
    (
        Case {
            status: 204,
            ..GET_1_0_KEPT
        },
        ["", KEEP],
        Framing::NoBody,
        false,
    ),
];

#[test]
fn framing_of_http_1_0() {
    for &(case, expected, framing, close) in HTTP_1_0 {
        assert_eq!(lines(case), (expected.concat(), Encoded { framing, close }));
    }
}

#[test]
fn who_closes() {
    for case in [
        Case { close: true, ..GET },
        Case {
            keep_alive: false,
            ..GET
        },
        Case {
            fields: &[(b"Connection", b"close")],
            ..GET
        },
        Case {
            fields: &[(b"connection", b" Close ")],
            ..GET
        },
    ] {
        let (lines, encoded) = lines(case);
        assert_eq!(lines, "Content-Length: 0\r\nConnection: close\r\n");
        assert!(encoded.close);
    }
}

#[test]
fn connect_and_upgrade() {
    let connect = Case {
        connect: true,
        ..GET
    };
    let none = (
        String::new(),
        Encoded {
            framing: Framing::NoBody,
            close: false,
        },
    );
    assert_eq!(lines(connect), none);
    assert_eq!(
        lines(Case {
            body: ReplyBody::Length(0),
            ..connect
        }),
        none
    );
    assert_eq!(
        encode(Case {
            body: ReplyBody::Length(1),
            ..connect
        }),
        Err(EncodeError::BodyNotAllowed)
    );
    assert_eq!(
        encode(Case {
            body: ReplyBody::Stream,
            ..connect
        }),
        Err(EncodeError::BodyNotAllowed)
    );
    let (refused, encoded) = lines(Case {
        status: 501,
        ..connect
    });
    assert_eq!(refused, "Content-Length: 0\r\nConnection: close\r\n");
    assert!(encoded.close);
    let fields: Fields<'_> = &[(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")];
    let (switched, encoded) = lines(Case {
        status: 101,
        fields,
        ..GET
    });
    assert_eq!(switched, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    assert_eq!(
        encoded,
        Encoded {
            framing: Framing::NoBody,
            close: false
        }
    );
}

/// RFC 9110 section 15.5.22 asks for the field, section 7.8 for the connection option.
#[test]
fn upgrade_required() {
    let fields: Fields<'_> = &[(b"Upgrade", b"h2c")];
    let upgrade = Case {
        status: 426,
        fields,
        ..GET
    };
    assert_eq!(
        lines(upgrade).0,
        "Upgrade: h2c\r\nContent-Length: 0\r\nConnection: upgrade\r\n"
    );
    let closing = Case {
        close: true,
        ..upgrade
    };
    assert_eq!(
        lines(closing).0,
        "Upgrade: h2c\r\nContent-Length: 0\r\nConnection: upgrade, close\r\n"
    );
    let old = Case {
        version: Version::Http10,
        ..upgrade
    };
    assert_eq!(
        lines(old).0,
        "Upgrade: h2c\r\nContent-Length: 0\r\nConnection: upgrade, keep-alive\r\n"
    );
    for status in [200, 400, 503] {
        assert_eq!(
            encode(Case { status, ..upgrade }),
            Err(EncodeError::ForbiddenField(0))
        );
    }
}

#[test]
fn bodies_where_none_is_allowed() {
    for status in [101, 204, 205, 304] {
        for body in [ReplyBody::Length(1), ReplyBody::Stream] {
            assert_eq!(
                encode(Case {
                    status,
                    body,
                    ..GET
                }),
                Err(EncodeError::BodyNotAllowed)
            );
        }
        let fields: Fields<'_> = &[(b"Content-Length", b"0")];
        let body = ReplyBody::Stream;
        assert_eq!(
            encode(Case {
                status,
                fields,
                body,
                ..GET
            }),
            Err(EncodeError::BodyNotAllowed)
        );
    }
}

#[test]
fn lengths_that_disagree() {
    let three: Fields<'_> = &[(b"Content-Length", b"3")];
    for case in [
        Case {
            fields: three,
            ..GET
        },
        Case {
            fields: three,
            body: ReplyBody::Length(2),
            ..GET
        },
        Case {
            fields: three,
            body: ReplyBody::Length(0),
            ..GET
        },
        Case {
            fields: three,
            body: ReplyBody::Length(2),
            head: true,
            ..GET
        },
        Case {
            fields: three,
            status: 205,
            ..GET
        },
    ] {
        assert_eq!(encode(case), Err(EncodeError::ContentLengthMismatch));
    }
    for value in [
        "",
        "x",
        "-1",
        "+3",
        "3,3",
        "03",
        "3 3",
        "18446744073709551616",
    ] {
        let fields: Fields<'_> = &[(b"X", b"y"), (b"Content-Length", value.as_bytes())];
        let error = EncodeError::InvalidContentLength(1);
        assert_eq!(
            encode(Case {
                fields,
                body: ReplyBody::Stream,
                ..GET
            }),
            Err(error),
            "{value}"
        );
    }
    let twice: Fields<'_> = &[(b"Content-Length", b"3"), (b"content-length", b"3")];
    let error = EncodeError::InvalidContentLength(1);
    assert_eq!(
        encode(Case {
            fields: twice,
            body: ReplyBody::Length(3),
            ..GET
        }),
        Err(error)
    );
}

#[test]
fn statuses_that_cannot_be_sent() {
    for status in [0, 1, 99, 100, 102, 103, 199, 600, 999, 1000, u16::MAX] {
        assert_eq!(
            encode(Case { status, ..GET }),
            Err(EncodeError::InvalidStatus)
        );
    }
    let (text, _) = encode(Case { status: 299, ..GET }).expect("unknown, but a status");
    assert!(text.starts_with("HTTP/1.1 299 \r\n"));
}

#[test]
fn fields_keep_letters_and_order() {
    let fields: Fields<'_> = &[
        (b"x-B", b"1"),
        (b"A", b""),
        (b"x-B", b"\xe9\t\xff"),
        (b"Set-Cookie", b"a=b; Path=/"),
    ];
    let date = http_date(0);
    let mut out = Vec::new();
    let head = ReplyHead {
        status: 200,
        content_type: 2,
        lines: None,
        fields: FieldIter::slice(fields),
        body: ReplyBody::Length(2),
        close: false,
    };
    let cx = EncodeContext {
        version: Version::Http11,
        head_request: false,
        connect: false,
        keep_alive: true,
        date: &date,
        server: Some(b"lanner"),
    };
    encode_head(&mut out, &head, &cx).expect("fields are fine");
    let expected: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-B: 1\r\n\
        A: \r\nx-B: \xe9\t\xff\r\nSet-Cookie: a=b; Path=/\r\n\
        Content-Length: 2\r\nServer: lanner\r\n\
        Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n";
    assert_eq!(
        out.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

#[test]
fn own_date_and_server_replace_ours() {
    let fields: Fields<'_> = &[(b"date", b"then"), (b"SERVER", b"mine")];
    let (text, _) = encode(Case {
        fields,
        server: Some(b"lanner"),
        ..GET
    })
    .expect("fine");
    assert_eq!(
        text,
        "HTTP/1.1 200 OK\r\ndate: then\r\nSERVER: mine\r\nContent-Length: 0\r\n\r\n"
    );
}

#[test]
fn names_must_be_tokens() {
    for byte in 0..=255u8 {
        let token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        for name in [
            vec![byte],
            vec![b'a', byte],
            vec![byte, b'a'],
            vec![b'a', byte, b'a'],
        ] {
            let fields: Fields<'_> = &[(b"A", b"b"), (&name, b"c")];
            let result = encode(Case { fields, ..GET });
            let error = EncodeError::InvalidFieldName(1);
            assert_eq!(result.err(), (!token).then_some(error), "{byte:#x}");
        }
    }
    let fields: Fields<'_> = &[(b"", b"c")];
    assert_eq!(
        encode(Case { fields, ..GET }),
        Err(EncodeError::InvalidFieldName(0))
    );
}

#[test]
fn values_never_carry_line_ends() {
    for byte in 0..=255u8 {
        let fine = byte == b'\t' || (byte >= 0x20 && byte != 0x7F);
        for value in [
            vec![byte],
            vec![b'a', byte],
            [&[b'a'; 40][..], &[byte], &[b'a'; 40]].concat(),
        ] {
            let fields: Fields<'_> = &[(b"A", &value)];
            let result = encode(Case { fields, ..GET });
            let error = EncodeError::InvalidFieldValue(0);
            assert_eq!(result.err(), (!fine).then_some(error), "{byte:#x}");
        }
    }
    for value in ["a\r\nSet-Cookie: b", "a\nb", "a\r", "\0", "a\r\n\r\n<html>"] {
        let fields: Fields<'_> = &[(b"A", value.as_bytes())];
        assert_eq!(
            encode(Case { fields, ..GET }),
            Err(EncodeError::InvalidFieldValue(0))
        );
    }
}

#[test]
fn fields_that_are_the_servers() {
    for (name, value) in [
        ("Transfer-Encoding", "chunked"),
        ("transfer-encoding", "gzip"),
        ("Connection", "keep-alive"),
        ("Connection", "upgrade"),
        ("Connection", "close, x"),
        ("Connection", ""),
        ("Keep-Alive", "timeout=5"),
        ("Upgrade", "websocket"),
        ("Proxy-Connection", "close"),
        ("TE", "trailers"),
    ] {
        let fields: Fields<'_> = &[(b"X", b"y"), (name.as_bytes(), value.as_bytes())];
        assert_eq!(
            encode(Case { fields, ..GET }),
            Err(EncodeError::ForbiddenField(1)),
            "{name}"
        );
    }
}

#[test]
fn packed_fields_read_as_a_slice_does() {
    let fields: Fields<'_> = &[(b"a", b"1"), (b"bb", b""), (b"ccc", b"33")];
    let (mut words, mut bytes) = (Vec::new(), Vec::new());
    for (name, value) in fields {
        words.extend((name.len() as u16).to_le_bytes());
        words.extend((value.len() as u16).to_le_bytes());
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(value);
    }
    assert_eq!(
        FieldIter::packed(&words, &bytes).collect::<Vec<_>>(),
        fields
    );
    assert_eq!(FieldIter::slice(fields).collect::<Vec<_>>(), fields);
    assert_eq!(FieldIter::EMPTY.count(), 0);
    // Records that lie about their lengths end early.
    for end in 0..words.len() {
        assert_eq!(FieldIter::packed(&words[..end], &bytes).count(), end / 4);
    }
    for end in 0..bytes.len() {
        assert!(FieldIter::packed(&words, &bytes[..end]).count() < 3);
    }
}

#[test]
fn chunks() {
    for (len, expected) in [
        (0, ""),
        (1, "1\r\n"),
        (9, "9\r\n"),
        (10, "a\r\n"),
        (15, "f\r\n"),
        (16, "10\r\n"),
        (255, "ff\r\n"),
        (256, "100\r\n"),
        (65_536, "10000\r\n"),
        (0xDEAD_BEEF, "deadbeef\r\n"),
        (usize::MAX, "ffffffffffffffff\r\n"),
    ] {
        let mut out = Vec::new();
        encode_chunk_head(&mut out, len);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
    let mut out = b"x".to_vec();
    encode_chunk_end(&mut out);
    encode_last_chunk(&mut out, FieldIter::EMPTY).expect("no trailers");
    assert_eq!(out, b"x\r\n0\r\n\r\n");
}

#[test]
fn trailers() {
    let mut out = b"x".to_vec();
    let fields: Fields<'_> = &[(b"X-Sum", b"1"), (b"Server-Timing", b"a")];
    encode_last_chunk(&mut out, FieldIter::slice(fields)).expect("fine");
    assert_eq!(out, b"x0\r\nX-Sum: 1\r\nServer-Timing: a\r\n\r\n");
    for (name, value, error) in [
        ("Content-Length", "1", EncodeError::ForbiddenField(1)),
        (
            "transfer-encoding",
            "chunked",
            EncodeError::ForbiddenField(1),
        ),
        ("Host", "a", EncodeError::ForbiddenField(1)),
        ("Trailer", "x", EncodeError::ForbiddenField(1)),
        ("a b", "x", EncodeError::InvalidFieldName(1)),
        ("a", "x\r\n", EncodeError::InvalidFieldValue(1)),
    ] {
        let mut out = b"x".to_vec();
        let fields: Fields<'_> = &[(b"A", b"b"), (name.as_bytes(), value.as_bytes())];
        assert_eq!(
            encode_last_chunk(&mut out, FieldIter::slice(fields)),
            Err(error)
        );
        assert_eq!(out, b"x");
    }
}

#[test]
fn interim_replies() {
    let mut out = b"x".to_vec();
    let fields: Fields<'_> = &[(b"Link", b"</a.css>; rel=preload"), (b"Link", b"</b.js>")];
    encode_informational(&mut out, 103, FieldIter::slice(fields)).expect("fine");
    assert_eq!(
        String::from_utf8_lossy(&out),
        "xHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>\r\n\r\n"
    );
    let mut out = Vec::new();
    encode_informational(&mut out, 102, FieldIter::EMPTY).expect("fine");
    assert_eq!(out, b"HTTP/1.1 102 Processing\r\n\r\n");
    let mut out = Vec::new();
    encode_informational(&mut out, 100, FieldIter::EMPTY).expect("fine");
    assert_eq!(out, CONTINUE);
    for status in [0, 99, 101, 104, 199, 200, 204] {
        let error = encode_informational(&mut out, status, FieldIter::EMPTY);
        assert_eq!(error, Err(EncodeError::InvalidStatus));
    }
    for name in [
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "TE",
        "Trailer",
    ] {
        let fields: Fields<'_> = &[(name.as_bytes(), b"1")];
        let error = encode_informational(&mut out, 103, FieldIter::slice(fields));
        assert_eq!(error, Err(EncodeError::ForbiddenField(0)));
    }
    assert_eq!(out, CONTINUE);
}

#[test]
fn lines_that_were_written_before_are_sent_as_the_fields_would_be() {
    let common: Fields<'_> = &[(b"X-A", b"1"), (b"x-a", b""), (b"Vary", b"Origin")];
    let own: Fields<'_> = &[(b"x-b", b"2")];
    let lines = FieldLines::encode(FieldIter::slice(common)).expect("fields are fine");
    let date = http_date(0);
    let cx = EncodeContext {
        version: Version::Http11,
        head_request: false,
        connect: false,
        keep_alive: true,
        date: &date,
        server: Some(b"lanner"),
    };
    let [mut before, mut one_by_one] = [Vec::new(), Vec::new()];
    let head = ReplyHead {
        status: 200,
        content_type: 2,
        lines: Some(&lines),
        fields: FieldIter::slice(own),
        body: ReplyBody::Length(2),
        close: false,
    };
    encode_head(&mut before, &head, &cx).expect("fields are fine");
    let all = [common, own].concat();
    let head = ReplyHead {
        lines: None,
        fields: FieldIter::slice(&all),
        ..head
    };
    encode_head(&mut one_by_one, &head, &cx).expect("fields are fine");
    assert_eq!(
        before.escape_ascii().to_string(),
        one_by_one.escape_ascii().to_string()
    );
}

#[test]
fn lines_that_are_written_before_mean_nothing_to_the_message() {
    let fine: (&[u8], &[u8]) = (b"x-a", b"1");
    let forbidden: &[&[u8]] = &[
        b"Content-Length",
        b"connection",
        b"Transfer-Encoding",
        b"keep-alive",
        b"proxy-connection",
        b"TE",
        b"upgrade",
        b"Date",
        b"SERVER",
    ];
    for name in forbidden {
        let fields = [fine, (*name, b"1")];
        assert_eq!(
            FieldLines::encode(FieldIter::slice(&fields)),
            Err(EncodeError::ForbiddenField(1))
        );
    }
    let invalid: [(&[u8], &[u8], EncodeError); 2] = [
        (b"x a", b"1", EncodeError::InvalidFieldName(1)),
        (b"x-a", b"1\r\nx: 2", EncodeError::InvalidFieldValue(1)),
    ];
    for (name, value, error) in invalid {
        let fields = [fine, (name, value)];
        assert_eq!(FieldLines::encode(FieldIter::slice(&fields)), Err(error));
    }
}
