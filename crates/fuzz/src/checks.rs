//! The invariants, as functions over arbitrary bytes: each returns, or panics with the breach.
//!
//! Shared with `proto`'s corpus replay, which brings its own copy of the support module; so this
//! file names that module only by `super`.

use lanner_proto::h1::{FieldIter, encode_chunk_end, encode_chunk_head, encode_last_chunk};
use lanner_proto::proxy::{PROXY_BYTES_MAX, PROXY_LINE_MAX, ProxyStep, parse_proxy};
use lanner_proto::{Found, Limits, Method, RouteSpec, RouteTable, TargetForm, Version};

use super::support::{End, Request, Run, run, run_pieces};

/// Whole connections: cuts change nothing, and what is accepted is in order.
pub(crate) fn head(data: &[u8]) {
    let Some((&choice, bytes)) = data.split_first() else {
        return;
    };
    let run = cut_every_way(bytes, &limits(choice), choice);
    if let Some(first) = run.requests.first() {
        oracle_agrees(bytes, first);
    }
    repetition_changes_nothing(bytes, &run, &limits(choice));
    for request in &run.requests {
        match request.form {
            TargetForm::Authority => assert_eq!(request.path, ""),
            TargetForm::Asterisk => assert_eq!(request.path, "*"),
            TargetForm::Origin | TargetForm::Absolute => {
                assert!(request.path.starts_with('/') && !request.path.contains('\0'));
                let dots = |segment| matches!(segment, "." | "..");
                assert!(!request.path.split('/').any(dots), "{}", request.path);
            }
        }
        assert!(request.target.bytes().all(|b| b.is_ascii_graphic()));
        for (name, value) in &request.fields {
            assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':'));
            assert!(!value.iter().any(|b| matches!(b, 0..=8 | 10..=31 | 127)));
        }
    }
}

/// What was understood once is understood in the same way when the connection repeats it: then
/// fields are recalled rather than parsed.
fn repetition_changes_nothing(bytes: &[u8], once: &Run, limits: &Limits) {
    let is_complete = |run: &Run| {
        run.end == End::Waiting { left: 0 }
            && run.requests.len() == once.requests.len()
            && run.requests.last().is_some_and(|last| last.complete)
    };
    // Empty lines around requests are limited, and repeated they would be too many.
    let begins = bytes
        .first()
        .is_some_and(|first| !first.is_ascii_whitespace());
    let ends = is_complete(once) && !is_complete(&run(&bytes[..bytes.len() - 1], limits));
    if !begins || !ends {
        return;
    }
    let again = run(&bytes.repeat(4), limits);
    assert_eq!(again.end, once.end);
    let four_times = [&once.requests[..]; 4].concat();
    assert_eq!(again.requests, four_times);
}

/// An independent and more lenient parser must accept what we accept, with the same parts.
fn oracle_agrees(bytes: &[u8], ours: &Request) {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut oracle = httparse::Request::new(&mut fields);
    let status = oracle.parse(bytes);
    assert!(
        matches!(status, Ok(httparse::Status::Complete(_))),
        "{status:?}"
    );
    assert_eq!(oracle.method, Some(ours.method.as_str()));
    assert_eq!(oracle.path, Some(ours.target.as_str()));
    assert_eq!(oracle.version == Some(1), ours.version == Version::Http11);
    let theirs = oracle.headers.iter().map(|field| (field.name, field.value));
    let ours = ours
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_slice()));
    assert!(theirs.eq(ours));
}

/// Chunked bodies: the same, and what is accepted can be written again and read back.
pub(crate) fn chunked(data: &[u8]) {
    let Some((&choice, body)) = data.split_first() else {
        return;
    };
    let head = &b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"[..];
    let limits = limits(choice);
    let read = cut_every_way(&[head, body].concat(), &limits, choice);
    let Some(request) = read.requests.first().filter(|request| request.complete) else {
        return;
    };
    let mut again = head.to_vec();
    if !request.body.is_empty() {
        encode_chunk_head(&mut again, request.body.len());
        again.extend_from_slice(&request.body);
        encode_chunk_end(&mut again);
    }
    let trailers: Vec<(&[u8], &[u8])> = request
        .trailers
        .iter()
        .map(|(name, value)| (name.as_bytes(), &value[..]))
        .collect();
    encode_last_chunk(&mut again, FieldIter::slice(&trailers)).expect("trailers can be sent on");
    // Written again it may be longer, by whitespace and line ends.
    let back = run(&again, &Limits::default());
    assert_eq!(back.end, End::Waiting { left: 0 });
    assert_eq!(back.requests.first(), Some(request));
}

/// Headers before HTTP: the decision is the same however they are cut, the bounds hold, and what
/// follows a header does not matter.
pub(crate) fn proxy(data: &[u8]) {
    let whole = parse_proxy(data);
    let steps = (0..=data.len()).map(|len| parse_proxy(data.get(..len).unwrap_or_default()));
    let decided = steps
        .into_iter()
        .find(|&step| step != ProxyStep::Incomplete);
    assert_eq!(decided.unwrap_or(ProxyStep::Incomplete), whole);
    match whole {
        ProxyStep::Header { len, .. } => {
            assert!(len <= data.len() && len <= PROXY_BYTES_MAX);
            let header = data.get(..len).unwrap_or_default();
            assert!(len <= PROXY_LINE_MAX || header.starts_with(b"\r\n\r\n\0\r\nQUIT\n"));
            assert_eq!(parse_proxy(header), whole);
            assert_eq!(parse_proxy(&[header, b"\r\nPROXY"].concat()), whole);
        }
        ProxyStep::Incomplete => assert!(data.len() < PROXY_BYTES_MAX),
        ProxyStep::Absent | ProxyStep::Reject(_) => {}
    }
}

/// A path on the first line, a pattern on each other: tables build or name the fault, and what a
/// lookup finds lies in the path.
pub(crate) fn pattern(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n').take(20);
    let path = lines.next().unwrap_or_default();
    let patterns: Vec<&str> = lines.collect();
    let methods = ["GET", "POST", "*", "LOCK"].into_iter().cycle();
    let specs: Vec<_> = patterns
        .iter()
        .zip(methods)
        .map(|(pattern, method)| RouteSpec { method, pattern })
        .collect();
    let table = match RouteTable::build(&specs) {
        Ok(table) => table,
        Err(error) => {
            assert!(error.column <= error.pattern.chars().count());
            assert!(error.to_string().contains(&error.pattern));
            return;
        }
    };
    let mut params = Vec::new();
    for (method, name) in [
        (Method::Head, "HEAD"),
        (Method::Other, "LOCK"),
        (Method::Options, ""),
    ] {
        match table.find(method, name.as_bytes(), path.as_bytes(), &mut params) {
            Found::Route(route) => {
                assert_eq!(params.len(), table.param_count(route));
                let within = |span: &lanner_proto::Span| span.end() <= path.len();
                assert!(params.iter().flatten().all(within));
            }
            Found::MethodNotAllowed { allow } | Found::Options { allow } => {
                assert!(allow.ends_with(b"OPTIONS") || allow.windows(7).any(|w| w == b"OPTIONS"));
            }
            Found::NotFound => {}
        }
    }
}

fn limits(choice: u8) -> Limits {
    let tight = Limits {
        request_line_bytes: 64,
        header_bytes: 128,
        headers: 6,
        body_bytes: Some(64),
        chunk_extension_bytes: 16,
        chunk_extensions_bytes: 24,
        ..Limits::default()
    };
    match choice % 4 {
        0 => Limits::default(),
        1 => tight,
        2 => Limits {
            allow_bare_lf: true,
            ..tight
        },
        _ => Limits {
            body_bytes: None,
            ..Limits::default()
        },
    }
}

fn cut_every_way(bytes: &[u8], limits: &Limits, choice: u8) -> Run {
    let whole = run(bytes, limits);
    assert_eq!(run_pieces(bytes.chunks(1), limits), whole);
    assert_eq!(
        run_pieces(bytes.chunks(usize::from(choice / 4) + 2), limits),
        whole
    );
    let (first, second) = bytes.split_at(bytes.len() * usize::from(choice) / 256);
    assert_eq!(run_pieces([first, second], limits), whole);
    whole
}
